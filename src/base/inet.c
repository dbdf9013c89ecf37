/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses, subnets and ranges. */
#include "base/inet.h"

#include "base/i18n.h"
#include "base/type.h"

#include <arpa/inet.h>
#include <string.h>

static gboolean
address_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);

    if (!address)
        return FALSE;
    *(char **)field = g_inet_address_to_string(address);
    return TRUE;
}

static gboolean
target_parse(const LoomAttribute *attribute, const char *text, gpointer field)
{
    if (!g_str_equal(text, "gateway") && !g_str_equal(text, "peer"))
        return address_parse(attribute, text, field);
    *(char **)field = g_strdup(text);
    return TRUE;
}

LOOM_TEXT_TYPE(loom_type_address, N_("an IPv4 or IPv6 address"), address_parse);
LOOM_TEXT_TYPE(loom_type_target, N_("gateway, peer, or an IPv4 or IPv6 address"), target_parse);

static size_t
inet_size(const LoomInet *inet)
{
    return inet->family == G_SOCKET_FAMILY_IPV4 ? 4 : 16;
}

LoomInet
loom_inet_parse(const char *text)
{
    LoomInet inet = {.family = strchr(text, ':') ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4};
    int parsed = inet_pton(inet.family, text, inet.bytes);

    g_assert(parsed == 1);
    return inet;
}

char *
loom_inet_format(const LoomInet *inet)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_bytes(inet->bytes, inet->family);

    return g_inet_address_to_string(address);
}

int
loom_inet_compare(const LoomInet *a, const LoomInet *b)
{
    if (a->family != b->family)
        return a->family == G_SOCKET_FAMILY_IPV4 ? -1 : 1;
    return memcmp(a->bytes, b->bytes, inet_size(a));
}

gboolean
loom_inet_increment(LoomInet *inet)
{
    for (size_t i = inet_size(inet); i-- > 0;)
        if (++inet->bytes[i])
            return TRUE;
    return FALSE;
}

unsigned
loom_inet_bits(const LoomInet *inet)
{
    return inet_size(inet) * 8;
}

/* The host part of byte I, all ones. */
static guint8
host_mask(size_t i, unsigned prefix)
{
    unsigned before = i * 8;

    return prefix >= before + 8 ? 0x00 : prefix <= before ? 0xff : 0xff >> (prefix - before);
}

LoomInet
loom_inet_first(const LoomInet *inet, unsigned prefix)
{
    LoomInet first = *inet;

    for (size_t i = 0; i < inet_size(inet); i++)
        first.bytes[i] &= ~host_mask(i, prefix);
    return first;
}

LoomInet
loom_inet_last(const LoomInet *inet, unsigned prefix)
{
    LoomInet last = *inet;

    for (size_t i = 0; i < inet_size(inet); i++)
        last.bytes[i] |= host_mask(i, prefix);
    return last;
}

char *
loom_inet_format_subnet(const char *address, unsigned prefix)
{
    const LoomInet inet = loom_inet_parse(address);
    const LoomInet first = loom_inet_first(&inet, prefix);
    g_autofree char *text = loom_inet_format(&first);

    return g_strdup_printf("%s/%u", text, prefix);
}
