/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leases: what pools have given out, and the next free value of each. */
#pragma once

#include "base/record.h"

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

extern const LoomKind loom_lease_kind, loom_leases_kind;
