/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same VM network on another host: under another libvirt network's name, VLAN, or bridge. */
#pragma once

#include "guest/guest.h"
#include "host/host.h"

/*
 * The VM network that a libvirt network of ours called NAME may belong to: what stands before the
 * logical switch in brackets of "VM network [switch]"; NULL: NAME is no such name. Owned by the
 * caller.
 */
char *loom_network_vmnetwork_of(const char *name);

/*
 * Which of NETWORKS (of LoomNetwork, one host's; those that are not ours do not count) a vNIC goes
 * on that is on a network called NAME elsewhere: the one of that name; else the only one of the VM
 * network, which is NAME or what loom_network_vmnetwork_of() makes of it; of several that of the
 * same LOGICALSWITCH, else the only one that has PORTGROUP. Both may be NULL: not known, not named.
 * Borrowed. Errors, which name all of it: LOOM_ERROR_NOT_FOUND (it is not offered),
 * LOOM_ERROR_CONFLICT (several remain).
 */
const LoomNetwork *
loom_network_choose(const GPtrArray *networks, const char *name, const char *logicalswitch,
                    const char *portgroup, GError **error);
