/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host vNIC takes over from the NIC whose place it takes. */
#include "base/i18n.h"
#include "base/inet.h"
#include "base/name.h"
#include "compile/compiler.h"

#include <string.h>

/*
 * Theory of operation
 *
 * Before the first apply the NIC has it all, and the facts tell. Afterwards the NIC has nothing any
 * more, and what the vNIC should have is what was committed: so drift on the vNIC is seen, and a
 * change of the NIC's is none of its business. The committed host counts as long as its NIC is one
 * of the switch's, or no other of them has something to inherit. Where the committed host was lost,
 * the vNIC itself has what it once inherited.
 */
typedef struct {
    const LoomHost *host; /* committed or facts; NULL: nothing is known */
    const char *link;     /* whose records these are there: the NIC or the vNIC */
    const char *nic;      /* whose place it takes; NULL: not known */
} Heritage;

static gboolean
is_ip6(const char *address)
{
    return strchr(address, ':') != NULL;
}

/* Addresses that a link gives to itself where nobody gives it one. */
static gboolean
is_link_local(const LoomAddress *address)
{
    return g_str_has_prefix(address->address, "fe80:") ||
           g_str_has_prefix(address->address, "169.254.");
}

static gboolean
is_of(gconstpointer origin, const char *word)
{
    return g_strcmp0(origin, word) == 0;
}

/* Whether LINK has its IPv4 address by DHCP: *IDENTITY is then what its client calls itself. */
static gboolean
find_dhcp(const LoomHost *host, const char *link, const char **identity)
{
    const LoomDhcp *own = loom_host_find(host, &loom_dhcp_kind, link);

    *identity = own ? own->identity : NULL;
    if (own)
        return TRUE;
    for (guint i = 0; i < host->managers->len; i++) {
        const LoomManager *manager = host->managers->pdata[i];

        if (g_str_equal(manager->link, link) && manager->dhcp) {
            *identity = manager->identity;
            return TRUE;
        }
    }
    for (guint i = 0; i < host->addresses->len; i++) {
        const LoomAddress *address = host->addresses->pdata[i];

        if (g_str_equal(address->link, link) && is_of(address->origin, "dhcp") &&
            !is_ip6(address->address))
            return TRUE;
    }
    return FALSE;
}

static gboolean
has_something(const LoomHost *facts, const char *link)
{
    const char *identity;

    for (guint i = 0; i < facts->addresses->len; i++) {
        const LoomAddress *address = facts->addresses->pdata[i];

        if (g_str_equal(address->link, link) && !is_link_local(address))
            return TRUE;
    }
    return find_dhcp(facts, link, &identity);
}

/* The switch's NIC that had this address when it was made, else its first. */
static const char *
find_nic_by_mac(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const char *mac)
{
    for (guint i = 0; mac && i < compiled->nics->len; i++)
        if (g_strcmp0(loom_compile_find_permanent_mac(compiler, compiled->nics->pdata[i]), mac) ==
            0)
            return compiled->nics->pdata[i];
    return compiled->nics->pdata[0];
}

/* FALSE: several NICs have something, which was reported. *NIC may become NULL. */
static gboolean
find_nic_with_something(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
                        const LoomVnic *vnic, const char **nic)
{
    g_autoptr(GString) names = g_string_new(NULL);
    guint count = 0;

    *nic = NULL;
    for (guint i = 0; i < compiled->nics->len; i++) {
        if (!has_something(compiler->facts, compiled->nics->pdata[i]))
            continue;
        *nic = compiled->nics->pdata[i];
        g_string_append_printf(names, count++ ? ", %s" : "%s", *nic);
    }
    if (count < 2)
        return TRUE;
    loom_report_add(compiler->report, LOOM_SEVERITY_ERROR, &compiled->host_switch->record.source,
                    _("host '%s': host vNIC '%s' inherits what one NIC of logical switch '%s' has, "
                      "but several have addresses or DHCP: %s; take them off all but one"),
                    compiler->host->name, vnic->name, compiled->host_switch->logicalswitch,
                    names->str);
    return FALSE;
}

