/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of a plan's steps: one table. */
#include "plan/order.h"

#include <stdlib.h>
#include <string.h>

#define MASTERS_MAX 16 /* the kernel's MAX_NEST_DEV is 8: more is a circle */

/*
 * What carries others is made first and deleted last. Classes come before the ports that use them,
 * and ports before addresses: an address without a VLAN announces itself to nobody. What is made
 * again is deleted before anything else, so that its name is free. A network is changed before
 * others are made, which may take over what it gives up.
 */
static const struct {
    const LoomKind *kind;
    unsigned create, change, delete, replaced;
} order[] = {
    {&loom_network_kind, .replaced = 0, .change = 12, .create = 13, .delete = 14},
    {&loom_link_kind, .replaced = 1, .create = 2, .change = 3, .delete = 19},
    {&loom_class_kind, .create = 4, .change = 5, .delete = 18},
    {&loom_port_kind, .create = 6, .change = 7, .delete = 17},
    {&loom_address_kind, .create = 8, .change = 9, .delete = 16},
    {&loom_route_kind, .create = 10, .change = 11, .delete = 15},
};

typedef struct {
    LoomStep *step;
    unsigned rank;
    unsigned depth;
} Place;

static unsigned
rank(const LoomStep *step)
{
    size_t i = 0;

    while (order[i].kind != step->kind)
        i++;
    switch (step->verb) {
    case LOOM_STEP_CREATE:
        return order[i].create;
    case LOOM_STEP_CHANGE:
        return order[i].change;
    default:
        return step->cost == LOOM_COST_REPLACE ? order[i].replaced : order[i].delete;
    }
}

static unsigned
count_masters(GHashTable *links, const LoomLink *link)
{
    unsigned count = 0;

    while (link && link->master && count < MASTERS_MAX) {
        link = g_hash_table_lookup(links, link->master);
        count++;
    }
    return count;
}

/* Within one rank: masters before their members, or after them; on-link routes before gateways. */
static unsigned
depth(const LoomStep *step, const LoomLinkTables *links)
{
    if (step->kind == &loom_route_kind) {
        const LoomRoute *route = (const LoomRoute *)(step->to ? step->to : step->from);

        return (route->gateway != NULL) == (step->to != NULL);
    }
    if (step->kind != &loom_link_kind)
        return 0;
    return step->to ? count_masters(links->to, (const LoomLink *)step->to)
                    : MASTERS_MAX - count_masters(links->from, (const LoomLink *)step->from);
}

static int
place_compare(gconstpointer a, gconstpointer b)
{
    const Place *one = a, *other = b;

    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    if (one->depth != other->depth)
        return one->depth < other->depth ? -1 : 1;
    return strcmp(one->step->key, other->step->key);
}

gboolean
loom_order_knows(const LoomKind *kind)
{
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        if (order[i].kind == kind)
            return TRUE;
    return FALSE;
}

void
loom_order_sort(GPtrArray *steps, const LoomLinkTables *links)
{
    g_autofree Place *places = g_new(Place, steps->len + 1);

    for (guint i = 0; i < steps->len; i++) {
        LoomStep *step = steps->pdata[i];

        places[i] = (Place){step, rank(step), depth(step, links)};
    }
    qsort(places, steps->len, sizeof *places, place_compare);
    for (guint i = 0; i < steps->len; i++)
        steps->pdata[i] = places[i].step;
}
