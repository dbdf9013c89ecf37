/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With which identity (DHCP option 61) a client asks: as its files and arguments tell. */
#include "manager/identity.h"

#include "base/i18n.h"

#include <string.h>

#define ETHERNET      1    /* RFC 2132 9.14: a hardware type, then the MAC */
#define NODE_SPECIFIC 0xff /* RFC 4361 6.1: an IAID of four octets, then a DUID */
#define IAID_LENGTH   4
#define MAC_LENGTH    6

gboolean
loom_manager_set_identity(LoomManager *record, const char *text)
{
    g_autoptr(GString) identity = g_string_new(NULL);
    unsigned digits = 0;

    for (const char *at = text; *at; at++) {
        if (*at == ':' && digits % 2 == 0)
            continue;
        if (!g_ascii_isxdigit(*at))
            return FALSE;
        if (digits && digits % 2 == 0)
            g_string_append_c(identity, ':');
        g_string_append_c(identity, g_ascii_tolower(*at));
        digits++;
    }
    if (digits == 0 || digits % 2)
        return FALSE;
    LOOM_SET(record, identity, identity->str);
    return TRUE;
}

static void
set_octets(LoomManager *record, const GByteArray *octets)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < octets->len; i++)
        g_string_append_printf(text, "%s%02x", i ? ":" : "", octets->data[i]);
    LOOM_SET(record, identity, text->str);
}

static void
refuse(LoomManager *record, const char *client, const char *why)
{
    loom_manager_refuse(record,
                        _("with which identity %s asks for its address cannot be told (%s), and "
                          "another one would get another address; make it a static one"),
                        client, why);
}

/* FALSE: there is no MAC. */
static gboolean
parse_mac(const LoomSubject *link, guint8 octets[MAC_LENGTH])
{
    g_autofree char *text = loom_subject_read_mac(link);
    guint64 mac = 0;

    if (!text || strlen(text) != 3 * MAC_LENGTH - 1)
        return FALSE;
    for (unsigned i = 0; i < MAC_LENGTH; i++)
        mac = mac << 8 | (guint64)g_ascii_strtoull(text + 3 * i, NULL, 16);
    for (unsigned i = 0; i < MAC_LENGTH; i++)
        octets[i] = (guint8)(mac >> 8 * (MAC_LENGTH - 1 - i));
    return TRUE;
}

static void
set_by_mac(LoomManager *record, const LoomSubject *link, const char *client)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    guint8 mac[MAC_LENGTH], type = ETHERNET;

    if (!parse_mac(link, mac)) {
        refuse(record, client, _("it is no Ethernet"));
        return;
    }
    g_byte_array_append(octets, &type, 1);
    g_byte_array_append(octets, mac, MAC_LENGTH);
    set_octets(record, octets);
}

/* All clients here take the end of the MAC as the IAID. */
static void
set_by_duid(LoomManager *record, const guint8 mac[MAC_LENGTH], const GByteArray *duid)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    guint8 type = NODE_SPECIFIC;

    g_byte_array_append(octets, &type, 1);
    g_byte_array_append(octets, mac + MAC_LENGTH - IAID_LENGTH, IAID_LENGTH);
    g_byte_array_append(octets, duid->data, duid->len);
    set_octets(record, octets);
}

/* --- dhclient -------------------------------------------------------------------------------- */

static const char *
value_of(GStrv arguments, const char *option, const char *standard)
{
    for (char **each = arguments; *each; each++)
        if (g_str_equal(*each, option) && each[1])
            return each[1];
    return standard;
}

/* The octets of a string as dhclient writes them: characters, and octal after a backslash. */
static GByteArray *
parse_quoted(const char *text)
{
    GByteArray *octets = g_byte_array_new();

    while (*text && *text != '"') {
        guint8 octet = (guint8)*text++;

        if (octet == '\\' && *text >= '0' && *text <= '7') {
            octet = 0;
            for (unsigned i = 0; i < 3 && *text >= '0' && *text <= '7'; i++)
                octet = (guint8)(octet * 8 + (*text++ - '0'));
        } else if (octet == '\\' && *text) {
            octet = (guint8)*text++;
        }
        g_byte_array_append(octets, &octet, 1);
    }
    return octets;
}

/* What group 1 of PATTERN is in TEXT, or NULL. */
static char *
find_group(const char *pattern, const char *text)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;

    return g_regex_match(regex, text, 0, &match) ? g_match_info_fetch(match, 1) : NULL;
}

/* What dhclient.conf(5) says of it: "text", octets, or "= hardware". FALSE: nothing. */
static gboolean
configured(const LoomSubject *link, const char *text, LoomManager *record)
{
    g_autofree char *value =
        find_group("^[^#\\n]*dhcp-client-identifier\\s*(?:=\\s*)?([^;]*);", text);

    if (!value)
        return FALSE;
    g_strstrip(value);
    if (*value == '"') {
        g_autoptr(GByteArray) octets = parse_quoted(value + 1);
        set_octets(record, octets);
    } else if (g_str_equal(value, "hardware")) {
        set_by_mac(record, link, "dhclient");
    } else if (!loom_manager_set_identity(record, value)) {
        refuse(record, "dhclient", value);
    }
    return TRUE;
}

