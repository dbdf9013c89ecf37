/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of loading a fabric, each in a file of its own; only fabric/ includes this. */
#pragma once

#include "fabric/fabric.h"

/* Makes the index and sets every resolved pointer; unresolved and duplicate names are findings. */
void loom_fabric_resolve(LoomFabric *fabric, LoomReport *report);

/* A row of a site in the table of rows: by its VLAN, or by its secondary VLAN. */
#define LOOM_ROW_OF_VLAN(vlan)           GSIZE_TO_POINTER(vlan)
#define LOOM_ROW_OF_SECONDARY(secondary) GSIZE_TO_POINTER((secondary) | 1 << 16)

/* Whether a vNIC or VLAN that waits for a lease is a finding, or what the caller is about to mend.
 */
typedef enum { LOOM_LEASES_REQUIRED, LOOM_LEASES_OPTIONAL } LoomLeaseDemand;

/* The rules. Each goes on past what could not be resolved, which was reported before. */
void loom_fabric_validate(const LoomFabric *fabric, LoomLeaseDemand demand, LoomReport *report);
