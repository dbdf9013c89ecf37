/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the agent runs: one at most, and everybody may know. */
#pragma once

#include <glib.h>

/*
 * RUNDIR/agent holds the process id of the agent, and is locked (flock(2)) for as long as it runs.
 */

/* Becomes the agent: a descriptor that is to stay open; -1 with an error: LOOM_ERROR_BUSY names the
 * process that already is. */
int loom_agent_lock(const char *directory, GError **error);

/* The process id of the agent; 0: none runs. */
int loom_agent_find(const char *directory);
