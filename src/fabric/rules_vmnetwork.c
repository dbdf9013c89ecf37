/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of VM networks: isolation, and the VLANs that they choose. */
#include "base/i18n.h"
#include "fabric/rules.h"

#include <inttypes.h>

static const char *const type_words[] = {"connected", "vlan", "pvlan"};
static const char *const isolation_words[] = {"none", "vlan", "trunk", "pvlan", "virtual"};

/* The carried sites of a network at which a VM network must choose: a trunk at each that has VLANs.
 */
static GPtrArray *
list_choices(const LoomRules *rules, const LoomLogicalNetwork *network, int isolation)
{
    GPtrArray *choices = g_ptr_array_new();

    for (guint i = 0; i < network->sites->len; i++) {
        LoomSite *site = network->sites->pdata[i];
        const LoomSiteFacts *facts = loom_rules_site(rules, site);

        if (facts->is_carried && (facts->is_ambiguous || isolation == LOOM_ISOLATION_TRUNK))
            g_ptr_array_add(choices, site);
    }
    return choices;
}

/* A trunk takes VLANs of any network that has some; every other isolation has its type. */
static void
check_isolation(const LoomRules *rules, const LoomVmNetwork *network)
{
    static const int type_of_isolation[] = {LOOM_NETWORK_CONNECTED, LOOM_NETWORK_VLAN, -1,
                                            LOOM_NETWORK_PVLAN, -1};
    const LoomLogicalNetwork *logical = network->network;
    const char *name = loom_rules_name(network->name);
    const int type = type_of_isolation[network->isolation];

    if (!logical)
        return;
    if (network->isolation == LOOM_ISOLATION_VIRTUAL && !logical->virtualization)
        LOOM_RULE_ERROR(rules, network,
                        _("VM network '%s' has isolation='virtual', but logical network '%s' does "
                          "not have virtualization='yes'"),
                        name, loom_rules_name(logical->name));
    else if (network->isolation == LOOM_ISOLATION_VIRTUAL)
        LOOM_RULE_NOTE(rules, network,
                       _("VM network '%s' is virtual; it is valid, and not offered on hosts until "
                         "overlays exist"),
                       name);
    else if ((type >= 0 && type != logical->type) ||
             (network->isolation == LOOM_ISOLATION_TRUNK && logical->type == LOOM_NETWORK_PVLAN))
        LOOM_RULE_ERROR(rules, network,
                        _("VM network '%s' has isolation='%s', which does not fit logical network "
                          "'%s' of type='%s'"),
                        name, isolation_words[network->isolation], loom_rules_name(logical->name),
                        type_words[logical->type]);
}

static void
check_subnets(const LoomRules *rules, const LoomVmNetwork *network)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GArray) ranges = loom_ranges_new();
    LoomRange range;

    for (guint i = 0; i < network->subnets->len; i++) {
        const LoomSubnet *subnet = network->subnets->pdata[i];

        if (network->isolation != LOOM_ISOLATION_VIRTUAL)
            LOOM_RULE_ERROR(rules, subnet,
                            _("VM network '%s' has isolation='%s', so its subnets are those of its "
                              "logical network; only a virtual one has subnets of its own"),
                            loom_rules_name(network->name), isolation_words[network->isolation]);
        if (subnet->name && !g_hash_table_add(names, subnet->name))
            LOOM_RULE_ERROR(rules, subnet, _("VM network '%s' has two subnets of the name '%s'"),
                            loom_rules_name(network->name), subnet->name);
        loom_rules_check_subnet(rules, subnet);
        for (guint k = 0; k < subnet->pools->len; k++)
            if (loom_pool_get_range(subnet->pools->pdata[k], &range))
                loom_ranges_add(ranges, range.first, range.last, range.item);
    }
    loom_rules_check_overlap(rules, network->subnets);
    loom_rules_check_pools(rules, ranges);
}

