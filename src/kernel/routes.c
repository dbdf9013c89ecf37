/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routes: read from and written to rtnetlink. */
#include "kernel/session.h"

#include "base/error.h"
#include "base/i18n.h"
#include "kernel/words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#define SETTLE_TRIES 40 /* a source address of IPv6 is usable once it turned out to be free */
#define SETTLE_WAIT  (100 * 1000) /* microseconds */

guint64
loom_route_usual_metric(const char *destination)
{
    return strchr(destination, ':') ? 1024 : 0; /* linux/ipv6_route.h: IP6_RT_PRIO_USER */
}

/* --- reading --------------------------------------------------------------------------------- */

static void
say(GString *words, const char *word)
{
    g_string_append_printf(words, "%s%s", words->len ? ", " : "", word);
}

/* The MTU into ROUTE; the others into WORDS. */
static void
read_metrics(LoomRoute *route, const struct nlattr *metrics, GString *words)
{
    struct nlattr *found[RTAX_MAX + 1] = {NULL};

    if (!metrics || nla_parse_nested(found, RTAX_MAX, (struct nlattr *)metrics, NULL) < 0)
        return;
    for (int i = 1; i <= RTAX_MAX; i++)
        if (found[i] && i != RTAX_MTU && (i != RTAX_HOPLIMIT || nla_get_u32(found[i]))) {
            say(words, "metrics");
            break;
        }
    if (found[RTAX_LOCK] && nla_get_u32(found[RTAX_LOCK]) & 1 << RTAX_MTU)
        say(words, "a locked mtu");
    if (found[RTAX_MTU])
        LOOM_SET_NUMBER(route, mtu, nla_get_u32(found[RTAX_MTU]));
}

