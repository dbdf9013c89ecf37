/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans for people: a step as a line, and its differences. */
#include "base/i18n.h"
#include "plan/comparison.h"

#include <string.h>

const char *
loom_verb_format(LoomVerb verb)
{
    static const char *const words[] = {"create", "change", "delete"};

    return words[verb];
}

const char *
loom_cost_format(LoomCost cost)
{
    static const char *const words[] = {"live", "down", "replace"};

    return words[cost];
}

/* The kernel knows no names of classes. */
static char *
name_class(const LoomClass *class)
{
    const char *name = class->name ? class->name : class->port;

    return name ? g_strdup(name) : g_strdup_printf("%" G_GUINT64_FORMAT, class->priority);
}

/* What RECORD is called beside the link on which it hangs; NULL: it has no other name. */
static char *
name_on_link(const LoomRecord *record)
{
    const LoomAddress *address = (const LoomAddress *)record;
    const LoomRoute *route = (const LoomRoute *)record;

    if (record->kind == &loom_address_kind)
        return g_strdup_printf("%s/%" G_GUINT64_FORMAT, address->address, address->prefix);
    if (record->kind == &loom_route_kind)
        return route->gateway ? g_strdup_printf("%s via %s", route->destination, route->gateway)
                              : g_strdup(route->destination);
    if (record->kind == &loom_neighbour_kind)
        return g_strdup(((const LoomNeighbour *)record)->address);
    if (record->kind == &loom_manager_kind)
        return g_strdup(((const LoomManager *)record)->name);
    return record->kind == &loom_class_kind ? name_class((const LoomClass *)record) : NULL;
}

char *
loom_step_describe_record(const LoomStep *step)
{
    const LoomRecord *record = step->to ? step->to : step->from;
    const char *noun = _(step->kind->noun), *link = loom_comparison_link_of(record);
    g_autofree char *name = name_on_link(record);

    return !link  ? g_strdup_printf("%s '%s'", noun, step->key)
           : name ? g_strdup_printf(_("%s '%s' on '%s'"), noun, name, link)
                  : g_strdup_printf(_("%s of '%s'"), noun, link);
}

static char *
describe_manager(const LoomStep *step, const LoomManager *manager)
{
    return step->verb == LOOM_STEP_DELETE
               ? g_strdup_printf(_("take link '%s' over from %s"), manager->link, manager->name)
               : g_strdup_printf(_("give link '%s' back to %s"), manager->link, manager->name);
}

char *
loom_step_describe(const LoomStep *step)
{
    g_autofree char *what = loom_step_describe_record(step);

    if (step->kind == &loom_manager_kind)
        return describe_manager(step, (const LoomManager *)(step->to ? step->to : step->from));
    switch (step->verb) {
    case LOOM_STEP_CREATE:
        return g_strdup_printf(_("create %s"), what);
    case LOOM_STEP_CHANGE:
        return g_strdup_printf(_("change %s"), what);
    default:
        return g_strdup_printf(_("delete %s"), what);
    }
}

void
loom_difference_free(LoomDifference *difference)
{
    if (!difference)
        return;
    g_free(difference->name);
    g_free(difference->from);
    g_free(difference->to);
    g_free(difference);
}

static char *
value_of(const LoomRecord *record, size_t index)
{
    return record && record->present >> index & 1
               ? loom_record_get(record, &record->kind->attributes[index])
               : NULL;
}

/* Those of one record alone; FROM or TO may be NULL. PREFIX is "" but for children. */
static void
add_attributes(GPtrArray *differences, const char *prefix, const LoomRecord *from,
               const LoomRecord *to)
{
    const LoomKind *kind = (to ? to : from)->kind;
    guint64 differs = from && to ? loom_record_differs(from, to) : (to ? to : from)->present;

    for (size_t i = 0; i < kind->attribute_count; i++) {
        LoomDifference *difference;

        if (!(differs >> i & 1) || kind->attributes[i].flags & LOOM_INFORMATIVE)
            continue;
        difference = g_new0(LoomDifference, 1);
        difference->name = g_strconcat(prefix, kind->attributes[i].name, NULL);
        difference->from = value_of(from, i);
        difference->to = value_of(to, i);
        g_ptr_array_add(differences, difference);
    }
}

static const LoomRecord *
find_child(const LoomRecord *record, const LoomChild *child, const char *key)
{
    LoomRecords records = record ? loom_record_children(record, child) : (LoomRecords){NULL, 0};

    for (size_t i = 0; i < records.length; i++) {
        g_autofree char *found = loom_record_key(records.items[i]);

        if (g_str_equal(found, key))
            return records.items[i];
    }
    return NULL;
}

/* Those of all children: first of those that TO has, then of those that it lacks. */
static void
add_children(GPtrArray *differences, const LoomRecord *from, const LoomRecord *to,
             const LoomChild *child)
{
    const LoomRecord *sides[] = {to, from};

    for (size_t side = 0; side < G_N_ELEMENTS(sides); side++) {
        LoomRecords records =
            sides[side] ? loom_record_children(sides[side], child) : (LoomRecords){NULL, 0};

        for (size_t i = 0; i < records.length; i++) {
            g_autofree char *key = loom_record_key(records.items[i]);
            g_autofree char *prefix = g_strdup_printf("%s '%s' ", child->kind->element, key);
            const LoomRecord *before = find_child(from, child, key);
            const LoomRecord *after = find_child(to, child, key);

            if (sides[side] == to || !after)
                add_attributes(differences, prefix, before, after);
        }
    }
}

GPtrArray *
loom_step_differences(const LoomStep *step)
{
    GPtrArray *differences = g_ptr_array_new_with_free_func((GDestroyNotify)loom_difference_free);

    add_attributes(differences, "", step->from, step->to);
    for (size_t i = 0; i < step->kind->child_count; i++)
        add_children(differences, step->from, step->to, &step->kind->children[i]);
    return differences;
}
