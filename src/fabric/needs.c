/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who waits for a lease, and the next free value for each. */
#include "fabric/needs.h"

#include "base/i18n.h"
#include "fabric/addresses.h"
#include "fabric/ranges.h"

static void
need_free(gpointer data)
{
    LoomNeed *need = data;

    loom_record_free(need->lease);
    g_free(need);
}

static LoomNeed *
add_need(GPtrArray *needs, const LoomRecord *where)
{
    LoomNeed *need = g_new0(LoomNeed, 1);

    need->lease = loom_record_new(&loom_lease_kind);
    need->where = where;
    g_ptr_array_add(needs, need);
    return need;
}

static int
need_compare(gconstpointer a, gconstpointer b)
{
    return loom_lease_compare((*(const LoomNeed *const *)a)->lease,
                              (*(const LoomNeed *const *)b)->lease);
}

/* What an allocation passes over in every pool: the addresses that something has already. */
static GHashTable *
list_taken(const LoomFabric *fabric)
{
    GHashTable *taken = loom_addresses_new();
    LoomInet inet;

    for (guint i = 0; i < fabric->pools->len; i++) {
        const LoomPool *pool = fabric->pools->pdata[i];
        gconstpointer scope = loom_subnet_get_scope(pool->subnet);
        const GPtrArray *const lists[] = {pool->gateways, pool->dns, pool->routes};
        const char *text;

        for (size_t n = 0; n < G_N_ELEMENTS(lists); n++)
            for (guint k = 0; k < lists[n]->len; k++) {
                gconstpointer item = lists[n]->pdata[k];

                text = n == 0   ? ((const LoomGateway *)item)->address
                       : n == 1 ? ((const LoomDns *)item)->server
                                : ((const LoomPoolRoute *)item)->gateway;
                if (!text)
                    continue;
                inet = loom_inet_parse(text);
                loom_addresses_add(taken, scope, &inet, item);
            }
    }
    for (guint i = 0; i < fabric->leases->len; i++) {
        const LoomLease *lease = fabric->leases->pdata[i];
        const LoomPool *pool = loom_fabric_find(fabric, &loom_pool_kind, lease->pool);

        if (!pool || loom_lease_get_shape(lease) != LOOM_LEASE_OF_ADDRESS)
            continue;
        inet = loom_inet_parse(lease->address);
        loom_addresses_add(taken, loom_subnet_get_scope(pool->subnet), &inet, lease);
    }
    return taken;
}

static void
take_given(GHashTable *taken, const LoomVnic *vnic)
{
    for (guint i = 0; i < vnic->addresses->len; i++) {
        const LoomVnicAddress *address = vnic->addresses->pdata[i];
        LoomInet inet;

        if (!address->address)
            continue;
        inet = loom_inet_parse(address->address);
        loom_addresses_add(taken, loom_vm_network_get_scope(vnic->network), &inet, address);
    }
}

static void
add_vnic_needs(const LoomFabric *fabric, const LoomFabricHost *host, const LoomVnic *vnic,
               const LoomRecord *uplink, GPtrArray *needs)
{
    for (guint i = 0; i < vnic->addresses->len; i++) {
        const LoomVnicAddress *address = vnic->addresses->pdata[i];
        LoomNeed *need;

        if (!address->resolved || !host->name || !vnic->name ||
            loom_fabric_find_address_lease(fabric, address->pool, host->name, vnic->name))
            continue;
        need = add_need(needs, uplink ? uplink : &address->record);
        need->pool = address->resolved;
        LOOM_SET(need->lease, pool, address->pool);
        LOOM_SET(need->lease, host, host->name);
        LOOM_SET(need->lease, vnic, vnic->name);
    }
}

static void
add_host_needs(const LoomFabric *fabric, GHashTable *taken, GPtrArray *needs)
{
    for (guint i = 0; i < fabric->hosts->len; i++) {
        const LoomFabricHost *host = fabric->hosts->pdata[i];

        for (guint k = 0; k < host->switches->len; k++) {
            const LoomHostSwitch *use = host->switches->pdata[k];
            g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(use);
            const guint inherited = vnics->len - use->vnics->len;

            for (guint n = 0; n < vnics->len; n++) {
                take_given(taken, vnics->pdata[n]);
                add_vnic_needs(fabric, host, vnics->pdata[n], n < inherited ? &use->record : NULL,
                               needs);
            }
        }
    }
}

