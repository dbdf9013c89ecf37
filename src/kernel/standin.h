/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network namespace to be thrown away, with stand-ins for the NICs of a host. */
#pragma once

#include "host/host.h"

/*
 * Moves the calling thread into a new network namespace, which ends with it; there is no way back.
 * *PEERS is a descriptor of another new one, for the other ends of stand-ins; close(2) it. Without
 * CAP_SYS_ADMIN in a new user namespace, as its root: there the kernel may allow it
 * (user_namespaces(7)). Errors: LOOM_ERROR_UNSUPPORTED.
 */
gboolean loom_standin_enter(int *peers, GError **error);

/*
 * Makes a stand-in in this namespace for each link of HOST that is not ours, with its name: for a
 * NIC a veth with its permanent MAC address, whose other end is in PEERS and up; for anything else
 * a tap (kind other). Errors: LOOM_ERROR_FAILED.
 */
gboolean loom_standin_make(const LoomHost *host, int peers, GError **error);
