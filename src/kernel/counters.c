/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What links have carried: read for people, and never part of a host. */
#include "base/error.h"
#include "base/i18n.h"
#include "kernel/session.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* One that was not opened for several tells of none. */
static guint
count_queues(struct nlattr *info)
{
    struct nlattr *found[IFLA_INFO_MAX + 1] = {NULL}, *tun[IFLA_TUN_MAX + 1] = {NULL};

    if (!info || nla_parse_nested(found, IFLA_INFO_MAX, info, NULL) < 0 || !found[IFLA_INFO_KIND] ||
        strcmp(nla_get_string(found[IFLA_INFO_KIND]), "tun") != 0)
        return 0;
    if (!found[IFLA_INFO_DATA] ||
        nla_parse_nested(tun, IFLA_TUN_MAX, found[IFLA_INFO_DATA], NULL) < 0 ||
        !tun[IFLA_TUN_NUM_QUEUES])
        return 1;
    return nla_get_u32(tun[IFLA_TUN_NUM_QUEUES]);
}

static void
on_link(const struct nlmsghdr *message, gpointer data)
{
    struct nlattr *found[IFLA_MAX + 1];
    struct rtnl_link_stats64 stats = {0};
    LoomLinkCounters *counters;

    if (message->nlmsg_type != RTM_NEWLINK ||
        !loom_netlink_parse(message, sizeof(struct ifinfomsg), found, IFLA_MAX) ||
        !found[IFLA_IFNAME] || !found[IFLA_STATS64])
        return;
    /* an older kernel says less, a newer one more */
    memcpy(&stats, nla_data(found[IFLA_STATS64]),
           MIN(sizeof stats, (size_t)nla_len(found[IFLA_STATS64])));
    counters = g_new(LoomLinkCounters, 1);
    *counters = (LoomLinkCounters){stats.rx_bytes, stats.rx_packets, stats.tx_bytes,
                                   stats.tx_packets, count_queues(found[IFLA_LINKINFO])};
    g_hash_table_replace(data, g_strdup(nla_get_string(found[IFLA_IFNAME])), counters);
}

GHashTable *
loom_kernel_read_counters(LoomBackend *backend, GError **error)
{
    LoomKernel *kernel = (LoomKernel *)backend;
    struct ifinfomsg header = {.ifi_family = AF_UNSPEC};
    g_autoptr(LoomMessage) request = loom_netlink_message(RTM_GETLINK, 0, &header, sizeof header);
    g_autoptr(GHashTable) links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    int number = loom_netlink_dump(kernel->netlink, request, on_link, links);

    if (!number)
        return g_steal_pointer(&links);
    loom_netlink_set_error(kernel->netlink, error, number, _("Cannot read this machine's %s"),
                           _("counters of links"));
    return NULL;
}
