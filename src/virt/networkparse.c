/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A LoomNetwork out of the XML that libvirt gives back. */
#include "virt/networkxml.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/vlans.h"
#include "base/xml.h"
#include "host/metadata.h"

#include <string.h>

/* What gives a bridged network a meaning that a LoomNetwork cannot hold. */
static const char *const unsayable_elements[] = {"bandwidth", "dns",  "domain", "ip",
                                                 "mtu",       "port", "route",  "vlan"};

/* As LOOM_SET(), but of text that others wrote: what is no such value stays absent. */
#define TAKE(record, field, text) take(record, offsetof(__typeof__(*(record)), field), text)
static void
take(gpointer data, size_t offset, const char *text)
{
    const LoomRecord *record = data;

    if (!text)
        return;
    for (size_t i = 0; i < record->kind->attribute_count; i++)
        if (record->kind->attributes[i].offset == offset)
            loom_record_try(data, i, text);
}

static const char *
text_of(const LoomNode *node, const char *element)
{
    const LoomNode *found = loom_node_find(node, element);

    return found ? found->text : NULL;
}

static gboolean
is_yes(const LoomNode *node, const char *attribute)
{
    return g_strcmp0(loom_node_get(node, attribute), "yes") == 0;
}

static gboolean
is_sayable(const LoomNode *root)
{
    const LoomNode *forward = loom_node_find(root, "forward");
    const LoomNode *virtualport = loom_node_find(root, "virtualport");

    if (!forward || g_strcmp0(loom_node_get(forward, "mode"), "bridge") != 0 ||
        loom_node_get(forward, "dev") || forward->first || is_yes(root, "trustGuestRxFilters"))
        return FALSE;
    if (virtualport &&
        (g_strcmp0(loom_node_get(virtualport, "type"), "openvswitch") != 0 || virtualport->first))
        return FALSE;
    for (size_t i = 0; i < G_N_ELEMENTS(unsayable_elements); i++)
        if (loom_node_find(root, unsayable_elements[i]))
            return FALSE;
    LOOM_FOREACH_CHILD (child, root)
        if (g_str_equal(child->name, "portgroup") &&
            (is_yes(child, "trustGuestRxFilters") || loom_node_find(child, "virtualport")))
            return FALSE;
    return TRUE;
}

static void
parse_vlans(LoomPortgroup *portgroup, const LoomNode *node)
{
    LoomVlans vlans = {0};

    LOOM_FOREACH_CHILD (tag, node) {
        const char *id = loom_node_get(tag, "id");
        guint64 vlan;

        if (!id || !g_ascii_string_to_unsigned(id, 10, 1, LOOM_VLAN_MAX, &vlan, NULL))
            continue;
        if (g_strcmp0(loom_node_get(tag, "nativeMode"), "untagged") == 0)
            TAKE(portgroup, nativevlan, id);
        else
            loom_vlans_add(&vlans, vlan);
    }
    if (!loom_vlans_is_empty(&vlans)) {
        g_autofree char *text = loom_vlans_format(&vlans);
        LOOM_SET(portgroup, vlans, text);
    }
    LOOM_SET_NUMBER(portgroup, trunk, is_yes(node, "trunk"));
}

static LoomPortgroup *
parse_portgroup(const LoomNode *node)
{
    LoomPortgroup *portgroup = loom_record_new(&loom_network_portgroup_kind);
    const LoomNode *bandwidth = loom_node_find(node, "bandwidth");
    const LoomNode *inbound = bandwidth ? loom_node_find(bandwidth, "inbound") : NULL;
    const LoomNode *outbound = bandwidth ? loom_node_find(bandwidth, "outbound") : NULL;
    const LoomNode *vlan = loom_node_find(node, "vlan");

    LOOM_SET(portgroup, name, "");
    TAKE(portgroup, name, loom_node_get(node, "name"));
    LOOM_SET_NUMBER(portgroup, is_default, is_yes(node, "default"));
    LOOM_SET_NUMBER(portgroup, trunk, FALSE);
    if (inbound) {
        TAKE(portgroup, inaverage, loom_node_get(inbound, "average"));
        TAKE(portgroup, inpeak, loom_node_get(inbound, "peak"));
        TAKE(portgroup, inburst, loom_node_get(inbound, "burst"));
    }
    if (outbound) {
        TAKE(portgroup, outaverage, loom_node_get(outbound, "average"));
        TAKE(portgroup, outpeak, loom_node_get(outbound, "peak"));
        TAKE(portgroup, outburst, loom_node_get(outbound, "burst"));
    }
    if (vlan)
        parse_vlans(portgroup, vlan);
    return portgroup;
}

static void
parse_ours(LoomNetwork *network, const LoomNode *root, const LoomNode *mark)
{
    const LoomNode *bridge = loom_node_find(root, "bridge");

    if (bridge && is_sayable(root))
        TAKE(network, bridge, loom_node_get(bridge, "name"));
    LOOM_SET_NUMBER(network, openvswitch, loom_node_find(root, "virtualport") != NULL);
    LOOM_FOREACH_CHILD (child, root)
        if (g_str_equal(child->name, "portgroup"))
            loom_record_add(network, parse_portgroup(child));
    TAKE(network, fabric, loom_node_get(mark, "fabric"));
    TAKE(network, vmnetwork, loom_node_get(mark, "vmnetwork"));
    TAKE(network, logicalswitch, loom_node_get(mark, "logicalswitch"));
    TAKE(network, hash, loom_node_get(mark, "hash"));
}

LoomNetwork *
loom_network_xml_parse(const char *xml, GError **error)
{
    g_autoptr(LoomDocument) document =
        loom_xml_parse(xml, strlen(xml), _("libvirt's network XML"), error);
    LoomNetwork *network;

    if (!document)
        return NULL;
    const LoomNode *root = document->root;
    if (!g_str_equal(root->name, "network") || !text_of(root, "name")) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID, _("%s: not a <network> with a <name>"),
                    document->file);
        return NULL;
    }
    const LoomNode *mark = loom_metadata_find(root, "network");

    network = loom_record_new(&loom_network_kind);
    LOOM_SET(network, name, "");
    TAKE(network, name, text_of(root, "name"));
    TAKE(network, uuid, text_of(root, "uuid"));
    LOOM_SET_NUMBER(network, ours, mark != NULL);
    if (mark)
        parse_ours(network, root, mark);
    return network;
}
