/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of subnets, IP pools and MAC pools. */
#include "base/i18n.h"
#include "base/mac.h"
#include "fabric/rules.h"

#include <inttypes.h>
#include <string.h>

void
loom_rules_check_prefix(const LoomRules *rules, const LoomRecord *about, const char *address,
                        guint64 prefix)
{
    const LoomInet inet = loom_inet_parse(address);
    g_autofree char *network = NULL;

    if (prefix > loom_inet_bits(&inet)) {
        loom_report_add(rules->report, LOOM_SEVERITY_ERROR, &about->source,
                        _("prefix='%" PRIu64 "' is too long for the IPv4 address %s; at "
                          "most 32"),
                        prefix, address);
        return;
    }
    const LoomInet first = loom_inet_first(&inet, prefix);
    if (loom_inet_compare(&first, &inet) == 0)
        return;
    network = loom_inet_format(&first);
    loom_report_add(rules->report, LOOM_SEVERITY_ERROR, &about->source,
                    _("address='%s' is not the network of prefix %" PRIu64 "; that is '%s'"),
                    address, prefix, network);
}

void
loom_rules_check_route(const LoomRules *rules, const LoomPoolRoute *route)
{
    if (route->address && LOOM_HAS(route, prefix))
        loom_rules_check_prefix(rules, &route->record, route->address, route->prefix);
    if (!route->address || !route->gateway)
        return;
    if (loom_inet_parse(route->address).family != loom_inet_parse(route->gateway).family)
        LOOM_RULE_ERROR(rules, route,
                        _("the route to %s has the gateway %s, which is of another address family"),
                        route->address, route->gateway);
}

/* The gateways of a pool, its routes' too, are neighbours: they stand in the pool's subnet. */
static void
check_gateways(const LoomRules *rules, const LoomPool *pool, const LoomRange *subnet,
               const char *shown)
{
    for (guint i = 0; i < pool->gateways->len; i++) {
        const LoomGateway *gateway = pool->gateways->pdata[i];
        LoomInet inet;

        if (!gateway->address)
            continue;
        inet = loom_inet_parse(gateway->address);
        if (!loom_range_has(subnet, &inet))
            LOOM_RULE_ERROR(rules, gateway,
                            _("the gateway %s of IP pool '%s' is outside its subnet %s"),
                            gateway->address, loom_rules_name(pool->name), shown);
    }
    for (guint i = 0; i < pool->routes->len; i++) {
        const LoomPoolRoute *route = pool->routes->pdata[i];
        LoomInet inet;

        loom_rules_check_route(rules, route);
        if (!route->gateway)
            continue;
        inet = loom_inet_parse(route->gateway);
        if (!loom_range_has(subnet, &inet))
            LOOM_RULE_ERROR(rules, route,
                            _("the route's gateway %s of IP pool '%s' is outside its subnet %s"),
                            route->gateway, loom_rules_name(pool->name), shown);
    }
}

static void
check_reserved(const LoomRules *rules, const LoomPool *pool, const LoomRange *range)
{
    for (guint i = 0; i < pool->reserved->len; i++) {
        const LoomReserved *reserved = pool->reserved->pdata[i];
        LoomRange taken;

        if (!reserved->start || (LOOM_HAS(reserved, end) && !reserved->end))
            continue;
        if (!loom_reserved_get_range(reserved, &taken))
            LOOM_RULE_ERROR(rules, reserved,
                            _("IP pool '%s': the reserved range from %s to %s runs backwards or "
                              "mixes address families"),
                            loom_rules_name(pool->name), reserved->start, reserved->end);
        else if (!loom_range_has(range, &taken.first) || !loom_range_has(range, &taken.last))
            LOOM_RULE_ERROR(rules, reserved,
                            _("IP pool '%s': the reserved range from %s to %s is not inside the "
                              "pool, which is %s to %s"),
                            loom_rules_name(pool->name), reserved->start,
                            reserved->end ? reserved->end : reserved->start, pool->start,
                            pool->end);
    }
}

static void
check_dns(const LoomRules *rules, const LoomPool *pool)
{
    for (guint i = 0; i < pool->dns->len; i++) {
        const LoomDns *dns = pool->dns->pdata[i];

        if (!dns->server && !dns->suffix && !dns->search)
            LOOM_RULE_ERROR(rules, dns,
                            _("<dns> of IP pool '%s' says nothing: it has none of server, suffix "
                              "and search"),
                            loom_rules_name(pool->name));
    }
}

static void
check_pool(const LoomRules *rules, const LoomPool *pool)
{
    g_autofree char *shown = loom_subnet_describe(pool->subnet);
    LoomRange subnet, range;

    check_dns(rules, pool);
    if (!pool->subnet->address) {
        LOOM_RULE_ERROR(rules, pool,
                        _("IP pool '%s' stands in a subnet without an address; give the subnet "
                          "address and prefix"),
                        loom_rules_name(pool->name));
        return;
    }
    if (!pool->start || !pool->end || !loom_subnet_get_range(pool->subnet, &subnet))
        return;
    check_gateways(rules, pool, &subnet, shown);
    if (!loom_pool_get_range(pool, &range)) {
        LOOM_RULE_ERROR(rules, pool,
                        _("IP pool '%s' from %s to %s runs backwards or mixes address families"),
                        loom_rules_name(pool->name), pool->start, pool->end);
        return;
    }
    if (!loom_range_has(&subnet, &range.first) || !loom_range_has(&subnet, &range.last))
        LOOM_RULE_ERROR(rules, pool, _("IP pool '%s' from %s to %s is outside its subnet %s"),
                        loom_rules_name(pool->name), pool->start, pool->end, shown);
    check_reserved(rules, pool, &range);
}

