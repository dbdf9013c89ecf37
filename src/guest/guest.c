/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest, read from domain XML. */
#include "guest/guest.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/markup.h"

static const char *
get_below(const LoomNode *node, const char *element, const char *attribute)
{
    const LoomNode *child = loom_node_find(node, element);

    return child ? loom_node_get(child, attribute) : NULL;
}

static void
add_vnic(GArray *vnics, const LoomNode *interface)
{
    const char *type = loom_node_get(interface, "type");
    const char *mac = get_below(interface, "mac", "address");
    LoomGuestVnic vnic = {
        .type = type ? type : "",
        .mac = mac ? mac : "",
        .network = get_below(interface, "source", "network"),
        .portgroup = get_below(interface, "source", "portgroup"),
        .bridge = get_below(interface, "source", "bridge"),
        .portid = get_below(interface, "source", "portid"),
        .device = get_below(interface, "target", "dev"),
    };

    g_array_append_val(vnics, vnic);
}

static gboolean
parse_domain(LoomGuest *guest, GError **error)
{
    const LoomDocument *document = guest->document;
    const LoomNode *name = loom_node_find(document->root, "name");
    const LoomNode *uuid = loom_node_find(document->root, "uuid");
    const LoomNode *devices = loom_node_find(document->root, "devices");

    if (!g_str_equal(document->root->name, "domain")) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s: the root element is <%.64s>; a guest's is <domain>"), document->file,
                    document->root->name);
        return FALSE;
    }
    if (!name || !*name->text || !uuid || !g_uuid_string_is_valid(uuid->text)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s: the domain has no <name>, or no valid <uuid>"), document->file);
        return FALSE;
    }
    guest->name = name->text;
    guest->uuid = uuid->text;
    if (devices)
        LOOM_FOREACH_CHILD (child, devices)
            if (g_str_equal(child->name, "interface"))
                add_vnic(guest->vnics, child);
    return TRUE;
}

LoomGuest *
loom_guest_parse(const char *text, size_t length, const char *name, GError **error)
{
    LoomDocument *document = loom_markup_parse(text, length, name, error);
    g_autoptr(LoomGuest) guest = NULL;

    if (!document)
        return NULL;
    guest = g_new0(LoomGuest, 1);
    guest->document = document;
    guest->vnics = g_array_new(FALSE, FALSE, sizeof(LoomGuestVnic));
    return parse_domain(guest, error) ? g_steal_pointer(&guest) : NULL;
}

void
loom_guest_free(LoomGuest *guest)
{
    g_array_unref(guest->vnics);
    loom_document_free(guest->document);
    g_free(guest);
}
