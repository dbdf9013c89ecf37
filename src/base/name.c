/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What may be a name. */
#include "base/name.h"

#include <string.h>

gboolean
loom_name_is_valid(const char *text)
{
    size_t length = 0;

    if (!g_utf8_validate(text, -1, NULL) || g_str_equal(text, ".") || g_str_equal(text, ".."))
        return FALSE;
    for (const char *at = text; *at; at = g_utf8_next_char(at), length++) {
        gunichar character = g_utf8_get_char(at);
        gboolean at_end = at == text || !*g_utf8_next_char(at);

        if (g_unichar_iscntrl(character) || character == '/' ||
            (at_end && g_unichar_isspace(character)))
            return FALSE;
    }
    return length >= 1 && length <= LOOM_NAME_LENGTH_MAX;
}

gboolean
loom_device_name_is_valid(const char *text)
{
    size_t length = strlen(text);

    if (length < 1 || length > LOOM_DEVICE_LENGTH_MAX || text[0] == '-' || g_str_equal(text, ".") ||
        g_str_equal(text, ".."))
        return FALSE;
    for (const char *at = text; *at; at++)
        if (!g_ascii_isalnum(*at) && !strchr("._-", *at))
            return FALSE;
    return TRUE;
}

const char *
loom_device_name_find_keyword(const char *text)
{
    /* The words that take the place of a device in ip-link(8), ip-address(8), bridge(8) and tc(8).
     * iproute2 accepts any prefix of most of them. */
    static const char *const words[] = {
        "address",   "alias",      "all",        "broadcast", "brd",   "change", "default",
        "dev",       "down",       "dynamic",    "group",     "help",  "index",  "label",
        "link",      "local",      "lladdr",     "master",    "mtu",   "name",   "netns",
        "nomaster",  "parent",     "peer",       "permanent", "root",  "scope",  "tentative",
        "to",        "txqlen",     "txqueuelen", "type",      "up",    "via",    "vlan",
        "vrf",       "bridge",     "self",       "qdisc",     "class", "filter", "primary",
        "secondary", "deprecated",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_has_prefix(words[i], text))
            return words[i];
    return NULL;
}