static const LoomLink *
find_link(const LoomHost *host, const char *name)
{
    return host ? loom_host_find(host, &loom_link_kind, name) : NULL;
}

static Heritage
choose(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled, const LoomVnic *vnic)
{
    const LoomLink *before = find_link(compiler->committed, vnic->name);
    const LoomLink *present = find_link(compiler->facts, vnic->name);
    const char *nic;

    if (!compiled->nics->len)
        return (Heritage){0};
    if (before && before->inherit &&
        g_ptr_array_find_with_equal_func(compiled->nics, before->inherit, g_str_equal, NULL))
        return (Heritage){compiler->committed, vnic->name, before->inherit};
    if (!compiler->facts || !find_nic_with_something(compiler, compiled, vnic, &nic))
        return (Heritage){0};
    if (nic)
        return (Heritage){compiler->facts, nic, nic};
    if (before && before->inherit)
        return (Heritage){compiler->committed, vnic->name,
                          find_nic_by_mac(compiler, compiled, before->mac)};
    if (present && present->kind != LOOM_LINK_PHYSICAL &&
        has_something(compiler->facts, vnic->name))
        return (Heritage){compiler->facts, vnic->name,
                          find_nic_by_mac(compiler, compiled, present->mac)};
    nic = compiled->nics->pdata[0];
    loom_report_add(compiler->report, LOOM_SEVERITY_WARNING, &compiled->host_switch->record.source,
                    _("host '%s': host vNIC '%s' inherits nothing but the MAC address of '%s': no "
                      "NIC of logical switch '%s' has an address or DHCP"),
                    compiler->host->name, vnic->name, nic, compiled->host_switch->logicalswitch);
    return (Heritage){compiler->facts, nic, nic};
}

/* What the fabric states itself comes first. */
static void
add_unless_stated(const LoomCompiler *compiler, gpointer record)
{
    g_autofree char *key = loom_record_key(record);
    const LoomRecord *new = record;

    if (loom_host_find(compiler->result, new->kind, key))
        loom_record_free(record);
    else
        loom_record_add(compiler->result, record);
}

/* A label begins with its link's name, since ifconfig knows aliases by it. */
static void
set_label(LoomAddress *address, const char *from, const char *to)
{
    g_autofree char *label = NULL;

    if (!address->label || !g_str_has_prefix(address->label, from))
        return;
    label = g_strconcat(to, address->label + strlen(from), NULL);
    if (g_str_equal(label, to) || strlen(label) > LOOM_DEVICE_LENGTH_MAX)
        LOOM_SET(address, label, NULL);
    else if (address->label[strlen(from)] == ':')
        LOOM_SET(address, label, label);
}

static gboolean
is_inherited_address(const LoomCompiler *compiler, const Heritage *heritage,
                     const LoomAddress *address)
{
    if (!g_str_equal(address->link, heritage->link))
        return FALSE;
    if (heritage->host == compiler->committed)
        return address->inherited;
    return !g_str_has_prefix(address->address, "fe80:") &&
           (!address->origin || is_of(address->origin, "static"));
}

/* The route to ADDRESS's own subnet, from it, that there is as if the kernel had made it; or NULL.
 */
static const LoomRoute *
find_prefix_route(const Heritage *heritage, const LoomAddress *address)
{
    g_autofree char *destination =
        loom_inet_format_subnet(address->address, (unsigned)address->prefix);

    for (guint i = 0; i < heritage->host->routes->len; i++) {
        const LoomRoute *route = heritage->host->routes->pdata[i];

        if (g_str_equal(route->link, heritage->link) && is_of(route->protocol, "kernel") &&
            g_str_equal(route->destination, destination) &&
            (!route->source || g_str_equal(route->source, address->address)))
            return route;
    }
    return NULL;
}

/*
 * NetworkManager makes that route itself, in the kernel's name and with a metric of its own, and
 * takes the kernel's away: on the vNIC the kernel is to make it, or nobody would.
 */
