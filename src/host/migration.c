/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration networks that two hosts have in common. */
#include "host/migration.h"

static int
compare_pairs(gconstpointer a, gconstpointer b)
{
    const LoomMigrationPath *one = ((const LoomMigrationPair *)a)->from;
    const LoomMigrationPath *other = ((const LoomMigrationPair *)b)->from;

    if (one->fallback != other->fallback)
        return one->fallback ? 1 : -1;
    return (one->order > other->order) - (one->order < other->order);
}

GArray *
loom_migration_list_pairs(const LoomHost *from, const LoomHost *to)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(LoomMigrationPair));

    for (guint i = 0; i < from->migrations->len; i++) {
        const LoomMigrationPath *path = from->migrations->pdata[i];
        const LoomMigrationPair pair = {
            path, loom_host_find(to, &loom_migration_path_kind, path->network)};

        if (pair.to)
            g_array_append_val(pairs, pair);
    }
    g_array_sort(pairs, compare_pairs);
    return pairs;
}
