/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vNICs of guests: those that are plugged into running ones, and what others change of any. */
#include "agent/agent.h"

#include "apply/apply.h"
#include "base/error.h"
#include "base/mac.h"
#include "guest/guest.h"
#include "kernel/kernel.h"
#include "port/guest.h"
#include "port/lock.h"
#include "port/port.h"
#include "port/program.h"

#include <string.h>

#define INTENT_SECONDS 60 /* libvirt makes the tap at once, or never */

static void
say_findings(LoomAgent *agent, const char *object, const LoomReport *report)
{
    for (size_t i = 0; i < loom_report_length(report); i++)
        loom_agent_say_once(agent, object, LOG_WARNING, "%s", loom_report_get(report, i)->message);
}

/* "port of vNIC 52:54:00:8a:12:01 of guest 'db1'": what it is called, in messages and by us. */
static char *
name_of(const LoomHost *state)
{
    return g_strdup_printf("port of vNIC %s of guest '%s'", loom_port_state_port(state)->mac,
                           loom_port_state_guest(state));
}

/* Whether LINK is what libvirt made for PORT. */
static gboolean
is_tap_of(const LoomLink *link, const LoomPort *port)
{
    return link->kind == LOOM_LINK_OTHER && !link->ours && link->mac &&
           loom_mac_parse(link->mac) == loom_port_tap_mac(port->mac);
}

/* --- hot-plug --------------------------------------------------------------------------------- */

static void
append_attribute(GString *xml, const char *name, const char *value)
{
    if (!value)
        return;
    g_string_append_printf(xml, " %s='", name);
    loom_xml_escape(xml, value);
    g_string_append_c(xml, '\'');
}

/* The guest, as far as it is plugged into, in the words of libvirt. */
static LoomGuest *
guest_of(const LoomHost *intent, const char *tap, GError **error)
{
    const LoomPort *port = loom_port_state_port(intent);
    g_autoptr(GString) xml = g_string_new("<domain><name>");

    loom_xml_escape(xml, loom_port_state_guest(intent));
    g_string_append_printf(xml, "</name><uuid>%s</uuid><devices><interface type='bridge'><mac",
                           port->domain);
    append_attribute(xml, "address", port->mac);
    g_string_append(xml, "/><source");
    append_attribute(xml, "network", port->network);
    append_attribute(xml, "portgroup", port->portgroup);
    append_attribute(xml, "portid", port->portid);
    append_attribute(xml, "bridge", loom_port_state_network(intent)->bridge);
    g_string_append(xml, "/><target");
    append_attribute(xml, "dev", tap);
    g_string_append(xml, "/></interface></devices></domain>");
    return loom_guest_parse(xml->str, xml->len, "what is kept of the vNIC", error);
}

static LoomPortLock *
lock_bridge(const LoomAgent *agent, const LoomHost *state, GError **error)
{
    g_autoptr(GPtrArray) bridges = g_ptr_array_new();

    g_ptr_array_add(bridges, loom_port_state_network(state)->bridge);
    return loom_port_lock_take(agent->directory, bridges, error);
}

/* An intent is newer than what is kept of another vNIC with that MAC. */
static gboolean
drop_stale(const LoomAgent *agent, const LoomPort *port, GError **error)
{
    g_autoptr(LoomHost) stale =
        loom_port_state_find(agent->directory, LOOM_PORT_LIVE, port->domain, port->mac, NULL);
    g_autoptr(LoomPortLock) lock = stale ? lock_bridge(agent, stale, error) : NULL;
    g_autoptr(LoomBackend) kernel = lock ? loom_kernel_new(error) : NULL;

    return !stale ||
           (kernel && loom_port_detach(agent->directory, kernel, port->domain, port->mac, error));
}

static void
attach(LoomAgent *agent, const LoomHost *intent, const char *tap)
{
    const LoomPort *port = loom_port_state_port(intent);
    g_autofree char *name = name_of(intent);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomGuest) guest = guest_of(intent, tap, &error);

    if (!guest) {
        loom_agent_say_once(agent, name, LOG_ERR, "%s: %s", name, error->message);
        return;
    }
    if (g_strcmp0(port->addressguard, "given") == 0)
        return; /* by the guest's metadata, which libvirt tells when the vNIC is complete */
    if (!drop_stale(agent, port, &error)) {
        loom_agent_say_once(agent, name, LOG_ERR, "%s: %s", name, error->message);
        return;
    }
    loom_guest_ports_repair(agent->directory, guest, report);
    say_findings(agent, name, report);
    if (loom_report_length(report))
        return;
    loom_agent_forget(agent, name);
    loom_agent_say(LOG_INFO, "%s on network '%s' is given to its tap '%s'", name, port->network,
                   tap);
}

