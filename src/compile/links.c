/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bridge of a logical switch, its team, and what the uplink carries. */
#include "base/i18n.h"
#include "base/name.h"
#include "compile/compiler.h"

/* The largest frame that a carried network needs; the switch may say more. */
static guint64
switch_mtu(const LoomHostSwitch *host_switch)
{
    guint64 mtu = 0;

    if (LOOM_HAS(host_switch->logical_switch, mtu))
        return host_switch->logical_switch->mtu;
    for (guint i = 0; i < host_switch->profile->sites->len; i++) {
        const LoomSiteRef *ref = host_switch->profile->sites->pdata[i];

        mtu = MAX(mtu, ref->site->network->mtu);
    }
    return mtu ? mtu : 1500;
}

static LoomLink *
add_link(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const char *name,
         LoomLinkKind kind)
{
    LoomLink *link = loom_record_new(&loom_link_kind);

    LOOM_SET(link, name, name);
    LOOM_SET_NUMBER(link, kind, kind);
    LOOM_SET_NUMBER(link, mtu, compiled->mtu);
    LOOM_SET_NUMBER(link, up, TRUE);
    LOOM_SET(link, logicalswitch, compiled->host_switch->logicalswitch);
    if (kind != LOOM_LINK_PHYSICAL)
        LOOM_SET_NUMBER(link, ours, TRUE);
    loom_record_add(compiler->result, link);
    return link;
}

static void
add_bridge(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled)
{
    const LoomLogicalSwitch *logical_switch = compiled->host_switch->logical_switch;
    const char *device = compiled->host_switch->device;
    g_autofree char *mac = loom_compile_stable_mac(compiler, device);
    gboolean is_ovs = logical_switch->datapath == LOOM_DATAPATH_OPENVSWITCH;
    LoomLink *bridge =
        add_link(compiler, compiled, device, is_ovs ? LOOM_LINK_OVS_BRIDGE : LOOM_LINK_BRIDGE);

    LOOM_SET(bridge, mac, mac);
    LOOM_SET_NUMBER(bridge, stp, logical_switch->stp);
    LOOM_SET_NUMBER(bridge, multicastsnooping, logical_switch->multicastsnooping);
    if (!is_ovs) {
        LOOM_SET_NUMBER(bridge, vlanfiltering, TRUE);
        LOOM_SET_NUMBER(bridge, defaultpvid, 0);
    }
}

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

/* The attribute of a link that a bonding option fills: its name without underscores. */
static char *
option_attribute(const char *option)
{
    g_auto(GStrv) words = g_strsplit(option, "_", -1);

    if (g_str_equal(option, "xmit_hash_policy"))
        return g_strdup("hashpolicy");
    return g_strjoinv("", words);
}

static gboolean
set_option(LoomLink *team, const char *name, const char *value, const LoomType **expected)
{
    for (size_t i = 0; i < loom_link_kind.attribute_count; i++)
        if (g_str_equal(loom_link_kind.attributes[i].name, name)) {
            *expected = loom_link_kind.attributes[i].type;
            return loom_record_try(team, i, value);
        }
    return FALSE;
}

static void
add_option(const LoomCompiler *compiler, LoomLink *team, const LoomTeamOption *option)
{
    g_autofree char *name = option_attribute(option->name);
    const LoomType *expected = NULL;

    if (set_option(team, name, option->value, &expected))
        return;
    loom_report_add(compiler->report, LOOM_SEVERITY_ERROR, &option->record.source,
                    _("team option %s='%s' is not valid; expected %s"), option->name, option->value,
                    expected ? _(expected->name) : _("an option of the kernel's bonding driver"));
}

