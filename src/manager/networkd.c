/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd-networkd, whoever wrote its files (netplan, for one). */
#include "base/error.h"
#include "base/i18n.h"
#include "manager/kinds.h"

#include <fnmatch.h>
#include <signal.h>
#include <string.h>

#define RULE    "00-virt-loom-"
#define PROGRAM "systemd-networkd"
#define UNIT    "systemd-networkd.service"

/* systemd.network(5): the same file name in an earlier directory hides those of later ones. */
static const char *const directories[] = {"/etc/systemd/network", "/run/systemd/network",
                                          "/usr/local/lib/systemd/network",
                                          "/usr/lib/systemd/network", "/lib/systemd/network"};

/* Its units, as "systemctl enable" links them. */
static const char *const enabled[] = {
    "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
    "/etc/systemd/system/sockets.target.wants/systemd-networkd.socket",
    "/run/systemd/system/multi-user.target.wants/systemd-networkd.service"};

/* What it would make of a link that virt-loom cannot take over. */
static const struct {
    const char *section, *key; /* NULL: any key of the section */
} features[] = {
    {"Network", "Bridge"},       {"Network", "Bond"},
    {"Network", "VLAN"},         {"Network", "VXLAN"},
    {"Network", "MACVLAN"},      {"Network", "MACVTAP"},
    {"Network", "IPVLAN"},       {"Network", "IPVTAP"},
    {"Network", "MACsec"},       {"Network", "Tunnel"},
    {"Network", "VRF"},          {"Network", "BatmanAdvanced"},
    {"Network", "Xfrm"},         {"Network", "IPoIB"},
    {"Network", "IPMasquerade"}, {"Network", "DHCPServer"},
    {"RoutingPolicyRule", NULL}, {"NextHop", NULL},
    {"BridgeVLAN", NULL},        {"SR-IOV", NULL},
};

static char *
rule_path(const LoomManagers *managers, const char *link)
{
    return loom_managers_path(managers, "/etc/systemd/network/" RULE "%s.network", link);
}

static gboolean
is_running(LoomManagers *managers)
{
    return loom_managers_find_process(managers, PROGRAM) != NULL;
}

static gboolean
is_enabled(const LoomManagers *managers)
{
    for (size_t i = 0; i < G_N_ELEMENTS(enabled); i++)
        if (loom_managers_has(managers, enabled[i]))
            return TRUE;
    return FALSE;
}

/* Adds the settings of FILE to SETTINGS. */
static gboolean
add_file(GPtrArray *settings, const char *file, GError **error)
{
    g_autofree char *text = NULL;

    if (!loom_managers_read(file, &text, error))
        return FALSE;
    if (text) {
        g_autoptr(GPtrArray) more = loom_settings_parse(text);

        g_ptr_array_extend_and_steal(settings, g_steal_pointer(&more));
    }
    return TRUE;
}

/* The settings of a .network file (a path without the root) and its drop-ins. */
static GPtrArray *
read_network(const LoomManagers *managers, const char *file, GError **error)
{
    g_autofree char *full = g_strconcat(managers->root, file, NULL);
    g_autofree char *name = g_path_get_basename(file);
    g_autoptr(GPtrArray) settings = loom_settings_parse("");

    if (!add_file(settings, full, error))
        return NULL;
    for (size_t i = G_N_ELEMENTS(directories); i > 0; i--) {
        g_autofree char *pattern =
            loom_managers_path(managers, "%s/%s.d/*.conf", directories[i - 1], name);
        g_autoptr(GPtrArray) files = loom_managers_glob(pattern);

        for (guint j = 0; j < files->len; j++)
            if (!add_file(settings, files->pdata[j], error))
                return NULL;
    }
    return g_steal_pointer(&settings);
}

