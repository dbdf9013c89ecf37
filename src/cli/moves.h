/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that move, several at a time: started, watched, told of. */
#pragma once

#include "cli/road.h"

/*
 * Moves GUESTS over ROAD, as many at a time as its network allows; each is checked right before.
 * On a terminal a line on standard error shows where they are; what became of each is printed as it
 * happens, in JSON one object a line. An interruption aborts those under way and starts no more.
 * LOOM_EXIT_DONE where all have moved.
 */
LoomExit loom_moves_run(const LoomRoad *road, const char *const *guests);
