/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A comparison of two hosts in progress: what all parts of it need. */
#include "plan/comparison.h"

const LoomAttribute *
loom_kind_find_attribute(const LoomKind *kind, const char *name)
{
    for (size_t i = 0; i < kind->attribute_count; i++)
        if (g_str_equal(kind->attributes[i].name, name))
            return &kind->attributes[i];
    return NULL;
}

gboolean
loom_comparison_is_about(const LoomComparison *comparison, const LoomKind *kind)
{
    for (size_t i = 0; comparison->kinds[i]; i++)
        if (comparison->kinds[i] == kind)
            return TRUE;
    return FALSE;
}

const char *
loom_comparison_link_of(gconstpointer data)
{
    const LoomRecord *record = data;
    const LoomAttribute *link = loom_kind_find_attribute(record->kind, "link");

    return link ? G_STRUCT_MEMBER(const char *, record, link->offset) : NULL;
}

const char *
loom_comparison_giver_of(gconstpointer data)
{
    const LoomRecord *record = data;
    const char *word = record->kind == &loom_address_kind ? ((const LoomAddress *)data)->origin
                       : record->kind == &loom_route_kind ? ((const LoomRoute *)data)->protocol
                                                          : NULL;
    static const char *const givers[] = {"kernel", "ra", "dhcp", NULL};

    return word && g_strv_contains(givers, word) ? word : NULL;
}

GHashTable *
loom_comparison_by_key(const GPtrArray *records)
{
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < records->len; i++)
        g_hash_table_insert(table, loom_record_key(records->pdata[i]), records->pdata[i]);
    return table;
}

void
loom_comparison_add_step(LoomComparison *comparison, LoomStep step)
{
    const LoomRecord *record = step.to ? step.to : step.from;

    step.kind = record->kind;
    step.key = loom_record_key(record);
    g_ptr_array_add(comparison->plan->steps, g_memdup2(&step, sizeof step));
}

LoomCost
loom_comparison_cost_of(const LoomRecord *from, guint64 changed)
{
    LoomCost cost = LOOM_COST_LIVE;

    for (size_t i = 0; i < from->kind->attribute_count; i++)
        if (changed >> i & 1)
            cost = MAX(cost, from->kind->attributes[i].cost);
    if (cost == LOOM_COST_DOWN && from->kind == &loom_link_kind && !((const LoomLink *)from)->up)
        return LOOM_COST_LIVE; /* who is down cannot go down */
    return cost;
}

gboolean
loom_comparison_is_ours(GHashTable *links, const char *name)
{
    const LoomLink *link = g_hash_table_lookup(links, name);

    return link && link->ours;
}

gboolean
loom_comparison_is_others(gconstpointer data)
{
    const LoomRecord *record = data;
    const LoomLink *link = data;

    return record->kind == &loom_link_kind && !link->ours && link->kind != LOOM_LINK_PHYSICAL;
}

void
loom_comparison_refuse(LoomComparison *comparison, LoomSeverity severity, const LoomRecord *record,
                       const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    loom_report_add(comparison->report, severity, NULL, "%s", message);
    if (record->kind == &loom_link_kind)
        g_hash_table_add(comparison->alone, loom_record_key(record));
}
