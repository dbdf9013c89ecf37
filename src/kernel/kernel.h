/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel as a backend: links, addresses, routes, neighbours, ports and bandwidth classes of
 * this network namespace. */
#pragma once

#include "plan/backend.h"

/*
 * The backend of the kinds link, address, route, neighbour, port and class over rtnetlink(7), in
 * the network namespace of the caller. A link is ours by its group (IFLA_GROUP, LOOM_KERNEL_GROUP),
 * and a queueing discipline at a link's root by its handle: those of classes (HTB) on NICs, and of
 * the limits of host vNICs (TBF) on both ends of their veths. A root that somebody else chose is
 * told of as the link's and never replaced; one without a handle is the kernel's default, and comes
 * back when ours goes. That exchange takes the kernel some tenths of a millisecond, in which it
 * drops what is sent; a change of classes that are there drops nothing.
 *
 * What TARGET states and another issue or backend makes, reduce() takes out: guards, private VLANs
 * and the limits of guests' ports silently, Open vSwitch links and what hangs on them with a
 * warning per bridge, and with one warning the equal parts of a class's ports where this kernel
 * lacks fq_codel or the flow classifier.
 *
 * Errors: LOOM_ERROR_FAILED with the kernel's own words, LOOM_ERROR_NOT_FOUND (a link that a step
 * relies on is not there), LOOM_ERROR_CONFLICT (a foreign link is in the way; nothing was changed).
 */
LoomBackend *loom_kernel_new(GError **error);

/*
 * Adds to INTO the links NAMES (of char *), as far as they are there, and those of them that are
 * ports of bridges: with a few requests each, and without a look at any other. BACKEND is a
 * loom_kernel_new().
 */
gboolean loom_kernel_observe_named(LoomBackend *backend, const GPtrArray *names, LoomHost *into,
                                   GError **error);

/*
 * From now on guards are observed of links alone that are ours or that the target names: not of the
 * taps of guests, of which there may be a thousand. For whoever compares, and keeps nothing.
 */
void loom_kernel_narrow(LoomBackend *backend);

/* The group of links that virt-loom made: "Loom" in ASCII, 1282371437 in "ip link show group". */
#define LOOM_KERNEL_GROUP 0x4c6f6f6du

/*
 * The major number of our root qdiscs, "Lo" in ASCII, 4c6f: in tc(8). A packet is in the class of
 * LoomClass.priority N when its own priority (skb->priority, SO_PRIORITY) is
 * LOOM_KERNEL_PRIORITY(N).
 */
#define LOOM_KERNEL_QDISC_MAJOR 0x4c6fu
#define LOOM_KERNEL_PRIORITY(n) (LOOM_KERNEL_QDISC_MAJOR << 16 | (guint32)(n))

/*
 * Gives each of PORTS (of const LoomPort, with its link) its guards, and takes away others that it
 * has: all of them in one transaction, or none. For the ports of one guest, which would cost one
 * transaction each as steps; whether the links are theirs is the caller's to know. The next step
 * that makes a port as it was given here then leaves its guards alone. The error is
 * LOOM_ERROR_FAILED, and names the port that the kernel refused.
 */
gboolean loom_kernel_set_all_guards(LoomBackend *backend, const GPtrArray *ports, GError **error);

/*
 * From now on what is at the ingress of guests' taps is left as it is: libvirt, which is at work
 * there, may be about to make its own qdisc, and would fail. Whoever states what a tap is to have
 * asks. BACKEND is a loom_kernel_new().
 */
void loom_kernel_spare_ingress(LoomBackend *backend);
gboolean loom_kernel_spares_ingress(const LoomBackend *backend);

/*
 * Whether PORT is to have prioritypop in this kernel: it has priorityreset, takes no VLAN but VLAN
 * 0 from its vNIC, and this kernel has what it takes (modules sch_ingress, cls_flower, act_vlan)
 * and has not refused it to this process.
 */
gboolean loom_kernel_resets_priority(const LoomPort *port);

/*
 * What the steps would do that delete the ports LINKS (of char *), whether they are there or not,
 * with one transaction for all guards, after nothing passes any of them. Errors as of a step.
 */
gboolean loom_kernel_close_ports(LoomBackend *backend, const GPtrArray *links, GError **error);

/*
 * Takes away the guards of devices that are no more (a kernel may keep them, and hand them to the
 * next device of that name), and whatever else of our table has a name that begins as those do. Of
 * our table's other chains, and of other tables, nothing; a chain to which one of those jumps
 * stays.
 */
gboolean loom_kernel_collect_guards(LoomBackend *backend, GError **error);

/*
 * How many frames each guard of the port LINK has dropped since it was set: of guint64 by "tags",
 * "priority", "macs", "headers", "dhcp", "router", "addresses"; a guard that the port does not have
 * is left out. Owned by the caller. BACKEND is a loom_kernel_new().
 */
GHashTable *loom_kernel_read_drops(LoomBackend *backend, const char *link, GError **error);

/* The same of all ports that have guards, by their link: one reading. Owned by the caller. */
GHashTable *loom_kernel_read_all_drops(LoomBackend *backend, GError **error);

/* What a link has carried since it was made, as it counts itself (struct rtnl_link_stats64). */
typedef struct {
    guint64 received, received_packets; /* octets, packets */
    guint64 sent, sent_packets;
    guint queues; /* of a tap, as many as it has open; else 0 */
} LoomLinkCounters;

/* Those of all links, LoomLinkCounters by name; owned by the caller. BACKEND as above. */
GHashTable *loom_kernel_read_counters(LoomBackend *backend, GError **error);