gboolean
loom_identity_of_dhclient(LoomManagers *managers, const LoomSubject *link, GStrv arguments,
                          LoomManager *record, GError **error)
{
    g_autofree char *configuration =
        loom_managers_path(managers, "%s", value_of(arguments, "-cf", "/etc/dhcp/dhclient.conf"));
    g_autofree char *leases = loom_managers_path(
        managers, "%s", value_of(arguments, "-lf", "/var/lib/dhcp/dhclient.leases"));
    g_autofree char *said = NULL;
    g_autofree char *leased = NULL;
    guint8 mac[MAC_LENGTH];

    if (!loom_managers_read(configuration, &said, error) ||
        !loom_managers_read(leases, &leased, error))
        return FALSE;
    if (said && configured(link, said, record))
        return TRUE;
    if (!g_strv_contains((const char *const *)arguments, "-i"))
        return TRUE; /* none is sent */
    g_autofree char *quoted =
        leased ? find_group("^\\s*default-duid \"((?:[^\"\\\\]|\\\\.)*)\"", leased) : NULL;
    if (!quoted || !parse_mac(link, mac)) {
        refuse(record, "dhclient", _("its leases have no DUID"));
        return TRUE;
    }
    g_autoptr(GByteArray) duid = parse_quoted(quoted);
    set_by_duid(record, mac, duid);
    return TRUE;
}

/* --- udhcpc ---------------------------------------------------------------------------------- */

void
loom_identity_of_udhcpc(const LoomSubject *link, GStrv arguments, LoomManager *record)
{
    static const char *const options[] = {"0x3d:", "61:", "clientid:"};
    gboolean none = FALSE;

    for (char **each = arguments; *each; each++) {
        const char *value = g_str_equal(*each, "-x") ? each[1] : NULL;

        if (g_str_has_prefix(*each, "-x") && (*each)[2])
            value = *each + 2;
        none = none || g_str_equal(*each, "-C") || g_str_equal(*each, "--clientid-none");
        for (size_t i = 0; value && i < G_N_ELEMENTS(options); i++)
            if (g_str_has_prefix(value, options[i])) {
                if (!loom_manager_set_identity(record, value + strlen(options[i])))
                    refuse(record, "udhcpc", value);
                return;
            }
    }
    if (!none)
        set_by_mac(record, link, "udhcpc");
}

/* --- dhcpcd ---------------------------------------------------------------------------------- */

typedef struct {
    gboolean duid, unclear;
    char *clientid; /* borrowed; "": by the MAC */
} Choice;

/* What dhcpcd.conf(5) says for the link, before the blocks of single links. */
static Choice
read_choice(GStrv lines, const char *link)
{
    Choice choice = {0};
    gboolean is_global = TRUE;

    for (char **each = lines; *each; each++) {
        char *line = g_strstrip(*each);
        char *value = line + strcspn(line, " \t");

        if (*value)
            *value++ = '\0';
        value = g_strstrip(value);
        if (g_str_equal(line, "interface") || g_str_equal(line, "profile") ||
            g_str_equal(line, "ssid")) {
            is_global = FALSE;
            choice.unclear |= g_str_equal(value, link) || !g_str_equal(line, "interface");
        } else if (is_global && g_str_equal(line, "clientid")) {
            choice.clientid = value;
            choice.duid = FALSE;
        } else if (is_global && g_str_equal(line, "duid")) {
            choice.clientid = NULL;
            choice.duid = TRUE;
            choice.unclear |= *value != '\0';
        } else if (g_str_equal(line, "iaid")) {
            choice.unclear = TRUE;
        }
    }
    return choice;
}

/* FALSE: the file of the DUID is none. */
static gboolean
read_duid(const char *text, GByteArray *octets)
{
    for (const char *at = text; g_ascii_isxdigit(at[0]) && g_ascii_isxdigit(at[1]);) {
        guint8 octet = (guint8)(g_ascii_xdigit_value(at[0]) * 16 + g_ascii_xdigit_value(at[1]));

        g_byte_array_append(octets, &octet, 1);
        at += at[2] == ':' ? 3 : 2;
    }
    return octets->len > 0;
}

gboolean
loom_identity_of_dhcpcd(LoomManagers *managers, const LoomSubject *link, LoomManager *record,
                        GError **error)
{
    g_autofree char *configuration = loom_managers_path(managers, "/etc/dhcpcd.conf");
    g_autofree char *file = loom_managers_path(managers, "/var/lib/dhcpcd/duid");
    g_autofree char *said = NULL;
    g_autofree char *duid = NULL;
    g_autoptr(GByteArray) octets = g_byte_array_new();
    guint8 mac[MAC_LENGTH];

    if (!loom_managers_read(configuration, &said, error) || !loom_managers_read(file, &duid, error))
        return FALSE;
    g_auto(GStrv) lines = g_strsplit(said ? said : "", "\n", -1);
    Choice choice = read_choice(lines, link->name);
    if (choice.unclear)
        refuse(record, "dhcpcd", _("its configuration has rules for single links"));
    else if (choice.clientid && !*choice.clientid)
        set_by_mac(record, link, "dhcpcd");
    else if (choice.clientid && !loom_manager_set_identity(record, choice.clientid))
        refuse(record, "dhcpcd", choice.clientid);
    else if (choice.duid && duid && read_duid(duid, octets) && parse_mac(link, mac))
        set_by_duid(record, mac, octets);
    else if (choice.duid)
        refuse(record, "dhcpcd", _("it has no DUID"));
    return TRUE;
}
