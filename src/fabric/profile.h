/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How ports and uplinks behave: port profiles, classifications, uplink profiles. */
#pragma once

#include "fabric/network.h"

/* Bandwidth of one port: Mbit/s and KiB; 0 = none or unlimited. */
typedef struct {
    LoomRecord record;
    guint64 min, weight;    /* one of them, or neither */
    guint64 max, maxin;     /* what the port sends, what it receives */
    guint64 burst, burstin; /* KiB; 0: what suits max and maxin */
} LoomBandwidth;

typedef enum {
    LOOM_ADDRESSES_ANY,    /* no lock */
    LOOM_ADDRESSES_LEASED, /* those we leased */
    LOOM_ADDRESSES_GIVEN,  /* those in the domain's metadata */
} LoomAddresses;

typedef struct {
    LoomRecord record;
    gboolean macspoofing, dhcpguard, routerguard, teaming, prioritytagging, isolated;
    int addresses; /* LoomAddresses */
} LoomSecurity;

typedef struct {
    LoomRecord record;
    gboolean vmq, ipsec, sriov, rss, rdma;
    guint64 queues; /* 0: libvirt's default */
} LoomOffload;

typedef struct {
    LoomRecord record;
    char *name;
    LoomDescription *description;
    LoomBandwidth *bandwidth; /* never NULL after loading, as the next two */
    LoomSecurity *security;
    LoomOffload *offload;
} LoomPortProfile;

typedef struct {
    LoomRecord record;
    char *name;
    LoomDescription *description;
} LoomClassification;

typedef enum { LOOM_TEAM_INDEPENDENT, LOOM_TEAM_STATIC, LOOM_TEAM_LACP } LoomTeamMode;
typedef enum {
    LOOM_BALANCE_HOST_DEFAULT,
    LOOM_BALANCE_SWITCH_PORT,
    LOOM_BALANCE_DYNAMIC,
    LOOM_BALANCE_TRANSPORT_PORTS,
    LOOM_BALANCE_IP_ADDRESSES,
    LOOM_BALANCE_MAC_ADDRESSES,
} LoomBalance;

/* One bonding option of the kernel, over what mode and loadbalance choose. */
typedef struct {
    LoomRecord record;
    char *name, *value;
} LoomTeamOption;

typedef struct {
    LoomRecord record;
    int mode;        /* LoomTeamMode */
    int loadbalance; /* LoomBalance */
    GPtrArray *options;
} LoomTeam;

/* <site logicalnetwork='' ref=''/>: the uplink carries that site. */
typedef struct {
    LoomRecord record;
    char *logicalnetwork, *ref;
    LoomSite *site; /* resolved; NULL: unknown */
} LoomSiteRef;

typedef struct {
    LoomRecord record;
    char *name;
    LoomDescription *description;
    LoomTeam *team; /* NULL: none, for uplinkmode='single' */
    GPtrArray *sites;
} LoomUplinkProfile;

extern const LoomKind loom_port_profile_kind, loom_classification_kind, loom_uplink_profile_kind,
    loom_bandwidth_kind, loom_security_kind, loom_offload_kind;

/* Whether the profile carries SITE. */
gboolean loom_uplink_profile_has_site(const LoomUplinkProfile *profile, const LoomSite *site);
