/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nouns by their tables: out of XML with findings, and into XML. */
#include "base/i18n.h"
#include "base/name.h"
#include "base/record.h"

#include <inttypes.h>

/* How a finding names the record it is about: noun 'name', or just <element>. */
static char *
describe(const LoomKind *kind, const LoomNode *node)
{
    const char *name = loom_node_get(node, "name");

    if (name && kind->noun && loom_name_is_valid(name))
        return g_strdup_printf("%s '%s'", _(kind->noun), name);
    return g_strdup_printf("<%s>", kind->element);
}

char *
loom_attribute_expectation(const LoomAttribute *attribute)
{
    if (attribute->words) {
        g_autofree char *list = g_strjoinv(_(", "), (GStrv)attribute->words + attribute->min);
        return g_strdup_printf(_("one of: %s"), list);
    }
    if (attribute->type == &loom_type_number && attribute->max)
        return g_strdup_printf(_("a number from %" PRIu64 " to %" PRIu64), attribute->min,
                               attribute->max);
    return g_strdup(_(attribute->type->name));
}

static void
parse_value(LoomRecord *record, size_t index, const char *text, const LoomNode *node,
            LoomReport *report)
{
    const LoomAttribute *attribute = &record->kind->attributes[index];

    if (loom_record_try(record, index, text))
        return;
    g_autofree char *expected = loom_attribute_expectation(attribute);
    g_autofree char *what = describe(record->kind, node);
    g_autofree char *shown = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), 80));

    loom_report_add(report, LOOM_SEVERITY_ERROR, &record->source,
                    _("%s: %s='%s' is not valid; expected %s"), what, attribute->name, shown,
                    expected);
}

static gssize
find_attribute(const LoomKind *kind, const char *name)
{
    for (size_t i = 0; i < kind->attribute_count; i++)
        if (!(kind->attributes[i].flags & LOOM_CONTENT) &&
            g_str_equal(kind->attributes[i].name, name))
            return i;
    return -1;
}

static void
parse_attributes(LoomRecord *record, const LoomNode *node, LoomReport *report)
{
    const LoomKind *kind = record->kind;
    gboolean has_content = FALSE;

    for (unsigned i = 0; i < node->attribute_count; i++) {
        const LoomNodeAttribute *given = &node->attributes[i];
        gssize index = find_attribute(kind, given->name);

        if (index >= 0)
            parse_value(record, index, given->value, node, report);
        else
            loom_report_add(report, LOOM_SEVERITY_ERROR, &record->source,
                            _("<%s> has no attribute '%.64s'"), kind->element, given->name);
    }
    for (size_t i = 0; i < kind->attribute_count; i++) {
        const LoomAttribute *attribute = &kind->attributes[i];

        if (attribute->flags & LOOM_CONTENT) {
            has_content = TRUE;
            if (*node->text)
                parse_value(record, i, node->text, node, report);
        } else if (attribute->flags & LOOM_REQUIRED && !loom_node_get(node, attribute->name)) {
            g_autofree char *what = describe(kind, node);
            loom_report_add(report, LOOM_SEVERITY_ERROR, &record->source,
                            _("%s lacks the attribute '%s'"), what, attribute->name);
        }
    }
    if (*node->text && !has_content)
        loom_report_add(report, LOOM_SEVERITY_ERROR, &record->source,
                        _("<%s> holds the text '%.40s', which has no meaning there"), kind->element,
                        node->text);
}

static const LoomChild *
find_child(const LoomKind *kind, const char *element)
{
    for (size_t i = 0; i < kind->child_count; i++)
        if (g_str_equal(kind->children[i].kind->element, element))
            return &kind->children[i];
    return NULL;
}

static void
parse_children(LoomRecord *record, const LoomNode *node, const char *file, LoomReport *report)
{
    LOOM_FOREACH_CHILD (inner, node) {
        const LoomChild *child = find_child(record->kind, inner->name);
        LoomSource source = {file, inner->line};

        if (!child) {
            loom_report_add(report, LOOM_SEVERITY_ERROR, &source, _("<%s> has no element <%.64s>"),
                            record->kind->element, inner->name);
            continue;
        }
        if (child->many == LOOM_ONE && loom_record_children(record, child).length) {
            loom_report_add(report, LOOM_SEVERITY_ERROR, &source,
                            _("<%s> has a second <%s>; one is allowed"), record->kind->element,
                            inner->name);
            continue;
        }
        loom_record_add(record, loom_record_parse(child->kind, inner, file, report));
    }
}

gpointer
loom_record_parse(const LoomKind *kind, const LoomNode *node, const char *file, LoomReport *report)
{
    LoomRecord *record = loom_record_new(kind);

    record->source = (LoomSource){file, node->line};
    parse_attributes(record, node, report);
    parse_children(record, node, file, report);
    return record;
}

/* What stands for a character that XML cannot hold as it is; NULL: it can. */
static const char *
entity(char character)
{
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\'':
        return "&apos;";
    case '"':
        return "&quot;";
    case '\n':
        return "&#10;";
    case '\t':
        return "&#9;";
    default:
        return g_ascii_iscntrl(character) ? "?" : NULL;
    }
}

void
loom_xml_escape(GString *xml, const char *text)
{
    const char *from = text, *at;

    for (at = text; *at; at++) {
        const char *instead = entity(*at);

        if (!instead)
            continue;
        g_string_append_len(xml, from, at - from);
        g_string_append(xml, instead);
        from = at + 1;
    }
    g_string_append_len(xml, from, at - from);
}

/* Piece by piece, and not with printf, which took half of the time of writing a host. */
static void
append(GString *xml, unsigned depth, const char *before, const char *name, const char *after)
{
    for (unsigned i = 0; i < depth; i++)
        g_string_append(xml, "  ");
    g_string_append(xml, before);
    g_string_append(xml, name);
    g_string_append(xml, after);
}

static void
format_inside(const LoomRecord *record, unsigned depth, GString *xml)
{
    for (size_t i = 0; i < record->kind->child_count; i++) {
        LoomRecords items = loom_record_children(record, &record->kind->children[i]);

        for (size_t k = 0; k < items.length; k++)
            loom_record_format(items.items[k], depth + 1, xml);
    }
}

void
loom_record_format(gconstpointer data, unsigned depth, GString *xml)
{
    const LoomRecord *record = data;
    const LoomKind *kind = record->kind;
    g_autofree char *content = NULL;
    size_t before;

    append(xml, depth, "<", kind->element, "");
    for (size_t i = 0; i < kind->attribute_count; i++) {
        const LoomAttribute *attribute = &kind->attributes[i];

        if (!(record->present >> i & 1))
            continue;
        g_autofree char *value = loom_record_get(record, attribute);
        if (attribute->flags & LOOM_CONTENT) {
            content = g_steal_pointer(&value);
            continue;
        }
        append(xml, 0, " ", attribute->name, "='");
        loom_xml_escape(xml, value);
        g_string_append_c(xml, '\'');
    }
    if (content) {
        g_string_append_c(xml, '>');
        loom_xml_escape(xml, content);
        append(xml, 0, "</", kind->element, ">\n");
        return;
    }
    before = xml->len;
    g_string_append(xml, ">\n");
    format_inside(record, depth, xml);
    if (xml->len > before + 2) {
        append(xml, depth, "</", kind->element, ">\n");
    } else {
        g_string_truncate(xml, before);
        g_string_append(xml, "/>\n");
    }
}
