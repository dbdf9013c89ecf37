/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The element tree, and the builder that enforces the bounds of every document. */
#include "base/node.h"

#include "base/error.h"
#include "base/i18n.h"

#include <string.h>

struct LoomBuilder {
    LoomDocument *document;
    unsigned depth;
    LoomNode *path[LOOM_NODE_DEPTH_MAX];
    GString *texts[LOOM_NODE_DEPTH_MAX];
};

static void
node_free(LoomNode *node)
{
    for (LoomNode *child = node->first; child;) {
        LoomNode *next = child->next;
        node_free(child);
        child = next;
    }
    g_free(node);
}

void
loom_document_free(LoomDocument *document)
{
    if (document->root)
        node_free(document->root);
    g_string_chunk_free(document->strings);
    g_free(document->file);
    g_free(document);
}

const char *
loom_node_get(const LoomNode *node, const char *name)
{
    for (unsigned i = 0; i < node->attribute_count; i++)
        if (g_str_equal(node->attributes[i].name, name))
            return node->attributes[i].value;
    return NULL;
}

const LoomNode *
loom_node_find(const LoomNode *node, const char *name)
{
    LOOM_FOREACH_CHILD (child, node)
        if (g_str_equal(child->name, name))
            return child;
    return NULL;
}

LoomBuilder *
loom_builder_new(const char *file)
{
    LoomBuilder *builder = g_new0(LoomBuilder, 1);

    builder->document = g_new0(LoomDocument, 1);
    builder->document->file = g_strdup(file);
    builder->document->strings = g_string_chunk_new(4096);
    return builder;
}

void
loom_builder_free(LoomBuilder *builder)
{
    for (unsigned i = 0; i < LOOM_NODE_DEPTH_MAX; i++)
        if (builder->texts[i])
            g_string_free(builder->texts[i], TRUE);
    g_clear_pointer(&builder->document, loom_document_free);
    g_free(builder);
}

static gboolean
check_attributes(const LoomBuilder *builder, const char *element, unsigned line,
                 const LoomNodeAttribute *attributes, size_t count, GError **error)
{
    const char *file = builder->document->file;

    if (count > LOOM_NODE_ATTRIBUTES_MAX) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s:%u: element <%.64s> has %zu attributes; at most %u are accepted"), file,
                    line, element, count, LOOM_NODE_ATTRIBUTES_MAX);
        return FALSE;
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(attributes[i].value) > LOOM_NODE_VALUE_MAX) {
            g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                        _("%s:%u: attribute %.64s of <%.64s> is longer than %u bytes"), file, line,
                        attributes[i].name, element, LOOM_NODE_VALUE_MAX);
            return FALSE;
        }
        for (size_t k = 0; k < i; k++)
            if (g_str_equal(attributes[i].name, attributes[k].name)) {
                g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                            _("%s:%u: element <%.64s> has the attribute %.64s twice"), file, line,
                            element, attributes[i].name);
                return FALSE;
            }
    }
    return TRUE;
}

gboolean
loom_builder_open(LoomBuilder *builder, const char *name, unsigned line,
                  const LoomNodeAttribute *attributes, size_t count, GError **error)
{
    LoomDocument *document = builder->document;
    LoomNode *parent = builder->depth ? builder->path[builder->depth - 1] : NULL;

    if (builder->depth == LOOM_NODE_DEPTH_MAX) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s:%u: elements nest deeper than %u levels"), document->file, line,
                    LOOM_NODE_DEPTH_MAX);
        return FALSE;
    }
    if (!parent && document->root) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s:%u: a second root element <%.64s>"), document->file, line, name);
        return FALSE;
    }
    if (!check_attributes(builder, name, line, attributes, count, error))
        return FALSE;

    LoomNode *node = g_malloc0(sizeof *node + count * sizeof *attributes);
    node->name = g_string_chunk_insert(document->strings, name);
    node->text = "";
    node->line = line;
    node->attribute_count = count;
    for (size_t i = 0; i < count; i++) {
        node->attributes[i].name = g_string_chunk_insert(document->strings, attributes[i].name);
        node->attributes[i].value = g_string_chunk_insert(document->strings, attributes[i].value);
    }
    if (!parent)
        document->root = node;
    else if (parent->last)
        parent->last = parent->last->next = node;
    else
        parent->first = parent->last = node;
    builder->path[builder->depth++] = node;
    return TRUE;
}

gboolean
loom_builder_text(LoomBuilder *builder, const char *text, size_t length, GError **error)
{
    size_t blank = 0;

    while (blank < length && g_ascii_isspace(text[blank]))
        blank++;
    if (!builder->depth) {
        if (blank == length)
            return TRUE;
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("%s: text outside the root element"),
                    builder->document->file);
        return FALSE;
    }
    GString **buffer = &builder->texts[builder->depth - 1];
    if (!*buffer && blank == length)
        return TRUE;
    if (!*buffer)
        *buffer = g_string_new(NULL);
    g_string_append_len(*buffer, text, length);
    return TRUE;
}

void
loom_builder_close(LoomBuilder *builder)
{
    GString *buffer = g_steal_pointer(&builder->texts[--builder->depth]);

    if (!buffer)
        return;
    builder->path[builder->depth]->text =
        g_string_chunk_insert(builder->document->strings, g_strstrip(buffer->str));
    g_string_free(buffer, TRUE);
}

LoomDocument *
loom_builder_finish(LoomBuilder *builder, GError **error)
{
    if (!builder->document->root || builder->depth) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("%s: no complete root element"),
                    builder->document->file);
        return NULL;
    }
    return g_steal_pointer(&builder->document);
}
