/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs every rule over a fabric, on tables made once. */
#include "fabric/rules.h"

static LoomSiteFacts *
gather_facts(const LoomSite *site)
{
    LoomSiteFacts *facts = g_new0(LoomSiteFacts, 1);
    const LoomSubnet *first = site->subnets->len ? site->subnets->pdata[0] : NULL;

    facts->is_untagged = !first;
    for (guint i = 0; i < site->subnets->len; i++) {
        const LoomSubnet *row = site->subnets->pdata[i];

        if (row->vlan)
            loom_vlans_add(&facts->vlans, row->vlan);
        else
            facts->is_untagged = TRUE;
        if (row->secondary)
            loom_vlans_add(&facts->secondaries, row->secondary);
        if (row->vlan != first->vlan || row->secondary != first->secondary)
            facts->is_ambiguous = TRUE;
    }
    return facts;
}

static void
index_sites(const LoomRules *rules)
{
    for (guint i = 0; i < rules->fabric->networks->len; i++) {
        const LoomLogicalNetwork *network = rules->fabric->networks->pdata[i];

        for (guint k = 0; k < network->sites->len; k++) {
            LoomSite *site = network->sites->pdata[k];

            g_hash_table_insert(rules->sites, site, gather_facts(site));
            for (guint n = 0; n < site->groups->len; n++) {
                const LoomHostGroupRef *ref = site->groups->pdata[n];

                if (ref->group)
                    loom_pairs_add(rules->seen, network, ref->group, site);
            }
        }
    }
}

static void
index_profiles(const LoomRules *rules)
{
    for (guint i = 0; i < rules->fabric->uplink_profiles->len; i++) {
        const LoomUplinkProfile *profile = rules->fabric->uplink_profiles->pdata[i];

        for (guint k = 0; k < profile->sites->len; k++) {
            const LoomSiteRef *ref = profile->sites->pdata[k];
            LoomSiteFacts *facts;

            if (!ref->site)
                continue;
            loom_pairs_add(rules->carried, profile, ref->site, ref);
            facts = g_hash_table_lookup(rules->sites, ref->site);
            facts->is_carried = TRUE;
        }
    }
}

static void
index_portgroups(const LoomRules *rules)
{
    for (guint i = 0; i < rules->fabric->switches->len; i++) {
        const LoomLogicalSwitch *logical_switch = rules->fabric->switches->pdata[i];

        for (guint k = 0; k < logical_switch->portgroups->len; k++) {
            const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[k];

            if (portgroup->resolved_classification)
                loom_pairs_add(rules->portgroups, logical_switch,
                               portgroup->resolved_classification, portgroup);
            if (portgroup->is_default)
                loom_pairs_add(rules->portgroups, logical_switch, NULL, portgroup);
        }
    }
}

void
loom_fabric_validate(const LoomFabric *fabric, LoomLeaseDemand demand, LoomReport *report)
{
    g_autoptr(GHashTable) sites = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(GHashTable) seen = loom_pairs_new();
    g_autoptr(GHashTable) carried = loom_pairs_new();
    g_autoptr(GHashTable) portgroups = loom_pairs_new();
    const LoomRules rules = {fabric, report, sites, seen, carried, portgroups};

    index_sites(&rules);
    index_profiles(&rules);
    index_portgroups(&rules);
    loom_rules_check_networks(&rules);
    loom_rules_check_vm_networks(&rules);
    loom_rules_check_mac_pools(&rules);
    loom_rules_check_port_profiles(&rules);
    loom_rules_check_uplink_profiles(&rules);
    loom_rules_check_switches(&rules);
    loom_rules_check_hosts(&rules);
    loom_rules_check_reach(&rules);
    loom_rules_check_addresses(&rules);
    loom_rules_check_migration(&rules);
    loom_rules_check_policies(&rules);
    loom_rules_check_leases(&rules);
    if (demand == LOOM_LEASES_REQUIRED)
        loom_rules_check_missing_leases(&rules);
}
