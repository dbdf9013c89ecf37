/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The backend: every manager is asked about every link. */
#include "manager/manager.h"

typedef struct {
    LoomBackend backend;
    char *root;
} LoomManagers;

static gboolean
observe(LoomBackend *backend, const LoomHost *target, LoomHost *into, GError **error)
{
    (void)backend, (void)target, (void)into, (void)error;
    return TRUE;
}

static gboolean
run_step(LoomBackend *backend, const LoomStep *step, GError **error)
{
    (void)backend, (void)step, (void)error;
    return TRUE;
}

static void
managers_free(LoomBackend *backend)
{
    LoomManagers *managers = (LoomManagers *)backend;

    g_free(managers->root);
    g_free(managers);
}

LoomBackend *
loom_manager_new_at(const char *root, GError **error G_GNUC_UNUSED)
{
    static const LoomKind *const kinds[] = {&loom_manager_kind, &loom_dhcp_kind, NULL};
    LoomManagers *managers = g_new0(LoomManagers, 1);

    managers->backend = (LoomBackend){
        .name = "managers",
        .kinds = kinds,
        .observe = observe,
        .run_step = run_step,
        .free = managers_free,
    };
    managers->root = g_strdup(root ? root : "");
    return &managers->backend;
}

LoomBackend *
loom_manager_new(GError **error)
{
    return loom_manager_new_at(NULL, error);
}

gboolean
loom_manager_gather_facts(LoomHost *facts, GError **error)
{
    g_autoptr(LoomBackend) managers = loom_manager_new(error);

    return managers && managers->observe(managers, facts, facts, error);
}
