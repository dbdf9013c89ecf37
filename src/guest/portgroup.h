/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which portgroup of a network of ours a vNIC gets. */
#pragma once

#include "guest/guest.h"
#include "host/host.h"

/*
 * The portgroup NAME of NETWORK, or for NULL its default one; NULL where there is none. It is what
 * libvirt does (virPortGroupFindByName()), but for one thing: libvirt takes a vNIC that finds none
 * and gives it no policy at all. Borrowed.
 */
const LoomPortgroup *loom_portgroup_find(const LoomNetwork *network, const char *name);

/*
 * Whether the vNIC of GUEST, a name, finds its portgroup on the network of SLICE. The error names
 * guest, vNIC, network, portgroup and the valid ones: LOOM_ERROR_NOT_FOUND; a slice without a
 * network: LOOM_ERROR_INVALID.
 */
gboolean loom_portgroup_check(const LoomHost *slice, const char *guest, const LoomGuestVnic *vnic,
                              GError **error);

/*
 * The domain XML TEXT, as libvirt gives it, in which the vNIC MAC asks for that portgroup; all
 * other octets are as they were. Owned by the caller; NULL with an error: there is no such vNIC on
 * a network (LOOM_ERROR_NOT_FOUND), or the text is none (LOOM_ERROR_INVALID). NAME begins messages.
 */
char *loom_portgroup_set(const char *text, size_t length, const char *name, const char *mac,
                         const char *portgroup, GError **error);

/* What a guest's port of that network and portgroup (NULL: none is named, and none is the default)
 * becomes on HOST, which may be NULL; NULL: that is not known. */
const LoomPort *
loom_portgroup_find_pattern(const LoomHost *host, const char *network, const char *portgroup);
