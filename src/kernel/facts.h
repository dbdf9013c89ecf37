/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel knows of this machine, gathered in one place. */
#pragma once

#include "plan/backend.h"

/*
 * All links of the network namespace but the loopback, as a LoomHost of that NAME, with what hangs
 * on them (rtnetlink(7)), and what drivers tell of NICs (SIOCETHTOOL: driver, PCI address, speed).
 * A NIC is hardware, or what stands in for it in a namespace: a veth whose other end is in another
 * one. Of routes, the kernel's own are left out: it makes them with the addresses. The same reader
 * makes the backend's observations, and what was read for facts serves BACKEND's
 * (loom_kernel_new()) next one too, unless a run begins before. Reads only. Errors:
 * LOOM_ERROR_FAILED.
 */
LoomHost *loom_kernel_gather_facts(LoomBackend *backend, const char *name, GError **error);
