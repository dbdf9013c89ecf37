/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC addresses as numbers. */
#include "base/mac.h"

guint64
loom_mac_parse(const char *text)
{
    guint64 mac = 0;

    for (const char *at = text; *at; at++)
        if (*at != ':')
            mac = mac << 4 | g_ascii_xdigit_value(*at);
    return mac;
}

char *
loom_mac_format(guint64 mac)
{
    static const char digits[] = "0123456789abcdef";
    char text[18], *at = text;

    for (int shift = 40; shift >= 0; shift -= 8) {
        *at++ = digits[mac >> (shift + 4) & 15];
        *at++ = digits[mac >> shift & 15];
        *at++ = ':';
    }
    return g_strndup(text, sizeof text - 1);
}

char *
loom_mac_from_name(const char *name)
{
    g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
    guint64 mac = 0;

    for (size_t i = 0; i < 12; i++)
        mac = mac << 4 | g_ascii_xdigit_value(digest[i]);
    return loom_mac_format((mac | LOOM_MAC_LOCAL) & ~LOOM_MAC_MULTICAST);
}
