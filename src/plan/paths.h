/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What carries what, at one point of a plan. Of plan/ alone. */
#pragma once

#include "plan/plan.h"

/* All names and records are borrowed from those that were put in, which must outlive it. */
typedef struct LoomPaths LoomPaths;

/* The links of HOST, as they are. */
LoomPaths *loom_paths_new(const LoomHost *host);
void loom_paths_free(LoomPaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomPaths, loom_paths_free)

/* The record that said what the link is, or NULL: there is none of that name. */
const LoomLink *loom_paths_find(const LoomPaths *paths, const char *name);

/* Adds LINK, or makes the one of that name as LINK says; what that does not state stays. */
void loom_paths_set(LoomPaths *paths, const LoomLink *link);

/* Deletes a link and the other end of a veth; what is in it is in nothing then. */
void loom_paths_delete(LoomPaths *paths, const char *name);

/* The names of all links that are cut off while that one is down: itself, and all that needs it. */
GHashTable *loom_paths_find_cut(const LoomPaths *paths, const char *name);

/* Whether an address on that link reaches a NIC that is up, without the links in CUT. */
gboolean loom_paths_reach(const LoomPaths *paths, const char *name, GHashTable *cut);

/* Sets by key: of texts, borrowed like their keys. */
GHashTable *loom_sets_new(void);
void loom_sets_add(GHashTable *sets, const char *key, const char *item);
void loom_sets_remove(GHashTable *sets, const char *key, const char *item);

/* The items at KEY (may be NULL), as they are now; the list is the caller's. */
GList *loom_sets_list(GHashTable *sets, const char *key);
