/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom watch: an apply as its journal tells it. */
#include "cli/watch.h"

#include "base/error.h"
#include "base/i18n.h"
#include "cli/comparison.h"
#include "cli/output.h"
#include "cli/work.h"

#include <signal.h>
#include <stdio.h>

#define PAUSE          10000          /* microseconds between two looks */
#define LOOK_FOR_DEATH G_USEC_PER_SEC /* who holds the lock is asked so seldom */

static volatile sig_atomic_t is_interrupted;

static void
on_interrupt(int number G_GNUC_UNUSED)
{
    is_interrupted = TRUE;
}

void
loom_watch_clear(LoomWatch *watch)
{
    g_clear_pointer(&watch->task, g_free);
    g_clear_pointer(&watch->host, g_free);
    g_clear_pointer(&watch->fabric, g_free);
    g_clear_pointer(&watch->phase, loom_entry_free);
    g_clear_pointer(&watch->end, loom_entry_free);
    g_clear_pointer(&watch->report, loom_report_free);
}

/* Who planned may have found the same. */
static gboolean
is_known(const LoomReport *report, const LoomFinding *finding)
{
    for (size_t i = 0; report && i < loom_report_length(report); i++)
        if (g_strcmp0(loom_report_get(report, i)->message, finding->message) == 0)
            return TRUE;
    return FALSE;
}

static void
add_finding(LoomWatch *watch, const LoomFinding *finding)
{
    LoomSource source = {finding->file, finding->line};

    if (!finding->message || is_known(watch->known, finding) || is_known(watch->report, finding))
        return;
    if (!watch->report)
        watch->report = loom_report_new();
    loom_report_add(watch->report, finding->severity, finding->file ? &source : NULL, "%s",
                    finding->message);
}

/* Takes ENTRY. */
static void
add_entry(LoomWatch *watch, LoomEntry *entry)
{
    switch (entry->kind) {
    case LOOM_ENTRY_BEGIN:
        watch->task = g_steal_pointer(&entry->task);
        watch->host = g_steal_pointer(&entry->host);
        watch->fabric = g_steal_pointer(&entry->fabric);
        watch->confirm = entry->confirm;
        break;
    case LOOM_ENTRY_PHASE:
        g_clear_pointer(&watch->phase, loom_entry_free);
        watch->phase = entry;
        return;
    case LOOM_ENTRY_FINDING:
        add_finding(watch, &entry->finding);
        break;
    case LOOM_ENTRY_END:
        watch->end = entry;
        return;
    }
    loom_entry_free(entry);
}

static void
show_progress(const LoomEntry *phase)
{
    const char *step = phase->step ? phase->step : "";
    gint64 left;

    switch (phase->phase) {
    case LOOM_APPLY_OBSERVING:
        loom_output_progress("%s", _("Reading the host ..."));
        break;
    case LOOM_APPLY_RUNNING:
        loom_output_progress("[%d/%d] %s", (int)phase->done + 1, (int)phase->total, step);
        break;
    case LOOM_APPLY_VERIFYING:
        loom_output_progress("%s", _("Reading the host again ..."));
        break;
    case LOOM_APPLY_PROBING:
        loom_output_progress(_("Probing [%d/%d] ..."), (int)phase->done + 1, (int)phase->total);
        break;
    case LOOM_APPLY_CONFIRMING:
        left = phase->time + phase->total - g_get_real_time() / G_USEC_PER_SEC;
        loom_output_progress(_("Waiting for virt-loom confirm, %d s left ..."),
                             (int)CLAMP(left, 0, phase->total));
        break;
    case LOOM_APPLY_REVERTING:
        loom_output_progress(_("Going back [%d/%d] %s"), (int)phase->done + 1, (int)phase->total,
                             step);
        break;
    case LOOM_APPLY_COMMITTING:
        loom_output_progress(NULL);
        break;
    }
}

static void
tell_entry(const LoomSession *session, const LoomWatch *watch, const LoomEntry *entry,
           LoomWatchManner manner)
{
    if (session->is_json && manner == LOOM_WATCH_LINES) {
        printf("%s\n", entry->text);
        fflush(stdout);
    }
    if (entry->kind != LOOM_ENTRY_PHASE || session->is_quiet)
        return;
    show_progress(entry);
    if (entry->phase == LOOM_APPLY_CONFIRMING && manner == LOOM_WATCH_ASKING && !session->is_json) {
        loom_output_progress(NULL);
        printf(_("Host '%s' waits %d s for virt-loom confirm, and goes back without it.\n"),
               watch->host, (int)entry->total);
        fflush(stdout);
        show_progress(entry);
    }
}

static gboolean
is_at_work(void)
{
    g_autoptr(LoomApply) state = loom_work_open_state();

    return loom_apply_is_running(state);
}

