/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's addresses at the destination: whether its site has them. */
#include "base/i18n.h"
#include "base/inet.h"
#include "cli/road.h"
#include "guest/equivalent.h"
#include "guest/portgroup.h"

#include <inttypes.h>

/* One vNIC, and what its VM network is at the destination. */
typedef struct {
    const LoomRoad *road;
    const LoomGuest *guest;
    const LoomGuestVnic *vnic;
    const LoomVmNetwork *network;
    const LoomSite *site;  /* the destination's */
    LoomVlanChoice choice; /* there */
    gboolean is_locked;    /* its port there lets leased addresses pass, and no others */
    GPtrArray *checks;
} Arrival;

static gboolean
holds(const LoomSubnet *row, const LoomInet *address)
{
    LoomInet network, first;

    if (!row->address)
        return FALSE;
    network = loom_inet_parse(row->address);
    first = loom_inet_first(address, (unsigned)MIN(row->prefix, loom_inet_bits(address)));
    return network.family == address->family && loom_inet_compare(&first, &network) == 0;
}

/* The same VLAN as the VM network takes there, or any of a trunk's. */
static gboolean
is_reached(const Arrival *arrival, const LoomSubnet *row)
{
    return row->vlan == arrival->choice.vlan ||
           (row->vlan && loom_vlans_has(&arrival->choice.trunk, (unsigned)row->vlan));
}

static gboolean
has_subnets(const Arrival *arrival)
{
    for (guint i = 0; i < arrival->site->subnets->len; i++) {
        const LoomSubnet *row = arrival->site->subnets->pdata[i];

        if (row->address && is_reached(arrival, row))
            return TRUE;
    }
    return FALSE;
}

static void
check_address(const Arrival *arrival, const char *text)
{
    const LoomInet address = loom_inet_parse(text);
    const char *mac = arrival->vnic->mac, *network = arrival->network->name;

    for (guint i = 0; i < arrival->site->subnets->len; i++) {
        const LoomSubnet *row = arrival->site->subnets->pdata[i];

        if (!is_reached(arrival, row) || !holds(row, &address))
            continue;
        loom_checks_add(arrival->checks, LOOM_VERDICT_OK, "pool", NULL,
                        _("vNIC %s: its address %s is in %s/%" PRIu64 " of VM network '%s' at %s"),
                        mac, text, row->address, row->prefix, network, arrival->road->to_name);
        return;
    }
    if (arrival->is_locked)
        loom_checks_add(arrival->checks, LOOM_VERDICT_ERROR, "pool",
                        _("give the guest a lease of a pool there in the fabric, and run there: "
                          "virt-loom apply"),
                        _("vNIC %s: its address %s is in no subnet of VM network '%s' at %s, and "
                          "its port there passes nothing but addresses leased there"),
                        mac, text, network, arrival->road->to_name);
    else
        loom_checks_add(arrival->checks, LOOM_VERDICT_WARNING, "pool",
                        _("give the guest another address once it has moved"),
                        _("vNIC %s: its address %s is in no subnet of VM network '%s' at %s: "
                          "nobody will reach it there"),
                        mac, text, network, arrival->road->to_name);
}

/* --- which addresses it has ------------------------------------------------------------------- */

static gboolean
is_leased_to(const Arrival *arrival, const LoomLease *lease)
{
    const LoomPool *pool =
        lease->pool && lease->address && g_strcmp0(lease->guest, arrival->guest->name) == 0 &&
                (!lease->mac || g_ascii_strcasecmp(lease->mac, arrival->vnic->mac) == 0)
            ? loom_fabric_find(arrival->road->fabric, &loom_pool_kind, lease->pool)
            : NULL;

    return pool && pool->subnet->site && pool->subnet->site->network == arrival->network->network;
}

/* A guest that has a lease at each site is at home at each: its other leases are not looked at. */
static gboolean
has_lease_there(const Arrival *arrival)
{
    const GPtrArray *leases = arrival->road->fabric->leases;

    for (guint i = 0; i < leases->len; i++) {
        const LoomLease *lease = leases->pdata[i];
        const LoomPool *pool =
            is_leased_to(arrival, lease)
                ? loom_fabric_find(arrival->road->fabric, &loom_pool_kind, lease->pool)
                : NULL;

        if (!pool || pool->subnet->site != arrival->site || !is_reached(arrival, pool->subnet))
            continue;
        check_address(arrival, lease->address);
        return TRUE;
    }
    return FALSE;
}

static void
check_leases(const Arrival *arrival)
{
    const GPtrArray *leases = arrival->road->fabric->leases;

    if (has_lease_there(arrival))
        return;
    for (guint i = 0; i < leases->len; i++)
        if (is_leased_to(arrival, leases->pdata[i]))
            check_address(arrival, ((const LoomLease *)leases->pdata[i])->address);
}

static void
check_given(const Arrival *arrival)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) addresses = loom_guest_list_addresses(arrival->guest, arrival->vnic->mac, &error);

    if (!addresses)
        loom_checks_add(arrival->checks, LOOM_VERDICT_ERROR, "pool",
                        _("see virt-loom-fabric(5) for what <metadata> says"), "%s",
                        error->message);
    for (char **address = addresses; address && *address; address++)
        check_address(arrival, *address);
}

/* --- what its network is there ---------------------------------------------------------------- */

static const LoomNetwork *
find_network(const LoomRoad *road, const LoomGuestVnic *vnic)
{
    const LoomNetwork *network =
        vnic->network ? loom_host_find(road->from_seen, &loom_network_kind, vnic->network) : NULL;

    return network && network->ours && network->vmnetwork ? network : NULL;
}

static gboolean
is_locked_there(const LoomRoad *road, const LoomNetwork *from, const LoomGuestVnic *vnic)
{
    const LoomNetwork *to = loom_network_choose(road->to_seen->networks, vnic->network,
                                                from->logicalswitch, vnic->portgroup, NULL);
    const LoomPortgroup *portgroup = to ? loom_portgroup_find(to, vnic->portgroup) : NULL;
    const LoomPort *pattern =
        portgroup ? loom_portgroup_find_pattern(road->to_meant, to->name, portgroup->name) : NULL;

    return pattern && g_strcmp0(pattern->addressguard, "leased") == 0;
}

static gboolean
find_site(Arrival *arrival)
{
    const LoomRoad *road = arrival->road;
    const LoomFabricHost *host =
        loom_fabric_find(road->fabric, &loom_fabric_host_kind, road->to_meant->name);

    arrival->site = host && host->group && arrival->network->network
                        ? loom_logical_network_find_site(arrival->network->network, host->group)
                        : NULL;
    return arrival->site &&
           loom_fabric_choose_vlan(road->fabric, arrival->network, arrival->site, &arrival->choice);
}

void
loom_road_check_addresses(const LoomRoad *road, const LoomGuest *guest, GPtrArray *checks)
{
    for (guint i = 0; road->to_meant && i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);
        const LoomNetwork *from = find_network(road, vnic);
        Arrival arrival = {.road = road, .guest = guest, .vnic = vnic, .checks = checks};

        if (!from)
            continue;
        arrival.network = loom_fabric_find(road->fabric, &loom_vm_network_kind, from->vmnetwork);
        if (!arrival.network || !find_site(&arrival) || !has_subnets(&arrival))
            continue;
        arrival.is_locked = is_locked_there(road, from, vnic);
        check_leases(&arrival);
        check_given(&arrival);
    }
}