/* Whether one of the patterns, parted by blanks, is TEXT's; "!" in front turns all of them. */
static gboolean
matches(const char *patterns, const char *text)
{
    gboolean turned = *patterns == '!';
    g_auto(GStrv) each = g_strsplit_set(patterns + turned, " \t", -1);

    for (char **pattern = each; *pattern; pattern++)
        if (**pattern && fnmatch(*pattern, text, FNM_CASEFOLD) == 0)
            return !turned;
    return turned;
}

/* What systemd calls the type and the kind of the links that virt-loom makes (networkctl(1)). */
static const struct {
    const char *type, *kind;
} words[] = {
    [LOOM_LINK_PHYSICAL] = {"ether", ""},
    [LOOM_LINK_BOND] = {"bond", "bond"},
    [LOOM_LINK_BRIDGE] = {"bridge", "bridge"},
    [LOOM_LINK_VETH] = {"ether", "veth"},
};

/* Whether one line of [Match] is about the link; what cannot be told of it here is not. */
static gboolean
matches_setting(const LoomSetting *setting, const LoomSubject *link)
{
    gboolean known = (size_t)link->kind < G_N_ELEMENTS(words);

    if (g_str_equal(setting->key, "Name"))
        return matches(setting->value, link->name);
    if (g_str_equal(setting->key, "Type"))
        return known && matches(setting->value, words[link->kind].type);
    if (g_str_equal(setting->key, "Kind"))
        return known && matches(setting->value, words[link->kind].kind);
    if (!g_str_equal(setting->key, "MACAddress") &&
        !g_str_equal(setting->key, "PermanentMACAddress"))
        return FALSE;
    g_autofree char *mac = loom_subject_read_mac(link);
    return mac && matches(setting->value, mac);
}

/* As far as it can be told of a link that networkd has not seen. */
static gboolean
matches_link(const GPtrArray *settings, const LoomSubject *link)
{
    gboolean any = FALSE;

    for (guint i = 0; i < settings->len; i++) {
        const LoomSetting *setting = settings->pdata[i];

        if (!g_str_equal(setting->section, "Match") || !*setting->value)
            continue;
        any = TRUE;
        if (!matches_setting(setting, link))
            return FALSE;
    }
    return any;
}

/* A .network file that is no rule of ours, with its drop-ins. */
typedef struct {
    char *path; /* without the root */
    GPtrArray *settings;
} Network;

static void
network_free(gpointer data)
{
    Network *network = data;

    g_free(network->path);
    g_ptr_array_unref(network->settings);
    g_free(network);
}

static const char *
name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(name_of(*(const char *const *)a), name_of(*(const char *const *)b));
}

/* Those files, in the order in which networkd takes them; of one name the first hides the rest. */
static GPtrArray *
networks_load(const LoomManagers *managers, GError **error)
{
    g_autoptr(GPtrArray) networks = g_ptr_array_new_with_free_func(network_free);
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    const char *last = "";

    for (size_t i = 0; i < G_N_ELEMENTS(directories); i++) {
        g_autofree char *pattern = loom_managers_path(managers, "%s/*.network", directories[i]);

        g_ptr_array_extend_and_steal(all, loom_managers_glob(pattern));
    }
    g_ptr_array_sort(all, compare_names); /* stable: the earlier directory's comes first */
    for (guint i = 0; i < all->len; i++) {
        const char *path = (const char *)all->pdata[i] + strlen(managers->root);
        GPtrArray *settings;
        Network *network;

        if (g_str_equal(name_of(path), last) || g_str_has_prefix(name_of(path), RULE))
            continue;
        last = name_of(path);
        settings = read_network(managers, path, error);
        if (!settings)
            return NULL;
        network = g_new(Network, 1);
        *network = (Network){g_strdup(path), settings};
        g_ptr_array_add(networks, network);
    }
    return g_steal_pointer(&networks);
}

/*
 * Sets *FILE to the first .network file that is the link's, without the root; NULL: there is none.
 * A rule of ours is asked for by its name, for it is about the link in its name alone.
 */
