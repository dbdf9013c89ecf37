/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an attached vNIC gets: its port, made of the pattern of its network and portgroup. */
#pragma once

#include "guest/guest.h"
#include "host/host.h"

/*
 * Theory of operation
 *
 * A slice (host/slice.h) has a port pattern for each portgroup of a network. When a guest starts,
 * the pattern and the vNIC make a port: the tap, the guest's UUID and MAC, and all that applies,
 * with every address known. That port is kept in /run (port/state.h), keyed on UUID and MAC, for
 * libvirt's own record of a live vNIC loses its network when somebody plays with its link. Then it
 * is compared with what the kernel has on that tap, and run (port/program.h).
 *
 *     start      = for each vNIC: resolve, save, observe, compare, run
 *     reconnect  = for each vNIC or kept port: the same
 *     release    = take away what outlives the tap, and forget
 *
 * Nothing passes a port before its VLAN is set, and that is the last thing set: so whatever dies on
 * the way leaves a port that is closed or has all of its policy.
 */

/*
 * The port of the vNIC VNIC of GUEST on the network of SLICE, owned by the caller: with link (where
 * the vNIC has a device yet), domain, mac, network, portgroup (the default one's name where it asks
 * for none), portid, and all of the pattern. Where the profile lets the guest team it (teaming),
 * it gets the MAC addresses of the guest's other vNICs too, whatever network they are on, and in
 * this network their addresses: a team sends by whichever works. Errors: LOOM_ERROR_NOT_FOUND
 * (portgroup), LOOM_ERROR_INVALID (MAC, device, an address in the guest's metadata; a guard needs
 * addresses and there are none).
 */
LoomPort *loom_port_resolve(const LoomHost *slice, const LoomGuest *guest,
                            const LoomGuestVnic *vnic, GError **error);

/* The pattern for the portgroup NAME (NULL: the default one), or NULL. Borrowed from SLICE. */
const LoomPort *loom_port_find_pattern(const LoomHost *slice, const char *name);

/*
 * Whether guests' ports on the network of SLICE are ours: its bridge is one of the slice's links.
 * The VLANs of Open vSwitch are libvirt's affair, those of a bridge that virt-loom has not built
 * (virt-loom apply --networks) that of who did.
 */
gboolean loom_port_is_ours(const LoomHost *slice);

/* Whether the failure of PORT, a port or pattern (may be NULL), is only to be warned about. */
gboolean loom_port_only_warns(const LoomPort *port);

/*
 * PORT as the kernel is asked for it, and tells of it: known by its link alone, without what
 * libvirt or nobody does, and with prioritypop where this kernel can do it. Owned by the caller.
 */
LoomPort *loom_port_in_kernel(const LoomPort *port);
