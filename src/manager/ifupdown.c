/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ifupdown: no daemon, but what it is told to bring up at boot and when a link appears. */
#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "manager/interfaces.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glib/gstdio.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Theory of operation
 *
 * ifupdown has no rule for "not this link" that covers boot and hot-plug and every init: so the
 * words that tell it to (auto, allow-hotplug) are taken out of its files, and kept there as
 * comments of ours, from which they come back. The stanza stays: who calls ifup by hand gets what
 * it says. What it believes to have brought up is in its state: taken out there as well, and
 * nothing run, as ifdown would take the address with it.
 */

#define STATE "/run/network/ifstate"

/* What a link with such an option in its stanza is for ifupdown, and cannot be handed over. */
static const char *const features[] = {"bond-master",     "bond_master",    "bridge_ports",
                                       "bridge-ports",    "bond-slaves",    "wpa-ssid",
                                       "wpa-conf",        "tunnel",         "vlan-raw-device",
                                       "vlan_raw_device", "wireless-essid", NULL};
/* Options of others that name the links they are made of. */
static const char *const uppers[] = {"bridge_ports",    "bridge-ports",  "bond-slaves",
                                     "bond_slaves",     "slaves",        "vlan-raw-device",
                                     "vlan_raw_device", "vxlan-physdev", NULL};

static gboolean
is_installed(const LoomManagers *managers)
{
    return loom_managers_has(managers, "/sbin/ifup") ||
           loom_managers_has(managers, "/usr/sbin/ifup");
}

/* Sets *STATE to what ifupdown believes: link=what it has brought it up as; NULL: nothing. */
static gboolean
read_state(const LoomManagers *managers, GPtrArray **state, GError **error)
{
    g_autofree char *path = loom_managers_path(managers, STATE);
    g_autofree char *text = NULL;

    if (!loom_managers_read(path, &text, error))
        return FALSE;
    *state = text ? loom_settings_parse(text) : NULL;
    return TRUE;
}

/* The word by which it brings the link up by itself: its name, a pattern, a name and a mapping. */
static const LoomMention *
find_mention(const LoomInterfaces *interfaces, const char *link)
{
    for (guint i = 0; i < interfaces->mentions->len; i++) {
        const LoomMention *mention = interfaces->mentions->pdata[i];
        const char *word = mention->word;
        g_autofree char *name = g_strndup(word, strcspn(word, "="));

        if (*word == '/') {
            /* "/eth*" or, beginning at number 1, "/1/eth*" (interfaces(5)) */
            const char *pattern = strrchr(word, '/') + 1;

            if (fnmatch(pattern, link, 0) == 0)
                return mention;
        } else if (g_str_equal(name, link)) {
            return mention;
        }
    }
    return NULL;
}

static void
check_stanza(LoomManager *record, const LoomStanza *stanza)
{
    const char *link = record->link;

    if (g_str_equal(stanza->family, "inet6") && g_str_equal(stanza->method, "dhcp"))
        loom_manager_refuse(record,
                            _("its address is from DHCPv6, for which virt-loom has no client; "
                              "give it a static one"));
    else if (g_str_equal(stanza->family, "inet") && g_str_equal(stanza->method, "dhcp"))
        LOOM_SET_NUMBER(record, dhcp, TRUE);
    else if (!g_str_equal(stanza->method, "static") && !g_str_equal(stanza->method, "manual") &&
             !g_str_equal(stanza->method, "auto"))
        loom_manager_refuse(record,
                            _("'iface %s %s %s' in %s cannot be taken over; describe '%s' as "
                              "static or dhcp"),
                            link, stanza->family, stanza->method, stanza->file, link);
    for (guint i = 0; i < stanza->options->len; i++) {
        const LoomSetting *option = stanza->options->pdata[i];

        if (g_strv_contains(features, option->key))
            loom_manager_refuse(record,
                                _("'%s %s' of '%s' in %s cannot be taken over; describe it in the "
                                  "fabric, and take it out there"),
                                option->key, option->value, link, stanza->file);
    }
}

/* Whether the value of an option, words with blanks between, has the link. */
static gboolean
names(const char *value, const char *link)
{
    g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);

    return g_strv_contains((const char *const *)words, link);
}

