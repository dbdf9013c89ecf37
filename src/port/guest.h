/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All ports of a guest, as it starts, is found again, and ends: what the hooks do. */
#pragma once

#include "port/port.h"

/*
 * All of these work in the network namespace of the caller, take the locks of the switches they
 * change (port/lock.h), keep what they did in DIRECTORY (port/state.h) and open no socket where
 * there is nothing of ours. Warnings go into REPORT.
 */

/*
 * Before a guest starts: whether each vNIC on a network of ours can get its port: portgroup and
 * addresses. Looks at no link. Errors name guest and vNIC.
 */
gboolean loom_guest_ports_check(const char *directory, const LoomGuest *guest, LoomReport *report,
                                GError **error);

/*
 * `qemu start`: gives all vNICs of GUEST that are on networks of ours their ports, and takes their
 * intents away. One that cannot have all of its policy is an error (of a switch with
 * onfailure='warn': it stays closed, with a warning), and then nothing of the guest's ports is
 * left.
 */
gboolean loom_guest_ports_start(const char *directory, const LoomGuest *guest, LoomReport *report,
                                GError **error);

/*
 * `qemu reconnect`: makes all ports of GUEST again what they should be: network and portgroup as
 * they are kept, else as the guest asks; what they mean as the slice says now. Idempotent. What
 * does not work is a warning.
 */
void loom_guest_ports_repair(const char *directory, const LoomGuest *guest, LoomReport *report);

/* `qemu release`: takes away what is left in the kernel of the ports of DOMAIN, a UUID, and all
 * that is kept of them, intents too. What does not work is a warning. */
void loom_guest_ports_release(const char *directory, const char *domain, LoomReport *report);
