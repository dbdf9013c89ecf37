/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What changes in the kernel, as it changes: multicast groups of rtnetlink. */
#include "kernel/monitor.h"

#include "base/error.h"
#include "base/i18n.h"
#include "kernel/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX (64 * 1024)
#define QUEUE_MAX   (1024 * 1024) /* some thousands of events */

/* What is listened to; a kernel may lack the later ones. */
static const struct {
    int group;
    gboolean is_optional;
} sources[] = {
    {RTNLGRP_LINK, FALSE},  {RTNLGRP_IPV4_IFADDR, FALSE}, {RTNLGRP_IPV6_IFADDR, TRUE},
    {RTNLGRP_BRVLAN, TRUE}, {RTNLGRP_TC, TRUE},
};

struct LoomMonitor {
    int socket;
    guint8 *message;
};

static gboolean
listen_to_all(int number)
{
    const struct sockaddr_nl any = {.nl_family = AF_NETLINK};

    if (bind(number, (const struct sockaddr *)&any, sizeof any) < 0)
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
        if (setsockopt(number, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &sources[i].group,
                       sizeof sources[i].group) < 0 &&
            !sources[i].is_optional)
            return FALSE;
    return TRUE;
}

LoomMonitor *
loom_monitor_open(GError **error)
{
    int number = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    const int room = QUEUE_MAX;
    LoomMonitor *monitor;

    if (number < 0 || !listen_to_all(number)) {
        loom_error_set_errno(error, errno, _("Cannot listen to what changes in the kernel"));
        if (number >= 0)
            close(number);
        return NULL;
    }
    if (setsockopt(number, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
        setsockopt(number, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    monitor = g_new0(LoomMonitor, 1);
    monitor->socket = number;
    monitor->message = g_malloc(MESSAGE_MAX);
    return monitor;
}

void
loom_monitor_close(LoomMonitor *monitor)
{
    if (!monitor)
        return;
    close(monitor->socket);
    g_free(monitor->message);
    g_free(monitor);
}

int
loom_monitor_get_fd(const LoomMonitor *monitor)
{
    return monitor->socket;
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
        if (nlmsg_datalen(message) >= (int)sizeof(struct tcmsg))
            tell_index((unsigned)((struct tcmsg *)nlmsg_data(message))->tcm_ifindex, handler, data);
        break;
    default:
        break;
    }
}

/* One datagram; its length, 0: there is none, or minus an errno. */
static int
receive(LoomMonitor *monitor)
{
    struct sockaddr_nl from;
    struct iovec part = {monitor->message, MESSAGE_MAX};

    for (;;) {
        struct msghdr all = {
            .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
        ssize_t length = recvmsg(monitor->socket, &all, 0);

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

gboolean
loom_monitor_read(LoomMonitor *monitor, LoomMonitorHandler handler, gpointer data, GError **error)
{
    int length;

    while ((length = receive(monitor)) != 0) {
        if (length == -ENOBUFS) {
            handler(NULL, data);
            continue;
        }
        if (length < 0) {
            loom_error_set_errno(error, -length, _("Cannot hear what changes in the kernel"));
            return FALSE;
        }
        for (struct nlmsghdr *at = (struct nlmsghdr *)monitor->message; nlmsg_ok(at, length);
             at = nlmsg_next(at, &length))
            tell(at, handler, data);
    }
    return TRUE;
}
