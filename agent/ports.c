/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vNICs of guests that are plugged into running ones. */
#include "agent/agent.h"

#include "base/error.h"
#include "base/mac.h"
#include "guest/guest.h"
#include "kernel/kernel.h"
#include "port/guest.h"
#include "port/lock.h"
#include "port/port.h"
#include "port/program.h"

#include <string.h>

void
loom_agent_say_findings(LoomAgent *agent, const char *object, const LoomReport *report)
{
    for (size_t i = 0; i < loom_report_length(report); i++)
        loom_agent_say_once(agent, object, LOG_WARNING, "%s", loom_report_get(report, i)->message);
}

char *
loom_agent_name_port(const LoomHost *state)
{
    return g_strdup_printf("port of vNIC %s of guest '%s'", loom_port_state_port(state)->mac,
                           loom_port_state_guest(state));
}

gboolean
loom_agent_is_tap_of(const LoomLink *link, const LoomPort *port)
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

LoomPortLock *
loom_agent_lock_bridge(const LoomAgent *agent, const LoomHost *state, GError **error)
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
    g_autoptr(LoomPortLock) lock = stale ? loom_agent_lock_bridge(agent, stale, error) : NULL;
    g_autoptr(LoomBackend) kernel = lock ? loom_kernel_new(error) : NULL;

    return !stale ||
           (kernel && loom_port_detach(agent->directory, kernel, port->domain, port->mac, error));
}

static void
attach(LoomAgent *agent, const LoomHost *intent, const char *tap)
{
    const LoomPort *port = loom_port_state_port(intent);
    g_autofree char *name = loom_agent_name_port(intent);
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
    guest->is_early = TRUE;
    loom_guest_ports_repair(agent->directory, guest, report);
    loom_agent_say_findings(agent, name, report);
    if (loom_port_state_age(agent->directory, LOOM_PORT_LIVE, port->domain, port->mac) < 0)
        return; /* it stays closed */
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

        if (loom_agent_is_tap_of(link, port) && g_strcmp0(link->master, bridge) == 0)
            return link->name;
    }
    return NULL;
}

/* All that is in bridges of ours, or in the bridges that INTENTS name. */
static gboolean
observe_all(LoomBackend *kernel, const GPtrArray *intents, LoomHost *into, GError **error)
{
    g_autoptr(LoomHost) target = loom_host_new();

    loom_kernel_narrow(kernel);
    for (guint i = 0; i < intents->len; i++) {
        LoomLink *bridge = loom_record_new(&loom_link_kind);

        LOOM_SET(bridge, name, loom_port_state_network(intents->pdata[i])->bridge);
        LOOM_SET_NUMBER(bridge, kind, LOOM_LINK_BRIDGE);
        loom_record_add(target, bridge);
    }
    return kernel->observe(kernel, target, into, error);
}

static gboolean
observe_touched(LoomBackend *kernel, GHashTable *touched, LoomHost *into, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer name;

    g_hash_table_iter_init(&iterator, touched);
    while (g_hash_table_iter_next(&iterator, &name, NULL))
        g_ptr_array_add(names, name);
    return loom_kernel_observe_named(kernel, names, into, error);
}

/* Where the taps of INTENTS may be: the links TOUCHED (NULL: all). NULL: it cannot be read. */
static LoomHost *
observe_taps(LoomAgent *agent, const GPtrArray *intents, GHashTable *touched)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomBackend) kernel = loom_kernel_new(&error);
    g_autoptr(LoomHost) host = loom_host_new();

    if (kernel && (touched ? observe_touched(kernel, touched, host, &error)
                           : observe_all(kernel, intents, host, &error)))
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
    if (age < LOOM_PORT_INTENT_SECONDS) {
        loom_agent_come_back(agent, (LOOM_PORT_INTENT_SECONDS - age) * 1000);
        return;
    }
    name = loom_agent_name_port(intent);
    loom_agent_say(LOG_NOTICE,
                   "%s was announced %d s ago, and has no tap in bridge '%s': "
                   "forgotten",
                   name, LOOM_PORT_INTENT_SECONDS, loom_port_state_network(intent)->bridge);
    loom_agent_forget(agent, name);
    loom_port_state_remove(agent->directory, LOOM_PORT_INTENT, port->domain, port->mac, NULL);
}

void
loom_agent_plug(LoomAgent *agent, GHashTable *touched)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GPtrArray) intents =
        loom_port_state_list(agent->directory, LOOM_PORT_INTENT, NULL, report);
    g_autoptr(LoomHost) host = intents->len ? observe_taps(agent, intents, touched) : NULL;

    loom_agent_say_findings(agent, "intents", report);
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
    loom_agent_say_findings(agent, what, report);
    if (!loom_report_length(report))
        loom_agent_forget(agent, what);
}
