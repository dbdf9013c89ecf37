/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of port profiles and uplink port profiles. */
#include "base/i18n.h"
#include "fabric/rules.h"

#include <inttypes.h>

static void
check_bandwidth(const LoomRules *rules, const LoomPortProfile *profile)
{
    const LoomBandwidth *bandwidth = profile->bandwidth;
    const char *name = loom_rules_name(profile->name);

    if (LOOM_HAS(bandwidth, min) && LOOM_HAS(bandwidth, weight))
        LOOM_RULE_ERROR(rules, bandwidth,
                        _("port profile '%s' has min and weight; a minimum is one or the other"),
                        name);
    if (bandwidth->max && bandwidth->min > bandwidth->max)
        LOOM_RULE_ERROR(rules, bandwidth,
                        _("port profile '%s' has min='%" PRIu64 "' above max='%" PRIu64 "'"), name,
                        bandwidth->min, bandwidth->max);
    if (bandwidth->burst && !bandwidth->max)
        LOOM_RULE_WARNING(rules, bandwidth,
                          _("port profile '%s' has a burst without max: it has no effect"), name);
    if (bandwidth->burstin && !bandwidth->maxin)
        LOOM_RULE_WARNING(rules, bandwidth,
                          _("port profile '%s' has a burstin without maxin: it has no effect"),
                          name);
}

/* A vNIC gets its queues by attach, of a profile with vmq: src/cli/attach.c. */
static void
check_offload(const LoomRules *rules, const LoomPortProfile *profile)
{
    const LoomOffload *offload = profile->offload;

    if (LOOM_HAS(offload, queues) && !offload->vmq)
        LOOM_RULE_WARNING(
            rules, offload,
            _("port profile '%s' has queues='%" PRIu64 "' without vmq='yes': it has no effect"),
            loom_rules_name(profile->name), offload->queues);
}

void
loom_rules_check_port_profiles(const LoomRules *rules)
{
    for (guint i = 0; i < rules->fabric->port_profiles->len; i++) {
        check_bandwidth(rules, rules->fabric->port_profiles->pdata[i]);
        check_offload(rules, rules->fabric->port_profiles->pdata[i]);
    }
}

/* A host is in one place, so of one logical network it has one site. */
static void
check_networks_once(const LoomRules *rules, const LoomUplinkProfile *profile)
{
    g_autoptr(GHashTable) by_network = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < profile->sites->len; i++) {
        LoomSiteRef *ref = profile->sites->pdata[i];
        const LoomSiteRef *first;

        if (!ref->site)
            continue;
        first = g_hash_table_lookup(by_network, ref->site->network);
        if (!first)
            g_hash_table_insert(by_network, ref->site->network, ref);
        else if (first->site == ref->site)
            LOOM_RULE_ERROR(rules, ref,
                            _("uplink port profile '%s' carries network site '%s' twice"),
                            loom_rules_name(profile->name), ref->ref);
        else
            LOOM_RULE_ERROR(rules, ref,
                            _("uplink port profile '%s' carries two network sites of logical "
                              "network '%s': '%s' and '%s'; a host sees one"),
                            loom_rules_name(profile->name), ref->logicalnetwork, first->ref,
                            ref->ref);
    }
}

static gboolean
site_covers(const LoomSite *site, const LoomHostGroup *group, GHashTable *covered)
{
    for (; group; group = group->parent)
        if (loom_pairs_find(covered, site, group))
            return TRUE;
    return FALSE;
}

/* How many sites of the profile cover GROUP; the first that does not goes into *WITHOUT. */
static guint
count_covering(const GPtrArray *sites, const LoomHostGroup *group, GHashTable *covered,
               const LoomSite **without)
{
    guint count = 0;

    *without = NULL;
    for (guint i = 0; i < sites->len; i++) {
        if (site_covers(sites->pdata[i], group, covered))
            count++;
        else if (!*without)
            *without = sites->pdata[i];
    }
    return count;
}

/*
 * Sites share a host group where some group is below (or is) one of each. If there is such a group,
 * then one that a site names is such a group: the lowest of those above it.
 */
static void
check_sites_share(const LoomRules *rules, const LoomUplinkProfile *profile)
{
    g_autoptr(GHashTable) covered = loom_pairs_new();
    g_autoptr(GHashTable) tried = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) sites = g_ptr_array_new();
    const LoomHostGroup *best = NULL;
    const LoomSite *best_without = NULL;
    guint best_count = 0;

    for (guint i = 0; i < profile->sites->len; i++) {
        LoomSite *site = ((const LoomSiteRef *)profile->sites->pdata[i])->site;

        if (!site || !site->groups->len)
            continue;
        g_ptr_array_add(sites, site);
        for (guint k = 0; k < site->groups->len; k++) {
            const LoomHostGroupRef *ref = site->groups->pdata[k];

            if (ref->group)
                loom_pairs_add(covered, site, ref->group, ref);
        }
    }
    for (guint i = 0; i < sites->len; i++) {
        const LoomSite *site = sites->pdata[i];

        for (guint k = 0; k < site->groups->len; k++) {
            LoomHostGroup *group = ((const LoomHostGroupRef *)site->groups->pdata[k])->group;
            const LoomSite *without;
            guint count;

            if (!group || !g_hash_table_add(tried, group))
                continue;
            count = count_covering(sites, group, covered, &without);
            if (!without)
                return;
            if (count > best_count) {
                best = group;
                best_count = count;
                best_without = without;
            }
        }
    }
    if (best)
        LOOM_RULE_ERROR(rules, profile,
                        _("uplink port profile '%s': its network sites share no host group; '%s' "
                          "sees others of them, but not '%s'"),
                        loom_rules_name(profile->name), loom_rules_name(best->name),
                        loom_rules_name(best_without->name));
}

void
loom_rules_check_uplink_profiles(const LoomRules *rules)
{
    for (guint i = 0; i < rules->fabric->uplink_profiles->len; i++) {
        const LoomUplinkProfile *profile = rules->fabric->uplink_profiles->pdata[i];

        if (!profile->sites->len)
            LOOM_RULE_WARNING(rules, profile, _("uplink port profile '%s' carries no network site"),
                              loom_rules_name(profile->name));
        loom_rules_check_team(rules, profile);
        check_networks_once(rules, profile);
        check_sites_share(rules, profile);
    }
}
