/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The attribute tables of all that a host holds. */
#include "host/host.h"

#include "base/i18n.h"
#include "base/vlans.h"

static const char *const link_kinds[] = {"physical", "bond",         "bridge", "veth", "ovs-bridge",
                                         "ovs-bond", "ovs-internal", "other",  NULL};

#define TEXT(Struct, field, ...)   LOOM_ATTRIBUTE(Struct, field, loom_type_text, __VA_ARGS__)
#define DEVICE(Struct, field, ...) LOOM_ATTRIBUTE(Struct, field, loom_type_device, __VA_ARGS__)
#define NUMBER(Struct, field, ...) LOOM_ATTRIBUTE(Struct, field, loom_type_number, __VA_ARGS__)
#define YES_NO(Struct, field, ...) LOOM_ATTRIBUTE(Struct, field, loom_type_yes_no, __VA_ARGS__)

static const LoomAttribute link_attributes[] = {
    DEVICE(LoomLink, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_WORD(LoomLink, kind, link_kinds, .flags = LOOM_REQUIRED, .cost = LOOM_COST_REPLACE),
    YES_NO(LoomLink, ours, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomLink, mac, loom_type_mac),
    NUMBER(LoomLink, mtu, .min = 68, .max = 65535),
    YES_NO(LoomLink, up, .cost = LOOM_COST_DOWN),
    DEVICE(LoomLink, master, .flags = LOOM_ABSENT_IS_NONE, .cost = LOOM_COST_DOWN),
    DEVICE(LoomLink, peer, .cost = LOOM_COST_REPLACE),
    TEXT(LoomLink, mode, .cost = LOOM_COST_DOWN),
    TEXT(LoomLink, hashpolicy),
    TEXT(LoomLink, lacprate, .cost = LOOM_COST_DOWN),
    DEVICE(LoomLink, primary, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomLink, primaryreselect),
    TEXT(LoomLink, failovermac, .cost = LOOM_COST_DOWN), /* only where no NIC is in it */
    NUMBER(LoomLink, miimon),
    NUMBER(LoomLink, minlinks),
    NUMBER(LoomLink, updelay),
    NUMBER(LoomLink, downdelay),
    NUMBER(LoomLink, peernotifdelay),
    NUMBER(LoomLink, numpeernotif),
    NUMBER(LoomLink, resendigmp),
    YES_NO(LoomLink, usecarrier),
    TEXT(LoomLink, arpvalidate),
    TEXT(LoomLink, arpalltargets),
    NUMBER(LoomLink, arpinterval),
    NUMBER(LoomLink, missedmax),
    LOOM_ATTRIBUTE(LoomLink, arpiptarget, loom_type_list, .flags = LOOM_ABSENT_IS_NONE),
    LOOM_ATTRIBUTE(LoomLink, nsip6target, loom_type_list, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomLink, adselect, .cost = LOOM_COST_DOWN),
    LOOM_ATTRIBUTE(LoomLink, adactorsystem, loom_type_mac, .cost = LOOM_COST_DOWN),
    NUMBER(LoomLink, adactorsysprio, .cost = LOOM_COST_DOWN),
    NUMBER(LoomLink, aduserportkey, .cost = LOOM_COST_DOWN),
    YES_NO(LoomLink, lacpactive, .cost = LOOM_COST_DOWN),
    YES_NO(LoomLink, allslavesactive),
    YES_NO(LoomLink, tlbdynamiclb, .cost = LOOM_COST_DOWN),
    NUMBER(LoomLink, lpinterval),
    NUMBER(LoomLink, packetsperslave),
    YES_NO(LoomLink, vlanfiltering),
    YES_NO(LoomLink, stp),
    YES_NO(LoomLink, multicastsnooping),
    NUMBER(LoomLink, defaultpvid, .max = LOOM_VLAN_MAX),
    YES_NO(LoomLink, autoconf),
    YES_NO(LoomLink, linklocal),
    YES_NO(LoomLink, strictarp),
    YES_NO(LoomLink, ipsec),
    YES_NO(LoomLink, rss),
    DEVICE(LoomLink, parent, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomLink, permanentmac, loom_type_mac, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, driver, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomLink, pci, loom_type_pci, .flags = LOOM_INFORMATIVE),
    NUMBER(LoomLink, speed, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, qdisc, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomLink, altnames, loom_type_list, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomLink, withheld, loom_type_list, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, logicalswitch, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, vmnetwork, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, role, .flags = LOOM_INFORMATIVE),
    TEXT(LoomLink, drift, .flags = LOOM_INFORMATIVE),
    DEVICE(LoomLink, inherit, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_link_kind = {
    .element = "link",
    .noun = N_("link"),
    .size = sizeof(LoomLink),
    LOOM_ATTRIBUTES(link_attributes),
};

static const LoomAttribute address_attributes[] = {
    DEVICE(LoomAddress, link, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomAddress, address, .flags = LOOM_REQUIRED | LOOM_KEY),
    NUMBER(LoomAddress, prefix, .max = 128, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomAddress, origin, .flags = LOOM_INFORMATIVE),
    TEXT(LoomAddress, peer),
    TEXT(LoomAddress, label),
    TEXT(LoomAddress, broadcast),
    TEXT(LoomAddress, scope),
    YES_NO(LoomAddress, noprefixroute),
    NUMBER(LoomAddress, metric, .max = G_MAXUINT32),
    YES_NO(LoomAddress, inherited, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_address_kind = {
    .element = "address",
    .noun = N_("address"),
    .size = sizeof(LoomAddress),
    LOOM_ATTRIBUTES(address_attributes),
};

static const LoomAttribute route_attributes[] = {
    DEVICE(LoomRoute, link, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomRoute, destination, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomRoute, gateway, .flags = LOOM_KEY),
    NUMBER(LoomRoute, metric, .max = G_MAXUINT32, .flags = LOOM_KEY),
    NUMBER(LoomRoute, table, .max = G_MAXUINT32, .flags = LOOM_KEY, .fallback = "254"),
    TEXT(LoomRoute, protocol),
    TEXT(LoomRoute, source),
    TEXT(LoomRoute, scope),
    YES_NO(LoomRoute, onlink),
    NUMBER(LoomRoute, mtu, .max = G_MAXUINT32),
    TEXT(LoomRoute, unsaid, .flags = LOOM_INFORMATIVE),
    YES_NO(LoomRoute, inherited, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_route_kind = {
    .element = "route",
    .noun = N_("route"),
    .size = sizeof(LoomRoute),
    LOOM_ATTRIBUTES(route_attributes),
};

static const LoomAttribute neighbour_attributes[] = {
    DEVICE(LoomNeighbour, link, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomNeighbour, address, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomNeighbour, mac, loom_type_mac),
    YES_NO(LoomNeighbour, inherited, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_neighbour_kind = {
    .element = "neighbour",
    .noun = N_("neighbour"),
    .size = sizeof(LoomNeighbour),
    LOOM_ATTRIBUTES(neighbour_attributes),
};

static const LoomAttribute port_attributes[] = {
    DEVICE(LoomPort, link, .flags = LOOM_KEY),
    LOOM_ATTRIBUTE(LoomPort, domain, loom_type_uuid, .flags = LOOM_KEY),
    LOOM_ATTRIBUTE(LoomPort, mac, loom_type_mac, .flags = LOOM_KEY),
    TEXT(LoomPort, network, .flags = LOOM_KEY),
    TEXT(LoomPort, portgroup, .flags = LOOM_KEY),
    NUMBER(LoomPort, vlan, .max = LOOM_VLAN_MAX, .flags = LOOM_ABSENT_IS_NONE),
    LOOM_ATTRIBUTE(LoomPort, tagged, loom_type_vlans, .flags = LOOM_ABSENT_IS_NONE),
    LOOM_ATTRIBUTE(LoomPort, untagged, loom_type_vlans, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, isolated, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomPort, pvlan, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPort, secondary, .max = LOOM_VLAN_MAX, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPort, mtu, .min = 68, .max = 65535, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, tagguard, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, privateguard, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, macguard, .flags = LOOM_INFORMATIVE),
    YES_NO(LoomPort, dhcpguard, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, routerguard, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, priorityreset, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, prioritypop, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPort, teaming, .flags = LOOM_INFORMATIVE),
    TEXT(LoomPort, addressguard, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomPort, macs, loom_type_list, .flags = LOOM_ABSENT_IS_NONE),
    LOOM_ATTRIBUTE(LoomPort, addresses, loom_type_list, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomPort, class, .flags = LOOM_INFORMATIVE),
    NUMBER(LoomPort, priority, .max = G_MAXUINT16, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPort, max, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPort, maxin, .flags = LOOM_ABSENT_IS_NONE),
    TEXT(LoomPort, onfailure, .flags = LOOM_INFORMATIVE),
    TEXT(LoomPort, admission, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomPort, portid, loom_type_uuid, .flags = LOOM_INFORMATIVE),
    TEXT(LoomPort, logicalswitch, .flags = LOOM_INFORMATIVE),
    TEXT(LoomPort, vmnetwork, .flags = LOOM_INFORMATIVE),
    TEXT(LoomPort, profile, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_port_kind = {
    .element = "port",
    .noun = N_("port"),
    .size = sizeof(LoomPort),
    LOOM_ATTRIBUTES(port_attributes),
};

static const LoomAttribute guest_address_attributes[] = {
    TEXT(LoomGuestAddress, network, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomGuestAddress, guest, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomGuestAddress, address, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomGuestAddress, mac, loom_type_mac),
};
const LoomKind loom_guest_address_kind = {
    .element = "lease",
    .noun = N_("guest's address"),
    .size = sizeof(LoomGuestAddress),
    LOOM_ATTRIBUTES(guest_address_attributes),
};

static const LoomAttribute class_attributes[] = {
    DEVICE(LoomClass, link, .flags = LOOM_REQUIRED | LOOM_KEY),
    NUMBER(LoomClass, priority, .max = G_MAXUINT16, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomClass, name, .flags = LOOM_INFORMATIVE),
    NUMBER(LoomClass, weight, .max = 100, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomClass, rate, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomClass, ceiling, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomClass, fair, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomClass, perport, .flags = LOOM_INFORMATIVE),
    NUMBER(LoomClass, reserved, .flags = LOOM_INFORMATIVE),
    DEVICE(LoomClass, port, .flags = LOOM_INFORMATIVE),
    TEXT(LoomClass, logicalswitch, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_class_kind = {
    .element = "class",
    .noun = N_("bandwidth class"),
    .size = sizeof(LoomClass),
    LOOM_ATTRIBUTES(class_attributes),
};

static const LoomAttribute portgroup_attributes[] = {
    TEXT(LoomPortgroup, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    {.name = "default",
     .type = &loom_type_yes_no,
     .offset = offsetof(LoomPortgroup, is_default),
     .fallback = "no",
     .flags = LOOM_ABSENT_IS_NONE},
    NUMBER(LoomPortgroup, inaverage, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, inpeak, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, inburst, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, outaverage, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, outpeak, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, outburst, .flags = LOOM_ABSENT_IS_NONE),
    LOOM_ATTRIBUTE(LoomPortgroup, vlans, loom_type_vlans, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomPortgroup, nativevlan, .max = LOOM_VLAN_MAX, .flags = LOOM_ABSENT_IS_NONE),
    YES_NO(LoomPortgroup, trunk, .flags = LOOM_ABSENT_IS_NONE),
};
const LoomKind loom_network_portgroup_kind = {
    .element = "portgroup",
    .noun = N_("portgroup"),
    .size = sizeof(LoomPortgroup),
    LOOM_ATTRIBUTES(portgroup_attributes),
};

static const LoomAttribute network_attributes[] = {
    TEXT(LoomNetwork, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomNetwork, uuid, loom_type_uuid, .cost = LOOM_COST_REPLACE),
    DEVICE(LoomNetwork, bridge),
    YES_NO(LoomNetwork, ours, .flags = LOOM_INFORMATIVE),
    YES_NO(LoomNetwork, openvswitch),
    YES_NO(LoomNetwork, active),
    YES_NO(LoomNetwork, autostart),
    YES_NO(LoomNetwork, persistent),
    TEXT(LoomNetwork, fabric),
    TEXT(LoomNetwork, vmnetwork),
    TEXT(LoomNetwork, logicalswitch),
    TEXT(LoomNetwork, hash),
    YES_NO(LoomNetwork, pending, .flags = LOOM_INFORMATIVE),
    TEXT(LoomNetwork, definition, .flags = LOOM_INFORMATIVE),
    LOOM_ATTRIBUTE(LoomNetwork, guests, loom_type_list, .flags = LOOM_INFORMATIVE),
};
static const LoomChild network_children[] = {
    LOOM_CHILDREN(LoomNetwork, portgroups, loom_network_portgroup_kind),
};
const LoomKind loom_network_kind = {
    .element = "network",
    .noun = N_("network"),
    .size = sizeof(LoomNetwork),
    LOOM_ATTRIBUTES(network_attributes),
    LOOM_CHILD_KINDS(network_children),
};

static const LoomAttribute manager_attributes[] = {
    DEVICE(LoomManager, link, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomManager, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    YES_NO(LoomManager, dhcp, .flags = LOOM_INFORMATIVE),
    TEXT(LoomManager, identity, .flags = LOOM_INFORMATIVE),
    TEXT(LoomManager, source, .flags = LOOM_INFORMATIVE),
    TEXT(LoomManager, refusal, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_manager_kind = {
    .element = "manager",
    .noun = N_("manager"),
    .size = sizeof(LoomManager),
    LOOM_ATTRIBUTES(manager_attributes),
};

static const LoomAttribute dhcp_attributes[] = {
    DEVICE(LoomDhcp, link, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomDhcp, identity, .flags = LOOM_ABSENT_IS_NONE),
    NUMBER(LoomDhcp, metric, .max = G_MAXUINT32),
    YES_NO(LoomDhcp, inherited, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_dhcp_kind = {
    .element = "dhcp",
    .noun = N_("DHCP client"),
    .size = sizeof(LoomDhcp),
    LOOM_ATTRIBUTES(dhcp_attributes),
};

static const LoomAttribute migration_attributes[] = {
    TEXT(LoomMigrationPath, network, .flags = LOOM_REQUIRED | LOOM_KEY),
    NUMBER(LoomMigrationPath, order),
    DEVICE(LoomMigrationPath, link),
    TEXT(LoomMigrationPath, address),
    YES_NO(LoomMigrationPath, fallback),
    NUMBER(LoomMigrationPath, concurrent),
    NUMBER(LoomMigrationPath, max),
    NUMBER(LoomMigrationPath, parallel),
    YES_NO(LoomMigrationPath, tls),
    YES_NO(LoomMigrationPath, postcopy),
    TEXT(LoomMigrationPath, compression),
};
const LoomKind loom_migration_path_kind = {
    .element = "migration",
    .noun = N_("migration network"),
    .size = sizeof(LoomMigrationPath),
    LOOM_ATTRIBUTES(migration_attributes),
};

static const LoomAttribute setting_attributes[] = {
    TEXT(LoomQemuSetting, name, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomQemuSetting, value, .flags = LOOM_REQUIRED),
    YES_NO(LoomQemuSetting, ours, .flags = LOOM_INFORMATIVE),
};
const LoomKind loom_qemu_setting_kind = {
    .element = "setting",
    .noun = N_("setting of qemu.conf"),
    .size = sizeof(LoomQemuSetting),
    LOOM_ATTRIBUTES(setting_attributes),
};

static const LoomAttribute probe_attributes[] = {
    TEXT(LoomHostProbe, target, .flags = LOOM_REQUIRED | LOOM_KEY),
    DEVICE(LoomHostProbe, link, .flags = LOOM_KEY),
    NUMBER(LoomHostProbe, tcp, .max = 65535, .flags = LOOM_KEY),
    TEXT(LoomHostProbe, role),
    LOOM_ATTRIBUTE(LoomHostProbe, peers, loom_type_list),
    NUMBER(LoomHostProbe, settle),
    YES_NO(LoomHostProbe, optional),
};
const LoomKind loom_host_probe_kind = {
    .element = "probe",
    .noun = N_("probe"),
    .size = sizeof(LoomHostProbe),
    LOOM_ATTRIBUTES(probe_attributes),
};

static const LoomAttribute guest_attributes[] = {
    LOOM_ATTRIBUTE(LoomGuestTap, domain, loom_type_uuid, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomGuestTap, mac, loom_type_mac, .flags = LOOM_REQUIRED | LOOM_KEY),
    TEXT(LoomGuestTap, name),
    DEVICE(LoomGuestTap, link),
};
const LoomKind loom_guest_tap_kind = {
    .element = "guest",
    .noun = N_("guest's vNIC"),
    .size = sizeof(LoomGuestTap),
    LOOM_ATTRIBUTES(guest_attributes),
};

static const LoomAttribute sessions_attributes[] = {
    TEXT(LoomSessions, address, .flags = LOOM_REQUIRED | LOOM_KEY),
    NUMBER(LoomSessions, port, .max = 65535, .flags = LOOM_REQUIRED | LOOM_KEY),
    NUMBER(LoomSessions, count),
};
const LoomKind loom_sessions_kind = {
    .element = "sessions",
    .noun = N_("sessions"),
    .size = sizeof(LoomSessions),
    LOOM_ATTRIBUTES(sessions_attributes),
};
