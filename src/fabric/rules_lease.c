/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of leases, and of what lacks one. */
#include "base/i18n.h"
#include "base/mac.h"
#include "fabric/needs.h"
#include "fabric/rules.h"

#include <inttypes.h>

/* The leases of one run by what may have one lease only. */
typedef struct {
    const LoomRules *rules;
    GHashTable *holders; /* "pool\nhost\nvnic", "vmnetwork\nsite" and MAC addresses -> LoomLease */
    GHashTable *vlans;   /* (LoomSite, VLAN) -> LoomVmNetwork that has it by its <vlan> or lease */
} Leases;

/* Takes KEY. */
static void
check_once(const Leases *leases, char *key, const LoomLease *lease, const char *what)
{
    const LoomLease *first = g_hash_table_lookup(leases->holders, key);

    if (!first) {
        g_hash_table_insert(leases->holders, key, (gpointer)lease);
        return;
    }
    LOOM_RULE_ERROR(leases->rules, lease, _("the lease of %s is given twice; first at %s:%u"), what,
                    first->record.source.file, first->record.source.line);
    g_free(key);
}

/* What NAME of KIND is; that there is none is a finding. */
static gpointer
find(const LoomRules *rules, const LoomLease *lease, const LoomKind *kind, const char *name)
{
    gpointer found = loom_fabric_find(rules->fabric, kind, name);

    if (!found)
        LOOM_RULE_ERROR(rules, lease, _("the lease is about %s '%s', which is not defined"),
                        _(kind->noun), name);
    return found;
}

static gboolean
draws_on(const LoomVnic *vnic, const LoomPool *pool)
{
    for (guint i = 0; i < vnic->addresses->len; i++)
        if (((const LoomVnicAddress *)vnic->addresses->pdata[i])->resolved == pool)
            return TRUE;
    return FALSE;
}

static const LoomVnic *
find_vnic(const LoomFabricHost *host, const char *name)
{
    for (guint i = 0; i < host->switches->len; i++) {
        g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host->switches->pdata[i]);

        for (guint k = 0; k < vnics->len; k++) {
            const LoomVnic *vnic = vnics->pdata[k];

            if (g_strcmp0(vnic->name, name) == 0)
                return vnic;
        }
    }
    return NULL;
}

/* A lease for nobody keeps an address from everybody, and mostly hides a misspelt name. */
static void
check_holder(const Leases *leases, const LoomLease *lease, const LoomPool *pool)
{
    const LoomRules *rules = leases->rules;
    const LoomFabricHost *host = find(rules, lease, &loom_fabric_host_kind, lease->host);
    g_autofree char *what = NULL;
    const LoomVnic *vnic;

    if (!host)
        return;
    vnic = find_vnic(host, lease->vnic);
    if (!vnic)
        LOOM_RULE_ERROR(rules, lease,
                        _("the lease of %s is for host vNIC '%s', which host '%s' does not have"),
                        lease->address, lease->vnic, lease->host);
    else if (!draws_on(vnic, pool))
        LOOM_RULE_ERROR(rules, lease,
                        _("the lease of %s is for host vNIC '%s' of host '%s', which does not draw "
                          "on IP pool '%s'"),
                        lease->address, lease->vnic, lease->host, lease->pool);
    what = g_strdup_printf(_("IP pool '%s' for host vNIC '%s' of host '%s'"), lease->pool,
                           lease->vnic, lease->host);
    check_once(leases, g_strjoin("\n", lease->pool, lease->host, lease->vnic, NULL), lease, what);
}

static void
check_address_lease(const Leases *leases, const LoomLease *lease)
{
    const LoomRules *rules = leases->rules;
    const LoomPool *pool = find(rules, lease, &loom_pool_kind, lease->pool);
    const LoomInet inet = loom_inet_parse(lease->address);
    LoomRange range;

    if (!pool)
        return;
    if (loom_pool_get_range(pool, &range) && !loom_range_has(&range, &inet))
        LOOM_RULE_ERROR(rules, lease,
                        _("the lease of %s is outside IP pool '%s', which is %s to %s"),
                        lease->address, lease->pool, pool->start, pool->end);
    for (guint i = 0; i < pool->reserved->len; i++) {
        const LoomReserved *reserved = pool->reserved->pdata[i];

        if (loom_reserved_get_range(reserved, &range) && loom_range_has(&range, &inet))
            LOOM_RULE_ERROR(rules, lease,
                            _("the lease of %s is in the reserved range of IP pool '%s' at %s:%u"),
                            lease->address, lease->pool, reserved->record.source.file,
                            reserved->record.source.line);
    }
    if (lease->host)
        check_holder(leases, lease, pool);
}

static void
check_mac_lease(const Leases *leases, const LoomLease *lease)
{
    const LoomRules *rules = leases->rules;
    const LoomMacPool *pool = find(rules, lease, &loom_mac_pool_kind, lease->macpool);
    const guint64 mac = loom_mac_parse(lease->mac);

    if (!pool)
        return;
    if (pool->start && pool->end &&
        (mac < loom_mac_parse(pool->start) || mac > loom_mac_parse(pool->end)))
        LOOM_RULE_ERROR(rules, lease,
                        _("the lease of %s is outside MAC pool '%s', which is %s to %s"),
                        lease->mac, lease->macpool, pool->start, pool->end);
    check_once(leases, g_strdup(lease->mac), lease, lease->mac);
}