/* What of a route our noun has no words for. */
static void
read_unsaid(const struct rtmsg *header, struct nlattr **found, GString *words)
{
    static const struct {
        int type;
        const char *words;
    } strange[] = {
        {RTA_MULTIPATH, "several nexthops"},
        {RTA_NH_ID, "a nexthop object"},
        {RTA_ENCAP, "encapsulation"},
        {RTA_SRC, "a source prefix"},
        {RTA_IIF, "an incoming link"},
        {RTA_FLOW, "a realm"},
        {RTA_MARK, "a mark"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(strange); i++)
        if (found[strange[i].type])
            say(words, strange[i].words);
    if (header->rtm_type != RTN_UNICAST) {
        g_autofree char *type = loom_word_format(loom_word_route_types, header->rtm_type);

        g_string_append_printf(words, "%stype %s", words->len ? ", " : "", type);
    }
    if (header->rtm_tos)
        say(words, "a type of service");
    if (found[RTA_PREF] && nla_len(found[RTA_PREF]) == 1 && nla_get_u8(found[RTA_PREF]))
        say(words, "a router preference");
}

/* RTA_VIA holds a family and an address of it: an IPv4 route through an IPv6 router. */
static char *
format_via(const struct nlattr *attribute)
{
    const struct rtvia *via = nla_data(attribute);
    char text[64];

    if (nla_len(attribute) != (int)sizeof *via + 16 || via->rtvia_family != AF_INET6)
        return NULL;
    return g_strdup(inet_ntop(AF_INET6, via->rtvia_addr, text, sizeof text));
}

static char *
format_gateway(int family, struct nlattr *gateway, struct nlattr *via)
{
    return gateway ? loom_wire_format_address(family, gateway) : via ? format_via(via) : NULL;
}

static char *
format_destination(const struct rtmsg *header, const struct nlattr *destination)
{
    g_autofree char *address = destination
                                   ? loom_wire_format_address(header->rtm_family, destination)
                                   : g_strdup(header->rtm_family == AF_INET ? "0.0.0.0" : "::");

    return address ? g_strdup_printf("%s/%u", address, header->rtm_dst_len) : NULL;
}

/* One record for each link that the route leads over. */
static void
add_route(const LoomReading *reading, const struct rtmsg *header, struct nlattr **found, int index,
          unsigned flags, const char *gateway)
{
    const LoomLinkSeen *link = loom_reading_find(reading, index);
    g_autofree char *destination = format_destination(header, found[RTA_DST]);
    g_autofree char *source = loom_wire_format_address(header->rtm_family, found[RTA_PREFSRC]);
    g_autofree char *protocol = loom_word_format(loom_word_protocols, header->rtm_protocol);
    g_autofree char *scope = loom_word_format(loom_word_scopes, header->rtm_scope);
    g_autoptr(GString) unsaid = g_string_new(NULL);
    LoomRoute *route;

    if (!link || !destination)
        return;
    route = loom_record_new(&loom_route_kind);
    LOOM_SET(route, link, link->record->name);
    LOOM_SET(route, destination, destination);
    LOOM_SET(route, gateway, gateway);
    LOOM_SET(route, source, source);
    LOOM_SET(route, protocol, protocol);
    if (header->rtm_family == AF_INET) /* IPv6 has none */
        LOOM_SET(route, scope, scope);
    LOOM_SET_NUMBER(route, onlink, !!(flags & RTNH_F_ONLINK));
    if (found[RTA_PRIORITY] &&
        nla_get_u32(found[RTA_PRIORITY]) != loom_route_usual_metric(destination))
        LOOM_SET_NUMBER(route, metric, nla_get_u32(found[RTA_PRIORITY]));
    LOOM_SET_NUMBER(route, table,
                    found[RTA_TABLE] ? nla_get_u32(found[RTA_TABLE]) : header->rtm_table);
    read_metrics(route, found[RTA_METRICS], unsaid);
    read_unsaid(header, found, unsaid);
    if (header->rtm_protocol != RTPROT_RA) /* a router says it again by itself */
        LOOM_SET(route, unsaid, unsaid->len ? unsaid->str : NULL);
    loom_record_add(reading->host, route);
}

static void
add_nexthops(const LoomReading *reading, const struct rtmsg *header, struct nlattr **found)
{
    const struct rtnexthop *nexthop = nla_data(found[RTA_MULTIPATH]);
    int left = nla_len(found[RTA_MULTIPATH]);

    for (; RTNH_OK(nexthop, left);
         left -= RTNH_ALIGN(nexthop->rtnh_len), nexthop = RTNH_NEXT(nexthop)) {
        struct nlattr *own[RTA_MAX + 1] = {NULL};
        g_autofree char *gateway = NULL;

        nla_parse(own, RTA_MAX, (struct nlattr *)RTNH_DATA(nexthop),
                  nexthop->rtnh_len - (int)sizeof *nexthop, NULL);
        gateway = format_gateway(header->rtm_family, own[RTA_GATEWAY], own[RTA_VIA]);
        add_route(reading, header, found, nexthop->rtnh_ifindex, nexthop->rtnh_flags, gateway);
    }
}

static gboolean
is_same_subnet(const guint8 *a, const guint8 *b, unsigned bits)
{
    unsigned rest = bits % 8;

    return memcmp(a, b, bits / 8) == 0 &&
           (!rest || ((a[bits / 8] ^ b[bits / 8]) & (0xff00 >> rest)) == 0);
}

/* Whether it leads to the subnet of an address that LINK has without such a route of the kernel's.
 */
static gboolean
leads_to_own_subnet(const LoomHost *host, const char *link, const struct rtmsg *header,
                    const struct nlattr *destination)
{
    const int size = header->rtm_family == AF_INET ? 4 : 16;

    for (guint i = 0; i < host->addresses->len; i++) {
        const LoomAddress *address = host->addresses->pdata[i];
        guint8 octets[16];

        if (address->noprefixroute && address->prefix == header->rtm_dst_len &&
            g_str_equal(address->link, link) && !strchr(address->address, ':') == (size == 4) &&
            nla_len(destination) == size && loom_wire_parse_address(address->address, octets) &&
            is_same_subnet(octets, nla_data(destination), header->rtm_dst_len))
            return TRUE;
    }
    return FALSE;
}

/*
 * Whether it is one that the kernel makes again by itself: not so what NetworkManager makes in the
 * kernel's name, for addresses that it gives noprefixroute.
 */
static gboolean
is_kernels(const LoomReading *reading, const struct rtmsg *header, struct nlattr **found)
{
    const LoomLinkSeen *link;

    if (header->rtm_protocol != RTPROT_KERNEL && header->rtm_protocol != RTPROT_REDIRECT)
        return FALSE;
    if (header->rtm_protocol == RTPROT_REDIRECT || !reading->has_noprefixroute ||
        header->rtm_type != RTN_UNICAST || !found[RTA_OIF] || !found[RTA_DST])
        return TRUE;
    link = loom_reading_find(reading, (int)nla_get_u32(found[RTA_OIF]));
    return !link || !leads_to_own_subnet(reading->host, link->record->name, header, found[RTA_DST]);
}

void
loom_kernel_read_route(const struct nlmsghdr *message, gpointer data)
{
    const struct rtmsg *header = nlmsg_data(message);
    struct nlattr *found[RTA_MAX + 1] = {NULL};
    g_autofree char *gateway = NULL;

    if (message->nlmsg_type != RTM_NEWROUTE ||
        !loom_netlink_parse(message, sizeof *header, found, RTA_MAX) ||
        (header->rtm_family != AF_INET && header->rtm_family != AF_INET6) ||
        header->rtm_flags & RTM_F_CLONED)
        return;
    if (is_kernels(data, header, found))
        return;
    if (found[RTA_MULTIPATH]) {
        add_nexthops(data, header, found);
        return;
    }
    gateway = format_gateway(header->rtm_family, found[RTA_GATEWAY], found[RTA_VIA]);
    if (found[RTA_OIF])
        add_route(data, header, found, (int)nla_get_u32(found[RTA_OIF]), header->rtm_flags,
                  gateway);
}

/* --- steps ----------------------------------------------------------------------------------- */

static void
put_gateway(LoomMessage *message, int family, const char *gateway)
{
    guint8 octets[sizeof(struct rtvia) + 16] = {0};
    struct rtvia *via = (struct rtvia *)octets;
    guint8 *address = octets + sizeof *via;

    if (family == AF_INET && strchr(gateway, ':')) {
        via->rtvia_family = AF_INET6;
        if (loom_wire_parse_address(gateway, address))
            nla_put(message, RTA_VIA, sizeof octets, octets);
        return;
    }
    loom_wire_put_address(message, RTA_GATEWAY, gateway);
}

/* FALSE: no such destination. */
static gboolean
put_destination(LoomMessage *message, struct rtmsg *header, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    guint8 octets[16];
    size_t size = parts[0] ? loom_wire_parse_address(parts[0], octets) : 0;
    guint64 length;

    if (!size || !parts[1] || !g_ascii_string_to_unsigned(parts[1], 10, 0, size * 8, &length, NULL))
        return FALSE;
    header->rtm_family = size == 4 ? AF_INET : AF_INET6;
    header->rtm_dst_len = (guint8)length;
    return !length || nla_put(message, RTA_DST, (int)size, octets) == 0;
}

static void
put_mtu(LoomMessage *message, const LoomRoute *route)
{
    struct nlattr *nest = nla_nest_start(message, RTA_METRICS);

    nla_put_u32(message, RTAX_MTU, (guint32)route->mtu);
    nla_nest_end(message, nest);
}

/* NULL: ROUTE's destination is none. */
static LoomMessage *
make_message(int type, int flags, const LoomRoute *route, int index)
{
    struct rtmsg blank = {
        .rtm_table = RT_TABLE_UNSPEC,
        .rtm_protocol = type == RTM_NEWROUTE ? RTPROT_STATIC : RTPROT_UNSPEC,
        .rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE
                     : route->gateway     ? RT_SCOPE_UNIVERSE
                                          : RT_SCOPE_LINK,
        .rtm_type = RTN_UNICAST,
    };
    g_autoptr(LoomMessage) message = loom_netlink_message(type, flags, &blank, sizeof blank);
    struct rtmsg *header = nlmsg_data(nlmsg_hdr(message));

    if (!put_destination(message, header, route->destination))
        return NULL;
    if (route->protocol)
        loom_word_parse(loom_word_protocols, route->protocol, &header->rtm_protocol);
    if (route->scope)
        loom_word_parse(loom_word_scopes, route->scope, &header->rtm_scope);
    nla_put_u32(message, RTA_OIF, (guint32)index);
    nla_put_u32(message, RTA_TABLE, (guint32)route->table);
    if (route->gateway)
        put_gateway(message, header->rtm_family, route->gateway);
    nla_put_u32(message, RTA_PRIORITY,
                (guint32)(LOOM_HAS(route, metric) ? route->metric
                                                  : loom_route_usual_metric(route->destination)));
    if (route->source)
        loom_wire_put_address(message, RTA_PREFSRC, route->source);
    if (route->onlink)
        header->rtm_flags |= RTNH_F_ONLINK;
    if (route->mtu)
        put_mtu(message, route);
    return g_steal_pointer(&message);
}

/* Waits for a source address that the kernel is still asking the network about. */
static int
run_patiently(LoomKernel *kernel, const LoomRoute *route, LoomMessage *message)
{
    gboolean may_settle = route->source && strchr(route->source, ':') != NULL;
    int number = loom_netlink_run_one(kernel->netlink, message);

    for (int i = 0; may_settle && number == EINVAL && i < SETTLE_TRIES; i++) {
        g_usleep(SETTLE_WAIT);
        number = loom_netlink_run_one(kernel->netlink, message);
    }
    return number;
}

static gboolean
put(LoomKernel *kernel, const LoomRoute *route, int index, GError **error)
{
    g_autoptr(LoomMessage) message =
        make_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route, index);
    int number = message ? run_patiently(kernel, route, message) : EINVAL;

    if (!number || number == EEXIST) /* to replace itself */
        return TRUE;
    loom_netlink_set_error(kernel->netlink, error, number,
                           _("The kernel refused the route to %s on link '%s'"), route->destination,
                           route->link);
    return FALSE;
}

