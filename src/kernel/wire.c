/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes of records as attributes of netlink, by the rows of tables. */
#include "kernel/wire.h"

#include "base/mac.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

const LoomAttribute *
loom_wire_attribute(const LoomKind *kind, size_t offset)
{
    const LoomAttribute *attribute = kind->attributes;

    while (attribute->offset != offset)
        attribute++;
    return attribute;
}

guint64
loom_wire_bit(const LoomKind *kind, size_t offset)
{
    return G_GUINT64_CONSTANT(1) << (loom_wire_attribute(kind, offset) - kind->attributes);
}

int
loom_wire_find_word(const char *const *words, const char *text)
{
    for (int i = 0; text && words[i]; i++)
        if (*words[i] && g_str_equal(words[i], text))
            return i;
    return -1;
}

char *
loom_wire_format_mac(const struct nlattr *attribute)
{
    const guint8 *octets;
    guint64 mac = 0;

    if (!attribute || nla_len(attribute) != 6)
        return NULL;
    octets = nla_data(attribute);
    for (size_t i = 0; i < 6; i++)
        mac = mac << 8 | octets[i];
    return loom_mac_format(mac);
}

char *
loom_wire_format_address(int family, const struct nlattr *attribute)
{
    char text[INET6_ADDRSTRLEN];

    if (!attribute || nla_len(attribute) != (family == AF_INET ? 4 : 16))
        return NULL;
    return g_strdup(inet_ntop(family, nla_data(attribute), text, sizeof text));
}

size_t
loom_wire_parse_address(const char *text, guint8 octets[16])
{
    if (inet_pton(AF_INET, text, octets) == 1)
        return 4;
    return inet_pton(AF_INET6, text, octets) == 1 ? 16 : 0;
}

gboolean
loom_wire_put_address(LoomMessage *message, int type, const char *text)
{
    guint8 octets[16];
    size_t size = loom_wire_parse_address(text, octets);

    return size && nla_put(message, type, (int)size, octets) == 0;
}

/* --- put ------------------------------------------------------------------------------------- */

static guint64
number_of(const LoomWireRow *row, gconstpointer record)
{
    const LoomKind *kind = ((const LoomRecord *)record)->kind;

    return loom_wire_attribute(kind, row->offset)->type == &loom_type_yes_no
               ? (guint64)G_STRUCT_MEMBER(gboolean, record, row->offset)
               : G_STRUCT_MEMBER(guint64, record, row->offset);
}

static gboolean
put_word(LoomMessage *message, const LoomWireRow *row, const char *text)
{
    int word = loom_wire_find_word(row->words, text);

    if (word < 0)
        return FALSE;
    return row->form == LOOM_WIRE_WORD8 ? nla_put_u8(message, row->type, (guint8)word) == 0
                                        : nla_put_u32(message, row->type, (guint32)word) == 0;
}

gboolean
loom_wire_put_mac(LoomMessage *message, int type, const char *text)
{
    guint8 octets[6];
    guint64 mac = text ? loom_mac_parse(text) : 0;

    for (int i = 5; i >= 0; i--, mac >>= 8)
        octets[i] = mac & 0xff;
    return nla_put(message, type, sizeof octets, octets) == 0;
}

static gboolean
put_index(LoomMessage *message, int type, const char *name)
{
    unsigned index = name ? if_nametoindex(name) : 0;

    return (index || !name) && nla_put_u32(message, type, index) == 0;
}

static gboolean
put_addresses(LoomMessage *message, const LoomWireRow *row, GStrv list)
{
    size_t size = row->form == LOOM_WIRE_IPV4S ? 4 : 16;
    struct nlattr *nest;
    guint8 octets[16];

    for (size_t i = 0; list && list[i]; i++)
        if (loom_wire_parse_address(list[i], octets) != size)
            return FALSE;
    nest = nla_nest_start(message, row->type);
    if (!nest)
        return FALSE;
    for (size_t i = 0; list && list[i]; i++)
        loom_wire_put_address(message, (int)i, list[i]);
    return nla_nest_end_keep_empty(message, nest) == 0;
}

