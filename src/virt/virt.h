/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt as a backend: its networks. */
#pragma once

#include "plan/backend.h"

/*
 * The backend of the kind network over the libvirt at URI; NULL: what LIBVIRT_DEFAULT_URI names,
 * else qemu:///system. From then on libvirt prints nothing to stderr in this process.
 *
 * What is observed is the persistent definition, but the portgroups are those of the running
 * network where it runs: what a guest gets that starts now. They change in place; a change of
 * anything else waits until the network is restarted, which is never done here, and pending says so
 * meanwhile. The hash is the target's where definition and running network both have the target's
 * portgroups, bridge and datapath, and no more; else it is another. So somebody's edit, and a run
 * that was killed between the definition and the running network, show in the next observation. Of
 * foreign networks, those that have the name or the UUID of one that the target names are observed,
 * with name, uuid and ours=no alone.
 *
 * Errors of steps: LOOM_ERROR_CONFLICT (a foreign network is in the way; nothing was changed),
 * LOOM_ERROR_INVALID (libvirt could not read back what is wanted), and else as libvirt says.
 */
LoomBackend *loom_virt_new(const char *uri, GError **error);

/* The version of the daemon, such as 9.0.0; owned by the caller. */
char *loom_virt_version(LoomBackend *virt, GError **error);

/* The same as a number: major * 1,000,000 + minor * 1,000 + micro; 0: it does not say. */
unsigned long loom_virt_version_number(LoomBackend *virt);

/*
 * Whether libvirtd runs our hooks: the stamp in RUNDIR (see host/slice.h) tells, and where it is
 * not of the running libvirtd, the start of a transient network 'virt-loom-probe', which is
 * destroyed at once, must leave it. Always so where there are no hooks: in drivers other than
 * QEMU's. Errors: LOOM_ERROR_FAILED with the command that loads them.
 */
gboolean loom_virt_prove_hooks(LoomBackend *virt, const char *rundir, GError **error);

/* Whether that is known already, from the stamp alone: nothing is started for the answer. */
gboolean loom_virt_hooks_are_known(LoomBackend *virt, const char *rundir);

/* Whether it is QEMU's driver for the whole machine, whose settings are in /etc/libvirt. */
gboolean loom_virt_is_system(LoomBackend *virt);
