/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The logical switch that a guest's network depends on, looked at before the guest uses it. */
#pragma once

#include "host/host.h"

/*
 * Makes the switch of SLICE's network, and the host vNICs that the slice names, what they should
 * be, by reading them alone: the bridge is there, ours, up and filters VLANs; each host vNIC is
 * there and up, and its far end a port of the bridge, with its VLAN. What is not so is changed;
 * what would have to be made is an error that names it, and so is what does not work. Each repair
 * is a warning in REPORT. Takes the lock of the switch. Nothing is looked at while an apply changes
 * this host, or where guests' ports on the network are not ours.
 */
gboolean loom_port_switch_repair(const char *directory, const LoomHost *slice, LoomReport *report,
                                 GError **error);
