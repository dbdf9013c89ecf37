/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One transaction over all backends: all of a host's change, or nothing of it. */
#pragma once

#include "plan/backend.h"

/*
 * Theory of operation
 *
 *     lock, finish what a killed run left, observe, compare, save the snapshot, write the hooks'
 *     slices, run, observe, compare (must be empty), commit
 *
 * There is no undo code: a failure at any point observes again and runs compare(now, snapshot), as
 * far as it gets, and whether that brought the host back is read again. The snapshot is on disk,
 * synced, before the first change; its removal is what commits (see apply/state.h). A run that was
 * killed in between is found by its snapshot, and the next run first goes back to it (same boot),
 * or only forgets it (another boot: what it described is gone with the kernel). Where there is
 * nothing to change there is no snapshot, and only files that are missing or differ are written.
 */
typedef struct LoomApply LoomApply;

typedef enum {
    LOOM_APPLY_OBSERVING,
    LOOM_APPLY_RUNNING, /* STEP of STEPS begins */
    LOOM_APPLY_VERIFYING,
    LOOM_APPLY_REVERTING,
    LOOM_APPLY_COMMITTING,
} LoomApplyPhase;

/* Tells how far it is, for a progress line. STEP is NULL but while running and reverting. */
typedef void (*LoomApplyProgress)(LoomApplyPhase phase, const LoomStep *step, size_t done,
                                  size_t total, gpointer data);

/*
 * BACKENDS are borrowed and run in that order of steps that the plan gives. STATEDIR holds lock,
 * snapshot.xml, verified.xml and committed.xml (/var/lib/virt-loom), RUNDIR the hooks' slices
 * (/run/virt-loom); NULL: $VIRT_LOOM_STATEDIR and $VIRT_LOOM_RUNDIR, or as configured.
 */
LoomApply *loom_apply_new(GPtrArray *backends, const char *statedir, const char *rundir);
void loom_apply_free(LoomApply *apply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomApply, loom_apply_free)
void loom_apply_set_progress(LoomApply *apply, LoomApplyProgress progress, gpointer data);

/*
 * Observes, and compares with DESIRED; *OBSERVED (owned by the caller) must outlive the plan.
 * Findings as of loom_plan_compare(). Reads only.
 */
LoomPlan *loom_apply_plan(LoomApply *apply, const LoomHost *desired, LoomHost **observed,
                          LoomReport *report, GError **error);

/*
 * Makes the host agree with DESIRED, or leaves it as it was. *STEPS: how many changes were made; 0:
 * it agreed already, and nothing but missing state files was written. An error of the plan
 * (something foreign in the way) is LOOM_ERROR_CONFLICT with the findings in REPORT, before
 * anything changed. LOOM_ERROR_BUSY names the holder of the lock. LOOM_ERROR_FAILED says what
 * failed and whether the host is as before. What was kept for running guests stays in the committed
 * host and the slices.
 */
gboolean loom_apply_run(LoomApply *apply, const LoomHost *desired, size_t *steps,
                        LoomReport *report, GError **error);

/* The host as the last successful run saw it at its end; borrowed. NULL: none was. */
const LoomHost *loom_apply_get_last(const LoomApply *apply);

/* The committed host, or NULL (without an error where none was ever committed). */
LoomHost *loom_apply_load_committed(LoomApply *apply, GError **error);
