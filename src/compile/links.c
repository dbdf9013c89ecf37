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

LoomLink *
loom_compile_link(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
                  const char *name, LoomLinkKind kind)
{
    LoomLink *link = loom_record_new(&loom_link_kind);

    LOOM_SET(link, name, name);
    LOOM_SET_NUMBER(link, kind, kind);
    LOOM_SET_NUMBER(link, mtu, compiled->mtu);
    LOOM_SET_NUMBER(link, up, TRUE);
    LOOM_SET(link, logicalswitch, compiled->host_switch->logicalswitch);
    if (kind != LOOM_LINK_PHYSICAL)
        LOOM_SET_NUMBER(link, ours, TRUE);
    if (kind != LOOM_LINK_OVS_BOND) /* which is no device */
        loom_compile_ipv6(link, LOOM_IPV6_SILENT);
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
    LoomLink *bridge = loom_compile_link(compiler, compiled, device,
                                         is_ovs ? LOOM_LINK_OVS_BRIDGE : LOOM_LINK_BRIDGE);

    LOOM_SET(bridge, mac, mac);
    if (logical_switch->drift_reports)
        LOOM_SET(bridge, drift, "report");
    LOOM_SET_NUMBER(bridge, stp, logical_switch->stp);
    LOOM_SET_NUMBER(bridge, multicastsnooping, logical_switch->multicastsnooping);
    if (!is_ovs) {
        LOOM_SET_NUMBER(bridge, vlanfiltering, TRUE);
        LOOM_SET_NUMBER(bridge, defaultpvid, 0);
    }
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

static gboolean
has_inherit(const LoomHostSwitch *host_switch)
{
    g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host_switch);

    for (guint i = 0; i < vnics->len; i++)
        if (((const LoomVnic *)vnics->pdata[i])->inherit)
            return TRUE;
    return FALSE;
}

/*
 * A bridge swallows what comes for the MAC address of one of its ports, so where a vNIC takes over
 * that of the NIC, and the NIC itself is the port, it gets another; and its own back later.
 */
static void
set_single_mac(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, LoomLink *nic)
{
    g_autofree char *mac = loom_compile_stable_mac(compiler, nic->name);
    const LoomLink *before = compiler->committed
                                 ? loom_host_find(compiler->committed, &loom_link_kind, nic->name)
                                 : NULL;

    if (has_inherit(compiled->host_switch))
        LOOM_SET(nic, mac, mac);
    else if (before && before->mac)
        LOOM_SET(nic, mac, nic->permanentmac);
}

static void
add_nic(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const char *name)
{
    const gboolean is_single = g_strcmp0(compiled->uplink, name) == 0;
    LoomLink *nic = loom_compile_link(compiler, compiled, name, LOOM_LINK_PHYSICAL);

    LOOM_SET(nic, master, is_single ? compiled->host_switch->device : compiled->uplink);
    LOOM_SET(nic, permanentmac, loom_compile_find_permanent_mac(compiler, name));
    loom_compile_offload(compiler, compiled, nic);
    if (is_single)
        set_single_mac(compiler, compiled, nic);
}

void
loom_compile_links(const LoomCompiler *compiler, LoomCompiledSwitch *compiled)
{
    gboolean is_team = compiled->host_switch->logical_switch->uplinkmode == LOOM_UPLINK_TEAM &&
                       compiled->host_switch->profile->team;

    compiled->mtu = switch_mtu(compiled->host_switch);
    add_bridge(compiler, compiled);
    if (is_team)
        loom_compile_team(compiler, compiled);
    else if (compiled->nics->len)
        compiled->uplink = g_strdup(compiled->nics->pdata[0]);
    for (guint i = 0; i < compiled->nics->len; i++)
        add_nic(compiler, compiled, compiled->nics->pdata[i]);
    if (compiled->uplink)
        add_uplink_port(compiler, compiled);
}
