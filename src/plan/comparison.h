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
    LoomTurns turns;
    /* what is somebody else's, TO does not name, and a link is needed for; joined by ", ": */
    GHashTable *inside; /* by master: guests' taps and the like, but no NICs */
    GHashTable *above;  /* by parent: VLANs, macvtaps and the like */
    GHashTable *unsaid; /* by link: routes that could not be brought back */
    /* guests' vNICs whose device is in a link of others, joined so too, by that link */
    GHashTable *guests;
    GHashTable *routes;   /* of others, of LoomRoute, by the place that only one can have */
    GHashTable *refusals; /* why links cannot be taken over from their manager, by link */
} LoomComparison;

/* Adds a finding about RECORD, which is left alone then, and what hangs on it. */
void loom_comparison_refuse(LoomComparison *comparison, LoomSeverity severity,
                            const LoomRecord *record, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Fills inside, above, unsaid, guests, routes and refusals. */
void loom_comparison_find_users(LoomComparison *comparison);
void loom_comparison_free_users(LoomComparison *comparison);

/* The route of others whose place ROUTE would take, or NULL. */
const LoomRoute *
loom_comparison_find_displaced(const LoomComparison *comparison, const LoomRoute *route);

/* What a link of ours is needed for, if it is to be deleted; owned by the caller; NULL: nothing. */
char *loom_comparison_users_of(const LoomComparison *comparison, const LoomLink *link);

/*
 * Whether FROM, a link, may become TO by changing these attributes, as far as others are concerned:
 * who manages it, whose master it is in, what sits on it. Else with a finding.
 */
gboolean loom_comparison_may_take(LoomComparison *comparison, const LoomLink *from,
                                  const LoomLink *to, guint64 changed);

/* The attribute of that name, or NULL. */
const LoomAttribute *loom_kind_find_attribute(const LoomKind *kind, const char *name);

/* The name of the link on which RECORD hangs; NULL: on none. */
const char *loom_comparison_link_of(gconstpointer record);

/* Who else gives RECORD, an address or route, to its link: kernel, ra or dhcp; NULL: nobody. */
const char *loom_comparison_giver_of(gconstpointer record);

/* RECORDS by their keys; owned by the caller. */
GHashTable *loom_comparison_by_key(const GPtrArray *records);

/* Whether RECORD is a link of others that is no NIC: a guest's tap, a VLAN, a bridge. */
gboolean loom_comparison_is_others(gconstpointer record);

/* Whether LINKS (by name) has one of that name that is ours. */
gboolean loom_comparison_is_ours(GHashTable *links, const char *name);

/* What it costs to change these attributes of FROM. */
LoomCost loom_comparison_cost_of(const LoomRecord *from, guint64 changed);

/* Adds STEP, of which kind and key are filled in. */
void loom_comparison_add_step(LoomComparison *comparison, LoomStep step);

/*
 * What a NIC of FROM has by DHCP, for the link of TO that takes its place and asks by DHCP; after
 * the links and their turns.
 */
void loom_comparison_carry_leases(LoomComparison *comparison);

/* Whether the comparison is about KIND. */
gboolean loom_comparison_is_about(const LoomComparison *comparison, const LoomKind *kind);

/* What hangs on links, of one kind; after the links and their turns. */
void loom_comparison_compare_hanging(LoomComparison *comparison, const LoomKind *kind);