static void
check_vlan_lease(const Leases *leases, const LoomLease *lease)
{
    const LoomRules *rules = leases->rules;
    const LoomVmNetwork *network = find(rules, lease, &loom_vm_network_kind, lease->vmnetwork);
    const LoomVmNetwork *other;
    const LoomSite *site;
    g_autofree char *what = NULL;

    if (!network || !network->network)
        return;
    site = loom_fabric_find_site(rules->fabric, network->network, lease->site);
    if (!site) {
        LOOM_RULE_ERROR(rules, lease,
                        _("the lease is about network site '%s', which logical network '%s' of VM "
                          "network '%s' does not have"),
                        lease->site, loom_rules_name(network->network->name), lease->vmnetwork);
        return;
    }
    if (!network->automatic)
        LOOM_RULE_ERROR(rules, lease,
                        _("the lease of VLAN %" PRIu64
                          " is for VM network '%s', which does not have vlan='automatic'"),
                        lease->vlan, lease->vmnetwork);
    if (!loom_vlans_has(&loom_rules_site(rules, site)->vlans, lease->vlan))
        LOOM_RULE_ERROR(rules, lease,
                        _("the lease of VLAN %" PRIu64
                          " for VM network '%s': network site '%s' does not have it"),
                        lease->vlan, lease->vmnetwork, lease->site);
    other = loom_pairs_add(leases->vlans, site, GUINT_TO_POINTER(lease->vlan), network);
    if (other && other != network)
        LOOM_RULE_ERROR(rules, lease,
                        _("the lease of VLAN %" PRIu64
                          " for VM network '%s': VM network '%s' has it at network site '%s'"),
                        lease->vlan, lease->vmnetwork, loom_rules_name(other->name), lease->site);
    what =
        g_strdup_printf(_("VM network '%s' at network site '%s'"), lease->vmnetwork, lease->site);
    check_once(leases, g_strjoin("\n", lease->vmnetwork, lease->site, NULL), lease, what);
}

/* The VLANs that VM networks have by their own word; trunks pass VLANs that belong to others. */
static void
add_vlans(const Leases *leases)
{
    const GPtrArray *networks = leases->rules->fabric->vm_networks;

    for (guint i = 0; i < networks->len; i++) {
        const LoomVmNetwork *network = networks->pdata[i];

        for (guint k = 0; k < network->vlans->len; k++) {
            const LoomVmNetworkVlan *vlan = network->vlans->pdata[k];

            if (vlan->resolved && vlan->id && network->isolation != LOOM_ISOLATION_TRUNK)
                loom_pairs_add(leases->vlans, vlan->resolved,
                               GUINT_TO_POINTER(g_ascii_strtoull(vlan->id, NULL, 10)), network);
        }
    }
}

void
loom_rules_check_leases(const LoomRules *rules)
{
    g_autoptr(GHashTable) holders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) vlans = loom_pairs_new();
    const Leases leases = {rules, holders, vlans};

    add_vlans(&leases);
    for (guint i = 0; i < rules->fabric->leases->len; i++) {
        const LoomLease *lease = rules->fabric->leases->pdata[i];

        switch (loom_lease_get_shape(lease)) {
        case LOOM_LEASE_OF_ADDRESS:
            check_address_lease(&leases, lease);
            break;
        case LOOM_LEASE_OF_MAC:
            check_mac_lease(&leases, lease);
            break;
        case LOOM_LEASE_OF_VLAN:
            check_vlan_lease(&leases, lease);
            break;
        case LOOM_LEASE_OF_NOTHING:
            LOOM_RULE_ERROR(rules, lease,
                            _("a <lease> is pool and address with host and vnic, or with guest; "
                              "or macpool and mac with guest; or vmnetwork, site and vlan"));
        }
    }
}

void
loom_rules_check_missing_leases(const LoomRules *rules)
{
    g_autoptr(GPtrArray) needs = loom_needs_list(rules->fabric);

    for (guint i = 0; i < needs->len; i++) {
        const LoomNeed *need = needs->pdata[i];
        const LoomLease *lease = need->lease;

        if (!loom_need_is_met(need))
            loom_need_report_exhausted(need, rules->report);
        else if (need->pool)
            loom_report_add(rules->report, LOOM_SEVERITY_ERROR, &need->where->source,
                            _("host '%s': host vNIC '%s' has no lease of IP pool '%s'; the next "
                              "free address is %s: run \"virt-loom lease --write FILE\""),
                            lease->host, lease->vnic, lease->pool, lease->address);
        else
            loom_report_add(rules->report, LOOM_SEVERITY_ERROR, &need->where->source,
                            _("VM network '%s' has no lease of a VLAN at network site '%s'; the "
                              "next free one is %" PRIu64 ": run \"virt-loom lease --write FILE\""),
                            lease->vmnetwork, lease->site, lease->vlan);
    }
}
