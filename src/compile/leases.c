/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses that pools have given to guests, for the guards of their ports. */
#include "compile/compiler.h"

static gboolean
has_leased_guard(const LoomLogicalSwitch *logical_switch)
{
    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];

        if (portgroup->resolved->security->addresses == LOOM_ADDRESSES_LEASED)
            return TRUE;
    }
    return FALSE;
}

/* Whether a port with CHOICE reaches the VLAN of ROW. */
static gboolean
reaches(const LoomVlanChoice *choice, const LoomSubnet *row)
{
    if (row->vlan && loom_vlans_has(&choice->trunk, (unsigned)row->vlan))
        return TRUE;
    return row->vlan == choice->vlan && (row->vlan || loom_vlans_is_empty(&choice->trunk));
}

static void
add_lease(const LoomCompiler *compiler, const char *network, const LoomLease *from)
{
    LoomGuestAddress *lease = loom_record_new(&loom_guest_address_kind);

    LOOM_SET(lease, network, network);
    LOOM_SET(lease, guest, from->guest);
    LOOM_SET(lease, address, from->address);
    LOOM_SET(lease, mac, from->mac);
    loom_record_add(compiler->result, lease);
}

void
loom_compile_leases(const LoomCompiler *compiler, const LoomLogicalSwitch *logical_switch,
                    const LoomVlanChoice *choice, const LoomSite *site, const char *network)
{
    if (!has_leased_guard(logical_switch))
        return;
    for (guint i = 0; i < compiler->fabric->leases->len; i++) {
        const LoomLease *lease = compiler->fabric->leases->pdata[i];
        const LoomPool *pool =
            lease->guest && lease->pool && lease->address
                ? loom_fabric_find(compiler->fabric, &loom_pool_kind, lease->pool)
                : NULL;

        if (pool && pool->subnet->site == site && reaches(choice, pool->subnet))
            add_lease(compiler, network, lease);
    }
}
