/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of logical switches, their uplinks and portgroups. */
#include "base/i18n.h"
#include "fabric/rules.h"

#include <inttypes.h>
#include <string.h>

static void
check_team(const LoomRules *rules, const LoomLogicalSwitch *logical_switch,
           const LoomUplink *uplink)
{
    const LoomTeam *team = uplink->resolved->team;
    const gboolean is_single = logical_switch->uplinkmode == LOOM_UPLINK_SINGLE;
    const char *name = loom_rules_name(logical_switch->name);

    if (is_single && team)
        LOOM_RULE_ERROR(rules, uplink,
                        _("logical switch '%s' has uplinkmode='single', but uplink port profile "
                          "'%s' has a <team>"),
                        name, uplink->profile);
    if (!is_single && !team)
        LOOM_RULE_ERROR(rules, uplink,
                        _("logical switch '%s' has uplinkmode='team', but uplink port profile '%s' "
                          "has no <team>"),
                        name, uplink->profile);
    if (!is_single && team && team->mode == LOOM_TEAM_INDEPENDENT &&
        logical_switch->datapath == LOOM_DATAPATH_BRIDGE)
        LOOM_RULE_NOTE(rules, uplink,
                       _("logical switch '%s': a switch-independent team under a bridge is "
                         "active-backup, whatever its load balancing: one NIC of uplink port "
                         "profile '%s' carries traffic at a time"),
                       name, uplink->profile);
    if (logical_switch->datapath == LOOM_DATAPATH_OPENVSWITCH)
        loom_rules_check_openvswitch_team(rules, logical_switch, uplink->resolved);
}

/* What the uplink carries must fit the switch. */
static void
check_sites(const LoomRules *rules, const LoomLogicalSwitch *logical_switch,
            const LoomUplink *uplink)
{
    const GPtrArray *sites = uplink->resolved->sites;
    const char *name = loom_rules_name(logical_switch->name);

    for (guint i = 0; i < sites->len; i++) {
        const LoomSite *site = ((const LoomSiteRef *)sites->pdata[i])->site;
        const LoomSiteFacts *facts;

        if (!site)
            continue;
        facts = loom_rules_site(rules, site);
        if (logical_switch->datapath == LOOM_DATAPATH_BRIDGE &&
            (loom_vlans_has(&facts->vlans, logical_switch->nativevlan) ||
             loom_vlans_has(&facts->secondaries, logical_switch->nativevlan)))
            LOOM_RULE_ERROR(rules, logical_switch,
                            _("logical switch '%s' uses VLAN %" PRIu64
                              " for untagged traffic, which network site '%s' uses too; choose "
                              "another nativevlan"),
                            name, logical_switch->nativevlan, loom_rules_name(site->name));
        if (logical_switch->mtu && logical_switch->mtu < site->network->mtu)
            LOOM_RULE_ERROR(rules, logical_switch,
                            _("logical switch '%s' has mtu='%" PRIu64 "', below %" PRIu64
                              " of logical network '%s', which it "
                              "carries"),
                            name, logical_switch->mtu, site->network->mtu,
                            loom_rules_name(site->network->name));
    }
}

static void
check_vnics(const LoomRules *rules, const LoomLogicalSwitch *logical_switch,
            const LoomUplink *uplink)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < uplink->vnics->len; i++) {
        const LoomVnic *vnic = uplink->vnics->pdata[i];

        loom_rules_check_vnic(rules, vnic, logical_switch);
        if (vnic->name && !g_hash_table_add(names, vnic->name))
            LOOM_RULE_ERROR(rules, vnic,
                            _("logical switch '%s' has the host vNIC '%s' twice in uplink '%s'"),
                            loom_rules_name(logical_switch->name), vnic->name,
                            loom_rules_name(uplink->profile));
    }
}

static void
check_uplinks(const LoomRules *rules, const LoomLogicalSwitch *logical_switch)
{
    g_autoptr(GHashTable) profiles = g_hash_table_new(NULL, NULL);

    if (!logical_switch->uplinks->len)
        LOOM_RULE_WARNING(rules, logical_switch,
                          _("logical switch '%s' has no <uplink>: no host can use it"),
                          loom_rules_name(logical_switch->name));
    for (guint i = 0; i < logical_switch->uplinks->len; i++) {
        const LoomUplink *uplink = logical_switch->uplinks->pdata[i];

        check_vnics(rules, logical_switch, uplink);
        if (!uplink->resolved)
            continue;
        if (!g_hash_table_add(profiles, uplink->resolved))
            LOOM_RULE_ERROR(rules, uplink,
                            _("logical switch '%s' has uplink port profile '%s' twice"),
                            loom_rules_name(logical_switch->name), uplink->profile);
        check_team(rules, logical_switch, uplink);
        check_sites(rules, logical_switch, uplink);
    }
}

/* A minimum that the switch cannot give is no reason to refuse the rest of the policy: a warning.
 */