/* Passes over what the pool keeps back: reserved ranges, sorted, from number *NEXT on. */
static gboolean
skip_reserved(LoomInet *at, const GArray *reserved, guint *next)
{
    const LoomRange *range;

    while (*next < reserved->len && (range = loom_ranges_get(reserved, *next)) &&
           loom_inet_compare(&range->last, at) < 0)
        (*next)++;
    if (*next == reserved->len || !loom_range_has(loom_ranges_get(reserved, *next), at))
        return FALSE;
    *at = loom_ranges_get(reserved, *next)->last;
    return TRUE;
}

/*
 * Whether AT is its subnet's own: IPv4's network and broadcast address (RFC 919), IPv6's
 * subnet-router anycast address (RFC 4291, 2.6.1); links of two addresses have none (RFC 3021,
 * RFC 6164).
 */
static gboolean
is_subnets_own(const LoomInet *at, const LoomRange *subnet, guint64 prefix)
{
    if (prefix + 1 >= loom_inet_bits(at))
        return FALSE;
    return loom_inet_compare(at, &subnet->first) == 0 ||
           (at->family == G_SOCKET_FAMILY_IPV4 && loom_inet_compare(at, &subnet->last) == 0);
}

/* Gives out of one pool, in one pass, to the needs from FROM up to TO. */
static void
give_addresses(const LoomPool *pool, GPtrArray *needs, guint from, guint to, GHashTable *taken)
{
    gconstpointer scope = loom_subnet_get_scope(pool->subnet);
    g_autoptr(GArray) reserved = loom_ranges_new();
    LoomRange range, subnet, kept;
    guint next = 0;

    if (!loom_pool_get_range(pool, &range) || !loom_subnet_get_range(pool->subnet, &subnet))
        return;
    for (guint i = 0; i < pool->reserved->len; i++)
        if (loom_reserved_get_range(pool->reserved->pdata[i], &kept))
            loom_ranges_add(reserved, kept.first, kept.last, kept.item);
    loom_ranges_sort(reserved);

    LoomInet at = range.first;
    for (guint i = from; i < to && loom_inet_compare(&at, &range.last) <= 0;) {
        LoomNeed *need = needs->pdata[i];

        if (!skip_reserved(&at, reserved, &next) &&
            !is_subnets_own(&at, &subnet, pool->subnet->prefix) &&
            !loom_addresses_add(taken, scope, &at, need)) {
            g_autofree char *text = loom_inet_format(&at);

            LOOM_SET(need->lease, address, text);
            i++;
        }
        if (!loom_inet_increment(&at))
            return;
    }
}

/* The VLANs of a site that VM networks have, and its own. */
typedef struct {
    LoomVlans has, taken;
    unsigned next; /* those below are all taken */
} SiteVlans;

static SiteVlans *
get_vlans(GHashTable *sites, const LoomSite *site)
{
    SiteVlans *vlans = g_hash_table_lookup(sites, site);

    if (vlans)
        return vlans;
    vlans = g_new0(SiteVlans, 1);
    vlans->next = 1;
    for (guint i = 0; i < site->subnets->len; i++) {
        const LoomSubnet *row = site->subnets->pdata[i];

        if (row->vlan)
            loom_vlans_add(&vlans->has, row->vlan);
    }
    g_hash_table_insert(sites, (gpointer)site, vlans);
    return vlans;
}

static void
take_vlans(const LoomFabric *fabric, GHashTable *sites)
{
    for (guint i = 0; i < fabric->vm_networks->len; i++) {
        const LoomVmNetwork *network = fabric->vm_networks->pdata[i];

        for (guint k = 0; k < network->vlans->len; k++) {
            const LoomVmNetworkVlan *vlan = network->vlans->pdata[k];

            /* trunks pass VLANs that belong to others */
            if (vlan->resolved && vlan->id && network->isolation != LOOM_ISOLATION_TRUNK)
                loom_vlans_add(&get_vlans(sites, vlan->resolved)->taken,
                               g_ascii_strtoull(vlan->id, NULL, 10));
        }
    }
    for (guint i = 0; i < fabric->leases->len; i++) {
        const LoomLease *lease = fabric->leases->pdata[i];
        const LoomVmNetwork *network =
            loom_fabric_find(fabric, &loom_vm_network_kind, lease->vmnetwork);
        const LoomSite *site = network && network->network && lease->site && lease->vlan
                                   ? loom_fabric_find_site(fabric, network->network, lease->site)
                                   : NULL;

        if (site)
            loom_vlans_add(&get_vlans(sites, site)->taken, lease->vlan);
    }
}

