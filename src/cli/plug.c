/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A vNIC of a guest that attach, detach and set are about. */
#include "cli/plug.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/uuid.h"
#include "guest/portgroup.h"
#include "virt/migrate.h"

#include <string.h>

LoomGuestScope
loom_plug_scope(const LoomSession *session)
{
    return (session->is_live ? LOOM_GUEST_LIVE : 0) | (session->is_config ? LOOM_GUEST_CONFIG : 0);
}

/* --- network and portgroup ---------------------------------------------------------------------
 */

static void
append_name(GString *names, const char *name)
{
    g_string_append_printf(names, "%s'%s'", names->len ? ", " : "", name);
}

const LoomNetwork *
loom_plug_find_network(const LoomHost *host, const char *name, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL), several = g_string_new(NULL);
    const LoomNetwork *found = NULL;
    guint count = 0;

    for (guint i = 0; i < host->networks->len; i++) {
        const LoomNetwork *network = host->networks->pdata[i];

        if (g_str_equal(network->name, name))
            return network;
        append_name(all, network->name);
        if (g_strcmp0(network->vmnetwork, name) != 0)
            continue;
        append_name(several, network->name);
        found = network;
        count++;
    }
    if (count == 1)
        return found;
    if (count)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("VM network '%s' is offered here on several logical switches; name one of: "
                      "%s"),
                    name, several->str);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("VM network '%s' is not offered on this host; offered are: %s"), name,
                    all->len ? all->str : _("none"));
    return NULL;
}

const LoomPortgroup *
loom_plug_find_portgroup(const LoomNetwork *network, const char *classification, GError **error)
{
    g_autoptr(GString) valid = g_string_new(NULL);
    g_autofree char *name = classification
                                ? g_strcanon(g_strdup(classification),
                                             G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_.-", '-')
                                : NULL;
    const LoomPortgroup *found = loom_portgroup_find(network, classification);

    if (!found && name)
        found = loom_portgroup_find(network, name);
    if (found)
        return found;
    for (guint i = 0; i < network->portgroups->len; i++)
        append_name(valid, ((LoomPortgroup *)network->portgroups->pdata[i])->name);
    if (!valid->len)
        g_string_append(valid, _("none"));
    if (classification)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("network '%s' has no classification '%s'; valid are: %s"), network->name,
                    classification, valid->str);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("network '%s' has no default classification, so name one: %s"), network->name,
                    valid->str);
    return NULL;
}

/* --- guest and vNIC ----------------------------------------------------------------------------
 */

LoomGuest *
loom_plug_read_guest(LoomBackend *virt, const char *name, LoomGuestScope scope, gboolean *is_active,
                     GError **error)
{
    g_autofree char *xml = loom_virt_read_guest(virt, name, is_active, error);

    if (xml && scope == LOOM_GUEST_CONFIG) {
        g_free(xml);
        xml = loom_virt_read_definition(virt, name, error);
    }
    return xml ? loom_guest_parse(xml, strlen(xml), name, error) : NULL;
}

static gboolean
is_meant(const LoomHost *host, const LoomGuestVnic *vnic, const char *which)
{
    const LoomNetwork *network =
        vnic->network ? loom_host_find(host, &loom_network_kind, vnic->network) : NULL;

    return g_ascii_strcasecmp(vnic->mac, which) == 0 || g_strcmp0(vnic->network, which) == 0 ||
           (network && g_strcmp0(network->vmnetwork, which) == 0);
}

const LoomGuestVnic *
loom_plug_find_vnic(const LoomHost *host, const LoomGuest *guest, const char *which, GError **error)
{
    g_autoptr(GString) several = g_string_new(NULL);
    const LoomGuestVnic *found = NULL;
    guint count = 0;

    for (guint i = 0; i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);

        if (!is_meant(host, vnic, which))
            continue;
        found = vnic;
        count++;
        append_name(several, vnic->mac);
    }
    if (count == 1)
        return found;
    if (count)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("guest '%s' has several vNICs on '%s'; name one by its MAC address: %s"),
                    guest->name, which, several->str);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("guest '%s' has no vNIC '%s': neither that MAC address nor one on that "
                      "network"),
                    guest->name, which);
    return NULL;
}

/* --- a new vNIC --------------------------------------------------------------------------------
 */

static void
append(GString *xml, const char *name, const char *value)
{
    g_string_append_printf(xml, " %s='", name);
    loom_xml_escape(xml, value);
    g_string_append_c(xml, '\'');
}

char *
loom_plug_format(const LoomNetwork *network, const char *portgroup, const char *domain,
                 const char *mac, const char *model, guint64 queues)
{
    g_autofree char *lower = g_ascii_strdown(mac, -1);
    g_autofree char *name = g_strdup_printf("interface/%s/%s", domain, lower);
    GString *xml = g_string_new("<interface type='network'><mac");

    append(xml, "address", lower);
    g_string_append(xml, "/><source");
    append(xml, "network", network->name);
    append(xml, "portgroup", portgroup);
    g_string_append(xml, "/>");
    if (network->openvswitch) {
        g_autofree char *interfaceid = loom_uuid_from_name(name);

        g_string_append(xml, "<virtualport type='openvswitch'><parameters");
        append(xml, "interfaceid", interfaceid);
        g_string_append(xml, "/></virtualport>");
    }
    g_string_append(xml, "<model");
    append(xml, "type", model ? model : "virtio");
    g_string_append(xml, "/>");
    if (queues)
        g_string_append_printf(xml, "<driver name='vhost' queues='%" G_GUINT64_FORMAT "'/>",
                               queues);
    g_string_append(xml, "</interface>");
    return g_string_free(xml, FALSE);
}
