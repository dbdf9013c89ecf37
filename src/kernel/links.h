/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A link as rtnetlink tells of it, and the tables of its attributes. */
#pragma once

#include "host/host.h"
#include "kernel/wire.h"

#include <linux/rtnetlink.h>

/* Documentation/networking/ip-sysctl.rst, arp_ignore and arp_announce: what a strict link has. */
enum { LOOM_ARP_IGNORE = 1, LOOM_ARP_ANNOUNCE = 2 };

/* Rows of IFLA_LINKINFO's data; the length in *COUNT. None for kinds that have none. */
const LoomWireRow *loom_link_rows(LoomLinkKind kind, size_t *count);

/* "bond", "bridge", "veth": the kernel's word; NULL: nothing that we make. */
const char *loom_link_kind_word(LoomLinkKind kind);

/* Whether the bond LINK is in a mode that has ROW. */
gboolean loom_link_row_applies(const LoomWireRow *row, const LoomLink *link);

/* One link as a message told; what refers to others is there by index. */
typedef struct {
    LoomLink *record; /* owned; NULL: one that cannot be named, or the loopback */
    int index, master;
    int other; /* a veth's other end, or what a VLAN sits on; 0: none, or in another namespace */
    gboolean is_up, is_running;
    gboolean is_isolated; /* a bridge's port that is kept from other isolated ones */
} LoomLinkSeen;

/* Reads a RTM_NEWLINK; FALSE: MESSAGE is none, and SEEN untouched. Names of others are not set. */
gboolean loom_link_parse(const struct nlmsghdr *message, LoomLinkSeen *seen);
void loom_link_seen_clear(LoomLinkSeen *seen);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoomLinkSeen, loom_link_seen_clear)

/* Sets what refers to others, by the names of MASTER and OTHER; each may be NULL. */
void loom_link_set_names(LoomLinkSeen *seen, const char *master, const char *other);

/* Asks or tells the driver of the link NAME; DATA: a struct of linux/ethtool.h. FALSE: see errno.
 */
gboolean loom_link_ask_driver(int socket, const char *name, gpointer data);

/* Driver, PCI address and speed of a NIC (SIOCETHTOOL) over SOCKET, of any family. */
void loom_link_read_driver(int socket, LoomLink *link);
