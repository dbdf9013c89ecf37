/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal of an apply: how far it is and how it ended, for as many terminals as look. */
#pragma once

#include "apply/apply.h"
#include "cli/session.h"

/*
 * Theory of operation
 *
 * RUNDIR/apply.journal is the journal of the last apply (or revert), one JSON object a line, each
 * with the "time" in seconds since 1970:
 *
 *     {"begin": "apply", "host": ..., "fabric": ..., "confirm": SECONDS}   first; 0: not asked for
 *     {"phase": "running", "step": "create network 'x'", "done": 0, "total": 5}
 *     {"finding": {"severity": ..., "file": ..., "line": ..., "message": ...}}
 *     {"result": ..., "steps": 5, "status": 0, "restored": false, "message": null}   last
 *
 * Results are changed, agrees, reverted and failed; "restored" says of a failed one that the host
 * is as it was before. Who begins a journal holds the lock, and so does who writes on; a journal
 * without its last line whose lock is free is of processes that were killed, all of them.
 */
typedef struct LoomJournal LoomJournal;

/* What is done; the words are its name in the journal. */
typedef enum { LOOM_TASK_APPLY, LOOM_TASK_REVERT, LOOM_TASK_RECOVER, LOOM_TASK_LAST } LoomTask;
const char *loom_task_format(LoomTask task);
/* FALSE: WORD names none. */
gboolean loom_task_parse(const char *word, LoomTask *task);

/* Puts a new journal in the place of the former one. */
gboolean loom_journal_begin(LoomTask task, const LoomHost *host, guint confirm, GError **error);

/* To be written on. What cannot be written does not stop an apply, and is lost. */
LoomJournal *loom_journal_open(GError **error);
void loom_journal_close(LoomJournal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomJournal, loom_journal_close)

/* A LoomApplyProgress; of waiting for a confirmation only the first second is written. */
void loom_journal_add_phase(LoomApplyPhase phase, const LoomStep *step, size_t done, size_t total,
                            gpointer journal);
void loom_journal_add_report(LoomJournal *journal, const LoomReport *report);

typedef struct {
    const char *result;
    size_t steps;
    LoomExit status;
    gboolean is_restored;
    const char *message; /* NULL: none */
} LoomOutcome;
void loom_journal_end(LoomJournal *journal, const LoomOutcome *outcome);

/* One line as it was read; what it does not say is NULL, 0 or FALSE. */
typedef enum {
    LOOM_ENTRY_BEGIN,
    LOOM_ENTRY_PHASE,
    LOOM_ENTRY_FINDING,
    LOOM_ENTRY_END
} LoomEntryKind;
typedef struct {
    LoomEntryKind kind;
    char *text; /* the line itself */
    gint64 time;
    char *task, *host, *fabric; /* begin */
    gint64 confirm;
    LoomApplyPhase phase; /* phase */
    char *step;
    gint64 done, total;
    LoomFinding finding;    /* finding */
    char *result, *message; /* end */
    gint64 steps, status;
    gboolean is_restored;
} LoomEntry;
void loom_entry_free(LoomEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomEntry, loom_entry_free)

/* From its beginning. LOOM_ERROR_NOT_FOUND: there is no journal. */
typedef struct LoomJournalReader LoomJournalReader;
LoomJournalReader *loom_journal_reader_new(GError **error);
void loom_journal_reader_free(LoomJournalReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomJournalReader, loom_journal_reader_free)

/* The next whole line, owned by the caller; NULL: there is none yet. Never waits. */
LoomEntry *loom_journal_reader_next(LoomJournalReader *reader);
