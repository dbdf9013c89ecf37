/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From names to things: the index of the fabric, and every reference of it. */
#include "base/i18n.h"
#include "fabric/load.h"
#include "fabric/pairs.h"

typedef struct {
    LoomFabric *fabric;
    LoomReport *report;
    GHashTable *uplinks; /* (LoomLogicalSwitch, LoomUplinkProfile) -> its LoomUplink */
} Resolver;

static char *
index_key(const LoomKind *kind, const char *name)
{
    return g_strconcat(kind->element, "/", name, NULL);
}

gpointer
loom_fabric_find(const LoomFabric *fabric, const LoomKind *kind, const char *name)
{
    g_autofree char *key = NULL;

    if (!name)
        return NULL;
    key = index_key(kind, name);
    return g_hash_table_lookup(fabric->index, key);
}

/* Sites are named within their logical network, and there may be a thousand of one. */
static char *
site_key(const LoomLogicalNetwork *network, const char *name)
{
    return g_strdup_printf("site/%p/%s", (const void *)network, name);
}

LoomSite *
loom_fabric_find_site(const LoomFabric *fabric, const LoomLogicalNetwork *network, const char *name)
{
    g_autofree char *key = site_key(network, name);

    return g_hash_table_lookup(fabric->index, key);
}

const LoomLease *
loom_fabric_find_address_lease(const LoomFabric *fabric, const char *pool, const char *host,
                               const char *vnic)
{
    g_autofree char *key = g_strjoin("\n", "lease", pool, host, vnic, NULL);

    return g_hash_table_lookup(fabric->index, key);
}

const LoomLease *
loom_fabric_find_vlan_lease(const LoomFabric *fabric, const char *vmnetwork, const char *site)
{
    g_autofree char *key = g_strjoin("\n", "vlan", vmnetwork, site, NULL);

    return g_hash_table_lookup(fabric->index, key);
}

/* Adds a record by its name; the second of a name is a finding. Nameless ones were reported. */
static void
add_name(const Resolver *resolver, gpointer added)
{
    LoomRecord *record = added;
    g_autofree char *name = loom_record_get(record, &record->kind->attributes[0]);
    const LoomRecord *first;

    if (!name)
        return;
    first = loom_fabric_find(resolver->fabric, record->kind, name);
    if (!first)
        g_hash_table_insert(resolver->fabric->index, index_key(record->kind, name), record);
    else
        loom_report_add(resolver->report, LOOM_SEVERITY_ERROR, &record->source,
                        _("%s '%s' is defined twice; first at %s:%u"), _(record->kind->noun), name,
                        first->source.file, first->source.line);
}

static void
add_names(const Resolver *resolver, const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++)
        add_name(resolver, list->pdata[i]);
}

static void
add_groups(const Resolver *resolver, const GPtrArray *groups, LoomHostGroup *parent)
{
    for (guint i = 0; i < groups->len; i++) {
        LoomHostGroup *group = groups->pdata[i];

        group->parent = parent;
        add_name(resolver, group);
        add_groups(resolver, group->groups, group);
    }
}

static void
add_pools(const Resolver *resolver, LoomSubnet *subnet)
{
    for (guint i = 0; i < subnet->pools->len; i++) {
        LoomPool *pool = subnet->pools->pdata[i];

        pool->subnet = subnet;
        add_name(resolver, pool);
        g_ptr_array_add(resolver->fabric->pools, pool);
    }
}

static void
add_sites(const Resolver *resolver, LoomLogicalNetwork *network)
{
    GHashTable *index = resolver->fabric->index;

    for (guint i = 0; i < network->sites->len; i++) {
        LoomSite *site = network->sites->pdata[i];
        g_autofree char *key = site_key(network, site->name ? site->name : "");
        const LoomSite *first = site->name ? g_hash_table_lookup(index, key) : NULL;

        site->network = network;
        if (!first && site->name)
            g_hash_table_insert(index, g_steal_pointer(&key), site);
        if (first)
            loom_report_add(resolver->report, LOOM_SEVERITY_ERROR, &site->record.source,
                            _("network site '%s' is defined twice in logical network '%s'; first "
                              "at %s:%u"),
                            site->name, network->name ? network->name : "",
                            first->record.source.file, first->record.source.line);
        for (guint k = 0; k < site->subnets->len; k++) {
            LoomSubnet *subnet = site->subnets->pdata[k];

            subnet->site = site;
            loom_pairs_add(resolver->fabric->rows, site, LOOM_ROW_OF_VLAN(subnet->vlan), subnet);
            if (subnet->secondary)
                loom_pairs_add(resolver->fabric->rows, site,
                               LOOM_ROW_OF_SECONDARY(subnet->secondary), subnet);
            add_pools(resolver, subnet);
        }
    }
}

