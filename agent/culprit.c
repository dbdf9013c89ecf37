/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may have changed what drifted: whoever manages the link, or else who could have. */
#include "agent/agent.h"

#include "manager/manager.h"

/* Those at work that change links of their own accord, or when they are told to reload. */
static const char *const managers[] = {
    "NetworkManager", "systemd-networkd", "netplan", "ifup", "ifdown", "ifreload", NULL,
};

/* ifreload(8) is ifupdown2's alone. */
static const char *
title_of(const char *program)
{
    return g_str_equal(program, "ifreload") ? "ifupdown2" : program;
}

/* libvirtd takes a tap out of its bridge, and puts it back bare, as its vNIC is updated. */
static const char *const owners_of_taps[] = {"libvirtd", "virtqemud", NULL};

static char *
join(const GPtrArray *programs)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < programs->len; i++)
        g_string_append_printf(text, "%s%s", i ? " or " : "", title_of(programs->pdata[i]));
    return programs->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* A look at all processes, once for all that one look finds. */
static char *
find_running(LoomAgent *agent, const char *const *programs)
{
    gpointer found;

    if (!g_hash_table_lookup_extended(agent->suspects, programs, NULL, &found)) {
        g_autoptr(GPtrArray) running = loom_manager_list_running("", programs);

        found = join(running);
        g_hash_table_insert(agent->suspects, (gpointer)programs, found);
    }
    return g_strdup(found);
}

/* The manager that has LINK in its hands; NULL: none. */
static char *
find_manager_of(const LoomLink *link)
{
    g_autoptr(LoomBackend) backend = loom_manager_new(NULL);
    g_autoptr(LoomHost) asked = loom_host_new();
    g_autoptr(LoomHost) observed = loom_host_new();

    loom_record_add(asked, loom_record_copy(link));
    if (!backend || !backend->observe(backend, asked, observed, NULL))
        return NULL;
    return observed->managers->len
               ? g_strdup(((const LoomManager *)observed->managers->pdata[0])->name)
               : NULL;
}

char *
loom_agent_find_culprit(LoomAgent *agent, const LoomLink *link)
{
    char *manager = link ? find_manager_of(link) : NULL;

    return manager ? manager : find_running(agent, managers);
}

char *
loom_agent_find_culprit_of_tap(LoomAgent *agent, const LoomHost *seen)
{
    const LoomPort *port = seen->ports->len ? seen->ports->pdata[0] : NULL;
    gboolean is_bare = !port || (!port->vlan && !port->tagged && !port->isolated);
    char *owner = is_bare ? find_running(agent, owners_of_taps) : NULL;

    return owner ? owner : find_running(agent, managers);
}