typedef struct {
    const LoomRoute *route;
    gboolean is_there;
} Search;

static void
on_candidate(const struct nlmsghdr *message, gpointer data)
{
    const struct rtmsg *header = nlmsg_data(message);
    struct nlattr *found[RTA_MAX + 1] = {NULL};
    g_autofree char *destination = NULL;
    Search *search = data;

    if (message->nlmsg_type != RTM_NEWROUTE ||
        !loom_netlink_parse(message, sizeof *header, found, RTA_MAX) ||
        header->rtm_family != AF_INET || found[RTA_PRIORITY])
        return;
    destination = format_destination(header, found[RTA_DST]);
    search->is_there |= g_strcmp0(destination, search->route->destination) == 0;
}

/* To delete an IPv4 route without a metric the kernel takes one with a metric, if it has none. */
static int
find_unmetered(LoomKernel *kernel, const LoomRoute *route, int index, gboolean *is_there)
{
    struct rtmsg header = {.rtm_family = AF_INET};
    g_autoptr(LoomMessage) request = loom_netlink_message(RTM_GETROUTE, 0, &header, sizeof header);
    Search search = {route, FALSE};
    int number;

    nla_put_u32(request, RTA_TABLE, (guint32)route->table);
    nla_put_u32(request, RTA_OIF, (guint32)index);
    number = loom_netlink_dump(kernel->netlink, request, on_candidate, &search);
    *is_there = search.is_there;
    return number == ENOENT ? 0 : number; /* no such table */
}