static void
add_leases(LoomFabric *fabric)
{
    for (guint i = 0; i < fabric->lease_lists->len; i++) {
        const LoomLeases *list = fabric->lease_lists->pdata[i];

        for (guint k = 0; k < list->leases->len; k++) {
            LoomLease *lease = list->leases->pdata[k];
            const LoomLeaseShape shape = loom_lease_get_shape(lease);
            char *key = NULL;

            g_ptr_array_add(fabric->leases, lease);
            if (shape == LOOM_LEASE_OF_ADDRESS && lease->host)
                key = g_strjoin("\n", "lease", lease->pool, lease->host, lease->vnic, NULL);
            else if (shape == LOOM_LEASE_OF_VLAN)
                key = g_strjoin("\n", "vlan", lease->vmnetwork, lease->site, NULL);
            if (key && !g_hash_table_contains(fabric->index, key))
                g_hash_table_insert(fabric->index, key, lease);
            else
                g_free(key);
        }
    }
}

static void
make_index(const Resolver *resolver)
{
    LoomFabric *fabric = resolver->fabric;

    add_groups(resolver, fabric->groups, NULL);
    add_names(resolver, fabric->networks);
    for (guint i = 0; i < fabric->networks->len; i++)
        add_sites(resolver, fabric->networks->pdata[i]);
    add_names(resolver, fabric->vm_networks);
    for (guint i = 0; i < fabric->vm_networks->len; i++) {
        LoomVmNetwork *network = fabric->vm_networks->pdata[i];

        for (guint k = 0; k < network->subnets->len; k++) {
            LoomSubnet *subnet = network->subnets->pdata[k];

            subnet->owner = network;
            add_pools(resolver, subnet);
        }
    }
    add_names(resolver, fabric->mac_pools);
    add_names(resolver, fabric->port_profiles);
    add_names(resolver, fabric->uplink_profiles);
    add_names(resolver, fabric->classifications);
    add_names(resolver, fabric->switches);
    add_names(resolver, fabric->hosts);
    add_leases(fabric);
}

/* What NAME of KIND is; nothing of that name is a finding about WHERE. NULL names nothing. */
static gpointer
resolve(const Resolver *resolver, const LoomRecord *where, const LoomKind *kind, const char *name)
{
    gpointer found = loom_fabric_find(resolver->fabric, kind, name);

    if (name && !found)
        loom_report_add(resolver->report, LOOM_SEVERITY_ERROR, &where->source,
                        _("<%s> names %s '%s', which is not defined"), where->kind->element,
                        _(kind->noun), name);
    return found;
}

static void
resolve_group_refs(const Resolver *resolver, const GPtrArray *refs)
{
    for (guint i = 0; i < refs->len; i++) {
        LoomHostGroupRef *ref = refs->pdata[i];

        ref->group = resolve(resolver, &ref->record, &loom_host_group_kind, ref->ref);
    }
}

/* The site NAME of NETWORK (NULL: unknown, and reported before). */
static LoomSite *
resolve_site(const Resolver *resolver, const LoomRecord *where, const LoomLogicalNetwork *network,
             const char *name)
{
    LoomSite *site;

    if (!network || !name)
        return NULL;
    site = loom_fabric_find_site(resolver->fabric, network, name);
    if (!site)
        loom_report_add(resolver->report, LOOM_SEVERITY_ERROR, &where->source,
                        _("<%s> names network site '%s', which logical network '%s' does not have"),
                        where->kind->element, name, network->name);
    return site;
}

static void
resolve_networks(const Resolver *resolver)
{
    const LoomFabric *fabric = resolver->fabric;

    for (guint i = 0; i < fabric->networks->len; i++) {
        const LoomLogicalNetwork *network = fabric->networks->pdata[i];

        for (guint k = 0; k < network->sites->len; k++)
            resolve_group_refs(resolver, ((LoomSite *)network->sites->pdata[k])->groups);
    }
    for (guint i = 0; i < fabric->mac_pools->len; i++)
        resolve_group_refs(resolver, ((LoomMacPool *)fabric->mac_pools->pdata[i])->groups);
    for (guint i = 0; i < fabric->vm_networks->len; i++) {
        LoomVmNetwork *network = fabric->vm_networks->pdata[i];

        network->network = resolve(resolver, &network->record, &loom_logical_network_kind,
                                   network->logicalnetwork);
        for (guint k = 0; k < network->vlans->len; k++) {
            LoomVmNetworkVlan *vlan = network->vlans->pdata[k];

            vlan->resolved = resolve_site(resolver, &vlan->record, network->network, vlan->site);
        }
    }
}

static void
resolve_uplink_profiles(const Resolver *resolver)
{
    const LoomFabric *fabric = resolver->fabric;

    for (guint i = 0; i < fabric->uplink_profiles->len; i++) {
        const LoomUplinkProfile *profile = fabric->uplink_profiles->pdata[i];

        for (guint k = 0; k < profile->sites->len; k++) {
            LoomSiteRef *ref = profile->sites->pdata[k];
            const LoomLogicalNetwork *network =
                resolve(resolver, &ref->record, &loom_logical_network_kind, ref->logicalnetwork);

            ref->site = resolve_site(resolver, &ref->record, network, ref->ref);
        }
    }
}

