/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom apply and status: the host as it should be, and as it is. */
#include "apply/apply.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/output.h"
#include "cli/session.h"
#include "host/slice.h"
#include "virt/virt.h"

#include <stdio.h>

/* What both commands work with. */
typedef struct {
    LoomHost *desired;
    GPtrArray *backends;
    LoomBackend *virt; /* one of them */
    LoomApply *apply;
} Work;

static void
work_clear(Work *work)
{
    g_clear_pointer(&work->apply, loom_apply_free);
    g_clear_pointer(&work->backends, g_ptr_array_unref);
    g_clear_pointer(&work->desired, loom_host_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Work, work_clear)

/* Facts given by hand may say it; else it is the one that the backend speaks to. */
static gboolean
set_libvirt_version(Work *work, GError **error)
{
    g_autofree char *version = NULL;

    if (work->desired->libvirt)
        return TRUE;
    version = loom_virt_version(work->virt, error);
    LOOM_SET(work->desired, libvirt, version);
    return version != NULL;
}

/* FALSE: it failed, and that was printed. */
static gboolean
work_begin(const LoomSession *session, Work *work)
{
    g_autoptr(LoomFabric) fabric = NULL;
    GError *error = NULL;

    work->desired = loom_session_compile(session, &fabric);
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

static void
print_differences(const LoomStep *step)
{
    g_autoptr(GPtrArray) differences = loom_step_differences(step);

    for (guint i = 0; i < differences->len; i++) {
        const LoomDifference *difference = differences->pdata[i];

        printf("    %s: ", difference->name);
        if (difference->from)
            loom_output_print(stdout, LOOM_RED, "%s", difference->from);
        if (difference->from && difference->to)
            printf(" -> ");
        if (difference->to)
            loom_output_print(stdout, LOOM_GREEN, "%s", difference->to);
        printf("\n");
    }
}

static void
print_plan(const LoomPlan *plan)
{
    static const char marks[] = {'+', '~', '-'};
    static const LoomColour colours[] = {LOOM_GREEN, LOOM_YELLOW, LOOM_RED};

    for (guint i = 0; i < plan->steps->len; i++) {
        const LoomStep *step = plan->steps->pdata[i];
        g_autofree char *what = loom_step_describe(step);

        loom_output_print(stdout, colours[step->verb], "%c %s\n", marks[step->verb], what);
        if (step->verb == LOOM_STEP_CHANGE)
            print_differences(step);
    }
}

static void
add_member(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    if (value)
        json_builder_add_string_value(builder, value);
    else
        json_builder_add_null_value(builder);
}

static void
add_step(JsonBuilder *builder, const LoomStep *step)
{
    g_autoptr(GPtrArray) differences = loom_step_differences(step);

    json_builder_begin_object(builder);
    add_member(builder, "verb", loom_verb_format(step->verb));
    add_member(builder, "kind", step->kind->element);
    add_member(builder, "name", step->key);
    add_member(builder, "cost", loom_cost_format(step->cost));
    json_builder_set_member_name(builder, "differences");
    json_builder_begin_array(builder);
    for (guint i = 0; i < differences->len; i++) {
        const LoomDifference *difference = differences->pdata[i];

        json_builder_begin_object(builder);
        add_member(builder, "name", difference->name);
        add_member(builder, "actual", difference->from);
        add_member(builder, "expected", difference->to);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

/* RESULT: a word for scripts, such as "agrees". */
static void
print_json(const LoomHost *host, const char *result, const LoomPlan *plan, const LoomReport *report)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    add_member(builder, "host", host->name);
    add_member(builder, "result", result);
    json_builder_set_member_name(builder, "steps");
    json_builder_begin_array(builder);
    for (guint i = 0; plan && i < plan->steps->len; i++)
        add_step(builder, plan->steps->pdata[i]);
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "findings");
    loom_json_add_report(builder, report);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

/* What runs on with an older definition, and until when. */
static void
report_pending(const LoomHost *observed, LoomReport *report)
{
    for (guint i = 0; i < observed->networks->len; i++) {
        const LoomNetwork *network = observed->networks->pdata[i];

        if (network->ours && network->pending)
            loom_report_add(report, LOOM_SEVERITY_NOTE, NULL,
                            _("network '%s' runs with its former definition until it is "
                              "restarted; guests on it keep their ports (virsh net-destroy, then "
                              "virsh net-start)"),
                            network->name);
    }
}

static void
on_progress(LoomApplyPhase phase, const LoomStep *step, size_t done, size_t total,
            gpointer data G_GNUC_UNUSED)
{
    g_autofree char *what = step ? loom_step_describe(step) : NULL;

    switch (phase) {
    case LOOM_APPLY_OBSERVING:
        loom_output_progress("%s", _("Reading the host ..."));
        break;
    case LOOM_APPLY_RUNNING:
        loom_output_progress("[%zu/%zu] %s", done + 1, total, what ? what : "");
        break;
    case LOOM_APPLY_VERIFYING:
        loom_output_progress("%s", _("Reading the host again ..."));
        break;
    case LOOM_APPLY_REVERTING:
        loom_output_progress(_("Going back [%zu/%zu] %s"), done + 1, total, what ? what : "");
        break;
    case LOOM_APPLY_COMMITTING:
        loom_output_progress(NULL);
        break;
    }
}

static LoomExit
finish_apply(const LoomSession *session, Work *work, size_t steps, LoomReport *report)
{
    loom_output_progress(NULL);
    report_pending(loom_apply_get_last(work->apply), report);
    if (session->is_json) {
        print_json(work->desired, steps ? "changed" : "agrees", NULL, report);
        return LOOM_EXIT_DONE;
    }
    loom_session_print_report(session, report, stderr);
    if (session->is_quiet)
        return LOOM_EXIT_DONE;
    if (steps)
        printf(ngettext("Host '%s' agrees with fabric '%s' after %zu change.\n",
                        "Host '%s' agrees with fabric '%s' after %zu changes.\n", steps),
               work->desired->name, work->desired->fabric, steps);
    else
        printf(_("Host '%s' agrees with fabric '%s' already; nothing was changed.\n"),
               work->desired->name, work->desired->fabric);
    return LOOM_EXIT_DONE;
}

static void
print_verdict(const LoomHost *desired, gboolean agrees, guint steps)
{
    if (agrees)
        printf(_("Host '%s' agrees with fabric '%s'.\n"), desired->name, desired->fabric);
    else if (steps)
        printf(ngettext("Host '%s' differs from fabric '%s': %u change is needed.\n",
                        "Host '%s' differs from fabric '%s': %u changes are needed.\n", steps),
               desired->name, desired->fabric, steps);
    else
        printf(_("Host '%s' differs from fabric '%s'.\n"), desired->name, desired->fabric);
}

/* Compares, and prints what differs; --dry-run and status. */
static LoomExit
print_comparison(const LoomSession *session, Work *work, LoomExit differs)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) observed = NULL;
    g_autoptr(LoomPlan) plan = NULL;
    GError *error = NULL;
    gboolean agrees;

    plan = loom_apply_plan(work->apply, work->desired, &observed, report, &error);
    if (!plan)
        return loom_session_fail(error);
    agrees = !plan->steps->len && !loom_report_count(report, LOOM_SEVERITY_ERROR);
    report_pending(observed, report);
    if (differs == LOOM_EXIT_DIFFERS &&
        !loom_slice_is_current(work->desired, loom_slice_directory())) {
        agrees = FALSE;
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        _("what the hooks read in %s is missing or older than the fabric, so they "
                          "may refuse guests: virt-loom apply writes it"),
                        loom_slice_directory());
    }
    if (differs == LOOM_EXIT_DIFFERS &&
        !loom_virt_hooks_are_known(work->virt, loom_slice_directory())) {
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        _("libvirtd is not known to have loaded the hooks: virt-loom apply proves "
                          "it"));
    }
    if (session->is_json) {
        print_json(work->desired, agrees ? "agrees" : "differs", plan, report);
    } else {
        print_plan(plan);
        loom_session_print_report(session, report, stderr);
        if (!session->is_quiet)
            print_verdict(work->desired, agrees, plan->steps->len);
    }
    if (loom_report_count(report, LOOM_SEVERITY_ERROR) && differs == LOOM_EXIT_DONE)
        return LOOM_EXIT_FAILED;
    return agrees ? LOOM_EXIT_DONE : differs;
}

LoomExit
loom_command_apply(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_auto(Work) work = {0};
    GError *error = NULL;
    size_t steps;

    if (!work_begin(session, &work))
        return LOOM_EXIT_FAILED;
    if (session->is_dry_run)
        return print_comparison(session, &work, LOOM_EXIT_DONE);
    loom_apply_set_progress(work.apply, on_progress, NULL);
    if (loom_apply_run(work.apply, work.desired, &steps, report, &error))
        return finish_apply(session, &work, steps, report);
    loom_output_progress(NULL);
    if (session->is_json) {
        loom_report_add(report, LOOM_SEVERITY_ERROR, NULL, "%s", error->message);
        print_json(work.desired, "failed", NULL, report);
    } else {
        loom_session_print_report(session, report, stderr);
    }
    return loom_session_fail(error);
}

LoomExit
loom_command_status(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_auto(Work) work = {0};

    if (!work_begin(session, &work))
        return LOOM_EXIT_FAILED;
    return print_comparison(session, &work, LOOM_EXIT_DIFFERS);
}
