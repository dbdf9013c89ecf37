/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where it comes from that a port is so. */
#include "cli/portorigin.h"

#include "base/i18n.h"

/* What a port was made of; any of it may be NULL: the fabric has changed since. */
typedef struct {
    const LoomFabric *fabric;
    const LoomFabricHost *host;
    const LoomLogicalSwitch *logical_switch;
    const LoomVmNetwork *network;
    const LoomVnic *vnic;
    const LoomSwitchPortgroup *portgroup;
} Parts;

static const LoomVnic *
find_vnic(const LoomFabricHost *host, const char *name)
{
    for (guint i = 0; host && i < host->switches->len; i++) {
        const LoomHostSwitch *host_switch = host->switches->pdata[i];
        g_autoptr(GPtrArray) vnics =
            host_switch->logical_switch ? loom_host_switch_list_vnics(host_switch) : NULL;

        for (guint k = 0; vnics && k < vnics->len; k++)
            if (g_str_equal(((LoomVnic *)vnics->pdata[k])->name, name))
                return vnics->pdata[k];
    }
    return NULL;
}

/* By the name that it has in libvirt's network. */
static const LoomSwitchPortgroup *
find_portgroup(const LoomLogicalSwitch *logical_switch, const char *name)
{
    for (guint i = 0; name && i < logical_switch->portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];

        if (g_strcmp0(portgroup->name, name) == 0)
            return portgroup;
    }
    return NULL;
}

static Parts
parts_of(const LoomFabric *fabric, const char *host, const LoomPort *port, const char *vnic)
{
    Parts parts = {.fabric = fabric};

    if (host)
        parts.host = loom_fabric_find(fabric, &loom_fabric_host_kind, host);
    if (port->logicalswitch)
        parts.logical_switch =
            loom_fabric_find(fabric, &loom_logical_switch_kind, port->logicalswitch);
    if (port->vmnetwork)
        parts.network = loom_fabric_find(fabric, &loom_vm_network_kind, port->vmnetwork);
    if (vnic)
        parts.vnic = find_vnic(parts.host, vnic);
    if (parts.logical_switch && vnic && parts.vnic)
        parts.portgroup =
            loom_logical_switch_find_portgroup(parts.logical_switch, parts.vnic->resolved);
    else if (parts.logical_switch && !vnic)
        parts.portgroup = find_portgroup(parts.logical_switch, port->portgroup);
    return parts;
}

/* --- the links of a chain ----------------------------------------------------------------------
 */

static void
add(GPtrArray *chain, gconstpointer record)
{
    if (record)
        g_ptr_array_add(chain, loom_origin_new(record, &((const LoomRecord *)record)->source));
}

/* RECORD, which says it in one of its CHILDREN. */
static void
add_part(GPtrArray *chain, gconstpointer record, gconstpointer child)
{
    const LoomSource *source = &((const LoomRecord *)child)->source;

    g_ptr_array_add(
        chain,
        loom_origin_new(record, source->line ? source : &((const LoomRecord *)record)->source));
}

/* The rows of the site, from which the VM network chooses. */
static void
add_vlan(GPtrArray *chain, const Parts *parts)
{
    const LoomVmNetwork *network = parts->network;
    const LoomSite *site =
        network && network->network && parts->host
            ? loom_logical_network_find_site(network->network, parts->host->group)
            : NULL;
    const LoomVmNetworkVlan *vlan = site ? loom_vm_network_find_vlan(network, site) : NULL;

    if (vlan)
        add_part(chain, network, vlan);
    else
        add(chain, network);
    add(chain, site);
}

static void
add_profile(GPtrArray *chain, const Parts *parts, size_t offset)
{
    if (!parts->portgroup)
        return;
    if (parts->portgroup->resolved)
        add_part(chain, parts->portgroup->resolved,
                 G_STRUCT_MEMBER(gpointer, parts->portgroup->resolved, offset));
    add_part(chain, parts->logical_switch, parts->portgroup);
    add(chain, parts->vnic);
}

static void
add_isolated(GPtrArray *chain, const Parts *parts)
{
    const LoomPortProfile *profile = parts->portgroup ? parts->portgroup->resolved : NULL;

    if (profile && profile->security->isolated)
        add_profile(chain, parts, offsetof(LoomPortProfile, security));
    else
        add_vlan(chain, parts);
}

static void
add_mtu(GPtrArray *chain, const Parts *parts)
{
    if (parts->vnic && LOOM_HAS(parts->vnic, mtu))
        add(chain, parts->vnic);
    else if (parts->network)
        add(chain, parts->network->network);
}

static void
add_place(GPtrArray *chain, const Parts *parts)
{
    add(chain, parts->logical_switch);
    add(chain, parts->host);
}

/* --- which chain -------------------------------------------------------------------------------
 */

GPtrArray *
loom_port_origins_find(const LoomFabric *fabric, const char *host, const LoomPort *port,
                       const char *vnic, const char *attribute)
{
    static const struct {
        const char *attribute;
        void (*add)(GPtrArray *chain, const Parts *parts);
        size_t profile; /* where the profile says it */
    } rows[] = {
        {"bridge", add_place, 0},
        {"vlan", add_vlan, 0},
        {"tagged", add_vlan, 0},
        {"untagged", add_vlan, 0},
        {"isolated", add_isolated, 0},
        {"pvlan", add_vlan, 0},
        {"secondary", add_vlan, 0},
        {"mtu", add_mtu, 0},
        {"tagguard", add_vlan, 0},
        {"privateguard", add_vlan, 0},
        {"macs", NULL, offsetof(LoomPortProfile, security)},
        {"dhcpguard", NULL, offsetof(LoomPortProfile, security)},
        {"routerguard", NULL, offsetof(LoomPortProfile, security)},
        {"priorityreset", NULL, offsetof(LoomPortProfile, security)},
        {"prioritypop", NULL, offsetof(LoomPortProfile, security)},
        {"addresses", NULL, offsetof(LoomPortProfile, security)},
        {"priority", NULL, offsetof(LoomPortProfile, bandwidth)},
        {"weight", NULL, offsetof(LoomPortProfile, bandwidth)},
        {"min", NULL, offsetof(LoomPortProfile, bandwidth)},
        {"max", NULL, offsetof(LoomPortProfile, bandwidth)},
        {"maxin", NULL, offsetof(LoomPortProfile, bandwidth)},
        {"queues", NULL, offsetof(LoomPortProfile, offload)},
        {"ipsec", NULL, offsetof(LoomPortProfile, offload)},
        {"rss", NULL, offsetof(LoomPortProfile, offload)},
    };
    GPtrArray *chain = g_ptr_array_new_with_free_func((GDestroyNotify)loom_origin_free);
    const Parts parts = parts_of(fabric, host, port, vnic);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!g_str_equal(rows[i].attribute, attribute))
            continue;
        if (rows[i].add)
            rows[i].add(chain, &parts);
        else
            add_profile(chain, &parts, rows[i].profile);
    }
    return chain;
}

const LoomPortProfile *
loom_port_origins_find_profile(const LoomFabric *fabric, const char *host, const LoomPort *port,
                               const char *vnic)
{
    const Parts parts = parts_of(fabric, host, port, vnic);

    return parts.portgroup ? parts.portgroup->resolved : NULL;
}
