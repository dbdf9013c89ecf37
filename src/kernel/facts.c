/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel knows of this machine. */
#include "kernel/facts.h"

#include "kernel/session.h"

LoomHost *
loom_kernel_gather_facts(LoomBackend *backend, const char *name, GError **error)
{
    LoomKernel *kernel = (LoomKernel *)backend;
    g_autoptr(LoomHost) host = loom_host_new();

    if (!loom_kernel_read(kernel, host, error))
        return NULL;
    g_clear_pointer(&kernel->recent, loom_host_free);
    kernel->recent = loom_record_copy(host);
    LOOM_SET(host, name, name);
    loom_host_sort(host);
    return g_steal_pointer(&host);
}