/* Sites of every logical network that some uplink carries. */
static GHashTable *
list_carried(const LoomFabric *fabric)
{
    GHashTable *carried =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GHashTable) once = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < fabric->uplink_profiles->len; i++) {
        const LoomUplinkProfile *profile = fabric->uplink_profiles->pdata[i];

        for (guint k = 0; k < profile->sites->len; k++) {
            LoomSite *site = ((const LoomSiteRef *)profile->sites->pdata[k])->site;
            GPtrArray *sites;

            if (!site || !g_hash_table_add(once, site))
                continue;
            sites = g_hash_table_lookup(carried, site->network);
            if (!sites) {
                sites = g_ptr_array_new();
                g_hash_table_insert(carried, site->network, sites);
            }
            g_ptr_array_add(sites, site);
        }
    }
    return carried;
}

static void
add_vlan_needs(const LoomFabric *fabric, const LoomVmNetwork *network, const GPtrArray *sites,
               GPtrArray *needs)
{
    g_autoptr(GHashTable) chosen = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < network->vlans->len; i++)
        g_hash_table_add(chosen, ((LoomVmNetworkVlan *)network->vlans->pdata[i])->resolved);
    for (guint i = 0; i < sites->len; i++) {
        const LoomSite *site = sites->pdata[i];
        LoomNeed *need;

        if (!site->name || g_hash_table_contains(chosen, site) ||
            loom_fabric_find_vlan_lease(fabric, network->name, site->name))
            continue;
        need = add_need(needs, &network->record);
        need->network = network;
        need->site = site;
        LOOM_SET(need->lease, vmnetwork, network->name);
        LOOM_SET(need->lease, site, site->name);
    }
}

static void
list_vlan_needs(const LoomFabric *fabric, GPtrArray *needs)
{
    g_autoptr(GHashTable) carried = list_carried(fabric);

    for (guint i = 0; i < fabric->vm_networks->len; i++) {
        const LoomVmNetwork *network = fabric->vm_networks->pdata[i];
        const GPtrArray *sites =
            network->network ? g_hash_table_lookup(carried, network->network) : NULL;

        if (network->automatic && network->isolation == LOOM_ISOLATION_VLAN && network->name &&
            sites)
            add_vlan_needs(fabric, network, sites, needs);
    }
}

static void
give_vlan(LoomNeed *need, GHashTable *sites)
{
    SiteVlans *vlans = get_vlans(sites, need->site);
    unsigned vlan = loom_vlans_next(&vlans->has, vlans->next);

    while (vlan && loom_vlans_has(&vlans->taken, vlan))
        vlan = loom_vlans_next(&vlans->has, vlan + 1);
    if (!vlan)
        return;
    vlans->next = vlan + 1;
    LOOM_SET_NUMBER(need->lease, vlan, vlan);
}

GPtrArray *
loom_needs_list(const LoomFabric *fabric)
{
    GPtrArray *needs = g_ptr_array_new_with_free_func(need_free);
    g_autoptr(GHashTable) taken = list_taken(fabric);
    g_autoptr(GHashTable) sites = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    guint end;

    add_host_needs(fabric, taken, needs);
    list_vlan_needs(fabric, needs);
    take_vlans(fabric, sites);
    g_ptr_array_sort(needs, need_compare);
    for (guint i = 0; i < needs->len; i = end) {
        LoomNeed *need = needs->pdata[i];

        end = i + 1;
        if (!need->pool) {
            give_vlan(need, sites);
            continue;
        }
        while (end < needs->len && ((const LoomNeed *)needs->pdata[end])->pool == need->pool)
            end++;
        give_addresses(need->pool, needs, i, end, taken);
    }
    return needs;
}

gboolean
loom_need_is_met(const LoomNeed *need)
{
    return need->lease->address || LOOM_HAS(need->lease, vlan);
}

void
loom_need_report_exhausted(const LoomNeed *need, LoomReport *report)
{
    if (need->pool)
        loom_report_add(report, LOOM_SEVERITY_ERROR, &need->where->source,
                        _("IP pool '%s' has no free address left for host vNIC '%s' of host '%s'"),
                        need->lease->pool, need->lease->vnic, need->lease->host);
    else
        loom_report_add(report, LOOM_SEVERITY_ERROR, &need->where->source,
                        _("network site '%s' has no free VLAN left for VM network '%s'"),
                        need->lease->site, need->lease->vmnetwork);
}
