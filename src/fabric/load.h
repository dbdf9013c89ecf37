/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of loading a fabric, each in a file of its own; only fabric/ includes this. */
#pragma once

#include "fabric/fabric.h"

/* Makes the index and sets every resolved pointer; unresolved and duplicate names are findings. */
void loom_fabric_resolve(LoomFabric *fabric, LoomReport *report);

/* The rules, by noun. Each goes on past what could not be resolved, which was reported before. */
void loom_fabric_validate_networks(const LoomFabric *fabric, LoomReport *report);
void loom_fabric_validate_profiles(const LoomFabric *fabric, LoomReport *report);
void loom_fabric_validate_switches(const LoomFabric *fabric, LoomReport *report);
void loom_fabric_validate_hosts(const LoomFabric *fabric, LoomReport *report);
void loom_fabric_validate_leases(const LoomFabric *fabric, LoomReport *report);
