/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares what hangs on links: addresses, routes, neighbours, ports, classes, managers. */
#include "base/i18n.h"
#include "host/classes.h"
#include "plan/comparison.h"

#include <string.h>

static gboolean
has_link(const GPtrArray *records, const char *link)
{
    for (guint i = 0; i < records->len; i++)
        if (g_str_equal(loom_comparison_link_of(records->pdata[i]), link))
            return TRUE;
    return FALSE;
}

/* Whether a manager of LINK stays that may have set addresses, or one comes that asks for them. */
static gboolean
keeps_manager(const LoomComparison *comparison, const char *link)
{
    for (guint i = 0; i < comparison->to->managers->len; i++) {
        const LoomManager *manager = comparison->to->managers->pdata[i];
        g_autofree char *key = loom_record_key(manager);

        if (g_str_equal(manager->link, link) &&
            (manager->dhcp || loom_host_find(comparison->from, &loom_manager_kind, key)))
            return TRUE;
    }
    return FALSE;
}

/* Whether a client of ours stays, or comes, that would ask for what LINK has. */
static gboolean
keeps_client(const LoomComparison *comparison, const char *link)
{
    const LoomDhcp *from = loom_host_find(comparison->from, &loom_dhcp_kind, link);
    const LoomDhcp *to = loom_host_find(comparison->to, &loom_dhcp_kind, link);

    return to && (!from || !loom_record_differs(from, to));
}

/*
 * Whether somebody goes on handing out by DHCP what LINK has so: our own client, a manager, or one
 * that nobody knows of.
 */
static gboolean
keeps_dhcp(const LoomComparison *comparison, const char *link)
{
    if (keeps_client(comparison, link) || keeps_manager(comparison, link))
        return TRUE;
    return !loom_comparison_is_ours(comparison->links.from, link) &&
           !has_link(comparison->from->dhcps, link) && !has_link(comparison->from->managers, link);
}

/* Whether LINK, which may be NULL, carries its master, and nobody answers on it any more. */
static gboolean
is_uplink(const LoomLink *link)
{
    return link && link->master &&
           (link->kind == LOOM_LINK_PHYSICAL || link->kind == LOOM_LINK_BOND ||
            link->kind == LOOM_LINK_OVS_BOND);
}

/*
 * Classes are ours wherever they are. Those of guests' ports are the hooks', and stay as long as
 * the port is there and its NIC has classes.
 */
static gboolean
is_unwanted_class(const LoomComparison *comparison, const LoomClass *class)
{
    return !class->port || !has_link(comparison->to->classes, class->link);
}

static gboolean
is_ours_to_delete(const LoomComparison *comparison, gconstpointer record)
{
    const char *link = loom_comparison_link_of(record), *giver = loom_comparison_giver_of(record);
    const LoomLink *to = g_hash_table_lookup(comparison->links.to, link);

    if (((const LoomRecord *)record)->kind == &loom_class_kind)
        return is_unwanted_class(comparison, record);
    if (!to && !loom_comparison_is_ours(comparison->links.from, link))
        return FALSE;
    if (!giver)
        return TRUE;
    if (g_str_equal(giver, "kernel"))
        return FALSE;
    return is_uplink(to) || (g_str_equal(giver, "dhcp") && !keeps_dhcp(comparison, link));
}

/* Whether RECORD is gone with its link, or the membership of that, and needs no step of its own. */
static gboolean
goes_along(const LoomComparison *comparison, gconstpointer data)
{
    const LoomRecord *record = data;
    const char *link = loom_comparison_link_of(data);

    if (record->kind == &loom_dhcp_kind) /* a process */
        return FALSE;
    if (record->kind == &loom_port_kind && g_hash_table_contains(comparison->moved, link))
        return TRUE;
    return g_hash_table_contains(comparison->gone, link) &&
           /* what another link gets goes before it */
           (loom_turns_get(comparison->turns, link) == LOOM_TURN_USUAL ||
            (record->kind != &loom_address_kind && record->kind != &loom_route_kind));
}

/* Whether the kernel drops RECORD because of what happens to its link (all of it tried). */
static gboolean
is_dropped(const LoomComparison *comparison, gconstpointer data)
{
    const LoomRecord *record = data;
    const char *link = loom_comparison_link_of(data);

    if (record->kind == &loom_port_kind)
        return g_hash_table_contains(comparison->moved, link);
    if (record->kind == &loom_address_kind && !strchr(((const LoomAddress *)data)->address, ':'))
        return FALSE;
    if (record->kind != &loom_address_kind && record->kind != &loom_route_kind &&
        record->kind != &loom_neighbour_kind)
        return FALSE;
    return g_hash_table_contains(comparison->down, link);
}

