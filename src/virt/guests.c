/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which running guests are on which network. */
#include "virt/session.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/xml.h"

#include <string.h>

/* Adds GUEST (a UUID) to the set of NETWORK, in a table of name -> set. */
static void
add_guest(GHashTable *guests, const char *network, const char *guest)
{
    GHashTable *set = g_hash_table_lookup(guests, network);

    if (!set) {
        set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_insert(guests, g_strdup(network), set);
    }
    g_hash_table_add(set, g_strdup(guest));
}

static gboolean
add_interfaces(GHashTable *guests, virDomainPtr domain, const char *xml, GError **error)
{
    g_autofree char *name = g_strdup_printf(_("domain '%s'"), virDomainGetName(domain));
    g_autoptr(LoomDocument) document = loom_xml_parse(xml, strlen(xml), name, error);
    const LoomNode *devices;
    char uuid[VIR_UUID_STRING_BUFLEN];

    if (!document)
        return FALSE;
    virDomainGetUUIDString(domain, uuid);
    devices = loom_node_find(document->root, "devices");
    if (!devices)
        return TRUE;
    LOOM_FOREACH_CHILD (device, devices) {
        const LoomNode *source = loom_node_find(device, "source");
        const char *network = source ? loom_node_get(source, "network") : NULL;

        if (network && g_str_equal(device->name, "interface"))
            add_guest(guests, network, uuid);
    }
    return TRUE;
}

static gboolean
add_domain(GHashTable *guests, virDomainPtr domain, GError **error)
{
    const char *name = virDomainGetName(domain);
    g_autofree char *xml = virDomainGetXMLDesc(domain, 0);

    if (xml)
        return add_interfaces(guests, domain, xml, error);
    if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        return TRUE; /* it stopped meanwhile */
    loom_virt_set_error(error, _("Cannot read domain '%s'"), name);
    return FALSE;
}

/* Name of a network -> set of the UUIDs of running domains on it, by what their XML says. */
static GHashTable *
list_guests(LoomVirt *virt, GError **error)
{
    g_autoptr(GHashTable) guests =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    virDomainPtr *domains;
    gboolean read = TRUE;
    int count =
        virConnectListAllDomains(virt->connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    if (count < 0) {
        loom_virt_set_error(error, _("Cannot list the running domains of libvirt"));
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        g_autoptr(virDomain) domain = domains[i];

        read = read && add_domain(guests, domain, error);
    }
    free(domains);
    return read ? g_steal_pointer(&guests) : NULL;
}

static gboolean
add_port(GHashTable *guests, const char *network, virNetworkPortPtr port, GError **error)
{
    g_autofree char *xml = virNetworkPortGetXMLDesc(port, 0);
    g_autoptr(LoomDocument) document = NULL;
    const LoomNode *owner, *uuid;

    if (!xml && virGetLastErrorCode() == VIR_ERR_NO_NETWORK_PORT)
        return TRUE; /* it was unplugged meanwhile */
    if (!xml) {
        loom_virt_set_error(error, _("Cannot read a port of network '%s'"), network);
        return FALSE;
    }
    document = loom_xml_parse(xml, strlen(xml), _("libvirt's network port XML"), error);
    if (!document)
        return FALSE;
    owner = loom_node_find(document->root, "owner");
    uuid = owner ? loom_node_find(owner, "uuid") : NULL;
    if (uuid)
        add_guest(guests, network, uuid->text);
    return TRUE;
}

/* Whether libvirt said that there are no ports to list: it has none in that driver or state. */
static gboolean
has_no_ports(void)
{
    int code = virGetLastErrorCode();

    return code == VIR_ERR_NO_SUPPORT || code == VIR_ERR_NO_NETWORK ||
           code == VIR_ERR_OPERATION_INVALID;
}

/* By its ports too: a guest that starts right now has a port before it runs. */
static gboolean
add_ports(LoomVirt *virt, GHashTable *guests, const LoomNetwork *network, GError **error)
{
    virNetworkPtr handle = g_hash_table_lookup(virt->seen, network->uuid);
    virNetworkPortPtr *ports;
    gboolean read = TRUE;
    int count = network->active ? virNetworkListAllPorts(handle, &ports, 0) : 0;

    if (!network->active || (count < 0 && has_no_ports()))
        return TRUE;
    if (count < 0) {
        loom_virt_set_error(error, _("Cannot list the ports of network '%s'"), network->name);
        return FALSE;
    }
    for (int i = 0; i < count; i++) {
        g_autoptr(virNetworkPort) port = ports[i];

        read = read && add_port(guests, network->name, port, error);
    }
    free(ports);
    return read;
}

gboolean
loom_virt_add_guests(LoomVirt *virt, const GPtrArray *networks, GError **error)
{
    g_autoptr(GHashTable) guests = list_guests(virt, error);

    if (!guests)
        return FALSE;
    for (guint i = 0; i < networks->len; i++) {
        LoomNetwork *network = networks->pdata[i];
        GHashTable *set;

        if (!add_ports(virt, guests, network, error))
            return FALSE;
        set = g_hash_table_lookup(guests, network->name);
        if (!set)
            continue;
        g_autofree gpointer *uuids = g_hash_table_get_keys_as_array(set, NULL);
        g_autofree char *text = g_strjoinv(" ", (GStrv)uuids);
        LOOM_SET(network, guests, text);
    }
    return TRUE;
}
