/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares what hangs on links: addresses, routes, classes and ports. */
#include "plan/comparison.h"

#include <string.h>

/* Who else gives RECORD to its link: "kernel", "ra", "dhcp"; NULL: nobody. */
static const char *
giver_of(gconstpointer data)
{
    const LoomRecord *record = data;
    const char *word = record->kind == &loom_address_kind ? ((const LoomAddress *)data)->origin
                       : record->kind == &loom_route_kind ? ((const LoomRoute *)data)->protocol
                                                          : NULL;
    static const char *const givers[] = {"kernel", "ra", "dhcp", NULL};

    return word && g_strv_contains(givers, word) ? word : NULL;
}

static gboolean
is_ours_to_delete(const LoomComparison *comparison, gconstpointer record)
{
    const LoomLink *to = g_hash_table_lookup(comparison->links.to, loom_comparison_link_of(record));

    if (!to && !loom_comparison_is_ours(comparison->links.from, loom_comparison_link_of(record)))
        return FALSE;
    return !giver_of(record) || (to && to->master);
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
    return record->kind != &loom_class_kind && g_hash_table_contains(comparison->down, link);
}

static void
compare_hanging_wanted(LoomComparison *comparison, const LoomRecord *from, const LoomRecord *to)
{
    const char *giver = giver_of(to);
    guint64 changed;

    if (!from || g_hash_table_contains(comparison->gone, loom_comparison_link_of(to)) ||
        is_dropped(comparison, to)) {
        /* the kernel brings back by itself what only it can give */
        if (!giver || g_str_equal(giver, "dhcp"))
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

/* Addresses, routes, classes and ports: what hangs on a link. */
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
            !g_hash_table_contains(comparison->gone, loom_comparison_link_of(record)) &&
            is_ours_to_delete(comparison, record))
            loom_comparison_add_step(comparison,
                                     (LoomStep){.verb = LOOM_STEP_DELETE, .from = record});
}
