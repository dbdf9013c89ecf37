/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A port's share of the uplink: classes of its own, and what is promised already. */
#include "port/share.h"

#include "base/error.h"
#include "host/admission.h"
#include "host/classes.h"
#include "port/state.h"

#include <net/if.h>

void
loom_port_share_resolve(LoomHost *state, const LoomHost *slice)
{
    LoomPort *port = loom_port_state_port(state);
    unsigned index = port->link ? if_nametoindex(port->link) : 0;
    g_autoptr(GPtrArray) classes = index ? loom_class_list_of_guest(slice, port, index) : NULL;

    for (guint i = 0; classes && i < classes->len; i++)
        loom_record_add(state, loom_record_copy(classes->pdata[i]));
    if (classes && classes->len)
        LOOM_SET_NUMBER(port, priority, loom_class_number_of_tap(index));
}

static gboolean
run(LoomBackend *backend, LoomStep step, GError **error)
{
    const LoomRecord *record = step.to ? step.to : step.from;
    g_autofree char *key = loom_record_key(record);
    GError *cause = NULL;

    step.kind = record->kind;
    step.key = key;
    if (backend->run_step(backend, &step, &cause))
        return TRUE;
    if (g_error_matches(cause, LOOM_ERROR, LOOM_ERROR_NOT_FOUND)) {
        g_error_free(cause);
        return TRUE;
    }
    g_propagate_error(error, cause);
    return FALSE;
}

gboolean
loom_port_share_run(LoomBackend *backend, const LoomHost *state, GError **error)
{
    for (guint i = 0; i < state->classes->len; i++)
        if (!run(backend, (LoomStep){.verb = LOOM_STEP_CREATE, .to = state->classes->pdata[i]},
                 error))
            return FALSE;
    return TRUE;
}

gboolean
loom_port_share_remove(LoomBackend *backend, const LoomHost *state, GError **error)
{
    for (guint i = 0; i < state->classes->len; i++)
        if (!run(backend, (LoomStep){.verb = LOOM_STEP_DELETE, .from = state->classes->pdata[i]},
                 error))
            return FALSE;
    return TRUE;
}

/* --- what is promised ------------------------------------------------------------------------- */

typedef struct {
    const char *directory;
    const LoomHost *slice;
    const char *domain, *mac; /* who asks */
    guint64 reserved;
} Promises;

/* What a start that nobody survived left behind has no tap. */
static gboolean
has_tap(const LoomHost *state)
{
    const LoomPort *port = loom_port_state_port(state);

    return port->link && if_nametoindex(port->link);
}

static void
add(Promises *promises, const LoomPort *port)
{
    if (!g_str_equal(port->domain, promises->domain) ||
        (promises->mac && !g_str_equal(port->mac, promises->mac)))
        promises->reserved += loom_admission_minimum(promises->slice, port);
}

static void
add_live(const char *path, const char *mac, gpointer data)
{
    g_autoptr(LoomHost) state = loom_port_state_load(path, mac, NULL);

    if (state && has_tap(state))
        add(data, loom_port_state_port(state));
}

/* One that has its tap is among the live ones. */
static void
add_intent(const char *path, const char *mac, gpointer data)
{
    Promises *promises = data;
    g_autoptr(LoomHost) intent = loom_port_state_load(path, mac, NULL);
    const LoomPort *port = intent ? loom_port_state_port(intent) : NULL;
    g_autoptr(LoomHost) live = port ? loom_port_state_find(promises->directory, LOOM_PORT_LIVE,
                                                           port->domain, port->mac, NULL)
                                    : NULL;

    if (port && !(live && has_tap(live)) &&
        loom_port_state_age(promises->directory, LOOM_PORT_INTENT, port->domain, port->mac) <
            LOOM_PORT_INTENT_SECONDS)
        add(promises, port);
}

guint64
loom_port_share_reserved(const char *directory, const LoomHost *slice, const char *domain,
                         const char *mac)
{
    Promises promises = {directory, slice, domain, mac, 0};

    loom_port_state_walk(directory, LOOM_PORT_LIVE, NULL, add_live, &promises);
    loom_port_state_walk(directory, LOOM_PORT_INTENT, NULL, add_intent, &promises);
    return promises.reserved;
}
