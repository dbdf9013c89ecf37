/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The team of a logical switch: a bond's mode and every one of its options. */
#include "base/i18n.h"
#include "base/name.h"
#include "compile/compiler.h"
#include "fabric/teamoption.h"

/*
 * The kernel's hash policy for a load balancing, Documentation/networking/bonding.rst. 'dynamic'
 * and the host's default spread flows as evenly as the kernel can.
 */
static const char *
hash_policy(LoomBalance balance)
{
    switch (balance) {
    case LOOM_BALANCE_SWITCH_PORT:
        return "vlan+srcmac";
    case LOOM_BALANCE_MAC_ADDRESSES:
        return "layer2";
    case LOOM_BALANCE_DYNAMIC:
    case LOOM_BALANCE_TRANSPORT_PORTS:
        return "layer3+4";
    default:
        return "layer2+3";
    }
}

/* The link's attributes are named as the options of fabric/teamoption.h say. */
static void
set_attribute(LoomLink *team, const char *name, const char *value)
{
    size_t i = 0;

    while (!g_str_equal(loom_link_kind.attributes[i].name, name))
        i++;
    loom_record_set(team, loom_link_kind.attributes[i].offset, value);
}

/* All that have a meaning, so that one that is taken out of the profile is the default again. */
static void
set_options(const LoomTeam *rules, gboolean is_ovs, LoomLink *team)
{
    for (size_t i = 0; i < loom_team_option_kind_count; i++) {
        const LoomTeamOptionKind *kind = &loom_team_option_kinds[i];
        g_autofree char *value = NULL;

        if (is_ovs && !kind->openvswitch)
            continue;
        value = loom_team_get_option(rules, kind);
        if (value)
            set_attribute(team, kind->value.name, value);
    }
}

/* By its own name, not by another: so the kernel tells it back. Without facts neither is known. */
static void
check_primary(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
              const LoomTeam *rules, const LoomLink *team)
{
    const LoomTeamOption *option = loom_team_find_option(rules, "primary");
    g_autofree char *nics = NULL;

    if (!compiler->facts || !team->primary || !option ||
        g_ptr_array_find_with_equal_func(compiled->nics, team->primary, g_str_equal, NULL))
        return;
    nics = loom_compile_list_nics(compiled);
    loom_report_add(compiler->report, LOOM_SEVERITY_ERROR, &option->record.source,
                    _("host '%s': primary='%s' is no NIC of team '%s'; it has: %s"),
                    compiler->host->name, team->primary, team->name, nics);
}

/* Where count='all' selects them, only the machine knows how many there are. */
static void
check_min_links(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
                const LoomTeam *rules, const LoomLink *team)
{
    const LoomTeamOption *option = loom_team_find_option(rules, "minlinks");

    if (compiler->facts && option && team->minlinks > compiled->nics->len)
        loom_report_add(compiler->report, LOOM_SEVERITY_ERROR, &option->record.source,
                        _("host '%s': team '%s' has %u NICs, below min_links='%s': it would never "
                          "be up"),
                        compiler->host->name, team->name, compiled->nics->len, option->value);
}

void
loom_compile_team(const LoomCompiler *compiler, LoomCompiledSwitch *compiled)
{
    static const char *const modes[] = {"active-backup", "balance-xor", "802.3ad"};
    const LoomTeam *rules = compiled->host_switch->profile->team;
    gboolean is_ovs = compiled->host_switch->logical_switch->datapath == LOOM_DATAPATH_OPENVSWITCH;
    LoomLink *team;

    compiled->uplink = g_strconcat(compiled->host_switch->device, LOOM_TEAM_SUFFIX, NULL);
    team = loom_compile_link(compiler, compiled, compiled->uplink,
                             is_ovs ? LOOM_LINK_OVS_BOND : LOOM_LINK_BOND);
    LOOM_SET(team, master, compiled->host_switch->device);
    if (is_ovs) {
        LOOM_SET(team, mode,
                 rules->mode != LOOM_TEAM_LACP                      ? "balance-slb"
                 : rules->loadbalance == LOOM_BALANCE_MAC_ADDRESSES ? "balance-slb"
                                                                    : "balance-tcp");
    } else {
        g_autofree char *mac = loom_compile_stable_mac(compiler, compiled->uplink);

        LOOM_SET(team, mac, mac);
        LOOM_SET(team, mode, modes[rules->mode]);
        if (rules->mode != LOOM_TEAM_INDEPENDENT)
            LOOM_SET(team, hashpolicy, hash_policy(rules->loadbalance));
    }
    set_options(rules, is_ovs, team);
    check_primary(compiler, compiled, rules, team);
    check_min_links(compiler, compiled, rules, team);
}
