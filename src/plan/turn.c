/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which links carry something that others need, and when it is their turn to change. */
#include "plan/comparison.h"

typedef struct {
    const GPtrArray *steps;
    const LoomHost *from, *to;
    GHashTable *receiving; /* links that TO gives addresses */
    GHashTable *wanted;    /* the link on which TO has an address, by that */
    GHashTable *inherited; /* NICs whose place another link takes */
    GHashTable *remade;    /* links that are deleted first of all, and made again */
    LoomTurns turns;
} Search;

/* Addresses that the kernel makes and takes by itself are nobody's way in. */
static gboolean
is_kernels(const LoomAddress *address)
{
    return g_strcmp0(address->origin, "kernel") == 0;
}

static void
set_turn(Search *search, const char *link, LoomTurn turn)
{
    if (loom_turns_get(search->turns, link) == LOOM_TURN_USUAL)
        g_hash_table_insert(search->turns, g_strdup(link), GUINT_TO_POINTER(turn));
}

/* STEP as one that changes the master of a NIC, or NULL. */
static const LoomLink *
moving_nic(const LoomStep *step)
{
    const LoomLink *from = (const LoomLink *)step->from, *to = (const LoomLink *)step->to;

    return step->kind == &loom_link_kind && step->verb == LOOM_STEP_CHANGE &&
                   to->kind == LOOM_LINK_PHYSICAL &&
                   (g_strcmp0(from->master, to->master) != 0 || step->cost == LOOM_COST_DOWN)
               ? to
               : NULL;
}

/* Where TO has which address; a NIC that leaves its master for one gets it before all others. */
static void
find_wanted(Search *search)
{
    for (guint i = 0; i < search->to->addresses->len; i++) {
        const LoomAddress *address = search->to->addresses->pdata[i];

        if (!is_kernels(address))
            g_hash_table_add(search->receiving, address->link);
    }
    for (guint i = 0; i < search->steps->len; i++) {
        const LoomStep *step = search->steps->pdata[i];
        const LoomLink *nic = moving_nic(step);

        if (step->kind == &loom_link_kind && step->verb == LOOM_STEP_DELETE &&
            step->cost == LOOM_COST_REPLACE)
            g_hash_table_add(search->remade, step->key);
        if (nic && !nic->master && g_hash_table_contains(search->receiving, nic->name))
            set_turn(search, nic->name, LOOM_TURN_BACK);
    }
    for (guint i = 0; i < search->to->addresses->len; i++) {
        const LoomAddress *address = search->to->addresses->pdata[i];
        const char *other = g_hash_table_lookup(search->wanted, address->address);

        if (!is_kernels(address) &&
            !(other && loom_turns_get(search->turns, other) == LOOM_TURN_BACK))
            g_hash_table_insert(search->wanted, address->address, address->link);
    }
    for (guint i = 0; i < search->to->links->len; i++) {
        const LoomLink *link = search->to->links->pdata[i];

        if (link->inherit)
            g_hash_table_add(search->inherited, link->inherit);
    }
}

/* Links that lose an address to another. */
static void
find_givers(Search *search)
{
    for (guint i = 0; i < search->from->addresses->len; i++) {
        const LoomAddress *address = search->from->addresses->pdata[i];
        const char *taker = g_hash_table_lookup(search->wanted, address->address);

        if (is_kernels(address) || g_hash_table_contains(search->remade, address->link))
            continue;
        if (taker && !g_str_equal(taker, address->link))
            set_turn(search, address->link,
                     loom_turns_get(search->turns, taker) == LOOM_TURN_BACK ? LOOM_TURN_FORMER
                                                                            : LOOM_TURN_CARRIER);
        else if (g_hash_table_contains(search->inherited, address->link))
            set_turn(search, address->link, LOOM_TURN_CARRIER);
    }
}

/* The other NICs that change their master: those in one already carry what is above it. */
static void
find_nics(Search *search)
{
    for (guint i = 0; i < search->steps->len; i++) {
        const LoomStep *step = search->steps->pdata[i];
        const LoomLink *nic = moving_nic(step), *from = (const LoomLink *)step->from;

        if (!nic)
            continue;
        if (from->master && !g_hash_table_contains(search->remade, from->master))
            set_turn(search, nic->name, nic->master ? LOOM_TURN_CARRIER : LOOM_TURN_LEAVING);
        else if (nic->master)
            set_turn(search, nic->name, LOOM_TURN_SPARE);
    }
}

LoomTurns
loom_turns_new(const GPtrArray *steps, const LoomHost *from, const LoomHost *to)
{
    g_autoptr(GHashTable) receiving = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) inherited = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) remade = g_hash_table_new(g_str_hash, g_str_equal);
    Search search = {
        .steps = steps,
        .from = from,
        .to = to,
        .receiving = receiving,
        .wanted = wanted,
        .inherited = inherited,
        .remade = remade,
        .turns = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };

    find_wanted(&search);
    find_givers(&search);
    find_nics(&search);
    return search.turns;
}

LoomTurn
loom_turns_get(LoomTurns turns, const char *link)
{
    guint turn = link ? GPOINTER_TO_UINT(g_hash_table_lookup(turns, link)) : 0;

    return turn ? (LoomTurn)turn : LOOM_TURN_USUAL;
}
