/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network namespace to be thrown away, with stand-ins for the NICs of a host. */
#pragma once

#include "host/host.h"

/* The namespace that the calling thread is in, and another one, where the cables of its NICs end.
 */
typedef struct LoomStage LoomStage;

/*
 * Moves the calling thread into a new network namespace, which ends with it; there is no way back.
 * Without CAP_SYS_ADMIN in a new user namespace, as its root: there the kernel may allow it
 * (user_namespaces(7)). Errors: LOOM_ERROR_UNSUPPORTED.
 */
LoomStage *loom_stage_enter(GError **error);
void loom_stage_free(LoomStage *stage); /* and with it the other ends of NICs, so the NICs too */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomStage, loom_stage_free)

/*
 * Makes a stand-in for each link of HOST that is not ours, with its name: for a NIC a veth with its
 * permanent MAC address, whose other end is up; for anything else a tap (kind other). Errors:
 * LOOM_ERROR_FAILED.
 */
gboolean loom_stage_furnish(LoomStage *stage, const LoomHost *host, GError **error);
