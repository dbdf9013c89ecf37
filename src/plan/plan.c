/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares two hosts; pure. */
#include "plan/plan.h"

#include "base/i18n.h"
#include "plan/order.h"

#include <string.h>

typedef struct {
    const LoomHost *from, *to;
    const LoomKind *const *kinds;
    LoomReport *report;
    LoomPlan *plan;
    LoomLinkTables links;
    /* names of links: */
    GHashTable *gone;  /* deleted or made again, with all that hangs on them */
    GHashTable *down;  /* that go down on the way */
    GHashTable *moved; /* that get another master, or none */
    GHashTable *alone; /* kept, or with a finding: neither they nor what hangs on them is touched */
    GHashTable *inside; /* of links that neither TO names nor we made, joined by ", ", by master */
} Comparison;

/* The records of one kind that say themselves whose they are, by key. */
typedef struct {
    const LoomKind *kind;
    GHashTable *from, *to;
    GHashTable *replaced; /* keys of those to be made again */
} Owned;

static void
step_free(gpointer data)
{
    LoomStep *step = data;

    g_free(step->key);
    g_free(step);
}

void
loom_plan_free(LoomPlan *plan)
{
    if (!plan)
        return;
    g_ptr_array_unref(plan->steps);
    g_ptr_array_unref(plan->kept);
    g_ptr_array_unref(plan->made);
    g_free(plan);
}

static const LoomAttribute *
find_attribute(const LoomKind *kind, const char *name)
{
    for (size_t i = 0; i < kind->attribute_count; i++)
        if (g_str_equal(kind->attributes[i].name, name))
            return &kind->attributes[i];
    return NULL;
}

static gboolean
is_ours(gconstpointer data)
{
    const LoomRecord *record = data;

    return G_STRUCT_MEMBER(gboolean, record, find_attribute(record->kind, "ours")->offset);
}

/* The name of the link on which RECORD hangs, or NULL. */
static const char *
link_of(gconstpointer data)
{
    const LoomRecord *record = data;

    return G_STRUCT_MEMBER(const char *, record, find_attribute(record->kind, "link")->offset);
}

static GHashTable *
by_key(const GPtrArray *records)
{
    GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < records->len; i++)
        g_hash_table_insert(table, loom_record_key(records->pdata[i]), records->pdata[i]);
    return table;
}

