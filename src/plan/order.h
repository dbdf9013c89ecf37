/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of a plan's steps: one table. Of plan/ alone. */
#pragma once

#include "plan/plan.h"

/* Links by name (of LoomLink), as they are and as wanted. */
typedef struct {
    GHashTable *from, *to;
} LoomLinkTables;

/* When it is a link's turn to be changed, and that of what hangs on it. */
typedef enum {
    LOOM_TURN_USUAL = 1 << 0,
    LOOM_TURN_BACK = 1 << 1,    /* a NIC that leaves its master and gets addresses of its own */
    LOOM_TURN_FORMER = 1 << 2,  /* had an address that such a NIC gets */
    LOOM_TURN_SPARE = 1 << 3,   /* a NIC that gets a master and carries nothing until then */
    LOOM_TURN_CARRIER = 1 << 4, /* a NIC that changes its master, and carries something until then;
                                   or has an address that another link gets */
    LOOM_TURN_LEAVING = 1 << 5, /* a NIC that leaves its master, and gets nothing */
} LoomTurn;

/* The turns of links by name; those that are not in it have the usual one. */
typedef GHashTable *LoomTurns;

/* Of the links of two hosts between which STEPS lead, those of links at least. */
LoomTurns loom_turns_new(const GPtrArray *steps, const LoomHost *from, const LoomHost *to);
LoomTurn loom_turns_get(LoomTurns turns, const char *link);

/* Whether a plan can have steps of KIND at all. */
gboolean loom_order_knows(const LoomKind *kind);

/* Sorts STEPS into the order in which they can run; the same for the same steps. */
void loom_order_sort(GPtrArray *steps, const LoomLinkTables *links, LoomTurns turns);
