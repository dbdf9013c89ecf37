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

/*
 * RUNDIR/plugs/BRIDGE: who plugs a vNIC into a guest, from its admission until its port is kept.
 * libvirt's hooks do not take it, so that libvirt may be called meanwhile; who has it may take the
 * others. Does not wait: NULL with LOOM_ERROR_BUSY where somebody has it.
 */
LoomPortLock *loom_port_lock_try_plug(const char *directory, const char *bridge, GError **error);

void loom_port_lock_release(LoomPortLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomPortLock, loom_port_lock_release)
