/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A comparison of two hosts in progress: what all parts of it need. Of plan/ alone. */
#pragma once

#include "plan/order.h"

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
} LoomComparison;

/* The attribute of that name, or NULL. */
const LoomAttribute *loom_kind_find_attribute(const LoomKind *kind, const char *name);

/* The name of the link on which RECORD hangs; NULL: on none. */
const char *loom_comparison_link_of(gconstpointer record);

/* RECORDS by their keys; owned by the caller. */
GHashTable *loom_comparison_by_key(const GPtrArray *records);

/* Whether LINKS (by name) has one of that name that is ours. */
gboolean loom_comparison_is_ours(GHashTable *links, const char *name);

/* What it costs to change these attributes of FROM. */
LoomCost loom_comparison_cost_of(const LoomRecord *from, guint64 changed);

/* Adds STEP, of which kind and key are filled in. */
void loom_comparison_add_step(LoomComparison *comparison, LoomStep step);

/* Addresses, routes, classes or ports; after the links. */
void loom_comparison_compare_hanging(LoomComparison *comparison, const LoomKind *kind);
