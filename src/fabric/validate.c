/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules. */
#include "fabric/load.h"

void
loom_fabric_validate_networks(const LoomFabric *fabric, LoomReport *report)
{
    (void)fabric;
    (void)report;
}
void
loom_fabric_validate_profiles(const LoomFabric *fabric, LoomReport *report)
{
    (void)fabric;
    (void)report;
}
void
loom_fabric_validate_switches(const LoomFabric *fabric, LoomReport *report)
{
    (void)fabric;
    (void)report;
}
void
loom_fabric_validate_hosts(const LoomFabric *fabric, LoomReport *report)
{
    (void)fabric;
    (void)report;
}
void
loom_fabric_validate_leases(const LoomFabric *fabric, LoomReport *report)
{
    (void)fabric;
    (void)report;
}
