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
 * `qemu prepare`: whether each vNIC of GUEST on a network of ours can get its port: portgroup,
 * addresses, what it is promised (admission), and the switch, which is repaired where it can be
 * (port/switch.h). Errors name guest and vNIC, or the switch.
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
 * they are kept, else as the guest asks; what they mean as the slice says now, or where there is
 * none any more, as it is kept. Idempotent. A port of which nothing is kept is new, and is only
 * made if what it is promised is admissible: if not it stays closed, without an intent. What does
 * not work is a warning.
 */
void loom_guest_ports_repair(const char *directory, const LoomGuest *guest, LoomReport *report);

/*
 * `qemu release`, and `network port-deleted` of a vNIC whose tap is gone: takes away what is left
 * in the kernel of the ports of DOMAIN, a UUID, or of that of MAC alone (else NULL), and all that
 * is kept of them, intents too. Nothing where those are no UUID and MAC. What does not work is a
 * warning.
 */
void loom_guest_ports_release(const char *directory, const char *domain, const char *mac,
                              LoomReport *report);

/*
 * Gives the live port of the vNIC MAC of GUEST another portgroup, in place: what passes goes on
 * passing. What is kept of it says so from then on, and so the port keeps it, whatever libvirt's
 * XML says, until the guest ends. On failure the port is as it was. Errors, which name guest and
 * vNIC: LOOM_ERROR_NOT_FOUND (no live port of ours, no such portgroup), LOOM_ERROR_BUSY (its
 * minimum would be more than the switch has left), and those of port/program.h.
 */
gboolean loom_guest_port_set(const char *directory, const LoomGuest *guest, const char *mac,
                             const char *portgroup, LoomReport *report, GError **error);

/*
 * Whether VNIC, which GUEST is about to get while it runs, may have its port on the network of
 * SLICE: as loom_guest_ports_check(), but for the switch. Errors name guest and vNIC. A first
 * answer, without the lock: that of loom_guest_port_give() counts.
 */
gboolean loom_guest_port_admit(const char *directory, const LoomHost *slice, const LoomGuest *guest,
                               const LoomGuestVnic *vnic, LoomReport *report, GError **error);

/*
 * `network port-created` of a vNIC whose tap is not there yet: notes as an intent what PORT is to
 * be, a pattern of SLICE with domain and MAC, which it takes over, of the guest of that name (NULL:
 * unknown); if what it is promised is admissible beside all that is promised already, other intents
 * included. LOOM_ERROR_BUSY: it is not, and nothing is noted of it any more. That it cannot be
 * noted is a warning, for `qemu start` and the agent ask again.
 */
gboolean loom_guest_port_announce(const char *directory, const LoomHost *slice, LoomPort *port,
                                  const char *guest, LoomReport *report, GError **error);

/*
 * Gives the vNIC MAC of GUEST, as it runs with it by now, its port, if what it is promised is still
 * admissible; what others have been promised since is seen. Its intent goes. On failure its port is
 * closed, also where the agent had opened it. TRUE too where ports of its network are not ours.
 * Errors: LOOM_ERROR_NOT_FOUND (it is on no network of ours), LOOM_ERROR_BUSY, and those of
 * port/program.h.
 */
gboolean loom_guest_port_give(const char *directory, const LoomGuest *guest, const char *mac,
                              LoomReport *report, GError **error);

/*
 * The domain XML TEXT of a guest that runs here, in which each vNIC asks for the portgroup that its
 * live port has: loom_guest_port_set() may have given it another than libvirt's XML names. What is
 * on another network in the text than its port, or has no live port, stays as it is. *RESULT: the
 * new text, owned by the caller; NULL: it needs no change. Errors: LOOM_ERROR_INVALID (the text),
 * those of loom_port_state_find(). NAME begins messages.
 */
gboolean loom_guest_ports_restate(const char *directory, const char *text, size_t length,
                                  const char *name, char **result, GError **error);

/*
 * The same as a note (guest/note.h) for the domain's metadata, where TEXT cannot be changed: *NOTE,
 * owned by the caller; NULL: there is nothing to note.
 */
gboolean loom_guest_ports_note(const char *directory, const char *text, size_t length,
                               const char *name, char **note, GError **error);
