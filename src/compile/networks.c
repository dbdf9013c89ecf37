/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The libvirt networks of a host: one for each VM network offered on a logical switch. */
#include "base/i18n.h"
#include "base/units.h"
#include "base/uuid.h"
#include "compile/compiler.h"

#include <limits.h>
#include <string.h>

/* A VM network on a switch, through a site. */
typedef struct {
    const LoomVmNetwork *network;
    const LoomHostSwitch *host_switch;
    LoomVlanChoice choice;
    LoomSite *site;
} Offer;

static void
set_rates(const LoomBandwidth *bandwidth, LoomPortgroup *portgroup)
{
    if (bandwidth->maxin) {
        LOOM_SET_NUMBER(portgroup, inaverage, loom_units_mbit_to_kilobytes(bandwidth->maxin));
        LOOM_SET_NUMBER(portgroup, inburst,
                        bandwidth->burstin ? bandwidth->burstin
                                           : loom_units_default_burst(bandwidth->maxin));
    }
    if (bandwidth->max) {
        LOOM_SET_NUMBER(portgroup, outaverage, loom_units_mbit_to_kilobytes(bandwidth->max));
        LOOM_SET_NUMBER(portgroup, outburst,
                        bandwidth->burst ? bandwidth->burst
                                         : loom_units_default_burst(bandwidth->max));
    }
}

/* On Open vSwitch libvirt sets a port's VLAN itself; on a bridge our hook does, on any libvirt. */
static void
set_vlans(const LoomVlanChoice *choice, LoomPortgroup *portgroup)
{
    LoomVlans vlans = choice->trunk;
    g_autofree char *text = NULL;

    if (loom_vlans_is_empty(&choice->trunk)) {
        if (choice->vlan)
            loom_vlans_add(&vlans, choice->secondary ? choice->secondary : choice->vlan);
    } else {
        LOOM_SET_NUMBER(portgroup, trunk, TRUE);
        if (choice->vlan)
            LOOM_SET_NUMBER(portgroup, nativevlan, choice->vlan);
    }
    text = loom_vlans_format(&vlans);
    LOOM_SET(portgroup, vlans, *text ? text : NULL);
}

static LoomPortgroup *
compile_portgroup(const Offer *offer, const LoomSwitchPortgroup *source)
{
    LoomPortgroup *portgroup = loom_record_new(&loom_network_portgroup_kind);

    LOOM_SET(portgroup, name, source->name);
    LOOM_SET_NUMBER(portgroup, is_default, source->is_default);
    set_rates(source->resolved->bandwidth, portgroup);
    if (offer->host_switch->logical_switch->datapath == LOOM_DATAPATH_OPENVSWITCH)
        set_vlans(&offer->choice, portgroup);
    return portgroup;
}

/* What the hooks make a guest's port of; without a portgroup for a switch that has no default. */
static void
add_pattern(const LoomCompiler *compiler, const Offer *offer, const LoomNetwork *network,
            const LoomSwitchPortgroup *portgroup)
{
    LoomPort *port = loom_record_new(&loom_port_kind);

    LOOM_SET(port, network, network->name);
    LOOM_SET(port, portgroup, portgroup ? portgroup->name : NULL);
    LOOM_SET(port, vmnetwork, offer->network->name);
    LOOM_SET_NUMBER(port, mtu, offer->network->network->mtu);
    loom_compile_policy(offer->host_switch, &offer->choice, portgroup, port);
    loom_record_add(compiler->result, port);
}

static void
add_network(const LoomCompiler *compiler, const Offer *offer, const char *name)
{
    const LoomLogicalSwitch *logical_switch = offer->host_switch->logical_switch;
    g_autofree char *identity = g_strjoin("/", compiler->fabric->name, name, NULL);
    g_autofree char *uuid = loom_uuid_from_name(identity);
    LoomNetwork *network = loom_record_new(&loom_network_kind);

    LOOM_SET(network, name, name);
    LOOM_SET(network, uuid, uuid);
    LOOM_SET(network, bridge, offer->host_switch->device);
    LOOM_SET_NUMBER(network, ours, TRUE);
    LOOM_SET_NUMBER(network, openvswitch, logical_switch->datapath == LOOM_DATAPATH_OPENVSWITCH);
    LOOM_SET(network, fabric, compiler->fabric->name);
    LOOM_SET(network, vmnetwork, offer->network->name);
    LOOM_SET(network, logicalswitch, logical_switch->name);
    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];

        loom_record_add(network, compile_portgroup(offer, portgroup));
        add_pattern(compiler, offer, network, portgroup);
    }
    if (!loom_logical_switch_find_portgroup(logical_switch, NULL))
        add_pattern(compiler, offer, network, NULL);
    loom_compile_leases(compiler, logical_switch, &offer->choice, offer->site, name);
    LOOM_SET_NUMBER(network, active, TRUE);
    LOOM_SET_NUMBER(network, autostart, TRUE);
    LOOM_SET_NUMBER(network, persistent, TRUE);
    loom_record_add(compiler->result, network);
}

/* libvirt keeps a network in NAME.xml, and writes NAME.xml.new first. */
static gboolean
check_name(const LoomCompiler *compiler, const LoomVmNetwork *network, const char *name)
{
    const size_t longest = NAME_MAX - strlen(".xml.new");

    if (strlen(name) <= longest)
        return TRUE;
    loom_report_add(compiler->report, LOOM_SEVERITY_ERROR, &network->record.source,
                    _("the libvirt network '%s' would have a name of %zu bytes; its file's name "
                      "leaves room for %zu"),
                    name, strlen(name), longest);
    return FALSE;
}

static void
compile_network(const LoomCompiler *compiler, const LoomVmNetwork *network)
{
    g_autoptr(GArray) offers = g_array_new(FALSE, FALSE, sizeof(Offer));

    for (guint i = 0; i < compiler->host->switches->len; i++) {
        Offer offer = {network, compiler->host->switches->pdata[i], {0}, NULL};

        if (loom_compile_offers(compiler->host, offer.host_switch, network, &offer.site) &&
            loom_fabric_choose_vlan(compiler->fabric, network, offer.site, &offer.choice))
            g_array_append_val(offers, offer);
    }
    for (guint i = 0; i < offers->len; i++) {
        const Offer *offer = &g_array_index(offers, Offer, i);
        /* offered through two switches, both get the switch's name, so that neither is "the" one */
        g_autofree char *name =
            offers->len == 1
                ? g_strdup(network->name)
                : g_strdup_printf("%s [%s]", network->name, offer->host_switch->logicalswitch);

        if (check_name(compiler, network, name))
            add_network(compiler, offer, name);
    }
}

void
loom_compile_networks(const LoomCompiler *compiler)
{
    for (guint i = 0; i < compiler->fabric->vm_networks->len; i++)
        compile_network(compiler, compiler->fabric->vm_networks->pdata[i]);
}
