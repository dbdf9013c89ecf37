/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The choice among the networks of one VM network. */
#include "guest/equivalent.h"

#include "base/error.h"
#include "base/i18n.h"
#include "guest/portgroup.h"

#include <string.h>

char *
loom_network_vmnetwork_of(const char *name)
{
    const char *bracket = g_strrstr(name, " [");

    return bracket && bracket > name && g_str_has_suffix(name, "]")
               ? g_strndup(name, bracket - name)
               : NULL;
}

static gboolean
is_of(const LoomNetwork *network, const char *vmnetwork)
{
    return network->ours && vmnetwork && g_strcmp0(network->vmnetwork, vmnetwork) == 0;
}

/* Appends the networks that are of VMNETWORK. */
static void
gather(const GPtrArray *networks, const char *vmnetwork, GPtrArray *candidates)
{
    for (guint i = 0; i < networks->len; i++)
        if (is_of(networks->pdata[i], vmnetwork))
            g_ptr_array_add(candidates, networks->pdata[i]);
}

static char *
list_names(const GPtrArray *networks)
{
    GString *list = g_string_new(NULL);

    for (guint i = 0; i < networks->len; i++)
        g_string_append_printf(list, "%s'%s'", i ? ", " : "",
                               ((const LoomNetwork *)networks->pdata[i])->name);
    return g_string_free(list, FALSE);
}

static const LoomNetwork *
choose_by_switch(const GPtrArray *candidates, const char *logicalswitch)
{
    for (guint i = 0; logicalswitch && i < candidates->len; i++) {
        const LoomNetwork *network = candidates->pdata[i];

        if (g_strcmp0(network->logicalswitch, logicalswitch) == 0)
            return network;
    }
    return NULL;
}

/* The only one that has the portgroup; NULL: none or several. */
static const LoomNetwork *
choose_by_portgroup(const GPtrArray *candidates, const char *portgroup)
{
    const LoomNetwork *found = NULL;

    for (guint i = 0; i < candidates->len; i++) {
        if (!loom_portgroup_find(candidates->pdata[i], portgroup))
            continue;
        if (found)
            return NULL;
        found = candidates->pdata[i];
    }
    return found;
}

const LoomNetwork *
loom_network_choose(const GPtrArray *networks, const char *name, const char *logicalswitch,
                    const char *portgroup, GError **error)
{
    g_autoptr(GPtrArray) candidates = g_ptr_array_new();
    g_autofree char *vmnetwork = loom_network_vmnetwork_of(name);
    g_autofree char *list = NULL;
    const LoomNetwork *chosen = NULL;

    for (guint i = 0; i < networks->len; i++) {
        const LoomNetwork *network = networks->pdata[i];

        if (network->ours && g_strcmp0(network->name, name) == 0)
            return network;
    }
    gather(networks, name, candidates);
    if (!candidates->len)
        gather(networks, vmnetwork, candidates);
    if (candidates->len == 1)
        return candidates->pdata[0];
    if (!candidates->len) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("the host does not offer VM network '%s'"), vmnetwork ? vmnetwork : name);
        return NULL;
    }
    chosen = choose_by_switch(candidates, logicalswitch);
    if (!chosen && portgroup)
        chosen = choose_by_portgroup(candidates, portgroup);
    if (chosen)
        return chosen;
    list = list_names(candidates);
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                _("network '%s' may be any of the host's %s, and no portgroup tells which"), name,
                list);
    return NULL;
}
