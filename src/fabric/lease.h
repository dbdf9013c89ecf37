/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases: what pools have given out, and the next free value of each. */
#pragma once

#include "base/record.h"

typedef struct LoomFabric LoomFabric;

/*
 * Three shapes: pool + address to host + vnic, or to guest (+ mac); macpool + mac to guest;
 * vmnetwork + site + vlan.
 */
typedef struct {
    LoomRecord record;
    char *pool, *address;
    char *macpool, *mac;
    char *vmnetwork, *site;
    guint64 vlan;
    char *host, *vnic, *guest;
} LoomLease;

typedef struct {
    LoomRecord record;
    GPtrArray *leases;
} LoomLeases;

typedef enum {
    LOOM_LEASE_OF_NOTHING, /* not one of the three shapes: an error */
    LOOM_LEASE_OF_ADDRESS,
    LOOM_LEASE_OF_MAC,
    LOOM_LEASE_OF_VLAN,
} LoomLeaseShape;

/* What the lease is of, by what it says and what it does not. */
LoomLeaseShape loom_lease_get_shape(const LoomLease *lease);

extern const LoomKind loom_lease_kind, loom_leases_kind;

/*
 * The leases that FILE is to hold: those that it holds now, and the next free value for every host
 * vNIC that draws on a pool, and every automatic VLAN at a site that some uplink carries, without a
 * lease. FILE NULL: those of all files. What is given is kept; reserved addresses, gateways, name
 * servers, addresses given to vNICs by hand, and a subnet's own first and last are passed over. The
 * result is sorted, and depends on what the fabric says, not on the order in which it does. A pool
 * or site that has nothing left is an error in REPORT. FABRIC is from
 * loom_fabric_load_for_leases(), without errors. Free with loom_record_free().
 */
LoomLeases *loom_leases_complete(const LoomFabric *fabric, const char *file, LoomReport *report);

/* A whole fabric file of nothing but LEASES, for the fabric of that name. Owned by the caller. */
char *loom_leases_format(const LoomLeases *leases, const char *fabric_name);
