/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One transaction over all backends: all of a host's change, or nothing of it. */
#pragma once

#include "plan/backend.h"

/*
 * Theory of operation
 *
 *     lock, finish what a killed run left, observe, compare, save the snapshot, write the hooks'
 *     slices, run, finish, observe, compare (must be empty), probe, wait for a confirmation (where
 *     one is asked for), commit
 *
 * There is no undo code: a failure at any point observes again and runs compare(now, snapshot), as
 * far as it gets, and whether that brought the host back is read again. The snapshot is on disk,
 * synced, before the first change; that it becomes previous.xml is what commits (see
 * apply/state.h). A run that was killed in between is found by its snapshot, and the next run first
 * goes back to it (same boot), or takes back what outlives a boot (managers' rules, networks), and
 * forgets it (another boot: what else it described is gone with the kernel). Where neither the host
 * nor what is committed changes, only files that are missing or differ are written.
 *
 * What no backend can set on this machine is taken out of a copy of any target before it is
 * compared; committed is the whole host. What settles (carrier, LACP, addresses that are still
 * tentative) is waited for, within bounds: an observation that differs is made again.
 */
typedef struct LoomApply LoomApply;

typedef enum {
    LOOM_APPLY_OBSERVING,
    LOOM_APPLY_RUNNING,    /* STEP begins, DONE of TOTAL are done */
    LOOM_APPLY_VERIFYING,  /* until nothing is left to do */
    LOOM_APPLY_PROBING,    /* DONE of TOTAL probes have been answered */
    LOOM_APPLY_CONFIRMING, /* waits for a confirmation; DONE of TOTAL seconds are over */
    LOOM_APPLY_REVERTING,  /* STEP, as in running */
    LOOM_APPLY_COMMITTING,
} LoomApplyPhase;

/* Tells how far it is, for a progress line. STEP is NULL but while running and reverting. */
typedef void (*LoomApplyProgress)(LoomApplyPhase phase, const LoomStep *step, size_t done,
                                  size_t total, gpointer data);

/*
 * Asks once what PROBE names, from the host as it was OBSERVED after the last step, and waits at
 * most MILLISECONDS for the answer. FALSE with an error: none came, or it could not be asked. It is
 * called again until the probe's settle time is over.
 */
typedef struct {
    gboolean (*probe)(const LoomHostProbe *probe, const LoomHost *observed, guint milliseconds,
                      gpointer data, GError **error);
    gpointer data;
} LoomProber;

/* Time, for those who cannot wait for it: milliseconds of a clock that never goes back. */
typedef struct {
    gint64 (*now)(gpointer data);
    void (*sleep)(guint milliseconds, gpointer data);
    gpointer data;
} LoomClock;

/*
 * BACKENDS are borrowed and run in that order of steps that the plan gives. STATEDIR holds lock and
 * hosts (see apply/state.h; /var/lib/virt-loom), RUNDIR the hooks' slices and requests to a run in
 * progress (/run/virt-loom); NULL: $VIRT_LOOM_STATEDIR and $VIRT_LOOM_RUNDIR, or as configured.
 */
LoomApply *loom_apply_new(GPtrArray *backends, const char *statedir, const char *rundir);
void loom_apply_free(LoomApply *apply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomApply, loom_apply_free)

void loom_apply_set_progress(LoomApply *apply, LoomApplyProgress progress, gpointer data);
/* Without a prober nothing is probed. */
void loom_apply_set_prober(LoomApply *apply, LoomProber prober);
/* A commit then waits for loom_apply_request(), and goes back where none came in time; 0: not. */
void loom_apply_set_confirm(LoomApply *apply, guint seconds);
void loom_apply_set_clock(LoomApply *apply, LoomClock clock);

/*
 * The lock, for one who plans and then has another process run: its descriptor is inherited, and
 * the lock is free when the last of them is gone. Runs lock for themselves where they do not hold
 * it. LOOM_ERROR_BUSY names the holder.
 */
gboolean loom_apply_lock(LoomApply *apply, GError **error);
void loom_apply_unlock(LoomApply *apply);
/* The descriptor of the lock that is held; borrowed; -1: it is not. */
int loom_apply_get_lock(const LoomApply *apply);
/* STATEDIR as chosen; borrowed. */
const char *loom_apply_get_directory(const LoomApply *apply);
/* Whether somebody holds the lock; TRUE also where that cannot be found out. */
gboolean loom_apply_is_running(const LoomApply *apply);
/* Takes over FD, a lock that was inherited, and becomes its named holder; nothing where FD is none.
 */
void loom_apply_adopt_lock(LoomApply *apply, int fd);

/*
 * Observes, and compares with DESIRED, reduced to what the backends can set; *OBSERVED (owned by
 * the caller) and APPLY must outlive the plan. Findings as of loom_plan_compare() and the backends.
 * Reads only.
 */
LoomPlan *loom_apply_plan(LoomApply *apply, const LoomHost *desired, LoomHost **observed,
                          LoomReport *report, GError **error);

/*
 * Makes the host agree with DESIRED, or leaves it as it was. *STEPS: how many changes were made; 0:
 * it agreed already, and only state files were written. An error of the plan (something foreign in
 * the way) is LOOM_ERROR_CONFLICT with the findings in REPORT, before anything changed.
 * LOOM_ERROR_FAILED says what failed and whether the host is as before. What was kept for running
 * guests stays in the committed host and the slices.
 */
gboolean loom_apply_run(LoomApply *apply, const LoomHost *desired, size_t *steps,
                        LoomReport *report, GError **error);

/*
 * Goes back: to the host before an apply that was killed, where there is one; else, as a
 * transaction of its own, to the host before the last apply, and what was committed then (which may
 * be nothing) is committed again. A revert is a change like any other, and another one takes it
 * back. LOOM_ERROR_NOT_FOUND: there is nothing to go back to.
 */
gboolean loom_apply_revert(LoomApply *apply, size_t *steps, LoomReport *report, GError **error);

/*
 * Goes back to the host before an apply that was killed, and no further; *STEPS is 0 where there is
 * none. Errors say what to do.
 */
gboolean loom_apply_recover(LoomApply *apply, size_t *steps, GError **error);

/*
 * Brings the committed host up, as far as these backends go, and writes its slices: what a boot
 * does. Nothing is committed. An apply that was killed before a reboot is forgotten, and what it
 * left in files taken back; one of this boot first goes back. What is in the way, or a step that
 * fails, does not keep the others from running, and is the error where the host then differs.
 * *STEPS: how many changes were made. Nothing is brought up where nothing was ever committed.
 */
gboolean loom_apply_boot(LoomApply *apply, size_t *steps, LoomReport *report, GError **error);

/* Whether an apply was begun, and neither committed nor undone: it runs, or it was killed. */
gboolean loom_apply_is_unfinished(const LoomApply *apply);

/* How many seconds a run of STEPS steps to TARGET may take at the very most, going back included.
 */
guint loom_apply_time_limit(const LoomApply *apply, const LoomHost *target, size_t steps);

/* What a run in progress can be asked for, through a file in RUNDIR. */
typedef enum { LOOM_REQUEST_NONE, LOOM_REQUEST_CONFIRM, LOOM_REQUEST_REVERT } LoomRequest;
gboolean loom_apply_request(LoomApply *apply, LoomRequest request, GError **error);

/* The host as the last successful run saw it at its end; borrowed. NULL: none was. */
const LoomHost *loom_apply_get_last(const LoomApply *apply);

/* The committed host, or NULL (without an error where none was ever committed). */
LoomHost *loom_apply_load_committed(LoomApply *apply, GError **error);
