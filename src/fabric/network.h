/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where things are reachable: host groups, logical networks with sites and pools, VM networks. */
#pragma once

#include "base/inet.h"
#include "base/record.h"

/* A place in the tree of host groups. */
typedef struct LoomHostGroup LoomHostGroup;
struct LoomHostGroup {
    LoomRecord record;
    char *name;
    GPtrArray *groups;     /* of LoomHostGroup */
    LoomHostGroup *parent; /* resolved; NULL: a root */
};

/* "In this host group": <hostgroup ref=''/> of a site or a MAC pool. */
typedef struct {
    LoomRecord record;
    char *ref;
    LoomHostGroup *group; /* resolved; NULL: unknown */
} LoomHostGroupRef;

typedef struct {
    LoomRecord record;
    char *start, *end; /* addresses; end is start where only one is reserved */
} LoomReserved;

typedef struct {
    LoomRecord record;
    char *address;
    guint64 metric; /* 0: the kernel's own choice */
} LoomGateway;

typedef struct {
    LoomRecord record;
    char *server, *suffix, *search;
} LoomDns;

typedef struct {
    LoomRecord record;
    char *address;
    guint64 prefix;
    char *gateway;
    guint64 metric;
} LoomPoolRoute;

typedef struct LoomSubnet LoomSubnet;

typedef struct {
    LoomRecord record;
    char *name, *start, *end;
    GPtrArray *reserved, *gateways, *dns, *routes;
    LoomSubnet *subnet; /* the row it stands in */
} LoomPool;

typedef enum { LOOM_PVLAN_ISOLATED, LOOM_PVLAN_COMMUNITY, LOOM_PVLAN_PROMISCUOUS } LoomPvlan;

typedef struct LoomSite LoomSite;
typedef struct LoomVmNetwork LoomVmNetwork;

/* A row of a site, or of a virtual VM network: subnet + VLAN. */
struct LoomSubnet {
    LoomRecord record;
    char *name;    /* of a VM network's subnet */
    char *address; /* NULL: no addresses of ours */
    guint64 prefix;
    guint64 vlan;      /* 0: untagged; the primary VLAN of a pvlan */
    guint64 secondary; /* 0: none */
    int pvlan;         /* LoomPvlan */
    GPtrArray *pools;
    LoomSite *site;       /* it stands in, or NULL */
    LoomVmNetwork *owner; /* it stands in, or NULL */
};

typedef struct LoomLogicalNetwork LoomLogicalNetwork;

struct LoomSite {
    LoomRecord record;
    char *name;
    GPtrArray *groups;  /* of LoomHostGroupRef */
    GPtrArray *subnets; /* of LoomSubnet */
    LoomLogicalNetwork *network;
};

typedef enum { LOOM_NETWORK_CONNECTED, LOOM_NETWORK_VLAN, LOOM_NETWORK_PVLAN } LoomNetworkType;

typedef struct {
    LoomRecord record;
    char *text;
} LoomDescription;

struct LoomLogicalNetwork {
    LoomRecord record;
    char *name;
    int type; /* LoomNetworkType */
    guint64 mtu;
    int vmnetwork; /* 1: a VM network of the same name comes with it */
    gboolean virtualization;
    LoomDescription *description;
    GPtrArray *sites;
};

typedef enum {
    LOOM_ISOLATION_NONE,
    LOOM_ISOLATION_VLAN,
    LOOM_ISOLATION_TRUNK,
    LOOM_ISOLATION_PVLAN,
    LOOM_ISOLATION_VIRTUAL,
} LoomIsolation;

/* <vlan site='' id=''/>: which VLAN (for pvlan: which secondary) of the site a VM network takes. */
typedef struct {
    LoomRecord record;
    char *site;
    char *id; /* canonical ranges; several only on a trunk */
    gboolean native;
    LoomSite *resolved; /* NULL: unknown */
} LoomVmNetworkVlan;

struct LoomVmNetwork {
    LoomRecord record;
    char *name, *logicalnetwork;
    int isolation; /* LoomIsolation */
    int automatic; /* 1: vlan='automatic' */
    char *owner;
    LoomDescription *description;
    GPtrArray *vlans;            /* of LoomVmNetworkVlan */
    GPtrArray *subnets;          /* of LoomSubnet; virtual only */
    LoomLogicalNetwork *network; /* resolved; NULL: unknown */
};

typedef struct {
    LoomRecord record;
    char *name, *start, *end;
    GPtrArray *groups; /* of LoomHostGroupRef */
} LoomMacPool;

extern const LoomKind loom_host_group_kind, loom_logical_network_kind, loom_vm_network_kind,
    loom_mac_pool_kind, loom_description_kind, loom_site_kind, loom_subnet_kind, loom_pool_kind,
    loom_pool_route_kind;

/* Whether GROUP is ANCESTOR or stands somewhere below it. */
gboolean loom_host_group_is_within(const LoomHostGroup *group, const LoomHostGroup *ancestor);

/* The site of NETWORK for hosts of GROUP: its own, else that of the nearest ancestor; or NULL. */
LoomSite *
loom_logical_network_find_site(const LoomLogicalNetwork *network, const LoomHostGroup *group);

/* The <vlan> with which NETWORK chooses at SITE, or NULL. A trunk may have several: the first. */
const LoomVmNetworkVlan *
loom_vm_network_find_vlan(const LoomVmNetwork *network, const LoomSite *site);
