/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NetworkManager: asked over D-Bus where it runs, read from its files where it will. */
#include "base/error.h"
#include "base/i18n.h"
#include "manager/connections.h"

#include <signal.h>
#include <string.h>

#define NAME    "org.freedesktop.NetworkManager"
#define PATH    "/org/freedesktop/NetworkManager"
#define PROGRAM "NetworkManager"
#define UNIT    "NetworkManager.service"
#define ENABLED "/etc/systemd/system/multi-user.target.wants/NetworkManager.service"

#define TIMEOUT_MS     30000
#define STATE_EXTERNAL 0x80 /* NM_ACTIVATION_STATE_FLAG_EXTERNAL: it only watches */
#define RELOAD_CONF    1    /* NM_MANAGER_RELOAD_FLAG_CONF */
#define WAIT_SECONDS   10

/* What its device says, as far as we ask. */
typedef struct {
    gboolean managed;
    char *active, *dhcp4, *dhcp6; /* object paths, NULL: none */
} Device;

static void
device_clear(Device *device)
{
    g_free(device->active);
    g_free(device->dhcp4);
    g_free(device->dhcp6);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Device, device_clear)

static char *
rule_path(const LoomManagers *managers, const char *link)
{
    return loom_managers_path(managers, LOOM_NM_RULES LOOM_NM_RULE "%s.conf", link);
}

/* --- D-Bus ----------------------------------------------------------------------------------- */

static GVariant *
call(LoomManagers *managers, const char *name, const char *path, const char *method,
     GVariant *parameters, GError **error)
{
    const char *dot = strrchr(method, '.');
    g_autofree char *interface = g_strndup(method, (size_t)(dot - method));

    return g_dbus_connection_call_sync(managers->bus, name, path, interface, dot + 1, parameters,
                                       NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MS, NULL,
                                       error);
}

static void
set_error(GError **error, GError *cause)
{
    g_dbus_error_strip_remote_error(cause);
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot ask NetworkManager: %s"),
                cause->message);
    g_error_free(cause);
}

/* Sets *RUNS to whether it answers on the bus. */
static gboolean
find_out_whether_it_runs(LoomManagers *managers, gboolean *runs, GError **error)
{
    g_autoptr(GVariant) reply = NULL;
    GError *cause = NULL;

    *runs = FALSE;
    if (!loom_managers_is_live(managers))
        return TRUE;
    if (!managers->bus) {
        g_autofree char *address = g_dbus_address_get_for_bus_sync(G_BUS_TYPE_SYSTEM, NULL, &cause);

        if (address)
            managers->bus = g_dbus_connection_new_for_address_sync(
                address,
                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                    G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &cause);
    }
    if (managers->bus)
        reply = call(managers, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                     "org.freedesktop.DBus.NameHasOwner", g_variant_new("(s)", NAME), &cause);
    if (reply) {
        g_variant_get(reply, "(b)", runs);
        return TRUE;
    }
    g_clear_object(&managers->bus);
    if (!loom_managers_find_process(managers, PROGRAM)) {
        g_error_free(cause); /* no bus, and nobody on it */
        return TRUE;
    }
    set_error(error, cause);
    return FALSE;
}

/* What an object has of an interface, a{sv}; NULL: there is none (any more). */
static GVariant *
properties_of(LoomManagers *managers, const char *path, const char *interface)
{
    GVariant *object = path ? g_hash_table_lookup(managers->objects, path) : NULL;

    return object ? g_variant_lookup_value(object, interface, G_VARIANT_TYPE_VARDICT) : NULL;
}

/* Asks for all objects at once: a question for each link would take as long for each. */
static gboolean
look(LoomManagers *managers, GError **error)
{
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GVariantIter) each = NULL;
    GError *cause = NULL;
    const char *path, *name;
    GVariant *object;
    gboolean runs;

    if (managers->objects)
        return TRUE;
    if (!find_out_whether_it_runs(managers, &runs, error))
        return FALSE;
    if (runs) {
        reply = call(managers, NAME, "/org/freedesktop",
                     "org.freedesktop.DBus.ObjectManager.GetManagedObjects", NULL, &cause);
        if (!reply) {
            set_error(error, cause);
            return FALSE;
        }
    }
    managers->objects =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
    managers->devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (!reply)
        return TRUE;
    g_variant_get(reply, "(a{oa{sa{sv}}})", &each);
    while (g_variant_iter_next(each, "{&o@a{sa{sv}}}", &path, &object)) {
        g_hash_table_insert(managers->objects, g_strdup(path), object);
        g_autoptr(GVariant) device = properties_of(managers, path, NAME ".Device");
        if (device && g_variant_lookup(device, "Interface", "&s", &name))
            g_hash_table_insert(managers->devices, g_strdup(name), g_strdup(path));
    }
    return TRUE;
}

