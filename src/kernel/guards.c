/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each guard of a port lets pass. */
#include "kernel/guards.h"

#include "base/mac.h"
#include "kernel/guardwords.h"
#include "kernel/kernel.h"
#include "kernel/wire.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <string.h>

/* ICMPv6 types: RFC 4861, 4443, 2710, 3810; IPv4's: RFC 792, 1256 */
enum { SOLICITATION = 135, ADVERTISEMENT = 136, ROUTER = 134, REDIRECT = 137, LISTENER = 143 };
enum { ROUTER_SOLICITATION = 133, LISTENER1 = 131, LISTENER1_DONE = 132 };
enum { REDIRECT4 = 5, ROUTER4 = 9, ICMPV6 = 58, NO_NEXT = 59, IGMP = 2 };
enum { DHCP_SERVER = 67, DHCP_CLIENT = 68, DHCPV6_SERVER = 547, DHCPV6_CLIENT = 546 };

/* --- guards that are the same for every port -------------------------------------------------- */

/*
 * A second tag, or an outer one of 802.1ad, would pass a bridge that looks at one of 802.1Q, and be
 * another network's behind it.
 */
static const LoomNftRule one_tag[] = {
    RULE("tags", 1, KIND(ETH_P_8021Q)),
    RULE("tags", 1, KIND(ETH_P_8021AD)),
    RULE("tags", 1, OUTER_TAG(ETH_P_8021AD)),
};
/* One with VLAN 0 has no VLAN, but a priority: IEEE 802.1Q, 6.9 */
static const LoomNftRule no_vlan[] = {
    RULE("tags", 2, OUTER_TAG(ETH_P_8021Q), TAG_HAS(0x0fff)),
};
/*
 * To set it to 0 nftables would have to write into a tag that the kernel holds apart from the
 * frame, which it can since Linux 6.8 only. Where traffic control has taken the tag away before
 * (priority.c), nothing of it comes here; what it leaves there is stopped.
 */
static const LoomNftRule no_priority[] = {
    RULE("priority", 2, OUTER_TAG(ETH_P_8021Q), TAG_HAS(0xe000)),
};
/* RFC 2131, 4.1; RFC 8415, 7.2. Clients take what comes to their port, from whichever it is. */
static const LoomNftRule no_dhcp_server[] = {
    RULE("dhcp", 4, KIND(ETH_P_IP), FIRST4, BEHIND(IPPROTO_UDP), FROM(DHCP_SERVER)),
    RULE("dhcp", 4, KIND(ETH_P_IP), FIRST4, BEHIND(IPPROTO_UDP), TO(DHCP_CLIENT)),
    RULE("dhcp", 3, KIND(ETH_P_IPV6), BEHIND(IPPROTO_UDP), FROM(DHCPV6_SERVER)),
    RULE("dhcp", 4, KIND(ETH_P_IPV6), WHOLE6, BEHIND(IPPROTO_UDP), TO(DHCPV6_CLIENT)),
    RULE("dhcp", 4, KIND(ETH_P_IPV6), FIRST6, BEHIND(IPPROTO_UDP), TO(DHCPV6_CLIENT)),
};
/* RFC 6105, with redirects: RFC 4861, 8; RFC 792; RFC 1256 */
static const LoomNftRule no_router[] = {
    RULE("router", 3, KIND(ETH_P_IPV6), BEHIND(ICMPV6), TYPE(ROUTER)),
    RULE("router", 3, KIND(ETH_P_IPV6), BEHIND(ICMPV6), TYPE(REDIRECT)),
    RULE("router", 4, KIND(ETH_P_IP), FIRST4, BEHIND(IPPROTO_ICMP), TYPE(ROUTER4)),
    RULE("router", 4, KIND(ETH_P_IP), FIRST4, BEHIND(IPPROTO_ICMP), TYPE(REDIRECT4)),
};
/* What leaves an access port with a tag is of a VLAN in which its guest speaks and does not hear.
 */
static const LoomNftRule no_tag_out[] = {
    RULE("private", 2, OUTER_TAG(ETH_P_8021Q), TAG_HAS(0x0fff)),
};
/* The I/G bit: IEEE 802, 8.2.2 */
static const LoomNftRule to_group[] = {
    RETURN("private", 1, {LOOM_NFT_LINK, .length = 1, .mask = {1}, .value = {1}}),
};
/* RFC 1042 and IEEE 802.1H: LLC can carry every protocol, and is none of those that are looked at
 */
