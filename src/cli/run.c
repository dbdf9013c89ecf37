/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom apply-run: the process that changes the host. Started by its guard. */
#include "base/error.h"
#include "base/i18n.h"
#include "cli/comparison.h"
#include "cli/detach.h"
#include "virt/qemuconf.h"

static gboolean
run_apply(LoomWork *work, size_t *steps, LoomReport *report, GError **error)
{
    g_autofree char *path = loom_detach_desired_path();

    work->desired = loom_host_load(path, error);
    return work->desired && loom_apply_run(work->apply, work->desired, steps, report, error);
}

static gboolean
run_task(LoomTask task, LoomWork *work, size_t *steps, LoomReport *report, GError **error)
{
    switch (task) {
    case LOOM_TASK_APPLY:
        return run_apply(work, steps, report, error);
    case LOOM_TASK_REVERT:
        return loom_apply_revert(work->apply, steps, report, error);
    case LOOM_TASK_RECOVER:
    default:
        return loom_apply_recover(work->apply, steps, error);
    }
}

/* libvirtd has read qemu.conf before it was changed. */
static void
tell_libvirtd(const LoomSession *session, const LoomWork *work, LoomReport *report)
{
    g_autoptr(GError) error = NULL;

    if (!work->qemuconf || !loom_qemuconf_has_changed(work->qemuconf))
        return;
    if (!session->restart_libvirtd)
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        _("qemu.conf has changed, and libvirtd reads it when it starts: restart "
                          "it (guests stay), or use apply --restart-libvirtd"));
    else if (!loom_qemuconf_restart_libvirtd(&error))
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", error->message);
}

static void
prepare(const LoomSession *session, LoomWork *work, LoomJournal *journal)
{
    loom_detach_begin(work->apply);
    loom_apply_set_progress(work->apply, loom_journal_add_phase, journal);
    loom_work_set_proof(work, session);
}

/* The journal knows by its last line that this run needs nobody to go back for it. */
static LoomExit
end(LoomTask task, LoomJournal *journal, size_t steps, const GError *error)
{
    g_autoptr(LoomApply) state = loom_work_open_state();
    const char *done = task != LOOM_TASK_APPLY ? "reverted" : steps ? "changed" : "agrees";
    LoomOutcome outcome = {.result = error ? "failed" : done, .steps = steps};

    if (error) {
        outcome.status = LOOM_EXIT_FAILED;
        outcome.message = error->message;
        outcome.is_restored = !loom_apply_is_unfinished(state);
    }
    loom_journal_end(journal, &outcome);
    return outcome.status;
}

LoomExit
loom_command_run(LoomSession *session, char **arguments)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomJournal) journal = loom_journal_open(&error);
    g_auto(LoomWork) work = {0};
    size_t steps = 0;
    LoomTask task;

    if (!journal || !loom_task_parse(arguments[0], &task))
        return LOOM_EXIT_USAGE;
    if (task != LOOM_TASK_APPLY) /* what is gone back to says itself what it is of */
        session->is_networks = FALSE;
    if (loom_work_open(session, &work, &error)) {
        prepare(session, &work, journal);
        if (run_task(task, &work, &steps, report, &error)) {
            if (loom_apply_get_last(work.apply))
                loom_report_pending(loom_apply_get_last(work.apply), report);
            tell_libvirtd(session, &work, report);
        }
    }
    loom_journal_add_report(journal, report);
    return end(task, journal, steps, error);
}