/* What a <vlan> may name at a site, for a message: "0,10-12"; owned by the caller. */
static char *
format_choices(const LoomRules *rules, const LoomVmNetwork *network, const LoomSite *site)
{
    const LoomSiteFacts *facts = loom_rules_site(rules, site);
    const gboolean is_pvlan = network->isolation == LOOM_ISOLATION_PVLAN;
    g_autofree char *vlans = loom_vlans_format(is_pvlan ? &facts->secondaries : &facts->vlans);

    if (!facts->is_untagged || network->isolation != LOOM_ISOLATION_NONE)
        return *vlans ? g_steal_pointer(&vlans) : g_strdup(_("none"));
    return g_strconcat("0", *vlans ? "," : "", vlans, NULL);
}

/* Every VLAN that a <vlan> names is one of its site; 0 is the row without one. */
static void
check_vlan_exists(const LoomRules *rules, const LoomVmNetwork *network,
                  const LoomVmNetworkVlan *vlan, const LoomVlans *ids)
{
    const LoomSiteFacts *facts = loom_rules_site(rules, vlan->resolved);
    const gboolean is_pvlan = network->isolation == LOOM_ISOLATION_PVLAN;
    const LoomVlans *has = is_pvlan ? &facts->secondaries : &facts->vlans;
    g_autofree char *valid = NULL;
    g_autofree char *none = NULL;
    LoomVlans missing = *ids;

    for (size_t i = 0; i < G_N_ELEMENTS(missing.bits); i++)
        missing.bits[i] &= ~has->bits[i];
    if (loom_vlans_is_empty(ids) ? facts->is_untagged && network->isolation == LOOM_ISOLATION_NONE
                                 : loom_vlans_is_empty(&missing))
        return;
    valid = format_choices(rules, network, vlan->resolved);
    none = loom_vlans_is_empty(ids) ? g_strdup("0") : loom_vlans_format(&missing);
    if (is_pvlan)
        LOOM_RULE_ERROR(rules, vlan,
                        _("VM network '%s' takes the secondary VLAN %s, which network site '%s' "
                          "does not have; it has: %s"),
                        loom_rules_name(network->name), none, loom_rules_name(vlan->site), valid);
    else
        LOOM_RULE_ERROR(rules, vlan,
                        _("VM network '%s' takes VLAN %s, which network site '%s' does not have; "
                          "it has: %s"),
                        loom_rules_name(network->name), none, loom_rules_name(vlan->site), valid);
}

/* A port has one VLAN, but a trunk, which may have one native among them. */
static void
check_vlan_count(const LoomRules *rules, const LoomVmNetwork *network,
                 const LoomVmNetworkVlan *vlan, const LoomVlans *ids, GHashTable *by_site)
{
    const gboolean is_trunk = network->isolation == LOOM_ISOLATION_TRUNK;
    const char *name = loom_rules_name(network->name);
    const LoomVmNetworkVlan *first = loom_pairs_add(by_site, vlan->resolved, NULL, vlan);
    const LoomVmNetworkVlan *native = NULL;

    if (!is_trunk && first)
        LOOM_RULE_ERROR(rules, vlan,
                        _("VM network '%s' has a second <vlan> for network site '%s'; only a trunk "
                          "has several"),
                        name, loom_rules_name(vlan->site));
    if (!is_trunk && loom_vlans_count(ids) > 1)
        LOOM_RULE_ERROR(rules, vlan,
                        _("VM network '%s' takes the VLANs %s at once; only a trunk has several"),
                        name, vlan->id);
    if (!vlan->native)
        return;
    if (!is_trunk)
        LOOM_RULE_ERROR(rules, vlan,
                        _("VM network '%s' has native='yes', which goes with isolation='trunk' "
                          "only"),
                        name);
    else if (loom_vlans_count(ids) > 1)
        LOOM_RULE_ERROR(rules, vlan,
                        _("VM network '%s' takes the VLANs %s as native; a trunk has one native "
                          "VLAN"),
                        name, vlan->id);
    native = loom_pairs_add(by_site, vlan->resolved, network, vlan);
    if (native)
        LOOM_RULE_ERROR(rules, vlan,
                        _("VM network '%s' has a second native VLAN at network site '%s'; first at "
                          "%s:%u"),
                        name, loom_rules_name(vlan->site), native->record.source.file,
                        native->record.source.line);
}

