/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of hosts: their switches, NICs, and the names of devices. */
#include "base/i18n.h"
#include "base/name.h"
#include "fabric/rules.h"

#include <inttypes.h>
#include <string.h>

#define DEVICE_NAME_MAX (LOOM_DEVICE_LENGTH_MAX - strlen(LOOM_TEAM_SUFFIX))

/* Who has a device name on a host; one table per host. */
typedef struct {
    const LoomRecord *where;            /* the line to show */
    const LoomHostSwitch *inherited_by; /* of a vNIC that comes with the uplink, else NULL */
} NameUse;

/* FALSE: the host has another device of that name. */
static gboolean
add_device(const LoomRules *rules, const LoomFabricHost *host, GHashTable *devices,
           const char *device, const LoomRecord *where, const LoomHostSwitch *inherited_by)
{
    const NameUse *first = g_hash_table_lookup(devices, device);
    NameUse *use;

    if (!first) {
        use = g_new(NameUse, 1);
        *use = (NameUse){where, inherited_by};
        g_hash_table_insert(devices, g_strdup(device), use);
        return TRUE;
    }
    if (inherited_by && first->inherited_by == inherited_by)
        return FALSE; /* said about the logical switch */
    loom_report_add(rules->report, LOOM_SEVERITY_ERROR, &where->source,
                    _("host '%s' would have two devices of the name '%s'; the other comes from "
                      "%s:%u"),
                    loom_rules_name(host->name), device, first->where->source.file,
                    first->where->source.line);
    return FALSE;
}

static void
add_vnic_devices(const LoomRules *rules, const LoomFabricHost *host, GHashTable *devices,
                 const LoomHostSwitch *use)
{
    g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(use);
    const guint inherited = vnics->len - use->vnics->len;

    for (guint i = 0; i < vnics->len; i++) {
        const LoomVnic *vnic = vnics->pdata[i];
        const gboolean is_inherited = i < inherited;
        const LoomRecord *where = is_inherited ? &use->record : &vnic->record;
        g_autofree char *port = NULL;

        if (!vnic->name)
            continue;
        port = g_strconcat(vnic->name, LOOM_PORT_SUFFIX, NULL);
        if (add_device(rules, host, devices, vnic->name, where, is_inherited ? use : NULL))
            add_device(rules, host, devices, port, where, is_inherited ? use : NULL);
    }
}

static void
check_devices(const LoomRules *rules, const LoomFabricHost *host)
{
    g_autoptr(GHashTable) devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    for (guint i = 0; i < host->switches->len; i++) {
        const LoomHostSwitch *use = host->switches->pdata[i];

        /* the same NIC twice is another finding, so NICs never clash among themselves here */
        for (guint k = 0; k < use->nics->len; k++) {
            const LoomNicRule *nic = use->nics->pdata[k];

            if (nic->name && !g_hash_table_contains(devices, nic->name))
                add_device(rules, host, devices, nic->name, &nic->record, NULL);
        }
    }
    for (guint i = 0; i < host->switches->len; i++) {
        const LoomHostSwitch *use = host->switches->pdata[i];
        g_autofree char *team = NULL;

        if (use->device) {
            team = g_strconcat(use->device, LOOM_TEAM_SUFFIX, NULL);
            if (add_device(rules, host, devices, use->device, &use->record, NULL))
                add_device(rules, host, devices, team, &use->record, NULL);
        }
        add_vnic_devices(rules, host, devices, use);
    }
}

static void
check_device_name(const LoomRules *rules, const LoomHostSwitch *use)
{
    const char *keyword;

    if (!use->device)
        return;
    keyword = loom_device_name_find_keyword(use->device);
    if (keyword)
        LOOM_RULE_ERROR(rules, use,
                        _("logical switch '%s': device='%s' is a name that iproute2 reads as its "
                          "keyword '%s'; choose another"),
                        loom_rules_name(use->logicalswitch), use->device, keyword);
    if (strlen(use->device) > DEVICE_NAME_MAX)
        LOOM_RULE_ERROR(rules, use,
                        _("logical switch '%s': device='%s' has %zu characters; at most %zu leave "
                          "room for the name of "
                          "its team, '%s%s', within %d"),
                        loom_rules_name(use->logicalswitch), use->device, strlen(use->device),
                        DEVICE_NAME_MAX, use->device, LOOM_TEAM_SUFFIX, LOOM_DEVICE_LENGTH_MAX);
}

