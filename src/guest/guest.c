/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest, read from domain XML. */
#include "guest/guest.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/markup.h"
#include "host/metadata.h"

#include <arpa/inet.h>
#include <string.h>

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

const LoomGuestVnic *
loom_guest_find_vnic(const LoomGuest *guest, const char *mac)
{
    for (guint i = 0; i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);

        if (g_ascii_strcasecmp(vnic->mac, mac) == 0)
            return vnic;
    }
    return NULL;
}

/* --- addresses in its metadata --------------------------------------------------------------- */

/* As base/inet.h does it; owned by the caller; NULL: TEXT is no address. */
static char *
canonical_address(const char *text)
{
    char canonical[INET6_ADDRSTRLEN];
    guint8 octets[16];
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;

    if (inet_pton(family, text, octets) != 1 ||
        !inet_ntop(family, octets, canonical, sizeof canonical))
        return NULL;
    return g_strdup(canonical);
}

static gboolean
add_addresses(const LoomGuest *guest, const LoomNode *vnic, GPtrArray *addresses, GError **error)
{
    LOOM_FOREACH_CHILD (child, vnic) {
        const char *text =
            loom_metadata_is_called(child, "ip") ? loom_node_get(child, "address") : NULL;
        char *address = text ? canonical_address(text) : NULL;

        if (address) {
            g_ptr_array_add(addresses, address);
        } else if (loom_metadata_is_called(child, "ip")) {
            g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                        _("%s:%u: the metadata of guest '%s' has an <ip> whose address '%.64s' is "
                          "not an IPv4 or IPv6 address"),
                        guest->document->file, child->line, guest->name, text ? text : "");
            return FALSE;
        }
    }
    return TRUE;
}

static int
compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GStrv
loom_guest_list_addresses(const LoomGuest *guest, const char *mac, GError **error)
{
    const LoomNode *ours = loom_metadata_find(guest->document->root, "guest");
    g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(g_free);

    for (const LoomNode *child = ours ? ours->first : NULL; child; child = child->next) {
        const char *whose =
            loom_metadata_is_called(child, "vnic") ? loom_node_get(child, "mac") : NULL;

        if (whose && g_ascii_strcasecmp(whose, mac) == 0 &&
            !add_addresses(guest, child, addresses, error))
            return NULL;
    }
    g_ptr_array_sort(addresses, compare_texts);
    g_ptr_array_add(addresses, NULL);
    return (GStrv)g_ptr_array_steal(addresses, NULL);
}

/* --- all of it ------------------------------------------------------------------------------- */

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
