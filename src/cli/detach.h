/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes that change the host, and outlive the terminal. */
#pragma once

#include "cli/journal.h"
#include "cli/work.h"

/*
 * Theory of operation
 *
 *     virt-loom apply ── starts ──> virt-loom apply-guard ── starts ──> virt-loom apply-run
 *
 * The terminal's process takes the lock, plans, writes the host that is wanted and begins the
 * journal. The guard is a session of its own, and where there is systemd a scope of its own, so
 * that no end of a terminal, shell or ssh ends it; it exists before the first change. It starts the
 * run, waits until it ends, kills it at the deadline, and goes back where the run did not say how
 * it ended. All three inherit the lock, so that nobody else comes between the end of one and the
 * beginning of what the next one does: it is free when the last of them is gone. A run whose guard
 * was killed goes on and ends as it should. Where both were killed, the next apply, revert or boot
 * finds the snapshot.
 */

/*
 * Starts TASK on HOST, the lock held: what to apply, for another task only a name. DEADLINE in
 * seconds. Then the lock is the processes' alone.
 */
gboolean loom_detach(const LoomSession *session, LoomApply *apply, LoomTask task,
                     const LoomHost *host, guint deadline, GError **error);

/* The file of the host that is to be applied. Owned by the caller. */
char *loom_detach_desired_path(void);

/* The arguments of TASK's process NAME: what the next one needs of SESSION. Borrowing. */
GPtrArray *loom_detach_arguments(const char *name, const LoomSession *session, LoomTask task);

/* The descriptor under which both processes find the lock. */
#define LOOM_DETACH_LOCK 3

/* Starts this program anew, with the lock, stdio on /dev/null, in a session of its own. */
gboolean loom_detach_spawn(const GPtrArray *arguments, int lock, GPid *process, GError **error);

/* What both begin with: a libvirtd that goes away must not end them by SIGPIPE. */
void loom_detach_begin(LoomApply *holder);

/* This process into a systemd scope of its own; where that cannot be, it stays where it is. */
void loom_detach_enter_scope(void);
