/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC addresses of vNICs: those that are somebody's, and one for a further vNIC. */
#pragma once

#include "fabric/fabric.h"
#include "guest/guest.h"
#include "host/host.h"

/*
 * The MAC addresses (canonical text) that no further vNIC of GUEST can have, with the sentence that
 * says why: those of GUEST; of OTHERS (address -> name of the guest, loom_virt_list_macs()); what
 * the leases of FABRIC (may be NULL) give to other guests; those of the links of HOST. Free with
 * g_hash_table_unref().
 */
GHashTable *loom_macs_list(const LoomHost *host, const LoomFabric *fabric, const LoomGuest *guest,
                           GHashTable *others);

/* Adds those of GUEST in another form: its definition, where it runs. */
void loom_macs_add_guest(GHashTable *taken, const LoomGuest *guest);

/*
 * One that is not in TAKEN for a further vNIC of GUEST on NETWORK, owned by the caller: one that
 * FABRIC (may be NULL) leases to the guest; else, where there are MAC pools for the group of the
 * host HOST_NAME, one of theirs, and a note in REPORT that it is not leased; else one that begins
 * with 52:54:00 as QEMU's. The second and third are always the same for this guest and network, as
 * far as nobody else has them. NULL with LOOM_ERROR_BUSY: the pools have none left.
 */
char *
loom_macs_choose(const LoomFabric *fabric, const char *host_name, const LoomGuest *guest,
                 const LoomNetwork *network, GHashTable *taken, LoomReport *report, GError **error);
