/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a hook's time. */
#pragma once

#include "hook.h"

/* One line of bounded length for standard error or the log: names come out of guests' XML, and
 * libvirt logs it. Owned by the caller. */
char *loom_hook_make_line(const char *message);

/* Writes LINE to standard error, if anybody listens. */
void loom_hook_write_line(const char *line, size_t length);

/* What the process ends with when OPERATION fails. */
int loom_hook_failure_status(const LoomHookOperation *operation);

/*
 * Ends the process LOOM_HOOK_SECONDS from now, with what a failure of OPERATION means, and a
 * message that tells ARGUMENTS (NULL-terminated). Of what may not refuse libvirt drops standard
 * error: the message goes to the system log too, and the agent, if one runs, is told to look at
 * everything (SIGHUP), so that what was left undone is done.
 */
void loom_hook_set_deadline(const LoomHookOperation *operation, char **arguments);
