/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compares two hosts, and their links and networks: what says itself whose it is. */
#include "plan/plan.h"

#include "base/i18n.h"
#include "plan/comparison.h"

#include <string.h>

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

static gboolean
is_ours(gconstpointer data)
{
    const LoomRecord *record = data;

    return G_STRUCT_MEMBER(gboolean, record,
                           loom_kind_find_attribute(record->kind, "ours")->offset);
}

static GHashTable *
name_set(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static guint64
bit_of(const LoomKind *kind, const char *name)
{
    return G_GUINT64_CONSTANT(1) << (loom_kind_find_attribute(kind, name) - kind->attributes);
}

/*
 * What changes on a record that is there in both. Who enters or leaves a bond gets another MTU and
 * MAC from it, or back.
 */
static guint64
changes(const LoomComparison *comparison, const LoomRecord *from, const LoomRecord *to)
{
    guint64 changed = loom_record_differs(from, to);
    const LoomLink *link = (const LoomLink *)from, *wanted = (const LoomLink *)to;
    guint64 master;

    if (from->kind != &loom_link_kind)
        return changed;
    master = bit_of(from->kind, "master");
    if (link->master && !wanted->master &&
        !loom_comparison_is_ours(comparison->links.from, link->master))
        changed &= ~master;
    if (link->master && wanted->master && g_hash_table_contains(comparison->gone, link->master))
        changed |= master;
    if (changed & master && wanted->kind == LOOM_LINK_PHYSICAL)
        changed |= to->present & (bit_of(from->kind, "mtu") | bit_of(from->kind, "mac"));
    return changed;
}

/* What RECORD is needed for: running guests, or what others have in or on it. NULL: nothing. */
static char *
users_of(const LoomComparison *comparison, gconstpointer data)
{
    const LoomRecord *record = data;
    const LoomNetwork *network = data;

    if (record->kind == &loom_link_kind)
        return loom_comparison_users_of(comparison, data);
    if (record->kind != &loom_network_kind)
        return NULL;
    return network->guests && *network->guests ? g_strjoinv(", ", network->guests) : NULL;
}

static void
mark_replaced(LoomComparison *comparison, Owned *owned, const char *key)
{
    g_hash_table_add(owned->replaced, g_strdup(key));
    if (owned->kind == &loom_link_kind)
        g_hash_table_add(comparison->gone, g_strdup(key));
}

/* Those of ours that no change in place makes right; with a veth goes its other end. */
static void
find_replaced(LoomComparison *comparison, Owned *owned)
{
    const GPtrArray *list = loom_host_list(comparison->to, owned->kind);

    for (guint i = 0; i < list->len; i++) {
        const LoomRecord *wanted = list->pdata[i];
        g_autofree char *key = loom_record_key(wanted);
        const LoomRecord *from = g_hash_table_lookup(owned->from, key);
        const LoomLink *link = (const LoomLink *)from;

        if (!from || !is_ours(from) || !is_ours(wanted) ||
            loom_comparison_cost_of(from, loom_record_differs(from, wanted)) != LOOM_COST_REPLACE)
            continue;
        mark_replaced(comparison, owned, key);
        if (owned->kind == &loom_link_kind && link->peer &&
            g_hash_table_contains(owned->to, link->peer) &&
            loom_comparison_is_ours(owned->from, link->peer))
            mark_replaced(comparison, owned, link->peer);
    }
}

static void
replace(LoomComparison *comparison, const LoomRecord *from, const LoomRecord *to, const char *key)
{
    g_autofree char *users = users_of(comparison, from);

    if (users) {
        loom_comparison_refuse(
            comparison, LOOM_SEVERITY_ERROR, from,
            _("%s '%s' must be deleted and made again, but is in use by %s: stop or move them "
              "first"),
            _(from->kind->noun), key, users);
        return;
    }
    loom_comparison_add_step(
        comparison, (LoomStep){.verb = LOOM_STEP_DELETE, .from = from, .cost = LOOM_COST_REPLACE});
    loom_comparison_add_step(
        comparison, (LoomStep){.verb = LOOM_STEP_CREATE, .to = to, .cost = LOOM_COST_REPLACE});
}

/* Whether FROM may become TO at all; else with a finding. */
static gboolean
may_change(LoomComparison *comparison, const LoomRecord *from, const LoomRecord *to,
           guint64 changed)
{
    g_autofree char *key = loom_record_key(to);
    const char *noun = _(to->kind->noun);

    if (is_ours(to) && !is_ours(from)) {
        loom_comparison_refuse(
            comparison, LOOM_SEVERITY_ERROR, to,
            _("%s '%s' exists and is not virt-loom's, so it was left alone: remove or rename it, "
              "or give ours another name in the fabric"),
            noun, key);
        return FALSE;
    }
    if (loom_comparison_cost_of(from, changed) == LOOM_COST_REPLACE) {
        loom_comparison_refuse(
            comparison, LOOM_SEVERITY_ERROR, to,
            _("%s '%s' is of another kind than wanted, and is not virt-loom's to replace"), noun,
            key);
        return FALSE;
    }
    return to->kind != &loom_link_kind ||
           loom_comparison_may_take(comparison, (const LoomLink *)from, (const LoomLink *)to,
                                    changed);
}

static void
change(LoomComparison *comparison, const LoomRecord *from, const LoomRecord *to)
{
    guint64 changed = changes(comparison, from, to);
    LoomCost cost = loom_comparison_cost_of(from, changed);

    if (!may_change(comparison, from, to, changed) ||
        (!changed && (!to->kind->child_count || loom_record_agrees(from, to))))
        return;
    loom_comparison_add_step(
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
compare_wanted(LoomComparison *comparison, const Owned *owned, const char *key,
               const LoomRecord *to)
{
    const LoomRecord *from = g_hash_table_lookup(owned->from, key);

    if (loom_comparison_is_others(to))
        g_hash_table_add(comparison->alone, g_strdup(key));
    else if (from && g_hash_table_contains(owned->replaced, key))
        replace(comparison, from, to, key);
    else if (from)
        change(comparison, from, to);
    else if (is_ours(to))
        loom_comparison_add_step(comparison, (LoomStep){.verb = LOOM_STEP_CREATE, .to = to});
    else
        loom_comparison_refuse(comparison, LOOM_SEVERITY_ERROR, to,
                               _("%s '%s' does not exist here, and is not for virt-loom to make"),
                               _(to->kind->noun), key);
}

static void
keep(LoomComparison *comparison, const LoomRecord *from, const char *key, const char *users)
{
    g_ptr_array_add(comparison->plan->kept, (gpointer)from);
    if (from->kind == &loom_link_kind)
        loom_comparison_refuse(
            comparison, LOOM_SEVERITY_WARNING, from,
            _("link '%s' is no longer wanted, but kept until this is out of it: %s"), key, users);
    else
        loom_comparison_refuse(
            comparison, LOOM_SEVERITY_WARNING, from,
            _("network '%s' is no longer wanted, but kept until these guests are gone: %s"), key,
            users);
}

static void
compare_unwanted(LoomComparison *comparison, const char *key, const LoomRecord *from)
{
    g_autofree char *users = NULL;

    if (!is_ours(from))
        return;
    users = users_of(comparison, from);
    if (users) {
        keep(comparison, from, key, users);
        return;
    }
    loom_comparison_add_step(comparison, (LoomStep){.verb = LOOM_STEP_DELETE, .from = from});
    if (from->kind == &loom_link_kind)
        g_hash_table_add(comparison->gone, g_strdup(key));
}

/* Takes NICs that TO does not name out of links of ours: the kernel would leave them down. */
static void
release_nics(LoomComparison *comparison)
{
    const GPtrArray *links = comparison->from->links;

    for (guint i = 0; i < links->len; i++) {
        const LoomLink *link = links->pdata[i];
        LoomLink *released;

        if (link->ours || link->kind != LOOM_LINK_PHYSICAL || !link->master ||
            g_hash_table_contains(comparison->links.to, link->name) ||
            (g_hash_table_contains(comparison->gone, link->master) &&
             g_hash_table_contains(comparison->links.to, link->master)) ||
            g_hash_table_contains(comparison->alone, link->master) ||
            !loom_comparison_is_ours(comparison->links.from, link->master))
            continue;
        released = loom_record_new(&loom_link_kind);
        LOOM_SET(released, name, link->name);
        LOOM_SET_NUMBER(released, kind, link->kind);
        LOOM_SET_NUMBER(released, up, link->up);
        g_ptr_array_add(comparison->plan->made, released);
        change(comparison, &link->record, &released->record);
    }
}

/* Links and networks: records that say themselves whose they are. */
static void
compare_owned(LoomComparison *comparison, const LoomKind *kind)
{
    const GPtrArray *from_list = loom_host_list(comparison->from, kind);
    const GPtrArray *to_list = loom_host_list(comparison->to, kind);
    g_autoptr(GHashTable) from = loom_comparison_by_key(from_list);
    g_autoptr(GHashTable) to = loom_comparison_by_key(to_list);
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

/* Links decide what happens to all that hangs on them, so they are compared first. */
static void
compare_kinds(LoomComparison *comparison)
{
    for (size_t i = 0; comparison->kinds[i]; i++)
        if (comparison->kinds[i] == &loom_link_kind)
            compare_owned(comparison, comparison->kinds[i]);
    comparison->turns = loom_turns_new(comparison->plan->steps, comparison->from, comparison->to);
    for (size_t i = 0; comparison->kinds[i]; i++) {
        const LoomKind *kind = comparison->kinds[i];

        if (kind == &loom_link_kind || !loom_order_knows(kind))
            continue;
        if (loom_kind_find_attribute(kind, "ours"))
            compare_owned(comparison, kind);
        else
            loom_comparison_compare_hanging(comparison, kind);
    }
    if (loom_comparison_is_about(comparison, &loom_dhcp_kind) &&
        loom_comparison_is_about(comparison, &loom_address_kind))
        loom_comparison_carry_leases(comparison);
}

LoomPlan *
loom_plan_compare(const LoomHost *from, const LoomHost *to, const LoomKind *const *kinds,
                  LoomReport *report)
{
    g_autoptr(GHashTable) from_links = loom_comparison_by_key(from->links);
    g_autoptr(GHashTable) to_links = loom_comparison_by_key(to->links);
    g_autoptr(GHashTable) gone = name_set();
    g_autoptr(GHashTable) down = name_set();
    g_autoptr(GHashTable) moved = name_set();
    g_autoptr(GHashTable) alone = name_set();
    LoomPlan *plan = g_new0(LoomPlan, 1);
    LoomComparison comparison = {
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
    loom_comparison_find_users(&comparison);
    compare_kinds(&comparison);
    loom_order_sort(plan->steps, &comparison.links, comparison.turns);
    loom_comparison_free_users(&comparison);
    g_hash_table_unref(comparison.turns);
    return plan;
}
