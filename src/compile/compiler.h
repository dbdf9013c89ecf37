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
    GHashTable *taken; /* names of NICs that are selected -> the name of the logical switch */
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

/* Their names, for people; owned by the caller. */
char *loom_compile_list_nics(const LoomCompiledSwitch *compiled);

/* Adds a link of the switch's datapath, with what all of them have. */
LoomLink *loom_compile_link(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
                            const char *name, LoomLinkKind kind);

/* The team, which becomes the uplink; its NICs are not added. */
void loom_compile_team(const LoomCompiler *compiler, LoomCompiledSwitch *compiled);

/* What port profiles ask of NIC, which is one of the switch's. */
void loom_compile_offload(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
                          LoomLink *nic);

/* The bridge, the team, its NICs, and the uplink's port. */
void loom_compile_links(const LoomCompiler *compiler, LoomCompiledSwitch *compiled);

/* Host vNICs: veth pairs, addresses, routes, ports. */
void loom_compile_vnics(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled);

/*
 * Gives LINK, of a vNIC with <inherit/>, the MAC address, addresses, routes, permanent neighbours
 * and DHCP identity of the NIC whose place it takes. What the fabric states is already there.
 */
void loom_compile_inherit(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled,
                          const LoomVnic *vnic, LoomLink *link);

/* Whether each port has a class of its own, instead of sharing that of its classification. */
gboolean loom_compile_is_per_port(const LoomLogicalSwitch *logical_switch);

/*
 * The number of the class to which packets of a portgroup's ports belong, and of a host vNIC's:
 * that of its own, or its portgroup's; see host/classes.h.
 */
guint64 loom_compile_find_class(const LoomLogicalSwitch *logical_switch,
                                const LoomSwitchPortgroup *portgroup);
guint64 loom_compile_find_vnic_class(const LoomHostSwitch *host_switch, const LoomVnic *vnic);

/* Guaranteed bandwidth on each NIC of the team. */
void loom_compile_classes(const LoomCompiler *compiler, const LoomCompiledSwitch *compiled);

/* libvirt networks with portgroups, and the patterns of their guests' ports. */
void loom_compile_networks(const LoomCompiler *compiler);

/*
 * The addresses that pools of SITE have given to guests, as far as a port with CHOICE reaches them:
 * for NETWORK, a libvirt network's name, if a portgroup of the switch asks for leased addresses.
 */
void loom_compile_leases(const LoomCompiler *compiler, const LoomLogicalSwitch *logical_switch,
                         const LoomVlanChoice *choice, const LoomSite *site, const char *network);

/* The networks that may carry migrations, in terms of this host's links. */
void loom_compile_migrations(const LoomCompiler *compiler);

/* What must answer before a change is committed: gateways and peers by their addresses. */
void loom_compile_probes(const LoomCompiler *compiler);

/* Fills in what CHOICE and the profile of PORTGROUP (may be NULL: no policy) mean for a port. */
void loom_compile_policy(const LoomHostSwitch *host_switch, const LoomVlanChoice *choice,
                         const LoomSwitchPortgroup *portgroup, LoomPort *port);

/* The physical link NAME of the facts, or NULL. */
const LoomLink *loom_compile_find_fact(const LoomCompiler *compiler, const char *name);

/*
 * The MAC address with which NIC left the factory, as far as it is known: a NIC that does not tell
 * it lost it to us when it joined, and then the committed host knows. NULL: unknown.
 */
const char *loom_compile_find_permanent_mac(const LoomCompiler *compiler, const char *nic);

/* What IPv6 does on LINK, whose MTU is set. Nothing is said where that is too small for IPv6. */
typedef enum { LOOM_IPV6_SILENT, LOOM_IPV6_LINK_LOCAL, LOOM_IPV6_AUTOCONF } LoomIpv6;
void loom_compile_ipv6(LoomLink *link, LoomIpv6 ipv6);

/* A MAC address that depends only on fabric, host and DEVICE; owned by the caller. */
char *loom_compile_stable_mac(const LoomCompiler *compiler, const char *device);

/* Whether the VM network is offered on that switch of that host; *SITE: through which site. */
gboolean loom_compile_offers(const LoomFabricHost *host, const LoomHostSwitch *host_switch,
                             const LoomVmNetwork *network, LoomSite **site);
