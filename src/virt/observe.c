/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What networks libvirt has, and what they are. */
#include "virt/session.h"

#include "base/error.h"
#include "base/i18n.h"
#include "virt/networkxml.h"

#include <string.h>

static void
network_unref(gpointer network)
{
    virNetworkFree(network);
}

static GHashTable *
new_seen(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, network_unref);
}

/* UUID -> virNetworkPtr of the networks of those FLAGS, or NULL. */
static GHashTable *
list_networks(LoomVirt *virt, unsigned flags, GError **error)
{
    g_autoptr(GHashTable) found = new_seen();
    virNetworkPtr *networks;
    int count = virConnectListAllNetworks(virt->connection, &networks, flags);

    if (count < 0) {
        loom_virt_set_error(error, _("Cannot list the networks of libvirt"));
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];

        virNetworkGetUUIDString(networks[i], uuid);
        g_hash_table_insert(found, g_strdup(uuid), networks[i]);
    }
    free(networks);
    return g_steal_pointer(&found);
}

gboolean
loom_virt_list(LoomVirt *virt, GHashTable **states, GError **error)
{
    /* three more lists cost less than three more questions about each network */
    static const struct {
        unsigned flag;
        LoomVirtState state;
    } lists[] = {
        {VIR_CONNECT_LIST_NETWORKS_ACTIVE, LOOM_VIRT_ACTIVE},
        {VIR_CONNECT_LIST_NETWORKS_AUTOSTART, LOOM_VIRT_AUTOSTART},
        {VIR_CONNECT_LIST_NETWORKS_PERSISTENT, LOOM_VIRT_PERSISTENT},
    };
    g_autoptr(GHashTable) seen = list_networks(virt, 0, error);
    g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter each;
    gpointer uuid;

    if (!seen)
        return FALSE;
    for (size_t i = 0; states && i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(GHashTable) some = list_networks(virt, lists[i].flag, error);

        if (!some)
            return FALSE;
        g_hash_table_iter_init(&each, seen);
        while (g_hash_table_iter_next(&each, &uuid, NULL))
            if (g_hash_table_contains(some, uuid)) {
                unsigned state = GPOINTER_TO_UINT(g_hash_table_lookup(found, uuid));
                g_hash_table_insert(found, uuid, GUINT_TO_POINTER(state | lists[i].state));
            }
    }
    g_clear_pointer(&virt->seen, g_hash_table_unref);
    virt->seen = g_steal_pointer(&seen);
    if (states)
        *states = g_steal_pointer(&found);
    return TRUE;
}

gboolean
loom_virt_find(LoomVirt *virt, const char *uuid, virNetworkPtr *network, GError **error)
{
    if (!virt->seen && !loom_virt_list(virt, NULL, error))
        return FALSE;
    *network = g_hash_table_lookup(virt->seen, uuid);
    return TRUE;
}

char *
loom_virt_fetch(virNetworkPtr network, unsigned flags, GError **error)
{
    const char *name = virNetworkGetName(network);
    char *xml = virNetworkGetXMLDesc(network, flags);

    /* the test driver has no flags, and tells of an active network only what runs */
    if (!xml && flags && virGetLastErrorCode() == VIR_ERR_INVALID_ARG)
        xml = virNetworkGetXMLDesc(network, 0);
    if (!xml)
        loom_virt_set_error(error, _("Cannot read network '%s'"), name);
    return xml;
}

/* Without the first tag, which counts the guests of the running network. */
static const char *
skip_first_tag(const char *xml)
{
    const char *end = strchr(xml, '>');

    return end ? end : xml;
}

/*
 * Takes from RUNNING what counts of a running network (see loom_virt_new()). FALSE: the definition
 * had other portgroups.
 */
static gboolean
adopt_running(LoomNetwork *network, LoomNetwork *running)
{
    g_autofree char *defined = loom_network_xml_digest(network);
    GPtrArray *portgroups = network->portgroups;

    network->portgroups = running->portgroups;
    running->portgroups = portgroups;
    if (g_strcmp0(network->bridge, running->bridge) != 0 ||
        network->openvswitch != running->openvswitch)
        LOOM_SET_NUMBER(network, pending, TRUE);
    g_autofree char *observed = loom_network_xml_digest(network);
    return g_str_equal(observed, defined);
}

static gboolean
read_running(LoomNetwork *network, virNetworkPtr handle, const char *defined, gboolean *agrees,
             GError **error)
{
    g_autofree char *xml = loom_virt_fetch(handle, 0, error);
    g_autoptr(LoomNetwork) running = NULL;

    if (!xml)
        return FALSE;
    if (g_str_equal(skip_first_tag(xml), skip_first_tag(defined)))
        return TRUE;
    running = loom_network_xml_parse(xml, error);
    if (!running)
        return FALSE;
    *agrees = adopt_running(network, running);
    return TRUE;
}