static gboolean
choose_file(LoomManagers *managers, const LoomSubject *link, char **file, GError **error)
{
    g_autofree char *rule = rule_path(managers, link->name);
    gboolean has_rule = g_file_test(rule, G_FILE_TEST_EXISTS);

    if (!managers->networks)
        managers->networks = networks_load(managers, error);
    if (!managers->networks)
        return FALSE;
    for (guint i = 0; i < managers->networks->len; i++) {
        const Network *network = managers->networks->pdata[i];

        if (has_rule && strcmp(name_of(network->path), name_of(rule)) > 0)
            break;
        if (matches_link(network->settings, link)) {
            *file = g_strdup(network->path);
            return TRUE;
        }
    }
    *file = has_rule ? g_strdup(rule + strlen(managers->root)) : NULL;
    return TRUE;
}

/* What networkd says of the link (/run/systemd/netif/links); NULL: it runs not, or knows it not. */
static GPtrArray *
read_state(LoomManagers *managers, unsigned index)
{
    g_autofree char *path = loom_managers_path(managers, "/run/systemd/netif/links/%u", index);
    g_autofree char *text = NULL;

    if (!index || !is_running(managers) || !g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    return loom_settings_parse(text);
}

/* Sets *FILE to the file by which it manages the link, NULL: it does not. */
static gboolean
find_file(LoomManagers *managers, const LoomSubject *link, char **file, GError **error)
{
    g_autoptr(GPtrArray) state = read_state(managers, loom_subject_read_index(link));
    const char *word = state ? loom_settings_find(state, "", "ADMIN_STATE") : NULL;

    *file = NULL;
    if (word && (g_str_equal(word, "unmanaged") || loom_settings_find(state, "", "NETWORK_FILE"))) {
        if (!g_str_equal(word, "unmanaged"))
            *file = g_strdup(loom_settings_find(state, "", "NETWORK_FILE"));
        return TRUE;
    }
    return choose_file(managers, link, file, error);
}

static void
find_features(LoomManager *record, const GPtrArray *settings, const char *file)
{
    for (guint i = 0; i < settings->len; i++) {
        const LoomSetting *setting = settings->pdata[i];

        for (size_t j = 0; j < G_N_ELEMENTS(features); j++)
            if (g_str_equal(setting->section, features[j].section) &&
                (!features[j].key || g_str_equal(setting->key, features[j].key)) &&
                g_ascii_strcasecmp(setting->value, "no") != 0)
                loom_manager_refuse(record,
                                    _("'%s=%s' in section [%s] of %s cannot be taken over; "
                                      "describe it in the fabric, and take it out there"),
                                    setting->key, setting->value, setting->section, file);
    }
}

static gboolean
set_dhcp(LoomManagers *managers, LoomManager *record, const GPtrArray *settings, unsigned index,
         GError **error)
{
    const char *word = loom_settings_find(settings, "Network", "DHCP");
    g_autofree char *path = loom_managers_path(managers, "/run/systemd/netif/leases/%u", index);
    g_autofree char *text = NULL;

    if (!word || g_ascii_strcasecmp(word, "no") == 0)
        return TRUE;
    if (g_ascii_strcasecmp(word, "ipv6") == 0) {
        loom_manager_refuse(record,
                            _("its address is from DHCPv6, for which virt-loom has no client; "
                              "give it a static one"));
        return TRUE;
    }
    LOOM_SET_NUMBER(record, dhcp, TRUE);
    if (!loom_managers_read(path, &text, error))
        return FALSE;
    g_autoptr(GPtrArray) lease = loom_settings_parse(text ? text : "");
    const char *identity = loom_settings_find(lease, "", "CLIENTID");
    if (identity)
        loom_manager_set_identity(record, identity);
    return TRUE;
}

static gboolean
find(LoomManagers *managers, gboolean *here, GError **error G_GNUC_UNUSED)
{
    *here = is_running(managers) || is_enabled(managers);
    return TRUE;
}

static gboolean
observe(LoomManagers *managers, const LoomSubject *link, LoomManager **found, GError **error)
{
    g_autofree char *file = NULL;

    *found = NULL;
    if (!find_file(managers, link, &file, error))
        return FALSE;
    if (!file)
        return TRUE;
    g_autoptr(GPtrArray) settings = read_network(managers, file, error);
    if (!settings)
        return FALSE;
    const char *word = loom_settings_find(settings, "Link", "Unmanaged");
    /* a rule that it has not read yet is half of a hand-over */
    if (word && g_ascii_strcasecmp(word, "no") != 0 &&
        !read_state(managers, loom_subject_read_index(link)))
        return TRUE;
    g_autofree char *netplan = loom_netplan_source_of(managers, file);
    g_autofree char *name = g_path_get_basename(file);
    g_autoptr(LoomManager) record =
        loom_manager_record_new(&loom_networkd, link, netplan ? netplan : file);

    find_features(record, settings, file);
    if (strcmp(name, RULE) < 0)
        loom_manager_refuse(record, _("%s is read before any rule of virt-loom; rename it"), file);
    if (!set_dhcp(managers, record, settings, loom_subject_read_index(link), error))
        return FALSE;
    *found = g_steal_pointer(&record);
    return TRUE;
}

typedef struct {
    LoomManagers *managers;
    const char *link;
} Wait;

/* Whether networkd leaves the link alone: it says so, or does not run, or there is no link. */
static gboolean
leaves(gpointer data)
{
    const Wait *wait = data;
    g_autoptr(GPtrArray) state =
        read_state(wait->managers, loom_managers_index_of(wait->managers, wait->link));
    const char *word = state ? loom_settings_find(state, "", "ADMIN_STATE") : NULL;

    return word
               ? g_str_equal(word, "unmanaged")
               : !is_running(wait->managers) || !loom_managers_index_of(wait->managers, wait->link);
}

static gboolean
takes(gpointer data)
{
    return !leaves(data);
}

/*
 * Starting it again keeps all addresses and routes: its unit's RestartKillSignal. To reload would
 * drop those of links that it loses.
 */
static gboolean
restart(LoomManagers *managers, GError **error)
{
    return !is_running(managers) || loom_daemon_restart(managers, PROGRAM, UNIT, SIGUSR2, error);
}

static gboolean
hand_over(LoomManagers *managers, const LoomManager *record, const GPtrArray *leaving,
          GError **error)
{
    Wait wait = {managers, record->link};
    g_autoptr(GPtrArray) written = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < leaving->len; i++) {
        const char *link = leaving->pdata[i];
        g_autofree char *path = rule_path(managers, link);
        g_autofree char *text =
            g_strdup_printf("[Match]\nName=%s\n\n[Link]\nUnmanaged=yes\n", link);

        if (!loom_rule_write(path, text, written, error))
            return FALSE;
    }
    if (!written->len && leaves(&wait))
        return TRUE;
    if (!restart(managers, error))
        return FALSE;
    if (loom_await(leaves, &wait, 10))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                _("systemd-networkd goes on managing '%s', whatever its rule says"), record->link);
    loom_rules_withdraw(written);
    restart(managers, NULL);
    return FALSE;
}

static gboolean
give_back(LoomManagers *managers, const LoomManager *record, GError **error)
{
    g_autofree char *path = rule_path(managers, record->link);
    Wait wait = {managers, record->link};

    if (!loom_rule_remove(path, error))
        return FALSE;
    if (takes(&wait) || !loom_managers_index_of(managers, record->link))
        return TRUE;
    if (!restart(managers, error))
        return FALSE;
    /* whether it does shows in the next observation: a link that is down may take its time */
    if (is_running(managers))
        loom_await(takes, &wait, 10);
    return TRUE;
}

const LoomManagerKind loom_networkd = {
    .name = "systemd-networkd",
    .find = find,
    .observe = observe,
    .hand_over = hand_over,
    .give_back = give_back,
};
