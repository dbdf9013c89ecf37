/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of compiling a host, one file each; only compile/ includes this. */
#pragma once

#include "compile/compile.h"

typedef struct {
    const LoomFabric *fabric;
    const LoomFabricHost *host;
    const LoomHost *facts;     /* or NULL */
    const LoomHost *committed; /* this host as last applied, or NULL */
    LoomReport *report;
    LoomHost *result;
} LoomCompiler;

/* One logical switch on the host, with what was found out about it. */
typedef struct {
    const LoomHostSwitch *host_switch;
    GPtrArray *nics; /* names of the selected NICs, in order; owned */
    guint64 mtu;
    char *uplink; /* the link that joins the bridge: the team, the only NIC, or NULL */
} LoomCompiledSwitch;

/* Appends the names of the NICs that the rules of the switch select. */
void loom_compile_nics(const LoomCompiler *compiler, LoomCompiledSwitch *compiled);

/* The bridge, the team, its NICs, and the uplink's port. */
void loom_compile_links(const LoomCompiler *compiler, LoomCompiledSwitch *compiled);

/* Host vNICs: veth pairs, addresses, routes, ports. */
void loom_compile_vnics(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled);

/* Whether each port has a class of its own, instead of sharing that of its classification. */
gboolean loom_compile_is_per_port(const LoomLogicalSwitch *logical_switch);

/* Guaranteed bandwidth on each NIC of the team. */
void loom_compile_classes(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled);

/* libvirt networks with portgroups, and the patterns of their guests' ports. */
void loom_compile_networks(const LoomCompiler *compiler);

/* The networks that may carry migrations, in terms of this host's links. */
void loom_compile_migrations(const LoomCompiler *compiler);

/* What must answer before a change is committed: gateways and peers by their addresses. */
void loom_compile_probes(const LoomCompiler *compiler);

/* Fills in what CHOICE and the profile of PORTGROUP (may be NULL: no policy) mean for a port. */
void loom_compile_policy(const LoomHostSwitch *host_switch, const LoomVlanChoice *choice,
                         const LoomSwitchPortgroup *portgroup, LoomPort *port);

/* The physical link NAME of the facts, or NULL. */
const LoomLink *loom_compile_find_fact(const LoomCompiler *compiler, const char *name);

/* A MAC address that depends only on fabric, host and DEVICE; owned by the caller. */
char *loom_compile_stable_mac(const LoomCompiler *compiler, const char *device);

/* Whether the VM network is offered on that switch of that host; *SITE: through which site. */
gboolean loom_compile_offers(const LoomFabricHost *host, const LoomHostSwitch *host_switch,
                             const LoomVmNetwork *network, LoomSite **site);
