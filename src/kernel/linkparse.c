/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A link as rtnetlink tells of it, and the tables of its attributes. */
#include "kernel/kernel.h"
#include "kernel/links.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <string.h>

/* Documentation/networking/bonding.rst; the index is the kernel's number. */
static const char *const modes[] = {"balance-rr", "active-backup", "balance-xor", "broadcast",
                                    "802.3ad",    "balance-tlb",   "balance-alb", NULL};
static const char *const hash_policies[] = {"layer2",   "layer3+4",    "layer2+3", "encap2+3",
                                            "encap3+4", "vlan+srcmac", NULL};
static const char *const lacp_rates[] = {"slow", "fast", NULL};
static const char *const reselections[] = {"always", "better", "failure", NULL};
static const char *const failover_macs[] = {"none", "active", "follow", NULL};
static const char *const arp_validations[] = {"none",   "active",        "backup",        "all",
                                              "filter", "filter_active", "filter_backup", NULL};
static const char *const arp_targets[] = {"any", "all", NULL};
static const char *const ad_selections[] = {"stable", "bandwidth", "count", NULL};

enum { ROUND_ROBIN, ACTIVE_BACKUP, XOR, BROADCAST, LACP, TLB, ALB };
#define ONLY_RR      (1 << ROUND_ROBIN)
#define ONLY_LACP    (1 << LACP)
#define ONLY_TLB     (1 << TLB | 1 << ALB)
#define WITH_ARP     (1 << ROUND_ROBIN | 1 << ACTIVE_BACKUP | 1 << XOR | 1 << BROADCAST)
#define WITH_PRIMARY (1 << ACTIVE_BACKUP | 1 << TLB | 1 << ALB)

/* bond_opts[] of the kernel's bond_options.c: in which modes each can be set. */
static const LoomWireRow bond_rows[] = {
    LOOM_WIRE(LoomLink, IFLA_BOND_MODE, mode, WORD8, .words = modes, .flags = LOOM_WIRE_IDLE),
    LOOM_WIRE(LoomLink, IFLA_BOND_MIIMON, miimon, U32),
    LOOM_WIRE(LoomLink, IFLA_BOND_UPDELAY, updelay, U32, .flags = LOOM_WIRE_MIIMON),
    LOOM_WIRE(LoomLink, IFLA_BOND_DOWNDELAY, downdelay, U32, .flags = LOOM_WIRE_MIIMON),
    LOOM_WIRE(LoomLink, IFLA_BOND_PEER_NOTIF_DELAY, peernotifdelay, U32, .flags = LOOM_WIRE_MIIMON),
    LOOM_WIRE(LoomLink, IFLA_BOND_USE_CARRIER, usecarrier, U8),
    LOOM_WIRE(LoomLink, IFLA_BOND_ARP_INTERVAL, arpinterval, U32, .modes = WITH_ARP),
    LOOM_WIRE(LoomLink, IFLA_BOND_ARP_IP_TARGET, arpiptarget, IPV4S),
    LOOM_WIRE(LoomLink, IFLA_BOND_NS_IP6_TARGET, nsip6target, IPV6S),
    LOOM_WIRE(LoomLink, IFLA_BOND_ARP_VALIDATE, arpvalidate, WORD32, .words = arp_validations,
              .modes = WITH_ARP),
    LOOM_WIRE(LoomLink, IFLA_BOND_ARP_ALL_TARGETS, arpalltargets, WORD32, .words = arp_targets),
    LOOM_WIRE(LoomLink, IFLA_BOND_MISSED_MAX, missedmax, U8, .modes = WITH_ARP),
    /* the kernel remembers a primary that is not in the bond yet, and does not tell */
    LOOM_WIRE(LoomLink, IFLA_BOND_PRIMARY, primary, INDEX, .modes = WITH_PRIMARY,
              .flags = LOOM_WIRE_ALWAYS),
    LOOM_WIRE(LoomLink, IFLA_BOND_PRIMARY_RESELECT, primaryreselect, WORD8, .words = reselections),
    LOOM_WIRE(LoomLink, IFLA_BOND_FAIL_OVER_MAC, failovermac, WORD8, .words = failover_macs,
              .flags = LOOM_WIRE_IDLE),
    LOOM_WIRE(LoomLink, IFLA_BOND_XMIT_HASH_POLICY, hashpolicy, WORD8, .words = hash_policies),
    LOOM_WIRE(LoomLink, IFLA_BOND_RESEND_IGMP, resendigmp, U32),
    LOOM_WIRE(LoomLink, IFLA_BOND_NUM_PEER_NOTIF, numpeernotif, U8),
    LOOM_WIRE(LoomLink, IFLA_BOND_ALL_SLAVES_ACTIVE, allslavesactive, U8),
    LOOM_WIRE(LoomLink, IFLA_BOND_MIN_LINKS, minlinks, U32),
    LOOM_WIRE(LoomLink, IFLA_BOND_LP_INTERVAL, lpinterval, U32),
    LOOM_WIRE(LoomLink, IFLA_BOND_PACKETS_PER_SLAVE, packetsperslave, U32, .modes = ONLY_RR),
    LOOM_WIRE(LoomLink, IFLA_BOND_AD_LACP_ACTIVE, lacpactive, U8, .modes = ONLY_LACP),
    LOOM_WIRE(LoomLink, IFLA_BOND_AD_LACP_RATE, lacprate, WORD8, .words = lacp_rates,
              .modes = ONLY_LACP),
    LOOM_WIRE(LoomLink, IFLA_BOND_AD_SELECT, adselect, WORD8, .words = ad_selections,
              .modes = ONLY_LACP),
    LOOM_WIRE(LoomLink, IFLA_BOND_AD_ACTOR_SYS_PRIO, adactorsysprio, U16, .modes = ONLY_LACP),
    LOOM_WIRE(LoomLink, IFLA_BOND_AD_USER_PORT_KEY, aduserportkey, U16, .modes = ONLY_LACP),
    LOOM_WIRE(LoomLink, IFLA_BOND_AD_ACTOR_SYSTEM, adactorsystem, MAC, .modes = ONLY_LACP),
    LOOM_WIRE(LoomLink, IFLA_BOND_TLB_DYNAMIC_LB, tlbdynamiclb, U8, .modes = ONLY_TLB),
};

