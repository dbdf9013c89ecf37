/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slices: of a host, what the hooks need to know of one libvirt network; in /run. */
#pragma once

#include "host/host.h"

/*
 * RUNDIR/networks/UUID.xml holds the slice; RUNDIR/names/NAME is a symbolic link to it (a name of
 * more than 200 bytes is represented by the UUID that loom_uuid_from_name() makes of it), and
 * RUNDIR/vmnetworks/VMNETWORK/UUID.xml another, by the VM network that it belongs to. A slice
 * is a LoomHost: host name, fabric, the network, the port patterns of its portgroups, the leases of
 * guests' addresses in it, the links of the switch with their ports, and of the host's own vNICs on
 * the switch those that the network depends on: of the same VM network, or with the role
 * management. All of them in each slice would be too much for /run. Where each port has a class of
 * its own, there are those after which these are made (host/classes.h). Hooks read only the slices
 * of the networks that their guest uses, and link neither the fabric nor libvirt.
 */

/* The directory: $VIRT_LOOM_RUNDIR, or as configured (/run/virt-loom). */
const char *loom_slice_directory(void);

/* The slice of one network. Owned by the caller. */
LoomHost *loom_slice_of(const LoomHost *host, const LoomNetwork *network);

/* Writes the slices of every network of HOST that are not there or differ, each atomically; removes
 * none. */
gboolean loom_slice_save_all(const LoomHost *host, const char *directory, GError **error);

/* Whether loom_slice_save_all() would have nothing to write. */
gboolean loom_slice_is_current(const LoomHost *host, const char *directory);

/* Removes the slices of networks that HOST does not have. */
gboolean loom_slice_prune(const LoomHost *host, const char *directory, GError **error);

/*
 * The slice of the network NAME, or of UUID. An untrusted NAME that cannot be a network's, or one
 * that is not ours, gives NULL without an error; a slice that cannot be read gives one.
 */
LoomHost *loom_slice_find_by_name(const char *directory, const char *name, GError **error);
LoomHost *loom_slice_find_by_uuid(const char *directory, const char *uuid, GError **error);

/*
 * The slices of all networks of ours on that VM network, of LoomHost, by UUID; free with
 * g_ptr_array_unref(). An untrusted VMNETWORK that cannot be one's name, or that no network is on,
 * gives none; a slice that cannot be read gives NULL with an error.
 */
GPtrArray *
loom_slice_find_by_vmnetwork(const char *directory, const char *vmnetwork, GError **error);

/*
 * The stamp by which apply knows that libvirtd has loaded the hooks: RUNDIR/stamp holds the process
 * id and start time (proc(5), field 22) of the libvirtd that last ran our network hook.
 */
gboolean loom_stamp_save(const char *directory, int libvirtd, GError **error);
/* Whether the stamp is of a process that still runs; FALSE also where there is none. */
gboolean loom_stamp_is_live(const char *directory);
