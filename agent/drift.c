/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports of guests that others change: told, or repaired, many at a time. */
#include "agent/agent.h"

#include "apply/apply.h"
#include "base/error.h"
#include "kernel/kernel.h"
#include "port/port.h"
#include "port/program.h"

#define SETTLED  3000 /* milliseconds: what libvirt makes anew comes much sooner */
#define TOGETHER 64   /* ports: the switch is locked meanwhile, and hooks wait 2 s at most */

/* One look. What it needs only where something has changed is there from then on. */
typedef struct {
    LoomAgent *agent;
    LoomBackend *kernel;
    LoomHost *committed; /* NULL: not yet, or there is none */
    gboolean is_loaded;
    GPtrArray *drifted; /* of Drift: to be repaired */
} Look;

/* A port that is not as it is kept. */
typedef struct {
    LoomHost *state;
    char *name, *text; /* what differs */
    char *culprit;     /* NULL: nobody known */
} Drift;

static void
drift_free(gpointer data)
{
    Drift *drift = data;

    loom_host_free(drift->state);
    g_free(drift->name);
    g_free(drift->text);
    g_free(drift->culprit);
    g_free(drift);
}

gboolean
loom_agent_only_reports(const LoomHost *committed, const char *name)
{
    for (guint i = 0; committed && name && i < committed->links->len; i++) {
        const LoomLink *link = committed->links->pdata[i];

        if (g_strcmp0(link->drift, "report") == 0 && g_strcmp0(link->logicalswitch, name) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Whether the tap, or one of that name that is its own, is there. */
static gboolean
has_tap(const LoomHost *host, const LoomPort *port)
{
    const LoomLink *link = loom_host_find(host, &loom_link_kind, port->link);

    return link && loom_agent_is_tap_of(link, port);
}

/* What differs from WANTED, for a person; NULL: nothing. Owned by the caller. */
static char *
describe_drift(const LoomHost *host, const LoomPort *wanted)
{
    static const LoomKind *const kinds[] = {&loom_port_kind, NULL};
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) target = loom_host_new();
    g_autoptr(LoomPlan) plan = NULL;

    loom_record_add(target, loom_record_copy(wanted));
    plan = loom_plan_compare(host, target, kinds, report);
    return plan->steps->len ? loom_agent_describe_change(plan->steps->pdata[0]) : NULL;
}

/*
 * Whether all that the port NAME lacks is the qdisc at its tap's ingress, and that not for long:
 * libvirt takes its own away before it makes another, and would fail where one came in between.
 */
static gboolean
may_be_between(LoomAgent *agent, const char *name, const LoomHost *seen, LoomPort *wanted)
{
    const LoomPort *now = seen->ports->len ? seen->ports->pdata[0] : NULL;
    gint64 *since = g_hash_table_lookup(agent->bare, name), clock = g_get_monotonic_time() / 1000;
    g_autofree char *others = NULL;

    if (!wanted->prioritypop || !now || LOOM_HAS(now, prioritypop)) {
        g_hash_table_remove(agent->bare, name);
        return FALSE;
    }
    LOOM_SET(wanted, prioritypop, NULL);
    others = describe_drift(seen, wanted);
    if (others || (since && clock - *since >= SETTLED))
        return FALSE;
    if (!since) {
        since = g_memdup2(&clock, sizeof clock);
        g_hash_table_insert(agent->bare, g_strdup(name), since);
    }
    loom_agent_come_back(agent, *since + SETTLED - clock);
    return TRUE;
}

static const LoomHost *
load_committed(Look *look)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autoptr(LoomApply) apply = look->is_loaded ? NULL : loom_apply_new(none, NULL, NULL);

    if (apply)
        look->committed = loom_apply_load_committed(apply, NULL);
    look->is_loaded = TRUE;
    return look->committed;
}

/* Under the switch's lock, what was kept may have changed since. */
static LoomHost *
find_again(const LoomAgent *agent, const LoomHost *state)
{
    const LoomPort *port = loom_port_state_port(state);

    return loom_port_state_find(agent->directory, LOOM_PORT_LIVE, port->domain, port->mac, NULL);
}

/* --- repair ----------------------------------------------------------------------------------- */

static LoomPortLock *
lock_bridges(const LoomAgent *agent, const GPtrArray *drifted, GError **error)
{
    g_autoptr(GPtrArray) bridges = g_ptr_array_new();

    for (guint i = 0; i < drifted->len; i++) {
        const Drift *drift = drifted->pdata[i];

        g_ptr_array_add(bridges, loom_port_state_network(drift->state)->bridge);
    }
    return loom_port_lock_take(agent->directory, bridges, error);
}

static void
say_repaired(LoomAgent *agent, const Drift *drift, const GError *error)
{
    if (error)
        loom_agent_say_once(agent, drift->name, LOG_ERR, "%s: %s", drift->name, error->message);
    else
        loom_agent_say(LOG_WARNING, "%s was changed on tap '%s': %s; repaired%s%s", drift->name,
                       loom_port_state_port(drift->state)->link, drift->text,
                       drift->culprit ? "; it may have been " : "",
                       drift->culprit ? drift->culprit : "");
}

/* The ports that were found changed, and are still kept. */
static void
repair(Look *look)
{
    g_autoptr(GArray) jobs = g_array_new(FALSE, TRUE, sizeof(LoomPortJob));
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomPortLock) lock = lock_bridges(look->agent, look->drifted, &error);

    g_array_set_clear_func(jobs, loom_port_job_clear);
    g_array_set_size(jobs, look->drifted->len);
    for (guint i = 0; lock && i < jobs->len; i++)
        g_array_index(jobs, LoomPortJob, i).state =
            find_again(look->agent, ((const Drift *)look->drifted->pdata[i])->state);
    loom_port_repair_all(look->kernel, jobs);
    for (guint i = 0; i < jobs->len; i++) {
        const LoomPortJob *job = &g_array_index(jobs, LoomPortJob, i);

        if (error || job->state)
            say_repaired(look->agent, look->drifted->pdata[i], error ? error : job->error);
    }
    g_ptr_array_set_size(look->drifted, 0);
}