/* A NIC that two rules name by the same property. PROPERTY is the attribute's name. */
static void
check_nic_once(const LoomRules *rules, const LoomFabricHost *host, GHashTable *nics,
               const LoomNicRule *nic, const char *property, const char *value)
{
    g_autofree char *key = NULL;
    const LoomNicRule *first;

    if (!value)
        return;
    key = g_strconcat(property, "=", value, NULL);
    first = g_hash_table_lookup(nics, key);
    if (first)
        LOOM_RULE_ERROR(rules, nic, _("host '%s' uses the NIC with %s='%s' twice; first at %s:%u"),
                        loom_rules_name(host->name), property, value, first->record.source.file,
                        first->record.source.line);
    else
        g_hash_table_insert(nics, g_steal_pointer(&key), (gpointer)nic);
}

static void
check_nic(const LoomRules *rules, const LoomFabricHost *host, GHashTable *nics,
          const LoomNicRule *nic)
{
    const gboolean is_single = nic->name || nic->mac || nic->pci;

    if (!is_single && !nic->driver && !nic->speed)
        LOOM_RULE_ERROR(rules, nic,
                        _("<nic> of host '%s' selects no NIC: say name, mac, pci, driver or speed"),
                        loom_rules_name(host->name));
    if (is_single && nic->count == LOOM_NIC_COUNT_ALL)
        LOOM_RULE_ERROR(rules, nic,
                        _("<nic> of host '%s' has count='all', but name, mac and pci each select "
                          "one NIC"),
                        loom_rules_name(host->name));
    else if (is_single && nic->count > 1)
        LOOM_RULE_ERROR(rules, nic,
                        _("<nic> of host '%s' has count='%" PRIu64
                          "', but name, mac and pci each select one NIC"),
                        loom_rules_name(host->name), nic->count);
    check_nic_once(rules, host, nics, nic, "name", nic->name);
    check_nic_once(rules, host, nics, nic, "mac", nic->mac);
    check_nic_once(rules, host, nics, nic, "pci", nic->pci);
}

static void
check_nics(const LoomRules *rules, const LoomFabricHost *host)
{
    g_autoptr(GHashTable) nics = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < host->switches->len; i++) {
        const LoomHostSwitch *use = host->switches->pdata[i];
        const gboolean is_single =
            use->logical_switch && use->logical_switch->uplinkmode == LOOM_UPLINK_SINGLE;
        gboolean is_known = TRUE;
        guint64 count = 0;

        for (guint k = 0; k < use->nics->len; k++) {
            const LoomNicRule *nic = use->nics->pdata[k];

            check_nic(rules, host, nics, nic);
            is_known = is_known && nic->count != LOOM_NIC_COUNT_ALL;
            count += nic->count == LOOM_NIC_COUNT_ALL ? 1 : nic->count;
            if (is_single && nic->count == LOOM_NIC_COUNT_ALL)
                LOOM_RULE_ERROR(rules, nic,
                                _("host '%s' gives logical switch '%s' count='all' NICs; "
                                  "uplinkmode='single' takes exactly one"),
                                loom_rules_name(host->name), use->logicalswitch);
        }
        if (!count)
            LOOM_RULE_ERROR(rules, use, _("host '%s' gives logical switch '%s' no <nic>"),
                            loom_rules_name(host->name), loom_rules_name(use->logicalswitch));
        else if (count > 1 && is_single)
            LOOM_RULE_ERROR(rules, use,
                            _("host '%s' gives logical switch '%s' %" PRIu64
                              " NICs; uplinkmode='single' takes exactly one"),
                            loom_rules_name(host->name), use->logicalswitch, count);
        if (count && is_known)
            loom_rules_check_team_size(rules, host, use, count);
    }
}

/* The profile must be one of the switch's, and carry a site that the host sees. */
static void
check_uplink(const LoomRules *rules, const LoomFabricHost *host, const LoomHostSwitch *use)
{
    gboolean sees_one = FALSE;

    if (!use->profile)
        return;
    if (use->logical_switch && !use->resolved_uplink)
        LOOM_RULE_ERROR(rules, use,
                        _("host '%s' uses uplink port profile '%s', which logical switch '%s' does "
                          "not have"),
                        loom_rules_name(host->name), use->uplink, use->logicalswitch);
    if (!host->group || !use->profile->sites->len)
        return;
    for (guint i = 0; i < use->profile->sites->len && !sees_one; i++) {
        const LoomSite *site = ((const LoomSiteRef *)use->profile->sites->pdata[i])->site;

        sees_one = !site || loom_rules_find_site(rules, site->network, host->group) == site;
    }
    if (!sees_one)
        LOOM_RULE_ERROR(rules, use,
                        _("host '%s' uses uplink port profile '%s', none of whose network sites is "
                          "for its host group '%s'"),
                        loom_rules_name(host->name), use->uplink, host->hostgroup);
}

