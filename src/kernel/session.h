/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session with the kernel: what the files of kernel/ share. */
#pragma once

#include "kernel/kernel.h"
#include "kernel/links.h"
#include "kernel/netlink.h"

struct ethtool_gfeatures; /* of linux/ethtool.h, which not all can include */

#define LOOM_KERNEL_FEATURES 2 /* of NICs, that are ours */

typedef struct {
    LoomBackend backend; /* first: what others hold */
    LoomNetlink *netlink;
    LoomNetlink *filter; /* of nftables; NULL: not open yet */
    int socket;          /* for ioctl(2)s */
    int packets;         /* for what is announced; -1: none may be sent */
    /* addresses that this host had when it was last observed: of IPv6, it need not ask whether they
     * are free, and others must learn at once where they went; with how long they are good for, in
     * seconds (0: for ever) */
    GHashTable *held;
    /* far ends of veths that were made with the near ones, and are as the kernel makes links */
    GHashTable *fresh;
    /* devices that had chains of guards when all was last read, NULL: that never was; and links
     * made since which had none: nobody needs to ask */
    GHashTable *chained, *unguarded;
    /* the steps that come, NULL: not known */
    const GPtrArray *expected;
    /* links whose root qdisc is known to be that of our classes, and ports that may have limits */
    GHashTable *shaped, *limited;
    /* links with a qdisc at their ingress when all was last read */
    GHashTable *ingress;
    /* ports, as text by their links, whose guards were set together with others', for steps to come
     */
    GHashTable *guarded;
    /* what was read for facts, until it is observed or a run begins; NULL: nothing */
    LoomHost *recent;
    /* the bits of those features (features.c), once a NIC was asked; -1: this kernel has none such
     */
    int features[LOOM_KERNEL_FEATURES];
    gboolean knows_features;
    gboolean is_narrow; /* loom_kernel_narrow() */
    gboolean spares_ingress;
    const LoomHost *target; /* of the observation in progress; NULL: none */
    gboolean has_ipv6;
    gboolean links_take_autoconf, links_take_linklocal; /* those that the kernel makes */
} LoomKernel;

/* --- reading --------------------------------------------------------------------------------- */

/* A reading of the kernel in progress. */
typedef struct {
    LoomHost *host;    /* into which it goes */
    GHashTable *links; /* LoomLinkSeen by index: those of which all that hangs on them is read */
    GHashTable *held;  /* gets all addresses of this namespace; may be NULL */
    gboolean has_noprefixroute; /* there are addresses for whose subnet the kernel makes no route */
} LoomReading;

/* The link of that index, or NULL: not one of those. */
const LoomLinkSeen *loom_reading_find(const LoomReading *reading, int index);

/* Handlers of dumps; DATA is a LoomReading. What is no such message they leave alone. */
void loom_kernel_read_address(const struct nlmsghdr *message, gpointer data);
void loom_kernel_read_route(const struct nlmsghdr *message, gpointer data);
void loom_kernel_read_neighbour(const struct nlmsghdr *message, gpointer data);
void loom_kernel_read_port(const struct nlmsghdr *message, gpointer data);

/* Reads the bandwidth classes of links, the limits of ports and who else has a qdisc; after these.
 */
gboolean loom_kernel_read_queues(LoomKernel *kernel, LoomReading *reading, GError **error);

/* Reads all links of this namespace but the loopback, and all that hangs on them, into HOST. */
gboolean loom_kernel_read(LoomKernel *kernel, LoomHost *host, GError **error);

/* The same, but of what hangs on them nothing but addresses. */
gboolean loom_kernel_read_addresses(LoomKernel *kernel, LoomHost *host, GError **error);

/* Of ALL that was read, moves INTO what LoomBackend.observe says of TARGET (may be NULL). */
void loom_kernel_choose(LoomHost *all, const LoomHost *target, LoomHost *into);

/*
 * Sets ipsec, rss and withheld of LINK, a NIC, as ethtool(8) -k tells of esp-hw-offload and
 * rx-hashing; what it has not got, or what is off and cannot be turned on, stays absent. What it
 * was told to do counts as done: whether its driver obeys is nobody's to set.
 */
void loom_kernel_read_features(LoomKernel *kernel, LoomLink *link);

/* The same of what a driver answered, pure. */
void loom_kernel_tell_features(const LoomKernel *kernel, const struct ethtool_gfeatures *answer,
                               LoomLink *link);

/*
 * Makes the NIC do those of ipsec and rss that are in PENDING, by bit, as TO says. NOW, as it is
 * (loom_kernel_read_features()), follows. What it has not got is left out. Errors:
 * LOOM_ERROR_FAILED.
 */
gboolean loom_kernel_set_features(LoomKernel *kernel, LoomLink *now, const LoomLink *to,
                                  guint64 pending, GError **error);

/* Takes out of TARGET what its NICs have not got; a warning where it would be wanted. */
void loom_kernel_reduce_features(LoomKernel *kernel, LoomHost *target, LoomReport *report);

/* One link by its name, with all that loom_kernel_read() tells of it but its driver; FALSE and no
 * error: there is none. */
