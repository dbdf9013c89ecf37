/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Host vNICs: a veth pair whose far end is a port like any guest's, with addresses and routes. */
#include "base/i18n.h"
#include "base/name.h"
#include "compile/compiler.h"

#include <string.h>

#define IPV6_METRIC 1024u /* linux/ipv6_route.h: what a route without a metric has */

static void
add_address(const LoomCompiler *compiler, const char *link, const char *text, guint64 prefix)
{
    LoomAddress *address = loom_record_new(&loom_address_kind);

    LOOM_SET(address, link, link);
    LOOM_SET(address, address, text);
    LOOM_SET_NUMBER(address, prefix, prefix);
    LOOM_SET(address, origin, "static");
    loom_record_add(compiler->result, address);
}

static void
add_route(const LoomCompiler *compiler, const char *link, const char *destination,
          const char *gateway, guint64 metric)
{
    LoomRoute *route = loom_record_new(&loom_route_kind);

    LOOM_SET(route, link, link);
    LOOM_SET(route, destination, destination);
    LOOM_SET(route, gateway, gateway);
    LOOM_SET(route, protocol, "static");
    if (metric && !(strchr(destination, ':') && metric == IPV6_METRIC))
        LOOM_SET_NUMBER(route, metric, metric);
    loom_record_add(compiler->result, route);
}

static void
add_routes(const LoomCompiler *compiler, const char *link, const GPtrArray *routes)
{
    for (guint i = 0; i < routes->len; i++) {
        const LoomPoolRoute *route = routes->pdata[i];
        g_autofree char *destination =
            g_strdup_printf("%s/%" G_GUINT64_FORMAT, route->address, route->prefix);

        add_route(compiler, link, destination, route->gateway, route->metric);
    }
}

static void
add_pool_address(const LoomCompiler *compiler, const char *link, const LoomPool *pool)
{
    const LoomLease *lease =
        loom_fabric_find_address_lease(compiler->fabric, pool->name, compiler->host->name, link);

    if (!lease) /* an error of the fabric, reported when it was loaded */
        return;
    add_address(compiler, link, lease->address, pool->subnet->prefix);
    for (guint i = 0; i < pool->gateways->len; i++) {
        const LoomGateway *gateway = pool->gateways->pdata[i];
        LoomInet inet = loom_inet_parse(gateway->address);

        add_route(compiler, link, inet.family == G_SOCKET_FAMILY_IPV4 ? "0.0.0.0/0" : "::/0",
                  gateway->address, gateway->metric);
    }
    add_routes(compiler, link, pool->routes);
}

static void
add_dhcp(const LoomCompiler *compiler, const char *link)
{
    LoomDhcp *dhcp = loom_record_new(&loom_dhcp_kind);

    LOOM_SET(dhcp, link, link);
    loom_record_add(compiler->result, dhcp);
}

static void
add_addresses(const LoomCompiler *compiler, const LoomVnic *vnic)
{
    for (guint i = 0; i < vnic->addresses->len; i++) {
        const LoomVnicAddress *address = vnic->addresses->pdata[i];

        if (address->resolved)
            add_pool_address(compiler, vnic->name, address->resolved);
        else if (address->address)
            add_address(compiler, vnic->name, address->address, address->prefix);
        else if (LOOM_HAS(address, dhcp))
            add_dhcp(compiler, vnic->name);
    }
    add_routes(compiler, vnic->name, vnic->routes);
}

static LoomLink *
add_end(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const char *name,
        guint64 mtu)
{
    gboolean is_ovs = compiled->host_switch->logical_switch->datapath == LOOM_DATAPATH_OPENVSWITCH;
    LoomLink *link = loom_record_new(&loom_link_kind);

    LOOM_SET(link, name, name);
    LOOM_SET_NUMBER(link, kind, is_ovs ? LOOM_LINK_OVS_INTERNAL : LOOM_LINK_VETH);
    LOOM_SET_NUMBER(link, ours, TRUE);
    LOOM_SET_NUMBER(link, mtu, mtu);
    LOOM_SET_NUMBER(link, up, TRUE);
    LOOM_SET(link, logicalswitch, compiled->host_switch->logicalswitch);
    loom_record_add(compiler->result, link);
    return link;
}