/* The tap of PORT among LINKS, where it is in BRIDGE; borrowed, or NULL. */
static const char *
find_tap(const LoomHost *host, const LoomPort *port, const char *bridge)
{
    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *link = host->links->pdata[i];

        if (is_tap_of(link, port) && g_strcmp0(link->master, bridge) == 0)
            return link->name;
    }
    return NULL;
}

/* All that is in bridges of ours, or in the bridges that INTENTS name. */
static LoomHost *
observe_taps(LoomAgent *agent, const GPtrArray *intents)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomBackend) kernel = loom_kernel_new(&error);
    g_autoptr(LoomHost) host = loom_host_new();
    g_autoptr(LoomHost) target = loom_host_new();

    for (guint i = 0; i < intents->len; i++) {
        LoomLink *bridge = loom_record_new(&loom_link_kind);

        LOOM_SET(bridge, name, loom_port_state_network(intents->pdata[i])->bridge);
        LOOM_SET_NUMBER(bridge, kind, LOOM_LINK_BRIDGE);
        loom_record_add(target, bridge);
    }
    if (kernel && kernel->observe(kernel, target, host, &error))
        return g_steal_pointer(&host);
    loom_agent_say_once(agent, "kernel", LOG_ERR, "%s", error->message);
    return NULL;
}

/* The guest's start takes its intents away; what is left is of a plug that libvirt gave up. */
static void
wait_or_drop(LoomAgent *agent, const LoomHost *intent)
{
    const LoomPort *port = loom_port_state_port(intent);
    gint64 age = loom_port_state_age(agent->directory, LOOM_PORT_INTENT, port->domain, port->mac);
    g_autofree char *name = NULL;

    if (age < 0)
        return;
    if (age < INTENT_SECONDS) {
        loom_agent_come_back(agent, (INTENT_SECONDS - age) * 1000);
        return;
    }
    name = name_of(intent);
    loom_agent_say(LOG_NOTICE,
                   "%s was announced %d s ago, and has no tap in bridge '%s': "
                   "forgotten",
                   name, INTENT_SECONDS, loom_port_state_network(intent)->bridge);
    loom_agent_forget(agent, name);
    loom_port_state_remove(agent->directory, LOOM_PORT_INTENT, port->domain, port->mac, NULL);
}

void
loom_agent_plug(LoomAgent *agent)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GPtrArray) intents =
        loom_port_state_list(agent->directory, LOOM_PORT_INTENT, NULL, report);
    g_autoptr(LoomHost) host = intents->len ? observe_taps(agent, intents) : NULL;

    say_findings(agent, "intents", report);
    for (guint i = 0; host && i < intents->len; i++) {
        const LoomHost *intent = intents->pdata[i];
        const LoomPort *port = loom_port_state_port(intent);
        const char *tap = find_tap(host, port, loom_port_state_network(intent)->bridge);

        if (tap)
            attach(agent, intent, tap);
        if (loom_port_state_has(agent->directory, LOOM_PORT_INTENT, port->domain))
            wait_or_drop(agent, intent);
    }
}

void
loom_agent_confirm(LoomAgent *agent, const char *name, const char *xml)
{
    g_autofree char *what = g_strdup_printf("guest '%s'", name);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomGuest) guest = loom_guest_parse(xml, strlen(xml), what, &error);

    if (!guest) {
        loom_agent_say_once(agent, what, LOG_ERR, "%s", error->message);
        return;
    }
    loom_guest_ports_repair(agent->directory, guest, report);
    say_findings(agent, what, report);
    if (!loom_report_length(report))
        loom_agent_forget(agent, what);
}

/* --- drift ------------------------------------------------------------------------------------ */

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

    return link && is_tap_of(link, port);
}

/* What differs, for a person; NULL: nothing. Owned by the caller. */
static char *
describe_drift(const LoomHost *host, const LoomPort *port)
{
    static const LoomKind *const kinds[] = {&loom_port_kind, NULL};
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) target = loom_host_new();
    g_autoptr(LoomPlan) plan = NULL;

    loom_record_add(target, loom_port_in_kernel(port));
    plan = loom_plan_compare(host, target, kinds, report);
    return plan->steps->len ? loom_agent_describe_change(plan->steps->pdata[0]) : NULL;
}

/* Under the switch's lock, what was kept may have changed since. */
static LoomHost *
find_again(const LoomAgent *agent, const LoomHost *state)
{
    const LoomPort *port = loom_port_state_port(state);

    return loom_port_state_find(agent->directory, LOOM_PORT_LIVE, port->domain, port->mac, NULL);
}

