/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where it comes from that a host should be so: what compile/ does, the other way round. */
#include "cli/origin.h"

#include "base/i18n.h"
#include "compile/compile.h"

#include <string.h>

struct LoomOrigins {
    const LoomFabric *fabric;
    const LoomFabricHost *host;
    GHashTable *links;    /* of LoomLink: of the desired host, by name */
    GHashTable *switches; /* of LoomHostSwitch, by logical switch */
    GHashTable *vnics;    /* of LoomVnic, by name */
};

/* What a record of the desired host was compiled from. */
typedef struct {
    const LoomLink *link; /* it is, or hangs on; NULL: none of the desired host */
    const LoomHostSwitch *host_switch;
    const LoomVnic *vnic; /* NULL: it is no host vNIC's */
} Context;

LoomOrigins *
loom_origins_new(const LoomFabric *fabric, const LoomHost *desired)
{
    LoomOrigins *origins = g_new0(LoomOrigins, 1);

    origins->fabric = fabric;
    origins->host = loom_fabric_find(fabric, &loom_fabric_host_kind, desired->name);
    origins->links = g_hash_table_new(g_str_hash, g_str_equal);
    origins->switches = g_hash_table_new(g_str_hash, g_str_equal);
    origins->vnics = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < desired->links->len; i++) {
        LoomLink *link = desired->links->pdata[i];

        g_hash_table_insert(origins->links, link->name, link);
    }
    for (guint i = 0; i < origins->host->switches->len; i++) {
        LoomHostSwitch *host_switch = origins->host->switches->pdata[i];
        g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host_switch);

        g_hash_table_insert(origins->switches, host_switch->logicalswitch, host_switch);
        for (guint k = 0; k < vnics->len; k++)
            g_hash_table_insert(origins->vnics, ((LoomVnic *)vnics->pdata[k])->name,
                                vnics->pdata[k]);
    }
    return origins;
}

void
loom_origins_free(LoomOrigins *origins)
{
    if (!origins)
        return;
    g_hash_table_unref(origins->links);
    g_hash_table_unref(origins->switches);
    g_hash_table_unref(origins->vnics);
    g_free(origins);
}

void
loom_origin_free(LoomOrigin *origin)
{
    if (!origin)
        return;
    g_free(origin->text);
    g_free(origin);
}

char *
loom_origin_format(const LoomOrigin *origin)
{
    g_autofree char *base = origin->source.file ? g_path_get_basename(origin->source.file) : NULL;

    return base ? g_strdup_printf("%s (%s:%u)", origin->text, base, origin->source.line)
                : g_strdup(origin->text);
}

static LoomOrigin *
origin_new(char *text, const LoomSource *source)
{
    LoomOrigin *origin = g_new0(LoomOrigin, 1);

    origin->text = text;
    if (source && source->line)
        origin->source = *source;
    return origin;
}

LoomOrigin *
loom_origin_new(gconstpointer data, const LoomSource *source)
{
    const LoomRecord *record = data;
    g_autofree char *key = loom_record_key(record);

    return origin_new(g_strdup_printf("%s '%s'", _(record->kind->noun), key), source);
}

static LoomOrigin *
said_by_itself(gconstpointer record)
{
    return loom_origin_new(record, &((const LoomRecord *)record)->source);
}

static LoomOrigin *
inherited(const Context *context)
{
    return origin_new(g_strdup_printf(_("inherited from '%s'"), context->link->inherit),
                      &context->vnic->inherit->record.source);
}

static LoomOrigin *
made_of_names(void)
{
    return origin_new(g_strdup(_("made from the names of fabric, host and device")), NULL);
}

/* The largest frame that a carried network needs, unless the switch says more. */
static LoomOrigin *
find_switch_mtu(const LoomHostSwitch *host_switch)
{
    const LoomLogicalNetwork *largest = NULL;

    if (LOOM_HAS(host_switch->logical_switch, mtu))
        return said_by_itself(host_switch->logical_switch);
    for (guint i = 0; i < host_switch->profile->sites->len; i++) {
        const LoomLogicalNetwork *network =
            ((const LoomSiteRef *)host_switch->profile->sites->pdata[i])->site->network;

        if (!largest || network->mtu > largest->mtu)
            largest = network;
    }
    return largest ? said_by_itself(largest) : said_by_itself(host_switch->logical_switch);
}

