/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy of a guest's ports before and after it has moved. */
#include "guest/continuity.h"

#include "base/i18n.h"
#include "guest/portgroup.h"

#include <inttypes.h>

/* NULL: it is on no network of ours, or nobody knows what that means. */
static const LoomPort *
find_policy(const LoomHost *seen, const LoomHost *meant, const LoomGuestVnic *vnic)
{
    const LoomNetwork *network =
        vnic && vnic->network ? loom_host_find(seen, &loom_network_kind, vnic->network) : NULL;
    const LoomPortgroup *portgroup =
        network && network->ours ? loom_portgroup_find(network, vnic->portgroup) : NULL;

    return portgroup ? loom_portgroup_find_pattern(meant, network->name, portgroup->name) : NULL;
}

static gboolean
has_same_guards(const LoomPort *here, const LoomPort *there)
{
    return here->tagguard == there->tagguard && here->macguard == there->macguard &&
           here->dhcpguard == there->dhcpguard && here->routerguard == there->routerguard &&
           here->priorityreset == there->priorityreset &&
           here->privateguard == there->privateguard &&
           g_strcmp0(here->addressguard, there->addressguard) == 0;
}

static const LoomClass *
find_class(const LoomHost *host, const LoomPort *port)
{
    for (guint i = 0; port->class && i < host->classes->len; i++) {
        const LoomClass *class = host->classes->pdata[i];

        if (g_strcmp0(class->name, port->class) == 0 &&
            g_strcmp0(class->logicalswitch, port->logicalswitch) == 0)
            return class;
    }
    return NULL;
}

/* The rate of a weight depends on the NIC, and is no promise. */
static gboolean
has_same_share(const LoomPreflight *preflight, const LoomPort *here, const LoomPort *there)
{
    const LoomClass *from = find_class(preflight->from_meant, here);
    const LoomClass *to = find_class(preflight->to_meant, there);

    if (!from || !to)
        return from == to;
    return from->weight == to->weight && (from->weight || from->rate == to->rate);
}

static gboolean
has_same_rest(const LoomPort *here, const LoomPort *there)
{
    return here->max == there->max && here->maxin == there->maxin &&
           here->isolated == there->isolated && g_strcmp0(here->pvlan, there->pvlan) == 0;
}

/* What to do about a port that has become another. */
static const char *
find_out(void)
{
    return _("see what its portgroup is on both hosts: virt-loom networks");
}

static void
compare(const LoomPreflight *preflight, const char *mac, const LoomPort *here,
        const LoomPort *there, GPtrArray *checks)
{
    const guint before = checks->len;

    if (!has_same_guards(here, there))
        loom_checks_add(checks, LOOM_VERDICT_WARNING, "policy", find_out(),
                        _("vNIC %s: at %s its guards are not those that it had"), mac,
                        preflight->destination);
    if (!has_same_share(preflight, here, there))
        loom_checks_add(checks, LOOM_VERDICT_WARNING, "policy", find_out(),
                        _("vNIC %s: at %s its share of the uplink is not what it had"), mac,
                        preflight->destination);
    if (!has_same_rest(here, there))
        loom_checks_add(checks, LOOM_VERDICT_WARNING, "policy", find_out(),
                        _("vNIC %s: at %s its limits or isolation are not what they were"), mac,
                        preflight->destination);
    if (checks->len > before)
        return;
    if (here->vlan == there->vlan && g_strcmp0(here->tagged, there->tagged) == 0)
        loom_checks_add(checks, LOOM_VERDICT_OK, "policy", NULL,
                        _("vNIC %s has at %s the VLAN, guards and share that it had"), mac,
                        preflight->destination);
    else
        loom_checks_add(checks, LOOM_VERDICT_OK, "policy", NULL,
                        _("vNIC %s has at %s the guards and share that it had, and VLAN "
                          "%" PRIu64 " where it had %" PRIu64),
                        mac, preflight->destination, there->vlan, here->vlan);
}

void
loom_preflight_compare_policy(const LoomPreflight *preflight, const LoomGuest *before,
                              const LoomGuest *after, GPtrArray *checks)
{
    for (guint i = 0; i < before->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(before->vnics, LoomGuestVnic, i);
        const LoomPort *here = find_policy(preflight->from, preflight->from_meant, vnic);
        const LoomPort *there =
            find_policy(preflight->to, preflight->to_meant, loom_guest_find_vnic(after, vnic->mac));

        if (here && there)
            compare(preflight, vnic->mac, here, there, checks);
        else if (here)
            loom_checks_add(checks, LOOM_VERDICT_ERROR, "policy", _("see there: virsh dumpxml"),
                            _("vNIC %s: at %s it is on no network and portgroup of virt-loom's"),
                            vnic->mac, preflight->destination);
    }
}
