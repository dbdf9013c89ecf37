/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told of guests that move, for people or one JSON object a line. */
#pragma once

#include "cli/road.h"

typedef struct {
    char *name;
    char *uuid; /* NULL: not known */
    enum { LOOM_MOVE_WAITS, LOOM_MOVE_UNDER_WAY, LOOM_MOVE_DONE, LOOM_MOVE_FAILED } state;
    LoomMove *move; /* while it is under way */
    char *xml;      /* of the guest as it ran here; NULL: it did not */
    LoomMoveStats stats;
    GError *error; /* why it failed */
    struct {       /* where it runs at the end: cli/moveplace.h */
        gboolean is_known, source, destination;
        GError *error; /* why it is not known; may be NULL */
    } place;
} LoomMoveTold;

void loom_move_told_free(gpointer told);

/* Lines of checks; people see those that are not ok. */
void loom_move_tell_checks(const LoomRoad *road, const char *guest, const GPtrArray *checks);

/* Lines about what came of it: all of them, for people on standard output. */
void loom_move_tell_arrival(const LoomRoad *road, const char *guest, const GPtrArray *checks);

void loom_move_tell_start(const LoomRoad *road, const LoomMoveTold *told);
void loom_move_tell_progress(const LoomRoad *road, const LoomMoveTold *told);
void loom_move_tell_end(const LoomRoad *road, const LoomMoveTold *told);
void loom_move_tell_interruption(const LoomRoad *road);

/* The line on a terminal about all of MOVES, of LoomMoveTold. */
void loom_move_tell_line(const LoomRoad *road, const GPtrArray *moves);

/*
 * What became of all of them, where there were several, and where they run now; whether all have
 * moved, and run on one host each.
 */
gboolean loom_move_tell_summary(const LoomRoad *road, const GPtrArray *moves);

/* One check as an object; the builder is within an array or an object's member. */
void loom_check_add_json(JsonBuilder *builder, const LoomCheck *check);
void loom_check_print(const LoomSession *session, const LoomCheck *check, FILE *to);
