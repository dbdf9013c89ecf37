/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables keyed by two things of the fabric, by identity; only fabric/ includes this. */
#pragma once

#include <glib.h>

/* An empty table; free with g_hash_table_unref(). It borrows keys and values. */
GHashTable *loom_pairs_new(void);

/* The value of the pair, or NULL. B may be NULL. */
gpointer loom_pairs_find(GHashTable *pairs, gconstpointer a, gconstpointer b);

/* Adds a value where the pair has none, and returns NULL; else returns the one that it has. */
gpointer loom_pairs_add(GHashTable *pairs, gconstpointer a, gconstpointer b, gconstpointer value);