/* Whether the link may get classes; else, with a finding for the link, somebody else shapes it. */
static gboolean
may_shape(LoomComparison *comparison, const LoomClass *class)
{
    const LoomLink *link = g_hash_table_lookup(comparison->links.from, class->link);

    if (!link || !link->qdisc)
        return TRUE;
    loom_comparison_refuse(comparison, LOOM_SEVERITY_ERROR, &link->record,
                           _("link '%s' has the queueing discipline '%s', which is not virt-loom's "
                             "and would make way for guaranteed bandwidth: delete it (tc qdisc del "
                             "dev %s root), or give logical switch '%s' minbandwidth='none'"),
                           link->name, link->qdisc, link->name,
                           class->logicalswitch ? class->logicalswitch : "?");
    return FALSE;
}

/* Whether RECORD may be made; else, with a finding, it would take the place of what others have. */
static gboolean
may_create(LoomComparison *comparison, const LoomRecord *record)
{
    const LoomRoute *route = (const LoomRoute *)record, *other;

    if (record->kind == &loom_class_kind)
        return may_shape(comparison, (const LoomClass *)record);
    if (record->kind != &loom_route_kind)
        return TRUE;
    other = loom_comparison_find_displaced(comparison, route);
    if (!other || g_str_equal(other->link, route->link))
        return TRUE;
    loom_comparison_refuse(comparison, LOOM_SEVERITY_ERROR, record,
                           _("route '%s' on '%s' would take the place of the one on '%s', which is "
                             "not virt-loom's: give it another metric, or delete that one first"),
                           route->destination, route->link, other->link);
    return FALSE;
}

/* A route that somebody made in the kernel's name, to the subnet of an address for which the kernel
 * makes none. Of IPv4 such a route has that address as its source. */
static gboolean
is_for_noprefixroute(const LoomHost *host, const LoomRecord *record)
{
    const LoomRoute *route = (const LoomRoute *)record;

    for (guint i = 0; record->kind == &loom_route_kind && i < host->addresses->len; i++) {
        const LoomAddress *address = host->addresses->pdata[i];

        if (address->noprefixroute && g_str_equal(address->link, route->link) &&
            (route->source ? g_str_equal(route->source, address->address)
                           : strchr(route->destination, ':') && strchr(address->address, ':')))
            return TRUE;
    }
    return FALSE;
}

/* Whether the kernel gives it back by itself: what only it can give. */
static gboolean
comes_back(const LoomComparison *comparison, const LoomRecord *record)
{
    const char *giver = loom_comparison_giver_of(record);

    return giver && !g_str_equal(giver, "dhcp") &&
           !(g_str_equal(giver, "kernel") && is_for_noprefixroute(comparison->to, record));
}

static void
compare_hanging_wanted(LoomComparison *comparison, const LoomRecord *from, const LoomRecord *to)
{
    const char *link = loom_comparison_link_of(to);
    guint64 changed;

    if (from && to->kind == &loom_dhcp_kind && g_hash_table_contains(comparison->gone, link))
        loom_comparison_add_step(comparison, (LoomStep){.verb = LOOM_STEP_DELETE, .from = from});
    if (!from || g_hash_table_contains(comparison->gone, loom_comparison_link_of(to)) ||
        is_dropped(comparison, to)) {
        if (!comes_back(comparison, to) && may_create(comparison, to))
            loom_comparison_add_step(comparison, (LoomStep){.verb = LOOM_STEP_CREATE, .to = to});
        return;
    }
    changed = loom_record_differs(from, to);
    if (changed)
        loom_comparison_add_step(comparison,
                                 (LoomStep){.verb = LOOM_STEP_CHANGE,
                                            .from = from,
                                            .to = to,
                                            .changed = changed,
                                            .cost = loom_comparison_cost_of(from, changed)});
}

void
loom_comparison_compare_hanging(LoomComparison *comparison, const LoomKind *kind)
{
    g_autoptr(GHashTable) from = loom_comparison_by_key(loom_host_list(comparison->from, kind));
    g_autoptr(GHashTable) to = loom_comparison_by_key(loom_host_list(comparison->to, kind));
    GHashTableIter iterator;
    gpointer key, record;

    g_hash_table_iter_init(&iterator, to);
    while (g_hash_table_iter_next(&iterator, &key, &record))
        if (loom_comparison_link_of(record) &&
            !g_hash_table_contains(comparison->alone, loom_comparison_link_of(record)))
            compare_hanging_wanted(comparison, g_hash_table_lookup(from, key), record);
    g_hash_table_iter_init(&iterator, from);
    while (g_hash_table_iter_next(&iterator, &key, &record))
        if (loom_comparison_link_of(record) && !g_hash_table_contains(to, key) &&
            !g_hash_table_contains(comparison->alone, loom_comparison_link_of(record)) &&
            !goes_along(comparison, record) && is_ours_to_delete(comparison, record))
            loom_comparison_add_step(comparison,
                                     (LoomStep){.verb = LOOM_STEP_DELETE, .from = record});
}
