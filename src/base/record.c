/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nouns by their tables: new, free, copy, presence and comparison. */
#include "base/record.h"

#include "base/type.h"

#include <string.h>

static gpointer
field_at(gconstpointer record, size_t offset)
{
    return (char *)record + offset;
}

static size_t
attribute_index(const LoomKind *kind, size_t offset)
{
    for (size_t i = 0; i < kind->attribute_count; i++)
        if (kind->attributes[i].offset == offset)
            return i;
    g_error("no attribute of %s at offset %zu", kind->element, offset);
}

/* FIELD holds nothing to free. */
static void
set_default(const LoomAttribute *attribute, gpointer field)
{
    memset(field, 0, attribute->type->size);
    if (attribute->fallback)
        attribute->type->parse(attribute, attribute->fallback, field);
}

gpointer
loom_record_new(const LoomKind *kind)
{
    LoomRecord *record = g_malloc0(kind->size);

    record->kind = kind;
    for (size_t i = 0; i < kind->attribute_count; i++)
        if (kind->attributes[i].fallback)
            set_default(&kind->attributes[i], field_at(record, kind->attributes[i].offset));
    for (size_t i = 0; i < kind->child_count; i++)
        if (kind->children[i].many == LOOM_MANY)
            *(GPtrArray **)field_at(record, kind->children[i].offset) =
                g_ptr_array_new_with_free_func(loom_record_free);
    return record;
}

void
loom_record_free(gpointer data)
{
    LoomRecord *record = data;

    if (!record)
        return;
    for (size_t i = 0; i < record->kind->attribute_count; i++) {
        const LoomAttribute *attribute = &record->kind->attributes[i];

        if (attribute->type->clear)
            attribute->type->clear(field_at(record, attribute->offset));
    }
    for (size_t i = 0; i < record->kind->child_count; i++) {
        const LoomChild *child = &record->kind->children[i];
        gpointer *field = field_at(record, child->offset);

        if (child->many == LOOM_MANY)
            g_ptr_array_unref(*field);
        else
            loom_record_free(*field);
    }
    g_free(record);
}

gpointer
loom_record_copy(gconstpointer data)
{
    const LoomRecord *record = data;
    LoomRecord *copy = g_malloc0(record->kind->size);

    *copy = *record;
    for (size_t i = 0; i < record->kind->attribute_count; i++) {
        const LoomAttribute *attribute = &record->kind->attributes[i];

        attribute->type->copy(field_at(copy, attribute->offset),
                              field_at(record, attribute->offset));
    }
    for (size_t i = 0; i < record->kind->child_count; i++) {
        const LoomChild *child = &record->kind->children[i];
        LoomRecords items = loom_record_children(record, child);

        if (child->many == LOOM_MANY)
            *(GPtrArray **)field_at(copy, child->offset) =
                g_ptr_array_new_with_free_func(loom_record_free);
        for (size_t k = 0; k < items.length; k++)
            loom_record_add(copy, loom_record_copy(items.items[k]));
    }
    return copy;
}

gboolean
loom_record_has(gconstpointer data, size_t offset)
{
    const LoomRecord *record = data;

    return record->present >> attribute_index(record->kind, offset) & 1;
}

void
loom_record_mark(gpointer data, size_t offset)
{
    LoomRecord *record = data;

    record->present |= G_GUINT64_CONSTANT(1) << attribute_index(record->kind, offset);
}

gboolean
loom_record_try(gpointer data, size_t index, const char *text)
{
    LoomRecord *record = data;
    const LoomAttribute *attribute = &record->kind->attributes[index];
    gpointer field = field_at(record, attribute->offset);
    guint64 fresh = 0;

    if (!attribute->type->parse(attribute, text, &fresh))
        return FALSE;
    if (attribute->type->clear)
        attribute->type->clear(field);
    memcpy(field, &fresh, attribute->type->size);
    record->present |= G_GUINT64_CONSTANT(1) << index;
    return TRUE;
}

gboolean
loom_record_try_at(gpointer record, size_t offset, const char *text)
{
    return loom_record_try(record, attribute_index(((LoomRecord *)record)->kind, offset), text);
}

void
loom_record_set(gpointer data, size_t offset, const char *text)
{
    LoomRecord *record = data;
    size_t index = attribute_index(record->kind, offset);
    const LoomAttribute *attribute = &record->kind->attributes[index];

    if (!text) {
        if (attribute->type->clear)
            attribute->type->clear(field_at(record, offset));
        set_default(attribute, field_at(record, offset));
        record->present &= ~(G_GUINT64_CONSTANT(1) << index);
    } else if (!loom_record_try(record, index, text)) {
        g_error("'%s' is not a value of %s of %s", text, attribute->name, record->kind->element);
    }
}

