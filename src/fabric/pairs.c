/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables keyed by two things of the fabric. */
#include "fabric/pairs.h"

typedef struct {
    gconstpointer a, b;
} Pair;

static guint
pair_hash(gconstpointer key)
{
    const Pair *pair = key;

    return g_direct_hash(pair->a) * 31 + g_direct_hash(pair->b);
}

static gboolean
pair_equal(gconstpointer one, gconstpointer other)
{
    const Pair *x = one, *y = other;

    return x->a == y->a && x->b == y->b;
}

GHashTable *
loom_pairs_new(void)
{
    return g_hash_table_new_full(pair_hash, pair_equal, g_free, NULL);
}

gpointer
loom_pairs_find(GHashTable *pairs, gconstpointer a, gconstpointer b)
{
    const Pair key = {a, b};

    return g_hash_table_lookup(pairs, &key);
}

gpointer
loom_pairs_add(GHashTable *pairs, gconstpointer a, gconstpointer b, gconstpointer value)
{
    const Pair key = {a, b};
    gpointer first = g_hash_table_lookup(pairs, &key);

    if (!first)
        g_hash_table_insert(pairs, g_memdup2(&key, sizeof key), (gpointer)value);
    return first;
}
