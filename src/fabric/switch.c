/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of logical switches, uplinks, host vNICs and portgroups. */
#include "fabric/switch.h"

#include "base/i18n.h"

const char *const loom_role_words[] = {"none",      "management", "cluster",
                                       "migration", "storage",    NULL};
static const char *const datapaths[] = {"bridge", "openvswitch", NULL};
static const char *const uplink_modes[] = {"team", "single", NULL};
static const char *const min_bandwidths[] = {"weight", "absolute", "none", NULL};
static const char *const weight_pers[] = {"classification", "port", NULL};
static const char *const refuse_warn[] = {"refuse", "warn", NULL};
/* 'no' would say nothing: without DHCP one writes another <ip/> */
static const char *const by_dhcp[] = {"yes", NULL};
static const char *const repair_report[] = {"repair", "report", NULL};

static const LoomKind inherit_kind = {
    .element = "inherit",
    .size = sizeof(LoomInherit),
};

static const LoomAttribute vnic_address_attributes[] = {
    LOOM_ATTRIBUTE(LoomVnicAddress, pool, loom_type_name),
    LOOM_ATTRIBUTE(LoomVnicAddress, address, loom_type_address),
    LOOM_ATTRIBUTE(LoomVnicAddress, prefix, loom_type_number, .max = 128),
    {.name = "dhcp",
     .type = &loom_type_word,
     .offset = offsetof(LoomVnicAddress, dhcp),
     .words = by_dhcp},
};
static const LoomKind vnic_address_kind = {
    .element = "ip",
    .size = sizeof(LoomVnicAddress),
    LOOM_ATTRIBUTES(vnic_address_attributes),
};

static const LoomAttribute vnic_ip6_attributes[] = {
    {.name = "auto",
     .type = &loom_type_yes_no,
     .offset = offsetof(LoomVnicIp6, automatic),
     .fallback = "no"},
};
static const LoomKind vnic_ip6_kind = {
    .element = "ip6",
    .size = sizeof(LoomVnicIp6),
    LOOM_ATTRIBUTES(vnic_ip6_attributes),
};

static const LoomAttribute vnic_attributes[] = {
    LOOM_ATTRIBUTE(LoomVnic, name, loom_type_device, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomVnic, vmnetwork, loom_type_name, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomVnic, classification, loom_type_name),
    LOOM_WORD(LoomVnic, role, loom_role_words, .fallback = "none"),
    LOOM_ATTRIBUTE(LoomVnic, mtu, loom_type_number, .min = 576, .max = 65521),
    LOOM_ATTRIBUTE(LoomVnic, mac, loom_type_mac),
};
static const LoomChild vnic_children[] = {
    LOOM_ONE_CHILD(LoomVnic, inherit, inherit_kind),
    LOOM_CHILDREN(LoomVnic, addresses, vnic_address_kind),
    LOOM_ONE_CHILD(LoomVnic, ip6, vnic_ip6_kind),
    LOOM_CHILDREN(LoomVnic, routes, loom_pool_route_kind),
};
const LoomKind loom_vnic_kind = {
    .element = "vnic",
    .noun = N_("host vNIC"),
    .size = sizeof(LoomVnic),
    LOOM_ATTRIBUTES(vnic_attributes),
    LOOM_CHILD_KINDS(vnic_children),
};

static const LoomAttribute uplink_attributes[] = {
    LOOM_ATTRIBUTE(LoomUplink, profile, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
};
static const LoomChild uplink_children[] = {
    LOOM_CHILDREN(LoomUplink, vnics, loom_vnic_kind),
};
static const LoomKind uplink_kind = {
    .element = "uplink",
    .size = sizeof(LoomUplink),
    LOOM_ATTRIBUTES(uplink_attributes),
    LOOM_CHILD_KINDS(uplink_children),
};

static const LoomAttribute portgroup_attributes[] = {
    LOOM_ATTRIBUTE(LoomSwitchPortgroup, classification, loom_type_name,
                   .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomSwitchPortgroup, profile, loom_type_name),
    LOOM_ATTRIBUTE(LoomSwitchPortgroup, name, loom_type_portgroup),
    {.name = "default",
     .type = &loom_type_yes_no,
     .offset = offsetof(LoomSwitchPortgroup, is_default),
     .fallback = "no"},
};
const LoomKind loom_portgroup_kind = {
    .element = "portgroup",
    .size = sizeof(LoomSwitchPortgroup),
    LOOM_ATTRIBUTES(portgroup_attributes),
};

static const LoomAttribute logical_switch_attributes[] = {
    LOOM_ATTRIBUTE(LoomLogicalSwitch, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_WORD(LoomLogicalSwitch, datapath, datapaths, .fallback = "bridge"),
    LOOM_WORD(LoomLogicalSwitch, uplinkmode, uplink_modes, .fallback = "team"),
    LOOM_WORD(LoomLogicalSwitch, minbandwidth, min_bandwidths, .fallback = "weight"),
    LOOM_ATTRIBUTE(LoomLogicalSwitch, sriov, loom_type_yes_no, .fallback = "no"),
    LOOM_WORD(LoomLogicalSwitch, weightper, weight_pers, .fallback = "classification"),
    {.name = "admission",
     .type = &loom_type_word,
     .offset = offsetof(LoomLogicalSwitch, admission_warns),
     .words = refuse_warn,
     .fallback = "warn"},
    {.name = "onfailure",
     .type = &loom_type_word,
     .offset = offsetof(LoomLogicalSwitch, onfailure_warns),
     .words = refuse_warn,
     .fallback = "refuse"},
    {.name = "drift",
     .type = &loom_type_word,
     .offset = offsetof(LoomLogicalSwitch, drift_reports),
     .words = repair_report,
     .fallback = "repair"},
    LOOM_ATTRIBUTE(LoomLogicalSwitch, stp, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomLogicalSwitch, multicastsnooping, loom_type_yes_no, .fallback = "yes"),
    LOOM_ATTRIBUTE(LoomLogicalSwitch, mtu, loom_type_number, .min = 576, .max = 65521),
    LOOM_ATTRIBUTE(LoomLogicalSwitch, nativevlan, loom_type_number, .min = 1, .max = 4094,
                   .fallback = "4094"),
};
static const LoomChild logical_switch_children[] = {
    LOOM_ONE_CHILD(LoomLogicalSwitch, description, loom_description_kind),
    LOOM_CHILDREN(LoomLogicalSwitch, uplinks, uplink_kind),
    LOOM_CHILDREN(LoomLogicalSwitch, portgroups, loom_portgroup_kind),
};
const LoomKind loom_logical_switch_kind = {
    .element = "logicalswitch",
    .noun = N_("logical switch"),
    .size = sizeof(LoomLogicalSwitch),
    LOOM_ATTRIBUTES(logical_switch_attributes),
    LOOM_CHILD_KINDS(logical_switch_children),
};

LoomSwitchPortgroup *
loom_logical_switch_find_portgroup(const LoomLogicalSwitch *logical_switch,
                                   const LoomClassification *classification)
{
    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];

        if (classification ? portgroup->resolved_classification == classification
                           : portgroup->is_default)
            return portgroup;
    }
    return NULL;
}
