/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NetworkManager's connections: what they ask of a link, and its files where it cannot be asked. */
#include "manager/connections.h"

#include "base/i18n.h"

#include <fnmatch.h>
#include <string.h>

void
loom_connection_check(LoomManager *record, const char *connection, const char *type,
                      gboolean authenticates, gboolean in_master)
{
    if (authenticates)
        loom_manager_refuse(record,
                            _("the connection '%s' authenticates by 802.1X, which virt-loom does "
                              "not; set a static connection without it, or use another NIC"),
                            connection);
    else if (in_master)
        loom_manager_refuse(record,
                            _("the connection '%s' puts it into a bond, bridge or team of "
                              "NetworkManager; delete these connections first"),
                            connection);
    else if (type && !g_str_equal(type, "802-3-ethernet") && !g_str_equal(type, "ethernet") &&
             !g_str_equal(type, "veth"))
        loom_manager_refuse(record,
                            _("the connection '%s' is of the type '%s', and no plain Ethernet; "
                              "delete it first"),
                            connection, type);
}

void
loom_connection_set_source(LoomManagers *managers, LoomManager *record, const char *file,
                           const char *id)
{
    g_autofree char *netplan = loom_netplan_source_of(managers, file);

    LOOM_TRY(record, source, netplan ? netplan : *file ? file : id);
}

static gboolean
is_yes(const char *text)
{
    return !text || g_ascii_strcasecmp(text, "false") != 0;
}

static gboolean
is_about(const GPtrArray *settings, const LoomSubject *link)
{
    const char *name = loom_settings_find(settings, "connection", "interface-name");
    const char *wanted = loom_settings_find(settings, "ethernet", "mac-address");

    if (!is_yes(loom_settings_find(settings, "connection", "autoconnect")) || (!name && !wanted))
        return FALSE;
    if (name)
        return g_str_equal(name, link->name);
    g_autofree char *mac = loom_subject_read_mac(link);
    return mac && g_ascii_strcasecmp(wanted, mac) == 0;
}

static LoomManager *
describe_file(LoomManagers *managers, const LoomSubject *link, const GPtrArray *settings,
              const char *file)
{
    LoomManager *record = loom_manager_record_new(&loom_network_manager, link, NULL);
    const char *id = loom_settings_find(settings, "connection", "id");
    const char *method = loom_settings_find(settings, "ipv4", "method");
    const char *identity = loom_settings_find(settings, "ipv4", "dhcp-client-id");
    gboolean authenticates = FALSE;

    for (guint i = 0; i < settings->len; i++)
        authenticates |= g_str_equal(((LoomSetting *)settings->pdata[i])->section, "802-1x");
    loom_connection_set_source(managers, record, file, "");
    loom_connection_check(record, id ? id : file,
                          loom_settings_find(settings, "connection", "type"), authenticates,
                          loom_settings_find(settings, "connection", "master") ||
                              loom_settings_find(settings, "connection", "controller"));
    if (method && g_str_equal(method, "auto"))
        LOOM_SET_NUMBER(record, dhcp, TRUE);
    if (identity)
        loom_manager_set_identity(record, identity);
    return record;
}

/* Whether a list of devices (NetworkManager.conf(5)) has the link, by its name or as all. */
static gboolean
lists(const char *list, const char *link)
{
    g_auto(GStrv) entries = g_strsplit_set(list, ";,", -1);

    for (char **entry = entries; *entry; entry++) {
        const char *name = g_strstrip(*entry);

        if (g_str_has_prefix(name, "interface-name:="))
            name += strlen("interface-name:=");
        else if (g_str_has_prefix(name, "interface-name:"))
            name += strlen("interface-name:");
        else if (!g_str_equal(name, "*"))
            continue;
        if (fnmatch(name, link, 0) == 0)
            return TRUE;
    }
    return FALSE;
}

/* A file, and what it says. */
typedef struct {
    char *path; /* without the root */
    GPtrArray *settings;
} Connection;

struct LoomConnections {
    GPtrArray *unmanaged; /* lists of devices that others tell it to leave alone */
    GPtrArray *all;       /* of Connection */
};

