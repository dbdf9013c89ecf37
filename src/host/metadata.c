/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our metadata, found by its namespace: base/node.h knows only prefixes. */
#include "host/metadata.h"

#include "host/host.h"

#include <string.h>

/* The namespace of the innermost of COUNT elements; NULL: no namespace. */
static const char *
find_namespace(const LoomNode *const *inside_out, size_t count)
{
    const char *name = inside_out[0]->name;
    const char *colon = strchr(name, ':');
    g_autofree char *prefix = colon ? g_strndup(name, colon - name) : NULL;
    g_autofree char *binding = prefix ? g_strconcat("xmlns:", prefix, NULL) : g_strdup("xmlns");

    for (size_t i = 0; i < count; i++) {
        const char *uri = loom_node_get(inside_out[i], binding);

        if (uri)
            return uri;
    }
    return NULL;
}

gboolean
loom_metadata_is_called(const LoomNode *node, const char *element)
{
    const char *colon = strchr(node->name, ':');

    return g_str_equal(colon ? colon + 1 : node->name, element);
}

const LoomNode *
loom_metadata_find_in(const LoomNode *owner, const char *element, const char *uri)
{
    const LoomNode *metadata = loom_node_find(owner, "metadata");

    if (!metadata)
        return NULL;
    LOOM_FOREACH_CHILD (child, metadata) {
        const LoomNode *const inside_out[] = {child, metadata, owner};

        if (loom_metadata_is_called(child, element) &&
            g_strcmp0(find_namespace(inside_out, G_N_ELEMENTS(inside_out)), uri) == 0)
            return child;
    }
    return NULL;
}

const LoomNode *
loom_metadata_find(const LoomNode *owner, const char *element)
{
    return loom_metadata_find_in(owner, element, LOOM_NAMESPACE);
}
