/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The portgroup of a vNIC, looked up in a slice. */
#include "guest/portgroup.h"

#include "base/error.h"
#include "base/i18n.h"

const LoomPortgroup *
loom_portgroup_find(const LoomNetwork *network, const char *name)
{
    for (guint i = 0; i < network->portgroups->len; i++) {
        const LoomPortgroup *portgroup = network->portgroups->pdata[i];

        if (name ? g_str_equal(portgroup->name, name) : portgroup->is_default)
            return portgroup;
    }
    return NULL;
}

static char *
list_portgroups(const LoomNetwork *network)
{
    GString *list = g_string_new(NULL);

    for (guint i = 0; i < network->portgroups->len; i++) {
        const LoomPortgroup *portgroup = network->portgroups->pdata[i];

        g_string_append_printf(list, "%s'%s'", list->len ? ", " : "", portgroup->name);
        if (portgroup->is_default)
            g_string_append(list, _(" (default)"));
    }
    if (!list->len)
        g_string_append(list, _("none"));
    return g_string_free(list, FALSE);
}

gboolean
loom_portgroup_check(const LoomHost *slice, const char *guest, const LoomGuestVnic *vnic,
                     GError **error)
{
    const LoomNetwork *network = slice->networks->len ? slice->networks->pdata[0] : NULL;
    g_autofree char *valid = NULL;

    if (!network) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("the slice of network '%s' has no network in it; run: virt-loom apply"),
                    vnic->network);
        return FALSE;
    }
    if (loom_portgroup_find(network, vnic->portgroup))
        return TRUE;
    valid = list_portgroups(network);
    if (vnic->portgroup)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("guest '%s', vNIC %s: network '%s' has no portgroup '%s'; valid are: %s"),
                    guest, vnic->mac, network->name, vnic->portgroup, valid);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("guest '%s', vNIC %s: network '%s' has no default portgroup, so the vNIC "
                      "must name one; valid are: %s"),
                    guest, vnic->mac, network->name, valid);
    return FALSE;
}

const LoomPort *
loom_portgroup_find_pattern(const LoomHost *host, const char *network, const char *portgroup)
{
    for (guint i = 0; host && i < host->ports->len; i++) {
        const LoomPort *port = host->ports->pdata[i];

        if (!port->link && g_strcmp0(port->network, network) == 0 &&
            g_strcmp0(port->portgroup, portgroup) == 0)
            return port;
    }
    return NULL;
}
