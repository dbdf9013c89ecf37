/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A port's share of the uplink: its classes on the NICs, and whether one more promise can be kept.
 */
#pragma once

#include "plan/backend.h"
#include "port/port.h"

/*
 * Gives the port of STATE the classes that it alone has on each NIC of its switch, after those of
 * SLICE (host/classes.h), and its packets' priority; none where its portgroup's ports share one.
 * Its tap must be there.
 */
void loom_port_share_resolve(LoomHost *state, const LoomHost *slice);

/* Makes the classes of STATE, or agree. A NIC that is not there carries nothing. */
gboolean loom_port_share_run(LoomBackend *backend, const LoomHost *state, GError **error);

/* Takes them away again; it is no error that they are gone. */
gboolean loom_port_share_remove(LoomBackend *backend, const LoomHost *state, GError **error);

/*
 * What SLICE's switch has promised, in Mbit/s, to the ports kept in DIRECTORY: the live ones as far
 * as their taps are there, and the intents that are not too old, each once; but for those of
 * DOMAIN, or for that of its vNIC MAC alone (else NULL).
 */
guint64 loom_port_share_reserved(const char *directory, const LoomHost *slice, const char *domain,
                                 const char *mac);
