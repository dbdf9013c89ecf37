/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A noun is a struct and one table: parse, format, copy, compare and free walk the table. */
#pragma once

#include "base/node.h"
#include "base/report.h"

#include <glib.h>

/*
 * Theory of operation
 *
 * Every noun of the fabric and of a host is a C struct that begins with a LoomRecord, and a
 * LoomKind that says, once, which XML attribute fills which field, of which type, within which
 * bounds, and which child elements follow. A field is usable at any time: what nobody wrote has its
 * default, and a presence bit tells the two apart. So the reader, the writer, the comparison of
 * what should be with what is, the JSON and the schema test cannot drift apart: there is one table
 * to change.
 */
typedef struct LoomType LoomType;
typedef struct LoomAttribute LoomAttribute;
typedef struct LoomChild LoomChild;
typedef struct LoomKind LoomKind;
typedef struct LoomRecord LoomRecord;

/* How a type of attribute is read and written. FIELD points into the struct. */
struct LoomType {
    const char *name; /* what a value should be, for "expected ...", marked for translation */
    size_t size;      /* of the field, at most that of a guint64 */
    /* Fills FIELD, which holds nothing to free; FALSE: TEXT is no such value, and FIELD as before.
     */
    gboolean (*parse)(const LoomAttribute *attribute, const char *text, gpointer field);
    char *(*format)(const LoomAttribute *attribute, gconstpointer field);
    gboolean (*equal)(gconstpointer a, gconstpointer b);
    void (*copy)(gpointer to, gconstpointer from);
    void (*clear)(gpointer field); /* may be NULL: nothing to free */
    enum { LOOM_JSON_STRING, LOOM_JSON_NUMBER, LOOM_JSON_BOOLEAN } json;
};

typedef enum {
    LOOM_REQUIRED = 1 << 0, /* an element without it is an error */
    LOOM_KEY = 1 << 1, /* with the other keys, which stand beside it, it names the record among its
                          siblings */
    LOOM_INFORMATIVE =
        1 << 2,            /* tells where a value is from, or what is only read; never compared */
    LOOM_CONTENT = 1 << 3, /* the element's text instead of an attribute */
    LOOM_ABSENT_IS_NONE =
        1 << 4, /* a record without it states that there is none, and not that it does not care */
} LoomAttributeFlags;

struct LoomAttribute {
    const char *name;
    const LoomType *type;
    size_t offset;
    unsigned flags;
    guint64 min, max;         /* numbers; of an enum MIN is the first word that may be written */
    const char *const *words; /* enums: NULL-terminated; the field is an int that indexes it */
    const char *fallback;     /* the default, as it would be written */
    unsigned cost;            /* a LoomCost (host/host.h): what changing it in place costs */
};

struct LoomChild {
    const LoomKind *kind;
    size_t offset;
    enum { LOOM_MANY, LOOM_ONE } many; /* the field: GPtrArray of records, or one record or NULL */
};

struct LoomKind {
    const char *element;
    const char *noun; /* for people, marked for translation */
    size_t size;
    const LoomAttribute *attributes;
    size_t attribute_count; /* at most 64 */
    const LoomChild *children;
    size_t child_count;
};

struct LoomRecord {
    const LoomKind *kind;
    LoomSource source; /* line 0: made by us; the file name is interned */
    guint64 present;   /* a bit per attribute, in table order */
};

/* Rows of the tables; further fields of the row follow as designated initialisers. */
#define LOOM_ATTRIBUTE(Struct, field, Type, ...)                                                   \
    {                                                                                              \
        .name = #field, .type = &(Type), .offset = offsetof(Struct, field), __VA_ARGS__            \
    }
#define LOOM_WORD(Struct, field, list, ...)                                                        \
    {                                                                                              \
        .name = #field, .type = &loom_type_word, .offset = offsetof(Struct, field),                \
        .words = (list), __VA_ARGS__                                                               \
    }
#define LOOM_CHILDREN(Struct, field, Kind)                                                         \
    {                                                                                              \
        .kind = &(Kind), .offset = offsetof(Struct, field), .many = LOOM_MANY                      \
    }
#define LOOM_ONE_CHILD(Struct, field, Kind)                                                        \
    {                                                                                              \
        .kind = &(Kind), .offset = offsetof(Struct, field), .many = LOOM_ONE                       \
    }

/* The rows into their kind. */
#define LOOM_ATTRIBUTES(table)  .attributes = (table), .attribute_count = G_N_ELEMENTS(table)
#define LOOM_CHILD_KINDS(table) .children = (table), .child_count = G_N_ELEMENTS(table)

