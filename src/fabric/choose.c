/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which VLANs a VM network means at a site. */
#include "fabric/fabric.h"
#include "fabric/load.h"
#include "fabric/pairs.h"

static gboolean
is_same_row(const LoomSubnet *a, const LoomSubnet *b)
{
    return a->vlan == b->vlan && a->secondary == b->secondary;
}

/* The only row of SITE; subnets that share a VLAN are one row. NULL: there are several, or none. */
static const LoomSubnet *
only_row(const LoomSite *site)
{
    for (guint i = 1; i < site->subnets->len; i++)
        if (!is_same_row(site->subnets->pdata[0], site->subnets->pdata[i]))
            return NULL;
    return site->subnets->len ? site->subnets->pdata[0] : NULL;
}

static gboolean
choose_trunk(const LoomVmNetwork *network, const LoomSite *site, LoomVlanChoice *choice)
{
    LoomVlanChoice chosen = {0};

    for (guint i = 0; i < network->vlans->len; i++) {
        const LoomVmNetworkVlan *vlan = network->vlans->pdata[i];
        LoomVlans ids;

        if (vlan->resolved != site || !vlan->id || !loom_vlans_parse(vlan->id, &ids))
            continue;
        if (vlan->native) {
            chosen.vlan = loom_vlans_next(&ids, 1);
            continue;
        }
        for (guint k = 0; k < G_N_ELEMENTS(ids.bits); k++)
            chosen.trunk.bits[k] |= ids.bits[k];
    }
    if (!chosen.vlan && loom_vlans_is_empty(&chosen.trunk))
        return FALSE;
    *choice = chosen;
    return TRUE;
}

static void
choose_row(const LoomSite *site, const LoomSubnet *row, LoomVlanChoice *choice)
{
    LoomVlanChoice chosen = {.vlan = row->vlan, .secondary = row->secondary, .pvlan = row->pvlan};

    for (guint i = 0; row->secondary && i < site->subnets->len; i++) {
        const LoomSubnet *other = site->subnets->pdata[i];

        if (other->vlan == row->vlan && other->secondary)
            loom_vlans_add(&chosen.secondaries, (unsigned)other->secondary);
    }
    *choice = chosen;
}

gboolean
loom_fabric_choose_vlan(const LoomFabric *fabric, const LoomVmNetwork *network,
                        const LoomSite *site, LoomVlanChoice *choice)
{
    const LoomVmNetworkVlan *named = loom_vm_network_find_vlan(network, site);
    const LoomLease *lease;
    const LoomSubnet *row = NULL;
    guint64 id;

    if (network->isolation == LOOM_ISOLATION_VIRTUAL)
        return FALSE;
    if (network->isolation == LOOM_ISOLATION_TRUNK)
        return choose_trunk(network, site, choice);
    if (!site->subnets->len && !network->automatic && (!named || !g_strcmp0(named->id, "0"))) {
        *choice = (LoomVlanChoice){0};
        return TRUE;
    }
    if (named && named->id) {
        id = g_ascii_strtoull(named->id, NULL, 10);
        row = loom_pairs_find(fabric->rows, site,
                              network->isolation == LOOM_ISOLATION_PVLAN ? LOOM_ROW_OF_SECONDARY(id)
                                                                         : LOOM_ROW_OF_VLAN(id));
    } else if (network->automatic) {
        lease = loom_fabric_find_vlan_lease(fabric, network->name, site->name);
        if (lease)
            row = loom_pairs_find(fabric->rows, site, LOOM_ROW_OF_VLAN(lease->vlan));
    } else {
        row = only_row(site);
    }
    if (!row)
        return FALSE;
    choose_row(site, row, choice);
    return TRUE;
}

const LoomMigration *
loom_fabric_find_migration(const LoomFabric *fabric, const LoomHostGroup *group)
{
    const LoomMigration *any = NULL;

    for (; group; group = group->parent)
        for (guint i = 0; i < fabric->migrations->len; i++) {
            const LoomMigration *migration = fabric->migrations->pdata[i];

            if (migration->group == group)
                return migration;
        }
    for (guint i = 0; !any && i < fabric->migrations->len; i++) {
        const LoomMigration *migration = fabric->migrations->pdata[i];

        if (!migration->hostgroup)
            any = migration;
    }
    return any;
}