static gboolean
is_option(const char *option, const char *attribute)
{
    g_auto(GStrv) words = g_strsplit(option, "_", -1);
    g_autofree char *name = g_strjoinv("", words);

    return g_str_equal(name, attribute) ||
           (g_str_equal(name, "xmithashpolicy") && g_str_equal(attribute, "hashpolicy"));
}

static LoomOrigin *
find_team(const LoomHostSwitch *host_switch, const char *attribute)
{
    const LoomTeam *team = host_switch->profile->team;

    for (guint i = 0; team && i < team->options->len; i++) {
        const LoomTeamOption *option = team->options->pdata[i];

        if (is_option(option->name, attribute))
            return loom_origin_new(host_switch->profile, &option->record.source);
    }
    return loom_origin_new(host_switch->profile,
                           team ? &team->record.source : &host_switch->profile->record.source);
}

static LoomOrigin *
find_vnic_link(const Context *context, const char *attribute)
{
    const LoomVnic *vnic = context->vnic;
    gboolean is_near_end = g_str_equal(vnic->name, context->link->name);

    if (g_str_equal(attribute, "mtu") && !LOOM_HAS(vnic, mtu))
        return said_by_itself(vnic->network->network);
    if (g_str_equal(attribute, "autoconf") && vnic->ip6)
        return loom_origin_new(vnic, &vnic->ip6->record.source);
    if (g_str_equal(attribute, "mac") && is_near_end && context->link->inherit && vnic->inherit)
        return inherited(context);
    if (g_str_equal(attribute, "mac") && !(is_near_end && vnic->mac))
        return made_of_names();
    return said_by_itself(vnic);
}

/* Of a NIC: the profile that asks something of it, or who says that the switch has it. */
static LoomOrigin *
find_nic(const LoomOrigins *origins, const LoomHostSwitch *host_switch, const char *attribute)
{
    const LoomPortProfile *profile =
        loom_compile_find_offload(origins->fabric, origins->host, host_switch, attribute);

    return profile ? loom_origin_new(profile, &profile->offload->record.source)
                   : loom_origin_new(origins->host, &host_switch->record.source);
}

static LoomOrigin *
find_link(const LoomOrigins *origins, const Context *context, const char *attribute)
{
    const LoomHostSwitch *host_switch = context->host_switch;
    const LoomLink *link = context->link;
    const char *name = attribute ? attribute : "";

    if (context->vnic)
        return find_vnic_link(context, name);
    if (g_str_equal(name, "mtu"))
        return find_switch_mtu(host_switch);
    if (link->kind == LOOM_LINK_PHYSICAL)
        return find_nic(origins, host_switch, name);
    if (g_str_equal(name, "mac"))
        return made_of_names();
    if ((link->kind == LOOM_LINK_BOND || link->kind == LOOM_LINK_OVS_BOND) &&
        !g_str_equal(name, "master"))
        return find_team(host_switch, name);
    return said_by_itself(host_switch->logical_switch);
}

static LoomOrigin *
find_lease(const LoomOrigins *origins, const LoomVnic *vnic, const LoomPool *pool)
{
    const LoomLease *lease = loom_fabric_find_address_lease(origins->fabric, pool->name,
                                                            origins->host->name, vnic->name);

    return origin_new(g_strdup_printf(_("lease from IP pool '%s'"), pool->name),
                      lease ? &lease->record.source : &pool->record.source);
}

static LoomOrigin *
find_address(const LoomOrigins *origins, const Context *context, const LoomAddress *address)
{
    const LoomVnic *vnic = context->vnic;

    for (guint i = 0; i < vnic->addresses->len; i++) {
        const LoomVnicAddress *said = vnic->addresses->pdata[i];
        const LoomLease *lease =
            said->resolved ? loom_fabric_find_address_lease(origins->fabric, said->resolved->name,
                                                            origins->host->name, vnic->name)
                           : NULL;

        if (lease && g_str_equal(lease->address, address->address))
            return find_lease(origins, vnic, said->resolved);
        if (g_strcmp0(said->address, address->address) == 0)
            return loom_origin_new(vnic, &said->record.source);
    }
    return context->link->inherit && vnic->inherit ? inherited(context) : said_by_itself(vnic);
}

