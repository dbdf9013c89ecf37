/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of leases. */
#include "fabric/lease.h"

#include "base/i18n.h"
#include "base/inet.h"

static const LoomAttribute lease_attributes[] = {
    LOOM_ATTRIBUTE(LoomLease, pool, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, address, loom_type_address),
    LOOM_ATTRIBUTE(LoomLease, macpool, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, vmnetwork, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, site, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, vlan, loom_type_number, .min = 1, .max = 4094),
    LOOM_ATTRIBUTE(LoomLease, host, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, vnic, loom_type_device),
    LOOM_ATTRIBUTE(LoomLease, guest, loom_type_name),
    LOOM_ATTRIBUTE(LoomLease, mac, loom_type_mac),
};
const LoomKind loom_lease_kind = {
    .element = "lease",
    .size = sizeof(LoomLease),
    LOOM_ATTRIBUTES(lease_attributes),
};

static const LoomChild leases_children[] = {
    LOOM_CHILDREN(LoomLeases, leases, loom_lease_kind),
};
const LoomKind loom_leases_kind = {
    .element = "leases",
    .size = sizeof(LoomLeases),
    LOOM_CHILD_KINDS(leases_children),
};
