/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory for each VM network, with a link to the slice of each network of ours on it. */
#include "host/sliceindex.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/uuid.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES_MAX 200

char *
loom_slice_index_path(const char *directory, const char *vmnetwork)
{
    g_autofree char *digest = NULL;

    if (!*vmnetwork || strchr(vmnetwork, '/') || g_str_equal(vmnetwork, ".") ||
        g_str_equal(vmnetwork, ".."))
        return NULL;
    if (strlen(vmnetwork) > NAME_BYTES_MAX)
        digest = loom_uuid_from_name(vmnetwork);
    return g_build_filename(directory, "vmnetworks", digest ? digest : vmnetwork, NULL);
}

static char *
link_path(const char *directory, const LoomNetwork *network)
{
    g_autofree char *parent =
        network->vmnetwork ? loom_slice_index_path(directory, network->vmnetwork) : NULL;

    return parent ? g_strdup_printf("%s/%s.xml", parent, network->uuid) : NULL;
}

static char *
link_target(const LoomNetwork *network)
{
    return g_strdup_printf("../../networks/%s.xml", network->uuid);
}

gboolean
loom_slice_index_has(const char *directory, const LoomNetwork *network)
{
    g_autofree char *path = link_path(directory, network);
    g_autofree char *target = link_target(network);
    g_autofree char *present = path ? g_file_read_link(path, NULL) : NULL;

    return !path || g_strcmp0(present, target) == 0;
}

/* The link's text follows from its name: one that is there is right, or was put there by others. */
gboolean
loom_slice_index_save(const char *directory, const LoomNetwork *network, GError **error)
{
    g_autofree char *path = link_path(directory, network);
    g_autofree char *parent = path ? g_path_get_dirname(path) : NULL;
    g_autofree char *target = link_target(network);

    if (!path)
        return TRUE;
    if (g_mkdir_with_parents(parent, 0755) == 0 && (g_unlink(path) == 0 || errno == ENOENT) &&
        symlink(target, path) == 0)
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot write %s"), path);
    return FALSE;
}

static gboolean
prune_directory(const char *path, GHashTable *kept, GError **error)
{
    g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
    const char *name;

    while (entries && (name = g_dir_read_name(entries))) {
        g_autofree char *entry = g_build_filename(path, name, NULL);

        if (!g_hash_table_contains(kept, entry) && !loom_file_remove(entry, error))
            return FALSE;
    }
    g_rmdir(path); /* stays where something is in it */
    return TRUE;
}

gboolean
loom_slice_index_prune(const LoomHost *host, const char *directory, GError **error)
{
    g_autoptr(GHashTable) kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *path = g_build_filename(directory, "vmnetworks", NULL);
    g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
    const char *name;

    for (guint i = 0; i < host->networks->len; i++) {
        char *link = link_path(directory, host->networks->pdata[i]);

        if (link)
            g_hash_table_add(kept, link);
    }
    while (entries && (name = g_dir_read_name(entries))) {
        g_autofree char *entry = g_build_filename(path, name, NULL);

        if (!prune_directory(entry, kept, error))
            return FALSE;
    }
    return TRUE;
}
