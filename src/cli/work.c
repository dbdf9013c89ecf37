/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What commands about this machine work with. */
#include "cli/work.h"

#include "virt/virt.h"

void
loom_work_clear(LoomWork *work)
{
    g_clear_pointer(&work->apply, loom_apply_free);
    g_clear_pointer(&work->backends, g_ptr_array_unref);
    g_clear_pointer(&work->desired, loom_host_free);
    g_clear_pointer(&work->fabric, loom_fabric_free);
}

/* Facts given by hand may say it; else it is the one that the backend speaks to. */
static gboolean
set_libvirt_version(LoomWork *work, GError **error)
{
    g_autofree char *version = NULL;

    if (work->desired->libvirt)
        return TRUE;
    version = loom_virt_version(work->virt, error);
    LOOM_SET(work->desired, libvirt, version);
    return version != NULL;
}

static gboolean
open_virt(const LoomSession *session, LoomWork *work, GError **error)
{
    work->virt = loom_virt_new(session->uri, error);
    if (work->virt)
        g_ptr_array_add(work->backends, work->virt);
    return work->virt != NULL;
}

static void
open_backends(LoomWork *work)
{
    work->backends = g_ptr_array_new_with_free_func((GDestroyNotify)loom_backend_free);
}

gboolean
loom_work_open(const LoomSession *session, LoomWork *work, GError **error)
{
    open_backends(work);
    if (!open_virt(session, work, error))
        return FALSE;
    work->apply = loom_apply_new(work->backends, NULL, NULL);
    return TRUE;
}

/* Stands for a backend that cannot be reached: what is of its kinds cannot be read. */
typedef struct {
    LoomBackend backend;
    GError *reason;
} Unreachable;

static gboolean
unreachable_observe(LoomBackend *backend, const LoomHost *target G_GNUC_UNUSED,
                    LoomHost *into G_GNUC_UNUSED, GError **error)
{
    g_propagate_error(error, g_error_copy(((Unreachable *)backend)->reason));
    return FALSE;
}

static gboolean
unreachable_run_step(LoomBackend *backend, const LoomStep *step G_GNUC_UNUSED, GError **error)
{
    return unreachable_observe(backend, NULL, NULL, error);
}

static void
unreachable_free(LoomBackend *backend)
{
    g_error_free(((Unreachable *)backend)->reason);
    g_free(backend);
}

/* Takes REASON. */
static LoomBackend *
unreachable_new(const LoomKind *const *kinds, GError *reason)
{
    Unreachable *unreachable = g_new0(Unreachable, 1);

    unreachable->backend = (LoomBackend){.name = "unreachable",
                                         .kinds = kinds,
                                         .observe = unreachable_observe,
                                         .run_step = unreachable_run_step,
                                         .free = unreachable_free};
    unreachable->reason = reason;
    return &unreachable->backend;
}

void
loom_work_open_blindly(const LoomSession *session, LoomWork *work)
{
    static const LoomKind *const virt_kinds[] = {&loom_network_kind, NULL};
    GError *error = NULL;

    open_backends(work);
    if (!open_virt(session, work, &error))
        g_ptr_array_add(work->backends, unreachable_new(virt_kinds, error));
    work->apply = loom_apply_new(work->backends, NULL, NULL);
}

LoomApply *
loom_work_open_state(void)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();

    return loom_apply_new(none, NULL, NULL);
}

gboolean
loom_work_begin(const LoomSession *session, LoomWork *work)
{
    GError *error = NULL;

    work->desired = loom_session_compile(session, &work->fabric);
    if (!work->desired)
        return FALSE;
    if (loom_work_open(session, work, &error) && set_libvirt_version(work, &error))
        return TRUE;
    loom_session_fail(error);
    return FALSE;
}