static void
check_upper(LoomManager *record, const LoomStanza *stanza)
{
    g_autofree char *vlan = g_strconcat(record->link, ".", NULL);

    if (g_str_has_prefix(stanza->link, vlan))
        loom_manager_refuse(record, _("%s makes '%s' of it; take that out there"), stanza->file,
                            stanza->link);
    for (guint i = 0; i < stanza->options->len; i++) {
        const LoomSetting *option = stanza->options->pdata[i];

        if (g_strv_contains(uppers, option->key) && names(option->value, record->link))
            loom_manager_refuse(record, _("%s makes '%s' of it; take that out there"), stanza->file,
                                stanza->link);
    }
}

/* ifup cannot add an address that is there: of a mixture it could not start the client again. */
static void
check_mixture(LoomManager *record, const LoomInterfaces *interfaces)
{
    for (guint i = 0; record->dhcp && i < interfaces->stanzas->len; i++) {
        const LoomStanza *stanza = interfaces->stanzas->pdata[i];

        if (g_str_equal(stanza->link, record->link) && g_str_equal(stanza->method, "static"))
            loom_manager_refuse(record,
                                _("it has static addresses and one by DHCP in %s; make all of "
                                  "them static"),
                                stanza->file);
    }
}

static gboolean
describe(LoomManagers *managers, const LoomSubject *link, const LoomInterfaces *interfaces,
         LoomManager *record, GError **error)
{
    for (guint i = 0; i < interfaces->stanzas->len; i++) {
        const LoomStanza *stanza = interfaces->stanzas->pdata[i];

        if (!g_str_equal(stanza->link, link->name)) {
            check_upper(record, stanza);
            continue;
        }
        if (!record->source)
            LOOM_TRY(record, source, stanza->file);
        check_stanza(record, stanza);
    }
    check_mixture(record, interfaces);
    return !record->dhcp || loom_clients_describe(managers, link, record, error);
}

static gboolean
find(LoomManagers *managers, gboolean *here, GError **error)
{
    *here = is_installed(managers);
    if (!*here || managers->interfaces)
        return TRUE;
    managers->interfaces = loom_interfaces_load(managers, error);
    return managers->interfaces && read_state(managers, &managers->interfaces->state, error);
}

static gboolean
observe(LoomManagers *managers, const LoomSubject *link, LoomManager **found, GError **error)
{
    const LoomInterfaces *interfaces = managers->interfaces;
    const char *logical =
        interfaces->state ? loom_settings_find(interfaces->state, "", link->name) : NULL;
    const LoomMention *mention;

    *found = NULL;
    mention = find_mention(interfaces, link->name);
    if (!mention && !logical)
        return TRUE;
    g_autoptr(LoomManager) record = loom_manager_record_new(&loom_ifupdown, link, NULL);
    if (mention && !g_str_equal(mention->word, link->name))
        loom_manager_refuse(record, _("'%s' in %s names it; write '%s' itself there"),
                            mention->word, mention->file + strlen(managers->root), link->name);
    if (logical && !g_str_equal(logical, link->name))
        loom_manager_refuse(record, _("it is mapped to '%s'; describe '%s' itself"), logical,
                            link->name);
    if (!describe(managers, link, interfaces, record, error))
        return FALSE;
    *found = g_steal_pointer(&record);
    return TRUE;
}

typedef char *(*Edit)(const char *text, const char *link);

/* Replaces the file with its mode, wherever a symbolic link to it leads. */
static gboolean
edit_file(const char *path, const char *link, Edit edit, GError **error)
{
    g_autofree char *text = NULL;
    char *real = realpath(path, NULL);
    g_autofree char *target = g_strdup(real ? real : path);
    GStatBuf status;

    free(real);
    if (!loom_managers_read(target, &text, error))
        return FALSE;
    g_autofree char *changed = text ? edit(text, link) : NULL;
    if (!changed)
        return TRUE;
    if (g_stat(target, &status) < 0) {
        loom_error_set_errno(error, errno, _("Cannot read %s"), target);
        return FALSE;
    }
    return loom_file_replace(target, changed, (unsigned)status.st_mode & 07777, error);
}

