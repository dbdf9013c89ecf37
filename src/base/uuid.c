/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UUIDs derived from names. */
#include "base/uuid.h"

#include <string.h>

static const guint8 name_space[16] = {
    0x1f, 0x6f, 0x4b, 0x1c, 0x6c, 0x3a, 0x5b, 0x0e, 0x9c, 0x3e, 0x2d, 0x7b, 0x8a, 0x4f, 0x5e, 0x10,
};

static const char digits[] = "0123456789abcdef";

char *
loom_uuid_from_name(const char *name)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA1);
    guint8 digest[20];
    gsize length = sizeof digest;
    char text[37], *at = text;

    g_checksum_update(checksum, name_space, sizeof name_space);
    g_checksum_update(checksum, (const guchar *)name, strlen(name));
    g_checksum_get_digest(checksum, digest, &length);
    digest[6] = (digest[6] & 0x0f) | 0x50; /* version 5 */
    digest[8] = (digest[8] & 0x3f) | 0x80; /* the variant of the RFC */
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[digest[i] >> 4];
        *at++ = digits[digest[i] & 15];
    }
    return g_strndup(text, sizeof text - 1);
}
