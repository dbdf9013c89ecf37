/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes libvirt's networks what they should be, in the fewest calls. */
#include "virt/session.h"

#include "base/error.h"
#include "base/i18n.h"
#include "virt/networkxml.h"

/* A call that failed because somebody, or an earlier run, did it already has not failed. */
static gboolean
start(virNetworkPtr network, GError **error)
{
    const char *name = virNetworkGetName(network);
    g_autoptr(GError) cause = NULL;

    if (virNetworkCreate(network) == 0)
        return TRUE;
    loom_virt_set_error(&cause, _("Cannot start network '%s'"), name);
    if (virNetworkIsActive(network) == 1)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

static gboolean
stop(virNetworkPtr network, GError **error)
{
    const char *name = virNetworkGetName(network);
    g_autoptr(GError) cause = NULL;

    if (virNetworkDestroy(network) == 0)
        return TRUE;
    loom_virt_set_error(&cause, _("Cannot stop network '%s'"), name);
    if (g_error_matches(cause, LOOM_ERROR, LOOM_ERROR_NOT_FOUND) ||
        virNetworkIsActive(network) == 0)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

static gboolean
undefine(virNetworkPtr network, GError **error)
{
    const char *name = virNetworkGetName(network);
    g_autoptr(GError) cause = NULL;

    if (virNetworkUndefine(network) == 0)
        return TRUE;
    loom_virt_set_error(&cause, _("Cannot undefine network '%s'"), name);
    if (g_error_matches(cause, LOOM_ERROR, LOOM_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

static gboolean
set_autostart(virNetworkPtr network, const LoomNetwork *to, GError **error)
{
    if (virNetworkSetAutostart(network, to->autostart) == 0)
        return TRUE;
    loom_virt_set_error(error,
                        to->autostart ? _("Cannot let network '%s' start with libvirtd")
                                      : _("Cannot keep network '%s' from starting with libvirtd"),
                        to->name);
    return FALSE;
}

/* Whether TO shall be persistent: so is what does not say. */
static gboolean
is_persistent(const LoomNetwork *to)
{
    return !LOOM_HAS(to, persistent) || to->persistent;
}

/* Sets the error of a definition that libvirt refused, telling apart what is in the way. */
static void
set_refused(LoomVirt *virt, const LoomNetwork *to, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(virNetwork) same_name = NULL, same_uuid = NULL;
    const char *other;
    char uuid[VIR_UUID_STRING_BUFLEN] = "";

    loom_virt_set_error(&cause, _("Cannot define network '%s'"), to->name);
    same_name = virNetworkLookupByName(virt->connection, to->name);
    same_uuid = virNetworkLookupByUUIDString(virt->connection, to->uuid);
    if (same_name)
        virNetworkGetUUIDString(same_name, uuid);
    other = same_uuid ? virNetworkGetName(same_uuid) : to->name;
    if (same_name && !g_str_equal(uuid, to->uuid))
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("Cannot define network '%s' with UUID %s: libvirt has another network of "
                      "that name, with UUID %s"),
                    to->name, to->uuid, uuid);
    else if (!g_str_equal(other, to->name))
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("Cannot define network '%s' with UUID %s: libvirt has the network '%s' with "
                      "that UUID"),
                    to->name, to->uuid, other);
    else
        g_propagate_error(error, g_steal_pointer(&cause));
}

/* NETWORK is now the one of that UUID; NULL: libvirt refused it. Borrowed from VIRT. */
static virNetworkPtr
keep(LoomVirt *virt, const LoomNetwork *to, virNetworkPtr network, GError **error)
{
    if (network)
        g_hash_table_insert(virt->seen, g_strdup(to->uuid), network);
    else
        set_refused(virt, to, error);
    return network;
}

/* What somebody made of a network, and we cannot say, comes back as it was. */
static char *
format_definition(const LoomNetwork *to)
{
    return to->definition ? g_strdup(to->definition) : loom_network_xml_format(to);
}

static virNetworkPtr
define(LoomVirt *virt, const LoomNetwork *to, GError **error)
{
    g_autofree char *xml = format_definition(to);

    return keep(virt, to, virNetworkDefineXML(virt->connection, xml), error);
}

static gboolean
create(LoomVirt *virt, const LoomNetwork *to, GError **error)
{
    virNetworkPtr network;

    if (!is_persistent(to)) {
        g_autofree char *xml = format_definition(to);
        return keep(virt, to, virNetworkCreateXML(virt->connection, xml), error) != NULL;
    }
    network = define(virt, to, error);
    if (!network || (to->autostart && !set_autostart(network, to, error)))
        return FALSE;
    if (!to->active)
        return TRUE;
    if (!start(network, error))
        return FALSE;
    g_hash_table_add(virt->fresh, g_strdup(to->uuid));
    return TRUE;
}

static gboolean
update(virNetworkPtr network, virNetworkUpdateCommand command, const LoomPortgroup *portgroup,
       GError **error)
{
    const char *name = virNetworkGetName(network);
    g_autofree char *xml = loom_network_xml_format_portgroup(portgroup);

    if (virNetworkUpdate(network, command, VIR_NETWORK_SECTION_PORTGROUP, -1, xml,
                         VIR_NETWORK_UPDATE_AFFECT_LIVE) == 0)
        return TRUE;
    loom_virt_set_error(error, _("Cannot update portgroup '%s' of the running network '%s'"),
                        portgroup->name, name);
    return FALSE;
}

static GHashTable *
by_name(const LoomNetwork *network)
{
    GHashTable *portgroups = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < network->portgroups->len; i++) {
        LoomPortgroup *portgroup = network->portgroups->pdata[i];

        g_hash_table_insert(portgroups, portgroup->name, portgroup);
    }
    return portgroups;
}

static gboolean
same_portgroup(const LoomPortgroup *one, const LoomPortgroup *other)
{
    g_autofree char *a = loom_network_xml_format_portgroup(one);
    g_autofree char *b = loom_network_xml_format_portgroup(other);

    return g_str_equal(a, b);
}

static gboolean
remove_portgroups(virNetworkPtr network, const LoomNetwork *running, const LoomNetwork *to,
                  GError **error)
{
    g_autoptr(GHashTable) wanted = by_name(to);

    for (guint i = 0; i < running->portgroups->len; i++) {
        const LoomPortgroup *portgroup = running->portgroups->pdata[i];

        if (!g_hash_table_contains(wanted, portgroup->name) &&
            !update(network, VIR_NETWORK_UPDATE_COMMAND_DELETE, portgroup, error))
            return FALSE;
    }
    return TRUE;
}

/* libvirt refuses a second default at any moment: the new one comes when no other is left. */
static GPtrArray *
default_last(const LoomNetwork *network)
{
    GPtrArray *portgroups = g_ptr_array_new();
    LoomPortgroup *last = NULL;

    for (guint i = 0; i < network->portgroups->len; i++) {
        LoomPortgroup *portgroup = network->portgroups->pdata[i];

        if (portgroup->is_default)
            last = portgroup;
        else
            g_ptr_array_add(portgroups, portgroup);
    }
    if (last)
        g_ptr_array_add(portgroups, last);
    return portgroups;
}

static gboolean
set_portgroups(virNetworkPtr network, const LoomNetwork *running, const LoomNetwork *to,
               GError **error)
{
    g_autoptr(GHashTable) present = by_name(running);
    g_autoptr(GPtrArray) wanted = default_last(to);

    for (guint i = 0; i < wanted->len; i++) {
        const LoomPortgroup *portgroup = wanted->pdata[i];
        const LoomPortgroup *found = g_hash_table_lookup(present, portgroup->name);

        if (found && same_portgroup(found, portgroup))
            continue;
        if (!update(network,
                    found ? VIR_NETWORK_UPDATE_COMMAND_MODIFY : VIR_NETWORK_UPDATE_COMMAND_ADD_LAST,
                    portgroup, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
update_running(virNetworkPtr network, const LoomNetwork *to, GError **error)
{
    g_autofree char *xml = loom_virt_fetch(network, 0, error);
    g_autoptr(LoomNetwork) running = xml ? loom_network_xml_parse(xml, error) : NULL;

    return running && remove_portgroups(network, running, to, error) &&
           set_portgroups(network, running, to, error);
}

/* Whether both have the same XML: all but their state. */
static gboolean
is_same(const LoomNetwork *one, const LoomNetwork *other)
{
    g_autofree char *a = loom_network_xml_format(one);
    g_autofree char *b = loom_network_xml_format(other);

    return g_str_equal(a, b);
}

/* Defines TO unless its definition is there already; what was observed is of the running network.
 */
static gboolean
ensure_definition(LoomVirt *virt, const LoomNetwork *from, const LoomNetwork *to, GError **error)
{
    g_autofree char *xml = NULL;
    g_autoptr(LoomNetwork) defined = NULL;

    if (!from->persistent)
        return define(virt, to, error) != NULL;
    xml =
        loom_virt_fetch(g_hash_table_lookup(virt->seen, to->uuid), VIR_NETWORK_XML_INACTIVE, error);
    defined = xml ? loom_network_xml_parse(xml, error) : NULL;
    return defined && ((defined->ours && is_same(defined, to)) || define(virt, to, error));
}

static gboolean
change_content(LoomVirt *virt, const LoomNetwork *from, const LoomNetwork *to, GError **error)
{
    gboolean stays_active = from->active && (!LOOM_HAS(to, active) || to->active);

    if ((from->persistent || is_persistent(to)) && !ensure_definition(virt, from, to, error))
        return FALSE;
    return !stays_active || update_running(g_hash_table_lookup(virt->seen, to->uuid), to, error);
}

static gboolean
change_state(virNetworkPtr network, const LoomNetwork *from, const LoomNetwork *to, GError **error)
{
    if (LOOM_HAS(to, active) && from->active && !to->active && !stop(network, error))
        return FALSE;
    if (LOOM_HAS(to, autostart) && from->autostart != to->autostart && is_persistent(to) &&
        !set_autostart(network, to, error))
        return FALSE;
    if (to->active && !from->active && !start(network, error))
        return FALSE;
    /* a running network without its definition is a transient one */
    return is_persistent(to) || !from->persistent || undefine(network, error);
}

static gboolean
change(LoomVirt *virt, const LoomNetwork *from, const LoomNetwork *to, GError **error)
{
    gboolean becomes_persistent = is_persistent(to) && !from->persistent;

    if ((becomes_persistent || !is_same(from, to)) && !change_content(virt, from, to, error))
        return FALSE;
    return change_state(g_hash_table_lookup(virt->seen, to->uuid), from, to, error);
}

static gboolean
remove_network(LoomVirt *virt, const LoomNetwork *from, GError **error)
{
    virNetworkPtr network;

    if (!loom_virt_find(virt, from->uuid, &network, error))
        return FALSE;
    if (network && ((from->active && !stop(network, error)) ||
                    (from->persistent && !undefine(network, error))))
        return FALSE;
    g_hash_table_remove(virt->seen, from->uuid);
    return TRUE;
}

static void
set_conflict(const LoomNetwork *to, GError **error)
{
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                _("Cannot define network '%s' with UUID %s: libvirt has another network of that "
                  "UUID"),
                to->name, to->uuid);
}

/* FROM is what was observed, or NULL: what is there is looked at then. */
static gboolean
publish(LoomVirt *virt, const LoomNetwork *from, const LoomNetwork *to, GError **error)
{
    g_autoptr(LoomNetwork) found = NULL;
    virNetworkPtr network;

    if (!loom_virt_find(virt, to->uuid, &network, error))
        return FALSE;
    if (!network)
        return create(virt, to, error);
    if (!from) {
        found = loom_virt_read_one(network, to, error);
        if (!found)
            return FALSE;
        from = found;
    }
    if (from->ours)
        return change(virt, from, to, error);
    set_conflict(to, error);
    return FALSE;
}

/* libvirt refuses another UUID for a name: what is replaced goes first. */
static gboolean
replace(LoomVirt *virt, const LoomNetwork *from, const LoomNetwork *to, GError **error)
{
    virNetworkPtr in_the_way;

    if (!loom_virt_find(virt, to->uuid, &in_the_way, error))
        return FALSE;
    if (in_the_way) {
        set_conflict(to, error);
        return FALSE;
    }
    return remove_network(virt, from, error) && publish(virt, NULL, to, error);
}

gboolean
loom_virt_run_step(LoomBackend *backend, const LoomStep *step, GError **error)
{
    LoomVirt *virt = (LoomVirt *)backend;
    const LoomNetwork *from = (const LoomNetwork *)step->from;
    const LoomNetwork *to = (const LoomNetwork *)step->to;

    if (from && !from->ours) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                    _("Network '%s' is not of virt-loom and stays as it is"), from->name);
        return FALSE;
    }
    if (to && !loom_network_xml_validate(to, error))
        return FALSE;
    switch (step->verb) {
    case LOOM_STEP_DELETE:
        return remove_network(virt, from, error);
    case LOOM_STEP_CHANGE:
        if (!g_str_equal(from->uuid, to->uuid))
            return replace(virt, from, to, error);
        return publish(virt, from, to, error);
    case LOOM_STEP_CREATE:
        return publish(virt, NULL, to, error);
    }
    g_return_val_if_reached(FALSE);
}
