/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where ports are kept: one file each in /run. */
#include "port/state.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".xml"

static const char *const stage_words[] = {"ports", "intents"};

LoomHost *
loom_port_state_new(const LoomHost *slice, LoomPort *port, const char *guest)
{
    const LoomNetwork *from = slice->networks->pdata[0];
    LoomHost *state = loom_host_new();
    LoomNetwork *network = loom_record_new(&loom_network_kind);
    LoomGuestTap *tap = loom_record_new(&loom_guest_tap_kind);

    LOOM_SET(state, name, slice->name);
    LOOM_SET(network, name, from->name);
    LOOM_SET(network, uuid, from->uuid);
    LOOM_SET(network, bridge, from->bridge);
    LOOM_SET(tap, domain, port->domain);
    LOOM_SET(tap, mac, port->mac);
    LOOM_SET(tap, link, port->link);
    if (guest)
        (void)LOOM_TRY(tap, name, guest);
    loom_record_add(state, port);
    loom_record_add(state, network);
    loom_record_add(state, tap);
    return state;
}

LoomPort *
loom_port_state_port(const LoomHost *state)
{
    return state->ports->pdata[0];
}

const LoomNetwork *
loom_port_state_network(const LoomHost *state)
{
    return state->networks->pdata[0];
}

const char *
loom_port_state_guest(const LoomHost *state)
{
    const LoomGuestTap *tap = state->guests->pdata[0];

    return tap->name ? tap->name : "?";
}

/* --- paths ----------------------------------------------------------------------------------- */

/* NULL: no guest has such a UUID. */
static char *
domain_path(const char *directory, LoomPortStage stage, const char *domain)
{
    g_autofree char *uuid = NULL;

    return loom_type_uuid.parse(NULL, domain, &uuid)
               ? g_build_filename(directory, stage_words[stage], uuid, NULL)
               : NULL;
}

/* NULL: no guest has such a vNIC. */
static char *
port_path(const char *directory, LoomPortStage stage, const char *domain, const char *mac)
{
    g_autofree char *parent = domain_path(directory, stage, domain);
    g_autofree char *name = NULL;

    return parent && loom_type_mac.parse(NULL, mac, &name)
               ? g_strconcat(parent, "/", name, SUFFIX, NULL)
               : NULL;
}

static gboolean
refuse_name(GError **error, const char *domain, const char *mac)
{
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                _("'%.64s', '%.64s' are not the UUID of a guest and the MAC address of its vNIC"),
                domain, mac);
    return FALSE;
}

/* --- one ---------------------------------------------------------------------------------------
 */

gboolean
loom_port_state_save(const char *directory, LoomPortStage stage, const LoomHost *state,
                     GError **error)
{
    const LoomPort *port = loom_port_state_port(state);
    g_autofree char *path = port_path(directory, stage, port->domain, port->mac);
    g_autofree char *text = NULL;

    if (!path)
        return refuse_name(error, port->domain, port->mac);
    text = loom_host_format(state);
    if (!loom_file_write_volatile(path, text, error))
        return FALSE;
    loom_file_sweep_volatile(path);
    return TRUE;
}

static gboolean
is_whole(const LoomHost *state)
{
    const LoomPort *port = state->ports->len ? state->ports->pdata[0] : NULL;
    const LoomNetwork *network = state->networks->len ? state->networks->pdata[0] : NULL;

    return port && port->domain && port->mac && port->network && network && network->uuid &&
           network->bridge && state->guests->len;
}

LoomHost *
loom_port_state_load(const char *path, const char *mac, GError **error)
{
    g_autoptr(LoomHost) state = loom_host_load(path, error);

    if (!state)
        return NULL;
    if (is_whole(state) && (!mac || g_str_equal(loom_port_state_port(state)->mac, mac)))
        return g_steal_pointer(&state);
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                _("%s does not hold the port of which it has the name"), path);
    return NULL;
}

LoomHost *
loom_port_state_find(const char *directory, LoomPortStage stage, const char *domain,
                     const char *mac, GError **error)
{
    g_autofree char *path = port_path(directory, stage, domain, mac);
    g_autofree char *name = NULL;

    if (!path || (access(path, F_OK) < 0 && errno == ENOENT) ||
        !loom_type_mac.parse(NULL, mac, &name))
        return NULL;
    return loom_port_state_load(path, name, error);
}

