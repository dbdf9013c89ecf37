/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What port profiles ask of the NICs behind a switch. */
#include "compile/compiler.h"

/* What the profile says, and what of a NIC it is. */
static const struct {
    const char *attribute;
    size_t profile, link;
} rows[] = {
    {"ipsec", offsetof(LoomOffload, ipsec), offsetof(LoomLink, ipsec)},
    {"rss", offsetof(LoomOffload, rss), offsetof(LoomLink, rss)},
};

/* Whether a guest, or the host itself, can have a port there at all. */
static gboolean
has_network(const LoomFabric *fabric, const LoomFabricHost *host, const LoomHostSwitch *host_switch)
{
    for (guint i = 0; i < fabric->vm_networks->len; i++) {
        const LoomVmNetwork *network = fabric->vm_networks->pdata[i];
        LoomVlanChoice choice;
        LoomSite *site;

        if (loom_compile_offers(host, host_switch, network, &site) &&
            loom_fabric_choose_vlan(fabric, network, site, &choice))
            return TRUE;
    }
    return FALSE;
}

static const LoomPortProfile *
find_asking(const LoomFabric *fabric, const LoomFabricHost *host, const LoomHostSwitch *host_switch,
            size_t offset)
{
    const GPtrArray *portgroups = host_switch->logical_switch->portgroups;

    for (guint i = 0; i < portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = portgroups->pdata[i];

        if (G_STRUCT_MEMBER(gboolean, portgroup->resolved->offload, offset))
            return has_network(fabric, host, host_switch) ? portgroup->resolved : NULL;
    }
    return NULL;
}

const LoomPortProfile *
loom_compile_find_offload(const LoomFabric *fabric, const LoomFabricHost *host,
                          const LoomHostSwitch *host_switch, const char *attribute)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_str_equal(rows[i].attribute, attribute))
            return find_asking(fabric, host, host_switch, rows[i].profile);
    return NULL;
}

/* Nothing is said where nobody asks: then it is as it was. */
void
loom_compile_offload(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
                     LoomLink *nic)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (find_asking(compiler->fabric, compiler->host, compiled->host_switch, rows[i].profile))
            loom_record_set(nic, rows[i].link, "yes");
}