char *
loom_record_get(gconstpointer record, const LoomAttribute *attribute)
{
    return attribute->type->format(attribute, field_at(record, attribute->offset));
}

void
loom_record_append(gconstpointer record, const LoomAttribute *attribute, GString *text)
{
    gconstpointer field = field_at(record, attribute->offset);

    if (attribute->type->format == loom_text_format) {
        const char *value = *(char *const *)field;

        if (value)
            g_string_append(text, value);
        return;
    }
    g_autofree char *value = attribute->type->format(attribute, field);
    if (value)
        g_string_append(text, value);
}

static char *
key_of_one(const LoomRecord *record, const LoomAttribute *attribute)
{
    char *key = loom_record_get(record, attribute);

    return key ? key : g_strdup("");
}

char *
loom_record_key(gconstpointer data)
{
    const LoomRecord *record = data;
    const LoomKind *kind = record->kind;
    size_t first = 0, end;
    GString *key;

    while (first < kind->attribute_count && !(kind->attributes[first].flags & LOOM_KEY))
        first++;
    for (end = first; end < kind->attribute_count && kind->attributes[end].flags & LOOM_KEY;)
        end++;
    if (end == first + 1) /* a name, of most: this is called very often */
        return key_of_one(record, &kind->attributes[first]);
    key = g_string_sized_new(32);
    for (size_t i = first; i < end; i++) {
        const LoomAttribute *attribute = &kind->attributes[i];

        if (key->len)
            g_string_append_c(key, '/');
        loom_record_append(record, attribute, key);
    }
    return g_string_free(key, FALSE);
}

LoomRecords
loom_record_children(gconstpointer record, const LoomChild *child)
{
    gpointer *field = field_at(record, child->offset);

    if (child->many == LOOM_MANY) {
        GPtrArray *list = *field;
        return (LoomRecords){list->pdata, list->len};
    }
    return (LoomRecords){field, *field ? 1 : 0};
}

void
loom_record_add(gpointer data, gpointer added)
{
    LoomRecord *record = data;
    const LoomRecord *item = added;

    for (size_t i = 0; i < record->kind->child_count; i++) {
        const LoomChild *child = &record->kind->children[i];
        gpointer *field = field_at(record, child->offset);

        if (child->kind != item->kind)
            continue;
        if (child->many == LOOM_MANY) {
            g_ptr_array_add(*field, added);
        } else {
            loom_record_free(*field);
            *field = added;
        }
        return;
    }
    g_error("%s holds no %s", record->kind->element, item->kind->element);
}

guint64
loom_record_differs(gconstpointer actual, gconstpointer target)
{
    const LoomRecord *is = actual, *wanted = target;
    guint64 differs = 0;

    for (size_t i = 0; i < wanted->kind->attribute_count; i++) {
        const LoomAttribute *attribute = &wanted->kind->attributes[i];
        guint64 bit = G_GUINT64_CONSTANT(1) << i;

        gboolean by_value = attribute->flags & LOOM_ABSENT_IS_NONE;

        if (attribute->flags & LOOM_INFORMATIVE || !(wanted->present & bit || by_value))
            continue;
        if (!(is->present & bit || by_value) ||
            !attribute->type->equal(field_at(is, attribute->offset),
                                    field_at(wanted, attribute->offset)))
            differs |= bit;
    }
    return differs;
}

static gboolean
children_agree(LoomRecords actual, LoomRecords target)
{
    g_autoptr(GHashTable) by_key = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    if (actual.length != target.length)
        return FALSE;
    for (size_t i = 0; i < actual.length; i++)
        g_hash_table_insert(by_key, loom_record_key(actual.items[i]), actual.items[i]);
    for (size_t i = 0; i < target.length; i++) {
        g_autofree char *key = loom_record_key(target.items[i]);
        gconstpointer found = g_hash_table_lookup(by_key, key);

        if (!found || !loom_record_agrees(found, target.items[i]))
            return FALSE;
    }
    return TRUE;
}

gboolean
loom_record_agrees(gconstpointer actual, gconstpointer target)
{
    const LoomKind *kind = ((const LoomRecord *)target)->kind;

    if (loom_record_differs(actual, target))
        return FALSE;
    for (size_t i = 0; i < kind->child_count; i++)
        if (!children_agree(loom_record_children(actual, &kind->children[i]),
                            loom_record_children(target, &kind->children[i])))
            return FALSE;
    return TRUE;
}