/* --- many ------------------------------------------------------------------------------------ */

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a directory, sorted; none where there is no such directory. */
static GPtrArray *
list_names(const char *path)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory)))
        g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* The MAC of which NAME is the file, owned by the caller; NULL: one that is being written. */
static char *
mac_of(const char *name)
{
    g_autofree char *stem =
        g_str_has_suffix(name, SUFFIX) ? g_strndup(name, strlen(name) - strlen(SUFFIX)) : NULL;
    char *mac = NULL;

    return stem && loom_type_mac.parse(NULL, stem, &mac) ? mac : NULL;
}

static void
walk_domain(const char *path, LoomPortStateWalker walker, gpointer data)
{
    g_autoptr(GPtrArray) names = list_names(path);

    for (guint i = 0; i < names->len; i++) {
        g_autofree char *mac = mac_of(names->pdata[i]);
        g_autofree char *file = mac ? g_build_filename(path, names->pdata[i], NULL) : NULL;

        if (file)
            walker(file, mac, data);
    }
}

void
loom_port_state_walk(const char *directory, LoomPortStage stage, const char *domain,
                     LoomPortStateWalker walker, gpointer data)
{
    g_autofree char *parent = g_build_filename(directory, stage_words[stage], NULL);
    g_autofree char *only = domain ? domain_path(directory, stage, domain) : NULL;
    g_autoptr(GPtrArray) domains = domain ? NULL : list_names(parent);

    if (only)
        walk_domain(only, walker, data);
    for (guint i = 0; domains && i < domains->len; i++) {
        g_autofree char *path = domain_path(directory, stage, domains->pdata[i]);

        if (path)
            walk_domain(path, walker, data);
    }
}

typedef struct {
    GPtrArray *states;
    LoomReport *report;
} Listing;

static void
add_state(const char *path, const char *mac, gpointer data)
{
    const Listing *listing = data;
    g_autoptr(GError) cause = NULL;
    LoomHost *state = loom_port_state_load(path, mac, &cause);

    if (state)
        g_ptr_array_add(listing->states, state);
    else if (listing->report && !g_error_matches(cause, LOOM_ERROR, LOOM_ERROR_NOT_FOUND))
        loom_report_add(listing->report, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
}

GPtrArray *
loom_port_state_list(const char *directory, LoomPortStage stage, const char *domain,
                     LoomReport *report)
{
    Listing listing = {g_ptr_array_new_with_free_func(loom_record_free), report};

    loom_port_state_walk(directory, stage, domain, add_state, &listing);
    return listing.states;
}

gboolean
loom_port_state_has(const char *directory, LoomPortStage stage, const char *domain)
{
    g_autofree char *path = domain_path(directory, stage, domain);

    return path && access(path, F_OK) == 0;
}

gint64
loom_port_state_age(const char *directory, LoomPortStage stage, const char *domain, const char *mac)
{
    g_autofree char *path = port_path(directory, stage, domain, mac);
    struct stat found;

    if (!path || stat(path, &found) < 0)
        return -1;
    return MAX(0, g_get_real_time() / G_USEC_PER_SEC - (gint64)found.st_mtime);
}

/* An empty directory goes; one in which another hook is just writing stays. */
static gboolean
remove_directory(const char *path, GError **error)
{
    if (g_rmdir(path) == 0 || errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST)
        return TRUE;
    loom_error_set_errno(error, errno, _("Cannot remove %s"), path);
    return FALSE;
}

gboolean
loom_port_state_remove(const char *directory, LoomPortStage stage, const char *domain,
                       const char *mac, GError **error)
{
    g_autofree char *parent = domain_path(directory, stage, domain);
    g_autofree char *only = mac ? port_path(directory, stage, domain, mac) : NULL;
    g_autoptr(GPtrArray) names = NULL;

    if (!parent || (mac && !only))
        return refuse_name(error, domain, mac ? mac : "");
    if (only && !loom_file_remove(only, error))
        return FALSE;
    if (only) {
        loom_file_sweep_volatile(only);
        return remove_directory(parent, error);
    }
    names = list_names(parent);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(parent, names->pdata[i], NULL);

        if (!loom_file_remove(path, error))
            return FALSE;
    }
    return remove_directory(parent, error);
}

void
loom_port_intents_remove(const char *directory, const char *domain, const char *mac,
                         LoomReport *report)
{
    g_autoptr(GError) cause = NULL;

    if (loom_port_state_has(directory, LOOM_PORT_INTENT, domain) &&
        !loom_port_state_remove(directory, LOOM_PORT_INTENT, domain, mac, &cause))
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
}
