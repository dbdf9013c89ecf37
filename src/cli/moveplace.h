/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where guests run once all is over: asked of both libvirts, and not concluded from how it went. */
#pragma once

#include "base/json.h"
#include "cli/movetell.h"

/*
 * The UUID of the guest NAME at the source, by which it is found again at either host; owned by the
 * caller. NULL: the source has no such guest, or does not answer.
 */
char *loom_move_place_identify(const LoomRoad *road, const char *name);

/* Asks both hosts for each of MOVES (LoomMoveTold), and fills its place. */
void loom_move_place_find(const LoomRoad *road, const GPtrArray *moves);

/* The hosts that the guest runs at, for people: "cn01", "cn01, cn02"; NULL: none, or not known. */
char *loom_move_place_format(const LoomRoad *road, const LoomMoveTold *told);

/* Adds the member "runs" to the guest's object: a list of hosts; null where that is not known. */
void loom_move_place_add_json(JsonBuilder *builder, const LoomRoad *road, const LoomMoveTold *told);

/*
 * Whether each of MOVES runs on exactly one of the two. For people: says so on standard output; and
 * in any case, on standard error, which does not.
 */
gboolean loom_move_place_tell(const LoomRoad *road, const GPtrArray *moves);
