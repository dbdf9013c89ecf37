/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calm: debouncing, and a token bucket for each object. */
#include "agent/calm.h"

gint64
loom_burst_add(LoomBurst *burst, gint64 now)
{
    if (!burst->is_waiting)
        *burst = (LoomBurst){TRUE, now};
    return MIN(now + LOOM_QUIET_MILLISECONDS, burst->first + LOOM_LATE_MILLISECONDS);
}

void
loom_burst_end(LoomBurst *burst)
{
    burst->is_waiting = FALSE;
}

/* A bucket is full again at FULL; each token taken puts that off by an interval. */
typedef struct {
    gint64 full;
    gboolean is_told;
} Bucket;

struct LoomDamper {
    GHashTable *buckets; /* by object; what is full is not kept */
};

LoomDamper *
loom_damper_new(void)
{
    LoomDamper *damper = g_new0(LoomDamper, 1);

    damper->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return damper;
}

void
loom_damper_free(LoomDamper *damper)
{
    if (!damper)
        return;
    g_hash_table_unref(damper->buckets);
    g_free(damper);
}

static gboolean
is_full(gpointer object G_GNUC_UNUSED, gpointer value, gpointer now)
{
    return ((const Bucket *)value)->full <= *(const gint64 *)now;
}

LoomDamperAnswer
loom_damper_ask(LoomDamper *damper, const char *object, gint64 now, gint64 *wait)
{
    Bucket *bucket;
    gint64 next;

    g_hash_table_foreach_remove(damper->buckets, is_full, &now);
    bucket = g_hash_table_lookup(damper->buckets, object);
    if (!bucket) {
        bucket = g_new0(Bucket, 1);
        bucket->full = now;
        g_hash_table_insert(damper->buckets, g_strdup(object), bucket);
    }
    next = bucket->full - (gint64)(LOOM_DAMPER_BURST - 1) * LOOM_DAMPER_INTERVAL;
    if (next <= now) {
        bucket->full += LOOM_DAMPER_INTERVAL;
        return LOOM_DAMPER_PASS;
    }
    *wait = next - now;
    if (bucket->is_told)
        return LOOM_DAMPER_WAIT;
    bucket->is_told = TRUE;
    return LOOM_DAMPER_BEGIN;
}