static void
set_prefix_route(const Heritage *heritage, LoomAddress *copy)
{
    const LoomRoute *route = copy->noprefixroute ? find_prefix_route(heritage, copy) : NULL;

    if (!route)
        return;
    LOOM_SET_NUMBER(copy, noprefixroute, FALSE);
    if (LOOM_HAS(route, metric))
        LOOM_SET_NUMBER(copy, metric, route->metric);
}

static void
add_addresses(const LoomCompiler *compiler, const Heritage *heritage, const LoomLink *link)
{
    for (guint i = 0; i < heritage->host->addresses->len; i++) {
        const LoomAddress *address = heritage->host->addresses->pdata[i];
        LoomAddress *copy;

        if (!is_inherited_address(compiler, heritage, address))
            continue;
        copy = loom_record_copy(address);
        LOOM_SET(copy, link, link->name);
        LOOM_SET(copy, origin, "static");
        LOOM_SET_NUMBER(copy, inherited, TRUE);
        set_label(copy, heritage->link, link->name);
        set_prefix_route(heritage, copy);
        add_unless_stated(compiler, copy);
    }
}

/*
 * Routes that come by themselves with the address, the router or the lease do so again. dhclient
 * makes its default route like anybody's: with DHCP one of IPv4 is taken for the client's.
 */
static gboolean
is_inherited_route(const LoomCompiler *compiler, const Heritage *heritage, gboolean by_dhcp,
                   const LoomRoute *route)
{
    static const char *const givers[] = {"kernel", "ra", "dhcp", NULL};

    if (!g_str_equal(route->link, heritage->link))
        return FALSE;
    if (heritage->host == compiler->committed)
        return route->inherited;
    return !route->unsaid && !(route->protocol && g_strv_contains(givers, route->protocol)) &&
           !(by_dhcp && is_of(route->protocol, "boot") &&
             g_str_equal(route->destination, "0.0.0.0/0"));
}

static void
add_routes(const LoomCompiler *compiler, const Heritage *heritage, gboolean by_dhcp,
           const LoomLink *link)
{
    for (guint i = 0; i < heritage->host->routes->len; i++) {
        const LoomRoute *route = heritage->host->routes->pdata[i];
        LoomRoute *copy;

        if (!is_inherited_route(compiler, heritage, by_dhcp, route))
            continue;
        copy = loom_record_copy(route);
        LOOM_SET(copy, link, link->name);
        LOOM_SET_NUMBER(copy, inherited, TRUE);
        add_unless_stated(compiler, copy);
    }
}

static void
add_neighbours(const LoomCompiler *compiler, const Heritage *heritage, const LoomLink *link)
{
    for (guint i = 0; i < heritage->host->neighbours->len; i++) {
        const LoomNeighbour *neighbour = heritage->host->neighbours->pdata[i];
        LoomNeighbour *copy;

        if (!g_str_equal(neighbour->link, heritage->link) ||
            (heritage->host == compiler->committed && !neighbour->inherited))
            continue;
        copy = loom_record_copy(neighbour);
        LOOM_SET(copy, link, link->name);
        LOOM_SET_NUMBER(copy, inherited, TRUE);
        add_unless_stated(compiler, copy);
    }
}

static gboolean
is_default_by_dhcp(const LoomRoute *route, const char *link)
{
    return g_str_equal(route->link, link) && g_str_equal(route->destination, "0.0.0.0/0") &&
           (is_of(route->protocol, "dhcp") || is_of(route->protocol, "boot"));
}

/* Its routes are as good as they were: a client left to itself has a metric of its own. */
static void
set_metric(const LoomCompiler *compiler, const Heritage *heritage, LoomDhcp *dhcp)
{
    const LoomDhcp *before = loom_host_find(heritage->host, &loom_dhcp_kind, heritage->link);
    const GPtrArray *routes = heritage->host->routes;

    if (before) {
        if (LOOM_HAS(before, metric))
            LOOM_SET_NUMBER(dhcp, metric, before->metric);
        return;
    }
    for (guint i = 0; heritage->host != compiler->committed && i < routes->len; i++) {
        const LoomRoute *route = routes->pdata[i];

        if (is_default_by_dhcp(route, heritage->link) &&
            !(LOOM_HAS(dhcp, metric) && dhcp->metric <= route->metric))
            LOOM_SET_NUMBER(dhcp, metric, route->metric);
    }
}