void
loom_rules_check_subnet(const LoomRules *rules, const LoomSubnet *subnet)
{
    if (subnet->address && LOOM_HAS(subnet, prefix))
        loom_rules_check_prefix(rules, &subnet->record, subnet->address, subnet->prefix);
    for (guint i = 0; i < subnet->pools->len; i++)
        check_pool(rules, subnet->pools->pdata[i]);
}

/* Subnets of one VLAN may overlap: they are one wire, which an administrator may number twice. */
static void
report_overlap(const LoomRules *rules, const LoomSubnet *subnet, const LoomSubnet *other)
{
    g_autofree char *shown = loom_subnet_describe(subnet);
    g_autofree char *first = loom_subnet_describe(other);

    if (subnet->owner)
        LOOM_RULE_ERROR(rules, subnet, _("the subnet %s of VM network '%s' overlaps %s at %s:%u"),
                        shown, loom_rules_name(subnet->owner->name), first,
                        other->record.source.file, other->record.source.line);
    else if (other->vlan != subnet->vlan)
        LOOM_RULE_ERROR(
            rules, subnet,
            _("the subnet %s of VLAN %" PRIu64 " overlaps %s of VLAN %" PRIu64 " at %s:%u"), shown,
            subnet->vlan, first, other->vlan, other->record.source.file, other->record.source.line);
}

void
loom_rules_check_overlap(const LoomRules *rules, const GPtrArray *subnets)
{
    g_autoptr(GArray) ranges = loom_ranges_new();
    g_autoptr(GArray) around = g_array_new(FALSE, FALSE, sizeof(guint));
    LoomRange range;

    for (guint i = 0; i < subnets->len; i++)
        if (loom_subnet_get_range(subnets->pdata[i], &range))
            loom_ranges_add(ranges, range.first, range.last, range.item);
    loom_ranges_sort(ranges);

    /* Subnets nest or are apart, so those that may overlap the next one lie around the last. */
    for (guint i = 0; i < ranges->len; i++) {
        const LoomRange *inner = loom_ranges_get(ranges, i);
        const LoomSubnet *subnet = inner->item;

        while (around->len) {
            const LoomRange *outer =
                loom_ranges_get(ranges, g_array_index(around, guint, around->len - 1));
            const LoomSubnet *other = outer->item;

            if (!loom_range_has(outer, &inner->first)) {
                g_array_set_size(around, around->len - 1);
                continue;
            }
            report_overlap(rules, subnet, other);
            break;
        }
        g_array_append_val(around, i);
    }
}

void
loom_rules_check_pools(const LoomRules *rules, GArray *ranges)
{
    const LoomRange *widest = NULL;

    loom_ranges_sort(ranges);
    for (guint i = 0; i < ranges->len; i++) {
        const LoomRange *range = loom_ranges_get(ranges, i);
        const LoomPool *pool = range->item;

        if (widest && loom_range_has(widest, &range->first)) {
            const LoomPool *other = widest->item;

            LOOM_RULE_ERROR(rules, pool,
                            _("IP pool '%s' from %s to %s overlaps IP pool '%s' from %s to %s at "
                              "%s:%u: both could give out one address"),
                            loom_rules_name(pool->name), pool->start, pool->end,
                            loom_rules_name(other->name), other->start, other->end,
                            other->record.source.file, other->record.source.line);
        }
        if (!widest || loom_inet_compare(&range->last, &widest->last) > 0)
            widest = range;
    }
}

/* SCVMM's rules of MAC pools; they make a pool one run of addresses of one vendor prefix. */
static gboolean
check_mac_pool(const LoomRules *rules, const LoomMacPool *pool)
{
    const guint64 start = loom_mac_parse(pool->start), end = loom_mac_parse(pool->end);
    const char *name = loom_rules_name(pool->name);

    if (start >> 24 != end >> 24)
        LOOM_RULE_ERROR(rules, pool,
                        _("MAC pool '%s' from %s to %s: both ends must share the first three "
                          "octets"),
                        name, pool->start, pool->end);
    else if (start > end)
        LOOM_RULE_ERROR(rules, pool, _("MAC pool '%s' from %s to %s runs backwards"), name,
                        pool->start, pool->end);
    return start <= end;
}

static int
mac_pool_compare(gconstpointer a, gconstpointer b)
{
    const LoomMacPool *one = *(const LoomMacPool *const *)a;
    const LoomMacPool *other = *(const LoomMacPool *const *)b;

    return strcmp(one->start, other->start); /* canonical text sorts like the number */
}

void
loom_rules_check_mac_pools(const LoomRules *rules)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    const LoomMacPool *widest = NULL;

    for (guint i = 0; i < rules->fabric->mac_pools->len; i++) {
        LoomMacPool *pool = rules->fabric->mac_pools->pdata[i];

        if (!pool->groups->len)
            LOOM_RULE_WARNING(rules, pool,
                              _("MAC pool '%s' names no host group: no guest draws on it"),
                              loom_rules_name(pool->name));
        if (pool->start && pool->end && check_mac_pool(rules, pool))
            g_ptr_array_add(sorted, pool);
    }
    g_ptr_array_sort(sorted, mac_pool_compare);
    for (guint i = 0; i < sorted->len; i++) {
        const LoomMacPool *pool = sorted->pdata[i];

        if (widest && strcmp(pool->start, widest->end) <= 0)
            LOOM_RULE_ERROR(
                rules, pool, _("MAC pool '%s' from %s to %s overlaps MAC pool '%s' at %s:%u"),
                loom_rules_name(pool->name), pool->start, pool->end, loom_rules_name(widest->name),
                widest->record.source.file, widest->record.source.line);
        if (!widest || strcmp(pool->end, widest->end) > 0)
            widest = pool;
    }
}