gboolean
loom_wire_put(LoomMessage *message, const LoomWireRow *row, gconstpointer record)
{
    switch (row->form) {
    case LOOM_WIRE_U8:
        return nla_put_u8(message, row->type, (guint8)number_of(row, record)) == 0;
    case LOOM_WIRE_U16:
        return nla_put_u16(message, row->type, (guint16)number_of(row, record)) == 0;
    case LOOM_WIRE_U32:
        return nla_put_u32(message, row->type, (guint32)number_of(row, record)) == 0;
    case LOOM_WIRE_WORD8:
    case LOOM_WIRE_WORD32:
        return put_word(message, row, G_STRUCT_MEMBER(char *, record, row->offset));
    case LOOM_WIRE_MAC:
        return loom_wire_put_mac(message, row->type, G_STRUCT_MEMBER(char *, record, row->offset));
    case LOOM_WIRE_INDEX:
        return put_index(message, row->type, G_STRUCT_MEMBER(char *, record, row->offset));
    default:
        return put_addresses(message, row, G_STRUCT_MEMBER(GStrv, record, row->offset));
    }
}

/* --- read ------------------------------------------------------------------------------------ */

/* An unsigned number of whatever width; FALSE: of none. */
static gboolean
read_number(const struct nlattr *attribute, guint64 *number)
{
    switch (nla_len(attribute)) {
    case 1:
        *number = nla_get_u8(attribute);
        return TRUE;
    case 2:
        *number = nla_get_u16(attribute);
        return TRUE;
    case 4:
        *number = nla_get_u32(attribute);
        return TRUE;
    default:
        return FALSE;
    }
}

static char *
read_addresses(const struct nlattr *attribute, int family)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(g_free);
    const struct nlattr *item;
    int left;

    nla_for_each_nested(item, attribute, left)
    {
        char *text = loom_wire_format_address(family, item);

        if (text)
            g_ptr_array_add(list, text);
    }
    g_ptr_array_add(list, NULL);
    return g_strjoinv(" ", (GStrv)list->pdata);
}

/* The value as text; NULL: none. Owned by the caller. */
static char *
read_text(const struct nlattr *attribute, const LoomWireRow *row)
{
    char name[IF_NAMESIZE];
    guint64 number = 0;

    switch (row->form) {
    case LOOM_WIRE_MAC:
        return loom_wire_format_mac(attribute);
    case LOOM_WIRE_IPV4S:
        return read_addresses(attribute, AF_INET);
    case LOOM_WIRE_IPV6S:
        return read_addresses(attribute, AF_INET6);
    case LOOM_WIRE_INDEX:
        if (!read_number(attribute, &number) || !if_indextoname((unsigned)number, name))
            return NULL;
        return g_strdup(name);
    default:
        if (!read_number(attribute, &number) || number >= g_strv_length((GStrv)row->words) ||
            !*row->words[number])
            return NULL;
        return g_strdup(row->words[number]);
    }
}

void
loom_wire_read(const struct nlattr *attribute, const LoomWireRow *row, gpointer record)
{
    const LoomKind *kind = ((const LoomRecord *)record)->kind;
    const LoomAttribute *field = loom_wire_attribute(kind, row->offset);
    guint64 number;

    if (row->form > LOOM_WIRE_U32) {
        g_autofree char *text = read_text(attribute, row);

        if (text && *text)
            loom_record_try_at(record, row->offset, text);
        return;
    }
    if (!read_number(attribute, &number))
        return;
    if (field->type == &loom_type_yes_no)
        G_STRUCT_MEMBER(gboolean, record, row->offset) = number != 0;
    else
        G_STRUCT_MEMBER(guint64, record, row->offset) = number;
    loom_record_mark(record, row->offset);
}
