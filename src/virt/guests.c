/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which running guests are on which network, and by which devices. */
#include "virt/devices.h"
#include "virt/migrate.h"
#include "virt/session.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/xml.h"

#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomGuestTap, loom_record_free)
typedef LoomPort LoomGuestPort;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomGuestPort, loom_record_free)

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

/* Gets every vNIC of every running domain: its <interface>. */
typedef void (*Visitor)(virDomainPtr domain, const LoomNode *interface, gpointer data);

static gboolean
visit_interfaces(virDomainPtr domain, const char *xml, Visitor visitor, gpointer data,
                 GError **error)
{
    g_autofree char *name = g_strdup_printf(_("domain '%s'"), virDomainGetName(domain));
    g_autoptr(LoomDocument) document = loom_xml_parse(xml, strlen(xml), name, error);
    const LoomNode *devices;

    if (!document)
        return FALSE;
    devices = loom_node_find(document->root, "devices");
    if (!devices)
        return TRUE;
    LOOM_FOREACH_CHILD (device, devices) {
        if (g_str_equal(device->name, "interface"))
            visitor(domain, device, data);
    }
    return TRUE;
}

/* FLAGS as of virDomainGetXMLDesc(). */
static gboolean
visit_form(virDomainPtr domain, unsigned flags, Visitor visitor, gpointer data, GError **error)
{
    const char *name = virDomainGetName(domain);
    g_autofree char *xml = virDomainGetXMLDesc(domain, flags);

    if (xml)
        return visit_interfaces(domain, xml, visitor, data, error);
    if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        return TRUE; /* it stopped meanwhile */
    loom_virt_set_error(error, _("Cannot read domain '%s'"), name);
    return FALSE;
}

static gboolean
visit_domain(virDomainPtr domain, Visitor visitor, gpointer data, GError **error)
{
    return visit_form(domain, 0, visitor, data, error);
}

/* A domain in the forms that it has: as it runs, as it is defined. */
static gboolean
visit_forms(virDomainPtr domain, Visitor visitor, gpointer data, GError **error)
{
    gboolean is_both = virDomainIsActive(domain) > 0 && virDomainIsPersistent(domain) > 0;

    return visit_form(domain, 0, visitor, data, error) &&
           (!is_both || visit_form(domain, VIR_DOMAIN_XML_INACTIVE, visitor, data, error));
}

/* Which domains are visited, VIR_CONNECT_LIST_DOMAINS_*, and what of each. */
typedef struct {
    unsigned flags;
    gboolean (*visit)(virDomainPtr, Visitor, gpointer, GError **);
} Round;

static const Round round_of_running = {VIR_CONNECT_LIST_DOMAINS_ACTIVE, visit_domain};
static const Round round_of_all = {0, visit_forms};

static gboolean
go_round(LoomVirt *virt, const Round *round, Visitor visitor, gpointer data, GError **error)
{
    virDomainPtr *domains;
    gboolean read = TRUE;
    int count = virConnectListAllDomains(virt->connection, &domains, round->flags);

    if (count < 0) {
        loom_virt_set_error(error, round->flags ? _("Cannot list the running domains of libvirt")
                                                : _("Cannot list the domains of libvirt"));
        return FALSE;
    }
    for (int i = 0; i < count; i++) {
        g_autoptr(virDomain) domain = domains[i];

        read = read && round->visit(domain, visitor, data, error);
    }
    free(domains);
    return read;
}

static gboolean
visit_guests(LoomVirt *virt, Visitor visitor, gpointer data, GError **error)
{
    return go_round(virt, &round_of_running, visitor, data, error);
}

/* DATA: a table, name of a network -> set of UUIDs. */
static void
add_interface(virDomainPtr domain, const LoomNode *interface, gpointer data)
{
    const LoomNode *source = loom_node_find(interface, "source");
    const char *network = source ? loom_node_get(source, "network") : NULL;
    char uuid[VIR_UUID_STRING_BUFLEN];

    virDomainGetUUIDString(domain, uuid);
    if (network)
        add_guest(data, network, uuid);
}

/* Name of a network -> set of the UUIDs of running domains on it, by what their XML says. */
static GHashTable *
list_guests(LoomVirt *virt, GError **error)
{
    g_autoptr(GHashTable) guests =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);

    return visit_guests(virt, add_interface, guests, error) ? g_steal_pointer(&guests) : NULL;
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

/* An attribute of a child; "" where there is none, which no device or MAC address is. */
static const char *
read_child(const LoomNode *node, const char *child, const char *attribute)
{
    const LoomNode *found = loom_node_find(node, child);
    const char *text = found ? loom_node_get(found, attribute) : NULL;

    return text ? text : "";
}

/* DATA: the host that gets the vNIC. One without a device here, such as a NIC's virtual function,
 * notices nothing of ours. */
static void
add_tap(virDomainPtr domain, const LoomNode *interface, gpointer data)
{
    g_autoptr(LoomGuestTap) tap = loom_record_new(&loom_guest_tap_kind);
    char uuid[VIR_UUID_STRING_BUFLEN];

    virDomainGetUUIDString(domain, uuid);
    if (LOOM_TRY(tap, link, read_child(interface, "target", "dev")) &&
        LOOM_TRY(tap, mac, read_child(interface, "mac", "address")) &&
        LOOM_TRY(tap, domain, uuid) && LOOM_TRY(tap, name, virDomainGetName(domain)))
        loom_record_add(data, g_steal_pointer(&tap));
}

gboolean
loom_virt_observe_users(LoomBackend *backend, LoomHost *into, GError **error)
{
    return visit_guests((LoomVirt *)backend, add_tap, into, error);
}

/* DATA: the host that gets the vNIC, where it is on a network. */
static void
add_vnic(virDomainPtr domain, const LoomNode *interface, gpointer data)
{
    g_autoptr(LoomGuestPort) port = loom_record_new(&loom_port_kind);
    const LoomNode *source = loom_node_find(interface, "source");
    const char *portgroup = source ? loom_node_get(source, "portgroup") : NULL;
    char uuid[VIR_UUID_STRING_BUFLEN];

    virDomainGetUUIDString(domain, uuid);
    if (LOOM_TRY(port, mac, read_child(interface, "mac", "address")) &&
        LOOM_TRY(port, network, read_child(interface, "source", "network")) &&
        LOOM_TRY(port, domain, uuid) && (!portgroup || LOOM_TRY(port, portgroup, portgroup)))
        loom_record_add(data, g_steal_pointer(&port));
}

gboolean
loom_virt_observe_ports(LoomBackend *backend, LoomHost *into, GError **error)
{
    return visit_guests((LoomVirt *)backend, add_vnic, into, error);
}

typedef struct {
    const char *except;
    GHashTable *macs;
} MacList;

static void
add_mac(virDomainPtr domain, const LoomNode *interface, gpointer data)
{
    const MacList *list = data;
    char *mac = g_ascii_strdown(read_child(interface, "mac", "address"), -1);
    char uuid[VIR_UUID_STRING_BUFLEN];

    virDomainGetUUIDString(domain, uuid);
    if (g_str_equal(uuid, list->except) || g_hash_table_contains(list->macs, mac))
        g_free(mac);
    else
        g_hash_table_insert(list->macs, mac, g_strdup(virDomainGetName(domain)));
}

GHashTable *
loom_virt_list_macs(LoomBackend *virt, const char *except, GError **error)
{
    g_autoptr(GHashTable) macs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    MacList list = {except, macs};

    return go_round((LoomVirt *)virt, &round_of_all, add_mac, &list, error) ? g_steal_pointer(&macs)
                                                                            : NULL;
}
