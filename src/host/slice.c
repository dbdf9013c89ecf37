/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slices of a host for the hooks, and the stamp that the hooks leave. */
#include "host/slice.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/uuid.h"
#include "host/sliceindex.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES_MAX  200
#define STAMP_BYTES_MAX 128

const char *
loom_slice_directory(void)
{
    const char *given = g_getenv("VIRT_LOOM_RUNDIR");

    return given ? given : LOOM_RUNDIR;
}

static char *
slice_path(const char *directory, const char *uuid)
{
    return g_strdup_printf("%s/networks/%s.xml", directory, uuid);
}

/* NULL: no network can have that name. Names come from guests' XML. */
static char *
name_path(const char *directory, const char *name)
{
    g_autofree char *digest = NULL;

    if (!*name || strchr(name, '/') || g_str_equal(name, ".") || g_str_equal(name, ".."))
        return NULL;
    if (strlen(name) > NAME_BYTES_MAX)
        digest = loom_uuid_from_name(name);
    return g_build_filename(directory, "names", digest ? digest : name, NULL);
}

/* A host's records by what they are for, so that each slice takes its own in linear time. */
typedef struct {
    const LoomHost *host;
    GHashTable *links;      /* of a logical switch */
    GHashTable *host_ports; /* of a logical switch: those of these links */
    GHashTable *patterns;   /* of a network: what its guests' ports are made from */
    GHashTable *leases;     /* of a network */
    GHashTable *vnics;      /* of a VM network: the host's, without their far ends */
    GHashTable *managing;   /* of a logical switch: those of the host with the role management */
    GHashTable *ends;       /* of a host vNIC: its far end */
    GHashTable *end_ports;  /* of a far end: its port */
    GHashTable *classes; /* of a logical switch: what classes of its guests' ports are made from */
} Slicer;

static GHashTable *
new_index(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
}