static void
connection_free(gpointer data)
{
    Connection *connection = data;

    g_free(connection->path);
    g_ptr_array_unref(connection->settings);
    g_free(connection);
}

void
loom_connections_free(LoomConnections *connections)
{
    g_ptr_array_unref(connections->unmanaged);
    g_ptr_array_unref(connections->all);
    g_free(connections);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomConnections, loom_connections_free)

/* A rule of ours is about the link in its name alone, and so is asked for by it. */
static void
add_unmanaged(LoomConnections *connections, const Connection *file)
{
    g_autofree char *name = g_path_get_basename(file->path);

    for (guint i = 0; i < file->settings->len && !g_str_has_prefix(name, LOOM_NM_RULE); i++) {
        const LoomSetting *setting = file->settings->pdata[i];

        if (g_str_equal(setting->section, "keyfile") &&
            g_str_has_prefix(setting->key, "unmanaged-devices"))
            g_ptr_array_add(connections->unmanaged, g_strdup(setting->value));
    }
}

/* Adds the files that match PATTERN to INTO, of Connection. */
static gboolean
read_files(const LoomManagers *managers, const char *pattern, GPtrArray *into, GError **error)
{
    g_autofree char *full = loom_managers_path(managers, "%s", pattern);
    g_autoptr(GPtrArray) files = loom_managers_glob(full);

    for (guint i = 0; i < files->len; i++) {
        Connection *connection;
        g_autofree char *text = NULL;

        if (!loom_managers_read(files->pdata[i], &text, error))
            return FALSE;
        connection = g_new(Connection, 1);
        *connection = (Connection){g_strdup((char *)files->pdata[i] + strlen(managers->root)),
                                   loom_settings_parse(text ? text : "")};
        g_ptr_array_add(into, connection);
    }
    return TRUE;
}

static LoomConnections *
connections_load(const LoomManagers *managers, GError **error)
{
    static const char *const rules[] = {
        "/usr/lib/NetworkManager/conf.d/*.conf", "/run/NetworkManager/conf.d/*.conf",
        "/etc/NetworkManager/NetworkManager.conf", "/etc/NetworkManager/conf.d/*.conf"};
    static const char *const directories[] = {"/etc/NetworkManager/system-connections/*",
                                              "/run/NetworkManager/system-connections/*",
                                              "/usr/lib/NetworkManager/system-connections/*"};
    g_autoptr(LoomConnections) connections = g_new0(LoomConnections, 1);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(connection_free);

    connections->unmanaged = g_ptr_array_new_with_free_func(g_free);
    connections->all = g_ptr_array_new_with_free_func(connection_free);
    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        if (!read_files(managers, rules[i], files, error))
            return NULL;
    for (guint i = 0; i < files->len; i++)
        add_unmanaged(connections, files->pdata[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(directories); i++)
        if (!read_files(managers, directories[i], connections->all, error))
            return NULL;
    return g_steal_pointer(&connections);
}

/* Whether its configuration, our rules in it, tells it to leave the link alone. */
static gboolean
leaves(const LoomManagers *managers, const char *link)
{
    g_autofree char *rule = g_strconcat(LOOM_NM_RULES LOOM_NM_RULE, link, ".conf", NULL);

    if (loom_managers_has(managers, rule))
        return TRUE;
    for (guint i = 0; i < managers->connections->unmanaged->len; i++)
        if (lists(managers->connections->unmanaged->pdata[i], link))
            return TRUE;
    return FALSE;
}

/* The record of the connection that is the link's, else one without a source: it takes all. */
gboolean
loom_connections_observe(LoomManagers *managers, const LoomSubject *link, LoomManager **found,
                         GError **error)
{
    if (!managers->connections)
        managers->connections = connections_load(managers, error);
    if (!managers->connections)
        return FALSE;
    if (leaves(managers, link->name))
        return TRUE;
    for (guint i = 0; i < managers->connections->all->len; i++) {
        const Connection *connection = managers->connections->all->pdata[i];

        if (is_about(connection->settings, link)) {
            *found = describe_file(managers, link, connection->settings, connection->path);
            return TRUE;
        }
    }
    *found = loom_manager_record_new(&loom_network_manager, link, NULL);
    return TRUE;
}
