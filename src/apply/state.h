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
 *     previous.xml    the snapshot of the last apply that was committed: the host before it
 *     former.xml      what was committed then
 *
 * That snapshot.xml becomes previous.xml is the one moment that decides: until then the apply never
 * happened, whatever verified.xml says; from then on verified.xml is the committed host, and
 * committed.xml the former one, until each has been moved to its own name. So there is no point at
 * which a killed apply is half committed, and none at which previous.xml and what was committed
 * with it do not belong together. That nothing is committed is a file too while this lasts: only so
 * can it take another one's place. Each file is written whole and synced.
 */
typedef struct LoomState LoomState;

/* DIRECTORY NULL: $VIRT_LOOM_STATEDIR, or as configured. Made when it is first needed. */
LoomState *loom_state_new(const char *directory);
const char *loom_state_directory(const LoomState *state);
void loom_state_free(LoomState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomState, loom_state_free)

/* Errors: LOOM_ERROR_BUSY, with the holder's process id and command line. */
gboolean loom_state_lock(LoomState *state, GError **error);
void loom_state_unlock(LoomState *state);
/* The descriptor of the lock, or -1: it is not held. */
int loom_state_get_lock(const LoomState *state);
/* Takes over a lock that was inherited; nothing where FD is none. */
void loom_state_adopt_lock(LoomState *state, int fd);
/* Whether somebody holds the lock; TRUE also where that cannot be found out. */
gboolean loom_state_is_locked(const LoomState *state);

/* The id of this boot of the kernel (random(4): boot_id); owned by the caller. */
char *loom_state_read_boot(GError **error);

/* For messages. Borrowed. */
const char *loom_state_snapshot_path(const LoomState *state);

gboolean loom_state_has_snapshot(const LoomState *state);
gboolean loom_state_has_previous(const LoomState *state);

/* NULL without an error: there is none. */
LoomHost *loom_state_load_snapshot(const LoomState *state, GError **error);
LoomHost *loom_state_load_committed(const LoomState *state, GError **error);
LoomHost *loom_state_load_previous(const LoomState *state, GError **error);
LoomHost *loom_state_load_former(const LoomState *state, GError **error);

gboolean loom_state_save_snapshot(const LoomState *state, const LoomHost *host, GError **error);

/* The apply that made the snapshot has been undone, or another boot has undone it. */
gboolean loom_state_drop_snapshot(const LoomState *state, GError **error);

/* Whether HOST is the committed one, to the letter. */
gboolean loom_state_is_committed(const LoomState *state, const LoomHost *host);

/*
 * HOST (NULL: none) is the committed host once this returned TRUE, and the snapshot, which there
 * must be, the previous one.
 */
gboolean loom_state_commit(const LoomState *state, const LoomHost *host, GError **error);