static const LoomNftRule no_encapsulation[] = {
    RULE("headers", 2, KIND(ETH_P_802_2), SNAP_OF(0x00)),
    RULE("headers", 2, KIND(ETH_P_802_2), SNAP_OF(0xf8)),
};
/* RFC 6980: no ND in fragments, behind which another type could hide */
static const LoomNftRule no_fragmented_nd[] = {
    RULE("headers", 3, KIND(ETH_P_IPV6), {LOOM_NFT_FRAGMENT, .length = 1, .value = {1}},
         BEHIND(ICMPV6)),
};

/* --- guards with lists ------------------------------------------------------------------------ */

/*
 * RFC 7112: the first fragment has all headers, that of UDP or ICMP among them; what cannot be
 * looked at may be anything.
 */
static const LoomNftRule known_header[] = {
    RETURN("headers", 1, BEGINNING),
    RETURN("headers", 2, LATER6, {LOOM_NFT_L4PROTO, .length = 1, .value = {255}, .negated = TRUE}),
    RETURN("headers", 1, BEHIND(NO_NEXT)), /* RFC 8200, 4.7 */
};
static const LoomNftRule bare_advertisement[] = {
    RETURN("macs", 1, ND_OF(24)),
};
static const LoomNftRule bare_solicitation[] = {
    RETURN("macs", 1, ND_OF(24)),
    RETURN("macs", 2, ND_OF(32), ND_OPTION(14)), /* RFC 7527: a nonce */
};
static const LoomNftRule bare_router_solicitation[] = {
    RETURN("macs", 1, ND_OF(8)),
};
static const LoomNftRule arp_probe[] = {
    RETURN("addresses", 1, NONE(LOOM_NFT_NETWORK, 14, 4)), /* RFC 5227; "probes" has looked at it */
};
static const LoomNftRule not_yet_ipv4[] = {
    RETURN("addresses", 4, NONE(LOOM_NFT_NETWORK, 12, 4), FIRST4, BEHIND(IPPROTO_UDP),
           TO(DHCP_SERVER)),
    RETURN("addresses", 2, NONE(LOOM_NFT_NETWORK, 12, 4), BEHIND(IGMP)), /* RFC 3376, 4.2.13 */
};
static const LoomNftRule not_yet_ipv6[] = {
    RETURN("addresses", 3, NONE(LOOM_NFT_NETWORK, 8, 16), BEHIND(ICMPV6), TYPE(SOLICITATION)),
    RETURN("addresses", 3, NONE(LOOM_NFT_NETWORK, 8, 16), BEHIND(ICMPV6),
           TYPE(ROUTER_SOLICITATION)), /* RFC 4861, 4.1 */
    RETURN("addresses", 3, NONE(LOOM_NFT_NETWORK, 8, 16), BEHIND(ICMPV6), TYPE(LISTENER)),
    RETURN("addresses", 3, NONE(LOOM_NFT_NETWORK, 8, 16), BEHIND(ICMPV6),
           TYPE(LISTENER1)), /* RFC 3590, 4 */
    RETURN("addresses", 3, NONE(LOOM_NFT_NETWORK, 8, 16), BEHIND(ICMPV6), TYPE(LISTENER1_DONE)),
};
/*
 * Whoever runs IPv6 has a link-local address and needs it for ND (RFC 4291, 2.8), and which it is
 * the guest alone knows: of its MAC address (RFC 4291, appendix A), or opaque (RFC 7217), or
 * random. So all of them pass, but where the guest's are told: then no other.
 */
static const LoomNftRule link_local_source =
    RETURN("addresses", 1, LINK_LOCAL(LOOM_NFT_NETWORK, 8));
static const LoomNftRule link_local_target =
    RETURN("addresses", 1, LINK_LOCAL(LOOM_NFT_TRANSPORT, 8));

typedef enum { NO_ITEMS, MACS, IPV4, IPV6 } Items;

