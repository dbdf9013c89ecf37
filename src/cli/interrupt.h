/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether somebody wants a long operation to be given up. */
#pragma once

#include <glib.h>

/*
 * From now on SIGINT, SIGTERM and SIGHUP end nothing, but are counted; so is Ctrl-C on the
 * terminal, which is taken as a character while we are in its foreground: as a signal it would
 * reach the ssh that libvirt speaks through as well, and cut the connection that is needed to abort
 * cleanly.
 */
void loom_interrupt_catch(void);

/* The terminal and the signals are as they were. */
void loom_interrupt_release(void);

/* How often it was asked for since. */
unsigned loom_interrupt_count(void);
