/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hooks' reader: GMarkup events into the element tree. */
#include "base/markup.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"

#include <string.h>

typedef struct {
    LoomBuilder *builder;
    const char *name;
} Reader;

static void
on_start(GMarkupParseContext *context, const char *element, const char **names, const char **values,
         gpointer data, GError **error)
{
    const Reader *reader = data;
    LoomNodeAttribute list[LOOM_NODE_ATTRIBUTES_MAX + 1];
    size_t count = 0;
    int line;

    for (; names[count] && count < G_N_ELEMENTS(list); count++)
        list[count] = (LoomNodeAttribute){names[count], values[count]};
    g_markup_parse_context_get_position(context, &line, NULL);
    loom_builder_open(reader->builder, element, line, list, count, error);
}

static void
on_end(GMarkupParseContext *context G_GNUC_UNUSED, const char *element G_GNUC_UNUSED, gpointer data,
       GError **error G_GNUC_UNUSED)
{
    const Reader *reader = data;

    loom_builder_close(reader->builder);
}

static void
on_text(GMarkupParseContext *context G_GNUC_UNUSED, const char *text, gsize length, gpointer data,
        GError **error)
{
    const Reader *reader = data;

    loom_builder_text(reader->builder, text, length, error);
}

static void
on_passthrough(GMarkupParseContext *context, const char *text, gsize length, gpointer data,
               GError **error)
{
    const Reader *reader = data;
    int line;

    /* comments and processing instructions pass; what else begins with "<!" is a document type */
    if (length < 4 || !g_str_has_prefix(text, "<!") || g_str_has_prefix(text, "<!--"))
        return;
    g_markup_parse_context_get_position(context, &line, NULL);
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                _("%s:%u: a document type declaration is not accepted"), reader->name,
                (unsigned)line);
}

/* Errors of the builder and of on_passthrough() are whole already; GMarkup's lack the document. */
static void
take_error(GError *cause, const char *name, GError **error)
{
    if (cause->domain == G_MARKUP_ERROR)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, "%s: %s", name, cause->message);
    else
        g_propagate_error(error, g_error_copy(cause));
}

LoomDocument *
loom_markup_parse(const char *text, size_t length, const char *name, GError **error)
{
    static const GMarkupParser parser = {on_start, on_end, on_text, on_passthrough, NULL};
    g_autoptr(LoomBuilder) builder = loom_builder_new(name);
    Reader reader = {builder, name};
    g_autoptr(GMarkupParseContext) context = NULL;
    g_autoptr(GError) cause = NULL;

    if (length > LOOM_DOCUMENT_SIZE_MAX) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s: larger than %u bytes, which is the limit of a document"), name,
                    LOOM_DOCUMENT_SIZE_MAX);
        return NULL;
    }
    if (memchr(text, '\0', length)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("%s: a NUL byte is not accepted"),
                    name);
        return NULL;
    }
    context = g_markup_parse_context_new(&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &reader, NULL);
    if (!g_markup_parse_context_parse(context, text, length, &cause) ||
        !g_markup_parse_context_end_parse(context, &cause)) {
        take_error(cause, name, error);
        return NULL;
    }
    return loom_builder_finish(builder, error);
}

LoomDocument *
loom_markup_load(const char *path, GError **error)
{
    size_t length;
    g_autofree char *text = loom_file_read(path, LOOM_DOCUMENT_SIZE_MAX, &length, error);

    return text ? loom_markup_parse(text, length, path, error) : NULL;
}
