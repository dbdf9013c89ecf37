/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom apply: makes the host as it should be. */
#include "base/i18n.h"
#include "cli/comparison.h"
#include "cli/output.h"

#include <stdio.h>

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
finish_apply(const LoomSession *session, LoomWork *work, size_t steps, LoomReport *report)
{
    loom_output_progress(NULL);
    loom_report_pending(loom_apply_get_last(work->apply), report);
    if (session->is_json) {
        loom_print_json(work->desired, steps ? "changed" : "agrees", report);
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

LoomExit
loom_command_apply(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_auto(LoomWork) work = {0};
    GError *error = NULL;
    size_t steps;

    if (!loom_work_begin(session, &work))
        return LOOM_EXIT_FAILED;
    if (session->is_dry_run)
        return loom_print_plan(session, &work);
    loom_apply_set_progress(work.apply, on_progress, NULL);
    if (loom_apply_run(work.apply, work.desired, &steps, report, &error))
        return finish_apply(session, &work, steps, report);
    loom_output_progress(NULL);
    if (session->is_json) {
        loom_report_add(report, LOOM_SEVERITY_ERROR, NULL, "%s", error->message);
        loom_print_json(work.desired, "failed", report);
    } else {
        loom_session_print_report(session, report, stderr);
    }
    return loom_session_fail(error);
}