/* Reads all there is; FALSE: no more is wanted. */
static gboolean
read_entries(const LoomSession *session, LoomWatch *watch, LoomJournalReader *reader,
             LoomWatchManner manner, LoomWatchUntil until)
{
    LoomEntry *entry;

    while ((entry = loom_journal_reader_next(reader))) {
        if (session)
            tell_entry(session, watch, entry, manner);
        add_entry(watch, entry);
        if (watch->end || (until && until(watch)))
            return FALSE;
    }
    return TRUE;
}

static void
follow(const LoomSession *session, LoomWatch *watch, LoomJournalReader *reader,
       LoomWatchManner manner, LoomWatchUntil until)
{
    gint64 looked = g_get_monotonic_time();

    while (read_entries(session, watch, reader, manner, until) && !is_interrupted) {
        if (watch->is_dead)
            return;
        g_usleep(PAUSE);
        if (g_get_monotonic_time() - looked < LOOK_FOR_DEATH)
            continue;
        looked = g_get_monotonic_time();
        watch->is_dead =
            !is_at_work(); /* after one more look: they may have ended as they should */
        if (watch->phase && !session->is_quiet)
            show_progress(watch->phase);
    }
    if (watch->end)
        watch->is_dead = FALSE;
}

gboolean
loom_watch_follow(const LoomSession *session, LoomWatch *watch, LoomWatchManner manner,
                  LoomWatchUntil until, GError **error)
{
    g_autoptr(LoomJournalReader) reader = loom_journal_reader_new(error);
    struct sigaction ours = {.sa_handler = on_interrupt};
    struct sigaction before;

    if (!reader)
        return FALSE;
    is_interrupted = FALSE;
    sigaction(SIGINT, &ours, &before);
    follow(session, watch, reader, manner, until);
    sigaction(SIGINT, &before, NULL);
    loom_output_progress(NULL);
    watch->is_interrupted = is_interrupted && !watch->end;
    return TRUE;
}

gboolean
loom_watch_read(LoomWatch *watch, GError **error)
{
    g_autoptr(LoomJournalReader) reader = loom_journal_reader_new(error);

    if (!reader)
        return FALSE;
    read_entries(NULL, watch, reader, LOOM_WATCH_QUIETLY, NULL);
    watch->is_dead = !watch->end && !is_at_work();
    return TRUE;
}

const char *
loom_watch_describe_failure(const LoomWatch *watch)
{
    g_autoptr(LoomApply) state = NULL;

    if (!watch->is_dead)
        return watch->end->message;
    state = loom_work_open_state();
    return loom_apply_is_unfinished(state)
               ? _("The processes that changed the host were killed. The next virt-loom apply goes "
                   "back to the host before it first, and so does virt-loom revert")
               : _("The processes that changed the host were killed, and left nothing unfinished: "
                   "virt-loom status says how it is");
}

static LoomExit
print_interruption(void)
{
    fputs(_("Only the watching has ended, the change goes on: virt-loom watch follows it, "
            "virt-loom revert has it go back.\n"),
          stderr);
    return LOOM_EXIT_GOES_ON;
}

static void
print_success(const LoomWatch *watch)
{
    const LoomEntry *end = watch->end;
    unsigned long steps = end->steps;

    if (g_strcmp0(end->result, "reverted") == 0)
        printf(ngettext("Host '%s' is as it was before, after %lu change.\n",
                        "Host '%s' is as it was before, after %lu changes.\n", steps),
               watch->host, steps);
    else if (steps)
        printf(ngettext("Host '%s' agrees with fabric '%s' after %lu change.\n",
                        "Host '%s' agrees with fabric '%s' after %lu changes.\n", steps),
               watch->host, watch->fabric, steps);
    else
        printf(_("Host '%s' agrees with fabric '%s' already; nothing was changed.\n"), watch->host,
               watch->fabric);
}

LoomExit
loom_watch_print_end(const LoomSession *session, const LoomWatch *watch)
{
    const char *message;

    if (watch->report)
        loom_session_print_report(session, watch->report, stderr);
    if (watch->is_interrupted)
        return print_interruption();
    message = loom_watch_describe_failure(watch);
    if (message)
        loom_session_fail(g_error_new_literal(LOOM_ERROR, LOOM_ERROR_FAILED, message));
    else if (!session->is_quiet)
        print_success(watch);
    return watch->is_dead ? LOOM_EXIT_FAILED : (LoomExit)watch->end->status;
}

LoomExit
loom_command_watch(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_auto(LoomWatch) watch = {0};
    GError *error = NULL;

    if (!loom_watch_follow(session, &watch, LOOM_WATCH_LINES, NULL, &error))
        return loom_session_fail(error);
    if (session->is_json && watch.end)
        return watch.end->status;
    return loom_watch_print_end(session, &watch);
}
