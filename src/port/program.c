/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One port of a guest in the kernel: programmed, repaired, cleaned up. */
#include "port/program.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/mac.h"
#include "kernel/kernel.h"
#include "port/share.h"
#include "port/state.h"

#define TAP_FIRST_OCTET G_GUINT64_CONSTANT(0xfe)

static const LoomKind *const port_kinds[] = {&loom_port_kind, NULL};

/* --- the tap --------------------------------------------------------------------------------- */

guint64
loom_port_tap_mac(const char *mac)
{
    return TAP_FIRST_OCTET << 40 | (loom_mac_parse(mac) & ((G_GUINT64_CONSTANT(1) << 40) - 1));
}

LoomHost *
loom_port_observe(LoomBackend *backend, const LoomPort *port, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(LoomHost) host = loom_host_new();
    LoomPort *seen;

    if (port->link)
        g_ptr_array_add(names, port->link);
    if (!loom_kernel_observe_named(backend, names, host, error))
        return NULL;
    seen = host->ports->len ? host->ports->pdata[0] : NULL;
    if (seen && LOOM_HAS(port, mtu))
        LOOM_SET_NUMBER(seen, mtu, ((LoomLink *)host->links->pdata[0])->mtu);
    return g_steal_pointer(&host);
}

/* Whether the tap is what libvirt made for this port, and where it should be. */
static gboolean
check_tap(const LoomHost *host, const LoomPort *port, const char *bridge, GError **error)
{
    const LoomLink *tap = port->link ? loom_host_find(host, &loom_link_kind, port->link) : NULL;

    if (!tap)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND, _("its tap '%s' is not there"),
                    port->link ? port->link : "?");
    else if (tap->kind != LOOM_LINK_OTHER || tap->ours)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("'%s' is not the tap of a guest's vNIC"), port->link);
    else if (g_strcmp0(tap->master, bridge) != 0)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("its tap '%s' is in '%s', not in the bridge '%s' of network '%s'"),
                    port->link, tap->master ? tap->master : "", bridge, port->network);
    else
        return TRUE;
    return FALSE;
}

/* --- compare and run ------------------------------------------------------------------------- */

/* The steps that are left to make the tap agree with PORT; NULL: an error. */
static LoomPlan *
compare(const LoomHost *from, const LoomHost *to)
{
    g_autoptr(LoomReport) report = loom_report_new();

    return loom_plan_compare(from, to, port_kinds, report);
}

static LoomHost *
target_of(const LoomPort *port)
{
    LoomHost *host = loom_host_new();

    loom_record_add(host, loom_port_in_kernel(port));
    return host;
}

/* Runs what differs, and looks whether it does no more. */
static gboolean
agree(LoomBackend *backend, const LoomPort *port, const LoomHost *from, gboolean *changed,
      GError **error)
{
    g_autoptr(LoomHost) to = target_of(port);
    g_autoptr(LoomPlan) plan = compare(from, to);
    g_autoptr(LoomHost) after = NULL;
    g_autoptr(LoomPlan) left = NULL;

    *changed = plan->steps->len > 0;
    for (guint i = 0; i < plan->steps->len; i++)
        if (!backend->run_step(backend, plan->steps->pdata[i], error))
            return FALSE;
    if (!*changed)
        return TRUE;
    after = loom_port_observe(backend, port, error);
    if (!after)
        return FALSE;
    left = compare(after, to);
    if (!left->steps->len)
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                _("its tap '%s' did not keep what was set on it"), port->link);
    return FALSE;
}

/* Nothing passes it then. */
static gboolean
close_port(LoomBackend *backend, const char *link, GError **error)
{
    g_autoptr(LoomHost) host = loom_host_new();
    LoomPort *port = loom_record_new(&loom_port_kind);
    g_autofree char *key = NULL;

    loom_record_add(host, port);
    LOOM_SET(port, link, link);
    key = loom_record_key(port);
    const LoomStep step = {
        .verb = LOOM_STEP_DELETE, .kind = &loom_port_kind, .key = key, .from = &port->record};
    return backend->run_step(backend, &step, error);
}

/* --- one port --------------------------------------------------------------------------------- */

/* An error that names guest and vNIC. */
static gboolean
name_failure(GError **error, GError *cause, const char *guest, const LoomPort *port)
{
    g_set_error(error, LOOM_ERROR, cause->code,
                _("guest '%s', vNIC %s on network '%s' cannot get its port: %s"), guest, port->mac,
                port->network, cause->message);
    g_error_free(cause);
    return FALSE;
}

/* The classes first, and what opens the port last. */
static gboolean
program(LoomBackend *backend, const LoomHost *state, gboolean *changed, GError **error)
{
    const LoomPort *port = loom_port_state_port(state);
    g_autoptr(LoomHost) from = loom_port_observe(backend, port, error);

    return from && check_tap(from, port, loom_port_state_network(state)->bridge, error) &&
           loom_port_share_run(backend, state, error) && agree(backend, port, from, changed, error);
}

gboolean
loom_port_attach(const char *directory, LoomBackend *backend, const LoomHost *slice,
                 const LoomPort *port, const char *guest, GError **error)
{
    g_autoptr(LoomHost) state = loom_port_state_new(slice, loom_record_copy(port), guest);
    GError *cause = NULL;
    gboolean changed;

    loom_port_share_resolve(state, slice);
    if (loom_port_state_save(directory, LOOM_PORT_LIVE, state, &cause) &&
        program(backend, state, &changed, &cause))
        return TRUE;
    loom_port_detach(directory, backend, port->domain, port->mac, NULL);
    return name_failure(error, cause, guest, port);
}

gboolean
loom_port_repair(LoomBackend *backend, const LoomHost *state, gboolean *changed, GError **error)
{
    GError *cause = NULL;

    if (program(backend, state, changed, &cause))
        return TRUE;
    return name_failure(error, cause, loom_port_state_guest(state), loom_port_state_port(state));
}

/* A name is used again: what has another guest's MAC is not this port's tap. */
static gboolean
is_its_own(const LoomHost *host, const LoomPort *port)
{
    const LoomLink *link = loom_host_find(host, &loom_link_kind, port->link);

    return !link || (link->kind == LOOM_LINK_OTHER && !link->ours && link->mac &&
                     loom_mac_parse(link->mac) == loom_port_tap_mac(port->mac));
}

gboolean
loom_port_detach(const char *directory, LoomBackend *backend, const char *domain, const char *mac,
                 GError **error)
{
    g_autoptr(LoomHost) state = loom_port_state_find(directory, LOOM_PORT_LIVE, domain, mac, NULL);
    const LoomPort *port = state ? loom_port_state_port(state) : NULL;
    g_autoptr(LoomHost) now = NULL;

    if (port && port->link) {
        now = loom_port_observe(backend, port, error);
        if (!now || (is_its_own(now, port) && !close_port(backend, port->link, error)) ||
            !loom_port_share_remove(backend, state, error))
            return FALSE;
    }
    return loom_port_state_remove(directory, LOOM_PORT_LIVE, domain, mac, error);
}