static char *
path_in(GVariant *properties, const char *name)
{
    const char *path;

    return g_variant_lookup(properties, name, "&o", &path) && !g_str_equal(path, "/")
               ? g_strdup(path)
               : NULL;
}

/* Its device for the link, as of the last look; FALSE: it has none. */
static gboolean
find_device(LoomManagers *managers, const char *link, Device *device)
{
    g_autoptr(GVariant) properties =
        properties_of(managers, g_hash_table_lookup(managers->devices, link), NAME ".Device");

    if (!properties)
        return FALSE;
    g_variant_lookup(properties, "Managed", "b", &device->managed);
    device->active = path_in(properties, "ActiveConnection");
    device->dhcp4 = path_in(properties, "Dhcp4Config");
    device->dhcp6 = path_in(properties, "Dhcp6Config");
    return TRUE;
}

/* --- what it is told ------------------------------------------------------------------------- */

/* What the settings (a{sa{sv}}) of the active connection say. */
static void
check_settings(LoomManager *record, const char *id, GVariant *settings)
{
    g_autoptr(GVariant) connection =
        g_variant_lookup_value(settings, "connection", G_VARIANT_TYPE_VARDICT);
    g_autoptr(GVariant) authentication =
        g_variant_lookup_value(settings, "802-1x", G_VARIANT_TYPE_VARDICT);
    const char *type = NULL, *master = "";

    if (connection) {
        g_variant_lookup(connection, "type", "&s", &type);
        if (!g_variant_lookup(connection, "master", "&s", &master))
            g_variant_lookup(connection, "controller", "&s", &master);
    }
    loom_connection_check(record, id, type, authentication != NULL, *master != '\0');
}

static gboolean
describe_connection(LoomManagers *managers, LoomManager *record, const char *path, GError **error)
{
    g_autoptr(GVariant) active = properties_of(managers, path, NAME ".Connection.Active");
    const char *id = "", *connection = "/", *file = "";
    guint32 flags = 0;
    GError *cause = NULL;

    if (!active)
        return TRUE;
    g_variant_lookup(active, "Id", "&s", &id);
    g_variant_lookup(active, "Connection", "&o", &connection);
    g_variant_lookup(active, "StateFlags", "u", &flags);
    if (flags & STATE_EXTERNAL || g_str_equal(connection, "/"))
        return TRUE;
    g_autoptr(GVariant) properties =
        properties_of(managers, connection, NAME ".Settings.Connection");
    if (properties)
        g_variant_lookup(properties, "Filename", "&s", &file);
    loom_connection_set_source(managers, record, file, id);
    g_autoptr(GVariant) reply =
        call(managers, NAME, connection, NAME ".Settings.Connection.GetSettings", NULL, &cause);
    if (!reply) {
        set_error(error, cause);
        return FALSE;
    }
    g_autoptr(GVariant) settings = g_variant_get_child_value(reply, 0);
    check_settings(record, id, settings);
    return TRUE;
}

/* The options of a lease, a{sv}; NULL: there is none. */
static GVariant *
lease_of(LoomManagers *managers, const char *path, const char *interface)
{
    g_autoptr(GVariant) properties = properties_of(managers, path, interface);

    return properties ? g_variant_lookup_value(properties, "Options", G_VARIANT_TYPE_VARDICT)
                      : NULL;
}

static void
describe_leases(LoomManagers *managers, LoomManager *record, const Device *device)
{
    g_autoptr(GVariant) lease = lease_of(managers, device->dhcp4, NAME ".DHCP4Config");
    g_autoptr(GVariant) lease6 = lease_of(managers, device->dhcp6, NAME ".DHCP6Config");
    const char *text;

    if (device->dhcp4)
        LOOM_SET_NUMBER(record, dhcp, TRUE);
    if (lease && g_variant_lookup(lease, "dhcp_client_identifier", "&s", &text) &&
        !loom_manager_set_identity(record, text))
        loom_manager_refuse(record,
                            _("its DHCP identity '%s' is none of octets; set "
                              "ipv4.dhcp-client-id to one"),
                            text);
    if (lease6 && g_variant_lookup(lease6, "ip6_address", "&s", &text))
        loom_manager_refuse(record,
                            _("its address %s is from DHCPv6, for which virt-loom has no client; "
                              "give it a static one"),
                            text);
}

