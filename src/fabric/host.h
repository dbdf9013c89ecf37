/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host as the fabric describes it: its group, its NICs on logical switches, its own vNICs. */
#pragma once

#include "fabric/switch.h"

#define LOOM_NIC_COUNT_ALL 0 /* as many as there are, but one at least */

/* Selects one NIC, or COUNT of them: by all of the given properties together. */
typedef struct {
    LoomRecord record;
    char *name, *mac, *pci, *driver;
    guint64 speed; /* Mbit/s */
    guint64 count;
} LoomNicRule;

/* <switch logicalswitch='' device='' uplink=''>: an instance of a logical switch on a host. */
typedef struct {
    LoomRecord record;
    char *logicalswitch, *device, *uplink;
    GPtrArray *nics;                   /* of LoomNicRule */
    GPtrArray *vnics;                  /* of LoomVnic: beside those of the uplink */
    LoomLogicalSwitch *logical_switch; /* resolved; NULL: unknown */
    LoomUplinkProfile *profile;        /* resolved; NULL: unknown */
    LoomUplink *resolved_uplink;       /* the switch's of that profile; NULL: it has none */
} LoomHostSwitch;

typedef struct {
    LoomRecord record;
    char *name, *hostgroup;
    GPtrArray *switches;
    LoomHostGroup *group; /* resolved; NULL: unknown */
} LoomFabricHost;

extern const LoomKind loom_fabric_host_kind;

/* All host vNICs of the switch on this host: of its uplink, then its own. Borrowed elements. */
GPtrArray *loom_host_switch_list_vnics(const LoomHostSwitch *host_switch);
