/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel as a backend: what it has, and which step is whose. */
#include "kernel/kernel.h"

#include "base/error.h"
#include "base/i18n.h"

static gboolean
observe(LoomBackend *backend G_GNUC_UNUSED, const LoomHost *target G_GNUC_UNUSED,
        LoomHost *into G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

static gboolean
run_step(LoomBackend *backend G_GNUC_UNUSED, const LoomStep *step, GError **error)
{
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_UNSUPPORTED, _("This release does not make a %s"),
                _(step->kind->noun));
    return FALSE;
}

static void
kernel_free(LoomBackend *backend)
{
    g_free(backend);
}

LoomBackend *
loom_kernel_new(GError **error G_GNUC_UNUSED)
{
    static const LoomKind *const kinds[] = {&loom_link_kind,  &loom_address_kind,
                                            &loom_route_kind, &loom_neighbour_kind,
                                            &loom_port_kind,  NULL};
    LoomBackend *backend = g_new0(LoomBackend, 1);

    *backend = (LoomBackend){
        .name = "kernel",
        .kinds = kinds,
        .observe = observe,
        .run_step = run_step,
        .free = kernel_free,
    };
    return backend;
}
