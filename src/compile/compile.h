/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the fabric means on one host: all policy is resolved here. */
#pragma once

#include "fabric/fabric.h"
#include "host/host.h"

/*
 * The desired host NAME of FABRIC, which must have been loaded without an error. FACTS is what is
 * known of the machine (its physical links with driver, PCI address, speed and permanent MAC, their
 * addresses, routes, neighbours and managers); NULL: nothing, and then NICs are taken by name only.
 * COMMITTED is the host as last applied: what its vNICs inherited then stays theirs; NULL, or
 * another host: nothing was.
 * What FACTS contradicts (no such NIC, several for one rule) are findings (error); what it cannot
 * tell, notes. NULL with LOOM_ERROR_NOT_FOUND where the fabric has no such host. Pure.
 */
LoomHost *loom_compile(const LoomFabric *fabric, const char *name, const LoomHost *facts,
                       const LoomHost *committed, LoomReport *report, GError **error);

/*
 * The port profile that asks for ATTRIBUTE, "ipsec" or "rss", of the uplink's NICs of HOST_SWITCH:
 * that of a classification which a vNIC of a guest or of HOST itself can have there, for a VM
 * network is offered. The first in the order of portgroups; NULL: none asks for it.
 */
const LoomPortProfile *
loom_compile_find_offload(const LoomFabric *fabric, const LoomFabricHost *host,
                          const LoomHostSwitch *host_switch, const char *attribute);