/* Types of attributes that need no library but GLib; addresses are in base/inet.h. */
extern const LoomType loom_type_text;   /* char *: any text without control characters */
extern const LoomType loom_type_name;   /* char *: a name, see loom_name_is_valid() */
extern const LoomType loom_type_device; /* char *: a device name, see loom_device_name_is_valid() */
extern const LoomType loom_type_yes_no; /* gboolean: yes or no */
extern const LoomType loom_type_number; /* guint64: decimal, within min and max */
extern const LoomType loom_type_word;   /* int: one of the words, by its index */
extern const LoomType loom_type_mac;    /* char *: lower case aa:bb:cc:dd:ee:ff, unicast */
extern const LoomType loom_type_domain; /* char *: a DNS domain */
extern const LoomType loom_type_token;  /* char *: printable ASCII without blanks */
extern const LoomType loom_type_identifier;  /* char *: a word of a program, such as a driver */
extern const LoomType loom_type_option;      /* char *: the kernel's name of an option */
extern const LoomType loom_type_portgroup;   /* char *: what libvirt's schema takes as its name */
extern const LoomType loom_type_uuid;        /* char *: lower case, with hyphens */
extern const LoomType loom_type_pci;         /* char *: lower case dddd:bb:dd.f */
extern const LoomType loom_type_vlans;       /* char *: canonical ranges, see base/vlans.h */
extern const LoomType loom_type_vlan_choice; /* the same, or 0: untagged */
extern const LoomType loom_type_list;        /* GStrv: items parted by white space, sorted */

/* A record of KIND with the defaults; free with loom_record_free(). */
gpointer loom_record_new(const LoomKind *kind);
void loom_record_free(gpointer record);
gpointer loom_record_copy(gconstpointer record);

/*
 * Makes a record from NODE. Everything wrong becomes a finding that names the element, the
 * attribute and the value, and leaves the default: validation goes on. Never NULL. FILE must
 * outlive the record.
 */
gpointer
loom_record_parse(const LoomKind *kind, const LoomNode *node, const char *file, LoomReport *report);

/* What a value of the attribute should be, for "expected ..."; owned by the caller. */
char *loom_attribute_expectation(const LoomAttribute *attribute);

/* Appends the record as XML at that depth of two blanks each; only what is present is written. */
void loom_record_format(gconstpointer record, unsigned depth, GString *xml);

/* Presence, by the field's offset: LOOM_HAS(link, mtu). */
#define LOOM_HAS(record, field) loom_record_has(record, offsetof(__typeof__(*(record)), field))
gboolean loom_record_has(gconstpointer record, size_t offset);

/* Sets a field and its bit by the text form; TEXT NULL gives it back its default. The text must be
 * valid. */
#define LOOM_SET(record, field, text)                                                              \
    loom_record_set(record, offsetof(__typeof__(*(record)), field), text)
void loom_record_set(gpointer record, size_t offset, const char *text);

/* The same where the text is somebody else's; FALSE: it is no such value, and nothing changed. */
#define LOOM_TRY(record, field, text)                                                              \
    loom_record_try_at(record, offsetof(__typeof__(*(record)), field), text)
gboolean loom_record_try_at(gpointer record, size_t offset, const char *text);

/* Sets attribute INDEX of the kind from TEXT; FALSE: TEXT is no such value, and nothing changed. */
gboolean loom_record_try(gpointer record, size_t index, const char *text);

/* The same for numbers, words and yes/no, which are assigned as they are. */
#define LOOM_SET_NUMBER(record, field, value)                                                      \
    ((record)->field = (value), loom_record_mark(record, offsetof(__typeof__(*(record)), field)))
void loom_record_mark(gpointer record, size_t offset);

/* The keys, joined by '/': names the record among its siblings. Owned by the caller. */
char *loom_record_key(gconstpointer record);

/* The records of the child list at CHILD, as (pointers, length) of a view; for LOOM_ONE too. */
typedef struct {
    gpointer *items;
    size_t length;
} LoomRecords;
LoomRecords loom_record_children(gconstpointer record, const LoomChild *child);

/* Adds CHILD, which the record then owns, to the list of its kind. */
void loom_record_add(gpointer record, gpointer child);

/*
 * Bits of the attributes of TARGET that are present there and differ in (or are absent from)
 * ACTUAL, both of one kind; of those that are LOOM_ABSENT_IS_NONE the values are compared, whether
 * present or not. Informative attributes never differ. Children are not looked at.
 */
guint64 loom_record_differs(gconstpointer actual, gconstpointer target);

/* Whether all that TARGET states, children of every depth included, is so in ACTUAL and no more. */
gboolean loom_record_agrees(gconstpointer actual, gconstpointer target);

/* Appends the value as written; nothing where there is none. */
void loom_record_append(gconstpointer record, const LoomAttribute *attribute, GString *text);

/* The value as written, owned by the caller. */
char *loom_record_get(gconstpointer record, const LoomAttribute *attribute);

/* Appends TEXT with XML's five entities; control characters that XML cannot hold become '?'. */
void loom_xml_escape(GString *xml, const char *text);
