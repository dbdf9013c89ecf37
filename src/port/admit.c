/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a port can have what it is promised. */
#include "port/admit.h"

#include "base/error.h"
#include "base/i18n.h"
#include "host/admission.h"
#include "port/share.h"

gboolean
loom_port_admit_beside(const LoomHost *slice, const LoomPort *port, guint64 reserved,
                       const char *guest, LoomReport *report, GError **error)
{
    g_autofree char *why = loom_admission_refuse_port(slice, port, reserved);

    if (why && g_strcmp0(port->admission, "refuse") == 0) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_BUSY, _("guest '%s', vNIC %s: %s"), guest,
                    port->mac, why);
        return FALSE;
    }
    if (why)
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, _("guest '%s', vNIC %s: %s"), guest,
                        port->mac, why);
    return TRUE;
}

gboolean
loom_port_admit(const char *directory, const LoomHost *slice, const LoomPort *port,
                const char *guest, LoomReport *report, GError **error)
{
    return !loom_admission_minimum(slice, port) ||
           loom_port_admit_beside(
               slice, port, loom_port_share_reserved(directory, slice, port->domain, port->mac),
               guest, report, error);
}
