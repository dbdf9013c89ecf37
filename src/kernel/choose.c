/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of all that a namespace has, what an observation tells: ours, what a target names, and users. */
#include "kernel/session.h"

#include "plan/comparison.h"

#define PARENTS_MAX 16 /* the kernel's MAX_NEST_DEV is 8: more is a circle */

/* Borrows all names. */
typedef struct {
    GHashTable *links;     /* all there are, by name */
    GHashTable *wanted;    /* names of links that a target names */
    GHashTable *displaced; /* names of links that lose a route to one of the target's */
} Choice;

static void
choice_clear(Choice *choice)
{
    g_hash_table_unref(choice->links);
    g_hash_table_unref(choice->wanted);
    g_hash_table_unref(choice->displaced);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, choice_clear)

/* What no two routes have in common: destination, metric and table. */
static char *
place_of(const LoomRoute *route)
{
    guint64 usual = loom_route_usual_metric(route->destination);

    return g_strdup_printf("%s/%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, route->destination,
                           route->metric ? route->metric : usual, route->table);
}

static void
find_displaced(const LoomHost *all, const LoomHost *target, GHashTable *displaced)
{
    g_autoptr(GHashTable) places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < target->routes->len; i++)
        g_hash_table_add(places, place_of(target->routes->pdata[i]));
    for (guint i = 0; g_hash_table_size(places) && i < all->routes->len; i++) {
        const LoomRoute *route = all->routes->pdata[i];
        g_autofree char *place = place_of(route);

        if (g_hash_table_contains(places, place))
            g_hash_table_add(displaced, route->link);
    }
}

static void
choice_init(Choice *choice, const LoomHost *all, const LoomHost *target)
{
    *choice = (Choice){
        .links = g_hash_table_new(g_str_hash, g_str_equal),
        .wanted = g_hash_table_new(g_str_hash, g_str_equal),
        .displaced = g_hash_table_new(g_str_hash, g_str_equal),
    };
    for (guint i = 0; i < all->links->len; i++) {
        LoomLink *link = all->links->pdata[i];

        g_hash_table_insert(choice->links, link->name, link);
    }
    if (!target)
        return;
    for (guint i = 0; i < target->links->len; i++)
        g_hash_table_add(choice->wanted, ((LoomLink *)target->links->pdata[i])->name);
    find_displaced(all, target, choice->displaced);
}

static const LoomLink *
find(const Choice *choice, const char *name)
{
    return name ? g_hash_table_lookup(choice->links, name) : NULL;
}

/*
 * A veth that leads out of the namespace stands in for a NIC only where somebody names it, or in a
 * team: in a bridge it is a container's, which is not ours to take out.
 */
static gboolean
is_container(const Choice *choice, const LoomLink *link)
{
    const LoomLink *master = find(choice, link->master);

    return link->kind == LOOM_LINK_PHYSICAL && g_strcmp0(link->driver, "veth") == 0 && master &&
           master->kind == LOOM_LINK_BRIDGE && !g_hash_table_contains(choice->wanted, link->name);
}

/* Ours, named, in one of ours, losing a route, or, whoever made it, sitting on one of those. */
static gboolean
is_chosen(const Choice *choice, const LoomLink *link, int depth)
{
    const LoomLink *master = find(choice, link->master), *parent;

    if (link->ours || (master && master->ours) ||
        g_hash_table_contains(choice->wanted, link->name) ||
        g_hash_table_contains(choice->displaced, link->name))
        return TRUE;
    parent = find(choice, link->parent);
    return parent && depth < PARENTS_MAX && is_chosen(choice, parent, depth + 1);
}

static void
move(GPtrArray *records, GHashTable *chosen, LoomHost *into)
{
    gsize count;
    g_autofree gpointer *list = g_ptr_array_steal(records, &count);

    for (gsize i = 0; i < count; i++) {
        LoomRecord *record = list[i];
        const char *link = record->kind == &loom_link_kind ? ((const LoomLink *)record)->name
                                                           : loom_comparison_link_of(record);

        if (g_hash_table_contains(chosen, link))
            loom_record_add(into, record);
        else
            loom_record_free(record);
    }
}

void
loom_kernel_choose(LoomHost *all, const LoomHost *target, LoomHost *into)
{
    g_autoptr(GHashTable) chosen = g_hash_table_new(g_str_hash, g_str_equal);
    g_auto(Choice) choice;

    choice_init(&choice, all, target);
    for (guint i = 0; i < all->links->len; i++) {
        LoomLink *link = all->links->pdata[i];

        if (!is_chosen(&choice, link, 0))
            continue;
        g_hash_table_add(chosen, link->name);
        if (is_container(&choice, link))
            LOOM_SET_NUMBER(link, kind, LOOM_LINK_OTHER);
    }
    for (size_t i = 0; i < all->record.kind->child_count; i++)
        move(loom_host_list(all, all->record.kind->children[i].kind), chosen, into);
}
