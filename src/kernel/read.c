/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One reader for facts and observations: links, and all that hangs on them. */
#include "base/error.h"
#include "base/i18n.h"
#include "kernel/session.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

/* --- links ----------------------------------------------------------------------------------- */

/* The record is the host's from here on, and borrowed by what is hung on it. */
static void
on_link(const struct nlmsghdr *message, gpointer data)
{
    const LoomReading *reading = data;
    LoomLinkSeen seen = {0};

    if (!loom_link_parse(message, &seen))
        return;
    if (seen.record)
        loom_record_add(reading->host, seen.record);
    g_hash_table_insert(reading->links, GINT_TO_POINTER(seen.index), g_memdup2(&seen, sizeof seen));
}

static const LoomLinkSeen *
find(GHashTable *links, int index)
{
    const LoomLinkSeen *seen = index ? g_hash_table_lookup(links, GINT_TO_POINTER(index)) : NULL;

    return seen && seen->record ? seen : NULL;
}

static const char *
name_of(GHashTable *links, int index)
{
    const LoomLinkSeen *seen = find(links, index);

    return seen ? seen->record->name : NULL;
}

/* What takes all links to be known, and what only drivers tell. */
static void
complete_links(LoomKernel *kernel, GHashTable *links)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, links);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        LoomLinkSeen *seen = value;

        if (!seen->record)
            continue;
        loom_link_set_names(seen, name_of(links, seen->master), name_of(links, seen->other));
        if (seen->record->kind != LOOM_LINK_PHYSICAL)
            continue;
        loom_link_read_driver(kernel->socket, seen->record);
        loom_kernel_read_features(kernel, seen->record);
    }
}

const LoomLinkSeen *
loom_reading_find(const LoomReading *reading, int index)
{
    return find(reading->links, index);
}

/* --- dumps ----------------------------------------------------------------------------------- */

typedef struct {
    int type;
    const char *what; /* marked for translation */
    int family;
    LoomNetlinkHandler handler;
} Dump;

static const Dump hanging[] = {
    {RTM_GETADDR, N_("addresses"), AF_UNSPEC, loom_kernel_read_address},
    {RTM_GETROUTE, N_("IPv4 routes"), AF_INET, loom_kernel_read_route},
    {RTM_GETROUTE, N_("IPv6 routes"), AF_INET6, loom_kernel_read_route},
    {RTM_GETNEIGH, N_("neighbours"), AF_UNSPEC, loom_kernel_read_neighbour},
    {RTM_GETLINK, N_("bridges' ports"), AF_BRIDGE, loom_kernel_read_port},
};

/* struct ifinfomsg is the longest header of these, and a request may be longer than its kind's. */
static gboolean
dump(LoomKernel *kernel, const Dump *which, gpointer data, GError **error)
{
    union {
        struct ifinfomsg link;
        struct ndmsg neighbour;
        struct rtmsg route;
        guint8 family;
    } header = {.link.ifi_family = (guint8)which->family};
    size_t size = which->type == RTM_GETLINK    ? sizeof header.link
                  : which->type == RTM_GETNEIGH ? sizeof header.neighbour
                  : which->type == RTM_GETROUTE ? sizeof header.route
                                                : sizeof(struct ifaddrmsg);
    g_autoptr(LoomMessage) request = loom_netlink_message(which->type, 0, &header, size);
    int number;

    if (which->type == RTM_GETLINK)
        nla_put_u32(request, IFLA_EXT_MASK,
                    which->family == AF_BRIDGE ? RTEXT_FILTER_BRVLAN_COMPRESSED
                                               : RTEXT_FILTER_SKIP_STATS);
    number = loom_netlink_dump(kernel->netlink, request, which->handler, data);
    if (!number || (number == EOPNOTSUPP && which->family == AF_BRIDGE)) /* no bridge was ever */
        return TRUE;
    loom_netlink_set_error(kernel->netlink, error, number, _("Cannot read this machine's %s"),
                           _(which->what));
    return FALSE;
}

