/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For scripts: makes this network namespace agree with hosts, one after the other. */
#include "base/report.h"
#include "kernel/kernel.h"

#include <stdio.h>

static gboolean
reach(LoomBackend *backend, const char *path, GError **error)
{
    g_autoptr(LoomHost) target = loom_host_load(path, error);
    g_autoptr(LoomHost) now = loom_host_new();
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomPlan) plan = NULL;

    if (!target)
        return FALSE;
    backend->reduce(backend, target, report);
    if (!backend->observe(backend, target, now, error))
        return FALSE;
    plan = loom_plan_compare(now, target, backend->kinds, report);
    for (size_t i = 0; i < loom_report_length(report); i++)
        fprintf(stderr, "%s\n", loom_report_get(report, i)->message);
    for (guint i = 0; i < plan->steps->len; i++)
        if (!backend->run_step(backend, plan->steps->pdata[i], error))
            return FALSE;
    return !loom_report_length(report);
}

/* reach HOST...: 0, all of them were reached without a finding. */
int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomBackend) backend = loom_kernel_new(&error);

    for (int i = 1; backend && i < argc; i++)
        if (!reach(backend, argv[i], &error)) {
            fprintf(stderr, "%s: %s\n", argv[i], error ? error->message : "findings");
            return 1;
        }
    return backend ? 0 : 1;
}
