/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rules share: where findings go, and tables that keep every rule linear in the fabric. */
#pragma once

#include "fabric/fabric.h"
#include "fabric/load.h"
#include "fabric/pairs.h"
#include "fabric/ranges.h"

/*
 * Theory of operation
 *
 * A rule looks at one noun, may look up any other in constant time, and adds findings. It meets
 * whatever a file can say: pointers that could not be resolved are NULL (and were reported), names
 * and addresses may be NULL (reported too), and a rule that needs them passes over the object. What
 * holds on many hosts alike is said once, about the line that a person would change.
 */
typedef struct {
    const LoomFabric *fabric;
    LoomReport *report;
    GHashTable *sites;      /* LoomSite -> LoomSiteFacts */
    GHashTable *seen;       /* (LoomLogicalNetwork, LoomHostGroup) -> its own LoomSite */
    GHashTable *carried;    /* (LoomUplinkProfile, LoomSite) -> LoomSiteRef */
    GHashTable *portgroups; /* (LoomLogicalSwitch, LoomClassification or NULL: default) -> it */
} LoomRules;

/* What is worth knowing of a site at once. */
typedef struct {
    LoomVlans vlans;       /* of its rows; the primary ones of a pvlan */
    LoomVlans secondaries; /* of a pvlan */
    gboolean is_untagged;  /* it has a row without VLAN, or no row at all */
    gboolean is_ambiguous; /* its rows differ in VLANs: a VM network must choose */
    gboolean is_carried;   /* by some uplink port profile */
} LoomSiteFacts;

/* The name for a message; "?" where it is missing, which was reported. */
const char *loom_rules_name(const char *name);

/* Facts of any site of the fabric; never NULL. */
const LoomSiteFacts *loom_rules_site(const LoomRules *rules, const LoomSite *site);

/* The site that hosts of GROUP see: loom_logical_network_find_site() in constant time; or NULL. */
const LoomSite *loom_rules_find_site(const LoomRules *rules, const LoomLogicalNetwork *network,
                                     const LoomHostGroup *group);

/* The port profile that a classification (NULL: none) means on the switch; NULL: unknown. */
const LoomPortProfile *
loom_rules_find_profile(const LoomRules *rules, const LoomLogicalSwitch *logical_switch,
                        const LoomClassification *classification);

/* Adds a finding about RECORD, any struct that begins with a LoomRecord named record. */
#define LOOM_RULE_ERROR(rules, about, ...)                                                         \
    loom_report_add((rules)->report, LOOM_SEVERITY_ERROR, &(about)->record.source, __VA_ARGS__)
#define LOOM_RULE_WARNING(rules, about, ...)                                                       \
    loom_report_add((rules)->report, LOOM_SEVERITY_WARNING, &(about)->record.source, __VA_ARGS__)
#define LOOM_RULE_NOTE(rules, about, ...)                                                          \
    loom_report_add((rules)->report, LOOM_SEVERITY_NOTE, &(about)->record.source, __VA_ARGS__)

/* ADDRESS and PREFIX of something with the record ABOUT: lengths, and no bits beyond the prefix. */
void loom_rules_check_prefix(const LoomRules *rules, const LoomRecord *about, const char *address,
                             guint64 prefix);
void loom_rules_check_route(const LoomRules *rules, const LoomPoolRoute *route);

/* The rules of subnets that sites and VM networks share: their addresses and pools. */
void loom_rules_check_subnet(const LoomRules *rules, const LoomSubnet *subnet);
/* SUBNETS of one place must not overlap on different VLANs. */
void loom_rules_check_overlap(const LoomRules *rules, const GPtrArray *subnets);
/* RANGES of pools (their item: LoomPool) must not overlap. */
void loom_rules_check_pools(const LoomRules *rules, GArray *ranges);

/* The rules of a host vNIC that hold wherever it is, on that switch (NULL: unknown). */
void loom_rules_check_vnic(const LoomRules *rules, const LoomVnic *vnic,
                           const LoomLogicalSwitch *logical_switch);

/* The bonding options of the profile's team; those that a team of Open vSwitch lacks. */
void loom_rules_check_team(const LoomRules *rules, const LoomUplinkProfile *profile);
void
loom_rules_check_openvswitch_team(const LoomRules *rules, const LoomLogicalSwitch *logical_switch,
                                  const LoomUplinkProfile *profile);

/* What a team of so many NICs cannot be. */
void loom_rules_check_team_size(const LoomRules *rules, const LoomFabricHost *host,
                                const LoomHostSwitch *use, guint64 nics);

/* The rules, by noun. */
void loom_rules_check_networks(const LoomRules *rules);
void loom_rules_check_vm_networks(const LoomRules *rules);
void loom_rules_check_mac_pools(const LoomRules *rules);
void loom_rules_check_port_profiles(const LoomRules *rules);
void loom_rules_check_uplink_profiles(const LoomRules *rules);
void loom_rules_check_switches(const LoomRules *rules);
void loom_rules_check_hosts(const LoomRules *rules);
void loom_rules_check_reach(const LoomRules *rules);
void loom_rules_check_addresses(const LoomRules *rules);
void loom_rules_check_migration(const LoomRules *rules);
void loom_rules_check_policies(const LoomRules *rules);
void loom_rules_check_leases(const LoomRules *rules);
void loom_rules_check_missing_leases(const LoomRules *rules);
