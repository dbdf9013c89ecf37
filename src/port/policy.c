/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a running guest's ports are made of, as a note that goes where the guest goes. */
#include "port/policy.h"

#include "port/state.h"

static LoomPort *
copy_port(const LoomPort *port)
{
    static const size_t others[] = {
        offsetof(LoomPort, link),
        offsetof(LoomPort, domain),
        offsetof(LoomPort, portid),
        offsetof(LoomPort, priority),
    };
    LoomPort *copy = loom_record_copy(port);

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        loom_record_set(copy, others[i], NULL);
    return copy;
}

static gboolean
is_of(const LoomClass *class, const LoomPort *port)
{
    return port->class && g_strcmp0(class->name, port->class) == 0 &&
           g_strcmp0(class->logicalswitch, port->logicalswitch) == 0;
}

static gboolean
has_class(const LoomHost *policy, const LoomPort *port)
{
    for (guint i = 0; i < policy->classes->len; i++)
        if (is_of(policy->classes->pdata[i], port))
            return TRUE;
    return FALSE;
}

/* One for each portgroup: those of all NICs of a team are made of the same. */
static void
add_class(LoomHost *policy, const LoomHost *from, const LoomPort *port)
{
    for (guint i = 0; i < from->classes->len && !has_class(policy, port); i++)
        if (is_of(from->classes->pdata[i], port))
            loom_record_add(policy, loom_record_copy(from->classes->pdata[i]));
}

LoomHost *
loom_port_policy_collect(const char *directory, const char *domain, const LoomHost *committed)
{
    g_autoptr(GPtrArray) states = loom_port_state_list(directory, LOOM_PORT_LIVE, domain, NULL);
    LoomHost *policy = states->len ? loom_host_new() : NULL;

    for (guint i = 0; i < states->len; i++) {
        const LoomHost *state = states->pdata[i];
        const LoomPort *port = loom_port_state_port(state);

        LOOM_SET(policy, name, state->name);
        loom_record_add(policy, copy_port(port));
        if (committed)
            add_class(policy, committed, port);
        add_class(policy, state, port);
    }
    if (policy)
        loom_host_sort(policy);
    return policy;
}

const LoomPort *
loom_port_policy_find(const LoomHost *policy, const char *mac)
{
    for (guint i = 0; i < policy->ports->len; i++) {
        const LoomPort *port = policy->ports->pdata[i];

        if (port->mac && g_ascii_strcasecmp(port->mac, mac) == 0)
            return port;
    }
    return NULL;
}
