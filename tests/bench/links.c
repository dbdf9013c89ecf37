/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* links apply|status FABRIC HOST: the part of these commands that is the kernel's, without libvirt.
 */
#include "apply/apply.h"
#include "compile/compile.h"
#include "kernel/facts.h"
#include "kernel/kernel.h"

#include <stdlib.h>

static void
check(const GError *error)
{
    if (!error)
        return;
    g_printerr("links: %s\n", error->message);
    exit(1);
}

/* As commands do: read what is written, look at the machine, compile. */
static LoomHost *
compile(LoomBackend *kernel, const char *path, const char *name, const LoomHost *committed)
{
    const char *const paths[] = {path, NULL};
    g_autofree char *builtin = loom_fabric_builtin_path();
    g_autoptr(LoomReport) report = loom_report_new();
    GError *error = NULL;
    g_autoptr(LoomFabric) fabric = loom_fabric_load(paths, builtin, report, &error);
    check(error);
    g_autoptr(LoomHost) facts = loom_kernel_gather_facts(kernel, name, &error);
    check(error);
    LoomHost *host = loom_compile(fabric, name, facts, committed, report, &error);
    check(error);

    for (size_t i = 0; i < loom_report_length(report); i++)
        if (loom_report_get(report, i)->severity == LOOM_SEVERITY_ERROR)
            g_error("%s", loom_report_get(report, i)->message);
    /* libvirt's, and what hooks read of them */
    g_ptr_array_set_size(host->networks, 0);
    return host;
}

static void
apply_host(LoomApply *apply, const LoomHost *host)
{
    g_autoptr(LoomReport) report = loom_report_new();
    GError *error = NULL;
    size_t steps;

    loom_apply_run(apply, host, &steps, report, &error);
    for (size_t i = 0; error && i < loom_report_length(report); i++)
        g_printerr("links: %s\n", loom_report_get(report, i)->message);
    check(error);
}

static void
revert_host(LoomApply *apply)
{
    g_autoptr(LoomReport) report = loom_report_new();
    GError *error = NULL;
    size_t steps;

    loom_apply_revert(apply, &steps, report, &error);
    check(error);
}

static void
print_step(const LoomStep *step)
{
    g_autofree char *text = loom_step_describe(step);
    g_autoptr(GPtrArray) differences = loom_step_differences(step);

    g_printerr("links: still to %s:", text);
    for (guint i = 0; i < differences->len; i++) {
        const LoomDifference *one = differences->pdata[i];

        g_printerr(" %s: %s -> %s", one->name, one->from, one->to);
    }
    g_printerr("\n");
}

static void
compare_host(LoomApply *apply, const LoomHost *host)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) observed = NULL;
    GError *error = NULL;
    g_autoptr(LoomPlan) plan = loom_apply_plan(apply, host, &observed, report, &error);

    check(error);
    for (guint i = 0; i < plan->steps->len; i++)
        print_step(plan->steps->pdata[i]);
    if (plan->steps->len)
        exit(1);
}

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) backends =
        g_ptr_array_new_with_free_func((GDestroyNotify)loom_backend_free);
    g_autoptr(LoomHost) committed = NULL;
    g_autoptr(LoomApply) apply = NULL;
    g_autoptr(LoomHost) host = NULL;
    GError *error = NULL;

    if (argc != 4) {
        g_printerr("usage: links apply|status|revert FABRIC HOST\n");
        return 2;
    }
    g_ptr_array_add(backends, loom_kernel_new(&error));
    check(error);
    apply = loom_apply_new(backends, NULL, NULL);
    if (g_str_equal(argv[1], "revert")) {
        revert_host(apply);
        return 0;
    }
    committed = loom_apply_load_committed(apply, &error);
    check(error);
    host = compile(backends->pdata[0], argv[2], argv[3], committed);
    if (g_str_equal(argv[1], "apply"))
        apply_host(apply, host);
    else
        compare_host(apply, host);
    return 0;
}
