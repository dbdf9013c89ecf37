/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges of addresses, as subnets, pools and reservations say them; only fabric/ includes this. */
#pragma once

#include "fabric/network.h"

/* Addresses from FIRST to LAST, of one family. */
typedef struct {
    LoomInet first, last;
    gconstpointer item;
} LoomRange;

/* Ranges as they lie in the file, by value; sorted by first address, the wider one first. */
GArray *loom_ranges_new(void);
void loom_ranges_add(GArray *ranges, LoomInet first, LoomInet last, gconstpointer item);
void loom_ranges_sort(GArray *ranges);
#define loom_ranges_get(ranges, i) (&g_array_index(ranges, LoomRange, i))

/* FALSE where the subnet has no valid address and prefix. */
gboolean loom_subnet_get_range(const LoomSubnet *subnet, LoomRange *range);
/* FALSE where the pool has no valid start and end. */
gboolean loom_pool_get_range(const LoomPool *pool, LoomRange *range);
/* FALSE where start or end is not valid. */
gboolean loom_reserved_get_range(const LoomReserved *reserved, LoomRange *range);
gboolean loom_range_has(const LoomRange *range, const LoomInet *inet);

/* "10.0.0.0/24", or "VLAN 5" where a row has no addresses, or "*"; owned by the caller. */
char *loom_subnet_describe(const LoomSubnet *subnet);
