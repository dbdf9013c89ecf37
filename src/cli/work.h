/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What commands about this machine work with: the host as it should be, and what reads it. */
#pragma once

#include "apply/apply.h"
#include "cli/session.h"

typedef struct {
    LoomFabric *fabric;
    LoomHost *desired;
    GPtrArray *backends;
    LoomBackend *virt;     /* one of them; NULL: libvirt is left out */
    LoomBackend *qemuconf; /* one of them; NULL: it is not the QEMU of this machine */
    LoomApply *apply;
} LoomWork;

/*
 * Compiles the host and makes the backends: the kernel's and that of other managers, then
 * libvirt's, for networks need their bridges. The networks of libvirt's test driver have no links,
 * so that there is libvirt's alone, as with --networks; those of another machine are refused.
 * FALSE: it failed, and that was printed. WORK is empty, and is cleared by the caller.
 */
gboolean loom_work_begin(const LoomSession *session, LoomWork *work);

/* The same without libvirt, which then need not run. */
gboolean loom_work_begin_links(const LoomSession *session, LoomWork *work);

/* The same without a fabric, and so without a desired host. */
gboolean loom_work_open(const LoomSession *session, LoomWork *work, GError **error);

/* All of them, for going back: in the place of what cannot be reached stands what fails to read. */
void loom_work_open_blindly(const LoomSession *session, LoomWork *work);

/* What a change must stand before it is committed: the probes, and a confirmation with --confirm.
 */
void loom_work_set_proof(LoomWork *work, const LoomSession *session);

/* Only lock and state, without backends; owned by the caller. */
LoomApply *loom_work_open_state(void);

/* The host as it was last committed; NULL with an error, also where nothing was. */
LoomHost *loom_work_load_committed(GError **error);

void loom_work_clear(LoomWork *work);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoomWork, loom_work_clear)
