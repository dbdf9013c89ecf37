/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guards of ports, as chains of nftables: what a port means there. */
#pragma once

#include "host/host.h"
#include "kernel/nftables.h"

/*
 * Theory of operation
 *
 * What a vNIC sends enters the host at the ingress of its port: of a guest's tap, or of the
 * bridge's end of a host vNIC's veth. There each port has a base chain of its own, "port/DEVICE",
 * and chains that it jumps to for lists, "port/DEVICE/LIST". What a vNIC gets leaves the host at
 * the egress of its port: there a port of a private VLAN has another base chain, "port/DEVICE/out".
 * A guard is a few rules of them, and
 * each rule says what it is for. The rules of a port follow from the port alone, so what the kernel
 * has is held against what it should have, rule by rule; a rule that somebody added, changed or
 * took away makes all of the port's guards count as missing, and the port's next step writes all of
 * them.
 */

/* What the names of ports' chains begin with. */
#define LOOM_GUARD_PREFIX "port/"
/* And what the name of the chain at egress ends with, behind the device's and a slash. */
#define LOOM_GUARD_OUT "out"

/* The rules of one chain; of LoomNftRule. */
typedef struct {
    char name[LOOM_NFT_NAME];
    LoomNftHook hook; /* where a chain of that name is */
    gboolean is_odd;  /* read: somewhere else */
    GArray *rules;
} LoomGuardChain;

/*
 * The chains that PORT needs, base chain first, of LoomGuardChain; empty: none. Where it has
 * addresses, any IPv6 link-local one passes besides, unless one of its addresses is link-local:
 * then only those do.
 */
GPtrArray *loom_guards_of(const LoomPort *port);

/* Whether what PORT's vNIC sends may have no VLAN: with a tag only that of VLAN 0, a priority's. */
gboolean loom_guards_takes_no_vlan(const LoomPort *port);

/* Which device's port CHAIN guards, owned by the caller; NULL: it is no such chain. */
char *loom_guards_find_device(const char *chain);

/* Whether CHAIN is a name that a port's chain may have; others with our prefix are nobody's. */
gboolean loom_guards_has_name(const char *chain);

/*
 * Sets what PORT's guards are into PORT, whose VLANs are known, from CHAINS (of LoomGuardChain, in
 * any order), which are all that its device has. What is not exactly as it would be written counts
 * as missing.
 */
void loom_guards_read(const GPtrArray *chains, LoomPort *port);

/* Whether CHAIN, which is there, can only be deleted and made again to be where its name says. */
gboolean loom_guards_is_odd(const char *chain, const LoomNftHook *hook);

LoomGuardChain *loom_guard_chain_new(const char *name);
void loom_guard_chain_free(LoomGuardChain *chain);

/* The lists that a port may have: what follows "port/DEVICE/", NULL-terminated. */
extern const char *const loom_guard_lists[];
