/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a guest that has moved has there what it had here. */
#pragma once

#include "guest/preflight.h"

/* What a port is made of, and the host that has its class. */
typedef struct {
    const LoomHost *host;
    const LoomPort *port;
} LoomPolicy;

/* What of it is another after a move. The VLAN alone is another where the site is. */
enum {
    LOOM_POLICY_VLAN = 1 << 0,
    LOOM_POLICY_GUARDS = 1 << 1,
    LOOM_POLICY_SHARE = 1 << 2,
    LOOM_POLICY_REST = 1 << 3, /* limits, isolation */
};
guint loom_policy_compare(const LoomPolicy *before, const LoomPolicy *after);

/*
 * Adds a line for each vNIC of BEFORE, the guest as it ran at the source, that was on a network of
 * ours: what its port is made of at the destination, by the network and portgroup that AFTER, the
 * guest as it runs there, is on, held against what it was made of here. The same, or another VLAN
 * alone, as another site has: ok; other guards, or another share, limit or isolation: a warning for
 * each; on no network of ours any more: an error. That the port has what it is made of is the
 * hook's word there: it refuses the guest else.
 */
void loom_preflight_compare_policy(const LoomPreflight *preflight, const LoomGuest *before,
                                   const LoomGuest *after, GPtrArray *checks);
