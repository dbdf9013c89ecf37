/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an attached vNIC gets: its port, made of the pattern of its network and portgroup. */
#include "port/port.h"

#include "base/error.h"
#include "base/i18n.h"
#include "guest/portgroup.h"
#include "kernel/kernel.h"

const LoomPort *
loom_port_find_pattern(const LoomHost *slice, const char *name)
{
    const LoomNetwork *network = slice->networks->len ? slice->networks->pdata[0] : NULL;
    const LoomPortgroup *portgroup = network ? loom_portgroup_find(network, name) : NULL;

    for (guint i = 0; portgroup && i < slice->ports->len; i++) {
        const LoomPort *port = slice->ports->pdata[i];

        if (!port->link && g_strcmp0(port->network, network->name) == 0 &&
            g_strcmp0(port->portgroup, portgroup->name) == 0)
            return port;
    }
    return NULL;
}

gboolean
loom_port_is_ours(const LoomHost *slice)
{
    const LoomNetwork *network = slice->networks->len ? slice->networks->pdata[0] : NULL;

    return network && !network->openvswitch && network->bridge &&
           loom_host_find(slice, &loom_link_kind, network->bridge);
}

gboolean
loom_port_only_warns(const LoomPort *port)
{
    return port && g_strcmp0(port->onfailure, "warn") == 0;
}

/* Whose port it is; the texts are a guest's. */
static gboolean
set_owner(LoomPort *port, const LoomGuest *guest, const LoomGuestVnic *vnic, GError **error)
{
    if (!LOOM_TRY(port, domain, guest->uuid) || !LOOM_TRY(port, mac, vnic->mac)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("guest '%s': '%.64s' is not the MAC address of a vNIC"), guest->name,
                    vnic->mac);
        return FALSE;
    }
    if (vnic->device && !LOOM_TRY(port, link, vnic->device)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("guest '%s', vNIC %s: '%.64s' is not a device name"), guest->name, vnic->mac,
                    vnic->device);
        return FALSE;
    }
    if (vnic->portid) /* only for people: what is none is left out */
        (void)LOOM_TRY(port, portid, vnic->portid);
    return TRUE;
}

static GStrv
list_leased(const LoomHost *slice, const LoomPort *port, const char *guest)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new();

    for (guint i = 0; i < slice->leases->len; i++) {
        const LoomGuestAddress *lease = slice->leases->pdata[i];

        if (g_str_equal(lease->network, port->network) && g_str_equal(lease->guest, guest) &&
            (port->teaming || !lease->mac || g_str_equal(lease->mac, port->mac)))
            g_ptr_array_add(found, g_strdup(lease->address));
    }
    g_ptr_array_add(found, NULL);
    return (GStrv)g_ptr_array_steal(found, NULL);
}

static void
add_once(GPtrArray *items, const char *item)
{
    if (!g_ptr_array_find_with_equal_func(items, item, g_str_equal, NULL))
        g_ptr_array_add(items, g_strdup(item));
}

/* Those of the vNIC, or of all that it may be teamed with; NULL: an error. */
static GStrv
list_given(const LoomPort *port, const LoomGuest *guest, GError **error)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

    if (!port->teaming)
        return loom_guest_list_addresses(guest, port->mac, error);
    for (guint i = 0; i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);
        g_auto(GStrv) addresses = loom_guest_list_addresses(guest, vnic->mac, error);

        if (!addresses)
            return NULL;
        for (GStrv at = addresses; *at; at++)
            add_once(found, *at);
    }
    g_ptr_array_add(found, NULL);
    return (GStrv)g_ptr_array_steal(found, NULL);
}

/* Those from which the guest may send, where a guard asks. */
static gboolean
set_addresses(LoomPort *port, const LoomHost *slice, const LoomGuest *guest, GError **error)
{
    gboolean is_leased = g_strcmp0(port->addressguard, "leased") == 0;
    g_auto(GStrv) addresses = NULL;
    g_autofree char *text = NULL;

    if (!port->addressguard)
        return TRUE;
    addresses = is_leased ? list_leased(slice, port, guest->name) : list_given(port, guest, error);
    if (!addresses)
        return FALSE;
    if (!*addresses) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    is_leased
                        ? _("guest '%s', vNIC %s: its profile lets it send from leased addresses "
                            "only, and no pool of network '%s' has a lease for it: add one to the "
                            "fabric, and run: virt-loom apply")
                        : _("guest '%s', vNIC %s: its profile lets it send from given addresses "
                            "only, and the guest's <metadata> gives it none in network '%s': see "
                            "virt-loom-fabric(5)"),
                    guest->name, port->mac, port->network);
        return FALSE;
    }
    text = g_strjoinv(" ", addresses);
    LOOM_SET(port, addresses, text);
    return TRUE;
}

/* From which it may send: its own, and where it may be teamed, those of the guest's other vNICs. */
static void
set_macs(LoomPort *port, const LoomGuest *guest)
{
    g_autoptr(GPtrArray) macs = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *text = NULL;

    add_once(macs, port->mac);
    for (guint i = 0; port->teaming && i < guest->vnics->len; i++) {
        char *mac = NULL;

        if (loom_type_mac.parse(NULL, g_array_index(guest->vnics, LoomGuestVnic, i).mac, &mac))
            add_once(macs, mac);
        g_free(mac);
    }
    g_ptr_array_add(macs, NULL);
    text = g_strjoinv(" ", (GStrv)macs->pdata);
    LOOM_SET(port, macs, text);
}

LoomPort *
loom_port_resolve(const LoomHost *slice, const LoomGuest *guest, const LoomGuestVnic *vnic,
                  GError **error)
{
    const LoomPort *pattern;
    LoomPort *port;

    if (!loom_portgroup_check(slice, guest->name, vnic, error))
        return NULL;
    pattern = loom_port_find_pattern(slice, vnic->portgroup);
    if (!pattern) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("guest '%s', vNIC %s: the slice of network '%s' says nothing of its "
                      "portgroup; run: virt-loom apply"),
                    guest->name, vnic->mac, vnic->network);
        return NULL;
    }
    port = loom_record_copy(pattern);
    if (!set_owner(port, guest, vnic, error) || !set_addresses(port, slice, guest, error)) {
        loom_record_free(port);
        return NULL;
    }
    if (port->macguard)
        set_macs(port, guest);
    return port;
}

LoomPort *
loom_port_in_kernel(const LoomPort *port)
{
    static const size_t others[] = {
        offsetof(LoomPort, domain),    offsetof(LoomPort, mac),   offsetof(LoomPort, network),
        offsetof(LoomPort, portgroup), offsetof(LoomPort, pvlan), offsetof(LoomPort, secondary),
        offsetof(LoomPort, max),       offsetof(LoomPort, maxin),
    };
    LoomPort *copy = loom_record_copy(port);

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        loom_record_set(copy, others[i], NULL);
    LOOM_SET(copy, prioritypop, loom_kernel_resets_priority(port) ? "yes" : NULL);
    return copy;
}