static const LoomSource *
find_said_route(const GPtrArray *routes, const LoomRoute *route)
{
    for (guint i = 0; i < routes->len; i++) {
        const LoomPoolRoute *said = routes->pdata[i];
        g_autofree char *destination =
            g_strdup_printf("%s/%" G_GUINT64_FORMAT, said->address, said->prefix);

        if (g_str_equal(destination, route->destination) &&
            g_strcmp0(said->gateway, route->gateway) == 0)
            return &said->record.source;
    }
    return NULL;
}

static const LoomSource *
find_pool_route(const LoomPool *pool, const LoomRoute *route)
{
    gboolean is_default = g_str_has_suffix(route->destination, "/0");

    for (guint i = 0; is_default && i < pool->gateways->len; i++) {
        const LoomGateway *gateway = pool->gateways->pdata[i];

        if (g_strcmp0(gateway->address, route->gateway) == 0)
            return &gateway->record.source;
    }
    return find_said_route(pool->routes, route);
}

static LoomOrigin *
find_route(const Context *context, const LoomRoute *route)
{
    const LoomVnic *vnic = context->vnic;
    const LoomSource *source = find_said_route(vnic->routes, route);

    if (source)
        return loom_origin_new(vnic, source);
    for (guint i = 0; i < vnic->addresses->len; i++) {
        const LoomPool *pool = ((const LoomVnicAddress *)vnic->addresses->pdata[i])->resolved;

        source = pool ? find_pool_route(pool, route) : NULL;
        if (source)
            return loom_origin_new(pool, source);
    }
    return context->link->inherit && vnic->inherit ? inherited(context) : said_by_itself(vnic);
}

static LoomOrigin *
find_dhcp(const Context *context)
{
    const GPtrArray *addresses = context->vnic->addresses;

    for (guint i = 0; i < addresses->len; i++) {
        const LoomVnicAddress *said = addresses->pdata[i];

        if (LOOM_HAS(said, dhcp))
            return loom_origin_new(context->vnic, &said->record.source);
    }
    return context->link->inherit && context->vnic->inherit ? inherited(context)
                                                            : said_by_itself(context->vnic);
}

static gboolean
is_vlan(const char *attribute)
{
    static const char *const names[] = {"vlan",      "tagged",       "untagged", "pvlan",
                                        "secondary", "privateguard", NULL};

    return g_strv_contains(names, attribute);
}

static LoomOrigin *
find_vnic_port(const LoomOrigins *origins, const Context *context, const char *attribute)
{
    const LoomVmNetwork *network = context->vnic->network;
    const LoomSite *site = loom_logical_network_find_site(network->network, origins->host->group);
    const LoomVmNetworkVlan *vlan = site ? loom_vm_network_find_vlan(network, site) : NULL;
    const LoomSwitchPortgroup *portgroup = loom_logical_switch_find_portgroup(
        context->host_switch->logical_switch, context->vnic->resolved);

    if (!attribute)
        return said_by_itself(context->vnic);
    if (is_vlan(attribute) || (g_str_equal(attribute, "isolated") &&
                               !(portgroup && portgroup->resolved->security->isolated)))
        return loom_origin_new(network, vlan ? &vlan->record.source : &network->record.source);
    return portgroup ? said_by_itself(portgroup->resolved) : said_by_itself(context->vnic);
}

static LoomOrigin *
find_port(const LoomOrigins *origins, const Context *context, const char *attribute)
{
    if (context->vnic)
        return find_vnic_port(origins, context, attribute);
    if (g_strcmp0(attribute, "vlan") == 0)
        return said_by_itself(context->host_switch->logical_switch);
    return said_by_itself(context->host_switch->profile);
}

/* ATTRIBUTE is as loom_step_differences() names those of portgroups: "portgroup 'X' outaverage". */
static LoomOrigin *
find_portgroup(const LoomLogicalSwitch *logical_switch, const char *attribute)
{
    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        const LoomSwitchPortgroup *portgroup = logical_switch->portgroups->pdata[i];
        g_autofree char *prefix = g_strdup_printf("portgroup '%s' ", portgroup->name);
        const char *name = attribute + strlen(prefix);

        if (!g_str_has_prefix(attribute, prefix))
            continue;
        return g_str_has_prefix(name, "in") || g_str_has_prefix(name, "out")
                   ? loom_origin_new(portgroup->resolved,
                                     &portgroup->resolved->bandwidth->record.source)
                   : loom_origin_new(logical_switch, &portgroup->record.source);
    }
    return NULL;
}