static void
add_team(const LoomCompiler *compiler, LoomCompiledSwitch *compiled)
{
    const LoomTeam *rules = compiled->host_switch->profile->team;
    gboolean is_ovs = compiled->host_switch->logical_switch->datapath == LOOM_DATAPATH_OPENVSWITCH;
    g_autofree char *mac = NULL;
    LoomLink *team;

    compiled->uplink = g_strconcat(compiled->host_switch->device, LOOM_TEAM_SUFFIX, NULL);
    team = add_link(compiler, compiled, compiled->uplink,
                    is_ovs ? LOOM_LINK_OVS_BOND : LOOM_LINK_BOND);
    LOOM_SET(team, master, compiled->host_switch->device);
    if (is_ovs) {
        LOOM_SET(team, mode,
                 rules->mode != LOOM_TEAM_LACP                      ? "balance-slb"
                 : rules->loadbalance == LOOM_BALANCE_MAC_ADDRESSES ? "balance-slb"
                                                                    : "balance-tcp");
        if (rules->mode == LOOM_TEAM_LACP)
            LOOM_SET(team, lacprate, "slow");
    } else {
        static const char *const modes[] = {"active-backup", "balance-xor", "802.3ad"};

        mac = loom_compile_stable_mac(compiler, compiled->uplink);
        LOOM_SET(team, mac, mac);
        LOOM_SET(team, mode, modes[rules->mode]);
        LOOM_SET_NUMBER(team, miimon, 100);
        if (rules->mode != LOOM_TEAM_INDEPENDENT)
            LOOM_SET(team, hashpolicy, hash_policy(rules->loadbalance));
        if (rules->mode == LOOM_TEAM_LACP)
            LOOM_SET(team, lacprate, "slow");
    }
    for (guint i = 0; i < rules->options->len; i++)
        add_option(compiler, team, rules->options->pdata[i]);
}

/* Exactly the VLANs of the sites; untagged rows have the native VLAN's number inside. */
static void
add_uplink_port(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled)
{
    const LoomUplinkProfile *profile = compiled->host_switch->profile;
    const LoomLogicalSwitch *logical_switch = compiled->host_switch->logical_switch;
    LoomPort *port = loom_record_new(&loom_port_kind);
    g_autofree char *tagged = NULL;
    LoomVlans vlans = {0};

    LOOM_SET(port, link, compiled->uplink);
    LOOM_SET(port, logicalswitch, logical_switch->name);
    LOOM_SET(port, profile, profile->name);
    for (guint i = 0; i < profile->sites->len; i++) {
        const LoomSite *site = ((LoomSiteRef *)profile->sites->pdata[i])->site;

        if (!site->subnets->len)
            LOOM_SET_NUMBER(port, vlan, logical_switch->nativevlan);
        for (guint k = 0; k < site->subnets->len; k++) {
            const LoomSubnet *row = site->subnets->pdata[k];

            if (row->vlan)
                loom_vlans_add(&vlans, row->vlan);
            else
                LOOM_SET_NUMBER(port, vlan, logical_switch->nativevlan);
            if (row->secondary)
                loom_vlans_add(&vlans, row->secondary);
        }
    }
    tagged = loom_vlans_format(&vlans);
    LOOM_SET(port, tagged, *tagged ? tagged : NULL);
    loom_record_add(compiler->result, port);
}

void
loom_compile_links(const LoomCompiler *compiler, LoomCompiledSwitch *compiled)
{
    gboolean is_team = compiled->host_switch->logical_switch->uplinkmode == LOOM_UPLINK_TEAM &&
                       compiled->host_switch->profile->team;

    compiled->mtu = switch_mtu(compiled->host_switch);
    add_bridge(compiler, compiled);
    if (is_team)
        add_team(compiler, compiled);
    else if (compiled->nics->len)
        compiled->uplink = g_strdup(compiled->nics->pdata[0]);
    for (guint i = 0; i < compiled->nics->len; i++) {
        LoomLink *nic = add_link(compiler, compiled, compiled->nics->pdata[i], LOOM_LINK_PHYSICAL);

        LOOM_SET(nic, master, is_team ? compiled->uplink : compiled->host_switch->device);
    }
    if (compiled->uplink)
        add_uplink_port(compiler, compiled);
}
