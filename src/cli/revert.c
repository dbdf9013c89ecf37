/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom confirm and revert: what an apply that waits is told, and the way back from one. */
#include "base/error.h"
#include "base/i18n.h"
#include "cli/detach.h"
#include "cli/watch.h"

#include <stdio.h>

static gboolean
is_waiting(const LoomWatch *watch)
{
    return watch->phase && watch->phase->phase == LOOM_APPLY_CONFIRMING;
}

/* The apply in progress, if it asks for a confirmation, or an error. */
static gboolean
find_asking(LoomWatch *watch, GError **error)
{
    g_autoptr(LoomApply) state = loom_work_open_state();

    if (!loom_apply_is_running(state)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("No apply is in progress, so there is nothing to confirm"));
        return FALSE;
    }
    if (!loom_watch_read(watch, error))
        return FALSE;
    if (!watch->end && watch->confirm)
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                _("The apply in progress asks for no confirmation"));
    return FALSE;
}

LoomExit
loom_command_confirm(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_autoptr(LoomApply) state = loom_work_open_state();
    g_auto(LoomWatch) asking = {0};
    g_auto(LoomWatch) until_it_waits = {0};
    g_auto(LoomWatch) watch = {0};
    GError *error = NULL;

    if (!find_asking(&asking, &error) ||
        !loom_watch_follow(session, &until_it_waits, LOOM_WATCH_QUIETLY, is_waiting, &error))
        return loom_session_fail(error);
    if (is_waiting(&until_it_waits) && !loom_apply_request(state, LOOM_REQUEST_CONFIRM, &error))
        return loom_session_fail(error);
    if (until_it_waits.is_interrupted)
        return loom_watch_print_end(session, &until_it_waits);
    if (!loom_watch_follow(session, &watch, LOOM_WATCH_LINES, NULL, &error))
        return loom_session_fail(error);
    return loom_watch_print_end(session, &watch);
}

/* Tells the apply in progress; that it failed then is what was wanted. */
static LoomExit
revert_running(const LoomSession *session, LoomApply *state)
{
    g_auto(LoomWatch) watch = {0};
    GError *error = NULL;

    if (!loom_apply_request(state, LOOM_REQUEST_REVERT, &error) ||
        !loom_watch_follow(session, &watch, LOOM_WATCH_LINES, NULL, &error))
        return loom_session_fail(error);
    if (!watch.end || !watch.end->is_restored)
        return loom_watch_print_end(session, &watch);
    if (!session->is_quiet && !session->is_json)
        printf(_("Host '%s' is as it was before.\n"), watch.host);
    return LOOM_EXIT_DONE;
}

/* No plan of it is made here: as many steps as the host has things, and once more. */
static gboolean
start(const LoomSession *session, LoomApply *state, GError **error)
{
    g_autoptr(LoomHost) committed = loom_apply_load_committed(state, NULL);
    g_autoptr(LoomHost) nothing = loom_host_new();
    const LoomHost *host = committed ? committed : nothing;
    guint deadline = loom_apply_time_limit(state, host, 2 * loom_host_count(host) + 100);

    LOOM_SET(nothing, name, g_get_host_name());
    return loom_apply_lock(state, error) &&
           loom_detach(session, state, LOOM_TASK_REVERT, host, deadline, error);
}

LoomExit
loom_command_revert(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_autoptr(LoomApply) state = loom_work_open_state();
    g_auto(LoomWatch) running = {0};
    g_auto(LoomWatch) watch = {0};
    GError *error = NULL;

    if (loom_apply_is_running(state) && loom_watch_read(&running, NULL) && !running.end)
        return revert_running(session, state);
    if (!start(session, state, &error) ||
        !loom_watch_follow(session, &watch, LOOM_WATCH_LINES, NULL, &error))
        return loom_session_fail(error);
    if (session->is_json && watch.end)
        return watch.end->status;
    return loom_watch_print_end(session, &watch);
}
