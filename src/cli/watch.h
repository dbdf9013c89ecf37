/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watching an apply from a terminal, which may come and go. */
#pragma once

#include "cli/journal.h"

/* What a watched journal has said so far. */
typedef struct {
    char *task, *host, *fabric;
    gint64 confirm;          /* seconds; 0: not asked for */
    LoomEntry *phase;        /* the last one; NULL: none yet */
    LoomReport *report;      /* its findings but for those of KNOWN; NULL: none */
    const LoomReport *known; /* was shown already; may be NULL, borrowed */
    LoomEntry *end;          /* NULL: it goes on */
    gboolean is_dead;        /* it has no end and nobody works on it any more */
    gboolean is_interrupted; /* only the watching has ended */
} LoomWatch;
void loom_watch_clear(LoomWatch *watch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoomWatch, loom_watch_clear)

/* Whether to go on; asked after each entry. May be NULL: to the end. */
typedef gboolean (*LoomWatchUntil)(const LoomWatch *watch);

typedef enum {
    LOOM_WATCH_QUIETLY,
    LOOM_WATCH_ASKING, /* says that a confirmation is waited for */
    LOOM_WATCH_LINES,  /* with --format json prints the lines as they come */
} LoomWatchManner;

/*
 * Follows the journal until its end, or until UNTIL says so, or an interrupt, with a progress line
 * on a terminal. WATCH is empty but for what is known.
 */
gboolean loom_watch_follow(const LoomSession *session, LoomWatch *watch, LoomWatchManner manner,
                           LoomWatchUntil until, GError **error);

/* Reads what there is, and does not wait. */
gboolean loom_watch_read(LoomWatch *watch, GError **error);

/* What went wrong with one that has ended, or is dead; NULL: nothing. Borrowed. */
const char *loom_watch_describe_failure(const LoomWatch *watch);

/* Prints findings and how it, or only the watching, ended. Returns its exit status. */
LoomExit loom_watch_print_end(const LoomSession *session, const LoomWatch *watch);
