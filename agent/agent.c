/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The agent: what it listens to, and when it looks. */
#include "agent/agent.h"

#include "base/error.h"

#include <glib-unix.h>

#define RETRY_SECONDS_MAX 60

static gint64
now(void)
{
    return g_get_monotonic_time() / 1000;
}

/* --- looking ---------------------------------------------------------------------------------- */

static gboolean
look(gpointer data)
{
    LoomAgent *agent = data;
    g_autoptr(GHashTable) touched = g_steal_pointer(&agent->touched);
    GHashTable *where = agent->all ? NULL : touched;

    agent->touched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    agent->all = FALSE;
    agent->timer = 0;
    loom_burst_end(&agent->burst);
    loom_agent_listen_to_applies(agent);
    loom_agent_plug(agent, where);
    if (loom_agent_is_kept_off(agent))
        return G_SOURCE_REMOVE;
    g_hash_table_remove_all(agent->suspects);
    loom_agent_watch_ports(agent, where);
    loom_agent_watch_links(agent, where);
    if (!where)
        loom_agent_follow_guests(agent);
    return G_SOURCE_REMOVE;
}

static void
schedule(LoomAgent *agent, gint64 due)
{
    if (agent->timer)
        g_source_remove(agent->timer);
    agent->due = due;
    agent->timer = g_timeout_add((guint)MAX(0, due - now()), look, agent);
}

static void
add_event(LoomAgent *agent)
{
    gboolean was_waiting = agent->burst.is_waiting;
    gint64 due = loom_burst_add(&agent->burst, now());

    agent->busy = 0; /* while an apply makes events, its end is near */
    /* what comes back of itself is not put off */
    if (!agent->timer || was_waiting || due < agent->due)
        schedule(agent, due);
}

void
loom_agent_look_at_all(LoomAgent *agent)
{
    agent->all = TRUE;
    add_event(agent);
}

void
loom_agent_come_back(LoomAgent *agent, gint64 milliseconds)
{
    gint64 due = now() + milliseconds;

    agent->all = TRUE;
    if (!agent->timer || due < agent->due)
        schedule(agent, due);
}

gboolean
loom_agent_may_repair(LoomAgent *agent, const char *object)
{
    gint64 wait = 0;
    LoomDamperAnswer answer = loom_damper_ask(agent->damper, object, now(), &wait);

    if (answer == LOOM_DAMPER_PASS)
        return TRUE;
    if (answer == LOOM_DAMPER_BEGIN)
        loom_agent_say(LOG_WARNING,
                       "%s is changed by somebody again and again: from now on it is repaired "
                       "every %d s at most",
                       object, LOOM_DAMPER_INTERVAL / 1000);
    loom_agent_come_back(agent, wait);
    return FALSE;
}

/* --- the kernel ------------------------------------------------------------------------------- */

/* What is heard at once. */
typedef struct {
    LoomAgent *agent;
    GHashTable *touched;
} Heard;

static void
on_change(const char *link, gpointer data)
{
    const Heard *heard = data;

    if (!link) {
        heard->agent->all = TRUE;
        return;
    }
    g_hash_table_add(heard->agent->touched, g_strdup(link));
    g_hash_table_add(heard->touched, g_strdup(link));
}

/* A guest that is being plugged into waits for nobody's quiet. */
static gboolean
on_kernel(int fd G_GNUC_UNUSED, GIOCondition condition G_GNUC_UNUSED, gpointer data)
{
    LoomAgent *agent = data;
    g_autoptr(GHashTable) touched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Heard heard = {agent, touched};
    g_autoptr(GError) error = NULL;

    if (!loom_monitor_read(agent->monitor, on_change, &heard, &error)) {
        loom_agent_say(LOG_ERR, "%s", error->message);
        agent->is_ending = agent->has_failed = TRUE;
        return G_SOURCE_REMOVE;
    }
    loom_agent_plug(agent, agent->all ? NULL : touched);
    add_event(agent);
    return G_SOURCE_CONTINUE;
}

/* --- libvirt ---------------------------------------------------------------------------------- */

static gboolean connect_virt(gpointer data);

static void
retry_later(LoomAgent *agent)
{
    agent->retry = g_timeout_add_seconds(agent->retry_seconds, connect_virt, agent);
    agent->retry_seconds = MIN(2 * agent->retry_seconds, RETRY_SECONDS_MAX);
}

static void
on_plugged(const char *name, const char *xml, gpointer data)
{
    loom_agent_confirm(data, name, xml);
    loom_agent_look_at_all(data);
}

static void
on_changed(gpointer data)
{
    loom_agent_look_at_all(data);
}

static gboolean
disconnect(gpointer data)
{
    LoomAgent *agent = data;

    g_clear_pointer(&agent->virt, loom_virt_events_close);
    agent->retry_seconds = 1;
    retry_later(agent);
    return G_SOURCE_REMOVE;
}

static void
on_closed(gpointer data)
{
    LoomAgent *agent = data;

    if (!agent->retry) /* not from within its callback */
        agent->retry = g_idle_add(disconnect, agent);
}

static gboolean
connect_virt(gpointer data)
{
    static const LoomVirtListener listener = {on_plugged, on_changed, on_closed};
    LoomAgent *agent = data;
    g_autoptr(GError) error = NULL;

    agent->retry = 0;
    agent->virt = loom_virt_events_open(agent->uri, &listener, agent, &error);
    if (!agent->virt) {
        if (!agent->is_lost_told)
            loom_agent_say(LOG_NOTICE, "%s; trying again", error->message);
        agent->is_lost_told = TRUE;
        retry_later(agent);
        return G_SOURCE_REMOVE;
    }
    agent->is_lost_told = FALSE;
    agent->retry_seconds = 1;
    loom_agent_say(LOG_INFO, "connected to libvirt");
    loom_agent_look_at_all(agent); /* what happened meanwhile */
    return G_SOURCE_REMOVE;
}

/* --- begin and end ---------------------------------------------------------------------------- */

gboolean
loom_agent_start(LoomAgent *agent, GError **error)
{
    agent->touched = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    agent->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    agent->suspects = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    agent->ports = loom_port_index_new(agent->directory);
    agent->noted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    agent->unnoted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    agent->damper = loom_damper_new();
    agent->bare = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    agent->retry_seconds = 1;
    agent->monitor = loom_monitor_open(error);
    if (!agent->monitor || !loom_virt_loop_register(error))
        return FALSE;
    g_unix_fd_add(loom_monitor_get_fd(agent->monitor), G_IO_IN, on_kernel, agent);
    agent->all = TRUE;
    look(agent);
    agent->retry = g_idle_add(connect_virt, agent);
    return TRUE;
}

void
loom_agent_clear(LoomAgent *agent)
{
    loom_agent_stop_listening(agent);
    if (agent->noter)
        g_source_remove(agent->noter);
    g_clear_pointer(&agent->virt, loom_virt_events_close);
    g_clear_pointer(&agent->monitor, loom_monitor_close);
    g_clear_pointer(&agent->damper, loom_damper_free);
    g_clear_pointer(&agent->touched, g_hash_table_unref);
    g_clear_pointer(&agent->told, g_hash_table_unref);
    g_clear_pointer(&agent->bare, g_hash_table_unref);
    g_clear_pointer(&agent->suspects, g_hash_table_unref);
    g_clear_pointer(&agent->watched, g_hash_table_unref);
    g_clear_pointer(&agent->noted, g_hash_table_unref);
    g_clear_pointer(&agent->unnoted, g_hash_table_unref);
    g_clear_pointer(&agent->ports, loom_port_index_free);
}
