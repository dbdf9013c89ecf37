/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applies on trial: a machine in memory with state directories of its own. */
#pragma once

#include "apply/apply.h"
#include "memory.h"

/* What goes wrong after the last step, once. */
typedef enum {
    LOOM_AFTER_NOTHING,
    LOOM_AFTER_FAIL_FINISH, /* nobody can be told */
    LOOM_AFTER_KILL_FINISH, /* the process ends instead */
    LOOM_AFTER_KILL_PROBE,  /* while it probes */
    LOOM_AFTER_KILL_SLEEP,  /* while it waits */
} LoomAfter;

typedef struct LoomTrial LoomTrial;
struct LoomTrial {
    LoomBackend backend; /* first: one of BACKENDS, which is for what follows the last step */
    char *directory, *statedir, *rundir, *grave;
    LoomMemory *memory;
    GPtrArray *backends;
    LoomAfter after;
    gboolean is_reducing; /* takes the MTU out of links, with a warning */
    guint blind_at;      /* its observation, counted from 1, that fails, as all after it; 0: none */
    guint observed;      /* so many were made */
    guint tentative;     /* addresses are not seen by so many observations after the last step */
    guint unseen;        /* by so many more */
    guint finished;      /* so often was the network told */
    gint64 now;          /* of its clock, milliseconds: only sleeping takes time */
    LoomRequest request; /* what somebody asks for at ASKED of that clock */
    gint64 asked;
    guint unanswered; /* so many probes are not answered */
    guint probed;     /* so many were made */
    guint confirm;    /* seconds; 0: no confirmation is waited for */
    /* of the last run */
    size_t steps;
    LoomReport *report;
    GError *error;
};

LoomTrial *loom_trial_new(const LoomHost *machine);
/* Another one, machine and files as they are. */
LoomTrial *loom_trial_copy(const LoomTrial *trial);
void loom_trial_free(LoomTrial *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomTrial, loom_trial_free)

/* A file of the state directory: its path, whether it is there, its text (NULL: none), a new text.
 */
char *loom_trial_path(const LoomTrial *trial, const char *name);
gboolean loom_trial_has(const LoomTrial *trial, const char *name);
char *loom_trial_read(const LoomTrial *trial, const char *name);
void loom_trial_write(const LoomTrial *trial, const char *name, const char *text);

/* A LoomApply of its own, on that clock, with a prober. Owned by the caller. */
LoomApply *loom_trial_apply(LoomTrial *trial);

/* Applies DESIRED by such a one, or reverts (NULL); steps, report and error are in TRIAL. */
gboolean loom_trial_run(LoomTrial *trial, const LoomHost *desired);

/* The same where nothing trips any more, and it must succeed. */
void loom_trial_assert_run(LoomTrial *trial, const LoomHost *desired);

/* The same where it must fail with CODE and a message that holds MESSAGE. */
void
loom_trial_assert_fails(LoomTrial *trial, const LoomHost *desired, int code, const char *message);

/* The same in a process that is killed at call AT, or AFTER; what it did to the
 * machine stays. */
void loom_trial_run_killed(LoomTrial *trial, const LoomHost *desired, LoomTrip trip, guint at);

/* Makes the machine what TEXT, a host, says. */
void loom_trial_set_machine(LoomTrial *trial, const char *text);

/* The machine agrees with TARGET, and no apply is unfinished. */
void loom_trial_assert_reached(const LoomTrial *trial, const LoomHost *target);

/* Machine, committed host and slices, all as they were. */
typedef struct {
    char *machine, *committed, *slices;
} LoomBefore;
void loom_before_clear(LoomBefore *before);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoomBefore, loom_before_clear)

LoomBefore loom_trial_remember(const LoomTrial *trial);

/* All of it is as it was, and no apply is unfinished. */
void loom_trial_assert_as_before(const LoomTrial *trial, const LoomBefore *before);