static const LoomWireRow bridge_rows[] = {
    LOOM_WIRE(LoomLink, IFLA_BR_VLAN_FILTERING, vlanfiltering, U8),
    LOOM_WIRE(LoomLink, IFLA_BR_STP_STATE, stp, U32),
    LOOM_WIRE(LoomLink, IFLA_BR_MCAST_SNOOPING, multicastsnooping, U8),
    LOOM_WIRE(LoomLink, IFLA_BR_VLAN_DEFAULT_PVID, defaultpvid, U16),
};

const LoomWireRow *
loom_link_rows(LoomLinkKind kind, size_t *count)
{
    *count = kind == LOOM_LINK_BOND     ? G_N_ELEMENTS(bond_rows)
             : kind == LOOM_LINK_BRIDGE ? G_N_ELEMENTS(bridge_rows)
                                        : 0;
    return kind == LOOM_LINK_BOND ? bond_rows : bridge_rows;
}

const char *
loom_link_kind_word(LoomLinkKind kind)
{
    switch (kind) {
    case LOOM_LINK_BOND:
        return "bond";
    case LOOM_LINK_BRIDGE:
        return "bridge";
    case LOOM_LINK_VETH:
        return "veth";
    default:
        return NULL;
    }
}

gboolean
loom_link_row_applies(const LoomWireRow *row, const LoomLink *link)
{
    int mode = loom_wire_find_word(modes, link->mode);

    return !row->modes || (mode >= 0 && row->modes >> mode & 1);
}

/* A NIC is hardware, or what stands in for it in a namespace: a veth that leads out of it. */
static LoomLinkKind
find_kind(const char *word, const struct ifinfomsg *header, const LoomLink *link,
          gboolean leads_out)
{
    if (!word)
        return header->ifi_type == ARPHRD_ETHER ? LOOM_LINK_PHYSICAL : LOOM_LINK_OTHER;
    if (g_str_equal(word, "veth"))
        return leads_out && !link->ours ? LOOM_LINK_PHYSICAL : LOOM_LINK_VETH;
    if (g_str_equal(word, "bond"))
        return LOOM_LINK_BOND;
    return g_str_equal(word, "bridge") ? LOOM_LINK_BRIDGE : LOOM_LINK_OTHER;
}

