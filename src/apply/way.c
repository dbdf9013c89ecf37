/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to the kernel about routes. */
#include "apply/way.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGES_MAX = 1 << 16 }; /* octets that one receive takes: more than the kernel puts in */

typedef struct {
    struct nlmsghdr header;
    struct rtmsg route;
    guint8 attributes[64];
} Request;

typedef void (*Reader)(const struct rtmsg *route, struct rtattr **attributes, gpointer data);

static void
add_attribute(Request *request, unsigned short type, gconstpointer bytes, size_t length)
{
    struct rtattr *attribute =
        (struct rtattr *)((guint8 *)request + NLMSG_ALIGN(request->header.nlmsg_len));

    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(length);
    memcpy(RTA_DATA(attribute), bytes, length);
    request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_SPACE(length);
}

static void
read_route(const struct nlmsghdr *message, Reader reader, gpointer data)
{
    struct rtattr *attributes[RTA_MAX + 1] = {NULL};
    struct rtmsg *route = NLMSG_DATA(message);
    struct rtattr *attribute = RTM_RTA(route);
    int length = RTM_PAYLOAD(message);

    for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length))
        if (attribute->rta_type <= RTA_MAX)
            attributes[attribute->rta_type] = attribute;
    reader(route, attributes, data);
}

/* 0: all was read; 1: more follows; below 0: an errno. */
static int
read_messages(const guint8 *bytes, size_t length, Reader reader, gpointer data)
{
    const struct nlmsghdr *message = (const struct nlmsghdr *)bytes;
    int more = 1;

    for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
        if (message->nlmsg_type == NLMSG_DONE)
            return 0;
        if (message->nlmsg_type == NLMSG_ERROR)
            return ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
        if (message->nlmsg_type == RTM_NEWROUTE)
            read_route(message, reader, data);
        more = message->nlmsg_flags & NLM_F_MULTI ? 1 : 0;
    }
    return more;
}

/* 0 or an errno. Connected to the kernel: nobody else can answer. */
static int
ask(const Request *request, Reader reader, gpointer data)
{
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    g_autofree guint8 *bytes = g_malloc(MESSAGES_MAX);
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int state = 1;

    if (fd < 0)
        return errno;
    if (connect(fd, (const struct sockaddr *)&kernel, sizeof kernel) < 0 ||
        send(fd, request, request->header.nlmsg_len, 0) < 0)
        state = -errno;
    while (state > 0) {
        ssize_t length = recv(fd, bytes, MESSAGES_MAX, 0);

        if (length >= 0)
            state = read_messages(bytes, length, reader, data);
        else if (errno != EINTR)
            state = -errno;
    }
    close(fd);
    return -state;
}

static Request
request_new(GSocketFamily family, unsigned short flags)
{
    Request request = {0};

    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.route);
    request.header.nlmsg_type = RTM_GETROUTE;
    request.header.nlmsg_flags = NLM_F_REQUEST | flags;
    request.route.rtm_family = family;
    return request;
}

static gboolean
get_inet(const struct rtattr *attribute, GSocketFamily family, LoomInet *inet)
{
    LoomInet found = {.family = family};
    size_t size = loom_inet_bits(&found) / 8;

    if (!attribute || RTA_PAYLOAD(attribute) != size)
        return FALSE;
    memcpy(found.bytes, RTA_DATA(attribute), size);
    *inet = found;
    return TRUE;
}

static guint32
get_number(const struct rtattr *attribute)
{
    guint32 number = 0;

    if (attribute && RTA_PAYLOAD(attribute) >= sizeof number)
        memcpy(&number, RTA_DATA(attribute), sizeof number);
    return number;
}

static void
read_way(const struct rtmsg *route, struct rtattr **attributes, gpointer data)
{
    LoomWay *way = data;

    way->link = get_number(attributes[RTA_OIF]);
    way->local = route->rtm_type == RTN_LOCAL;
    get_inet(attributes[RTA_PREFSRC], route->rtm_family, &way->source);
    /* RTA_VIA: a gateway of the other family */
    way->routed =
        get_inet(attributes[RTA_GATEWAY], route->rtm_family, &way->gateway) || attributes[RTA_VIA];
}

gboolean
loom_way_find(const LoomInet *target, unsigned link, LoomWay *way, GError **error)
{
    Request request = request_new(target->family, 0);
    LoomWay found = {0};
    int number;

    request.route.rtm_dst_len = loom_inet_bits(target);
    add_attribute(&request, RTA_DST, target->bytes, loom_inet_bits(target) / 8);
    if (link)
        add_attribute(&request, RTA_OIF, &link, sizeof link);
    number = ask(&request, read_way, &found);
    if (number) {
        g_autofree char *text = loom_inet_format(target);

        loom_error_set_errno(error, number, _("The kernel has no route to %s"), text);
        return FALSE;
    }
    *way = found;
    return TRUE;
}

typedef struct {
    unsigned link; /* wanted; 0: any */
    gboolean found;
    guint32 metric;
    unsigned found_link;
    LoomInet gateway;
} Default;

static void
take_gateway(Default *wanted, guint32 metric, unsigned link, const LoomInet *gateway)
{
    if ((wanted->link && wanted->link != link) || (wanted->found && wanted->metric <= metric))
        return;
    wanted->found = TRUE;
    wanted->metric = metric;
    wanted->found_link = link;
    wanted->gateway = *gateway;
}

/* The next hops of one route. */
static void
take_hops(Default *wanted, GSocketFamily family, guint32 metric, const struct rtattr *hops)
{
    struct rtnexthop *hop = RTA_DATA(hops);
    int length = RTA_PAYLOAD(hops);

    for (; length >= (int)sizeof *hop && RTNH_OK(hop, length);
         length -= RTNH_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
        struct rtattr *attribute = RTNH_DATA(hop);
        int rest = hop->rtnh_len - RTNH_LENGTH(0);
        LoomInet gateway;

        for (; RTA_OK(attribute, rest); attribute = RTA_NEXT(attribute, rest))
            if (attribute->rta_type == RTA_GATEWAY && get_inet(attribute, family, &gateway))
                take_gateway(wanted, metric, hop->rtnh_ifindex, &gateway);
    }
}

static void
read_default(const struct rtmsg *route, struct rtattr **attributes, gpointer data)
{
    guint32 metric = get_number(attributes[RTA_PRIORITY]);
    LoomInet gateway;

    if (route->rtm_dst_len || route->rtm_type != RTN_UNICAST || route->rtm_table != RT_TABLE_MAIN)
        return;
    if (get_inet(attributes[RTA_GATEWAY], route->rtm_family, &gateway))
        take_gateway(data, metric, get_number(attributes[RTA_OIF]), &gateway);
    if (attributes[RTA_MULTIPATH])
        take_hops(data, route->rtm_family, metric, attributes[RTA_MULTIPATH]);
}

gboolean
loom_way_find_gateway(GSocketFamily family, unsigned *link, LoomInet *gateway)
{
    Request request = request_new(family, NLM_F_DUMP);
    Default wanted = {.link = *link};

    if (ask(&request, read_default, &wanted) || !wanted.found)
        return FALSE;
    *link = wanted.found_link;
    *gateway = wanted.gateway;
    return TRUE;
}
