/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where it comes from that a port is so: from VM network, classification and profile. */
#pragma once

#include "cli/origin.h"

/*
 * The chain from which ATTRIBUTE of PORT (by the name that it has in the tables, or "bridge",
 * "weight", "min", "queues", "ipsec", "rss") has its value on the host of that name: of LoomOrigin,
 * the nearest first, owned by the caller. VNIC is the host vNIC whose port it is, NULL: a guest's.
 * Empty where the fabric says nothing of it.
 */
GPtrArray *loom_port_origins_find(const LoomFabric *fabric, const char *host, const LoomPort *port,
                                  const char *vnic, const char *attribute);

/* The profile of the port; borrowed; NULL: the fabric has none. */
const LoomPortProfile *loom_port_origins_find_profile(const LoomFabric *fabric, const char *host,
                                                      const LoomPort *port, const char *vnic);
