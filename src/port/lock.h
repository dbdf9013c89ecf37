/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks of logical switches: who changes the ports of one waits for the others. */
#pragma once

#include <glib.h>

/*
 * flock(2)s of RUNDIR/locks/BRIDGE, taken in the order of their names, so that two who want the
 * same ones cannot wait for each other. Waits as long as it takes: hooks have their deadline, and
 * who dies lets go.
 */
typedef struct LoomPortLock LoomPortLock;

/* Locks BRIDGES (names of devices, in any order, also twice); NULL: an error. */
LoomPortLock *loom_port_lock_take(const char *directory, const GPtrArray *bridges, GError **error);
void loom_port_lock_release(LoomPortLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomPortLock, loom_port_lock_release)
