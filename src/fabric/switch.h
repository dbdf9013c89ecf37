/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logical switches, their uplinks, host vNICs and portgroups. */
#pragma once

#include "fabric/profile.h"

typedef enum { LOOM_DATAPATH_BRIDGE, LOOM_DATAPATH_OPENVSWITCH } LoomDatapath;
typedef enum { LOOM_UPLINK_TEAM, LOOM_UPLINK_SINGLE } LoomUplinkMode;
typedef enum {
    LOOM_MIN_BANDWIDTH_WEIGHT,
    LOOM_MIN_BANDWIDTH_ABSOLUTE,
    LOOM_MIN_BANDWIDTH_NONE
} LoomMinBandwidth;
typedef enum { LOOM_WEIGHT_PER_CLASSIFICATION, LOOM_WEIGHT_PER_PORT } LoomWeightPer;
typedef enum {
    LOOM_ROLE_NONE,
    LOOM_ROLE_MANAGEMENT,
    LOOM_ROLE_CLUSTER,
    LOOM_ROLE_MIGRATION,
    LOOM_ROLE_STORAGE,
} LoomRole;

/* The words of LoomRole, which probes and hosts share; NULL-terminated. */
extern const char *const loom_role_words[];

/* <inherit/>: the vNIC takes over what the physical management NIC has. */
typedef struct {
    LoomRecord record;
} LoomInherit;

/* <ip/>: from a pool, given, or by DHCP. */
typedef struct {
    LoomRecord record;
    char *pool; /* exactly one of pool, address and dhcp */
    char *address;
    guint64 prefix;
    int dhcp;           /* present: by DHCP */
    LoomPool *resolved; /* the pool; NULL: none or unknown */
} LoomVnicAddress;

typedef struct {
    LoomRecord record;
    gboolean automatic; /* 'auto': by router advertisement */
} LoomVnicIp6;

typedef struct LoomVnic {
    LoomRecord record;
    char *name, *vmnetwork, *classification;
    int role; /* LoomRole */
    guint64 mtu;
    char *mac;
    LoomInherit *inherit;
    LoomVnicIp6 *ip6;
    GPtrArray *addresses;         /* of LoomVnicAddress */
    GPtrArray *routes;            /* of LoomPoolRoute */
    LoomVmNetwork *network;       /* resolved; NULL: unknown */
    LoomClassification *resolved; /* the classification; NULL: none or unknown */
} LoomVnic;

/* <uplink profile=''>: hosts that use the profile get its vNICs. */
typedef struct {
    LoomRecord record;
    char *profile;
    GPtrArray *vnics;
    LoomUplinkProfile *resolved; /* NULL: unknown */
} LoomUplink;

/* <portgroup classification='' profile=''/>: this classification means that profile here. */
typedef struct {
    LoomRecord record;
    char *classification, *profile;
    char *name; /* the libvirt portgroup's; not given: made of the classification's */
    gboolean is_default;
    LoomClassification *resolved_classification; /* NULL: unknown */
    LoomPortProfile *resolved;                   /* the profile; NULL: unknown */
} LoomSwitchPortgroup;

typedef struct {
    LoomRecord record;
    char *name;
    int datapath;     /* LoomDatapath */
    int uplinkmode;   /* LoomUplinkMode */
    int minbandwidth; /* LoomMinBandwidth */
    gboolean sriov;
    int weightper;            /* LoomWeightPer */
    gboolean admission_warns; /* admission='warn' */
    gboolean onfailure_warns; /* onfailure='warn' */
    gboolean drift_reports;   /* drift='report' */
    gboolean stp, multicastsnooping;
    guint64 mtu;        /* 0: the largest of the logical networks it carries */
    guint64 nativevlan; /* the inner number of untagged traffic */
    LoomDescription *description;
    GPtrArray *uplinks;    /* of LoomUplink */
    GPtrArray *portgroups; /* of LoomSwitchPortgroup */
} LoomLogicalSwitch;

extern const LoomKind loom_logical_switch_kind, loom_vnic_kind, loom_portgroup_kind;

/* The portgroup of that classification; of none: the default one; or NULL. */
LoomSwitchPortgroup *loom_logical_switch_find_portgroup(const LoomLogicalSwitch *logical_switch,
                                                        const LoomClassification *classification);
