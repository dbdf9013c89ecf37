/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of host groups, logical networks, sites, pools and VM networks. */
#include "fabric/network.h"

#include "base/i18n.h"

static const char *const network_types[] = {"connected", "vlan", "pvlan", NULL};
static const char *const pvlan_types[] = {"isolated", "community", "promiscuous", NULL};
static const char *const isolations[] = {"none", "vlan", "trunk", "pvlan", "virtual", NULL};
static const char *const same_name[] = {"none", "same-name", NULL};
static const char *const automatic[] = {"none", "automatic", NULL};

static const LoomAttribute description_attributes[] = {
    LOOM_ATTRIBUTE(LoomDescription, text, loom_type_text, .flags = LOOM_CONTENT),
};
const LoomKind loom_description_kind = {
    .element = "description",
    .size = sizeof(LoomDescription),
    LOOM_ATTRIBUTES(description_attributes),
};

static const LoomAttribute host_group_attributes[] = {
    LOOM_ATTRIBUTE(LoomHostGroup, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
};
static const LoomChild host_group_children[] = {
    LOOM_CHILDREN(LoomHostGroup, groups, loom_host_group_kind),
};
const LoomKind loom_host_group_kind = {
    .element = "hostgroup",
    .noun = N_("host group"),
    .size = sizeof(LoomHostGroup),
    LOOM_ATTRIBUTES(host_group_attributes),
    LOOM_CHILD_KINDS(host_group_children),
};

static const LoomAttribute host_group_ref_attributes[] = {
    LOOM_ATTRIBUTE(LoomHostGroupRef, ref, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
};
static const LoomKind host_group_ref_kind = {
    .element = "hostgroup",
    .size = sizeof(LoomHostGroupRef),
    LOOM_ATTRIBUTES(host_group_ref_attributes),
};

static const LoomAttribute reserved_attributes[] = {
    LOOM_ATTRIBUTE(LoomReserved, start, loom_type_address, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomReserved, end, loom_type_address),
};
static const LoomKind reserved_kind = {
    .element = "reserved",
    .size = sizeof(LoomReserved),
    LOOM_ATTRIBUTES(reserved_attributes),
};

static const LoomAttribute gateway_attributes[] = {
    LOOM_ATTRIBUTE(LoomGateway, address, loom_type_address, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomGateway, metric, loom_type_number, .max = G_MAXUINT32),
};
static const LoomKind gateway_kind = {
    .element = "gateway",
    .size = sizeof(LoomGateway),
    LOOM_ATTRIBUTES(gateway_attributes),
};

static const LoomAttribute dns_attributes[] = {
    LOOM_ATTRIBUTE(LoomDns, server, loom_type_address),
    LOOM_ATTRIBUTE(LoomDns, suffix, loom_type_domain),
    LOOM_ATTRIBUTE(LoomDns, search, loom_type_domain),
};
static const LoomKind dns_kind = {
    .element = "dns",
    .size = sizeof(LoomDns),
    LOOM_ATTRIBUTES(dns_attributes),
};

static const LoomAttribute route_attributes[] = {
    LOOM_ATTRIBUTE(LoomPoolRoute, address, loom_type_address, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomPoolRoute, prefix, loom_type_number, .max = 128, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomPoolRoute, gateway, loom_type_address, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomPoolRoute, metric, loom_type_number, .max = G_MAXUINT32),
};
const LoomKind loom_pool_route_kind = {
    .element = "route",
    .size = sizeof(LoomPoolRoute),
    LOOM_ATTRIBUTES(route_attributes),
};

static const LoomAttribute pool_attributes[] = {
    LOOM_ATTRIBUTE(LoomPool, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomPool, start, loom_type_address, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomPool, end, loom_type_address, .flags = LOOM_REQUIRED),
};
static const LoomChild pool_children[] = {
    LOOM_CHILDREN(LoomPool, reserved, reserved_kind),
    LOOM_CHILDREN(LoomPool, gateways, gateway_kind),
    LOOM_CHILDREN(LoomPool, dns, dns_kind),
    LOOM_CHILDREN(LoomPool, routes, loom_pool_route_kind),
};
const LoomKind loom_pool_kind = {
    .element = "pool",
    .noun = N_("IP pool"),
    .size = sizeof(LoomPool),
    LOOM_ATTRIBUTES(pool_attributes),
    LOOM_CHILD_KINDS(pool_children),
};

static const LoomAttribute subnet_attributes[] = {
    LOOM_ATTRIBUTE(LoomSubnet, address, loom_type_address),
    LOOM_ATTRIBUTE(LoomSubnet, prefix, loom_type_number, .max = 128),
    LOOM_ATTRIBUTE(LoomSubnet, vlan, loom_type_number, .max = 4094, .fallback = "0"),
    LOOM_ATTRIBUTE(LoomSubnet, secondary, loom_type_number, .min = 1, .max = 4094),
    LOOM_WORD(LoomSubnet, pvlan, pvlan_types, .fallback = "isolated"),
};
static const LoomChild subnet_children[] = {
    LOOM_CHILDREN(LoomSubnet, pools, loom_pool_kind),
};
const LoomKind loom_subnet_kind = {
    .element = "subnet",
    .noun = N_("subnet"),
    .size = sizeof(LoomSubnet),
    LOOM_ATTRIBUTES(subnet_attributes),
    LOOM_CHILD_KINDS(subnet_children),
};

/* The same struct as a site's row; a VM network's has a name and no VLAN. */
static const LoomAttribute vm_subnet_attributes[] = {
    LOOM_ATTRIBUTE(LoomSubnet, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomSubnet, address, loom_type_address, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomSubnet, prefix, loom_type_number, .max = 128, .flags = LOOM_REQUIRED),
};
static const LoomKind vm_subnet_kind = {
    .element = "subnet",
    .noun = N_("subnet"),
    .size = sizeof(LoomSubnet),
    LOOM_ATTRIBUTES(vm_subnet_attributes),
    LOOM_CHILD_KINDS(subnet_children),
};

static const LoomAttribute site_attributes[] = {
    LOOM_ATTRIBUTE(LoomSite, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
};
static const LoomChild site_children[] = {
    LOOM_CHILDREN(LoomSite, groups, host_group_ref_kind),
    LOOM_CHILDREN(LoomSite, subnets, loom_subnet_kind),
};
const LoomKind loom_site_kind = {
    .element = "site",
    .noun = N_("network site"),
    .size = sizeof(LoomSite),
    LOOM_ATTRIBUTES(site_attributes),
    LOOM_CHILD_KINDS(site_children),
};

static const LoomAttribute logical_network_attributes[] = {
    LOOM_ATTRIBUTE(LoomLogicalNetwork, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_WORD(LoomLogicalNetwork, type, network_types, .fallback = "connected"),
    LOOM_ATTRIBUTE(LoomLogicalNetwork, mtu, loom_type_number, .min = 576, .max = 65521,
                   .fallback = "1500"),
    LOOM_WORD(LoomLogicalNetwork, vmnetwork, same_name, .fallback = "none"),
    LOOM_ATTRIBUTE(LoomLogicalNetwork, virtualization, loom_type_yes_no, .fallback = "no"),
};
static const LoomChild logical_network_children[] = {
    LOOM_ONE_CHILD(LoomLogicalNetwork, description, loom_description_kind),
    LOOM_CHILDREN(LoomLogicalNetwork, sites, loom_site_kind),
};
const LoomKind loom_logical_network_kind = {
    .element = "logicalnetwork",
    .noun = N_("logical network"),
    .size = sizeof(LoomLogicalNetwork),
    LOOM_ATTRIBUTES(logical_network_attributes),
    LOOM_CHILD_KINDS(logical_network_children),
};

static const LoomAttribute vm_network_vlan_attributes[] = {
    LOOM_ATTRIBUTE(LoomVmNetworkVlan, site, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomVmNetworkVlan, id, loom_type_vlan_choice, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomVmNetworkVlan, native, loom_type_yes_no, .fallback = "no"),
};
static const LoomKind vm_network_vlan_kind = {
    .element = "vlan",
    .size = sizeof(LoomVmNetworkVlan),
    LOOM_ATTRIBUTES(vm_network_vlan_attributes),
};

static const LoomAttribute vm_network_attributes[] = {
    LOOM_ATTRIBUTE(LoomVmNetwork, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomVmNetwork, logicalnetwork, loom_type_name, .flags = LOOM_REQUIRED),
    LOOM_WORD(LoomVmNetwork, isolation, isolations, .fallback = "none"),
    {.name = "vlan",
     .type = &loom_type_word,
     .offset = offsetof(LoomVmNetwork, automatic),
     .words = automatic,
     .min = 1},
    LOOM_ATTRIBUTE(LoomVmNetwork, owner, loom_type_name),
};
static const LoomChild vm_network_children[] = {
    LOOM_ONE_CHILD(LoomVmNetwork, description, loom_description_kind),
    LOOM_CHILDREN(LoomVmNetwork, vlans, vm_network_vlan_kind),
    LOOM_CHILDREN(LoomVmNetwork, subnets, vm_subnet_kind),
};
const LoomKind loom_vm_network_kind = {
    .element = "vmnetwork",
    .noun = N_("VM network"),
    .size = sizeof(LoomVmNetwork),
    LOOM_ATTRIBUTES(vm_network_attributes),
    LOOM_CHILD_KINDS(vm_network_children),
};

static const LoomAttribute mac_pool_attributes[] = {
    LOOM_ATTRIBUTE(LoomMacPool, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomMacPool, start, loom_type_mac, .flags = LOOM_REQUIRED),
    LOOM_ATTRIBUTE(LoomMacPool, end, loom_type_mac, .flags = LOOM_REQUIRED),
};
static const LoomChild mac_pool_children[] = {
    LOOM_CHILDREN(LoomMacPool, groups, host_group_ref_kind),
};
const LoomKind loom_mac_pool_kind = {
    .element = "macpool",
    .noun = N_("MAC pool"),
    .size = sizeof(LoomMacPool),
    LOOM_ATTRIBUTES(mac_pool_attributes),
    LOOM_CHILD_KINDS(mac_pool_children),
};

gboolean
loom_host_group_is_within(const LoomHostGroup *group, const LoomHostGroup *ancestor)
{
    for (; group; group = group->parent)
        if (group == ancestor)
            return TRUE;
    return FALSE;
}

static LoomSite *
find_site_of_group(const LoomLogicalNetwork *network, const LoomHostGroup *group)
{
    for (guint i = 0; i < network->sites->len; i++) {
        LoomSite *site = network->sites->pdata[i];

        for (guint k = 0; k < site->groups->len; k++)
            if (((const LoomHostGroupRef *)site->groups->pdata[k])->group == group)
                return site;
    }
    return NULL;
}

LoomSite *
loom_logical_network_find_site(const LoomLogicalNetwork *network, const LoomHostGroup *group)
{
    LoomSite *site = NULL;

    for (; group && !site; group = group->parent)
        site = find_site_of_group(network, group);
    return site;
}

const LoomVmNetworkVlan *
loom_vm_network_find_vlan(const LoomVmNetwork *network, const LoomSite *site)
{
    for (guint i = 0; i < network->vlans->len; i++) {
        const LoomVmNetworkVlan *vlan = network->vlans->pdata[i];

        if (vlan->resolved == site)
            return vlan;
    }
    return NULL;
}
