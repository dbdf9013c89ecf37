/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of a plan's steps: one table. */
#include "plan/order.h"

#include "plan/comparison.h"

#include <stdlib.h>
#include <string.h>

#define MASTERS_MAX 16 /* the kernel's MAX_NEST_DEV is 8: more is a circle */

/*
 * Theory of operation
 *
 * Steps run in the order of the rows below. What carries others is made first and deleted last.
 * Classes come before the ports that use them, and ports before addresses: an address without a
 * VLAN announces itself to nobody. What is made again is deleted before anything else, so that its
 * name is free. A network is changed before others are made, which may take over what it gives up.
 *
 * And the way in must never be lost for longer than one link needs to go down and up. So, where a
 * NIC has the address that a vNIC is to get, all is built on the NICs that nobody needs so far
 * (spares). Only when the vNIC has the address and its routes does the NIC (carrier) lose them and
 * follow into the team: until then the NIC carries the address, and after that a spare does. There
 * it must have lost them: an address on a NIC in a team answers nobody, and keeps others from
 * answering. Without a spare the same order leaves a gap of just that: address off, NIC in. A NIC
 * that leaves a team for good leaves when those have come that stay.
 *
 * The way back is the mirror: the NIC leaves the team, which the others go on carrying, gets its
 * address and routes, they are taken from where they were, and then the rest is torn down.
 *
 * What a router advertises goes last of a NIC's addresses, since it would come back to one without
 * a master. Somebody else's hands are off a link (manager) before any of this, or they would bring
 * back what is taken, and on it again when all of this is over. A DHCP client asks when its answer
 * can come.
 */
enum { CREATE = 1 << 0, CHANGE = 1 << 1, DELETE = 1 << 2, REMAKE = 1 << 3, PUT = CREATE | CHANGE };
enum {
    BACK = LOOM_TURN_BACK,
    FORMER = LOOM_TURN_FORMER,
    SPARE = LOOM_TURN_SPARE,
    CARRIER = LOOM_TURN_CARRIER,
    LEAVING = LOOM_TURN_LEAVING,
    ANY = ~0u,
    EARLY = ANY & ~(CARRIER | LEAVING),
};

static const struct {
    const LoomKind *kind;
    unsigned acts, turns;
} order[] = {
    {&loom_network_kind, REMAKE, ANY},
    {&loom_manager_kind, CHANGE | DELETE, ANY},
    {&loom_dhcp_kind, DELETE, ANY},
    {&loom_link_kind, REMAKE, ANY},
    /* the way back */
    {&loom_link_kind, CHANGE, BACK},
    {&loom_address_kind, PUT, BACK},
    {&loom_route_kind, PUT, BACK},
    {&loom_neighbour_kind, PUT, BACK},
    {&loom_route_kind, DELETE, FORMER},
    {&loom_address_kind, DELETE, FORMER},
    /* all that can be built beside what carries so far */
    {&loom_link_kind, CREATE, ANY},
    {&loom_route_kind, DELETE, SPARE},
    {&loom_neighbour_kind, DELETE, SPARE},
    {&loom_address_kind, DELETE, SPARE},
    {&loom_link_kind, CHANGE, EARLY},
    {&loom_class_kind, PUT, ANY},
    {&loom_port_kind, PUT, EARLY},
    {&loom_address_kind, PUT, EARLY},
    {&loom_route_kind, PUT, EARLY},
    {&loom_neighbour_kind, PUT, EARLY},
    /* what carried so far */
    {&loom_route_kind, DELETE, CARRIER},
    {&loom_neighbour_kind, DELETE, CARRIER},
    {&loom_address_kind, DELETE, CARRIER},
    {&loom_link_kind, CHANGE, CARRIER},
    {&loom_port_kind, PUT, CARRIER},
    {&loom_address_kind, PUT, CARRIER},
    {&loom_route_kind, PUT, CARRIER},
    {&loom_neighbour_kind, PUT, CARRIER},
    {&loom_link_kind, CHANGE, LEAVING},
    {&loom_route_kind, PUT, LEAVING},
    {&loom_neighbour_kind, PUT, LEAVING},
    {&loom_dhcp_kind, PUT, ANY},
    /* the rest */
    {&loom_neighbour_kind, DELETE, ANY},
    {&loom_route_kind, DELETE, ANY},
    {&loom_address_kind, DELETE, ANY},
    {&loom_network_kind, CHANGE, ANY},
    {&loom_network_kind, CREATE, ANY},
    {&loom_network_kind, DELETE, ANY},
    {&loom_port_kind, DELETE, ANY},
    {&loom_class_kind, DELETE, ANY},
    {&loom_link_kind, DELETE, ANY},
    {&loom_qemu_setting_kind, PUT | DELETE | REMAKE, ANY},
    {&loom_manager_kind, CREATE, ANY},
};

typedef struct {
    LoomStep *step;
    unsigned rank;
    unsigned depth;
} Place;

static unsigned
act_of(const LoomStep *step)
{
    switch (step->verb) {
    case LOOM_STEP_CREATE:
        return CREATE;
    case LOOM_STEP_CHANGE:
        return CHANGE;
    default:
        return step->cost == LOOM_COST_REPLACE ? REMAKE : DELETE;
    }
}

static LoomTurn
turn_of(const LoomStep *step, LoomTurns turns)
{
    const LoomRecord *record = step->to ? step->to : step->from;

    if (step->kind == &loom_link_kind)
        return loom_turns_get(turns, step->key);
    if (step->verb == LOOM_STEP_DELETE && g_strcmp0(loom_comparison_giver_of(record), "ra") == 0)
        return LOOM_TURN_USUAL;
    return loom_turns_get(turns, loom_comparison_link_of(record));
}

/* The first row that fits; of each kind the last ones fit any turn. */
static unsigned
rank(const LoomStep *step, LoomTurns turns)
{
    unsigned act = act_of(step), turn = turn_of(step, turns);
    unsigned i = 0;

    while (order[i].kind != step->kind || !(order[i].acts & act) || !(order[i].turns & turn))
        i++;
    return i;
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
loom_order_sort(GPtrArray *steps, const LoomLinkTables *links, LoomTurns turns)
{
    g_autofree Place *places = g_new(Place, steps->len + 1);

    for (guint i = 0; i < steps->len; i++) {
        LoomStep *step = steps->pdata[i];

        places[i] = (Place){step, rank(step, turns), depth(step, links)};
    }
    qsort(places, steps->len, sizeof *places, place_compare);
    for (guint i = 0; i < steps->len; i++)
        steps->pdata[i] = places[i].step;
}