/* A chain that lets pass what is in a list, and drops what is not. */
typedef struct {
    const char *name, *purpose;
    size_t count; /* of matches: what has to be in the list */
    LoomNftMatch when[4];
    Items items;
    size_t item_count; /* of matches: the last one is of the item, with its value left out */
    LoomNftMatch item[3];
    const LoomNftRule *also; /* what passes besides */
    size_t also_count;
    const LoomNftRule *untold; /* and this, where no link-local address is in the list */
} List;

#define ALSO(rules) .also = (rules), .also_count = G_N_ELEMENTS(rules)
#define AT(source_, offset_, length_)                                                              \
    {                                                                                              \
        (source_), .offset = (offset_), .length = (length_)                                        \
    }

static const List header_list = {"headers", "headers", 1, {KIND(ETH_P_IPV6)}, ALSO(known_header)};

static const List mac_lists[] = {
    {"sources", "macs", .items = MACS, .item_count = 1, .item = {AT(LOOM_NFT_LINK, 6, 6)}},
    {"senders", "macs", 1, {KIND(ETH_P_ARP)}, MACS, 1, {AT(LOOM_NFT_NETWORK, 8, 6)}, NULL, 0},
    {"advertised",
     "macs",
     3,
     {KIND(ETH_P_IPV6), BEHIND(ICMPV6), TYPE(ADVERTISEMENT)},
     MACS,
     3,
     {ND_OF(32), ND_OPTION(2), AT(LOOM_NFT_TRANSPORT, 26, 6)},
     ALSO(bare_advertisement)},
    {"solicited",
     "macs",
     3,
     {KIND(ETH_P_IPV6), BEHIND(ICMPV6), TYPE(SOLICITATION)},
     MACS,
     3,
     {ND_OF(32), ND_OPTION(1), AT(LOOM_NFT_TRANSPORT, 26, 6)},
     ALSO(bare_solicitation)},
    {"seeking",
     "macs",
     3,
     {KIND(ETH_P_IPV6), BEHIND(ICMPV6), TYPE(ROUTER_SOLICITATION)},
     MACS,
     3,
     {ND_OF(16), RS_OPTION(1), AT(LOOM_NFT_TRANSPORT, 10, 6)},
     ALSO(bare_router_solicitation)},
};
static const List address_lists[] = {
    /* RFC 5227, 2.1.1: to ask for an address from 0.0.0.0 keeps others from taking it */
    {"probes",
     "addresses",
     2,
     {KIND(ETH_P_ARP), NONE(LOOM_NFT_NETWORK, 14, 4)},
     IPV4,
     1,
     {AT(LOOM_NFT_NETWORK, 24, 4)},
     NULL,
     0},
    {"arp",
     "addresses",
     1,
     {KIND(ETH_P_ARP)},
     IPV4,
     1,
     {AT(LOOM_NFT_NETWORK, 14, 4)},
     ALSO(arp_probe)},
    {"ipv4",
     "addresses",
     1,
     {KIND(ETH_P_IP)},
     IPV4,
     1,
     {AT(LOOM_NFT_NETWORK, 12, 4)},
     ALSO(not_yet_ipv4)},
    {"ipv6",
     "addresses",
     1,
     {KIND(ETH_P_IPV6)},
     IPV6,
     1,
     {AT(LOOM_NFT_NETWORK, 8, 16)},
     ALSO(not_yet_ipv6),
     .untold = &link_local_source},
    {"targets",
     "addresses",
     3,
     {KIND(ETH_P_IPV6), BEHIND(ICMPV6), TYPE(ADVERTISEMENT)},
     IPV6,
     1,
     {AT(LOOM_NFT_TRANSPORT, 8, 16)},
     .untold = &link_local_target},
    /* RFC 4862, 5.4.3: to ask for an address from :: keeps others from taking it */
    {"probed",
     "addresses",
     4,
     {KIND(ETH_P_IPV6), BEHIND(ICMPV6), TYPE(SOLICITATION), NONE(LOOM_NFT_NETWORK, 8, 16)},
     IPV6,
     1,
     {AT(LOOM_NFT_TRANSPORT, 8, 16)},
     .untold = &link_local_target},
};

static const List receivers = {
    LOOM_GUARD_OUT, "private", .items = MACS, .item_count = 1, .item = {AT(LOOM_NFT_LINK, 0, 6)},
    ALSO(to_group)};

