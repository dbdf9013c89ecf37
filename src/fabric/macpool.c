/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What MAC pools have for guests. */
#include "fabric/macpool.h"

#include "base/mac.h"

#include <string.h>

static gboolean
names_group(const LoomMacPool *pool, const LoomHostGroup *group)
{
    for (guint i = 0; i < pool->groups->len; i++)
        if (((const LoomHostGroupRef *)pool->groups->pdata[i])->group == group)
            return TRUE;
    return FALSE;
}

static int
compare_pools(gconstpointer a, gconstpointer b)
{
    const LoomMacPool *one = *(const LoomMacPool *const *)a;
    const LoomMacPool *other = *(const LoomMacPool *const *)b;

    return strcmp(one->start, other->start); /* canonical text sorts like the number */
}

GPtrArray *
loom_fabric_list_mac_pools(const LoomFabric *fabric, const LoomHostGroup *group)
{
    GPtrArray *pools = g_ptr_array_new();

    for (; group && !pools->len; group = group->parent)
        for (guint i = 0; i < fabric->mac_pools->len; i++) {
            LoomMacPool *pool = fabric->mac_pools->pdata[i];

            if (pool->start && pool->end && names_group(pool, group))
                g_ptr_array_add(pools, pool);
        }
    g_ptr_array_sort(pools, compare_pools);
    return pools;
}

/* What runs backwards, an error of the fabric, has none. */
static guint64
count_of(const LoomMacPool *pool)
{
    guint64 start = loom_mac_parse(pool->start), end = loom_mac_parse(pool->end);

    return start > end ? 0 : end - start + 1;
}

static const LoomMacPool *
find_place(const GPtrArray *pools, guint64 *place)
{
    for (guint i = 0; i < pools->len; i++) {
        guint64 count = count_of(pools->pdata[i]);

        if (*place < count)
            return pools->pdata[i];
        *place -= count;
    }
    return NULL;
}

/* 60 bits of a digest that is the same everywhere. */
static guint64
number_of(const char *key)
{
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);

    digest[15] = '\0';
    return g_ascii_strtoull(digest, NULL, 16);
}

char *
loom_mac_pools_choose(const GPtrArray *pools, const char *key, GHashTable *taken,
                      const LoomMacPool **pool)
{
    guint64 begin = number_of(key), sum = 0;

    for (guint i = 0; i < pools->len; i++)
        sum += count_of(pools->pdata[i]);
    for (guint64 i = 0; i < sum; i++) {
        guint64 place = (begin + i) % sum;
        const LoomMacPool *found = find_place(pools, &place);
        g_autofree char *mac = loom_mac_format(loom_mac_parse(found->start) + place);

        if (g_hash_table_contains(taken, mac))
            continue;
        if (pool)
            *pool = found;
        return g_steal_pointer(&mac);
    }
    return NULL;
}