static gboolean
delete_route(LoomKernel *kernel, const LoomRoute *route, int index, GError **error)
{
    g_autoptr(LoomMessage) message = make_message(RTM_DELROUTE, 0, route, index);
    gboolean is_there = TRUE;
    int number = message ? 0 : EINVAL;

    if (!number && !route->metric && !strchr(route->destination, ':'))
        number = find_unmetered(kernel, route, index, &is_there);
    if (!number && is_there)
        number = loom_netlink_run_one(kernel->netlink, message);
    if (!number || number == ESRCH || number == ENODEV)
        return TRUE;
    loom_netlink_set_error(kernel->netlink, error, number,
                           _("The kernel did not delete the route to %s on link '%s'"),
                           route->destination, route->link);
    return FALSE;
}

gboolean
loom_kernel_run_route(LoomKernel *kernel, const LoomStep *step, GError **error)
{
    const LoomRoute *route = (const LoomRoute *)(step->to ? step->to : step->from);
    int index = loom_kernel_find_index(kernel, route->link);

    if (!index)
        return step->verb == LOOM_STEP_DELETE || loom_kernel_refuse_missing(error, route->link);
    return step->verb == LOOM_STEP_DELETE ? delete_route(kernel, route, index, error)
                                          : put(kernel, route, index, error);
}
