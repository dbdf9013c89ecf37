/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rule that an address, IP or MAC, has one owner. */
#include "base/i18n.h"
#include "fabric/addresses.h"
#include "fabric/rules.h"

/* Who has which address, for one run of the rule. */
typedef struct {
    const LoomRules *rules;
    GHashTable *gateways; /* by scope and address -> LoomPool */
    GHashTable *used;     /* by scope and address -> LoomRecord: a given address or a lease */
    GHashTable *macs;     /* by text -> LoomVnic */
    GHashTable *said;     /* records about which it was said that several hosts have them */
} Owners;

static void
add_gateways(const Owners *owners)
{
    const GPtrArray *pools = owners->rules->fabric->pools;

    for (guint i = 0; i < pools->len; i++) {
        const LoomPool *pool = pools->pdata[i];

        for (guint k = 0; k < pool->gateways->len; k++) {
            const LoomGateway *gateway = pool->gateways->pdata[k];
            LoomInet inet;

            if (!gateway->address)
                continue;
            inet = loom_inet_parse(gateway->address);
            loom_addresses_add(owners->gateways, loom_subnet_get_scope(pool->subnet), &inet, pool);
        }
    }
}

/* One record that two owners share is an uplink's vNIC, which several hosts have. */
static void
report_shared(const Owners *owners, const LoomRecord *record, const LoomVnic *vnic,
              const char *value)
{
    if (g_hash_table_add(owners->said, (gpointer)record))
        loom_report_add(owners->rules->report, LOOM_SEVERITY_ERROR, &record->source,
                        _("host vNIC '%s' of an uplink has %s on every host of it; give it to the "
                          "vNICs of single hosts"),
                        loom_rules_name(vnic->name), value);
}

static void
add_given(const Owners *owners, const LoomVnic *vnic, const LoomVnicAddress *address)
{
    gconstpointer scope = loom_vm_network_get_scope(vnic->network);
    const LoomInet inet = loom_inet_parse(address->address);
    const LoomPool *pool = loom_addresses_find(owners->gateways, scope, &inet);
    const LoomRecord *first;

    if (!scope)
        return;
    first = loom_addresses_add(owners->used, scope, &inet, address);
    if (first == &address->record)
        report_shared(owners, first, vnic, address->address);
    else if (first)
        LOOM_RULE_ERROR(owners->rules, address,
                        _("the address %s of host vNIC '%s' is used twice; first at %s:%u"),
                        address->address, loom_rules_name(vnic->name), first->source.file,
                        first->source.line);
    else if (pool)
        LOOM_RULE_ERROR(owners->rules, address,
                        _("the address %s of host vNIC '%s' is the gateway of IP pool '%s'"),
                        address->address, loom_rules_name(vnic->name), loom_rules_name(pool->name));
}

static void
add_mac(const Owners *owners, const LoomVnic *vnic)
{
    const LoomVnic *first;

    if (!vnic->mac)
        return;
    first = g_hash_table_lookup(owners->macs, vnic->mac);
    if (!first)
        g_hash_table_insert(owners->macs, vnic->mac, (gpointer)vnic);
    else if (first == vnic)
        report_shared(owners, &vnic->record, vnic, vnic->mac);
    else
        LOOM_RULE_ERROR(owners->rules, vnic,
                        _("mac='%s' of host vNIC '%s' is used twice; first at %s:%u"), vnic->mac,
                        loom_rules_name(vnic->name), first->record.source.file,
                        first->record.source.line);
}

static void
add_host(const Owners *owners, const LoomFabricHost *host)
{
    for (guint i = 0; i < host->switches->len; i++) {
        g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(host->switches->pdata[i]);

        for (guint k = 0; k < vnics->len; k++) {
            const LoomVnic *vnic = vnics->pdata[k];

            add_mac(owners, vnic);
            for (guint n = 0; n < vnic->addresses->len; n++) {
                const LoomVnicAddress *address = vnic->addresses->pdata[n];

                if (address->address)
                    add_given(owners, vnic, address);
            }
        }
    }
}

/* A lease that stands twice for one vNIC is another finding; here two owners are meant. */
static gboolean
is_same_holder(const LoomRecord *first, const LoomLease *lease)
{
    const LoomLease *other = (const LoomLease *)first;

    return first->kind == &loom_lease_kind && lease->host &&
           g_strcmp0(other->pool, lease->pool) == 0 && g_strcmp0(other->host, lease->host) == 0 &&
           g_strcmp0(other->vnic, lease->vnic) == 0;
}

static void
add_lease(const Owners *owners, const LoomLease *lease)
{
    const LoomPool *pool = loom_fabric_find(owners->rules->fabric, &loom_pool_kind, lease->pool);
    const LoomRecord *first;
    LoomInet inet;

    if (!pool || loom_lease_get_shape(lease) != LOOM_LEASE_OF_ADDRESS)
        return;
    inet = loom_inet_parse(lease->address);
    first = loom_addresses_add(owners->used, loom_subnet_get_scope(pool->subnet), &inet, lease);
    if (first && !is_same_holder(first, lease))
        LOOM_RULE_ERROR(owners->rules, lease,
                        _("the address %s is leased from IP pool '%s', but in use already; first "
                          "at %s:%u"),
                        lease->address, lease->pool, first->source.file, first->source.line);
    if (loom_addresses_find(owners->gateways, loom_subnet_get_scope(pool->subnet), &inet))
        LOOM_RULE_ERROR(owners->rules, lease,
                        _("the address %s is leased from IP pool '%s', but it is a gateway"),
                        lease->address, lease->pool);
}

void
loom_rules_check_addresses(const LoomRules *rules)
{
    g_autoptr(GHashTable) gateways = loom_addresses_new();
    g_autoptr(GHashTable) used = loom_addresses_new();
    g_autoptr(GHashTable) macs = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) said = g_hash_table_new(NULL, NULL);
    const Owners owners = {rules, gateways, used, macs, said};

    add_gateways(&owners);
    for (guint i = 0; i < rules->fabric->hosts->len; i++)
        add_host(&owners, rules->fabric->hosts->pdata[i]);
    for (guint i = 0; i < rules->fabric->leases->len; i++)
        add_lease(&owners, rules->fabric->leases->pdata[i]);
}
