/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a running guest's port can have what it is promised. */
#include "port/admit.h"

#include "base/error.h"
#include "base/i18n.h"
#include "host/admission.h"
#include "port/share.h"
#include "port/state.h"

/* What the guest's other ports on the switch are promised. */
static guint64
promised_others(const char *directory, const LoomHost *slice, const LoomPort *port)
{
    g_autoptr(GPtrArray) states =
        loom_port_state_list(directory, LOOM_PORT_LIVE, port->domain, NULL);
    guint64 sum = 0;

    for (guint i = 0; i < states->len; i++) {
        const LoomPort *other = loom_port_state_port(states->pdata[i]);

        if (g_strcmp0(other->mac, port->mac) != 0 &&
            g_strcmp0(other->logicalswitch, port->logicalswitch) == 0)
            sum += loom_admission_minimum(slice, other);
    }
    return sum;
}

gboolean
loom_port_admit(const char *directory, const LoomHost *slice, const LoomGuest *guest,
                const LoomPort *port, LoomReport *report, GError **error)
{
    g_autofree char *why = NULL;

    if (!loom_admission_minimum(slice, port))
        return TRUE;
    why = loom_admission_refuse_port(slice, port,
                                     loom_port_share_reserved(directory, slice, guest->uuid) +
                                         promised_others(directory, slice, port));
    if (why && g_strcmp0(port->admission, "refuse") == 0) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_BUSY, _("guest '%s', vNIC %s: %s"), guest->name,
                    port->mac, why);
        return FALSE;
    }
    if (why)
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, _("guest '%s', vNIC %s: %s"),
                        guest->name, port->mac, why);
    return TRUE;
}
