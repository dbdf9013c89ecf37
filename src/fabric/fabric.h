/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fabric: everything that the administrator said, read, merged and resolved. */
#pragma once

#include "base/vlans.h"
#include "fabric/host.h"
#include "fabric/lease.h"

typedef struct {
    LoomRecord record;
    char *ref;
    char *vnic; /* the host vNIC there, of a host that has several; NULL: its only one */
    LoomVmNetwork *network; /* resolved; NULL: unknown */
} LoomMigrationNetwork;

typedef enum {
    LOOM_COMPRESSION_NONE,
    LOOM_COMPRESSION_XBZRLE, /* of one connection */
    LOOM_COMPRESSION_ZLIB,   /* of parallel ones, as the next */
    LOOM_COMPRESSION_ZSTD,
} LoomCompression;

/* The words of LoomCompression, which are QEMU's and libvirt's; NULL-terminated. */
extern const char *const loom_compression_words[];

typedef struct {
    LoomRecord record;
    char *hostgroup; /* NULL: all hosts that no other one is for */
    guint64 concurrent;
    guint64 max; /* Mbit/s; 0: unlimited */
    guint64 parallel;
    gboolean tls, postcopy;
    gboolean qemuconf; /* libvirt's qemu.conf has the address, too */
    int compression;   /* LoomCompression */
    char *fallback;
    GPtrArray *networks;             /* of LoomMigrationNetwork, in order of preference */
    LoomVmNetwork *fallback_network; /* resolved; NULL: none */
    LoomHostGroup *group;            /* resolved; NULL: any */
} LoomMigration;

typedef struct {
    LoomRecord record;
    int role; /* LoomRole */
    char *vmnetwork, *target, *hostgroup;
    guint64 tcp, settle;
    LoomVmNetwork *network; /* resolved; NULL: any */
    LoomHostGroup *group;   /* resolved; NULL: any */
} LoomProbe;

typedef struct {
    LoomRecord record;
    GPtrArray *probes;
} LoomProbes;

struct LoomFabric {
    LoomRecord record;
    char *name;
    GPtrArray *groups; /* of LoomHostGroup: the roots */
    GPtrArray *networks, *vm_networks, *mac_pools;
    GPtrArray *port_profiles, *uplink_profiles, *classifications;
    GPtrArray *switches, *hosts;
    GPtrArray *migrations;  /* of LoomMigration */
    LoomProbes *probes;     /* or NULL */
    GPtrArray *lease_lists; /* of LoomLeases, as written */

    /* what loading adds */
    GPtrArray *leases; /* of LoomLease, of all lists; borrowed */
    GPtrArray *pools;  /* of LoomPool, of all subnets; borrowed */
    GHashTable *index; /* of names: see loom_fabric_find() */
    GHashTable *rows;  /* of sites, by their VLANs: see loom_fabric_choose_vlan() */
};

extern const LoomKind loom_fabric_kind, loom_migration_kind, loom_probe_kind;

/* The default place: /etc/virt-loom/fabric.xml if it exists, else /etc/virt-loom/fabric.d/. */
char *loom_fabric_default_path(void);

/* Where the built-in profiles and classifications are: $VIRT_LOOM_DATADIR, or as installed. */
char *loom_fabric_builtin_path(void);

/*
 * Reads PATHS (files, or directories whose *.xml are read in name order), merges them, adds the
 * built-in profiles and classifications of the file BUILTIN (NULL: none) that the fabric does not
 * define itself, makes the VM networks of vmnetwork='same-name', resolves every name and validates.
 * All that is wrong becomes findings in REPORT, and loading goes on past it, so that the result
 * serves further validation; it may be compiled only where the report holds no error. NULL with an
 * error only where a file cannot be read or is no XML. Free with loom_fabric_free().
 */
LoomFabric *
loom_fabric_load(const char *const *paths, const char *builtin, LoomReport *report, GError **error);

/*
 * The same for the giver of leases: that a host vNIC or an automatic VLAN waits for its lease is no
 * finding, for loom_leases_complete() (fabric/lease.h) is about to give it. Not to be compiled.
 */
LoomFabric *loom_fabric_load_for_leases(const char *const *paths, const char *builtin,
                                        LoomReport *report, GError **error);

/* The same as loom_fabric_load() from one document in memory. */
LoomFabric *loom_fabric_parse(const char *text, size_t length, const char *name,
                              const char *builtin, LoomReport *report, GError **error);

void loom_fabric_free(LoomFabric *fabric);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomFabric, loom_fabric_free)

/*
 * The record of KIND (&loom_host_group_kind, &loom_logical_network_kind, &loom_vm_network_kind,
 * &loom_pool_kind, &loom_mac_pool_kind, &loom_port_profile_kind, &loom_classification_kind,
 * &loom_uplink_profile_kind, &loom_logical_switch_kind, &loom_fabric_host_kind) of that name, in
 * constant time; or NULL. Sites are named within their logical network, loom_fabric_find_site().
 */
gpointer loom_fabric_find(const LoomFabric *fabric, const LoomKind *kind, const char *name);
LoomSite *loom_fabric_find_site(const LoomFabric *fabric, const LoomLogicalNetwork *network,
                                const char *name);

/* The lease of POOL for that vNIC of that host, or NULL. In constant time. */
const LoomLease *loom_fabric_find_address_lease(const LoomFabric *fabric, const char *pool,
                                                const char *host, const char *vnic);

/* The lease of an automatic VLAN, or NULL. In constant time. */
const LoomLease *
loom_fabric_find_vlan_lease(const LoomFabric *fabric, const char *vmnetwork, const char *site);

/*
 * The <migration> that a host of GROUP goes by: its own group's, else the nearest ancestor's, else
 * the one of no group; NULL: none.
 */
const LoomMigration *
loom_fabric_find_migration(const LoomFabric *fabric, const LoomHostGroup *group);

/* What a VM network means at a site. */
typedef struct {
    guint64 vlan;          /* 0: untagged; a trunk's native VLAN, 0: none; a pvlan's primary */
    guint64 secondary;     /* of a pvlan, else 0 */
    int pvlan;             /* LoomPvlan, where there is a secondary */
    LoomVlans secondaries; /* of a pvlan: all of the site under that primary one */
    LoomVlans trunk;       /* what passes tagged; empty but on trunks */
} LoomVlanChoice;

/*
 * The VLANs that NETWORK takes at SITE: those its <vlan> names, or its lease (automatic), or the
 * only row of the site; a site without rows is untagged. FALSE where nothing is chosen, or what is
 * chosen does not exist at the site, or the network is virtual.
 */
gboolean loom_fabric_choose_vlan(const LoomFabric *fabric, const LoomVmNetwork *network,
                                 const LoomSite *site, LoomVlanChoice *choice);