static GHashTable *
name_set(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void
add_step(Comparison *comparison, LoomStep step)
{
    const LoomRecord *record = step.to ? step.to : step.from;

    step.kind = record->kind;
    step.key = loom_record_key(record);
    g_ptr_array_add(comparison->plan->steps, g_memdup2(&step, sizeof step));
}

static LoomCost
cost_of(const LoomRecord *from, guint64 changed)
{
    LoomCost cost = LOOM_COST_LIVE;

    for (size_t i = 0; i < from->kind->attribute_count; i++)
        if (changed >> i & 1)
            cost = MAX(cost, from->kind->attributes[i].cost);
    if (cost == LOOM_COST_DOWN && from->kind == &loom_link_kind && !((const LoomLink *)from)->up)
        return LOOM_COST_LIVE; /* who is down cannot go down */
    return cost;
}

static guint64
bit_of(const LoomKind *kind, const char *name)
{
    return G_GUINT64_CONSTANT(1) << (find_attribute(kind, name) - kind->attributes);
}

static gboolean
is_link_of_ours(GHashTable *links, const char *name)
{
    const LoomLink *link = g_hash_table_lookup(links, name);

    return link && link->ours;
}

/* What changes on a record that is there in both. */
static guint64
changes(const Comparison *comparison, const LoomRecord *from, const LoomRecord *to)
{
    guint64 changed = loom_record_differs(from, to);
    const LoomLink *link = (const LoomLink *)from, *wanted = (const LoomLink *)to;

    if (from->kind != &loom_link_kind || !link->master)
        return changed;
    if (!wanted->master && !is_link_of_ours(comparison->links.from, link->master))
        changed &= ~bit_of(from->kind, "master");
    if (wanted->master && g_hash_table_contains(comparison->gone, link->master))
        changed |= bit_of(from->kind, "master");
    return changed;
}

/* Who would notice that RECORD goes: running guests, or what is foreign and in it. NULL: nobody. */
static char *
users_of(const Comparison *comparison, gconstpointer data)
{
    const LoomRecord *record = data;
    const LoomNetwork *network = data;
    const LoomLink *link = data;

    if (record->kind == &loom_link_kind)
        return g_strdup(g_hash_table_lookup(comparison->inside, link->name));
    return network->guests && *network->guests ? g_strjoinv(", ", network->guests) : NULL;
}

/* A finding about a record that is left alone, and what hangs on it. */
static void G_GNUC_PRINTF(4, 5) refuse(Comparison *comparison, LoomSeverity severity,
                                       const LoomRecord *record, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    loom_report_add(comparison->report, severity, NULL, "%s", message);
    if (record->kind == &loom_link_kind)
        g_hash_table_add(comparison->alone, loom_record_key(record));
}

static void
mark_replaced(Comparison *comparison, Owned *owned, const char *key)
{
    g_hash_table_add(owned->replaced, g_strdup(key));
    if (owned->kind == &loom_link_kind)
        g_hash_table_add(comparison->gone, g_strdup(key));
}

/* Those of ours that no change in place makes right; with a veth goes its other end. */
static void
find_replaced(Comparison *comparison, Owned *owned)
{
    const GPtrArray *list = loom_host_list(comparison->to, owned->kind);

    for (guint i = 0; i < list->len; i++) {
        const LoomRecord *wanted = list->pdata[i];
        g_autofree char *key = loom_record_key(wanted);
        const LoomRecord *from = g_hash_table_lookup(owned->from, key);
        const LoomLink *link = (const LoomLink *)from;

        if (!from || !is_ours(from) || !is_ours(wanted) ||
            cost_of(from, loom_record_differs(from, wanted)) != LOOM_COST_REPLACE)
            continue;
        mark_replaced(comparison, owned, key);
        if (owned->kind == &loom_link_kind && link->peer &&
            g_hash_table_contains(owned->to, link->peer) &&
            is_link_of_ours(owned->from, link->peer))
            mark_replaced(comparison, owned, link->peer);
    }
}

static void
replace(Comparison *comparison, const LoomRecord *from, const LoomRecord *to, const char *key)
{
    g_autofree char *users = users_of(comparison, from);

    if (users) {
        refuse(comparison, LOOM_SEVERITY_ERROR, from,
               _("%s '%s' must be deleted and made again, but is in use by %s: stop or move them "
                 "first"),
               _(from->kind->noun), key, users);
        return;
    }
    add_step(comparison,
             (LoomStep){.verb = LOOM_STEP_DELETE, .from = from, .cost = LOOM_COST_REPLACE});
    add_step(comparison, (LoomStep){.verb = LOOM_STEP_CREATE, .to = to, .cost = LOOM_COST_REPLACE});
}

/* Whether FROM may become TO at all; else with a finding. */
static gboolean
may_change(Comparison *comparison, const LoomRecord *from, const LoomRecord *to, guint64 changed)
{
    const LoomLink *link = (const LoomLink *)from, *wanted = (const LoomLink *)to;
    g_autofree char *key = loom_record_key(to);
    const char *noun = _(to->kind->noun);

    if (is_ours(to) && !is_ours(from)) {
        refuse(
            comparison, LOOM_SEVERITY_ERROR, to,
            _("%s '%s' exists and is not virt-loom's, so it was left alone: remove or rename it, "
              "or give ours another name in the fabric"),
            noun, key);
        return FALSE;
    }
    if (cost_of(from, changed) == LOOM_COST_REPLACE) {
        refuse(comparison, LOOM_SEVERITY_ERROR, to,
               _("%s '%s' is of another kind than wanted, and is not virt-loom's to replace"), noun,
               key);
        return FALSE;
    }
    if (changed && to->kind == &loom_link_kind && link->master && wanted->master &&
        !g_str_equal(link->master, wanted->master) &&
        !is_link_of_ours(comparison->links.from, link->master)) {
        refuse(comparison, LOOM_SEVERITY_ERROR, to,
               _("link '%s' is in '%s', which is not virt-loom's: take it out of there first, such "
                 "as by: ip link set dev %s nomaster"),
               key, link->master, key);
        return FALSE;
    }
    return TRUE;
}

static void
change(Comparison *comparison, const LoomRecord *from, const LoomRecord *to)
{
    guint64 changed = changes(comparison, from, to);
    LoomCost cost = cost_of(from, changed);

    if (!may_change(comparison, from, to, changed) ||
        (!changed && (!to->kind->child_count || loom_record_agrees(from, to))))
        return;
    add_step(
        comparison,
        (LoomStep){
            .verb = LOOM_STEP_CHANGE, .from = from, .to = to, .changed = changed, .cost = cost});
    if (to->kind != &loom_link_kind)
        return;
    if (cost == LOOM_COST_DOWN)
        g_hash_table_add(comparison->down, loom_record_key(to));
    if (changed & bit_of(to->kind, "master"))
        g_hash_table_add(comparison->moved, loom_record_key(to));
}

static void
compare_wanted(Comparison *comparison, const Owned *owned, const char *key, const LoomRecord *to)
{
    const LoomRecord *from = g_hash_table_lookup(owned->from, key);

    if (from && g_hash_table_contains(owned->replaced, key))
        replace(comparison, from, to, key);
    else if (from)
        change(comparison, from, to);
    else if (is_ours(to))
        add_step(comparison, (LoomStep){.verb = LOOM_STEP_CREATE, .to = to});
    else
        refuse(comparison, LOOM_SEVERITY_ERROR, to,
               _("%s '%s' does not exist here, and is not for virt-loom to make"),
               _(to->kind->noun), key);
}

static void
keep(Comparison *comparison, const LoomRecord *from, const char *key, const char *users)
{
    g_ptr_array_add(comparison->plan->kept, (gpointer)from);
    if (from->kind == &loom_link_kind)
        refuse(comparison, LOOM_SEVERITY_WARNING, from,
               _("link '%s' is no longer wanted, but kept until this is out of it: %s"), key,
               users);
    else
        refuse(comparison, LOOM_SEVERITY_WARNING, from,
               _("network '%s' is no longer wanted, but kept until these guests are gone: %s"), key,
               users);
}

static void
compare_unwanted(Comparison *comparison, const char *key, const LoomRecord *from)
{
    g_autofree char *users = NULL;

    if (!is_ours(from))
        return;
    users = users_of(comparison, from);
    if (users) {
        keep(comparison, from, key, users);
        return;
    }
    add_step(comparison, (LoomStep){.verb = LOOM_STEP_DELETE, .from = from});
    if (from->kind == &loom_link_kind)
        g_hash_table_add(comparison->gone, g_strdup(key));
}

/* Takes NICs that TO does not name out of links of ours that stay. */
static void
release_nics(Comparison *comparison)
{
    const GPtrArray *links = comparison->from->links;

    for (guint i = 0; i < links->len; i++) {
        const LoomLink *link = links->pdata[i];
        LoomLink *released;

        if (link->ours || link->kind != LOOM_LINK_PHYSICAL || !link->master ||
            g_hash_table_contains(comparison->links.to, link->name) ||
            g_hash_table_contains(comparison->gone, link->master) ||
            g_hash_table_contains(comparison->alone, link->master) ||
            !is_link_of_ours(comparison->links.from, link->master))
            continue;
        released = loom_record_copy(link);
        LOOM_SET(released, master, NULL);
        g_ptr_array_add(comparison->plan->made, released);
        change(comparison, &link->record, &released->record);
    }
}

/* Links and networks: records that say themselves whose they are. */
static void
compare_owned(Comparison *comparison, const LoomKind *kind)
{
    const GPtrArray *from_list = loom_host_list(comparison->from, kind);
    const GPtrArray *to_list = loom_host_list(comparison->to, kind);
    g_autoptr(GHashTable) from = by_key(from_list);
    g_autoptr(GHashTable) to = by_key(to_list);
    g_autoptr(GHashTable) replaced = name_set();
    Owned owned = {kind, from, to, replaced};

    find_replaced(comparison, &owned);
    for (guint i = 0; i < from_list->len; i++) {
        g_autofree char *key = loom_record_key(from_list->pdata[i]);

        if (!g_hash_table_contains(to, key))
            compare_unwanted(comparison, key, from_list->pdata[i]);
    }
    for (guint i = 0; i < to_list->len; i++) {
        g_autofree char *key = loom_record_key(to_list->pdata[i]);

        compare_wanted(comparison, &owned, key, to_list->pdata[i]);
    }
    if (kind == &loom_link_kind)
        release_nics(comparison);
}

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
is_ours_to_delete(const Comparison *comparison, gconstpointer record)
{
    const LoomLink *to = g_hash_table_lookup(comparison->links.to, link_of(record));

    if (!to && !is_link_of_ours(comparison->links.from, link_of(record)))
        return FALSE;
    return !giver_of(record) || (to && to->master);
}

/* Whether the kernel drops RECORD because of what happens to its link (all of it tried). */
static gboolean
is_dropped(const Comparison *comparison, gconstpointer data)
{
    const LoomRecord *record = data;
    const char *link = link_of(data);

    if (record->kind == &loom_port_kind)
        return g_hash_table_contains(comparison->moved, link);
    if (record->kind == &loom_address_kind && !strchr(((const LoomAddress *)data)->address, ':'))
        return FALSE;
    return record->kind != &loom_class_kind && g_hash_table_contains(comparison->down, link);
}

static void
compare_hanging_wanted(Comparison *comparison, const LoomRecord *from, const LoomRecord *to)
{
    const char *giver = giver_of(to);
    guint64 changed;

    if (!from || g_hash_table_contains(comparison->gone, link_of(to)) ||
        is_dropped(comparison, to)) {
        /* the kernel brings back by itself what only it can give */
        if (!giver || g_str_equal(giver, "dhcp"))
            add_step(comparison, (LoomStep){.verb = LOOM_STEP_CREATE, .to = to});
        return;
    }
    changed = loom_record_differs(from, to);
    if (changed)
        add_step(comparison, (LoomStep){.verb = LOOM_STEP_CHANGE,
                                        .from = from,
                                        .to = to,
                                        .changed = changed,
                                        .cost = cost_of(from, changed)});
}

/* Addresses, routes, classes and ports: what hangs on a link. */
static void
compare_hanging(Comparison *comparison, const LoomKind *kind)
{
    g_autoptr(GHashTable) from = by_key(loom_host_list(comparison->from, kind));
    g_autoptr(GHashTable) to = by_key(loom_host_list(comparison->to, kind));
    GHashTableIter iterator;
    gpointer key, record;

    g_hash_table_iter_init(&iterator, to);
    while (g_hash_table_iter_next(&iterator, &key, &record))
        if (link_of(record) && !g_hash_table_contains(comparison->alone, link_of(record)))
            compare_hanging_wanted(comparison, g_hash_table_lookup(from, key), record);
    g_hash_table_iter_init(&iterator, from);
    while (g_hash_table_iter_next(&iterator, &key, &record))
        if (link_of(record) && !g_hash_table_contains(to, key) &&
            !g_hash_table_contains(comparison->alone, link_of(record)) &&
            !g_hash_table_contains(comparison->gone, link_of(record)) &&
            is_ours_to_delete(comparison, record))
            add_step(comparison, (LoomStep){.verb = LOOM_STEP_DELETE, .from = record});
}

/* The table of what is foreign, not named by TO, no NIC, and in which master: guests' taps. */
static GHashTable *
list_inside(const Comparison *comparison)
{
    GHashTable *inside = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

    for (guint i = 0; i < comparison->from->links->len; i++) {
        const LoomLink *link = comparison->from->links->pdata[i];
        const char *others;

        if (link->ours || !link->master || link->kind == LOOM_LINK_PHYSICAL ||
            g_hash_table_contains(comparison->links.to, link->name))
            continue;
        others = g_hash_table_lookup(inside, link->master);
        g_hash_table_insert(inside, link->master,
                            others ? g_strjoin(", ", others, link->name, NULL)
                                   : g_strdup(link->name));
    }
    return inside;
}

/* Links decide what happens to all that hangs on them, so they are compared first. */
static void
compare_kinds(Comparison *comparison)
{
    for (size_t i = 0; comparison->kinds[i]; i++)
        if (comparison->kinds[i] == &loom_link_kind)
            compare_owned(comparison, comparison->kinds[i]);
    for (size_t i = 0; comparison->kinds[i]; i++) {
        const LoomKind *kind = comparison->kinds[i];

        if (kind == &loom_link_kind || !loom_order_knows(kind))
            continue;
        if (find_attribute(kind, "ours"))
            compare_owned(comparison, kind);
        else
            compare_hanging(comparison, kind);
    }
}

LoomPlan *
loom_plan_compare(const LoomHost *from, const LoomHost *to, const LoomKind *const *kinds,
                  LoomReport *report)
{
    g_autoptr(GHashTable) from_links = by_key(from->links);
    g_autoptr(GHashTable) to_links = by_key(to->links);
    g_autoptr(GHashTable) gone = name_set();
    g_autoptr(GHashTable) down = name_set();
    g_autoptr(GHashTable) moved = name_set();
    g_autoptr(GHashTable) alone = name_set();
    LoomPlan *plan = g_new0(LoomPlan, 1);
    Comparison comparison = {
        .from = from,
        .to = to,
        .kinds = kinds,
        .report = report,
        .plan = plan,
        .links = {from_links, to_links},
        .gone = gone,
        .down = down,
        .moved = moved,
        .alone = alone,
    };

    plan->steps = g_ptr_array_new_with_free_func(step_free);
    plan->kept = g_ptr_array_new();
    plan->made = g_ptr_array_new_with_free_func(loom_record_free);
    g_autoptr(GHashTable) inside = list_inside(&comparison);
    comparison.inside = inside;
    compare_kinds(&comparison);
    loom_order_sort(plan->steps, &comparison.links);
    return plan;
}
