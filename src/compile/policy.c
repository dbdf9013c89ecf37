/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a VM network and a port profile mean for one port. */
#include "compile/compiler.h"

static const char *const pvlan_words[] = {"isolated", "community", "promiscuous"};
static const char *const guard_words[] = {NULL, "leased", "given"};

/*
 * A private VLAN is a pair, one VLAN for each direction. What an isolated or community port sends
 * is in its secondary one, in which are promiscuous ports and the uplink, and the community itself;
 * what a promiscuous port sends is in the primary one, in which are all. All leaves untagged, but
 * what comes in their own VLAN to isolated ports: of others, of other hosts too, which they do not
 * hear. It has its tag, with which no access port lets anything out.
 */
static void
set_pvlan(const LoomVlanChoice *choice, LoomPort *port)
{
    LoomVlans others = {0};
    g_autofree char *untagged = NULL;
    g_autofree char *own = g_strdup_printf("%" G_GUINT64_FORMAT, choice->secondary);

    if (choice->pvlan == LOOM_PVLAN_PROMISCUOUS) {
        others = choice->secondaries;
        others.bits[choice->vlan / 64] &= ~(G_GUINT64_CONSTANT(1) << choice->vlan % 64);
    } else {
        LOOM_SET_NUMBER(port, vlan, choice->secondary);
        loom_vlans_add(&others, (unsigned)choice->vlan);
    }
    if (choice->pvlan == LOOM_PVLAN_ISOLATED)
        LOOM_SET(port, tagged, own);
    untagged = loom_vlans_format(&others);
    LOOM_SET(port, untagged, *untagged ? untagged : NULL);
    LOOM_SET_NUMBER(port, secondary, choice->secondary);
    LOOM_SET_NUMBER(port, tagguard, TRUE);
    LOOM_SET_NUMBER(port, privateguard, TRUE);
    LOOM_SET(port, pvlan, pvlan_words[choice->pvlan]);
    LOOM_SET_NUMBER(port, isolated, choice->pvlan == LOOM_PVLAN_ISOLATED);
}

static void
set_vlans(const LoomLogicalSwitch *logical_switch, const LoomVlanChoice *choice, LoomPort *port)
{
    g_autofree char *tagged = loom_vlans_format(&choice->trunk);

    if (*tagged)
        LOOM_SET(port, tagged, tagged);
    if (choice->vlan || !*tagged)
        LOOM_SET_NUMBER(port, vlan, choice->vlan ? choice->vlan : logical_switch->nativevlan);
    if (choice->secondary)
        set_pvlan(choice, port);
}

static void
set_profile(const LoomLogicalSwitch *logical_switch, const LoomSwitchPortgroup *portgroup,
            LoomPort *port)
{
    const LoomPortProfile *profile = portgroup->resolved;

    LOOM_SET(port, profile, profile->name);
    LOOM_SET_NUMBER(port, tagguard, TRUE);
    LOOM_SET_NUMBER(port, macguard, !profile->security->macspoofing);
    if (port->macguard && profile->security->teaming)
        LOOM_SET_NUMBER(port, teaming, TRUE);
    if (profile->security->isolated)
        LOOM_SET_NUMBER(port, isolated, TRUE);
    LOOM_SET_NUMBER(port, dhcpguard, profile->security->dhcpguard);
    LOOM_SET_NUMBER(port, routerguard, profile->security->routerguard);
    LOOM_SET_NUMBER(port, priorityreset, !profile->security->prioritytagging);
    LOOM_SET(port, addressguard, guard_words[profile->security->addresses]);
    if (profile->bandwidth->max)
        LOOM_SET_NUMBER(port, max, profile->bandwidth->max);
    if (profile->bandwidth->maxin)
        LOOM_SET_NUMBER(port, maxin, profile->bandwidth->maxin);
    if (logical_switch->minbandwidth != LOOM_MIN_BANDWIDTH_NONE) {
        LOOM_SET(port, class, portgroup->classification);
        LOOM_SET_NUMBER(port, priority, loom_compile_find_class(logical_switch, portgroup));
    }
    if (logical_switch->minbandwidth == LOOM_MIN_BANDWIDTH_ABSOLUTE && profile->bandwidth->min)
        LOOM_SET(port, admission, logical_switch->admission_warns ? "warn" : "refuse");
}

void
loom_compile_policy(const LoomHostSwitch *host_switch, const LoomVlanChoice *choice,
                    const LoomSwitchPortgroup *portgroup, LoomPort *port)
{
    const LoomLogicalSwitch *logical_switch = host_switch->logical_switch;

    LOOM_SET(port, logicalswitch, logical_switch->name);
    LOOM_SET(port, onfailure, logical_switch->onfailure_warns ? "warn" : "refuse");
    set_vlans(logical_switch, choice, port);
    if (portgroup)
        set_profile(logical_switch, portgroup, port);
}
