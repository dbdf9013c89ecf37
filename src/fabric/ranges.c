/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges of addresses, as subnets, pools and reservations say them. */
#include "fabric/ranges.h"

#include "base/i18n.h"

GArray *
loom_ranges_new(void)
{
    return g_array_new(FALSE, FALSE, sizeof(LoomRange));
}

void
loom_ranges_add(GArray *ranges, LoomInet first, LoomInet last, gconstpointer item)
{
    const LoomRange range = {first, last, item};

    g_array_append_val(ranges, range);
}

static int
range_compare(gconstpointer a, gconstpointer b)
{
    const LoomRange *one = a, *other = b;
    int by_first = loom_inet_compare(&one->first, &other->first);

    return by_first ? by_first : loom_inet_compare(&other->last, &one->last);
}

void
loom_ranges_sort(GArray *ranges)
{
    g_array_sort(ranges, range_compare);
}

gboolean
loom_subnet_get_range(const LoomSubnet *subnet, LoomRange *range)
{
    LoomInet address;

    if (!subnet->address || !LOOM_HAS(subnet, prefix))
        return FALSE;
    address = loom_inet_parse(subnet->address);
    if (subnet->prefix > loom_inet_bits(&address))
        return FALSE;
    *range = (LoomRange){loom_inet_first(&address, subnet->prefix),
                         loom_inet_last(&address, subnet->prefix), subnet};
    return TRUE;
}

static gboolean
get_range(const char *start, const char *end, gconstpointer item, LoomRange *range)
{
    LoomRange read;

    if (!start || !end)
        return FALSE;
    read = (LoomRange){loom_inet_parse(start), loom_inet_parse(end), item};
    if (read.first.family != read.last.family || loom_inet_compare(&read.first, &read.last) > 0)
        return FALSE;
    *range = read;
    return TRUE;
}

gboolean
loom_pool_get_range(const LoomPool *pool, LoomRange *range)
{
    return get_range(pool->start, pool->end, pool, range);
}

gboolean
loom_reserved_get_range(const LoomReserved *reserved, LoomRange *range)
{
    const char *end = LOOM_HAS(reserved, end) ? reserved->end : reserved->start;

    return get_range(reserved->start, end, reserved, range);
}

gboolean
loom_range_has(const LoomRange *range, const LoomInet *inet)
{
    return inet->family == range->first.family && loom_inet_compare(&range->first, inet) <= 0 &&
           loom_inet_compare(inet, &range->last) <= 0;
}

char *
loom_subnet_describe(const LoomSubnet *subnet)
{
    if (subnet->address)
        return g_strdup_printf("%s/%" G_GUINT64_FORMAT, subnet->address, subnet->prefix);
    if (subnet->vlan)
        return g_strdup_printf("VLAN %" G_GUINT64_FORMAT, subnet->vlan);
    return g_strdup(_("without address and VLAN"));
}