/* The first COUNT of all that hangs on links. */
static gboolean
read_with(LoomKernel *kernel, LoomHost *host, size_t count, GError **error)
{
    static const Dump links_dump = {RTM_GETLINK, N_("links"), AF_UNSPEC, on_link};
    g_autoptr(GHashTable) links = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    LoomReading reading = {host, links, kernel->held};

    if (!dump(kernel, &links_dump, &reading, error))
        return FALSE;
    complete_links(kernel, links);
    g_hash_table_remove_all(kernel->held);
    for (size_t i = 0; i < count; i++)
        if (!dump(kernel, &hanging[i], &reading, error))
            return FALSE;
    return count < G_N_ELEMENTS(hanging) || loom_kernel_read_queues(kernel, &reading, error);
}

gboolean
loom_kernel_read(LoomKernel *kernel, LoomHost *host, GError **error)
{
    if (!read_with(kernel, host, G_N_ELEMENTS(hanging), error) ||
        !loom_kernel_read_guards(kernel, host, error))
        return FALSE;
    loom_kernel_read_pops(kernel, host);
    return TRUE;
}

gboolean
loom_kernel_read_addresses(LoomKernel *kernel, LoomHost *host, GError **error)
{
    return read_with(kernel, host, 1, error);
}

/* --- one link -------------------------------------------------------------------------------- */

gboolean
loom_kernel_find_link(LoomKernel *kernel, const char *name, LoomLinkSeen *seen, GError **error)
{
    struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
    g_autoptr(LoomMessage) request = loom_netlink_message(RTM_GETLINK, 0, &any, sizeof any);
    char master[IF_NAMESIZE], other[IF_NAMESIZE];
    const struct nlmsghdr *answer;
    int number;

    nla_put_string(request, IFLA_IFNAME, name);
    answer = loom_netlink_get(kernel->netlink, request, &number);
    if (!answer) {
        if (number != ENODEV)
            loom_netlink_set_error(kernel->netlink, error, number, _("Cannot read link '%s'"),
                                   name);
        return FALSE;
    }
    if (!loom_link_parse(answer, seen))
        return FALSE;
    if (seen->record)
        loom_link_set_names(seen, if_indextoname((unsigned)seen->master, master),
                            if_indextoname((unsigned)seen->other, other));
    if (seen->record && seen->record->kind == LOOM_LINK_PHYSICAL)
        loom_kernel_read_features(kernel, seen->record);
    return TRUE;
}

static gboolean
observe_named(LoomKernel *kernel, const char *name, LoomHost *into, GError **error)
{
    g_auto(LoomLinkSeen) seen = {0};
    GError *failure = NULL;

    if (!loom_kernel_find_link(kernel, name, &seen, &failure) || !seen.record) {
        if (failure)
            g_propagate_error(error, failure);
        return !failure;
    }
    if (seen.record->master && (!loom_kernel_find_port(kernel, &seen, into, error) ||
                                !loom_kernel_find_guards(kernel, name, into, error)))
        return FALSE;
    for (guint i = 0; seen.record->master && i < into->ports->len; i++) {
        LoomPort *port = into->ports->pdata[i];

        if (g_strcmp0(port->link, name) == 0)
            loom_kernel_find_pop(kernel, port);
    }
    loom_record_add(into, g_steal_pointer(&seen.record));
    return TRUE;
}

gboolean
loom_kernel_observe_named(LoomBackend *backend, const GPtrArray *names, LoomHost *into,
                          GError **error)
{
    for (guint i = 0; i < names->len; i++)
        if (!observe_named((LoomKernel *)backend, names->pdata[i], into, error))
            return FALSE;
    return TRUE;
}

int
loom_kernel_find_index(const LoomKernel *kernel, const char *name)
{
    struct ifreq request = {0};

    g_strlcpy(request.ifr_name, name, sizeof request.ifr_name);
    return ioctl(kernel->socket, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : 0;
}

gboolean
loom_kernel_refuse_missing(GError **error, const char *link)
{
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND, _("Link '%s' is not there"), link);
    return FALSE;
}