static gboolean
repair(LoomAgent *agent, LoomBackend *kernel, const LoomHost *kept, GError **error)
{
    g_autoptr(LoomPortLock) lock = lock_bridge(agent, kept, error);
    g_autoptr(LoomHost) state = lock ? find_again(agent, kept) : NULL;
    gboolean changed;

    return lock && (!state || loom_port_repair(kernel, state, &changed, error));
}

static gboolean
detach(LoomAgent *agent, LoomBackend *kernel, const LoomHost *kept, GError **error)
{
    g_autoptr(LoomPortLock) lock = lock_bridge(agent, kept, error);
    g_autoptr(LoomHost) state = lock ? find_again(agent, kept) : NULL;
    const LoomPort *port = state ? loom_port_state_port(state) : NULL;
    g_autoptr(LoomHost) host = port ? loom_port_observe(kernel, port, error) : NULL;

    if (!lock || (port && !host))
        return FALSE;
    return !port || has_tap(host, port) ||
           loom_port_detach(agent->directory, kernel, port->domain, port->mac, error);
}

/* What the port of STATE, whose tap is in its bridge, has lost, and what becomes of it. */
static void
watch_drift(LoomAgent *agent, LoomBackend *kernel, const LoomHost *committed, const LoomHost *state,
            const LoomHost *seen, GError **error)
{
    const LoomPort *port = loom_port_state_port(state);
    g_autofree char *name = name_of(state);
    g_autofree char *drift = describe_drift(seen, port);
    g_autofree char *culprit = drift ? loom_agent_find_culprit_of_tap(seen) : NULL;
    const char *who = culprit ? "; it may have been " : "";

    if (!drift)
        loom_agent_forget(agent, name);
    else if (loom_agent_only_reports(committed, port->logicalswitch))
        loom_agent_say_once(agent, name, LOG_WARNING,
                            "%s was changed on tap '%s': %s; left so, for its logical switch "
                            "'%s' has drift='report'%s%s",
                            name, port->link, drift, port->logicalswitch, who,
                            culprit ? culprit : "");
    else if (loom_agent_may_repair(agent, name) && repair(agent, kernel, state, error))
        loom_agent_say(LOG_WARNING, "%s was changed on tap '%s': %s; repaired%s%s", name,
                       port->link, drift, who, culprit ? culprit : "");
}

static void
watch(LoomAgent *agent, LoomBackend *kernel, const LoomHost *committed, const LoomHost *state)
{
    const LoomPort *port = loom_port_state_port(state);
    const char *bridge = loom_port_state_network(state)->bridge;
    g_autofree char *name = name_of(state);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = loom_port_observe(kernel, port, &error);
    const LoomLink *tap;

    if (host && !has_tap(host, port)) {
        if (detach(agent, kernel, state, &error))
            loom_agent_say(LOG_INFO, "%s is forgotten: its tap '%s' is gone", name, port->link);
    } else if (host) {
        tap = loom_host_find(host, &loom_link_kind, port->link);
        if (g_strcmp0(tap->master, bridge) != 0) /* libvirt puts it where it recorded */
            loom_agent_say_once(agent, name, LOG_WARNING,
                                "%s is cut off: somebody took its tap '%s' out of bridge '%s'",
                                name, port->link, bridge);
        else
            watch_drift(agent, kernel, committed, state, host, &error);
    }
    if (error)
        loom_agent_say_once(agent, name, LOG_ERR, "%s: %s", name, error->message);
}

static LoomHost *
load_committed(void)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autoptr(LoomApply) apply = loom_apply_new(none, NULL, NULL);

    return loom_apply_load_committed(apply, NULL);
}

void
loom_agent_watch_ports(LoomAgent *agent, GHashTable *touched)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GPtrArray) states =
        loom_port_state_list(agent->directory, LOOM_PORT_LIVE, NULL, report);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomBackend) kernel = states->len || !touched ? loom_kernel_new(&error) : NULL;
    g_autoptr(LoomHost) committed = kernel ? load_committed() : NULL;

    say_findings(agent, "ports", report);
    if (kernel && !touched)
        loom_kernel_collect_guards(kernel, &error);
    if (error)
        loom_agent_say_once(agent, "kernel", LOG_ERR, "%s", error->message);
    for (guint i = 0; kernel && i < states->len; i++) {
        const LoomPort *port = loom_port_state_port(states->pdata[i]);

        if (port->link && (!touched || g_hash_table_contains(touched, port->link)))
            watch(agent, kernel, committed, states->pdata[i]);
    }
}
