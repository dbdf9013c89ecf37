/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who waits for a lease, and what is next to be given; only fabric/ includes this. */
#pragma once

#include "fabric/fabric.h"

/* A host vNIC that draws on a pool, or a VM network with an automatic VLAN, without a lease. */
typedef struct {
    LoomLease *lease;        /* the one to give, without a value where nothing is left */
    const LoomRecord *where; /* the line that asks for it */
    const LoomPool *pool;    /* NULL: it is about a VLAN */
    const LoomSite *site;
    const LoomVmNetwork *network;
} LoomNeed;

/* All of them, of LoomNeed, in the order of their leases; free with g_ptr_array_unref(). */
GPtrArray *loom_needs_list(const LoomFabric *fabric);

/* Whether anything was left for the need. */
gboolean loom_need_is_met(const LoomNeed *need);

/* Adds the error that nothing was left for the need. */
void loom_need_report_exhausted(const LoomNeed *need, LoomReport *report);

/* The order of leases in a file. */
int loom_lease_compare(const LoomLease *a, const LoomLease *b);
