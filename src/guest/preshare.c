/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Promised bandwidth at the destination, before a guest moves. */
#include "guest/preshare.h"

#include "base/i18n.h"
#include "guest/equivalent.h"
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

static gboolean
has_guest(const LoomHost *ports, const char *uuid)
{
    for (guint i = 0; i < ports->ports->len; i++)
        if (g_strcmp0(((const LoomPort *)ports->ports->pdata[i])->domain, uuid) == 0)
            return TRUE;
    return FALSE;
}

/* What guests other than GUEST are promised by PORTS; without those that are in BUT, too. */
static guint64
sum_ports(const LoomPreflight *preflight, const LoomHost *ports, const LoomGuest *guest,
          const char *name, const LoomHost *but)
{
    guint64 sum = 0;

    for (guint i = 0; i < ports->ports->len; i++) {
        const LoomPort *port = ports->ports->pdata[i];

        if (port->domain && g_strcmp0(port->domain, guest->uuid) != 0 &&
            !(but && has_guest(but, port->domain)))
            sum += promised_to(preflight, port, name);
    }
    return sum;
}

/* Of guests that come with it some may have arrived: these are not counted twice. */
static guint64
sum_coming(const LoomPreflight *preflight, const LoomGuest *guest, const char *name)
{
    return preflight->coming
               ? sum_ports(preflight, preflight->coming, guest, name, preflight->there)
               : 0;
}

static guint64
sum_promises(const LoomPreflight *preflight, const LoomGuest *guest, const char *name,
             const GPtrArray *before)
{
    guint64 sum = sum_ports(preflight, preflight->there, guest, name, NULL) +
                  sum_coming(preflight, guest, name);

    for (guint i = 0; i < before->len; i++) {
        const LoomPort *pattern = before->pdata[i];

        if (g_strcmp0(pattern->logicalswitch, name) == 0)
            sum += loom_admission_minimum(preflight->to_meant, pattern);
    }
    return sum;
}

/* A clause of the sentence; "" where none come with it. */
static char *
format_coming(guint64 sum)
{
    return sum ? g_strdup_printf(_(" (%" PRIu64 " of them to guests that move with this one)"), sum)
               : g_strdup("");
}

void
loom_preflight_check_share(const LoomPreflight *preflight, const LoomGuest *guest,
                           const LoomGuestVnic *vnic, const LoomPort *pattern,
                           const GPtrArray *before, GPtrArray *checks)
{
    const char *name = pattern->logicalswitch;
    LoomAdmissionSum sum;
    g_autofree char *with = NULL;
    gboolean is_known;

    if (!loom_admission_minimum(preflight->to_meant, pattern))
        return;
    is_known = loom_admission_sum_port(preflight->to_meant, pattern,
                                       sum_promises(preflight, guest, name, before), &sum);
    with = format_coming(sum_coming(preflight, guest, name));
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
              " Mbit/s, has promised %" PRIu64 "%s, and the vNIC is promised %" PRIu64 " more"),
            vnic->mac, name, preflight->destination, sum.capacity, sum.reserved, with, sum.wanted);
    else
        loom_checks_add(checks, LOOM_VERDICT_OK, "share", NULL,
                        _("vNIC %s: the team of switch '%s' at %s keeps its minimum of "
                          "%" PRIu64 " Mbit/s: %" PRIu64 " of %" PRIu64 " Mbit/s are promised%s"),
                        vnic->mac, name, preflight->destination, sum.wanted, sum.reserved,
                        sum.capacity, with);
}

void
loom_preflight_add_coming(const LoomPreflight *preflight, const LoomGuest *guest, LoomHost *into)
{
    for (guint i = 0; i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);
        const LoomNetwork *from =
            vnic->network ? loom_host_find(preflight->from, &loom_network_kind, vnic->network)
                          : NULL;
        const LoomNetwork *to =
            from && from->ours ? loom_network_choose(preflight->to->networks, vnic->network,
                                                     from->logicalswitch, vnic->portgroup, NULL)
                               : NULL;
        LoomPort *port = to ? loom_record_new(&loom_port_kind) : NULL;

        if (!port)
            continue;
        LOOM_SET(port, domain, guest->uuid);
        LOOM_SET(port, mac, vnic->mac);
        LOOM_SET(port, network, to->name);
        if (vnic->portgroup)
            LOOM_SET(port, portgroup, vnic->portgroup);
        loom_record_add(into, port);
    }
}

void
loom_preflight_forget_coming(LoomHost *coming, const char *uuid)
{
    for (guint i = coming->ports->len; i > 0; i--) {
        const LoomPort *port = coming->ports->pdata[i - 1];

        if (g_strcmp0(port->domain, uuid) == 0)
            g_ptr_array_remove_index(coming->ports, i - 1);
    }
}