static void
read_data(LoomLink *link, const struct nlattr *data)
{
    struct nlattr *found[MAX(IFLA_BOND_MAX, IFLA_BR_MAX) + 1] = {NULL};
    size_t count;
    const LoomWireRow *rows = loom_link_rows(link->kind, &count);

    if (nla_parse_nested(found, G_N_ELEMENTS(found) - 1, (struct nlattr *)data, NULL) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (found[rows[i].type] && loom_link_row_applies(&rows[i], link))
            loom_wire_read(found[rows[i].type], &rows[i], link);
}

/* net/ipv6/addrconf.c: an array by DEVCONF_*. Without one there is no IPv6 on the link. */
static void
read_ipv6(LoomLink *link, const struct nlattr *spec)
{
    struct nlattr *families[AF_INET6 + 1] = {NULL}, *found[IFLA_INET6_MAX + 1] = {NULL};
    gint32 conf[DEVCONF_ADDR_GEN_MODE + 1] = {[DEVCONF_ADDR_GEN_MODE] = IN6_ADDR_GEN_MODE_NONE};

    if (spec && nla_parse_nested(families, AF_INET6, (struct nlattr *)spec, NULL) >= 0 &&
        families[AF_INET6] &&
        nla_parse_nested(found, IFLA_INET6_MAX, families[AF_INET6], NULL) >= 0 &&
        found[IFLA_INET6_CONF] && nla_len(found[IFLA_INET6_CONF]) >= (int)sizeof conf)
        memcpy(conf, nla_data(found[IFLA_INET6_CONF]), sizeof conf);
    LOOM_SET_NUMBER(link, linklocal, conf[DEVCONF_ADDR_GEN_MODE] != IN6_ADDR_GEN_MODE_NONE);
    /* a router takes no advertisements, unless told twice */
    LOOM_SET_NUMBER(link, autoconf,
                    conf[DEVCONF_AUTOCONF] &&
                        conf[DEVCONF_ACCEPT_RA] > (conf[DEVCONF_FORWARDING] ? 1 : 0));
}

/* net/ipv4/devinet.c: an array by IPV4_DEVCONF_*, from 1. */
static void
read_ipv4(LoomLink *link, const struct nlattr *spec)
{
    struct nlattr *families[AF_INET6 + 1] = {NULL}, *found[IFLA_INET_MAX + 1] = {NULL};
    gint32 conf[IPV4_DEVCONF_ARP_IGNORE] = {0};

    if (spec && nla_parse_nested(families, AF_INET6, (struct nlattr *)spec, NULL) >= 0 &&
        families[AF_INET] && nla_parse_nested(found, IFLA_INET_MAX, families[AF_INET], NULL) >= 0 &&
        found[IFLA_INET_CONF] && nla_len(found[IFLA_INET_CONF]) >= (int)sizeof conf)
        memcpy(conf, nla_data(found[IFLA_INET_CONF]), sizeof conf);
    LOOM_SET_NUMBER(link, strictarp,
                    conf[IPV4_DEVCONF_ARP_IGNORE - 1] == LOOM_ARP_IGNORE &&
                        conf[IPV4_DEVCONF_ARP_ANNOUNCE - 1] == LOOM_ARP_ANNOUNCE);
}

static void
read_altnames(LoomLink *link, const struct nlattr *list)
{
    g_autoptr(GString) names = g_string_new(NULL);
    const struct nlattr *item;
    int left;

    nla_for_each_nested(item, list, left) if (nla_type(item) == IFLA_ALT_IFNAME)
        g_string_append_printf(names, "%s%s", names->len ? " " : "", nla_get_string(item));
    if (names->len)
        LOOM_TRY(link, altnames, names->str);
}

static gboolean
is_in_bond(struct nlattr **info)
{
    return info[IFLA_INFO_SLAVE_KIND] &&
           g_str_equal(nla_get_string(info[IFLA_INFO_SLAVE_KIND]), "bond");
}

/* As the NIC was made: in a bond, which gives it another, the bond knows where the driver does not.
 */
static void
read_permanent_mac(LoomLink *link, const struct nlattr *permanent, struct nlattr **info)
{
    struct nlattr *slave[IFLA_BOND_SLAVE_MAX + 1] = {NULL};
    g_autofree char *mac = NULL;

    if (!permanent && is_in_bond(info) && info[IFLA_INFO_SLAVE_DATA] &&
        nla_parse_nested(slave, IFLA_BOND_SLAVE_MAX, info[IFLA_INFO_SLAVE_DATA], NULL) >= 0)
        permanent = slave[IFLA_BOND_SLAVE_PERM_HWADDR];
    mac = loom_wire_format_mac(permanent);
    if (mac)
        LOOM_TRY(link, permanentmac, mac);
}

static LoomLink *
read_link(const struct ifinfomsg *header, struct nlattr **found)
{
    struct nlattr *info[IFLA_INFO_MAX + 1] = {NULL};
    g_autofree char *mac = loom_wire_format_mac(found[IFLA_ADDRESS]);
    LoomLink *link = loom_record_new(&loom_link_kind);
    const char *word;

    /* a name that nobody would give, but the kernel accepts, is not ours to select */
    if (!LOOM_TRY(link, name, nla_get_string(found[IFLA_IFNAME]))) {
        loom_record_free(link);
        return NULL;
    }
    if (found[IFLA_LINKINFO])
        nla_parse_nested(info, IFLA_INFO_MAX, found[IFLA_LINKINFO], NULL);
    word = info[IFLA_INFO_KIND] ? nla_get_string(info[IFLA_INFO_KIND]) : NULL;
    LOOM_SET_NUMBER(link, ours,
                    word && found[IFLA_GROUP] &&
                        nla_get_u32(found[IFLA_GROUP]) == LOOM_KERNEL_GROUP);
    LOOM_SET_NUMBER(link, kind, find_kind(word, header, link, found[IFLA_LINK_NETNSID] != NULL));
    LOOM_SET_NUMBER(link, up, !!(header->ifi_flags & IFF_UP));
    if (mac &&
        !is_in_bond(info)) /* there it is the bond's affair, and changes with the active one */
        LOOM_TRY(link, mac, mac);
    if (found[IFLA_MTU])
        LOOM_SET_NUMBER(link, mtu, nla_get_u32(found[IFLA_MTU]));
    if (info[IFLA_INFO_DATA])
        read_data(link, info[IFLA_INFO_DATA]);
    read_ipv6(link, found[IFLA_AF_SPEC]);
    if (link->kind == LOOM_LINK_VETH && link->ours)
        read_ipv4(link, found[IFLA_AF_SPEC]);
    if (link->kind == LOOM_LINK_PHYSICAL)
        read_permanent_mac(link, found[IFLA_PERM_ADDRESS], info);
    if (found[IFLA_PROP_LIST])
        read_altnames(link, found[IFLA_PROP_LIST]);
    return link;
}

/* Whether it is a bridge's port, and isolated. */
static gboolean
is_isolated(struct nlattr *linkinfo)
{
    struct nlattr *info[IFLA_INFO_MAX + 1] = {NULL}, *port[IFLA_BRPORT_MAX + 1] = {NULL};

    return linkinfo && nla_parse_nested(info, IFLA_INFO_MAX, linkinfo, NULL) >= 0 &&
           info[IFLA_INFO_SLAVE_KIND] && info[IFLA_INFO_SLAVE_DATA] &&
           g_str_equal(nla_get_string(info[IFLA_INFO_SLAVE_KIND]), "bridge") &&
           nla_parse_nested(port, IFLA_BRPORT_MAX, info[IFLA_INFO_SLAVE_DATA], NULL) >= 0 &&
           port[IFLA_BRPORT_ISOLATED] && nla_get_u8(port[IFLA_BRPORT_ISOLATED]);
}

gboolean
loom_link_parse(const struct nlmsghdr *message, LoomLinkSeen *seen)
{
    const struct ifinfomsg *header = nlmsg_data(message);
    struct nlattr *found[IFLA_MAX + 1] = {NULL};

    if (message->nlmsg_type != RTM_NEWLINK ||
        !loom_netlink_parse(message, sizeof *header, found, IFLA_MAX) ||
        header->ifi_family != AF_UNSPEC || !found[IFLA_IFNAME])
        return FALSE;
    *seen = (LoomLinkSeen){
        .index = header->ifi_index,
        .master = found[IFLA_MASTER] ? (int)nla_get_u32(found[IFLA_MASTER]) : 0,
        .other =
            found[IFLA_LINK] && !found[IFLA_LINK_NETNSID] ? (int)nla_get_u32(found[IFLA_LINK]) : 0,
        .is_up = !!(header->ifi_flags & IFF_UP),
        .is_running = !!(header->ifi_flags & IFF_LOWER_UP),
        .is_isolated = is_isolated(found[IFLA_LINKINFO]),
    };
    if (!(header->ifi_flags & IFF_LOOPBACK))
        seen->record = read_link(header, found);
    return TRUE;
}

void
loom_link_seen_clear(LoomLinkSeen *seen)
{
    g_clear_pointer(&seen->record, loom_record_free);
}

void
loom_link_set_names(LoomLinkSeen *seen, const char *master, const char *other)
{
    LoomLink *link = seen->record;

    if (master)
        LOOM_TRY(link, master, master);
    if (other && link->kind == LOOM_LINK_VETH)
        LOOM_TRY(link, peer, other);
    else if (other && link->kind == LOOM_LINK_OTHER)
        LOOM_TRY(link, parent, other);
}
