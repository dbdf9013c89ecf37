/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom apply-guard: starts what changes the host, and goes back where that does not end well.
 */
#include "base/error.h"
#include "base/i18n.h"
#include "cli/detach.h"
#include "cli/watch.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* Waits for PROCESS, and kills it at the deadline. Returns how it ended, for a person. */
static char *
wait_for(GPid process, int deadline)
{
    const gint64 until = g_get_monotonic_time() + deadline * (gint64)G_USEC_PER_SEC;
    sigset_t child;
    int status;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    while (waitpid(process, &status, WNOHANG) == 0) {
        gint64 left = until - g_get_monotonic_time();

        if (left <= 0) {
            kill(process, SIGKILL);
            waitpid(process, &status, 0);
            return g_strdup_printf(_("The change did not end within %d s, and was ended"),
                                   deadline);
        }
        sigtimedwait(&child, NULL,
                     &(struct timespec){left / G_USEC_PER_SEC, left % G_USEC_PER_SEC * 1000});
    }
    if (WIFSIGNALED(status))
        return g_strdup_printf(_("The process that changed the host was killed by signal %d"),
                               WTERMSIG(status));
    return g_strdup_printf(_("The process that changed the host ended unexpectedly (status %d)"),
                           WEXITSTATUS(status));
}

static char *
start_and_wait(const LoomSession *session, LoomTask task, int lock)
{
    g_autoptr(GPtrArray) arguments = loom_detach_arguments("apply-run", session, task);
    g_autoptr(GError) error = NULL;
    GPid process;

    if (!loom_detach_spawn(arguments, lock, &process, &error))
        return g_strdup(error->message);
    return wait_for(process, session->deadline);
}

/* The last words of a run that had none: FAULT is what became of it. */
static void
end(LoomJournal *journal, const LoomWatch *watch, const char *fault, const GError *error)
{
    g_autofree char *message = NULL;
    LoomOutcome outcome = {"failed", 0, LOOM_EXIT_FAILED, !error, NULL};

    /* told that it commits, and no snapshot left: it has */
    if (!error && watch->phase && watch->phase->phase == LOOM_APPLY_COMMITTING) {
        outcome = (LoomOutcome){.result = "changed", .status = LOOM_EXIT_DONE};
        message = g_strdup_printf(_("%s, but only after the change was committed"), fault);
    } else if (!error) {
        message = g_strdup_printf(_("%s. The host is as it was before"), fault);
    } else {
        message = g_strdup_printf(_("%s. %s"), fault, error->message);
    }
    outcome.message = message;
    loom_journal_end(journal, &outcome);
}

/* One try, with sockets of its own. */
static gboolean
recover(const LoomSession *session, LoomJournal *journal, const LoomApply *holder, GError **error)
{
    g_auto(LoomWork) work = {0};
    size_t steps;

    loom_work_open_blindly(session, &work);
    loom_apply_adopt_lock(work.apply, dup(loom_apply_get_lock(holder)));
    if (journal)
        loom_apply_set_progress(work.apply, loom_journal_add_phase, journal);
    return loom_apply_recover(work.apply, &steps, error);
}

/* What keeps the host from going back may be over a little later: memory is short, a NIC resets. */
static gboolean
recover_at_last(const LoomSession *session, LoomJournal *journal, const LoomApply *holder,
                GError **error)
{
    static const unsigned pauses[] = {0, 1, 2, 4, 8, 16, 32};

    for (size_t i = 0; i < G_N_ELEMENTS(pauses); i++) {
        g_clear_error(error);
        sleep(pauses[i]);
        if (recover(session, journal, holder, error))
            return TRUE;
    }
    return FALSE;
}

/* A runner that could not go back has ended the journal: nobody is watching any more. */
static void
go_back(const LoomSession *session, LoomJournal *journal, const LoomApply *holder,
        const char *fault)
{
    g_auto(LoomWatch) watch = {0};
    g_autoptr(GError) error = NULL;
    gboolean is_open = loom_watch_read(&watch, &error) && !watch.end;

    g_clear_error(&error);
    if (loom_apply_is_unfinished(holder) &&
        recover_at_last(session, is_open ? journal : NULL, holder, &error))
        g_clear_pointer(&watch.phase, loom_entry_free);
    if (is_open)
        end(journal, &watch, fault, error);
    else if (error)
        syslog(LOG_DAEMON | LOG_ERR, "virt-loom: %s", error->message);
}

LoomExit
loom_command_guard(LoomSession *session, char **arguments)
{
    g_autoptr(LoomApply) holder = loom_work_open_state();
    g_autoptr(LoomJournal) journal = loom_journal_open(NULL);
    g_autofree char *fault = NULL;
    sigset_t child;
    LoomTask task;

    if (!journal || !loom_task_parse(arguments[0], &task))
        return LOOM_EXIT_USAGE;
    /* before there are threads, which would take the signal instead */
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    loom_detach_begin(holder);
    loom_detach_enter_scope();
    fault = start_and_wait(session, task, loom_apply_get_lock(holder));
    go_back(session, journal, holder, fault);
    return LOOM_EXIT_DONE;
}
