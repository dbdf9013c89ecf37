/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a running guest's ports are made of, as a note that goes where the guest goes. */
#pragma once

#include "host/host.h"

/*
 * The note is in the running guest's metadata: a LoomHost with the name of the host, the guest's
 * live ports (without what is the host's own affair: taps, numbers of classes) and the classes of
 * their portgroups. The host that the guest comes to finds it there, whoever moved the guest. A
 * namespace of its own, for libvirt knows one element of each.
 */
#define LOOM_POLICY_NAMESPACE "urn:virt-loom:policy:1"
#define LOOM_POLICY_PREFIX    "loompolicy"

/*
 * That of the guest whose UUID is DOMAIN, owned by the caller; NULL: no live port of it is kept in
 * DIRECTORY. COMMITTED (may be NULL) has the classes that are not kept with a port.
 */
LoomHost *
loom_port_policy_collect(const char *directory, const char *domain, const LoomHost *committed);

/* The port of the vNIC MAC in POLICY; NULL: it has none. */
const LoomPort *loom_port_policy_find(const LoomHost *policy, const char *mac);