const char *const loom_guard_lists[] = {
    "sources", "senders", "advertised", "solicited", "seeking", "headers",      "probes",
    "arp",     "ipv4",    "ipv6",       "targets",   "probed",  LOOM_GUARD_OUT, NULL};

/* --- chains ---------------------------------------------------------------------------------- */

static gboolean
names_base(const char *name)
{
    return g_str_has_prefix(name, LOOM_GUARD_PREFIX) &&
           !strchr(name + strlen(LOOM_GUARD_PREFIX), '/');
}

/* Where a chain of that NAME is. */
static LoomNftHook
hook_of(const char *name)
{
    LoomNftHook hook = {.is_egress = g_str_has_suffix(name, "/" LOOM_GUARD_OUT)};
    g_autofree char *device = NULL;

    hook.is_bound = hook.is_egress || names_base(name);
    if (hook.is_bound)
        device = loom_guards_find_device(name);
    if (device)
        g_strlcpy(hook.device, device, sizeof hook.device);
    return hook;
}

gboolean
loom_guards_is_odd(const char *chain, const LoomNftHook *hook)
{
    LoomNftHook wanted = hook_of(chain);

    return !loom_nft_hook_equal(&wanted, hook);
}

LoomGuardChain *
loom_guard_chain_new(const char *name)
{
    LoomGuardChain *chain = g_new0(LoomGuardChain, 1);

    g_strlcpy(chain->name, name, sizeof chain->name);
    chain->hook = hook_of(name);
    chain->rules = g_array_new(FALSE, FALSE, sizeof(LoomNftRule));
    return chain;
}

void
loom_guard_chain_free(LoomGuardChain *chain)
{
    g_array_unref(chain->rules);
    g_free(chain);
}

char *
loom_guards_find_device(const char *chain)
{
    const char *device = chain + strlen(LOOM_GUARD_PREFIX);

    return g_str_has_prefix(chain, LOOM_GUARD_PREFIX) ? g_strndup(device, strcspn(device, "/"))
                                                      : NULL;
}

gboolean
loom_guards_has_name(const char *chain)
{
    const char *list = strlen(chain) < LOOM_NFT_NAME && g_str_has_prefix(chain, LOOM_GUARD_PREFIX)
                           ? strchr(chain + strlen(LOOM_GUARD_PREFIX), '/')
                           : NULL;

    return list ? g_strv_contains(loom_guard_lists, list + 1)
                : strlen(chain) < LOOM_NFT_NAME && names_base(chain);
}

typedef struct {
    const LoomPort *port;
    GPtrArray *chains;
    LoomGuardChain *base;
} Making;

static LoomGuardChain *
add_chain(Making *making, const char *list)
{
    g_autofree char *name =
        g_strconcat(LOOM_GUARD_PREFIX, making->port->link, list ? "/" : NULL, list, NULL);
    LoomGuardChain *chain = loom_guard_chain_new(name);

    g_ptr_array_add(making->chains, chain);
    return chain;
}

static void
add_rules(LoomGuardChain *chain, const LoomNftRule *rules, size_t count)
{
    g_array_append_vals(chain->rules, rules, (guint)count);
}

static gboolean
parse_item(Items kind, const char *text, guint8 octets[LOOM_NFT_OCTETS])
{
    guint64 mac;

    if (kind != MACS)
        return loom_wire_parse_address(text, octets) == (kind == IPV4 ? 4u : 16u);
    mac = loom_mac_parse(text);
    for (size_t i = 0; i < ETH_ALEN; i++)
        octets[i] = mac >> (8 * (ETH_ALEN - 1 - i)) & 0xff;
    return TRUE;
}

static gboolean
has_link_local(GStrv items)
{
    for (; items && *items; items++) {
        guint8 octets[LOOM_NFT_OCTETS];

        if (loom_wire_parse_address(*items, octets) == 16 && octets[0] == 0xfe &&
            (octets[1] & 0xc0) == 0x80)
            return TRUE;
    }
    return FALSE;
}

