/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's qemu.conf as a backend: the address at which migrations of other tools arrive. */
#pragma once

#include "plan/backend.h"

/*
 * A backend for &loom_qemu_setting_kind: migration_address and migration_host in /etc/libvirt/qemu.conf,
 * read and written by libaugeas with libvirt's own lens, so that every other line stays as it is.
 * A line of ours has a comment of ours above it; any other is somebody's own: it is observed where
 * the target names it, and neither replaced nor deleted. As the file was before the last change is
 * in qemu.conf.augsave. libvirtd reads the file when it starts, and then only.
 *
 * Errors: LOOM_ERROR_CONFLICT (somebody else's line is in the way), LOOM_ERROR_INVALID (the lens
 * does not understand the file), LOOM_ERROR_FAILED.
 */
LoomBackend *loom_qemuconf_new(void);

/* The same for a file system below ROOT, for tests. */
LoomBackend *loom_qemuconf_new_at(const char *root);

/* Whether a step has changed the file since: libvirtd has not read that yet. */
gboolean loom_qemuconf_has_changed(LoomBackend *backend);

/* Restarts the libvirt daemon of this machine that runs, by systemd. Guests stay. Errors:
 * LOOM_ERROR_FAILED, LOOM_ERROR_NOT_FOUND (systemd knows of none that runs). */
gboolean loom_qemuconf_restart_libvirtd(GError **error);
