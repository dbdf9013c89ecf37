/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Attributes of records as attributes of netlink: a row of a table says how, for both directions.
 */
#pragma once

#include "base/record.h"
#include "kernel/netlink.h"

/* What stands on the wire. The field may be a number, yes/no, or text. */
typedef enum {
    LOOM_WIRE_U8,
    LOOM_WIRE_U16,
    LOOM_WIRE_U32,
    LOOM_WIRE_WORD8,  /* text <-> the index of the word */
    LOOM_WIRE_WORD32, /* the same */
    LOOM_WIRE_MAC,
    LOOM_WIRE_INDEX, /* a link's name <-> its index; none <-> 0 */
    LOOM_WIRE_IPV4S, /* a list of addresses, nested */
    LOOM_WIRE_IPV6S,
} LoomWireForm;

typedef struct {
    int type; /* IFLA_BOND_MODE, ... */
    size_t offset;
    LoomWireForm form;
    const char *const *words;
    unsigned modes; /* a bond's modes that have it, by bit; 0: all */
    unsigned flags; /* LoomWireFlags */
} LoomWireRow;

typedef enum {
    LOOM_WIRE_IDLE = 1 << 0,   /* can be changed only while nothing is in the bond */
    LOOM_WIRE_ALWAYS = 1 << 1, /* is set even if it seems to be so: not all of it can be read */
    LOOM_WIRE_MIIMON = 1 << 2, /* counted in miimon: without, it is 0 and cannot be set */
} LoomWireFlags;

#define LOOM_WIRE(Struct, Type, field, Form, ...)                                                  \
    {                                                                                              \
        .type = (Type), .offset = offsetof(Struct, field), .form = LOOM_WIRE_##Form, __VA_ARGS__   \
    }

/* The attribute at that offset, which KIND must have. */
const LoomAttribute *loom_wire_attribute(const LoomKind *kind, size_t offset);

/* The bit of the attribute at that offset in LoomRecord.present, LoomStep.changed. */
guint64 loom_wire_bit(const LoomKind *kind, size_t offset);
#define LOOM_BIT(Kind, Struct, field) loom_wire_bit(&(Kind), offsetof(Struct, field))

/*
 * Appends what RECORD has there: where it has nothing, that there is none. FALSE: the field holds
 * no such value (a word that is in no table, a link that does not exist), and nothing was appended.
 */
gboolean loom_wire_put(LoomMessage *message, const LoomWireRow *row, gconstpointer record);

/* Sets the field of RECORD; what cannot be understood is left unset. */
void loom_wire_read(const struct nlattr *attribute, const LoomWireRow *row, gpointer record);

/* Appends six octets; TEXT as loom_type_mac took it, NULL: zeros. */
gboolean loom_wire_put_mac(LoomMessage *message, int type, const char *text);

/* The place of TEXT in WORDS (NULL-terminated, holes are ""), or -1. */
int loom_wire_find_word(const char *const *words, const char *text);

/* "aa:bb:cc:dd:ee:ff" of six octets, NULL where there are not six; owned by the caller. */
char *loom_wire_format_mac(const struct nlattr *attribute);

/* The text of an address of FAMILY, NULL where it has another length; owned by the caller. */
char *loom_wire_format_address(int family, const struct nlattr *attribute);

/* An address in network order; the count of its octets (4 or 16), 0: TEXT is none. */
size_t loom_wire_parse_address(const char *text, guint8 octets[16]);

/* Appends the address; FALSE: TEXT is none. */
gboolean loom_wire_put_address(LoomMessage *message, int type, const char *text);
