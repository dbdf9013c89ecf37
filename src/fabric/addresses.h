/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of addresses within their scopes; only fabric/ includes this. */
#pragma once

#include "fabric/network.h"

/*
 * A scope of addresses: within it, one address is one station. The logical network of a site's
 * subnet, or the virtual VM network that has the subnet; NULL: neither is known.
 */
gconstpointer loom_subnet_get_scope(const LoomSubnet *subnet);
gconstpointer loom_vm_network_get_scope(const LoomVmNetwork *network);

/* A table of addresses by scope; free with g_hash_table_unref(). Values are borrowed. */
GHashTable *loom_addresses_new(void);

/* Adds where there is none, and returns NULL; else returns the value that is there. */
gpointer loom_addresses_add(GHashTable *addresses, gconstpointer scope, const LoomInet *address,
                            gconstpointer value);
gpointer loom_addresses_find(GHashTable *addresses, gconstpointer scope, const LoomInet *address);
