/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all rules look up, in the tables that validation makes once. */
#include "fabric/rules.h"

const char *
loom_rules_name(const char *name)
{
    return name ? name : "?";
}

const LoomSiteFacts *
loom_rules_site(const LoomRules *rules, const LoomSite *site)
{
    return g_hash_table_lookup(rules->sites, site);
}

const LoomSite *
loom_rules_find_site(const LoomRules *rules, const LoomLogicalNetwork *network,
                     const LoomHostGroup *group)
{
    const LoomSite *site = NULL;

    for (; group && !site; group = group->parent)
        site = loom_pairs_find(rules->seen, network, group);
    return site;
}

const LoomPortProfile *
loom_rules_find_profile(const LoomRules *rules, const LoomLogicalSwitch *logical_switch,
                        const LoomClassification *classification)
{
    const LoomSwitchPortgroup *portgroup =
        loom_pairs_find(rules->portgroups, logical_switch, classification);

    return portgroup ? portgroup->resolved : NULL;
}
