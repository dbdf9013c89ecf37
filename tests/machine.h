/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The habits of a kernel, of libvirt and of network managers, as far as they matter to plans. */
#pragma once

#include "plan/plan.h"

/* What hangs on links, NULL-terminated. */
extern const LoomKind *const loom_machine_hanging_kinds[];

/* The name of the link on which RECORD hangs, or NULL. */
const char *loom_machine_link_of(gconstpointer record);

/* NULL where there is none of that name, or NAME is NULL. */
LoomLink *loom_machine_find_link(const LoomHost *host, const char *name);

/* Sets GError and returns FALSE. */
gboolean loom_machine_refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* What a link that is read from the kernel has where LINK says nothing. */
void loom_machine_complete_link(LoomLink *link);

/* Whether the kernel has only one of both. */
gboolean loom_machine_displaces(const LoomRoute *by, const LoomRoute *route);

/* Does STEP on HOST, with all that a kernel does in its wake; see memory.h. */
gboolean loom_machine_run(LoomHost *host, const LoomStep *step, GError **error);

/*
 * What comes by itself: link-local addresses, what routers advertise, what DHCP clients and
 * managers set. GIVEN: addresses and routes as they were when the machine began.
 */
void loom_machine_settle(LoomHost *host, const LoomHost *given);

/*
 * Whether who asks ADDRESS on the wire is answered: a link has it, and the way from there to a NIC
 * that is up has its VLAN; and not by way of the link WITHOUT (may be NULL).
 */
gboolean loom_machine_answers(const LoomHost *host, const char *address, const char *without);

/*
 * The first address that answers nobody and keeps others from answering, since its NIC is in a
 * master; NULL: there is none.
 */
const char *loom_machine_find_dead(const LoomHost *host);
