/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applies: whether one changes this host, when it has ended, and what one leaves that was killed.
 */
#include "agent/agent.h"

#include "apply/apply.h"

#include <errno.h>
#include <glib-unix.h>
#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

#define BUSY_MILLISECONDS     500
#define BUSY_MILLISECONDS_MAX 30000
#define ORPHAN_MILLISECONDS   2000 /* a guard that tries again lets others come in between */

static LoomApply *
open_state(void)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();

    return loom_apply_new(none, NULL, NULL);
}

/* --- when one ends ---------------------------------------------------------------------------- */

static void
read_events(int fd, LoomAgent *agent)
{
    _Alignas(struct inotify_event) char events[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
    ssize_t length;

    while ((length = read(fd, events, sizeof events)) > 0)
        for (char *at = events; at < events + length;) {
            const struct inotify_event *event = (const struct inotify_event *)(void *)at;

            if (event->mask & (IN_IGNORED | IN_UNMOUNT)) /* the directory has gone */
                agent->is_state_lost = TRUE;
            at += sizeof *event + event->len;
        }
}

static gboolean
on_state(int fd, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
    LoomAgent *agent = data;

    read_events(fd, agent);
    agent->applies++;
    loom_agent_look_at_all(agent);
    if (!agent->is_state_lost)
        return G_SOURCE_CONTINUE;
    agent->state_source = 0;
    loom_agent_stop_listening(agent);
    return G_SOURCE_REMOVE;
}

void
loom_agent_listen_to_applies(LoomAgent *agent)
{
    g_autoptr(LoomApply) apply = NULL;

    if (agent->state_source && !agent->is_state_lost)
        return;
    loom_agent_stop_listening(agent);
    apply = open_state();
    agent->is_state_lost = FALSE;
    agent->state = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    /* a host that commits moves its files, and whoever holds the lock has it open for writing */
    if (agent->state >= 0 && inotify_add_watch(agent->state, loom_apply_get_directory(apply),
                                               IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR) >= 0)
        agent->state_source = g_unix_fd_add(agent->state, G_IO_IN, on_state, agent);
    else
        loom_agent_stop_listening(agent);
}

void
loom_agent_stop_listening(LoomAgent *agent)
{
    if (agent->state_source)
        g_source_remove(agent->state_source);
    agent->state_source = 0;
    if (agent->state >= 0)
        close(agent->state);
    agent->state = -1;
}

void
loom_agent_ignore_own_lock(LoomAgent *agent)
{
    if (agent->state_source)
        read_events(agent->state, agent);
}

/* --- one that was killed ---------------------------------------------------------------------- */

gboolean
loom_agent_take_back(void)
{
    const char *other = g_getenv("VIRT_LOOM_COMMAND");
    const char *command[] = {other ? other : LOOM_BINDIR "/virt-loom", "apply-recover", NULL};
    g_autoptr(LoomApply) apply = open_state();
    g_autoptr(GError) error = NULL;
    int status;

    if (!loom_apply_is_unfinished(apply) || loom_apply_is_running(apply))
        return TRUE;
    if (!g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
                      &status, &error) ||
        !g_spawn_check_wait_status(status, &error)) {
        loom_agent_say(LOG_ERR, "an apply that was killed could not be taken back: %s",
                       error->message);
        return FALSE;
    }
    loom_agent_say(LOG_WARNING, "an apply that was killed was taken back");
    return TRUE;
}

/* The unit confines the agent more than an apply may be: what runs before its start is not. */
static void
take_back_or_end(LoomAgent *agent)
{
    if (g_getenv("NOTIFY_SOCKET")) {
        loom_agent_say(LOG_WARNING, "an apply was killed together with its guard: this ends, so "
                                    "that it is taken back before the next start");
        agent->is_ending = agent->has_failed = TRUE;
    } else if (!loom_agent_take_back()) {
        agent->is_given_up = TRUE;
    }
    agent->orphaned = 0;
    loom_agent_look_at_all(agent);
}

static void
await_orphan(LoomAgent *agent)
{
    gint64 now = g_get_monotonic_time() / 1000;

    if (!agent->orphaned)
        agent->orphaned = now;
    if (now - agent->orphaned < ORPHAN_MILLISECONDS)
        loom_agent_come_back(agent, agent->orphaned + ORPHAN_MILLISECONDS - now);
    else
        take_back_or_end(agent);
}

/* --- whether there is one --------------------------------------------------------------------- */

gboolean
loom_agent_is_kept_off(LoomAgent *agent)
{
    g_autoptr(LoomApply) apply = open_state();

    if (loom_apply_is_running(apply)) {
        agent->orphaned = 0;
        agent->busy = CLAMP(2 * agent->busy, BUSY_MILLISECONDS, BUSY_MILLISECONDS_MAX);
        loom_agent_come_back(agent, agent->busy);
        return TRUE;
    }
    agent->busy = 0;
    if (!loom_apply_is_unfinished(apply)) {
        loom_agent_forget(agent, "apply");
        agent->orphaned = 0;
        agent->is_given_up = FALSE;
        return FALSE;
    }
    if (!agent->is_given_up) {
        await_orphan(agent);
        return TRUE;
    }
    loom_agent_say_once(agent, "apply", LOG_ERR,
                        "an apply was killed, and this host is not back where it was: nothing is "
                        "repaired until 'virt-loom revert' has ended");
    agent->all = TRUE; /* at the next event */
    return TRUE;
}
