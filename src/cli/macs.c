/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC addresses of vNICs: those that are somebody's, and one for a further vNIC. */
#include "cli/macs.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/uuid.h"
#include "fabric/lease.h"
#include "fabric/macpool.h"

#define QEMU_PREFIX "52:54:00"

/* Takes over WHY; who has it first keeps it. */
static void
add(GHashTable *taken, const char *mac, char *why)
{
    char *canonical = g_ascii_strdown(mac, -1);

    if (!g_hash_table_contains(taken, canonical)) {
        g_hash_table_insert(taken, canonical, why);
        return;
    }
    g_free(canonical);
    g_free(why);
}

void
loom_macs_add_guest(GHashTable *taken, const LoomGuest *guest)
{
    for (guint i = 0; i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);

        add(taken, vnic->mac,
            g_strdup_printf(_("guest '%s' has a vNIC with the MAC address %s already"), guest->name,
                            vnic->mac));
    }
}

static void
add_others(GHashTable *taken, GHashTable *others)
{
    GHashTableIter iterator;
    gpointer mac, name;

    g_hash_table_iter_init(&iterator, others);
    while (g_hash_table_iter_next(&iterator, &mac, &name))
        add(taken, mac,
            g_strdup_printf(_("MAC address %s is that of a vNIC of guest '%s'"), (char *)mac,
                            (char *)name));
}

static void
add_leases(GHashTable *taken, const LoomFabric *fabric, const char *guest)
{
    for (guint i = 0; i < fabric->leases->len; i++) {
        const LoomLease *lease = fabric->leases->pdata[i];

        if (lease->mac && lease->guest && !g_str_equal(lease->guest, guest))
            add(taken, lease->mac,
                g_strdup_printf(_("MAC address %s is leased to guest '%s' at %s:%u"), lease->mac,
                                lease->guest, lease->record.source.file,
                                lease->record.source.line));
    }
}

static void
add_link(GHashTable *taken, const char *mac, const char *name)
{
    if (mac)
        add(taken, mac,
            g_strdup_printf(_("MAC address %s is that of '%s' of this host"), mac, name));
}

GHashTable *
loom_macs_list(const LoomHost *host, const LoomFabric *fabric, const LoomGuest *guest,
               GHashTable *others)
{
    GHashTable *taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    loom_macs_add_guest(taken, guest);
    add_others(taken, others);
    if (fabric)
        add_leases(taken, fabric, guest->name);
    for (guint i = 0; i < host->links->len; i++) {
        const LoomLink *link = host->links->pdata[i];

        add_link(taken, link->mac, link->name);
        add_link(taken, link->permanentmac, link->name);
    }
    return taken;
}

/* --- one that is free --------------------------------------------------------------------------
 */

static const char *
find_leased(const LoomFabric *fabric, const LoomGuest *guest, GHashTable *taken)
{
    for (guint i = 0; i < fabric->leases->len; i++) {
        const LoomLease *lease = fabric->leases->pdata[i];

        if (loom_lease_get_shape(lease) == LOOM_LEASE_OF_MAC &&
            g_str_equal(lease->guest, guest->name) && !g_hash_table_contains(taken, lease->mac))
            return lease->mac;
    }
    return NULL;
}

/* Of the pools for the host; empty where there are none. */
static GPtrArray *
list_pools(const LoomFabric *fabric, const char *host_name, LoomReport *report)
{
    const LoomFabricHost *host = loom_fabric_find(fabric, &loom_fabric_host_kind, host_name);

    if (!host)
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        _("Host '%s' is not in fabric '%s', so no MAC pool is known to be for it"),
                        host_name, fabric->name);
    return loom_fabric_list_mac_pools(fabric, host ? host->group : NULL);
}

static char *
choose_of_pools(const GPtrArray *pools, const LoomGuest *guest, const LoomNetwork *network,
                GHashTable *taken, LoomReport *report, GError **error)
{
    g_autofree char *key = g_strdup_printf("vnic/%s/%s", guest->uuid, network->name);
    const LoomMacPool *pool = pools->pdata[0];
    char *mac = loom_mac_pools_choose(pools, key, taken, &pool);

    if (mac)
        loom_report_add(
            report, LOOM_SEVERITY_NOTE, NULL,
            _("MAC address %s of MAC pool '%s' is not leased: to keep it from guests of "
              "other hosts, add <lease macpool='%s' mac='%s' guest='%s'/> to the "
              "fabric"),
            mac, pool->name, pool->name, mac, guest->name);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_BUSY,
                    _("MAC pool '%s' has no address left for guest '%s': widen it, or name an "
                      "address with --mac"),
                    pool->name, guest->name);
    return mac;
}

static char *
choose_of_qemu(const LoomGuest *guest, const LoomNetwork *network, GHashTable *taken)
{
    for (guint i = 0;; i++) {
        g_autofree char *name = g_strdup_printf("vnic/%s/%s/%u", guest->uuid, network->name, i);
        g_autofree char *uuid = loom_uuid_from_name(name);
        g_autofree char *mac =
            g_strdup_printf(QEMU_PREFIX ":%.2s:%.2s:%.2s", uuid, uuid + 2, uuid + 4);

        if (!g_hash_table_contains(taken, mac))
            return g_steal_pointer(&mac);
    }
}

char *
loom_macs_choose(const LoomFabric *fabric, const char *host_name, const LoomGuest *guest,
                 const LoomNetwork *network, GHashTable *taken, LoomReport *report, GError **error)
{
    const char *leased = fabric ? find_leased(fabric, guest, taken) : NULL;
    g_autoptr(GPtrArray) pools = NULL;

    if (leased)
        return g_strdup(leased);
    pools = fabric ? list_pools(fabric, host_name, report) : NULL;
    return pools && pools->len ? choose_of_pools(pools, guest, network, taken, report, error)
                               : choose_of_qemu(guest, network, taken);
}
