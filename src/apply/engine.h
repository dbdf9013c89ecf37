/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of a transaction share. Of apply/ alone. */
#pragma once

#include "apply/apply.h"
#include "apply/state.h"

struct LoomApply {
    GPtrArray *backends;
    GPtrArray *kinds; /* of all backends, NULL-terminated */
    char *words;      /* their elements, for what is observed */
    LoomState *state;
    char *rundir, *request; /* the file of a request */
    LoomHost *last;         /* as a run saw it at its end */
    GPtrArray *targets;     /* reduced, of plans that were handed out */
    LoomApplyProgress progress;
    gpointer progress_data;
    LoomProber prober;
    LoomClock clock;
    guint confirm;         /* seconds */
    gboolean is_reverting; /* and so cannot be asked to go back */
};

/* A target as far as it can be set here, the host as it is, and what differs. */
typedef struct {
    LoomHost *target, *observed;
    LoomPlan *plan;
} LoomView;
void loom_view_clear(LoomView *view);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoomView, loom_view_clear)

gboolean loom_apply_look(LoomApply *apply, const LoomHost *target, LoomReport *report,
                         LoomView *view, GError **error);

/* The first finding that is an error, at or after START; NULL: there is none. */
const LoomFinding *loom_apply_first_error(const LoomReport *report, size_t start);

void loom_apply_tell(const LoomApply *apply, LoomApplyPhase phase, const LoomStep *step,
                     size_t done, size_t total);
void loom_apply_keep_last(LoomApply *apply, LoomHost *observed);

/* Whether a revert was asked for; then with the error that says so. */
gboolean loom_apply_is_asked_back(const LoomApply *apply, GError **error);
/* What is asked for, or none. */
LoomRequest loom_apply_read_request(const LoomApply *apply);
gboolean loom_apply_drop_request(LoomApply *apply, GError **error);

gboolean loom_apply_run_step(LoomApply *apply, const LoomStep *step, GError **error);
/* The first that fails ends it. */
gboolean loom_apply_run_all(LoomApply *apply, const LoomPlan *plan, GError **error);
/*
 * Runs PLAN as far as it gets: what one step cannot do must not keep the others from it. Returns
 * the first error, or NULL.
 */
GError *loom_apply_run_most(LoomApply *apply, const LoomPlan *plan, LoomApplyPhase phase);
gboolean loom_apply_finish(LoomApply *apply, const LoomHost *target, GError **error);

/* Observes again, until nothing is left to do, or what settles has had its time. */
gboolean loom_apply_verify(LoomApply *apply, const LoomHost *target, GError **error);
gboolean loom_apply_probe(LoomApply *apply, const LoomHost *target, GError **error);
gboolean loom_apply_await_confirmation(LoomApply *apply, GError **error);

/* Makes the host what SNAPSHOT says, which is then dropped; slices are COMMITTED's (NULL: none). */
gboolean loom_apply_go_back(LoomApply *apply, const LoomHost *snapshot, const LoomHost *committed,
                            size_t *steps, GError **error);
/* The slices of COMMITTED; without one, of what TARGET has; what PLAN keeps keeps its. */
gboolean loom_apply_restore_slices(LoomApply *apply, const LoomHost *target,
                                   const LoomHost *committed, const LoomPlan *plan, GError **error);
