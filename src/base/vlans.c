/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of VLAN identifiers. */
#include "base/vlans.h"

#include <string.h>

static gboolean
take_vlan(const char **at, unsigned *vlan)
{
    unsigned value = 0;

    if (!g_ascii_isdigit(**at) || **at == '0')
        return FALSE;
    for (; g_ascii_isdigit(**at); (*at)++) {
        value = value * 10 + (**at - '0');
        if (value > LOOM_VLAN_MAX)
            return FALSE;
    }
    *vlan = value;
    return TRUE;
}

gboolean
loom_vlans_parse(const char *text, LoomVlans *vlans)
{
    LoomVlans parsed = {0};

    for (const char *at = text;; at++) {
        unsigned first, last;

        if (!take_vlan(&at, &first))
            return FALSE;
        last = first;
        if (*at == '-') {
            at++;
            if (!take_vlan(&at, &last) || last < first)
                return FALSE;
        }
        for (unsigned vlan = first; vlan <= last; vlan++)
            loom_vlans_add(&parsed, vlan);
        if (*at == '\0')
            break;
        if (*at != ',')
            return FALSE;
    }
    *vlans = parsed;
    return TRUE;
}

char *
loom_vlans_format(const LoomVlans *vlans)
{
    GString *text = g_string_new(NULL);

    for (unsigned first = loom_vlans_next(vlans, 1); first;) {
        unsigned last = first;

        while (last < LOOM_VLAN_MAX && loom_vlans_has(vlans, last + 1))
            last++;
        g_string_append_printf(text, text->len ? ",%u" : "%u", first);
        if (last > first)
            g_string_append_printf(text, "-%u", last);
        first = loom_vlans_next(vlans, last + 1);
    }
    return g_string_free(text, FALSE);
}

void
loom_vlans_add(LoomVlans *vlans, unsigned vlan)
{
    vlans->bits[vlan / 64] |= G_GUINT64_CONSTANT(1) << (vlan % 64);
}

gboolean
loom_vlans_has(const LoomVlans *vlans, unsigned vlan)
{
    return vlan <= LOOM_VLAN_MAX && (vlans->bits[vlan / 64] >> (vlan % 64) & 1);
}

gboolean
loom_vlans_is_empty(const LoomVlans *vlans)
{
    return loom_vlans_next(vlans, 1) == 0;
}

unsigned
loom_vlans_count(const LoomVlans *vlans)
{
    unsigned count = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(vlans->bits); i++)
        count += __builtin_popcountll(vlans->bits[i]);
    return count;
}

unsigned
loom_vlans_next(const LoomVlans *vlans, unsigned from)
{
    for (size_t i = from / 64; i < G_N_ELEMENTS(vlans->bits); i++) {
        const guint64 rest = vlans->bits[i] >> (i == from / 64 ? from % 64 : 0);
        unsigned vlan = i == from / 64 ? from : i * 64;

        if (!rest)
            continue;
        vlan += __builtin_ctzll(rest);
        return vlan <= LOOM_VLAN_MAX ? vlan : 0;
    }
    return 0;
}
