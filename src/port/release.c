/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ports of a guest that ends, or of a vNIC that it gives up. */
#include "port/guest.h"

#include "kernel/kernel.h"
#include "port/lock.h"
#include "port/program.h"
#include "port/state.h"

static void
warn(LoomReport *report, GError *cause)
{
    loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
    g_error_free(cause);
}

/* Those of DOMAIN, or that of MAC. */
static GPtrArray *
list_states(const char *directory, const char *domain, const char *mac, LoomReport *report)
{
    GPtrArray *states = loom_port_state_list(directory, LOOM_PORT_LIVE, domain, report);

    for (guint i = states->len; mac && i-- > 0;)
        if (g_ascii_strcasecmp(loom_port_state_port(states->pdata[i])->mac, mac) != 0)
            g_ptr_array_remove_index(states, i);
    return states;
}

static LoomPortLock *
lock_states(const char *directory, const GPtrArray *states, GError **error)
{
    g_autoptr(GPtrArray) bridges = g_ptr_array_new();

    for (guint i = 0; i < states->len; i++)
        g_ptr_array_add(bridges, loom_port_state_network(states->pdata[i])->bridge);
    return loom_port_lock_take(directory, bridges, error);
}

static gboolean
detach_all(const char *directory, const GPtrArray *states, LoomReport *report)
{
    GError *cause = NULL;
    g_autoptr(LoomPortLock) lock = lock_states(directory, states, &cause);
    g_autoptr(LoomBackend) backend = lock ? loom_kernel_new(&cause) : NULL;
    gboolean done = backend != NULL;

    if (backend && loom_port_detach_all(directory, backend, states, NULL))
        return TRUE;
    if (cause)
        warn(report, g_steal_pointer(&cause));
    /* one by one: that of one is no reason to leave all */
    for (guint i = 0; backend && i < states->len; i++) {
        const LoomPort *port = loom_port_state_port(states->pdata[i]);

        if (loom_port_detach(directory, backend, port->domain, port->mac, &cause))
            continue;
        warn(report, g_steal_pointer(&cause));
        done = FALSE;
    }
    return done;
}

void
loom_guest_ports_release(const char *directory, const char *domain, const char *mac,
                         LoomReport *report)
{
    g_autoptr(GPtrArray) states = NULL;
    GError *cause = NULL;

    loom_port_intents_remove(directory, domain, mac, report);
    if (!loom_port_state_has(directory, LOOM_PORT_LIVE, domain))
        return;
    states = list_states(directory, domain, mac, report);
    if (states->len && !detach_all(directory, states, report))
        return; /* what is kept says what is left */
    /* what could not be read too */
    if (!loom_port_state_remove(directory, LOOM_PORT_LIVE, domain, mac, &cause))
        warn(report, cause);
}
