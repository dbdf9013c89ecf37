/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel knows of this machine. */
#include "kernel/facts.h"

#include "kernel/session.h"

LoomHost *
loom_kernel_gather_facts(const char *name, GError **error)
{
    g_autoptr(LoomBackend) backend = loom_kernel_new(error);
    g_autoptr(LoomHost) host = loom_host_new();

    if (!backend || !loom_kernel_read((LoomKernel *)backend, LOOM_READ_ALL, NULL, host, error))
        return NULL;
    LOOM_SET(host, name, name);
    loom_host_sort(host);
    return g_steal_pointer(&host);
}
