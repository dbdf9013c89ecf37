/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What carries what, at one point of a plan. */
#include "plan/paths.h"

/* A link at one point of the plan. */
typedef struct {
    const LoomLink *link; /* the last record that said what it is */
    const char *master, *peer;
    gboolean up;
} State;

struct LoomPaths {
    GHashTable *links;   /* State, by name */
    GHashTable *members; /* sets of names, by master */
    GHashTable *above;   /* sets of names, by parent */
};

void
loom_sets_add(GHashTable *sets, const char *key, const char *item)
{
    GHashTable *set = g_hash_table_lookup(sets, key);

    if (!set) {
        set = g_hash_table_new(g_str_hash, g_str_equal);
        g_hash_table_insert(sets, (gpointer)key, set);
    }
    g_hash_table_add(set, (gpointer)item);
}

void
loom_sets_remove(GHashTable *sets, const char *key, const char *item)
{
    GHashTable *set = key ? g_hash_table_lookup(sets, key) : NULL;

    if (set)
        g_hash_table_remove(set, item);
}

/* The items of a set, as they are now; none where there is no such set. */
GList *
loom_sets_list(GHashTable *sets, const char *key)
{
    GHashTable *set = key ? g_hash_table_lookup(sets, key) : NULL;

    return set ? g_hash_table_get_keys(set) : NULL;
}

GHashTable *
loom_sets_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_hash_table_unref);
}

/* Whether it carries its master, and not the other way round. */
static gboolean
is_uplink(const State *state)
{
    return state->link->kind == LOOM_LINK_PHYSICAL || state->link->kind == LOOM_LINK_BOND ||
           state->link->kind == LOOM_LINK_OVS_BOND;
}

/* Whether a NIC carries that bond or bridge, or that NIC itself, without those in BUT. */
static gboolean
is_carried(const LoomPaths *paths, const char *name, GHashTable *but)
{
    const State *state = g_hash_table_lookup(paths->links, name);
    g_autoptr(GList) members = loom_sets_list(paths->members, name);

    if (!state || !state->up || g_hash_table_contains(but, name))
        return FALSE;
    if (state->link->kind == LOOM_LINK_PHYSICAL)
        return TRUE;
    for (GList *member = members; member; member = member->next) {
        const State *below = g_hash_table_lookup(paths->links, member->data);

        if (below && is_uplink(below) && is_carried(paths, member->data, but))
            return TRUE;
    }
    return FALSE;
}

/* Whether what has an address on that link reaches a NIC, without those in BUT. */
gboolean
loom_paths_reach(const LoomPaths *paths, const char *name, GHashTable *but)
{
    const State *state = g_hash_table_lookup(paths->links, name);
    const State *peer =
        state && state->peer ? g_hash_table_lookup(paths->links, state->peer) : NULL;
    const char *bridge = peer ? peer->master : state ? state->master : NULL;

    if (!state || !state->up || g_hash_table_contains(but, name))
        return FALSE;
    switch (state->link->kind) {
    case LOOM_LINK_VETH:
    case LOOM_LINK_OVS_INTERNAL:
        return bridge && is_carried(paths, bridge, but);
    case LOOM_LINK_PHYSICAL:
    case LOOM_LINK_BOND:
        return !state->master && is_carried(paths, name, but);
    case LOOM_LINK_OTHER:
        return state->link->parent && loom_paths_reach(paths, state->link->parent, but);
    default:
        return is_carried(paths, name, but);
    }
}

static void
mark(GHashTable *cut, GQueue *queue, const char *name)
{
    if (name && g_hash_table_add(cut, (gpointer)name))
        g_queue_push_tail(queue, (gpointer)name);
}

static void
mark_above(const LoomPaths *paths, const char *name, GHashTable *cut, GQueue *queue)
{
    const State *state = g_hash_table_lookup(paths->links, name);
    g_autoptr(GList) above = loom_sets_list(paths->above, name), members = NULL;

    for (GList *upper = above; upper; upper = upper->next)
        mark(cut, queue, upper->data);
    if (!state)
        return;
    mark(cut, queue, state->peer);
    if (is_uplink(state)) {
        if (state->master && !is_carried(paths, state->master, cut))
            mark(cut, queue, state->master);
        return;
    }
    members = loom_sets_list(paths->members, name);
    for (GList *member = members; member; member = member->next) {
        const State *port = g_hash_table_lookup(paths->links, member->data);

        if (port && !is_uplink(port))
            mark(cut, queue, member->data);
    }
}

/* All links that are cut off while that one is down or gone: itself, and what needs it. */
GHashTable *
loom_paths_find_cut(const LoomPaths *paths, const char *name)
{
    GHashTable *cut = g_hash_table_new(g_str_hash, g_str_equal);
    g_auto(GQueue) queue = G_QUEUE_INIT;

    for (mark(cut, &queue, name); !g_queue_is_empty(&queue);)
        mark_above(paths, g_queue_pop_head(&queue), cut, &queue);
    return cut;
}

static void
set_master(LoomPaths *paths, State *state, const char *master)
{
    loom_sets_remove(paths->members, state->master, state->link->name);
    state->master = master;
    if (master)
        loom_sets_add(paths->members, master, state->link->name);
}

void
loom_paths_set(LoomPaths *paths, const LoomLink *link)
{
    State *state = g_hash_table_lookup(paths->links, link->name);

    if (!state) {
        state = g_new0(State, 1);
        g_hash_table_insert(paths->links, link->name, state);
        state->link = link;
        if (link->parent)
            loom_sets_add(paths->above, link->parent, link->name);
    }
    if (LOOM_HAS(link, up))
        state->up = link->up;
    if (link->peer)
        state->peer = link->peer;
    set_master(paths, state, link->master);
}

void
loom_paths_delete(LoomPaths *paths, const char *name)
{
    State *state = g_hash_table_lookup(paths->links, name);
    const char *peer = state ? state->peer : NULL;
    g_autoptr(GList) members = loom_sets_list(paths->members, name);

    if (!state)
        return;
    for (GList *member = members; member; member = member->next)
        set_master(paths, g_hash_table_lookup(paths->links, member->data), NULL);
    set_master(paths, state, NULL);
    g_hash_table_remove(paths->links, name);
    if (peer)
        loom_paths_delete(paths, peer);
}

LoomPaths *
loom_paths_new(const LoomHost *host)
{
    LoomPaths *paths = g_new0(LoomPaths, 1);

    paths->links = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    paths->members = loom_sets_new();
    paths->above = loom_sets_new();
    for (guint i = 0; i < host->links->len; i++)
        loom_paths_set(paths, host->links->pdata[i]);
    return paths;
}

void
loom_paths_free(LoomPaths *paths)
{
    if (!paths)
        return;
    g_hash_table_unref(paths->links);
    g_hash_table_unref(paths->members);
    g_hash_table_unref(paths->above);
    g_free(paths);
}

const LoomLink *
loom_paths_find(const LoomPaths *paths, const char *name)
{
    const State *state = g_hash_table_lookup(paths->links, name);

    return state ? state->link : NULL;
}
