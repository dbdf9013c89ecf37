/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom apply: plans, and has another process make the host as it should be. */
#include "base/error.h"
#include "base/i18n.h"
#include "cli/comparison.h"
#include "cli/detach.h"
#include "cli/watch.h"

#include <stdio.h>

/* Seconds; $VIRT_LOOM_DEADLINE, or what the steps need at the very most. */
static guint
choose_deadline(const LoomWork *work, size_t steps)
{
    const char *given = g_getenv("VIRT_LOOM_DEADLINE");
    guint64 seconds;

    if (given && g_ascii_string_to_unsigned(given, 10, 1, G_MAXINT, &seconds, NULL))
        return seconds;
    return loom_apply_time_limit(work->apply, work->desired, steps);
}

/* What an apply that was killed left behind; the lock is held then. */
static gboolean
recover_first(const LoomSession *session, LoomWork *work, GError **error)
{
    const LoomSession unconfirmed = {.uri = session->uri, .is_quiet = TRUE};
    g_auto(LoomWatch) watch = {0};

    if (!loom_apply_lock(work->apply, error))
        return FALSE;
    if (!loom_apply_is_unfinished(work->apply))
        return TRUE;
    if (!loom_detach(&unconfirmed, work->apply, LOOM_TASK_RECOVER, work->desired,
                     choose_deadline(work, loom_host_count(work->desired)), error) ||
        !loom_watch_follow(&unconfirmed, &watch, LOOM_WATCH_QUIETLY, NULL, error))
        return FALSE;
    if (watch.end && !watch.end->status)
        return loom_apply_lock(work->apply, error);
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, "%s",
                watch.end ? watch.end->message
                          : _("An apply was killed, and so was going back to the host before it"));
    return FALSE;
}

/* What there is to find without changing anything. */
static gboolean
plan(const LoomSession *session, LoomWork *work, LoomReport *report, size_t *steps, GError **error)
{
    g_autoptr(LoomHost) observed = NULL;
    g_autoptr(LoomPlan) plan =
        loom_apply_plan(work->apply, work->desired, &observed, report, error);
    g_auto(LoomSurvey) survey = {0};

    if (!plan)
        return FALSE;
    *steps = plan->steps->len;
    if (loom_report_count(report, LOOM_SEVERITY_ERROR)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("Host '%s' cannot become as asked, so nothing was changed"),
                    work->desired->name);
        return FALSE;
    }
    return !session->no_interruption ||
           (loom_survey_take(work, &survey, error) && loom_survey_is_gentle(&survey, error));
}

static void
add_report(LoomReport *into, const LoomReport *report)
{
    for (size_t i = 0; report && i < loom_report_length(report); i++) {
        const LoomFinding *finding = loom_report_get(report, i);
        LoomSource source = {finding->file, finding->line};

        loom_report_add(into, finding->severity, finding->file ? &source : NULL, "%s",
                        finding->message);
    }
}

/* Before or after it was begun; what was found is printed with it. */
static LoomExit
fail(const LoomSession *session, const LoomWork *work, LoomReport *report, GError *error)
{
    if (session->is_json) {
        loom_report_add(report, LOOM_SEVERITY_ERROR, NULL, "%s", error->message);
        loom_print_json(work->desired, "failed", report);
    } else {
        loom_session_print_report(session, report, stderr);
    }
    return loom_session_fail(error);
}

/* One document, of all that was found. */
static LoomExit
print_document(const LoomSession *session, const LoomWork *work, const LoomWatch *watch,
               LoomReport *report)
{
    const char *message = loom_watch_describe_failure(watch);

    add_report(report, watch->report);
    if (message)
        return fail(session, work, report,
                    g_error_new_literal(LOOM_ERROR, LOOM_ERROR_FAILED, message));
    loom_print_json(work->desired, watch->end->result, report);
    return watch->end->status;
}

LoomExit
loom_command_apply(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_auto(LoomWatch) watch = {.known = report};
    g_auto(LoomWork) work = {0};
    GError *error = NULL;
    size_t steps;

    if (!loom_work_begin(session, &work))
        return LOOM_EXIT_FAILED;
    if (session->is_dry_run)
        return loom_print_plan(session, &work);
    loom_work_set_proof(&work, session);
    if (!recover_first(session, &work, &error) || !plan(session, &work, report, &steps, &error) ||
        !loom_detach(session, work.apply, LOOM_TASK_APPLY, work.desired,
                     choose_deadline(&work, steps), &error))
        return fail(session, &work, report, error);
    if (!session->is_json)
        loom_session_print_report(session, report, stderr);
    if (!loom_watch_follow(session, &watch, LOOM_WATCH_ASKING, NULL, &error))
        return loom_session_fail(error);
    return session->is_json && !watch.is_interrupted
               ? print_document(session, &work, &watch, report)
               : loom_watch_print_end(session, &watch);
}
