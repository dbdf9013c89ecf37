/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live ports that are kept, by link. */
#include "port/index.h"

#include "base/error.h"
#include "port/state.h"

#include <sys/stat.h>

/* What a file was like, and which link its port had. */
typedef struct {
    ino_t inode;
    off_t size;
    struct timespec changed;
    char *link; /* NULL: none */
    guint seen; /* the visit that last met it */
} Entry;

struct LoomPortIndex {
    const char *directory;
    GHashTable *entries; /* by path */
    guint visit;
};

typedef struct {
    LoomPortIndex *index;
    GHashTable *links;
    LoomPortVisitor visitor;
    gpointer data;
    LoomReport *report;
} Visit;

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_free(entry->link);
    g_free(entry);
}

LoomPortIndex *
loom_port_index_new(const char *directory)
{
    LoomPortIndex *index = g_new0(LoomPortIndex, 1);

    index->directory = directory;
    index->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return index;
}

void
loom_port_index_free(LoomPortIndex *index)
{
    if (!index)
        return;
    g_hash_table_unref(index->entries);
    g_free(index);
}

/* A file is never written anew, but replaced: port/state.h. */
static gboolean
is_same(const Entry *entry, const struct stat *found)
{
    return entry->inode == found->st_ino && entry->size == found->st_size &&
           entry->changed.tv_sec == found->st_ctim.tv_sec &&
           entry->changed.tv_nsec == found->st_ctim.tv_nsec;
}

static Entry *
remember(LoomPortIndex *index, const char *path, const struct stat *found, const LoomHost *state)
{
    Entry *entry = g_new0(Entry, 1);

    entry->inode = found->st_ino;
    entry->size = found->st_size;
    entry->changed = found->st_ctim;
    entry->link = g_strdup(loom_port_state_port(state)->link);
    g_hash_table_insert(index->entries, g_strdup(path), entry);
    return entry;
}

static gboolean
is_asked_for(const Visit *visit, const Entry *entry)
{
    return entry->link && (!visit->links || g_hash_table_contains(visit->links, entry->link));
}

static void
visit_file(const char *path, const char *mac, gpointer data)
{
    const Visit *visit = data;
    LoomPortIndex *index = visit->index;
    Entry *entry = g_hash_table_lookup(index->entries, path);
    g_autoptr(LoomHost) state = NULL;
    g_autoptr(GError) error = NULL;
    struct stat found;

    if (stat(path, &found) < 0)
        return;
    if (!entry || !is_same(entry, &found) || is_asked_for(visit, entry)) {
        state = loom_port_state_load(path, mac, &error);
        entry = state ? remember(index, path, &found, state) : NULL;
    }
    if (error && !g_error_matches(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND))
        loom_report_add(visit->report, LOOM_SEVERITY_WARNING, NULL, "%s", error->message);
    if (!entry)
        return;
    entry->seen = index->visit;
    if (state && is_asked_for(visit, entry))
        visit->visitor(state, visit->data);
}

static gboolean
is_gone(gpointer path G_GNUC_UNUSED, gpointer entry, gpointer index)
{
    return ((const Entry *)entry)->seen != ((const LoomPortIndex *)index)->visit;
}

void
loom_port_index_visit(LoomPortIndex *index, GHashTable *links, LoomPortVisitor visitor,
                      gpointer data, LoomReport *report)
{
    Visit visit = {index, links, visitor, data, report};

    index->visit++;
    loom_port_state_walk(index->directory, LOOM_PORT_LIVE, NULL, visit_file, &visit);
    g_hash_table_foreach_remove(index->entries, is_gone, index);
}
