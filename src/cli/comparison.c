/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What differs, for people and for programs. */
#include "cli/comparison.h"

#include "base/i18n.h"
#include "base/json.h"
#include "cli/output.h"
#include "host/slice.h"
#include "virt/virt.h"

#include <stdio.h>

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

void
loom_print_json(const LoomHost *host, const char *result, const LoomPlan *plan,
                const LoomReport *report)
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

void
loom_report_pending(const LoomHost *observed, LoomReport *report)
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

LoomExit
loom_print_comparison(const LoomSession *session, LoomWork *work, LoomExit differs)
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
    loom_report_pending(observed, report);
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
        loom_print_json(work->desired, agrees ? "agrees" : "differs", plan, report);
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
