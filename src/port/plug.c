/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The port of a vNIC that is plugged into a running guest. */
#include "port/guest.h"

#include "base/error.h"
#include "base/i18n.h"
#include "guest/portgroup.h"
#include "host/admission.h"
#include "host/slice.h"
#include "kernel/kernel.h"
#include "port/admit.h"
#include "port/lock.h"
#include "port/program.h"
#include "port/share.h"
#include "port/state.h"

gboolean
loom_guest_port_admit(const char *directory, const LoomHost *slice, const LoomGuest *guest,
                      const LoomGuestVnic *vnic, LoomReport *report, GError **error)
{
    LoomPort *port = loom_portgroup_check(slice, guest->name, vnic, error)
                         ? loom_port_resolve(slice, guest, vnic, error)
                         : NULL;
    gboolean may = port && loom_port_admit(directory, slice, port, guest->name, report, error);

    loom_record_free(port);
    return may;
}

static LoomPortLock *
lock_switch(const char *directory, const LoomHost *slice, GError **error)
{
    g_autoptr(GPtrArray) bridges = g_ptr_array_new();

    g_ptr_array_add(bridges, ((LoomNetwork *)slice->networks->pdata[0])->bridge);
    return loom_port_lock_take(directory, bridges, error);
}

/* Under the lock where it is promised something: two who plug at once see each other. */
static gboolean
admit_intent(const char *directory, const LoomHost *slice, const LoomHost *intent,
             LoomReport *report, GError **error)
{
    const LoomPort *port = loom_port_state_port(intent);
    gboolean is_promised = loom_admission_minimum(slice, port) > 0;
    g_autoptr(LoomPortLock) lock = is_promised ? lock_switch(directory, slice, error) : NULL;
    g_autoptr(GError) cause = NULL;

    if (is_promised && (!lock || !loom_port_admit(directory, slice, port,
                                                  loom_port_state_guest(intent), report, error))) {
        loom_port_state_remove(directory, LOOM_PORT_INTENT, port->domain, port->mac, NULL);
        return FALSE;
    }
    if (!loom_port_state_save(directory, LOOM_PORT_INTENT, intent, &cause))
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
    return TRUE;
}

gboolean
loom_guest_port_announce(const char *directory, const LoomHost *slice, LoomPort *port,
                         const char *guest, LoomReport *report, GError **error)
{
    g_autoptr(LoomHost) intent = loom_port_state_new(slice, port, guest);

    return admit_intent(directory, slice, intent, report, error);
}

/* Keeps and programs what PORT is to be, which it takes over: in that order, for who is killed. */
static gboolean
program(const char *directory, LoomBackend *backend, const LoomHost *slice, LoomPort *port,
        const char *guest, GError **error)
{
    g_autoptr(LoomHost) state = loom_port_state_new(slice, port, guest);
    gboolean changed;

    loom_port_share_resolve(state, slice);
    return loom_port_state_save(directory, LOOM_PORT_LIVE, state, error) &&
           loom_port_repair(backend, state, &changed, error) &&
           loom_port_state_remove(directory, LOOM_PORT_INTENT, port->domain, port->mac, error);
}

/* The agent may have been faster: what is not admitted, or not done whole, is closed again. */
static gboolean
give(const char *directory, const LoomHost *slice, const LoomGuest *guest,
     const LoomGuestVnic *vnic, LoomReport *report, GError **error)
{
    g_autoptr(LoomPortLock) lock = lock_switch(directory, slice, error);
    g_autoptr(LoomBackend) backend = lock ? loom_kernel_new(error) : NULL;
    LoomPort *port = backend ? loom_port_resolve(slice, guest, vnic, error) : NULL;
    g_autoptr(GError) worse = NULL;

    if (!port)
        return FALSE;
    if (!loom_port_admit(directory, slice, port, guest->name, report, error))
        loom_record_free(port);
    else if (program(directory, backend, slice, port, guest->name, error))
        return TRUE;
    if (!loom_port_detach(directory, backend, guest->uuid, vnic->mac, &worse) ||
        !loom_port_state_remove(directory, LOOM_PORT_INTENT, guest->uuid, vnic->mac, &worse))
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", worse->message);
    return FALSE;
}

gboolean
loom_guest_port_give(const char *directory, const LoomGuest *guest, const char *mac,
                     LoomReport *report, GError **error)
{
    const LoomGuestVnic *vnic = loom_guest_find_vnic(guest, mac);
    GError *cause = NULL;
    g_autoptr(LoomHost) slice =
        vnic && vnic->network ? loom_slice_find_by_name(directory, vnic->network, &cause) : NULL;

    if (cause) {
        g_propagate_error(error, cause);
        return FALSE;
    }
    if (!slice) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("guest '%s' has no vNIC %s on a network of virt-loom's"), guest->name, mac);
        return FALSE;
    }
    if (!loom_port_is_ours(slice))
        return TRUE;
    return loom_portgroup_check(slice, guest->name, vnic, error) &&
           give(directory, slice, guest, vnic, report, error);
}