/* Untagged networks of one wire are one network, whatever they are called. */
static void
check_untagged(const LoomRules *rules, const LoomFabricHost *host, const LoomHostSwitch *use)
{
    g_autoptr(GString) names = g_string_new(NULL);
    guint count = 0;

    for (guint i = 0; use->profile && i < use->profile->sites->len; i++) {
        const LoomSite *site = ((const LoomSiteRef *)use->profile->sites->pdata[i])->site;

        if (!site || !loom_rules_site(rules, site)->is_untagged ||
            loom_rules_find_site(rules, site->network, host->group) != site)
            continue;
        g_string_append_printf(names, count ? ", '%s'" : "'%s'",
                               loom_rules_name(site->network->name));
        count++;
    }
    if (count > 1)
        LOOM_RULE_WARNING(rules, use,
                          _("host '%s': logical networks %s share the wire of '%s' untagged: they "
                            "are not isolated from each other"),
                          loom_rules_name(host->name), names->str,
                          loom_rules_name(use->logicalswitch));
}

/* What the uplink can carry, in Mbit/s; 0: a speed is not known. */
static guint64
find_capacity(const LoomHostSwitch *use)
{
    const LoomTeam *team = use->profile ? use->profile->team : NULL;
    const gboolean is_backup = team && team->mode == LOOM_TEAM_INDEPENDENT &&
                               use->logical_switch->datapath == LOOM_DATAPATH_BRIDGE;
    guint64 sum = 0, slowest = G_MAXUINT64;

    for (guint i = 0; i < use->nics->len; i++) {
        const LoomNicRule *nic = use->nics->pdata[i];

        if (!nic->speed || nic->count == LOOM_NIC_COUNT_ALL)
            return 0;
        sum += nic->speed * nic->count;
        slowest = MIN(slowest, nic->speed);
    }
    return is_backup && use->nics->len ? slowest : sum;
}

/* The minimums of the host's own ports are promised together, that of a guest's port alone. */
static void
check_capacity(const LoomRules *rules, const LoomFabricHost *host, const LoomHostSwitch *use)
{
    const LoomLogicalSwitch *logical_switch = use->logical_switch;
    g_autoptr(GPtrArray) vnics = loom_host_switch_list_vnics(use);
    guint64 capacity, sum = 0;

    if (!logical_switch || logical_switch->minbandwidth != LOOM_MIN_BANDWIDTH_ABSOLUTE)
        return;
    capacity = find_capacity(use);
    if (!capacity)
        return;
    for (guint i = 0; i < vnics->len; i++) {
        const LoomVnic *vnic = vnics->pdata[i];
        const LoomPortProfile *profile =
            loom_rules_find_profile(rules, logical_switch, vnic->resolved);

        sum += profile ? profile->bandwidth->min : 0;
    }
    if (sum > capacity)
        LOOM_RULE_ERROR(rules, use,
                        _("host '%s': the minimums of the host vNICs on logical switch '%s' sum to "
                          "%" PRIu64 " Mbit/s, over the %" PRIu64 " Mbit/s of its uplink"),
                        loom_rules_name(host->name), use->logicalswitch, sum, capacity);
    for (guint i = 0; i < logical_switch->portgroups->len; i++) {
        const LoomPortProfile *profile =
            ((const LoomSwitchPortgroup *)logical_switch->portgroups->pdata[i])->resolved;

        if (profile && profile->bandwidth->min > capacity)
            LOOM_RULE_ERROR(rules, use,
                            _("host '%s': port profile '%s' of logical switch '%s' promises "
                              "%" PRIu64 " Mbit/s, over the %" PRIu64 " Mbit/s of its uplink"),
                            loom_rules_name(host->name), loom_rules_name(profile->name),
                            use->logicalswitch, profile->bandwidth->min, capacity);
    }
}

static void
check_switches(const LoomRules *rules, const LoomFabricHost *host)
{
    g_autoptr(GHashTable) switches = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < host->switches->len; i++) {
        const LoomHostSwitch *use = host->switches->pdata[i];

        if (use->logical_switch && !g_hash_table_add(switches, use->logical_switch))
            LOOM_RULE_ERROR(rules, use, _("host '%s' uses logical switch '%s' twice"),
                            loom_rules_name(host->name), use->logicalswitch);
        check_device_name(rules, use);
        check_uplink(rules, host, use);
        check_untagged(rules, host, use);
        check_capacity(rules, host, use);
        for (guint k = 0; k < use->vnics->len; k++)
            loom_rules_check_vnic(rules, use->vnics->pdata[k], use->logical_switch);
    }
}

void
loom_rules_check_hosts(const LoomRules *rules)
{
    for (guint i = 0; i < rules->fabric->hosts->len; i++) {
        const LoomFabricHost *host = rules->fabric->hosts->pdata[i];

        if (!host->switches->len)
            LOOM_RULE_WARNING(rules, host, _("host '%s' has no <switch>: nothing is made there"),
                              loom_rules_name(host->name));
        check_switches(rules, host);
        check_nics(rules, host);
        check_devices(rules, host);
    }
}
