/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The strict reader: libxml2's SAX2 events into the element tree. */
#include "base/xml.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

typedef struct {
    LoomBuilder *builder;
    const char *name;
    const char *text;
    size_t length;
    xmlParserCtxtPtr parser;
    GError *error;
    /* the place up to which lines were counted: cheaper and longer than libxml2's own 16 bits */
    size_t counted;
    unsigned line;
} Reader;

static void
stop(Reader *reader)
{
    xmlStopParser(reader->parser);
}

/* The line on which the start tag that the parser has just read begins. */
static unsigned
tag_line(Reader *reader)
{
    long end = xmlByteConsumed(reader->parser);
    size_t start = end < 0 ? reader->counted : MIN((size_t)end, reader->length);

    /* '<' cannot stand inside a start tag, so the nearest one before its end begins it */
    while (start > reader->counted && reader->text[start - 1] != '<')
        start--;
    while (reader->counted < start) {
        const char *from = reader->text + reader->counted;
        const char *newline = memchr(from, '\n', start - reader->counted);

        if (!newline)
            break;
        reader->line++;
        reader->counted = newline + 1 - reader->text;
    }
    reader->counted = MAX(reader->counted, start);
    return reader->line;
}

static char *
qualified(const xmlChar *prefix, const xmlChar *local)
{
    return prefix ? g_strconcat((const char *)prefix, ":", (const char *)local, NULL)
                  : g_strdup((const char *)local);
}

static void
on_start(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri G_GNUC_UNUSED,
         int namespace_count, const xmlChar **namespaces, int attribute_count,
         int defaulted G_GNUC_UNUSED, const xmlChar **attributes)
{
    Reader *reader = data;
    g_autofree char *name = qualified(prefix, local);
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    size_t count = namespace_count + attribute_count;
    g_autofree LoomNodeAttribute *list = g_new0(LoomNodeAttribute, count + 1);

    if (reader->error)
        return;
    for (int i = 0; i < namespace_count; i++) {
        const xmlChar **pair = namespaces + i * 2;

        list[i].name =
            pair[0] ? g_strconcat("xmlns:", (const char *)pair[0], NULL) : g_strdup("xmlns");
        list[i].value = pair[1] ? (const char *)pair[1] : "";
        g_ptr_array_add(owned, (gpointer)list[i].name);
    }
    for (int i = 0; i < attribute_count; i++) {
        const xmlChar **five = attributes + i * 5; /* local, prefix, uri, value, value's end */
        LoomNodeAttribute *attribute = &list[namespace_count + i];

        attribute->name = qualified(five[1], five[0]);
        attribute->value = g_strndup((const char *)five[3], five[4] - five[3]);
        g_ptr_array_add(owned, (gpointer)attribute->name);
        g_ptr_array_add(owned, (gpointer)attribute->value);
    }
    if (!loom_builder_open(reader->builder, name, tag_line(reader), list, count, &reader->error))
        stop(reader);
}

static void
on_end(void *data, const xmlChar *local G_GNUC_UNUSED, const xmlChar *prefix G_GNUC_UNUSED,
       const xmlChar *uri G_GNUC_UNUSED)
{
    Reader *reader = data;

    if (!reader->error)
        loom_builder_close(reader->builder);
}

static void
on_text(void *data, const xmlChar *text, int length)
{
    Reader *reader = data;

    if (!reader->error &&
        !loom_builder_text(reader->builder, (const char *)text, length, &reader->error))
        stop(reader);
}

static void
on_doctype(void *data, const xmlChar *name G_GNUC_UNUSED, const xmlChar *external G_GNUC_UNUSED,
           const xmlChar *system G_GNUC_UNUSED)
{
    Reader *reader = data;

    if (reader->error)
        return;
    g_set_error(&reader->error, LOOM_ERROR, LOOM_ERROR_INVALID,
                _("%s:%u: a document type declaration is not accepted"), reader->name,
                tag_line(reader));
    stop(reader);
}

static void
on_error(void *data, xmlErrorPtr cause)
{
    Reader *reader = data;

    if (reader->error || cause->level < XML_ERR_ERROR || cause->code == XML_ERR_USER_STOP)
        return;
    g_autofree char *message = g_strstrip(g_strdup(cause->message ? cause->message : "?"));
    g_set_error(&reader->error, LOOM_ERROR, LOOM_ERROR_INVALID, _("%s:%d: not well-formed XML: %s"),
                reader->name, cause->line, message);
}

/* What libxml2 would repair, guess or report less clearly is refused before it is asked. */
static gboolean
check_text(const char *text, size_t length, const char *name, GError **error)
{
    const char *bad;

    if (length > LOOM_DOCUMENT_SIZE_MAX) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s: larger than %u bytes, which is the limit of a document"), name,
                    LOOM_DOCUMENT_SIZE_MAX);
        return FALSE;
    }
    if (g_utf8_validate_len(text, length, &bad))
        return TRUE;

    unsigned line = 1;
    for (const char *at = text; at < bad; at++)
        line += *at == '\n';
    if (*bad == '\0')
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("%s:%u: a NUL byte is not accepted"),
                    name, line);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s:%u: byte 0x%02x is not valid UTF-8"), name, line, (unsigned char)*bad);
    return FALSE;
}

LoomDocument *
loom_xml_parse(const char *text, size_t length, const char *name, GError **error)
{
    xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .cdataBlock = on_text,
        .ignorableWhitespace = on_text,
        .internalSubset = on_doctype,
        .serror = (xmlStructuredErrorFunc)on_error,
    };
    g_autoptr(LoomBuilder) builder = loom_builder_new(name);
    Reader reader = {.builder = builder, .name = name, .text = text, .length = length, .line = 1};

    if (!check_text(text, length, name, error))
        return NULL;

    xmlParserCtxtPtr parser = xmlNewParserCtxt();
    *parser->sax = handler;
    parser->userData = &reader;
    reader.parser = parser;
    /*
     * IGNORE_ENC: no decoder, for with one libxml2 converts what is left anew to say where it is
     * (10 us a tag). NOENT: else "&amp;" in an attribute arrives as "&#38;"; without a document
     * type there is no other entity to replace.
     */
    xmlCtxtReadMemory(parser, text, length, name, NULL,
                      XML_PARSE_NONET | XML_PARSE_BIG_LINES | XML_PARSE_IGNORE_ENC |
                          XML_PARSE_NOENT);
    gboolean complete = parser->wellFormed;
    xmlFreeParserCtxt(parser);

    if (reader.error) {
        g_propagate_error(error, reader.error);
        return NULL;
    }
    if (!complete) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("%s: not well-formed XML"), name);
        return NULL;
    }
    return loom_builder_finish(builder, error);
}

LoomDocument *
loom_xml_load(const char *path, GError **error)
{
    size_t length;
    g_autofree char *text = loom_file_read(path, LOOM_DOCUMENT_SIZE_MAX, &length, error);

    if (!text)
        return NULL;
    return loom_xml_parse(text, length, g_str_equal(path, "-") ? _("standard input") : path, error);
}