gboolean
loom_kernel_find_link(LoomKernel *kernel, const char *name, LoomLinkSeen *seen, GError **error);

/* Adds to INTO the port that LINK is in its bridge, if it is one of which there is something to
 * say. */
gboolean
loom_kernel_find_port(LoomKernel *kernel, const LoomLinkSeen *link, LoomHost *into, GError **error);

/* The index of the link NAME, 0: there is none. */
int loom_kernel_find_index(const LoomKernel *kernel, const char *name);

/* --- steps ----------------------------------------------------------------------------------- */

gboolean loom_kernel_run_link(LoomKernel *kernel, const LoomStep *step, GError **error);
gboolean loom_kernel_run_address(LoomKernel *kernel, const LoomStep *step, GError **error);
gboolean loom_kernel_run_route(LoomKernel *kernel, const LoomStep *step, GError **error);
gboolean loom_kernel_run_neighbour(LoomKernel *kernel, const LoomStep *step, GError **error);
gboolean loom_kernel_run_port(LoomKernel *kernel, const LoomStep *step, GError **error);
gboolean loom_kernel_run_class(LoomKernel *kernel, const LoomStep *step, GError **error);

/* Makes the host vNIC whose port LINK is send and receive at most that, in Mbit/s; 0: no limit. */
#define LOOM_KERNEL_MBIT 125000u /* octets/s */
gboolean loom_kernel_limit_port(LoomKernel *kernel, const char *link, guint64 max, guint64 maxin,
                                GError **error);

/* What the kernel gives a route to DESTINATION that says none. In records that is absent. */
guint64 loom_route_usual_metric(const char *destination);

/* The error of a step whose link is not there. */
gboolean loom_kernel_refuse_missing(GError **error, const char *link);

/* LoomBackend.reduce */
void loom_kernel_reduce(LoomBackend *backend, LoomHost *target, LoomReport *report);

/* Whether the kernel's module NAME is loaded, built in, or can be loaded by the kernel itself. */
gboolean loom_kernel_has_module(const char *name);

/* LoomBackend.observe_users */
gboolean loom_kernel_observe_users(LoomBackend *backend, LoomHost *into, GError **error);

/* --- guards of ports -------------------------------------------------------------------------- */

/* The socket of nftables, opened when it is needed: most hooks need none. NULL: an error. Borrowed.
 */
LoomNetlink *loom_kernel_open_filter(LoomKernel *kernel, GError **error);

/* Sets what that socket has refused; WHAT is a whole sentence, which it takes over. FALSE. */
gboolean loom_kernel_fail_filter(LoomKernel *kernel, GError **error, int number, char *what);

/* Adds the guards that the ports of HOST's links have, of all, or of one LINK. */
gboolean loom_kernel_read_guards(LoomKernel *kernel, LoomHost *host, GError **error);
gboolean
loom_kernel_find_guards(LoomKernel *kernel, const char *link, LoomHost *into, GError **error);

/* LINK was made just now: whether it has guards that outlived one of its name is remembered. */
void loom_kernel_note_made(LoomKernel *kernel, const char *link);

/* Gives PORT its guards, and takes away others that it has, all of it or nothing. */
gboolean loom_kernel_set_guards(LoomKernel *kernel, const LoomPort *port, GError **error);

/* Takes away those of LINKS (of char *, whether they are there or not), in one transaction. */
gboolean loom_kernel_remove_guards(LoomKernel *kernel, const GPtrArray *links, GError **error);

/* --- priorities of ports --------------------------------------------------------------------- */

/*
 * Makes the kernel take the tag of VLAN 0, which has a priority and no VLAN, away from what comes
 * in by the link of that INDEX, where WANTED; else takes away that it does so, where it does. 0, or
 * the errno of what could not be read or taken away. A kernel that cannot do what is WANTED is no
 * error; loom_kernel_resets_priority() says no from then on.
 */
int loom_kernel_set_pop(LoomKernel *kernel, int index, gboolean wanted);

/* Adds to PORT, whose guards are known, whether the kernel does so: present where its link has a
 * qdisc at its ingress. Of HOST's ports those of links in kernel->ingress. */
void loom_kernel_find_pop(LoomKernel *kernel, LoomPort *port);
void loom_kernel_read_pops(LoomKernel *kernel, LoomHost *host);

/* --- announcing ------------------------------------------------------------------------------ */

/*
 * Tells the network of LINK, where it is up, that ADDRESS is there: by a gratuitous ARP request
 * (RFC 5227) or an unsolicited neighbour advertisement (RFC 4861, 7.2.6). Nobody hears it of a link
 * that cannot send: no error.
 */
void loom_kernel_announce(const LoomKernel *kernel, const char *link, const char *address);

/* LoomBackend.finish */
gboolean loom_kernel_finish(LoomBackend *backend, const LoomHost *target, GError **error);

/* --- sysctls of a link ----------------------------------------------------------------------- */

/* FAMILY is "ipv4" or "ipv6", LINK a name, "default" or "all". -1: there is none such. */
int loom_kernel_read_sysctl(const char *family, const char *link, const char *name);
gboolean loom_kernel_write_sysctl(const char *family, const char *link, const char *name, int value,
                                  GError **error);
