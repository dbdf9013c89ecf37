/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel knows of this machine, gathered in one place. */
#pragma once

#include "host/host.h"

/*
 * The links of the network namespace with their addresses and routes, as a LoomHost of that NAME
 * (rtnetlink(7): RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE), and what drivers tell of NICs
 * (SIOCETHTOOL: driver, PCI address, speed). A NIC is hardware, or what stands in for it in a
 * namespace: a veth whose other end is in another one. Reads only. Errors: LOOM_ERROR_FAILED.
 */
LoomHost *loom_kernel_gather_facts(const char *name, GError **error);
