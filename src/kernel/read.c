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

#define PARENTS_MAX 16 /* the kernel's MAX_NEST_DEV is 8: more is a circle */

/* --- links ----------------------------------------------------------------------------------- */

static void
seen_free(gpointer data)
{
    loom_link_seen_clear(data);
    g_free(data);
}

static void
on_link(const struct nlmsghdr *message, gpointer data)
{
    LoomLinkSeen seen = {0};

    if (loom_link_parse(message, &seen))
        g_hash_table_insert(data, GINT_TO_POINTER(seen.index), g_memdup2(&seen, sizeof seen));
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

static void
set_names(GHashTable *links)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, links);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        LoomLinkSeen *seen = value;

        if (seen->record)
            loom_link_set_names(seen, name_of(links, seen->master), name_of(links, seen->other));
    }
}

/* What is read of all links there are. */
typedef struct {
    LoomReadScope scope;
    GHashTable *wanted;    /* names of links that a target names */
    GHashTable *displaced; /* indices of links that lose a route to one of the target's */
    GHashTable *links;
} Choice;

static gboolean
is_ours(const Choice *choice, int index)
{
    const LoomLinkSeen *seen = find(choice->links, index);

    return seen && seen->record->ours;
}

/* Ours, named, in one of ours, losing a route, or, whoever made it, sitting on one of those. */
static gboolean
is_chosen(const Choice *choice, const LoomLinkSeen *seen, int depth)
{
    const LoomLinkSeen *parent;

    if (choice->scope == LOOM_READ_ALL || seen->record->ours || is_ours(choice, seen->master) ||
        g_hash_table_contains(choice->wanted, seen->record->name) ||
        g_hash_table_contains(choice->displaced, GINT_TO_POINTER(seen->index)))
        return TRUE;
    parent = seen->record->parent ? find(choice->links, seen->other) : NULL;
    return parent && depth < PARENTS_MAX && is_chosen(choice, parent, depth + 1);
}

/* Hands the chosen ones' records to READING, which keeps borrowing them. */
static void
choose(const LoomKernel *kernel, const Choice *choice, LoomReading *reading)
{
    GHashTableIter iterator;
    gpointer value;

    g_hash_table_iter_init(&iterator, choice->links);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        const LoomLinkSeen *seen = value;
        LoomLinkSeen *chosen;

        if (!seen->record || !is_chosen(choice, seen, 0))
            continue;
        chosen = g_memdup2(seen, sizeof *seen);
        chosen->record = loom_record_copy(seen->record);
        if (chosen->record->kind == LOOM_LINK_PHYSICAL)
            loom_link_read_driver(kernel->socket, chosen->record);
        loom_record_add(reading->host, chosen->record);
        g_hash_table_insert(reading->links, GINT_TO_POINTER(chosen->index), chosen);
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

static gboolean
read_hanging(LoomKernel *kernel, LoomReading *reading, GError **error)
{
    static const Dump dumps[] = {
        {RTM_GETADDR, N_("addresses"), AF_UNSPEC, loom_kernel_read_address},
        {RTM_GETROUTE, N_("IPv4 routes"), AF_INET, loom_kernel_read_route},
        {RTM_GETROUTE, N_("IPv6 routes"), AF_INET6, loom_kernel_read_route},
        {RTM_GETNEIGH, N_("neighbours"), AF_UNSPEC, loom_kernel_read_neighbour},
        {RTM_GETLINK, N_("bridges' ports"), AF_BRIDGE, loom_kernel_read_port},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(dumps); i++)
        if (!dump(kernel, &dumps[i], reading, error))
            return FALSE;
    return TRUE;
}

static GHashTable *
names_in(const LoomHost *target)
{
    GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; target && i < target->links->len; i++)
        g_hash_table_add(names, ((LoomLink *)target->links->pdata[i])->name);
    return names;
}

/* --- routes that others would lose ------------------------------------------------------------ */

/* What no two routes have in common: destination, metric and table. */
static char *
place_of(const LoomRoute *route)
{
    guint64 usual = loom_route_usual_metric(route->destination);

    return g_strdup_printf("%s/%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, route->destination,
                           route->metric ? route->metric : usual, route->table);
}

/* Every link is read for its routes alone, to find those which stand where TARGET's are to be. */
static gboolean
find_displaced(LoomKernel *kernel, const LoomHost *target, Choice *choice, GError **error)
{
    static const Dump dumps[] = {
        {RTM_GETROUTE, N_("IPv4 routes"), AF_INET, loom_kernel_read_route},
        {RTM_GETROUTE, N_("IPv6 routes"), AF_INET6, loom_kernel_read_route},
    };
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(LoomHost) routes = loom_host_new();
    LoomReading reading = {routes, choice->links, NULL};

    for (guint i = 0; target && i < target->routes->len; i++)
        g_hash_table_add(places, place_of(target->routes->pdata[i]));
    for (size_t i = 0; g_hash_table_size(places) && i < G_N_ELEMENTS(dumps); i++)
        if (!dump(kernel, &dumps[i], &reading, error))
            return FALSE;
    for (guint i = 0; i < routes->routes->len; i++) {
        const LoomRoute *route = routes->routes->pdata[i];
        g_autofree char *place = place_of(route);

        if (g_hash_table_contains(places, place))
            g_hash_table_add(choice->displaced,
                             GINT_TO_POINTER(loom_kernel_find_index(kernel, route->link)));
    }
    return TRUE;
}

gboolean
loom_kernel_read(LoomKernel *kernel, LoomReadScope scope, const LoomHost *target, LoomHost *host,
                 GError **error)
{
    static const Dump links_dump = {RTM_GETLINK, N_("links"), AF_UNSPEC, on_link};
    g_autoptr(GHashTable) all = g_hash_table_new_full(NULL, NULL, NULL, seen_free);
    g_autoptr(GHashTable) chosen = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(GHashTable) wanted = names_in(target);
    g_autoptr(GHashTable) displaced = g_hash_table_new(NULL, NULL);
    Choice choice = {scope, wanted, displaced, all};
    LoomReading reading = {host, chosen, kernel->held};

    if (!dump(kernel, &links_dump, all, error))
        return FALSE;
    set_names(all);
    if (scope == LOOM_READ_OURS && !find_displaced(kernel, target, &choice, error))
        return FALSE;
    choose(kernel, &choice, &reading);
    g_hash_table_remove_all(kernel->held);
    return read_hanging(kernel, &reading, error);
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
    if (seen.record->master && !loom_kernel_find_port(kernel, &seen, into, error))
        return FALSE;
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
