/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt tells a network hook, read from <hookData>. */
#include "guest/hookdata.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/markup.h"
#include "base/record.h"
#include "host/metadata.h"

static const char *
get_text(const LoomNode *node, const char *element)
{
    const LoomNode *child = loom_node_find(node, element);

    return child ? child->text : NULL;
}

static gboolean
is_mac(const char *text)
{
    g_autofree char *mac = NULL;

    return loom_type_mac.parse(NULL, text, &mac);
}

static void
take_port(LoomHookData *data, const LoomNode *port)
{
    const LoomNode *mac = loom_node_find(port, "mac");
    const LoomNode *owner = loom_node_find(port, "owner");
    const char *address = mac ? loom_node_get(mac, "address") : NULL;

    data->port = port;
    data->vnic = (LoomGuestVnic){
        .type = "",
        .mac = address ? address : "",
        .network = data->network_name,
        .portgroup = get_text(port, "group"),
        .portid = get_text(port, "uuid"),
    };
    data->owner_name = owner ? get_text(owner, "name") : NULL;
    data->owner_uuid = owner ? get_text(owner, "uuid") : NULL;
}

/* Only a network of ours is held to anything: with another one no hook has any business. */
static gboolean
check_ours(const LoomHookData *data, GError **error)
{
    const char *file = data->document->file;

    if (!data->network_name || !*data->network_name || !data->network_uuid ||
        !g_uuid_string_is_valid(data->network_uuid)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s: the network has no <name>, or no valid <uuid>"), file);
        return FALSE;
    }
    if (data->port && !is_mac(data->vnic.mac)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s:%u: the port's MAC '%.64s' is not a MAC address"), file, data->port->line,
                    data->vnic.mac);
        return FALSE;
    }
    return TRUE;
}

static gboolean
parse_hook_data(LoomHookData *data, GError **error)
{
    const LoomDocument *document = data->document;
    const LoomNode *network = loom_node_find(document->root, "network");
    const LoomNode *port = loom_node_find(document->root, "networkport");

    if (!g_str_equal(document->root->name, "hookData") || !network) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("%s: the root element is not a <hookData> with a <network>"), document->file);
        return FALSE;
    }
    data->is_ours = loom_metadata_find(network, "network") != NULL;
    data->network_name = get_text(network, "name");
    data->network_uuid = get_text(network, "uuid");
    if (port)
        take_port(data, port);
    return !data->is_ours || check_ours(data, error);
}

LoomHookData *
loom_hook_data_parse(const char *text, size_t length, const char *name, GError **error)
{
    LoomDocument *document = loom_markup_parse(text, length, name, error);
    g_autoptr(LoomHookData) data = NULL;

    if (!document)
        return NULL;
    data = g_new0(LoomHookData, 1);
    data->document = document;
    return parse_hook_data(data, error) ? g_steal_pointer(&data) : NULL;
}

void
loom_hook_data_free(LoomHookData *data)
{
    loom_document_free(data->document);
    g_free(data);
}
