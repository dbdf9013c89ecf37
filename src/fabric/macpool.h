/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What MAC pools have for guests. */
#pragma once

#include "fabric/fabric.h"

/*
 * The MAC pools that hosts of GROUP (may be NULL) draw on: those that name it, else those that name
 * its nearest ancestor; of LoomMacPool, in the order of their addresses. Empty: there are none.
 * Free with g_ptr_array_unref(); the pools are FABRIC's.
 */
GPtrArray *loom_fabric_list_mac_pools(const LoomFabric *fabric, const LoomHostGroup *group);

/*
 * An address of POOLS that is no key of TAKEN (canonical text), the same for KEY wherever the pools
 * are the same: KEY says where in them the search begins. *POOL (may be NULL) is whose it is. NULL:
 * nothing is left. Owned by the caller.
 */
char *loom_mac_pools_choose(const GPtrArray *pools, const char *key, GHashTable *taken,
                            const LoomMacPool **pool);