/* Where the fabric says dhcp='yes', it still is by the name by which the network knows the host. */
static gboolean
add_dhcp(const LoomCompiler *compiler, const Heritage *heritage, const LoomLink *link)
{
    LoomDhcp *stated = loom_host_find(compiler->result, &loom_dhcp_kind, link->name);
    const LoomDhcp *before = loom_host_find(heritage->host, &loom_dhcp_kind, heritage->link);
    const char *identity;
    LoomDhcp *dhcp;

    if (!find_dhcp(heritage->host, heritage->link, &identity))
        return stated != NULL;
    if (stated) {
        LOOM_SET(stated, identity, identity);
        set_metric(compiler, heritage, stated);
        return TRUE;
    }
    if (heritage->host == compiler->committed && !(before && before->inherited))
        return FALSE;
    dhcp = loom_record_new(&loom_dhcp_kind);
    LOOM_SET(dhcp, link, link->name);
    LOOM_SET(dhcp, identity, identity);
    set_metric(compiler, heritage, dhcp);
    LOOM_SET_NUMBER(dhcp, inherited, TRUE);
    loom_record_add(compiler->result, dhcp);
    return TRUE;
}

static gboolean
is_autoconfigured(const LoomCompiler *compiler, const Heritage *heritage, const LoomLink *was)
{
    if (heritage->host == compiler->committed)
        return was->autoconf;
    for (guint i = 0; i < heritage->host->addresses->len; i++) {
        const LoomAddress *address = heritage->host->addresses->pdata[i];

        if (g_str_equal(address->link, heritage->link) && is_of(address->origin, "ra"))
            return TRUE;
    }
    for (guint i = 0; i < heritage->host->routes->len; i++) {
        const LoomRoute *route = heritage->host->routes->pdata[i];

        if (g_str_equal(route->link, heritage->link) && is_of(route->protocol, "ra"))
            return TRUE;
    }
    return FALSE;
}

/* What is lost, since our DHCP client asks for IPv4. */
static void
report_dhcp6(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
             const Heritage *heritage, const LoomLink *link)
{
    for (guint i = 0; i < heritage->host->addresses->len; i++) {
        const LoomAddress *address = heritage->host->addresses->pdata[i];

        if (g_str_equal(address->link, heritage->link) && is_of(address->origin, "dhcp") &&
            is_ip6(address->address))
            loom_report_add(compiler->report, LOOM_SEVERITY_WARNING,
                            &compiled->host_switch->record.source,
                            _("host '%s': '%s' has the address %s by DHCPv6, which host vNIC '%s' "
                              "does not inherit"),
                            compiler->host->name, heritage->link, address->address, link->name);
    }
}

/* That by which the network knows it: of a NIC in a team not the team's. */
static const char *
find_mac(const LoomLink *was)
{
    return was->master && was->kind == LOOM_LINK_PHYSICAL && was->permanentmac ? was->permanentmac
           : was->mac                                                          ? was->mac
                                                                               : was->permanentmac;
}

void
loom_compile_inherit(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
                     const LoomVnic *vnic, LoomLink *link)
{
    const Heritage heritage = choose(compiler, compiled, vnic);
    const LoomLink *was = find_link(heritage.host, heritage.link);
    gboolean by_dhcp;

    LOOM_SET(link, inherit, heritage.nic);
    LOOM_SET(link, mac, was ? find_mac(was) : NULL);
    if (!was)
        return;
    if (!vnic->ip6)
        LOOM_SET_NUMBER(link, autoconf, is_autoconfigured(compiler, &heritage, was));
    report_dhcp6(compiler, compiled, &heritage, link);
    add_addresses(compiler, &heritage, link);
    by_dhcp = add_dhcp(compiler, &heritage, link);
    add_routes(compiler, &heritage, by_dhcp, link);
    add_neighbours(compiler, &heritage, link);
}