static void
check_vlans(const LoomRules *rules, const LoomVmNetwork *network, GHashTable *by_site)
{
    if (network->automatic && network->isolation != LOOM_ISOLATION_VLAN)
        LOOM_RULE_ERROR(rules, network,
                        _("VM network '%s' has vlan='automatic', which goes with isolation='vlan' "
                          "only; it has isolation='%s'"),
                        loom_rules_name(network->name), isolation_words[network->isolation]);
    for (guint i = 0; i < network->vlans->len; i++) {
        const LoomVmNetworkVlan *vlan = network->vlans->pdata[i];
        LoomVlans ids = {{0}}; /* empty: untagged */

        if (network->isolation == LOOM_ISOLATION_VIRTUAL) {
            LOOM_RULE_ERROR(rules, vlan, _("VM network '%s' is virtual, and has no VLAN"),
                            loom_rules_name(network->name));
            continue;
        }
        if (!vlan->resolved || !vlan->id)
            continue;
        loom_vlans_parse(vlan->id, &ids);
        check_vlan_exists(rules, network, vlan, &ids);
        check_vlan_count(rules, network, vlan, &ids, by_site);
    }
}

/* Where a site has several rows, or the VM network is a trunk, it says which it takes. */
static void
check_choice(const LoomRules *rules, const LoomVmNetwork *network, const GPtrArray *sites,
             GHashTable *by_site)
{
    for (guint i = 0; i < sites->len; i++) {
        const LoomSite *site = sites->pdata[i];
        g_autofree char *valid = NULL;

        if (loom_pairs_find(by_site, site, NULL))
            continue;
        valid = format_choices(rules, network, site);
        LOOM_RULE_ERROR(rules, network,
                        _("VM network '%s' chooses none of the VLANs of network site '%s'; say "
                          "<vlan site='%s' id='...'/> with one of: %s"),
                        loom_rules_name(network->name), loom_rules_name(site->name),
                        loom_rules_name(site->name), valid);
    }
}

/* Two networks on one VLAN of a site are one to everybody on them. */
static void
check_shared(const LoomRules *rules, const LoomVmNetwork *network, GHashTable *takers)
{
    for (guint i = 0; i < network->vlans->len; i++) {
        const LoomVmNetworkVlan *vlan = network->vlans->pdata[i];
        const LoomVmNetwork *first;
        guint64 id;

        if (!vlan->resolved || !vlan->id || network->isolation != LOOM_ISOLATION_VLAN)
            continue;
        id = g_ascii_strtoull(vlan->id, NULL, 10);
        first = loom_pairs_add(takers, vlan->resolved, GUINT_TO_POINTER(id), network);
        if (first && first != network)
            LOOM_RULE_WARNING(rules, vlan,
                              _("VM networks '%s' and '%s' share VLAN %" PRIu64
                                " of network site '%s': they are not isolated from each other"),
                              loom_rules_name(first->name), loom_rules_name(network->name), id,
                              loom_rules_name(vlan->site));
    }
}

void
loom_rules_check_vm_networks(const LoomRules *rules)
{
    g_autoptr(GHashTable) choices = loom_pairs_new();
    g_autoptr(GPtrArray) lists = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    g_autoptr(GHashTable) takers = loom_pairs_new();

    for (guint i = 0; i < rules->fabric->vm_networks->len; i++) {
        const LoomVmNetwork *network = rules->fabric->vm_networks->pdata[i];
        g_autoptr(GHashTable) by_site = loom_pairs_new();
        GPtrArray *sites;

        check_isolation(rules, network);
        check_subnets(rules, network);
        check_vlans(rules, network, by_site);
        check_shared(rules, network, takers);
        if (!network->network || network->isolation == LOOM_ISOLATION_VIRTUAL || network->automatic)
            continue;
        sites = loom_pairs_find(choices, network->network, GINT_TO_POINTER(network->isolation));
        if (!sites) {
            sites = list_choices(rules, network->network, network->isolation);
            loom_pairs_add(choices, network->network, GINT_TO_POINTER(network->isolation), sites);
            g_ptr_array_add(lists, sites);
        }
        check_choice(rules, network, sites, by_site);
    }
}