static void
resolve_vnics(const Resolver *resolver, const GPtrArray *vnics)
{
    for (guint i = 0; i < vnics->len; i++) {
        LoomVnic *vnic = vnics->pdata[i];

        vnic->network = resolve(resolver, &vnic->record, &loom_vm_network_kind, vnic->vmnetwork);
        vnic->resolved =
            resolve(resolver, &vnic->record, &loom_classification_kind, vnic->classification);
        for (guint k = 0; k < vnic->addresses->len; k++) {
            LoomVnicAddress *address = vnic->addresses->pdata[k];

            address->resolved = resolve(resolver, &address->record, &loom_pool_kind, address->pool);
        }
    }
}

/* "Host management" as libvirt's schema takes it: Host-management. NULL: no ASCII letters stand for
 * it. */
static char *
portgroup_name(const char *classification)
{
    if (!g_str_is_ascii(classification))
        return NULL;
    return g_strcanon(g_strdup(classification), G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_.-", '-');
}

static void
resolve_portgroup(const Resolver *resolver, LoomSwitchPortgroup *portgroup)
{
    const char *profile = portgroup->profile ? portgroup->profile : portgroup->classification;

    portgroup->resolved_classification =
        resolve(resolver, &portgroup->record, &loom_classification_kind, portgroup->classification);
    portgroup->resolved = resolve(resolver, &portgroup->record, &loom_port_profile_kind, profile);
    if (!portgroup->name && portgroup->classification)
        portgroup->name = portgroup_name(portgroup->classification);
}

static void
resolve_switches(const Resolver *resolver)
{
    const LoomFabric *fabric = resolver->fabric;

    for (guint i = 0; i < fabric->switches->len; i++) {
        const LoomLogicalSwitch *logical_switch = fabric->switches->pdata[i];

        for (guint k = 0; k < logical_switch->uplinks->len; k++) {
            LoomUplink *uplink = logical_switch->uplinks->pdata[k];

            uplink->resolved =
                resolve(resolver, &uplink->record, &loom_uplink_profile_kind, uplink->profile);
            resolve_vnics(resolver, uplink->vnics);
            if (uplink->resolved)
                loom_pairs_add(resolver->uplinks, logical_switch, uplink->resolved, uplink);
        }
        for (guint k = 0; k < logical_switch->portgroups->len; k++)
            resolve_portgroup(resolver, logical_switch->portgroups->pdata[k]);
    }
}

static void
resolve_hosts(const Resolver *resolver)
{
    const LoomFabric *fabric = resolver->fabric;

    for (guint i = 0; i < fabric->hosts->len; i++) {
        LoomFabricHost *host = fabric->hosts->pdata[i];

        host->group = resolve(resolver, &host->record, &loom_host_group_kind, host->hostgroup);
        for (guint k = 0; k < host->switches->len; k++) {
            LoomHostSwitch *use = host->switches->pdata[k];

            use->logical_switch =
                resolve(resolver, &use->record, &loom_logical_switch_kind, use->logicalswitch);
            use->profile = resolve(resolver, &use->record, &loom_uplink_profile_kind, use->uplink);
            use->resolved_uplink =
                loom_pairs_find(resolver->uplinks, use->logical_switch, use->profile);
            resolve_vnics(resolver, use->vnics);
        }
    }
}

static void
resolve_migration(const Resolver *resolver, LoomMigration *migration)
{
    for (guint i = 0; i < migration->networks->len; i++) {
        LoomMigrationNetwork *network = migration->networks->pdata[i];

        network->network = resolve(resolver, &network->record, &loom_vm_network_kind, network->ref);
    }
    migration->fallback_network =
        resolve(resolver, &migration->record, &loom_vm_network_kind, migration->fallback);
    migration->group =
        resolve(resolver, &migration->record, &loom_host_group_kind, migration->hostgroup);
}

static void
resolve_policies(const Resolver *resolver)
{
    const LoomProbes *probes = resolver->fabric->probes;

    for (guint i = 0; i < resolver->fabric->migrations->len; i++)
        resolve_migration(resolver, resolver->fabric->migrations->pdata[i]);
    for (guint i = 0; probes && i < probes->probes->len; i++) {
        LoomProbe *probe = probes->probes->pdata[i];

        probe->network = resolve(resolver, &probe->record, &loom_vm_network_kind, probe->vmnetwork);
        probe->group = resolve(resolver, &probe->record, &loom_host_group_kind, probe->hostgroup);
    }
}

void
loom_fabric_resolve(LoomFabric *fabric, LoomReport *report)
{
    g_autoptr(GHashTable) uplinks = loom_pairs_new();
    const Resolver resolver = {fabric, report, uplinks};

    fabric->index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    fabric->rows = loom_pairs_new();
    fabric->pools = g_ptr_array_new();
    fabric->leases = g_ptr_array_new();
    make_index(&resolver);
    resolve_networks(&resolver);
    resolve_uplink_profiles(&resolver);
    resolve_switches(&resolver);
    resolve_hosts(&resolver);
    resolve_policies(&resolver);
}