static void
check_minimum(const LoomRules *rules, const LoomLogicalSwitch *logical_switch,
              const LoomSwitchPortgroup *portgroup)
{
    static const char *const mode_words[] = {"weight", "absolute", "none"};
    const LoomBandwidth *bandwidth = portgroup->resolved->bandwidth;
    const int mode = logical_switch->minbandwidth;
    const gboolean has_weight = LOOM_HAS(bandwidth, weight), has_min = LOOM_HAS(bandwidth, min);
    const char *name = loom_rules_name(logical_switch->name);
    const char *profile = loom_rules_name(portgroup->resolved->name);

    if (logical_switch->sriov && (has_weight || has_min)) {
        LOOM_RULE_WARNING(
            rules, portgroup,
            _("logical switch '%s' has sriov='yes', which cannot guarantee a minimum: "
              "%s of port profile '%s' has no effect"),
            name, has_weight ? "weight" : "min", profile);
        return;
    }
    if (has_weight && mode != LOOM_MIN_BANDWIDTH_WEIGHT)
        LOOM_RULE_WARNING(rules, portgroup,
                          _("logical switch '%s' has minbandwidth='%s': the weight of port profile "
                            "'%s' has no effect"),
                          name, mode_words[mode], profile);
    if (has_min && mode != LOOM_MIN_BANDWIDTH_ABSOLUTE)
        LOOM_RULE_WARNING(rules, portgroup,
                          _("logical switch '%s' has minbandwidth='%s': the min of port profile "
                            "'%s' has no effect"),
                          name, mode_words[mode], profile);
}

/* Two classifications may differ in what a libvirt portgroup's name cannot hold. */
static void
check_portgroup_names(const LoomRules *rules, const LoomLogicalSwitch *logical_switch)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];
        const LoomSwitchPortgroup *first =
            portgroup->name ? g_hash_table_lookup(names, portgroup->name) : NULL;

        if (first && g_strcmp0(first->classification, portgroup->classification))
            LOOM_RULE_ERROR(rules, portgroup,
                            _("logical switch '%s': port classifications '%s' and '%s' would both "
                              "be the libvirt portgroup '%s'; give one of them another name"),
                            loom_rules_name(logical_switch->name), first->classification,
                            portgroup->classification, portgroup->name);
        else if (portgroup->name && !first)
            g_hash_table_insert(names, portgroup->name, (gpointer)portgroup);
    }
}

static void
check_portgroup(const LoomRules *rules, const LoomLogicalSwitch *logical_switch,
                const LoomSwitchPortgroup *portgroup)
{
    const char *name = loom_rules_name(logical_switch->name);
    const LoomSwitchPortgroup *first;

    if (portgroup->classification && !portgroup->name)
        LOOM_RULE_ERROR(rules, portgroup,
                        _("port classification '%s' needs a name for its libvirt portgroup, in "
                          "letters that libvirt's schema takes: <portgroup name='...'>"),
                        portgroup->classification);
    if (portgroup->resolved_classification) {
        first =
            loom_pairs_find(rules->portgroups, logical_switch, portgroup->resolved_classification);
        if (first != portgroup)
            LOOM_RULE_ERROR(rules, portgroup,
                            _("logical switch '%s' has two portgroups for port classification "
                              "'%s'; first at %s:%u"),
                            name, portgroup->classification, first->record.source.file,
                            first->record.source.line);
    }
    if (portgroup->is_default) {
        first = loom_pairs_find(rules->portgroups, logical_switch, NULL);
        if (first != portgroup)
            LOOM_RULE_ERROR(rules, portgroup,
                            _("logical switch '%s' has a second default portgroup, '%s'; the first "
                              "is '%s'"),
                            name, loom_rules_name(portgroup->classification),
                            loom_rules_name(first->classification));
    }
    if (!portgroup->resolved)
        return;
    check_minimum(rules, logical_switch, portgroup);
    if (portgroup->resolved->offload->sriov && !logical_switch->sriov)
        LOOM_RULE_WARNING(rules, portgroup,
                          _("logical switch '%s' has sriov='no': the sriov of port profile '%s' "
                            "has no effect"),
                          name, loom_rules_name(portgroup->resolved->name));
}

static void
check_portgroups(const LoomRules *rules, const LoomLogicalSwitch *logical_switch)
{
    const gboolean is_shared = logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_WEIGHT &&
                               logical_switch->weightper == LOOM_WEIGHT_PER_CLASSIFICATION &&
                               !logical_switch->sriov;
    guint64 sum = 0;

    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];

        check_portgroup(rules, logical_switch, portgroup);
        if (portgroup->resolved)
            sum += portgroup->resolved->bandwidth->weight;
    }
    check_portgroup_names(rules, logical_switch);
    if (is_shared && sum > 100)
        LOOM_RULE_WARNING(rules, logical_switch,
                          _("the weights of the portgroups of logical switch '%s' sum to "
                            "%" PRIu64 ", over 100: each gets less than it says"),
                          loom_rules_name(logical_switch->name), sum);
    if (!loom_pairs_find(rules->portgroups, logical_switch, NULL))
        LOOM_RULE_WARNING(rules, logical_switch,
                          _("logical switch '%s' has no default portgroup: a guest that names none "
                            "gets no policy"),
                          loom_rules_name(logical_switch->name));
}

void
loom_rules_check_switches(const LoomRules *rules)
{
    for (guint i = 0; i < rules->fabric->switches->len; i++) {
        const LoomLogicalSwitch *logical_switch = rules->fabric->switches->pdata[i];

        if (logical_switch->sriov && logical_switch->uplinkmode == LOOM_UPLINK_TEAM)
            LOOM_RULE_ERROR(rules, logical_switch,
                            _("logical switch '%s' has sriov='yes' with uplinkmode='team'; SR-IOV "
                              "needs uplinkmode='single'"),
                            loom_rules_name(logical_switch->name));
        check_uplinks(rules, logical_switch);
        check_portgroups(rules, logical_switch);
    }
}
