/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of a host vNIC at its host: whether its VM network is there, and its pool. */
#include "base/i18n.h"
#include "fabric/rules.h"

#include <inttypes.h>

/* A host vNIC where it is. */
typedef struct {
    const LoomFabricHost *host;
    const LoomHostSwitch *use;
    const LoomVnic *vnic;
} Place;

/* The VLAN of each (VM network, site), found once. */
typedef struct {
    const LoomRules *rules;
    GHashTable *choices; /* (LoomVmNetwork, LoomSite) -> LoomVlanChoice, or &no_choice */
    GPtrArray *owned;
} Choices;

static const LoomVlanChoice no_choice;

static const LoomVlanChoice *
find_choice(const Choices *choices, const LoomVmNetwork *network, const LoomSite *site)
{
    const LoomVlanChoice *choice = loom_pairs_find(choices->choices, network, site);
    LoomVlanChoice chosen;

    if (!choice) {
        choice = &no_choice;
        if (loom_fabric_choose_vlan(choices->rules->fabric, network, site, &chosen)) {
            choice = g_memdup2(&chosen, sizeof chosen);
            g_ptr_array_add(choices->owned, (gpointer)choice);
        }
        loom_pairs_add(choices->choices, network, site, choice);
    }
    return choice == &no_choice ? NULL : choice;
}

static void
check_pool(const LoomRules *rules, const Place *place, const LoomVnicAddress *address,
           const LoomSite *site, const LoomVlanChoice *choice)
{
    const LoomSubnet *subnet = address->resolved->subnet;
    const char *vnic = loom_rules_name(place->vnic->name);

    if (subnet->site != site)
        LOOM_RULE_ERROR(rules, address,
                        _("host vNIC '%s' of host '%s' draws on IP pool '%s', which is not of "
                          "network site '%s' that the host sees"),
                        vnic, loom_rules_name(place->host->name), address->pool,
                        loom_rules_name(site->name));
    else if (choice && subnet->vlan != choice->vlan)
        LOOM_RULE_ERROR(rules, address,
                        _("host vNIC '%s' draws on IP pool '%s' of VLAN %" PRIu64
                          ", but its VM network '%s' has VLAN %" PRIu64 " at network site '%s'"),
                        vnic, address->pool, subnet->vlan, place->vnic->vmnetwork, choice->vlan,
                        loom_rules_name(site->name));
}

/* A given address is in a subnet of its VLAN, where the site says any of that family. */
static void
check_given(const LoomRules *rules, const Place *place, const LoomVnicAddress *address,
            const LoomSite *site, const LoomVlanChoice *choice)
{
    const LoomInet inet = loom_inet_parse(address->address);
    g_autoptr(GString) subnets = g_string_new(NULL);

    for (guint i = 0; i < site->subnets->len; i++) {
        const LoomSubnet *row = site->subnets->pdata[i];
        g_autofree char *shown = NULL;
        LoomRange range;

        if (row->vlan != choice->vlan || !loom_subnet_get_range(row, &range) ||
            range.first.family != inet.family)
            continue;
        if (loom_range_has(&range, &inet))
            return;
        shown = loom_subnet_describe(row);
        g_string_append_printf(subnets, subnets->len ? ", %s" : "%s", shown);
    }
    if (subnets->len)
        LOOM_RULE_ERROR(rules, address,
                        _("the address %s of host vNIC '%s' is outside the subnets of VM network "
                          "'%s' at network site '%s': %s"),
                        address->address, loom_rules_name(place->vnic->name),
                        place->vnic->vmnetwork, loom_rules_name(site->name), subnets->str);
}

static void
check_addresses(const Choices *choices, const Place *place, const LoomSite *site)
{
    const LoomVnic *vnic = place->vnic;
    const LoomVlanChoice *choice = find_choice(choices, vnic->network, site);

    for (guint i = 0; i < vnic->addresses->len; i++) {
        const LoomVnicAddress *address = vnic->addresses->pdata[i];

        if (address->resolved)
            check_pool(choices->rules, place, address, site, choice);
        if (address->address && choice)
            check_given(choices->rules, place, address, site, choice);
    }
}