static gboolean
observe_device(LoomManagers *managers, const LoomSubject *link, const Device *device,
               LoomManager **found, GError **error)
{
    g_autoptr(LoomManager) record = loom_manager_record_new(&loom_network_manager, link, NULL);

    if (device->active && !describe_connection(managers, record, device->active, error))
        return FALSE;
    describe_leases(managers, record, device);
    *found = g_steal_pointer(&record);
    return TRUE;
}

static gboolean
find(LoomManagers *managers, gboolean *here, GError **error)
{
    if (!look(managers, error))
        return FALSE;
    *here = g_hash_table_size(managers->objects) > 0 || loom_managers_has(managers, ENABLED);
    return TRUE;
}

static gboolean
observe(LoomManagers *managers, const LoomSubject *link, LoomManager **found, GError **error)
{
    g_auto(Device) device = {0};

    *found = NULL;
    if (find_device(managers, link->name, &device))
        return !device.managed || observe_device(managers, link, &device, found, error);
    /* what it will do at the next boot, or as soon as there is such a link */
    return loom_connections_observe(managers, link, found, error);
}

/* --- hand-over ------------------------------------------------------------------------------- */

typedef struct {
    LoomManagers *managers;
    const char *link;
    gboolean managed; /* what is waited for */
} Wait;

static gboolean
is_so(gpointer data)
{
    const Wait *wait = data;
    g_auto(Device) device = {0};

    loom_managers_refresh(wait->managers);
    return look(wait->managers, NULL) && find_device(wait->managers, wait->link, &device) &&
           !device.managed == !wait->managed;
}

/* It reads its rules. It would take down links that one takes away from it: only to give back. */
static gboolean
reload(LoomManagers *managers, GError **error)
{
    GError *cause = NULL;
    g_autoptr(GVariant) reply =
        call(managers, NAME, PATH, NAME ".Reload", g_variant_new("(u)", RELOAD_CONF), &cause);

    if (reply)
        return TRUE;
    set_error(error, cause);
    return FALSE;
}

static gboolean
hand_over(LoomManagers *managers, const LoomManager *record, const GPtrArray *leaving,
          GError **error)
{
    Wait unmanaged = {managers, record->link, FALSE};
    gboolean exists = loom_managers_index_of(managers, record->link) != 0;
    g_autoptr(GPtrArray) written = g_ptr_array_new_with_free_func(g_free);
    gboolean runs;

    for (guint i = 0; i < leaving->len; i++) {
        const char *link = leaving->pdata[i];
        g_autofree char *path = rule_path(managers, link);
        g_autofree char *text =
            g_strdup_printf("[keyfile]\nunmanaged-devices+=interface-name:=%s\n", link);

        if (!loom_rule_write(path, text, written, error))
            return FALSE;
    }
    if (!find_out_whether_it_runs(managers, &runs, error))
        return FALSE;
    if (!runs || (!written->len && (!exists || is_so(&unmanaged))))
        return TRUE;
    /* it leaves all links as they are when it ends, and looks at its rules when it begins */
    if (!loom_daemon_restart(managers, PROGRAM, UNIT, SIGTERM, error))
        return FALSE;
    if (exists && !loom_await(is_so, &unmanaged, WAIT_SECONDS)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    _("NetworkManager goes on managing '%s', whatever its rule says: see "
                      "unmanaged-devices in its configuration (NetworkManager --print-config)"),
                    record->link);
        loom_rules_withdraw(written);
        loom_daemon_restart(managers, PROGRAM, UNIT, SIGTERM, NULL);
        return FALSE;
    }
    return loom_clients_end(managers, record->link, error);
}

static gboolean
give_back(LoomManagers *managers, const LoomManager *record, GError **error)
{
    g_autofree char *path = rule_path(managers, record->link);
    Wait managed = {managers, record->link, TRUE};
    gboolean runs;

    if (!loom_rule_remove(path, error) || !find_out_whether_it_runs(managers, &runs, error))
        return FALSE;
    if (!runs || is_so(&managed))
        return TRUE;
    if (!reload(managers, error))
        return FALSE;
    /* what it makes of the link is its own, and may take it a while */
    if (loom_managers_index_of(managers, record->link))
        loom_await(is_so, &managed, WAIT_SECONDS);
    return TRUE;
}

const LoomManagerKind loom_network_manager = {
    .name = "NetworkManager",
    .find = find,
    .observe = observe,
    .hand_over = hand_over,
    .give_back = give_back,
};
