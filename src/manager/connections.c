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
    const char *mac = loom_settings_find(settings, "ethernet", "mac-address");

    return is_yes(loom_settings_find(settings, "connection", "autoconnect")) &&
           (name ? g_str_equal(name, link->name)
                 : mac && link->mac && g_ascii_strcasecmp(mac, link->mac) == 0);
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

/* Sets *LEAVES to whether its configuration, our rules in it, tells it to leave the link alone. */
static gboolean
find_rule(const LoomManagers *managers, const char *link, gboolean *leaves, GError **error)
{
    static const char *const patterns[] = {
        "/usr/lib/NetworkManager/conf.d/*.conf", "/run/NetworkManager/conf.d/*.conf",
        "/etc/NetworkManager/NetworkManager.conf", "/etc/NetworkManager/conf.d/*.conf"};

    *leaves = FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autofree char *pattern = loom_managers_path(managers, "%s", patterns[i]);
        g_autoptr(GPtrArray) files = loom_managers_glob(pattern);

        for (guint j = 0; j < files->len; j++) {
            g_autofree char *text = NULL;

            if (!loom_managers_read(files->pdata[j], &text, error))
                return FALSE;
            g_autoptr(GPtrArray) settings = loom_settings_parse(text ? text : "");
            for (guint k = 0; k < settings->len; k++) {
                const LoomSetting *setting = settings->pdata[k];

                if (g_str_equal(setting->section, "keyfile") &&
                    g_str_has_prefix(setting->key, "unmanaged-devices") &&
                    lists(setting->value, link))
                    *leaves = TRUE;
            }
        }
    }
    return TRUE;
}

/* The record of the connection that is the link's, else one without a source: it takes all. */
gboolean
loom_connections_observe(LoomManagers *managers, const LoomSubject *link, LoomManager **found,
                         GError **error)
{
    static const char *const directories[] = {"/etc/NetworkManager/system-connections",
                                              "/run/NetworkManager/system-connections",
                                              "/usr/lib/NetworkManager/system-connections"};
    gboolean leaves;

    if (!find_rule(managers, link->name, &leaves, error) || leaves)
        return leaves;
    for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_autofree char *pattern = loom_managers_path(managers, "%s/*", directories[i]);
        g_autoptr(GPtrArray) files = loom_managers_glob(pattern);

        for (guint j = 0; j < files->len; j++) {
            const char *file = (const char *)files->pdata[j] + strlen(managers->root);
            g_autofree char *text = NULL;

            if (!loom_managers_read(files->pdata[j], &text, error))
                return FALSE;
            g_autoptr(GPtrArray) settings = loom_settings_parse(text ? text : "");
            if (is_about(settings, link)) {
                *found = describe_file(managers, link, settings, file);
                return TRUE;
            }
        }
    }
    *found = loom_manager_record_new(&loom_network_manager, link, NULL);
    return TRUE;
}
