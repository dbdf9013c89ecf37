/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of others is in the way of a change: what sits on a link, is in it, manages it. */
#include "base/i18n.h"
#include "plan/comparison.h"

#include <string.h>

static GHashTable *
text_table(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
}

/* Appends to the text at KEY, which TABLE borrows. */
static void
append(GHashTable *table, const char *key, const char *text)
{
    const char *others = g_hash_table_lookup(table, key);

    g_hash_table_insert(table, (gpointer)key,
                        others ? g_strjoin(", ", others, text, NULL) : g_strdup(text));
}

/* Names of guests, by the device of their vNIC. */
static GHashTable *
list_devices(const LoomHost *host)
{
    GHashTable *devices = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < host->guests->len; i++) {
        const LoomGuestTap *guest = host->guests->pdata[i];

        if (guest->link)
            g_hash_table_insert(devices, guest->link, guest->name ? guest->name : guest->domain);
    }
    return devices;
}

static void
find_link_users(LoomComparison *comparison, GHashTable *devices, const LoomLink *link)
{
    const char *guest = g_hash_table_lookup(devices, link->name);
    g_autofree char *name =
        guest ? g_strdup_printf(_("%s (guest '%s')"), link->name, guest) : g_strdup(link->name);

    if (guest && link->master)
        append(comparison->guests, link->master, guest);
    if (link->ours || g_hash_table_contains(comparison->links.to, link->name))
        return;
    if (link->master && link->kind != LOOM_LINK_PHYSICAL)
        append(comparison->inside, link->master, name);
    if (link->parent)
        append(comparison->above, link->parent, name);
}

/* The kernel has one route of each table for a destination and a metric. */
static char *
place_of(const LoomRoute *route)
{
    return g_strdup_printf("%s/%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, route->destination,
                           route->metric, route->table);
}

static void
find_route(LoomComparison *comparison, LoomRoute *route)
{
    const char *giver = loom_comparison_giver_of(route);
    g_autofree char *text = NULL;

    /* what a router advertises, or the kernel made, comes again */
    if ((!giver || g_str_equal(giver, "dhcp")) &&
        !loom_comparison_is_ours(comparison->links.from, route->link) &&
        !g_hash_table_contains(comparison->links.to, route->link))
        g_hash_table_insert(comparison->routes, place_of(route), route);
    if (!route->unsaid)
        return;
    text = g_strdup_printf(_("route '%s' (%s)"), route->destination, route->unsaid);
    append(comparison->unsaid, route->link, text);
}

static void
find_refusals(LoomComparison *comparison)
{
    g_autoptr(GHashTable) to = loom_comparison_by_key(comparison->to->managers);

    for (guint i = 0; i < comparison->from->managers->len; i++) {
        const LoomManager *manager = comparison->from->managers->pdata[i];
        g_autofree char *key = loom_record_key(manager);

        if (manager->refusal && !g_hash_table_contains(to, key))
            g_hash_table_insert(comparison->refusals, manager->link,
                                g_strdup_printf(_("link '%s' cannot be taken over from %s: %s"),
                                                manager->link, manager->name, manager->refusal));
    }
}

void
loom_comparison_find_users(LoomComparison *comparison)
{
    g_autoptr(GHashTable) devices = list_devices(comparison->from);
    const LoomHost *from = comparison->from;

    comparison->inside = text_table();
    comparison->above = text_table();
    comparison->unsaid = text_table();
    comparison->guests = text_table();
    comparison->routes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    comparison->refusals = text_table();
    for (guint i = 0; i < from->links->len; i++)
        find_link_users(comparison, devices, from->links->pdata[i]);
    for (guint i = 0; i < from->routes->len; i++)
        find_route(comparison, from->routes->pdata[i]);
    if (loom_comparison_is_about(comparison, &loom_manager_kind))
        find_refusals(comparison);
}

void
loom_comparison_free_users(LoomComparison *comparison)
{
    g_hash_table_unref(comparison->inside);
    g_hash_table_unref(comparison->above);
    g_hash_table_unref(comparison->unsaid);
    g_hash_table_unref(comparison->guests);
    g_hash_table_unref(comparison->routes);
    g_hash_table_unref(comparison->refusals);
}

const LoomRoute *
loom_comparison_find_displaced(const LoomComparison *comparison, const LoomRoute *route)
{
    g_autofree char *place = place_of(route);

    return g_hash_table_lookup(comparison->routes, place);
}

char *
loom_comparison_users_of(const LoomComparison *comparison, const LoomLink *link)
{
    GHashTable *const tables[] = {comparison->inside, comparison->above, comparison->unsaid};
    g_autoptr(GPtrArray) texts = g_ptr_array_new();

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        char *text = g_hash_table_lookup(tables[i], link->name);

        if (text)
            g_ptr_array_add(texts, text);
    }
    if (!texts->len)
        return NULL;
    g_ptr_array_add(texts, NULL);
    return g_strjoinv(", ", (char **)texts->pdata);
}

/* Somebody else's master is left by those who put the link into it. */
static void
refuse_master(LoomComparison *comparison, const LoomLink *link)
{
    const char *guests = g_hash_table_lookup(comparison->guests, link->master);

    if (guests)
        loom_comparison_refuse(comparison, LOOM_SEVERITY_ERROR, &link->record,
                               _("link '%s' is in '%s', which is not virt-loom's, and so are these "
                                 "guests: %s: move them to another network, and take it out of "
                                 "there first, such as by: ip link set dev %s nomaster"),
                               link->name, link->master, guests, link->name);
    else
        loom_comparison_refuse(comparison, LOOM_SEVERITY_ERROR, &link->record,
                               _("link '%s' is in '%s', which is not virt-loom's: take it out of "
                                 "there first, such as by: ip link set dev %s nomaster"),
                               link->name, link->master, link->name);
}

/* What a link loses that goes down, and nobody could bring back; or what keeps it from a master. */
static gboolean
may_disturb(LoomComparison *comparison, const LoomLink *link)
{
    const char *above = g_hash_table_lookup(comparison->above, link->name);
    const char *unsaid = g_hash_table_lookup(comparison->unsaid, link->name);

    if (above)
        loom_comparison_refuse(comparison, LOOM_SEVERITY_ERROR, &link->record,
                               _("link '%s' would go down or change its master, but this, which is "
                                 "not virt-loom's, sits on it: %s: stop the guests that use it and "
                                 "delete it first, such as by: ip link delete dev NAME; or leave "
                                 "'%s' out of the fabric"),
                               link->name, above, link->name);
    if (unsaid)
        loom_comparison_refuse(
            comparison, LOOM_SEVERITY_ERROR, &link->record,
            _("link '%s' would go down or change its master, and lose what could "
              "not be brought back: %s: delete it first, or leave '%s' out of "
              "the fabric"),
            link->name, unsaid, link->name);
    return !above && !unsaid;
}

gboolean
loom_comparison_may_take(LoomComparison *comparison, const LoomLink *from, const LoomLink *to,
                         guint64 changed)
{
    const char *refusal = g_hash_table_lookup(comparison->refusals, from->name);

    if (changed && from->master && to->master && !g_str_equal(from->master, to->master) &&
        !loom_comparison_is_ours(comparison->links.from, from->master)) {
        refuse_master(comparison, from);
        return FALSE;
    }
    if (refusal) {
        loom_comparison_refuse(comparison, LOOM_SEVERITY_ERROR, &from->record, "%s", refusal);
        return FALSE;
    }
    return loom_comparison_cost_of(&from->record, changed) == LOOM_COST_LIVE ||
           may_disturb(comparison, from);
}