static void
add_items(LoomGuardChain *chain, const List *list, GStrv items)
{
    for (; items && *items; items++) {
        LoomNftRule rule = {.count = (guint8)list->item_count, .verdict = LOOM_NFT_RETURN};

        memcpy(rule.matches, list->item, sizeof list->item);
        if (!parse_item(list->items, *items, rule.matches[list->item_count - 1].value))
            continue; /* of the other family */
        g_snprintf(rule.purpose, sizeof rule.purpose, "%s %s", list->purpose, *items);
        add_rules(chain, &rule, 1);
    }
}

/* What LIST lets pass, and that no other does. */
static void
fill_list(LoomGuardChain *chain, const List *list, GStrv items)
{
    LoomNftRule drop = {0};

    if (list->untold && !has_link_local(items))
        add_rules(chain, list->untold, 1);
    add_rules(chain, list->also, list->also_count);
    add_items(chain, list, items);
    g_strlcpy(drop.purpose, list->purpose, sizeof drop.purpose);
    add_rules(chain, &drop, 1);
}

static void
add_list(Making *making, const List *list, GStrv items)
{
    LoomGuardChain *chain = add_chain(making, list->name);
    LoomNftRule jump = {.count = (guint8)list->count, .verdict = LOOM_NFT_JUMP};

    memcpy(jump.matches, list->when, sizeof list->when);
    g_strlcpy(jump.target, chain->name, sizeof jump.target);
    g_strlcpy(jump.purpose, list->purpose, sizeof jump.purpose);
    add_rules(making->base, &jump, 1);
    fill_list(chain, list, items);
}

static void
add_priority(Making *making)
{
    LoomNftRule rule = {.verdict = LOOM_NFT_PRIORITY, .purpose = "class"};

    rule.priority = LOOM_KERNEL_PRIORITY(making->port->priority);
    add_rules(making->base, &rule, 1);
}

/* Its guest speaks in a VLAN that reaches it with a tag only, so not at all. */
static gboolean
is_one_way(const LoomPort *port)
{
    g_autofree char *own = g_strdup_printf("%" G_GUINT64_FORMAT, port->vlan);

    return g_strcmp0(port->tagged, own) == 0;
}

gboolean
loom_guards_takes_no_vlan(const LoomPort *port)
{
    return !port->tagged || is_one_way(port);
}

static gboolean
has_guards(const LoomPort *port)
{
    return port->tagguard || port->macs || port->dhcpguard || port->routerguard ||
           port->priorityreset || port->addresses || port->priority;
}

/*
 * A bridge learns addresses per VLAN, and of a private VLAN's ports each is known in that in which
 * it speaks: what is sent to it in the other goes to all. The guest that it is for hears it alone.
 */
static void
add_private(Making *making)
{
    const LoomPort *port = making->port;
    LoomGuardChain *chain = add_chain(making, LOOM_GUARD_OUT);

    add_rules(chain, no_tag_out, G_N_ELEMENTS(no_tag_out));
    if (port->macs)
        fill_list(chain, &receivers, port->macs);
}

#define ADD(making, rules) add_rules((making)->base, (rules), G_N_ELEMENTS(rules))

GPtrArray *
loom_guards_of(const LoomPort *port)
{
    Making making = {port, g_ptr_array_new_with_free_func((GDestroyNotify)loom_guard_chain_free),
                     NULL};

    if (!has_guards(port))
        return making.chains;
    making.base = add_chain(&making, NULL);
    if (port->tagguard)
        ADD(&making, one_tag);
    if (port->tagguard && loom_guards_takes_no_vlan(port))
        ADD(&making, no_vlan);
    if (port->priorityreset)
        ADD(&making, no_priority);
    if (port->macs || port->dhcpguard || port->routerguard || port->addresses) {
        ADD(&making, no_encapsulation);
        ADD(&making, no_fragmented_nd);
        add_list(&making, &header_list, NULL);
    }
    for (size_t i = 0; port->macs && i < G_N_ELEMENTS(mac_lists); i++)
        add_list(&making, &mac_lists[i], port->macs);
    if (port->dhcpguard)
        ADD(&making, no_dhcp_server);
    if (port->routerguard)
        ADD(&making, no_router);
    for (size_t i = 0; port->addresses && i < G_N_ELEMENTS(address_lists); i++)
        add_list(&making, &address_lists[i], port->addresses);
    if (port->priority)
        add_priority(&making);
    if (port->privateguard)
        add_private(&making);
    return making.chains;
}