static void
check_place(const Choices *choices, const Place *place)
{
    const LoomRules *rules = choices->rules;
    const LoomVmNetwork *network = place->vnic->network;
    const LoomSite *site;

    if (!network || !network->network || network->isolation == LOOM_ISOLATION_VIRTUAL ||
        !place->host->group || !place->use->profile)
        return;
    site = loom_rules_find_site(rules, network->network, place->host->group);
    if (!site)
        LOOM_RULE_ERROR(rules, place->vnic,
                        _("host vNIC '%s' is on VM network '%s', which does not reach host '%s': "
                          "logical network '%s' has no network site for host group '%s'"),
                        loom_rules_name(place->vnic->name), place->vnic->vmnetwork,
                        loom_rules_name(place->host->name), loom_rules_name(network->network->name),
                        place->host->hostgroup);
    else if (!loom_pairs_find(rules->carried, place->use->profile, site))
        LOOM_RULE_ERROR(rules, place->vnic,
                        _("host vNIC '%s' is on VM network '%s', which does not reach host '%s': "
                          "uplink port profile '%s' does not carry network site '%s'"),
                        loom_rules_name(place->vnic->name), place->vnic->vmnetwork,
                        loom_rules_name(place->host->name), place->use->uplink,
                        loom_rules_name(site->name));
    else
        check_addresses(choices, place, site);
}

static void
check_inherit(const LoomRules *rules, const Place *place, const LoomVnic **inheriting)
{
    if (!place->vnic->inherit)
        return;
    if (*inheriting)
        LOOM_RULE_ERROR(rules, place->use,
                        _("host '%s' has <inherit/> on two host vNICs, '%s' and '%s'; one takes "
                          "over what its NIC has"),
                        loom_rules_name(place->host->name), loom_rules_name((*inheriting)->name),
                        loom_rules_name(place->vnic->name));
    *inheriting = place->vnic;
}

/* What the kernel would refuse or use one of at random: two equal default routes. */
static void
check_gateways(const LoomRules *rules, const Place *place, GHashTable *defaults)
{
    for (guint i = 0; i < place->vnic->addresses->len; i++) {
        const LoomPool *pool = ((LoomVnicAddress *)place->vnic->addresses->pdata[i])->resolved;

        for (guint k = 0; pool && k < pool->gateways->len; k++) {
            const LoomGateway *gateway = pool->gateways->pdata[k];
            const LoomGateway *first;
            gboolean is_ipv6;

            if (!gateway->address)
                continue;
            is_ipv6 = loom_inet_parse(gateway->address).family == G_SOCKET_FAMILY_IPV6;
            first = loom_pairs_add(defaults, GUINT_TO_POINTER(gateway->metric),
                                   GINT_TO_POINTER(is_ipv6), gateway);
            if (first)
                LOOM_RULE_WARNING(rules, place->use,
                                  _("host '%s' gets two default gateways of metric %" PRIu64
                                    ", %s and %s (by host vNIC '%s'); give one of them another"),
                                  loom_rules_name(place->host->name), gateway->metric,
                                  first->address, gateway->address,
                                  loom_rules_name(place->vnic->name));
        }
    }
}

static void
check_host(const Choices *choices, const LoomFabricHost *host, GHashTable *said)
{
    g_autoptr(GHashTable) defaults = loom_pairs_new();
    const LoomVnic *inheriting = NULL;

    for (guint i = 0; i < host->switches->len; i++) {
        const LoomHostSwitch *use = host->switches->pdata[i];
        g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(use);
        const guint inherited = vnics->len - use->vnics->len;

        for (guint k = 0; k < vnics->len; k++) {
            const Place place = {host, use, vnics->pdata[k]};

            check_inherit(choices->rules, &place, &inheriting);
            check_gateways(choices->rules, &place, defaults);
            /* an uplink's vNIC is alike on every host of one group */
            if (k >= inherited || !loom_pairs_add(said, place.vnic, host->group, host))
                check_place(choices, &place);
        }
    }
}

void
loom_rules_check_reach(const LoomRules *rules)
{
    g_autoptr(GHashTable) table = loom_pairs_new();
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) said = loom_pairs_new();
    const Choices choices = {rules, table, owned};

    for (guint i = 0; i < rules->fabric->hosts->len; i++)
        check_host(&choices, rules->fabric->hosts->pdata[i], said);
}
