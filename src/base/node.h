/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An XML document as a tree of elements: what both readers make, and all that parsers see. */
#pragma once

#include "base/report.h"

#include <glib.h>

/*
 * Bounds of every document, whoever wrote it. What exceeds them is refused with an error that names
 * the bound; a libvirt domain of the largest kind stays far below each.
 */
#define LOOM_DOCUMENT_SIZE_MAX   (64u * 1024 * 1024)
#define LOOM_NODE_DEPTH_MAX      32u
#define LOOM_NODE_ATTRIBUTES_MAX 64u
#define LOOM_NODE_VALUE_MAX      (64u * 1024)

typedef struct {
    const char *name;
    const char *value;
} LoomNodeAttribute;

typedef struct LoomNode LoomNode;
struct LoomNode {
    const char *name; /* as written, with its prefix */
    const char *text; /* all character data directly inside, stripped; "" where there is none */
    unsigned line;
    LoomNode *first, *last, *next;
    unsigned attribute_count;
    LoomNodeAttribute attributes[];
};

typedef struct LoomDocument LoomDocument;
struct LoomDocument {
    char *file;
    LoomNode *root;
    GStringChunk *strings;
};

void loom_document_free(LoomDocument *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomDocument, loom_document_free)

#define LOOM_FOREACH_CHILD(child, node)                                                            \
    for (const LoomNode *child = (node)->first; child; child = child->next)

/* The value of an attribute, or NULL. Borrowed from the document. */
const char *loom_node_get(const LoomNode *node, const char *name);

/* The first child element of that name, or NULL. */
const LoomNode *loom_node_find(const LoomNode *node, const char *name);

/*
 * The builder behind the readers. A reader opens elements, adds text, closes; the first violated
 * bound makes every later call return FALSE with the same error left to the first.
 */
typedef struct LoomBuilder LoomBuilder;

LoomBuilder *loom_builder_new(const char *file);
void loom_builder_free(LoomBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomBuilder, loom_builder_free)
gboolean loom_builder_open(LoomBuilder *builder, const char *name, unsigned line,
                           const LoomNodeAttribute *attributes, size_t count, GError **error);
gboolean loom_builder_text(LoomBuilder *builder, const char *text, size_t length, GError **error);
void loom_builder_close(LoomBuilder *builder);
/* The document, owned by the caller; NULL with an error where there is no root element. */
LoomDocument *loom_builder_finish(LoomBuilder *builder, GError **error);
