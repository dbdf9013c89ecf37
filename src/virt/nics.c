/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The links of the host behind a connection: how fast NICs are, how long packets may be. */
#include "base/i18n.h"
#include "base/xml.h"
#include "virt/migrate.h"
#include "virt/session.h"

#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNodeDevice, virNodeDeviceFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virInterface, virInterfaceFree)

/* The capability "net" of a device; NULL: it has none. */
static const LoomNode *
find_net(const LoomNode *device)
{
    LOOM_FOREACH_CHILD (child, device) {
        const char *type =
            g_str_equal(child->name, "capability") ? loom_node_get(child, "type") : NULL;

        if (g_strcmp0(type, "net") == 0)
            return child;
    }
    return NULL;
}

static void
add_nic(const LoomNode *device, LoomHost *into)
{
    const LoomNode *net = find_net(device);
    const LoomNode *interface = net ? loom_node_find(net, "interface") : NULL;
    const LoomNode *link = net ? loom_node_find(net, "link") : NULL;
    const char *speed = link ? loom_node_get(link, "speed") : NULL;
    LoomLink *nic;

    if (!interface)
        return;
    nic = loom_record_new(&loom_link_kind);
    if (LOOM_TRY(nic, name, interface->text) && (!speed || LOOM_TRY(nic, speed, speed)))
        loom_record_add(into, nic);
    else
        loom_record_free(nic);
}

static gboolean
read_nic(virNodeDevicePtr device, LoomHost *into, GError **error)
{
    g_autofree char *name = g_strdup_printf(_("node device '%s'"), virNodeDeviceGetName(device));
    g_autofree char *xml = virNodeDeviceGetXMLDesc(device, 0);
    g_autoptr(LoomDocument) document = NULL;

    if (!xml)
        return TRUE; /* it was pulled out meanwhile */
    document = loom_xml_parse(xml, strlen(xml), name, error);
    if (document)
        add_nic(document->root, into);
    return document != NULL;
}

gboolean
loom_virt_observe_nics(LoomBackend *virt, LoomHost *into, GError **error)
{
    virNodeDevicePtr *devices;
    gboolean read = TRUE;
    int count = virConnectListAllNodeDevices(((LoomVirt *)virt)->connection, &devices,
                                             VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET);

    if (count < 0) {
        loom_virt_set_error(error, _("Cannot list the NICs that libvirt knows"));
        return FALSE;
    }
    for (int i = 0; i < count; i++) {
        g_autoptr(virNodeDevice) device = devices[i];

        read = read && read_nic(device, into, error);
    }
    free(devices);
    return read;
}

gboolean
loom_virt_observe_mtu(LoomBackend *virt, const char *name, LoomHost *into)
{
    g_autoptr(virInterface) interface =
        virInterfaceLookupByName(((LoomVirt *)virt)->connection, name);
    g_autofree char *xml = interface ? virInterfaceGetXMLDesc(interface, 0) : NULL;
    g_autoptr(LoomDocument) document =
        xml ? loom_xml_parse(xml, strlen(xml), _("libvirt's interface XML"), NULL) : NULL;
    const LoomNode *mtu = document ? loom_node_find(document->root, "mtu") : NULL;
    const char *size = mtu ? loom_node_get(mtu, "size") : NULL;
    LoomLink *link;

    if (!size)
        return FALSE;
    link = loom_record_new(&loom_link_kind);
    if (!LOOM_TRY(link, name, name) || !LOOM_TRY(link, mtu, size)) {
        loom_record_free(link);
        return FALSE;
    }
    loom_record_add(into, link);
    return TRUE;
}
