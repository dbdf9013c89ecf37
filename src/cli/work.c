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

gboolean
loom_work_begin(const LoomSession *session, LoomWork *work)
{
    GError *error = NULL;

    work->desired = loom_session_compile(session, &work->fabric);
    if (!work->desired)
        return FALSE;
    work->backends = g_ptr_array_new_with_free_func((GDestroyNotify)loom_backend_free);
    work->virt = loom_virt_new(session->uri, &error);
    if (work->virt)
        g_ptr_array_add(work->backends, work->virt);
    if (!work->virt || !set_libvirt_version(work, &error)) {
        loom_session_fail(error);
        return FALSE;
    }
    work->apply = loom_apply_new(work->backends, NULL, NULL);
    return TRUE;
}
