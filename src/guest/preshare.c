/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Promised bandwidth at the destination, before a guest moves. */
#include "guest/preshare.h"

#include "base/i18n.h"
#include "guest/portgroup.h"
#include "host/admission.h"

#include <inttypes.h>

/* What PORT of a guest there is promised by the switch NAME, in Mbit/s. */
static guint64
promised_to(const LoomPreflight *preflight, const LoomPort *port, const char *name)
{
    const LoomNetwork *network =
        port->network ? loom_host_find(preflight->to, &loom_network_kind, port->network) : NULL;
    const LoomPortgroup *portgroup = network ? loom_portgroup_find(network, port->portgroup) : NULL;
    const LoomPort *pattern =
        portgroup ? loom_portgroup_find_pattern(preflight->to_meant, network->name, portgroup->name)
                  : NULL;

    return pattern && g_strcmp0(pattern->logicalswitch, name) == 0
               ? loom_admission_minimum(preflight->to_meant, pattern)
               : 0;
}

static guint64
sum_promises(const LoomPreflight *preflight, const LoomGuest *guest, const char *name,
             const GPtrArray *before)
{
    guint64 sum = 0;

    for (guint i = 0; i < preflight->there->ports->len; i++) {
        const LoomPort *port = preflight->there->ports->pdata[i];

        if (port->domain && g_strcmp0(port->domain, guest->uuid) != 0)
            sum += promised_to(preflight, port, name);
    }
    for (guint i = 0; i < before->len; i++) {
        const LoomPort *pattern = before->pdata[i];

        if (g_strcmp0(pattern->logicalswitch, name) == 0)
            sum += loom_admission_minimum(preflight->to_meant, pattern);
    }
    return sum;
}

void
loom_preflight_check_share(const LoomPreflight *preflight, const LoomGuest *guest,
                           const LoomGuestVnic *vnic, const LoomPort *pattern,
                           const GPtrArray *before, GPtrArray *checks)
{
    const char *name = pattern->logicalswitch;
    LoomAdmissionSum sum;
    gboolean is_known;

    if (!loom_admission_minimum(preflight->to_meant, pattern))
        return;
    is_known = loom_admission_sum_port(preflight->to_meant, pattern,
                                       sum_promises(preflight, guest, name, before), &sum);
    if (!is_known)
        loom_checks_add(checks, LOOM_VERDICT_WARNING, "share",
                        _("see there that the NICs of the team have a link: ip link"),
                        _("vNIC %s: whether the team of switch '%s' at %s can keep its minimum of "
                          "%" PRIu64 " Mbit/s is not known: libvirt tells no speed of "
                          "its NICs"),
                        vnic->mac, name, preflight->destination, sum.wanted);
    else if (sum.reserved > sum.capacity || sum.wanted > sum.capacity - sum.reserved)
        loom_checks_add(
            checks,
            g_strcmp0(pattern->admission, "warn") == 0 ? LOOM_VERDICT_WARNING : LOOM_VERDICT_ERROR,
            "share",
            _("move it to another host or other guests away from there, or give its "
              "classification a smaller minimum in the fabric"),
            _("vNIC %s: the team of switch '%s' at %s can promise %" PRIu64
              " Mbit/s, has promised %" PRIu64 ", and the vNIC is promised %" PRIu64 " more"),
            vnic->mac, name, preflight->destination, sum.capacity, sum.reserved, sum.wanted);
    else
        loom_checks_add(checks, LOOM_VERDICT_OK, "share", NULL,
                        _("vNIC %s: the team of switch '%s' at %s keeps its minimum of "
                          "%" PRIu64 " Mbit/s: %" PRIu64 " of %" PRIu64 " Mbit/s are promised"),
                        vnic->mac, name, preflight->destination, sum.wanted, sum.reserved,
                        sum.capacity);
}
