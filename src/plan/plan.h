/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs between two hosts, in which order it is changed, and what that costs. */
#pragma once

#include "host/host.h"

/* What a change costs those who use the thing; ordered. In the attribute tables: .cost. */
typedef enum {
    LOOM_COST_LIVE,    /* nobody notices */
    LOOM_COST_DOWN,    /* the link goes down and up */
    LOOM_COST_REPLACE, /* it is deleted and made again */
} LoomCost;

typedef enum { LOOM_STEP_CREATE, LOOM_STEP_CHANGE, LOOM_STEP_DELETE } LoomVerb;

/* One ordered change of one record. */
typedef struct {
    LoomVerb verb;
    const LoomKind *kind;
    char *key;
    const LoomRecord *from; /* as it is; NULL: to be created. Borrowed from the compared hosts. */
    const LoomRecord *to;   /* as wanted; NULL: to be deleted */
    guint64 changed;        /* attributes, by bit (see loom_record_differs()) */
    LoomCost cost;
} LoomStep;

typedef struct {
    GPtrArray *steps; /* of LoomStep, in the order in which they run */
} LoomPlan;

/*
 * The steps that make FROM agree with TO, pure: nothing is read but the two hosts, which must
 * outlive the plan. KINDS (NULL-terminated) bounds what is looked at. Only what TO states is
 * walked. Deleted is only what FROM has as ours and TO has not. Something foreign where TO wants
 * ours is a finding (error) in REPORT and no step; a network of ours that TO lacks but running
 * guests use is a finding (warning) that names it and them, and no step: it is kept until they are
 * gone.
 */
LoomPlan *loom_plan_compare(const LoomHost *from, const LoomHost *to, const LoomKind *const *kinds,
                            LoomReport *report);
void loom_plan_free(LoomPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomPlan, loom_plan_free)

/* "create network 'Cernet Network'": one line for a person, translated; owned by the caller. */
char *loom_step_describe(const LoomStep *step);

/* The untranslated words: create, change, delete; live, down, replace. */
const char *loom_verb_format(LoomVerb verb);
const char *loom_cost_format(LoomCost cost);

/* An attribute (or child record) of a changed record that differs; values as written, NULL: none.
 */
typedef struct {
    char *name; /* 'bridge', or "portgroup 'Public' outaverage" */
    char *from, *to;
} LoomDifference;
void loom_difference_free(LoomDifference *difference);

/* All differences of a step, of LoomDifference, children included. For plan, status and JSON. */
GPtrArray *loom_step_differences(const LoomStep *step);