/* What attributes cannot say is kept as it is, where it fits into a value of a file. */
static void
keep_definition(LoomNetwork *network, const char *xml)
{
    const LoomKind *kind = network->record.kind;

    if (strlen(xml) > LOOM_NODE_VALUE_MAX)
        return;
    for (size_t i = 0; i < kind->attribute_count; i++)
        if (kind->attributes[i].offset == offsetof(LoomNetwork, definition))
            loom_record_try(network, i, xml);
}

LoomNetwork *
loom_virt_read(virNetworkPtr handle, LoomVirtState state, const LoomNetwork *wanted, GError **error)
{
    gboolean persistent = (state & LOOM_VIRT_PERSISTENT) != 0;
    gboolean active = (state & LOOM_VIRT_ACTIVE) != 0;
    gboolean fresh = active && state & LOOM_VIRT_FRESH;
    g_autofree char *xml =
        loom_virt_fetch(handle, persistent && !fresh ? VIR_NETWORK_XML_INACTIVE : 0, error);
    g_autoptr(LoomNetwork) network = xml ? loom_network_xml_parse(xml, error) : NULL;
    gboolean agrees = TRUE; /* definition and running network have the same portgroups */

    if (!network || !network->ours)
        return g_steal_pointer(&network);
    if (persistent && active && !fresh && !read_running(network, handle, xml, &agrees, error))
        return NULL;
    if (agrees && wanted && loom_network_xml_acts_alike(network, wanted)) {
        LOOM_SET(network, hash, wanted->hash);
    } else if (!agrees || (wanted && g_strcmp0(network->hash, wanted->hash) == 0)) {
        g_autofree char *digest = loom_network_xml_digest(network);
        LOOM_SET(network, hash, digest);
    }
    if (!network->bridge)
        keep_definition(network, xml);
    LOOM_SET_NUMBER(network, active, active);
    LOOM_SET_NUMBER(network, autostart, (state & LOOM_VIRT_AUTOSTART) != 0);
    LOOM_SET_NUMBER(network, persistent, persistent);
    return g_steal_pointer(&network);
}

LoomNetwork *
loom_virt_read_one(virNetworkPtr network, const LoomNetwork *wanted, GError **error)
{
    const char *name = virNetworkGetName(network);
    int active = virNetworkIsActive(network);
    int persistent = active < 0 ? -1 : virNetworkIsPersistent(network);
    int autostart = 0;

    if (persistent < 0 || (persistent && virNetworkGetAutostart(network, &autostart) < 0)) {
        loom_virt_set_error(error, _("Cannot read network '%s'"), name);
        return NULL;
    }
    return loom_virt_read(network,
                          (active ? LOOM_VIRT_ACTIVE : 0) | (autostart ? LOOM_VIRT_AUTOSTART : 0) |
                              (persistent ? LOOM_VIRT_PERSISTENT : 0),
                          wanted, error);
}

/* The networks that TARGET states, by name and by UUID. */
static GHashTable *
index_target(const LoomHost *target)
{
    GHashTable *networks = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; target && i < target->networks->len; i++) {
        LoomNetwork *network = target->networks->pdata[i];

        g_hash_table_insert(networks, network->name, network);
        if (network->uuid)
            g_hash_table_insert(networks, network->uuid, network);
    }
    return networks;
}

/* Whether guests are in the way of what the target wants: then the network goes, or is replaced. */
static gboolean
may_go(const LoomNetwork *network, const LoomNetwork *by_name)
{
    return network->ours &&
           (!by_name || (by_name->uuid && g_strcmp0(network->uuid, by_name->uuid) != 0));
}

gboolean
loom_virt_observe(LoomBackend *backend, const LoomHost *target, LoomHost *into, GError **error)
{
    LoomVirt *virt = (LoomVirt *)backend;
    g_autoptr(GHashTable) states = NULL;
    g_autoptr(GHashTable) targets = index_target(target);
    g_autoptr(GPtrArray) going = g_ptr_array_new();
    GHashTableIter each;
    gpointer uuid, handle;

    if (!loom_virt_list(virt, &states, error))
        return FALSE;
    g_hash_table_iter_init(&each, virt->seen);
    while (g_hash_table_iter_next(&each, &uuid, &handle)) {
        LoomVirtState state = GPOINTER_TO_UINT(g_hash_table_lookup(states, uuid)) |
                              (g_hash_table_remove(virt->fresh, uuid) ? LOOM_VIRT_FRESH : 0);
        const LoomNetwork *by_name = g_hash_table_lookup(targets, virNetworkGetName(handle));
        const LoomNetwork *by_uuid = g_hash_table_lookup(targets, uuid);
        g_autoptr(GError) cause = NULL;
        g_autoptr(LoomNetwork) network = loom_virt_read(handle, state, by_name, &cause);

        if (g_error_matches(cause, LOOM_ERROR, LOOM_ERROR_NOT_FOUND))
            continue; /* it went meanwhile */
        if (!network) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return FALSE;
        }
        if (may_go(network, by_name))
            g_ptr_array_add(going, network);
        if (network->ours || by_name || by_uuid)
            loom_record_add(into, g_steal_pointer(&network));
    }
    return !going->len || loom_virt_add_guests(virt, going, error);
}
