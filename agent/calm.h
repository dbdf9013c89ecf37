/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calm: events are waited out, and what changes again and again is repaired ever more rarely. */
#pragma once

#include <glib.h>

/*
 * All times are milliseconds of a clock that never goes back, which the caller reads: nothing here
 * knows what time it is.
 */

/* --- a burst of events is one ----------------------------------------------------------------- */

#define LOOM_QUIET_MILLISECONDS 100  /* after the last event */
#define LOOM_LATE_MILLISECONDS  1000 /* but so long after the first at most */

typedef struct {
    gboolean is_waiting;
    gint64 first;
} LoomBurst;

/* Takes an event, and returns when to look: it may be later than what it returned before. */
gint64 loom_burst_add(LoomBurst *burst, gint64 now);
/* Somebody looks. */
void loom_burst_end(LoomBurst *burst);

/* --- a storm is damped ------------------------------------------------------------------------ */

#define LOOM_DAMPER_BURST    5     /* repairs of one object at once */
#define LOOM_DAMPER_INTERVAL 60000 /* in which it may have one more */

typedef struct LoomDamper LoomDamper;

LoomDamper *loom_damper_new(void);
void loom_damper_free(LoomDamper *damper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomDamper, loom_damper_free)

typedef enum {
    LOOM_DAMPER_PASS,
    LOOM_DAMPER_BEGIN, /* not now, and it is the first time that it is not: worth a word */
    LOOM_DAMPER_WAIT,  /* not now */
} LoomDamperAnswer;

/* Whether OBJECT (any text) may be repaired NOW; else *WAIT is how long it may not. */
LoomDamperAnswer loom_damper_ask(LoomDamper *damper, const char *object, gint64 now, gint64 *wait);
