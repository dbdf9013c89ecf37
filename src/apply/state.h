/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What survives a killed apply: lock, snapshot and committed host, in one directory. Of apply/. */
#pragma once

#include "host/host.h"

/*
 * Theory of operation
 *
 *     lock            flock(2), held while something is applied; its text is the holder's id
 *     snapshot.xml    the host before an apply that is not finished, with its boot id
 *     verified.xml    the host that the apply has reached, about to become
 *     committed.xml   the host as last committed
 *
 * The removal of snapshot.xml is the one moment that decides: with it, the apply never happened,
 * whatever verified.xml says; without it, verified.xml, where there is one, is the committed host.
 * So there is no point at which a killed apply is half committed. Each file is written whole and
 * synced; one with the right content is not written again.
 */
typedef struct LoomState LoomState;

/* DIRECTORY NULL: $VIRT_LOOM_STATEDIR, or as configured. Made when it is first needed. */
LoomState *loom_state_new(const char *directory);
void loom_state_free(LoomState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomState, loom_state_free)

/* Errors: LOOM_ERROR_BUSY, with the holder's process id and command line. */
gboolean loom_state_lock(LoomState *state, GError **error);
void loom_state_unlock(LoomState *state);

/* The id of this boot of the kernel (random(4): boot_id); owned by the caller. */
char *loom_state_read_boot(GError **error);

/* For messages. Borrowed. */
const char *loom_state_snapshot_path(const LoomState *state);

/* NULL without an error: there is none. */
LoomHost *loom_state_load_snapshot(const LoomState *state, GError **error);
LoomHost *loom_state_load_committed(const LoomState *state, GError **error);

gboolean loom_state_save_snapshot(const LoomState *state, const LoomHost *host, GError **error);

/* The apply that made the snapshot has been undone, or another boot has undone it. */
gboolean loom_state_drop_snapshot(const LoomState *state, GError **error);

/* HOST is the committed host once this returned TRUE, and there is no snapshot any more. */
gboolean loom_state_commit(const LoomState *state, const LoomHost *host, GError **error);