static void
slicer_clear(Slicer *slicer)
{
    g_hash_table_unref(slicer->links);
    g_hash_table_unref(slicer->host_ports);
    g_hash_table_unref(slicer->patterns);
    g_hash_table_unref(slicer->leases);
    g_hash_table_unref(slicer->vnics);
    g_hash_table_unref(slicer->managing);
    g_hash_table_unref(slicer->ends);
    g_hash_table_unref(slicer->end_ports);
    g_hash_table_unref(slicer->classes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Slicer, slicer_clear)

static void
add_to(GHashTable *index, const char *name, gpointer record)
{
    const char *key = name ? name : "";
    GPtrArray *list = g_hash_table_lookup(index, key);

    if (!list) {
        list = g_ptr_array_new();
        g_hash_table_insert(index, (gpointer)key, list);
    }
    g_ptr_array_add(list, record);
}

static gboolean
is_vnic(const LoomLink *link)
{
    return link->kind == LOOM_LINK_VETH || link->kind == LOOM_LINK_OVS_INTERNAL;
}

static gboolean
is_managing(const LoomLink *vnic)
{
    return g_strcmp0(vnic->role, "management") == 0;
}

/* A far end is in the bridge; a vNIC has the VM network. */
static void
add_vnic(Slicer *slicer, LoomLink *link)
{
    if (link->master && link->peer) {
        add_to(slicer->ends, link->peer, link);
        return;
    }
    if (link->vmnetwork)
        add_to(slicer->vnics, link->vmnetwork, link);
    if (is_managing(link))
        add_to(slicer->managing, link->logicalswitch, link);
}

static void
slicer_init(Slicer *slicer, const LoomHost *host)
{
    g_autoptr(GHashTable) vnics = g_hash_table_new(g_str_hash, g_str_equal);

    *slicer = (Slicer){host,        new_index(), new_index(), new_index(), new_index(),
                       new_index(), new_index(), new_index(), new_index(), new_index()};
    for (guint i = 0; i < host->links->len; i++) {
        LoomLink *link = host->links->pdata[i];

        if (is_vnic(link)) {
            g_hash_table_add(vnics, link->name);
            add_vnic(slicer, link);
        } else {
            add_to(slicer->links, link->logicalswitch, link);
        }
    }
    for (guint i = 0; i < host->ports->len; i++) {
        LoomPort *port = host->ports->pdata[i];

        if (!port->link)
            add_to(slicer->patterns, port->network, port);
        else if (!g_hash_table_contains(vnics, port->link))
            add_to(slicer->host_ports, port->logicalswitch, port);
        else
            add_to(slicer->end_ports, port->link, port);
    }
    for (guint i = 0; i < host->leases->len; i++) {
        LoomGuestAddress *lease = host->leases->pdata[i];

        add_to(slicer->leases, lease->network, lease);
    }
    for (guint i = 0; i < host->classes->len; i++) {
        LoomClass *class = host->classes->pdata[i];

        if (class->perport)
            add_to(slicer->classes, class->logicalswitch, class);
    }
}

static void
copy_from(LoomHost *slice, GHashTable *index, const char *name)
{
    const GPtrArray *list = g_hash_table_lookup(index, name ? name : "");

    for (guint i = 0; list && i < list->len; i++)
        loom_record_add(slice, loom_record_copy(list->pdata[i]));
}

/* The vNIC, its far end, and the port that this is. */
static void
copy_vnic(LoomHost *slice, const Slicer *slicer, const LoomLink *vnic)
{
    const GPtrArray *ends = g_hash_table_lookup(slicer->ends, vnic->name);

    loom_record_add(slice, loom_record_copy(vnic));
    copy_from(slice, slicer->ends, vnic->name);
    for (guint i = 0; ends && i < ends->len; i++)
        copy_from(slice, slicer->end_ports, ((LoomLink *)ends->pdata[i])->name);
}

/* Those that a guest of NETWORK shares a VM network with, and those by which the host is managed.
 */
static void
copy_vnics(LoomHost *slice, const Slicer *slicer, const LoomNetwork *network)
{
    const GPtrArray *sharing =
        g_hash_table_lookup(slicer->vnics, network->vmnetwork ? network->vmnetwork : "");
    const GPtrArray *managing =
        g_hash_table_lookup(slicer->managing, network->logicalswitch ? network->logicalswitch : "");

    for (guint i = 0; sharing && i < sharing->len; i++) {
        const LoomLink *vnic = sharing->pdata[i];

        if (g_strcmp0(vnic->logicalswitch, network->logicalswitch) == 0 && !is_managing(vnic))
            copy_vnic(slice, slicer, vnic);
    }
    for (guint i = 0; managing && i < managing->len; i++)
        copy_vnic(slice, slicer, managing->pdata[i]);
}

static LoomHost *
make_slice(const Slicer *slicer, const LoomNetwork *network)
{
    LoomHost *slice = loom_host_new();

    LOOM_SET(slice, name, slicer->host->name);
    LOOM_SET(slice, fabric, slicer->host->fabric);
    copy_from(slice, slicer->links, network->logicalswitch);
    copy_from(slice, slicer->host_ports, network->logicalswitch);
    copy_vnics(slice, slicer, network);
    copy_from(slice, slicer->patterns, network->name);
    copy_from(slice, slicer->leases, network->name);
    copy_from(slice, slicer->classes, network->logicalswitch);
    loom_record_add(slice, loom_record_copy(network));
    return slice;
}

LoomHost *
loom_slice_of(const LoomHost *host, const LoomNetwork *network)
{
    g_auto(Slicer) slicer;

    slicer_init(&slicer, host);
    return make_slice(&slicer, network);
}

static char *
format_slice(const Slicer *slicer, const LoomNetwork *network)
{
    g_autoptr(LoomHost) slice = make_slice(slicer, network);

    return loom_host_format(slice);
}

static gboolean
has_text(const char *path, const char *text)
{
    size_t length;
    g_autofree char *present = loom_file_read(path, LOOM_DOCUMENT_SIZE_MAX, &length, NULL);

    return g_strcmp0(present, text) == 0;
}

static char *
name_target(const LoomNetwork *network)
{
    return g_strdup_printf("../networks/%s.xml", network->uuid);
}

static gboolean
has_name(const char *directory, const LoomNetwork *network)
{
    g_autofree char *path = name_path(directory, network->name);
    g_autofree char *target = name_target(network);
    g_autofree char *present = g_file_read_link(path, NULL);

    return g_strcmp0(present, target) == 0;
}

static gboolean
save_name(const char *directory, const LoomNetwork *network, GError **error)
{
    g_autofree char *path = name_path(directory, network->name);
    g_autofree char *parent = g_path_get_dirname(path);
    g_autofree char *target = name_target(network);
    g_autofree char *temporary = g_strdup_printf("%s/.%s.new", parent, network->uuid);

    if (g_mkdir_with_parents(parent, 0755) == 0 && (g_unlink(temporary) == 0 || errno == ENOENT) &&
        symlink(target, temporary) == 0 && g_rename(temporary, path) == 0)
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot write %s"), path);
    return FALSE;
}

gboolean
loom_slice_save_all(const LoomHost *host, const char *directory, GError **error)
{
    g_auto(Slicer) slicer;

    slicer_init(&slicer, host);
    for (guint i = 0; i < host->networks->len; i++) {
        const LoomNetwork *network = host->networks->pdata[i];
        g_autofree char *text = format_slice(&slicer, network);
        g_autofree char *path = slice_path(directory, network->uuid);

        if ((!has_text(path, text) && !loom_file_write_volatile(path, text, error)) ||
            (!has_name(directory, network) && !save_name(directory, network, error)) ||
            (!loom_slice_index_has(directory, network) &&
             !loom_slice_index_save(directory, network, error)))
            return FALSE;
    }
    return TRUE;
}

gboolean
loom_slice_is_current(const LoomHost *host, const char *directory)
{
    g_auto(Slicer) slicer;

    slicer_init(&slicer, host);
    for (guint i = 0; i < host->networks->len; i++) {
        const LoomNetwork *network = host->networks->pdata[i];
        g_autofree char *text = format_slice(&slicer, network);
        g_autofree char *path = slice_path(directory, network->uuid);

        if (!has_text(path, text) || !has_name(directory, network) ||
            !loom_slice_index_has(directory, network))
            return FALSE;
    }
    return TRUE;
}

static gboolean
prune_directory(const char *directory, const char *below, GHashTable *kept, GError **error)
{
    g_autofree char *path = g_build_filename(directory, below, NULL);
    g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
    const char *name;

    while (entries && (name = g_dir_read_name(entries))) {
        g_autofree char *entry = g_build_filename(path, name, NULL);

        if (!g_hash_table_contains(kept, entry) && !loom_file_remove(entry, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
loom_slice_prune(const LoomHost *host, const char *directory, GError **error)
{
    g_autoptr(GHashTable) kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < host->networks->len; i++) {
        const LoomNetwork *network = host->networks->pdata[i];

        g_hash_table_add(kept, slice_path(directory, network->uuid));
        g_hash_table_add(kept, name_path(directory, network->name));
    }
    return loom_slice_index_prune(host, directory, error) &&
           prune_directory(directory, "names", kept, error) &&
           prune_directory(directory, "networks", kept, error);
}

static LoomHost *
load_if_exists(const char *path, GError **error)
{
    g_autoptr(GError) cause = NULL;
    LoomHost *slice;

    /* most networks of most guests are not ours, and an error's text costs a hook 0.1 ms */
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return NULL;
    slice = loom_host_load(path, &cause);
    if (!slice && !g_error_matches(cause, LOOM_ERROR, LOOM_ERROR_NOT_FOUND))
        g_propagate_error(error, g_steal_pointer(&cause));
    return slice;
}

LoomHost *
loom_slice_find_by_name(const char *directory, const char *name, GError **error)
{
    g_autofree char *path = name_path(directory, name);

    return path ? load_if_exists(path, error) : NULL;
}

LoomHost *
loom_slice_find_by_uuid(const char *directory, const char *uuid, GError **error)
{
    g_autofree char *path = NULL;

    if (!g_uuid_string_is_valid(uuid))
        return NULL;
    path = slice_path(directory, uuid);
    return load_if_exists(path, error);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *
loom_slice_find_by_vmnetwork(const char *directory, const char *vmnetwork, GError **error)
{
    g_autoptr(GPtrArray) slices = g_ptr_array_new_with_free_func((GDestroyNotify)loom_host_free);
    g_autofree char *path = loom_slice_index_path(directory, vmnetwork);
    g_autoptr(GDir) entries = path ? g_dir_open(path, 0, NULL) : NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;

    while (entries && (name = g_dir_read_name(entries)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *entry = g_build_filename(path, names->pdata[i], NULL);
        g_autoptr(GError) cause = NULL;
        LoomHost *slice = load_if_exists(entry, &cause);

        if (slice)
            g_ptr_array_add(slices, slice);
        if (cause) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return NULL;
        }
    }
    return g_steal_pointer(&slices);
}

/* proc(5): field 22 of /proc/PID/stat, in clock ticks since boot; NULL: no such process. */
static char *
start_time(int process)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/stat", process);
    g_autofree char *stat = NULL;
    g_auto(GStrv) fields = NULL;
    const char *after_name;

    if (!g_file_get_contents(path, &stat, NULL, NULL))
        return NULL;
    after_name = strrchr(stat, ')'); /* field 2 may hold anything */
    if (!after_name)
        return NULL;
    fields = g_strsplit(after_name, " ", -1);
    return g_strv_length(fields) > 20 ? g_strdup(fields[20]) : NULL;
}

gboolean
loom_stamp_save(const char *directory, int libvirtd, GError **error)
{
    g_autofree char *path = g_build_filename(directory, "stamp", NULL);
    g_autofree char *started = start_time(libvirtd);
    g_autofree char *text = g_strdup_printf("%d %s\n", libvirtd, started ? started : "?");

    return loom_file_write_volatile(path, text, error);
}

gboolean
loom_stamp_is_live(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "stamp", NULL);
    size_t length;
    g_autofree char *text = loom_file_read(path, STAMP_BYTES_MAX, &length, NULL);
    g_autofree char *started = NULL;
    g_auto(GStrv) fields = NULL;

    if (!text)
        return FALSE;
    fields = g_strsplit(g_strchomp(text), " ", 2);
    if (g_strv_length(fields) != 2)
        return FALSE;
    started = start_time(atoi(fields[0]));
    return g_strcmp0(started, fields[1]) == 0;
}
