/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of a plan's steps: one table. Of plan/ alone. */
#pragma once

#include "plan/plan.h"

/* Links by name (of LoomLink), as they are and as wanted. */
typedef struct {
    GHashTable *from, *to;
} LoomLinkTables;

/* Whether a plan can have steps of KIND at all. */
gboolean loom_order_knows(const LoomKind *kind);

/* Sorts STEPS into the order in which they can run; the same for the same steps. */
void loom_order_sort(GPtrArray *steps, const LoomLinkTables *links);