/* What the port of STATE, whose tap is in its bridge, has lost, and what becomes of it. */
static void
watch_drift(Look *look, const LoomHost *state, const LoomHost *seen, char *name)
{
    const LoomPort *port = loom_port_state_port(state);
    LoomPort *wanted = loom_port_in_kernel(port);
    g_autofree char *text = describe_drift(seen, wanted);
    g_autofree char *culprit = text ? loom_agent_find_culprit_of_tap(look->agent, seen) : NULL;
    Drift *drift;
    gboolean is_between = may_be_between(look->agent, name, seen, wanted);

    loom_record_free(wanted);
    if (is_between)
        return;
    if (!text) {
        loom_agent_forget(look->agent, name);
    } else if (loom_agent_only_reports(load_committed(look), port->logicalswitch)) {
        loom_agent_say_once(look->agent, name, LOG_WARNING,
                            "%s was changed on tap '%s': %s; left so, for its logical switch "
                            "'%s' has drift='report'%s%s",
                            name, port->link, text, port->logicalswitch,
                            culprit ? "; it may have been " : "", culprit ? culprit : "");
    } else if (loom_agent_may_repair(look->agent, name)) {
        drift = g_new0(Drift, 1);
        *drift = (Drift){loom_record_copy(state), g_strdup(name), g_steal_pointer(&text),
                         g_steal_pointer(&culprit)};
        g_ptr_array_add(look->drifted, drift);
        if (look->drifted->len == TOGETHER)
            repair(look);
    }
}

/* --- ports whose taps have gone, and all ------------------------------------------------------ */

static gboolean
detach(LoomAgent *agent, LoomBackend *kernel, const LoomHost *kept, GError **error)
{
    g_autoptr(LoomPortLock) lock = loom_agent_lock_bridge(agent, kept, error);
    g_autoptr(LoomHost) state = lock ? find_again(agent, kept) : NULL;
    const LoomPort *port = state ? loom_port_state_port(state) : NULL;
    g_autoptr(LoomHost) host = port ? loom_port_observe(kernel, port, error) : NULL;

    if (!lock || (port && !host))
        return FALSE;
    return !port || has_tap(host, port) ||
           loom_port_detach(agent->directory, kernel, port->domain, port->mac, error);
}

static void
watch(const LoomHost *state, gpointer data)
{
    Look *look = data;
    LoomAgent *agent = look->agent;
    const LoomPort *port = loom_port_state_port(state);
    const char *bridge = loom_port_state_network(state)->bridge;
    g_autofree char *name = loom_agent_name_port(state);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = loom_port_observe(look->kernel, port, &error);
    const LoomLink *tap;

    if (host && !has_tap(host, port)) {
        g_hash_table_remove(agent->bare, name);
        if (detach(agent, look->kernel, state, &error))
            loom_agent_say(LOG_INFO, "%s is forgotten: its tap '%s' is gone", name, port->link);
    } else if (host) {
        tap = loom_host_find(host, &loom_link_kind, port->link);
        if (g_strcmp0(tap->master, bridge) != 0) /* libvirt puts it where it recorded */
            loom_agent_say_once(agent, name, LOG_WARNING,
                                "%s is cut off: somebody took its tap '%s' out of bridge '%s'",
                                name, port->link, bridge);
        else
            watch_drift(look, state, host, name);
    }
    if (error)
        loom_agent_say_once(agent, name, LOG_ERR, "%s: %s", name, error->message);
}

void
loom_agent_watch_ports(LoomAgent *agent, GHashTable *touched)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GPtrArray) drifted = g_ptr_array_new_with_free_func(drift_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomBackend) kernel = loom_kernel_new(&error);
    Look look = {.agent = agent, .kernel = kernel, .drifted = drifted};

    if (kernel && !touched)
        loom_kernel_collect_guards(kernel, &error);
    if (error)
        loom_agent_say_once(agent, "kernel", LOG_ERR, "%s", error->message);
    if (!kernel)
        return;
    loom_port_index_visit(agent->ports, touched, watch, &look, report);
    if (drifted->len)
        repair(&look);
    loom_agent_say_findings(agent, "ports", report);
    g_clear_pointer(&look.committed, loom_host_free);
}
