/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What changes in the kernel, as it changes: multicast groups of rtnetlink. */
#include "kernel/monitor.h"

#include "base/error.h"
#include "base/i18n.h"
#include "kernel/guards.h"
#include "kernel/netlink.h"
#include "kernel/nftables.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX (64 * 1024)
#define QUEUE_MAX   (1024 * 1024) /* some thousands of events */

/* What is listened to; a kernel may lack the later ones. */
static const struct {
    int protocol, group;
    gboolean is_optional;
} sources[] = {
    {NETLINK_ROUTE, RTNLGRP_LINK, FALSE},       {NETLINK_ROUTE, RTNLGRP_IPV4_IFADDR, FALSE},
    {NETLINK_ROUTE, RTNLGRP_IPV6_IFADDR, TRUE}, {NETLINK_ROUTE, RTNLGRP_BRVLAN, TRUE},
    {NETLINK_ROUTE, RTNLGRP_TC, TRUE},          {NETLINK_NETFILTER, NFNLGRP_NFTABLES, TRUE},
};

struct LoomMonitor {
    int all;              /* an epoll(7) of both */
    int route, netfilter; /* -1: this kernel has none */
    guint8 *message;
};

/* -1: there is no such socket, or a group that is needed is not there. */
static int
listen_to(int protocol)
{
    const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    int number = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    const int room = QUEUE_MAX;
    gboolean hears = number >= 0 && bind(number, (const struct sockaddr *)&any, sizeof any) == 0;

    for (size_t i = 0; hears && i < G_N_ELEMENTS(sources); i++)
        if (sources[i].protocol == protocol)
            hears = setsockopt(number, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &sources[i].group,
                               sizeof sources[i].group) == 0 ||
                    sources[i].is_optional;
    if (!hears) {
        if (number >= 0)
            close(number);
        return -1;
    }
    if (setsockopt(number, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
        setsockopt(number, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return number;
}

static gboolean
add(const LoomMonitor *monitor, int number)
{
    struct epoll_event event = {.events = EPOLLIN};

    return epoll_ctl(monitor->all, EPOLL_CTL_ADD, number, &event) == 0;
}

LoomMonitor *
loom_monitor_open(GError **error)
{
    g_autoptr(LoomMonitor) monitor = g_new0(LoomMonitor, 1);

    monitor->netfilter = -1;
    monitor->all = epoll_create1(EPOLL_CLOEXEC);
    monitor->route = listen_to(NETLINK_ROUTE);
    if (monitor->all < 0 || monitor->route < 0 || !add(monitor, monitor->route)) {
        loom_error_set_errno(error, errno, _("Cannot listen to what changes in the kernel"));
        return NULL;
    }
    monitor->netfilter = listen_to(NETLINK_NETFILTER);
    if (monitor->netfilter >= 0)
        add(monitor, monitor->netfilter);
    monitor->message = g_malloc(MESSAGE_MAX);
    return g_steal_pointer(&monitor);
}

void
loom_monitor_close(LoomMonitor *monitor)
{
    const int numbers[] = {monitor ? monitor->all : -1, monitor ? monitor->route : -1,
                           monitor ? monitor->netfilter : -1};

    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (numbers[i] >= 0)
            close(numbers[i]);
    if (monitor)
        g_free(monitor->message);
    g_free(monitor);
}

int
loom_monitor_get_fd(const LoomMonitor *monitor)
{
    return monitor->all;
}

/* --- what is heard ---------------------------------------------------------------------------- */

static void
tell_index(unsigned index, LoomMonitorHandler handler, gpointer data)
{
    char name[IF_NAMESIZE];

    if (index && if_indextoname(index, name)) /* else it has gone, which is told too */
        handler(name, data);
}

/* A link that has gone has its name here alone. */
static void
tell_link(const struct nlmsghdr *message, LoomMonitorHandler handler, gpointer data)
{
    struct nlattr *found[IFLA_MAX + 1] = {NULL};

    if (loom_netlink_parse(message, sizeof(struct ifinfomsg), found, IFLA_MAX) &&
        found[IFLA_IFNAME])
        handler(nla_get_string(found[IFLA_IFNAME]), data);
}

static void
tell(const struct nlmsghdr *message, LoomMonitorHandler handler, gpointer data)
{
    switch (message->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        tell_link(message, handler, data);
        break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        if (nlmsg_datalen(message) >= (int)sizeof(struct ifaddrmsg))
            tell_index(((struct ifaddrmsg *)nlmsg_data(message))->ifa_index, handler, data);
        break;
    case RTM_NEWVLAN:
    case RTM_DELVLAN:
        if (nlmsg_datalen(message) >= (int)sizeof(struct br_vlan_msg))
            tell_index(((struct br_vlan_msg *)nlmsg_data(message))->ifindex, handler, data);
        break;
    case RTM_NEWQDISC:
    case RTM_DELQDISC:
    case RTM_NEWTCLASS:
    case RTM_DELTCLASS:
    case RTM_NEWTFILTER:
    case RTM_DELTFILTER:
        if (nlmsg_datalen(message) >= (int)sizeof(struct tcmsg))
            tell_index((unsigned)((struct tcmsg *)nlmsg_data(message))->tcm_ifindex, handler, data);
        break;
    default:
        break;
    }
}

/* Of a table of ours, whose device it guards: each chain and rule has table and chain first. */
static void
tell_guard(const struct nlmsghdr *message, LoomMonitorHandler handler, gpointer data)
{
    struct nlattr *found[NFTA_CHAIN_MAX + 1] = {NULL};
    int type = message->nlmsg_type & 0xff;
    gboolean is_chain = type == NFT_MSG_NEWCHAIN || type == NFT_MSG_DELCHAIN;
    const struct nlattr *name;
    g_autofree char *device = NULL;

    if (message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES ||
        (!is_chain && type != NFT_MSG_NEWRULE && type != NFT_MSG_DELRULE) ||
        !loom_netlink_parse(message, sizeof(struct nfgenmsg), found, NFTA_CHAIN_MAX))
        return;
    name = found[is_chain ? NFTA_CHAIN_NAME : NFTA_RULE_CHAIN];
    if (!name || !found[NFTA_CHAIN_TABLE] ||
        !g_str_equal(nla_get_string(found[NFTA_CHAIN_TABLE]), LOOM_NFT_TABLE))
        return;
    device = loom_guards_find_device(nla_get_string(name));
    if (device)
        handler(device, data);
}

/* One datagram; its length, 0: there is none, or minus an errno. */
static int
receive(const LoomMonitor *monitor, int number)
{
    struct sockaddr_nl from;
    struct iovec part = {monitor->message, MESSAGE_MAX};

    for (;;) {
        struct msghdr all = {
            .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
        ssize_t length = recvmsg(number, &all, 0);

        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return errno == EAGAIN ? 0 : -errno;
        if (all.msg_flags & MSG_TRUNC)
            return -ENOBUFS;
        if (from.nl_pid == 0) /* else: not from the kernel */
            return (int)length;
    }
}

static gboolean
read_all(const LoomMonitor *monitor, int number, LoomMonitorHandler handler, gpointer data,
         GError **error)
{
    int length;

    while ((length = receive(monitor, number)) != 0) {
        if (length == -ENOBUFS) {
            handler(NULL, data);
            continue;
        }
        if (length < 0) {
            loom_error_set_errno(error, -length, _("Cannot hear what changes in the kernel"));
            return FALSE;
        }
        for (struct nlmsghdr *at = (struct nlmsghdr *)monitor->message; nlmsg_ok(at, length);
             at = nlmsg_next(at, &length)) {
            if (number == monitor->route)
                tell(at, handler, data);
            else
                tell_guard(at, handler, data);
        }
    }
    return TRUE;
}

gboolean
loom_monitor_read(LoomMonitor *monitor, LoomMonitorHandler handler, gpointer data, GError **error)
{
    return read_all(monitor, monitor->route, handler, data, error) &&
           (monitor->netfilter < 0 || read_all(monitor, monitor->netfilter, handler, data, error));
}