static LoomOrigin *
find_network(const LoomOrigins *origins, const LoomNetwork *network, const char *attribute)
{
    const LoomHostSwitch *host_switch =
        network->logicalswitch ? g_hash_table_lookup(origins->switches, network->logicalswitch)
                               : NULL;
    const LoomVmNetwork *vm_network =
        network->vmnetwork
            ? loom_fabric_find(origins->fabric, &loom_vm_network_kind, network->vmnetwork)
            : NULL;

    if (!host_switch || !vm_network)
        return NULL;
    if (attribute && g_str_has_prefix(attribute, "portgroup "))
        return find_portgroup(host_switch->logical_switch, attribute);
    if (g_strcmp0(attribute, "bridge") == 0)
        return loom_origin_new(origins->host, &host_switch->record.source);
    if (g_strcmp0(attribute, "openvswitch") == 0 || g_strcmp0(attribute, "logicalswitch") == 0)
        return said_by_itself(host_switch->logical_switch);
    return said_by_itself(vm_network);
}

/* The name of the link that RECORD is, or on which it hangs; NULL: none. */
static const char *
link_of(const LoomRecord *record)
{
    static const LoomKind *const kinds[] = {
        &loom_link_kind, &loom_address_kind, &loom_route_kind,   &loom_neighbour_kind,
        &loom_port_kind, &loom_class_kind,   &loom_manager_kind, &loom_dhcp_kind};

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (record->kind == kinds[i]) /* their first attribute: the link's name */
            return G_STRUCT_MEMBER(char *, record, kinds[i]->attributes[0].offset);
    return NULL;
}

/* FALSE: nothing of the desired host. */
static gboolean
find_context(const LoomOrigins *origins, const LoomRecord *record, Context *context)
{
    const char *name = link_of(record);
    const LoomLink *link = name ? g_hash_table_lookup(origins->links, name) : NULL;

    if (!link || !link->logicalswitch)
        return FALSE;
    *context = (Context){
        .link = link,
        .host_switch = g_hash_table_lookup(origins->switches, link->logicalswitch),
        .vnic = g_hash_table_lookup(origins->vnics, link->name),
    };
    if (!context->vnic && link->peer)
        context->vnic = g_hash_table_lookup(origins->vnics, link->peer);
    return context->host_switch != NULL;
}

LoomOrigin *
loom_origins_find(const LoomOrigins *origins, gconstpointer data, const char *attribute)
{
    const LoomRecord *record = data;
    Context context;

    if (record->kind == &loom_network_kind)
        return find_network(origins, data, attribute);
    if (!find_context(origins, record, &context))
        return NULL;
    if (record->kind == &loom_port_kind)
        return find_port(origins, &context, attribute);
    if (record->kind == &loom_link_kind || !context.vnic)
        return find_link(origins, &context, record->kind == &loom_link_kind ? attribute : NULL);
    if (record->kind == &loom_address_kind)
        return find_address(origins, &context, data);
    if (record->kind == &loom_route_kind)
        return find_route(&context, data);
    if (record->kind == &loom_dhcp_kind)
        return find_dhcp(&context);
    return record->kind == &loom_neighbour_kind && context.link->inherit && context.vnic->inherit
               ? inherited(&context)
               : said_by_itself(context.vnic);
}

const LoomLogicalSwitch *
loom_origins_find_switch_of_link(const LoomOrigins *origins, const char *name)
{
    const LoomLink *link = g_hash_table_lookup(origins->links, name);
    const LoomHostSwitch *host_switch =
        link && link->logicalswitch ? g_hash_table_lookup(origins->switches, link->logicalswitch)
                                    : NULL;

    return host_switch ? host_switch->logical_switch : NULL;
}

const LoomLogicalSwitch *
loom_origins_find_switch(const LoomOrigins *origins, gconstpointer data)
{
    const LoomRecord *record = data;
    const LoomNetwork *network = data;
    const char *link = link_of(record);
    const LoomHostSwitch *host_switch;

    if (record->kind != &loom_network_kind)
        return link ? loom_origins_find_switch_of_link(origins, link) : NULL;
    host_switch = network->logicalswitch
                      ? g_hash_table_lookup(origins->switches, network->logicalswitch)
                      : NULL;
    return host_switch ? host_switch->logical_switch : NULL;
}
