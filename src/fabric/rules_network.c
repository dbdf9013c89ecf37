/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of logical networks and their sites. */
#include "base/i18n.h"
#include "fabric/rules.h"

#include <inttypes.h>

static const char *const type_words[] = {"connected", "vlan", "pvlan"};

static void
check_groups(const LoomRules *rules, const LoomSite *site)
{
    g_autoptr(GHashTable) own = g_hash_table_new(NULL, NULL);

    if (!site->groups->len)
        LOOM_RULE_WARNING(rules, site, _("network site '%s' names no host group: no host sees it"),
                          loom_rules_name(site->name));
    for (guint i = 0; i < site->groups->len; i++) {
        const LoomHostGroupRef *ref = site->groups->pdata[i];
        const LoomSite *seen;

        if (!ref->group)
            continue;
        seen = loom_pairs_find(rules->seen, site->network, ref->group);
        if (seen != site)
            LOOM_RULE_ERROR(rules, ref,
                            _("network sites '%s' and '%s' of logical network '%s' are both for "
                              "host group '%s'; a host sees one site"),
                            loom_rules_name(seen->name), loom_rules_name(site->name),
                            loom_rules_name(site->network->name), ref->ref);
        else if (!g_hash_table_add(own, ref->group))
            LOOM_RULE_ERROR(rules, ref, _("network site '%s' names host group '%s' twice"),
                            loom_rules_name(site->name), ref->ref);
    }
}

/* What a row must say, by the type of its logical network. */
static void
check_row_vlans(const LoomRules *rules, const LoomSubnet *row)
{
    const LoomLogicalNetwork *network = row->site->network;
    g_autofree char *shown = loom_subnet_describe(row);

    if (network->type != LOOM_NETWORK_CONNECTED && !row->vlan)
        LOOM_RULE_ERROR(rules, row,
                        _("the subnet %s lacks a VLAN; logical network '%s' is of type='%s', so "
                          "vlan='1' to '4094' is needed"),
                        shown, loom_rules_name(network->name), type_words[network->type]);
    if (network->type != LOOM_NETWORK_PVLAN) {
        if (LOOM_HAS(row, secondary) || LOOM_HAS(row, pvlan))
            LOOM_RULE_ERROR(rules, row,
                            _("the subnet %s has a secondary VLAN, but logical network '%s' is of "
                              "type='%s', not 'pvlan'"),
                            shown, loom_rules_name(network->name), type_words[network->type]);
        return;
    }
    if (!row->secondary)
        LOOM_RULE_ERROR(rules, row,
                        _("the subnet %s lacks a secondary VLAN; logical network '%s' is of "
                          "type='pvlan', so secondary= is needed"),
                        shown, loom_rules_name(network->name));
    else if (row->pvlan != LOOM_PVLAN_PROMISCUOUS &&
             loom_vlans_has(&loom_rules_site(rules, row->site)->vlans, row->secondary))
        LOOM_RULE_ERROR(rules, row,
                        _("the secondary VLAN %" PRIu64
                          " of subnet %s is a primary VLAN of network site '%s' too"),
                        row->secondary, shown, loom_rules_name(row->site->name));
}

static void
check_row_address(const LoomRules *rules, const LoomSubnet *row)
{
    if (row->address && !LOOM_HAS(row, prefix))
        LOOM_RULE_ERROR(rules, row, _("the subnet address %s lacks a prefix"), row->address);
    if (!row->address && LOOM_HAS(row, prefix))
        LOOM_RULE_ERROR(rules, row,
                        _("a subnet of network site '%s' has prefix='%" PRIu64 "', but no address"),
                        loom_rules_name(row->site->name), row->prefix);
    loom_rules_check_subnet(rules, row);
}

/* One secondary VLAN has one meaning in a site, and no row is there twice. */
static void
check_rows_once(const LoomRules *rules, const LoomSite *site)
{
    g_autoptr(GHashTable) rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) secondaries = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < site->subnets->len; i++) {
        LoomSubnet *row = site->subnets->pdata[i];
        g_autofree char *shown = loom_subnet_describe(row);
        char *key = g_strdup_printf("%s %" PRIu64 " %" PRIu64, shown, row->vlan, row->secondary);
        const LoomSubnet *first = g_hash_table_lookup(rows, key);
        const LoomSubnet *other =
            g_hash_table_lookup(secondaries, GUINT_TO_POINTER(row->secondary));

        if (first)
            LOOM_RULE_ERROR(rules, row,
                            _("network site '%s' has the subnet %s twice; first at %s:%u"),
                            loom_rules_name(site->name), shown, first->record.source.file,
                            first->record.source.line);
        else if (row->secondary && other &&
                 (other->vlan != row->vlan || other->pvlan != row->pvlan))
            LOOM_RULE_ERROR(rules, row,
                            _("network site '%s' has the secondary VLAN %" PRIu64
                              " twice with different meanings; first at %s:%u"),
                            loom_rules_name(site->name), row->secondary, other->record.source.file,
                            other->record.source.line);
        if (!other)
            g_hash_table_insert(secondaries, GUINT_TO_POINTER(row->secondary), row);
        g_hash_table_replace(rows, key, row);
    }
}

static void
check_site(const LoomRules *rules, const LoomSite *site)
{
    check_groups(rules, site);
    for (guint i = 0; i < site->subnets->len; i++) {
        check_row_vlans(rules, site->subnets->pdata[i]);
        check_row_address(rules, site->subnets->pdata[i]);
    }
    check_rows_once(rules, site);
    loom_rules_check_overlap(rules, site->subnets);
}

/* A logical network is one routable space: its pools are apart, whatever their sites. */
static void
check_network_pools(const LoomRules *rules, const LoomLogicalNetwork *network)
{
    g_autoptr(GArray) ranges = loom_ranges_new();
    LoomRange range;

    for (guint i = 0; i < network->sites->len; i++) {
        const LoomSite *site = network->sites->pdata[i];

        for (guint k = 0; k < site->subnets->len; k++) {
            const LoomSubnet *row = site->subnets->pdata[k];

            for (guint n = 0; n < row->pools->len; n++)
                if (loom_pool_get_range(row->pools->pdata[n], &range))
                    loom_ranges_add(ranges, range.first, range.last, range.item);
        }
    }
    loom_rules_check_pools(rules, ranges);
}

void
loom_rules_check_networks(const LoomRules *rules)
{
    for (guint i = 0; i < rules->fabric->networks->len; i++) {
        const LoomLogicalNetwork *network = rules->fabric->networks->pdata[i];

        if (!network->sites->len)
            LOOM_RULE_WARNING(rules, network,
                              _("logical network '%s' has no network site: no host reaches it"),
                              loom_rules_name(network->name));
        if (network->virtualization && network->type != LOOM_NETWORK_CONNECTED)
            LOOM_RULE_ERROR(rules, network,
                            _("logical network '%s' has virtualization='yes', which goes with "
                              "type='connected' only; it is '%s'"),
                            loom_rules_name(network->name), type_words[network->type]);
        for (guint k = 0; k < network->sites->len; k++)
            check_site(rules, network->sites->pdata[k]);
        check_network_pools(rules, network);
    }
}
