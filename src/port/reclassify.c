/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another portgroup for a live port, without an interruption. */
#include "port/guest.h"

#include "base/error.h"
#include "base/i18n.h"
#include "guest/portgroup.h"
#include "host/slice.h"
#include "kernel/kernel.h"
#include "port/admit.h"
#include "port/lock.h"
#include "port/program.h"
#include "port/share.h"
#include "port/state.h"

static LoomHost *
find_state(const char *directory, const LoomGuest *guest, const char *mac, GError **error)
{
    GError *cause = NULL;
    LoomHost *state = loom_port_state_find(directory, LOOM_PORT_LIVE, guest->uuid, mac, &cause);

    if (cause)
        g_propagate_error(error, cause);
    else if (!state)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("guest '%s' has no live port of virt-loom's with the MAC address %s; "
                      "virt-loom ports lists all ports of this host"),
                    guest->name, mac);
    return state;
}

/* As the vNIC would have it that asked for PORTGROUP; NULL with an error. */
static LoomPort *
resolve(const LoomHost *slice, const LoomGuest *guest, const LoomPort *was, const char *portgroup,
        GError **error)
{
    const LoomGuestVnic wanted = {
        .type = "bridge",
        .mac = was->mac,
        .network = was->network,
        .portgroup = portgroup,
        .device = was->link,
        .portid = was->portid,
    };

    return loom_portgroup_check(slice, guest->name, &wanted, error)
               ? loom_port_resolve(slice, guest, &wanted, error)
               : NULL;
}

/* The classes that only the portgroup of STATE gives it, not that of KEPT. */
static gboolean
drop(LoomBackend *backend, const LoomHost *state, const LoomHost *kept, GError **error)
{
    return loom_port_state_port(state)->priority == loom_port_state_port(kept)->priority ||
           loom_port_share_remove(backend, state, error);
}

/* Each for itself: that one does not work is no reason to leave the other. */
static void
go_back(LoomBackend *backend, const LoomHost *former, const LoomHost *state, LoomReport *report)
{
    g_autoptr(GError) worse = NULL, worst = NULL;
    gboolean changed;

    if (!loom_port_repair(backend, former, &changed, &worse))
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", worse->message);
    if (!drop(backend, state, former, &worst))
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", worst->message);
}

/* Programs and keeps STATE; where that fails, what FORMER says comes back. */
static gboolean
change(const char *directory, const LoomHost *former, const LoomHost *state, LoomReport *report,
       GError **error)
{
    g_autoptr(LoomBackend) backend = loom_kernel_new(error);
    gboolean changed;

    if (!backend)
        return FALSE;
    if (loom_port_repair(backend, state, &changed, error) && drop(backend, former, state, error) &&
        loom_port_state_save(directory, LOOM_PORT_LIVE, state, error))
        return TRUE;
    go_back(backend, former, state, report);
    return FALSE;
}

gboolean
loom_guest_port_set(const char *directory, const LoomGuest *guest, const char *mac,
                    const char *portgroup, LoomReport *report, GError **error)
{
    g_autoptr(LoomHost) seen = find_state(directory, guest, mac, error);
    g_autoptr(GPtrArray) bridges = g_ptr_array_new();
    g_autoptr(LoomPortLock) lock = NULL;
    g_autoptr(LoomHost) former = NULL;
    g_autoptr(LoomHost) slice = NULL;
    g_autoptr(LoomHost) state = NULL;
    const LoomPort *was;
    LoomPort *port;

    if (!seen)
        return FALSE;
    g_ptr_array_add(bridges, loom_port_state_network(seen)->bridge);
    lock = loom_port_lock_take(directory, bridges, error);
    former = lock ? find_state(directory, guest, mac, error) : NULL; /* it may have changed since */
    if (!former)
        return FALSE;
    was = loom_port_state_port(former);
    slice = loom_slice_find_by_name(directory, was->network, error);
    if (!slice) {
        if (error && !*error)
            g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                        _("this host has no network '%s' of virt-loom's any more"), was->network);
        return FALSE;
    }
    port = resolve(slice, guest, was, portgroup, error);
    if (!port)
        return FALSE;
    state = loom_port_state_new(slice, port, guest->name);
    if (!loom_port_admit(directory, slice, port, guest->name, report, error))
        return FALSE;
    loom_port_share_resolve(state, slice);
    return change(directory, former, state, report, error);
}