static gboolean
edit_all(LoomManagers *managers, const char *link, Edit edit, GError **error)
{
    g_autoptr(LoomInterfaces) interfaces = loom_interfaces_load(managers, error);

    for (guint i = 0; interfaces && i < interfaces->files->len; i++)
        if (!edit_file(interfaces->files->pdata[i], link, edit, error))
            return FALSE;
    return interfaces != NULL;
}

/* The state of TEXT (NULL: none) with or without the link, which it then is as LOGICAL. */
static char *
edit_state(const char *text, const char *link, const char *logical)
{
    g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
    g_autofree char *prefix = g_strconcat(link, "=", NULL);
    GString *changed = g_string_new(NULL);

    for (char **line = lines; *line; line++)
        if (**line && !g_str_has_prefix(*line, prefix))
            g_string_append_printf(changed, "%s\n", *line);
    if (logical)
        g_string_append_printf(changed, "%s%s\n", prefix, logical);
    return g_string_free(changed, FALSE);
}

/* Changes ifupdown's state under its lock; LOGICAL NULL: it forgets the link. */
static gboolean
set_state(LoomManagers *managers, const char *link, const char *logical, GError **error)
{
    g_autofree char *path = loom_managers_path(managers, STATE);
    g_autofree char *own_path = loom_managers_path(managers, STATE ".%s", link);
    g_autofree char *lock_path = loom_managers_path(managers, "/run/network/.ifstate.lock");
    g_autofree char *text = NULL;
    int lock;

    if (!logical && !g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (lock < 0 || lockf(lock, F_LOCK, 0) < 0) {
        loom_error_set_errno(error, errno, _("Cannot lock %s"), lock_path);
        if (lock >= 0)
            close(lock);
        return FALSE;
    }
    gboolean done = loom_managers_read(path, &text, error);
    if (done) {
        g_autofree char *changed = edit_state(text, link, logical);
        g_autofree char *own = g_strdup_printf("%s\n", logical ? logical : "");

        done = loom_file_write_volatile(path, changed, error) &&
               (logical ? loom_file_write_volatile(own_path, own, error)
                        : loom_file_remove(own_path, error));
    }
    close(lock);
    return done;
}

static gboolean
hand_over(LoomManagers *managers, const LoomManager *record, const GPtrArray *leaving G_GNUC_UNUSED,
          GError **error)
{
    return edit_all(managers, record->link, loom_interfaces_take_out, error) &&
           loom_clients_end(managers, record->link, error) &&
           set_state(managers, record->link, NULL, error);
}

static gboolean
is_down(LoomManagers *managers, const char *link)
{
    g_autofree char *path = loom_managers_path(managers, "/sys/class/net/%s/flags", link);
    g_autofree char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) &&
           !(g_ascii_strtoull(text, NULL, 16) & IFF_UP);
}

static gboolean
give_back(LoomManagers *managers, const LoomManager *record, GError **error)
{
    const char *const arguments[] = {"ifup", record->link, NULL};
    g_autoptr(GPtrArray) state = NULL;
    g_autoptr(GError) cause = NULL;

    if (!edit_all(managers, record->link, loom_interfaces_put_back, error) ||
        !read_state(managers, &state, error))
        return FALSE;
    if ((state && loom_settings_find(state, "", record->link)) ||
        !loom_managers_has(managers, STATE)) /* at boot it is its turn later */
        return TRUE;
    if ((!record->dhcp && !is_down(managers, record->link)) ||
        !loom_managers_index_of(managers, record->link))
        /* its addresses are there, or come back without it: ifup would stumble over them */
        return set_state(managers, record->link, record->link, error);
    if (loom_program_run(managers, arguments, 30, &cause) ||
        /* without an answer it goes on asking, as it does at boot */
        g_error_matches(cause, LOOM_ERROR, LOOM_ERROR_BUSY))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

const LoomManagerKind loom_ifupdown = {
    .name = "ifupdown",
    .find = find,
    .observe = observe,
    .hand_over = hand_over,
    .give_back = give_back,
};
