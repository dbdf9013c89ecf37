/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of addresses within their scopes. */
#include "fabric/addresses.h"

#include <string.h>

typedef struct {
    gconstpointer scope;
    LoomInet address;
} AddressKey;

static guint
key_hash(gconstpointer data)
{
    const AddressKey *key = data;
    guint hash = g_direct_hash(key->scope);

    for (size_t i = 0; i < loom_inet_bits(&key->address) / 8; i++)
        hash = hash * 31 + key->address.bytes[i];
    return hash;
}

static gboolean
key_equal(gconstpointer a, gconstpointer b)
{
    const AddressKey *one = a, *other = b;

    return one->scope == other->scope && loom_inet_compare(&one->address, &other->address) == 0;
}

gconstpointer
loom_subnet_get_scope(const LoomSubnet *subnet)
{
    return subnet->owner ? (gconstpointer)subnet->owner : subnet->site->network;
}

gconstpointer
loom_vm_network_get_scope(const LoomVmNetwork *network)
{
    if (!network)
        return NULL;
    return network->isolation == LOOM_ISOLATION_VIRTUAL ? (gconstpointer)network : network->network;
}

GHashTable *
loom_addresses_new(void)
{
    return g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
}

gpointer
loom_addresses_find(GHashTable *addresses, gconstpointer scope, const LoomInet *address)
{
    const AddressKey key = {scope, *address};

    return g_hash_table_lookup(addresses, &key);
}

gpointer
loom_addresses_add(GHashTable *addresses, gconstpointer scope, const LoomInet *address,
                   gconstpointer value)
{
    const AddressKey key = {scope, *address};
    gpointer first = g_hash_table_lookup(addresses, &key);

    if (!first)
        g_hash_table_insert(addresses, g_memdup2(&key, sizeof key), (gpointer)value);
    return first;
}