/* Returns the name of the link that is the bridge's port; owned by the caller. */
static char *
add_links(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const LoomVnic *vnic)
{
    guint64 mtu = LOOM_HAS(vnic, mtu) ? vnic->mtu : vnic->network->network->mtu;
    LoomLink *link = add_end(compiler, compiled, vnic->name, mtu);
    g_autofree char *mac =
        vnic->mac ? g_strdup(vnic->mac) : loom_compile_stable_mac(compiler, vnic->name);
    g_autofree char *port_mac = NULL;
    LoomLink *end;
    char *port;

    LOOM_SET(link, mac, mac);
    LOOM_SET(link, vmnetwork, vnic->vmnetwork);
    LOOM_SET(link, role, vnic->role ? loom_role_words[vnic->role] : NULL);
    loom_compile_ipv6(link, vnic->ip6 && vnic->ip6->automatic ? LOOM_IPV6_AUTOCONF
                                                              : LOOM_IPV6_LINK_LOCAL);
    add_addresses(compiler, vnic);
    if (vnic->inherit)
        loom_compile_inherit(compiler, compiled, vnic, link);
    if (link->kind == LOOM_LINK_OVS_INTERNAL) {
        LOOM_SET(link, master, compiled->host_switch->device);
        return g_strdup(vnic->name);
    }
    /* two vNICs may be on one wire, and each would answer for the other */
    LOOM_SET_NUMBER(link, strictarp, TRUE);
    port = g_strconcat(vnic->name, LOOM_PORT_SUFFIX, NULL);
    port_mac = loom_compile_stable_mac(compiler, port);
    end = add_end(compiler, compiled, port, mtu);
    loom_compile_ipv6(end, LOOM_IPV6_SILENT);
    LOOM_SET(end, mac, port_mac);
    LOOM_SET(end, master, compiled->host_switch->device);
    LOOM_SET(end, peer, vnic->name);
    LOOM_SET(link, peer, port);
    return port;
}

/* Whether all addresses of the vNIC LINK are known here. */
static gboolean
are_addresses_known(const LoomCompiler *compiler, const LoomLink *link)
{
    return !link->autoconf && !loom_host_find(compiler->result, &loom_dhcp_kind, link->name);
}

/* What a guest's port is told when it starts, the port of a vNIC of the host is told here. */
static void
set_own(const LoomCompiler *compiler, const LoomVnic *vnic, LoomPort *port)
{
    const LoomLink *link = loom_host_find(compiler->result, &loom_link_kind, vnic->name);
    g_autoptr(GString) addresses = g_string_new(NULL);

    if (port->macguard && !port->teaming && link->mac) /* the host may team its own as it likes */
        LOOM_SET(port, macs, link->mac);
    if (!port->addressguard || !are_addresses_known(compiler, link))
        return;
    for (guint i = 0; i < compiler->result->addresses->len; i++) {
        const LoomAddress *address = compiler->result->addresses->pdata[i];

        if (g_str_equal(address->link, link->name))
            g_string_append_printf(addresses, "%s%s", addresses->len ? " " : "", address->address);
    }
    if (addresses->len)
        LOOM_SET(port, addresses, addresses->str);
}

static void
compile_vnic(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const LoomVnic *vnic)
{
    const LoomHostSwitch *host_switch = compiled->host_switch;
    const LoomSwitchPortgroup *portgroup =
        loom_logical_switch_find_portgroup(host_switch->logical_switch, vnic->resolved);
    g_autofree char *link = NULL;
    LoomVlanChoice choice;
    LoomSite *site;
    LoomPort *port;

    if (!loom_compile_offers(compiler->host, host_switch, vnic->network, &site) ||
        !loom_fabric_choose_vlan(compiler->fabric, vnic->network, site, &choice))
        return; /* an error of the fabric, reported when it was loaded */
    link = add_links(compiler, compiled, vnic);
    port = loom_record_new(&loom_port_kind);
    LOOM_SET(port, link, link);
    LOOM_SET(port, vmnetwork, vnic->vmnetwork);
    loom_compile_policy(host_switch, &choice, portgroup, port);
    if (port->class && loom_compile_is_per_port(host_switch->logical_switch)) {
        LOOM_SET(port, class, vnic->name);
        LOOM_SET_NUMBER(port, priority, loom_compile_find_vnic_class(host_switch, vnic));
    }
    set_own(compiler, vnic, port);
    loom_record_add(compiler->result, port);
}

void
loom_compile_vnics(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled)
{
    g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(compiled->host_switch);

    for (guint i = 0; i < vnics->len; i++)
        compile_vnic(compiler, compiled, vnics->pdata[i]);
}
