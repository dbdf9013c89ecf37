/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom show: the fabric as a tree, or one kind of thing as a table. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/words.h"

#include <inttypes.h>
#include <stdio.h>

/* A kind of thing: its word, where it stands, and the cells of its row. */
typedef struct {
    const char *word;
    const LoomKind *kind;
    const char *noun;                             /* of an unknown name, marked for translation */
    GPtrArray *(*list)(const LoomFabric *fabric); /* borrowed records, in a list to unref */
    LoomTable *(*table)(const LoomFabric *fabric, const GPtrArray *records);
} Shown;

static GPtrArray *
list_hosts(const LoomFabric *fabric)
{
    return g_ptr_array_ref(fabric->hosts);
}

static GPtrArray *
list_switches(const LoomFabric *fabric)
{
    return g_ptr_array_ref(fabric->switches);
}

static GPtrArray *
list_networks(const LoomFabric *fabric)
{
    return g_ptr_array_ref(fabric->vm_networks);
}

static GPtrArray *
list_pools(const LoomFabric *fabric)
{
    return g_ptr_array_ref(fabric->pools);
}

static GPtrArray *
list_profiles(const LoomFabric *fabric)
{
    return g_ptr_array_ref(fabric->port_profiles);
}

static GPtrArray *
list_classifications(const LoomFabric *fabric)
{
    return g_ptr_array_ref(fabric->classifications);
}

static GPtrArray *
list_sites(const LoomFabric *fabric)
{
    GPtrArray *sites = g_ptr_array_new();

    for (guint i = 0; i < fabric->networks->len; i++) {
        const LoomLogicalNetwork *network = fabric->networks->pdata[i];

        for (guint k = 0; k < network->sites->len; k++)
            g_ptr_array_add(sites, network->sites->pdata[k]);
    }
    return sites;
}

static LoomTable *
hosts_table(const LoomFabric *fabric G_GNUC_UNUSED, const GPtrArray *records)
{
    LoomTable *table = loom_table_new(3, _("HOST"), _("HOST GROUP"), _("SWITCHES"));

    for (guint i = 0; i < records->len; i++) {
        const LoomFabricHost *host = records->pdata[i];
        g_autoptr(GPtrArray) switches = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *text = NULL;

        for (guint k = 0; k < host->switches->len; k++) {
            const LoomHostSwitch *use = host->switches->pdata[k];

            g_ptr_array_add(switches, g_strdup_printf("%s (%s)", use->device, use->logicalswitch));
        }
        text = loom_words_join(switches);
        loom_table_add(table, host->name, host->hostgroup, text);
    }
    return table;
}

static LoomTable *
switches_table(const LoomFabric *fabric G_GNUC_UNUSED, const GPtrArray *records)
{
    LoomTable *table = loom_table_new(5, _("LOGICAL SWITCH"), _("DATAPATH"), _("UPLINK"),
                                      _("MIN BANDWIDTH"), _("PORTGROUPS"));

    for (guint i = 0; i < records->len; i++) {
        const LoomLogicalSwitch *record = records->pdata[i];
        g_autofree char *datapath =
            loom_words_attribute(record, offsetof(LoomLogicalSwitch, datapath));
        g_autofree char *uplink =
            loom_words_attribute(record, offsetof(LoomLogicalSwitch, uplinkmode));
        g_autofree char *minimum =
            loom_words_attribute(record, offsetof(LoomLogicalSwitch, minbandwidth));
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autofree char *text = NULL;

        for (guint k = 0; k < record->portgroups->len; k++)
            g_ptr_array_add(names, ((LoomSwitchPortgroup *)record->portgroups->pdata[k])->name);
        text = loom_words_join(names);
        loom_table_add(table, record->name, datapath, uplink, minimum, text);
    }
    return table;
}

/* "North: 201-202 and native 200"; "North: 500/501" of a private VLAN. */
static char *
choice_text(const LoomSite *site, const LoomVlanChoice *choice)
{
    g_autofree char *trunk = loom_vlans_format(&choice->trunk);
    GString *text = g_string_new(site->name);

    g_string_append(text, ": ");
    if (*trunk && choice->vlan)
        g_string_append_printf(text, _("%s and native %" PRIu64), trunk, choice->vlan);
    else if (*trunk)
        g_string_append(text, trunk);
    else if (choice->vlan)
        g_string_append_printf(text, "%" G_GUINT64_FORMAT, choice->vlan);
    else
        g_string_append(text, _("untagged"));
    if (choice->secondary)
        g_string_append_printf(text, "/%" G_GUINT64_FORMAT, choice->secondary);
    return g_string_free(text, FALSE);
}

static LoomTable *
networks_table(const LoomFabric *fabric, const GPtrArray *records)
{
    LoomTable *table = loom_table_new(4, _("VM NETWORK"), _("LOGICAL NETWORK"), _("ISOLATION"),
                                      _("VLANS BY SITE"));

    for (guint i = 0; i < records->len; i++) {
        const LoomVmNetwork *network = records->pdata[i];
        g_autofree char *isolation =
            loom_words_attribute(network, offsetof(LoomVmNetwork, isolation));
        g_autoptr(GPtrArray) vlans = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *text = NULL;

        for (guint k = 0; network->network && k < network->network->sites->len; k++) {
            const LoomSite *site = network->network->sites->pdata[k];
            LoomVlanChoice choice;

            if (loom_fabric_choose_vlan(fabric, network, site, &choice))
                g_ptr_array_add(vlans, choice_text(site, &choice));
        }
        text = loom_words_join(vlans);
        loom_table_add(table, network->name, network->logicalnetwork, isolation, text);
    }
    return table;
}

static LoomTable *
sites_table(const LoomFabric *fabric G_GNUC_UNUSED, const GPtrArray *records)
{
    LoomTable *table =
        loom_table_new(4, _("NETWORK SITE"), _("LOGICAL NETWORK"), _("HOST GROUPS"), _("SUBNETS"));

    for (guint i = 0; i < records->len; i++) {
        const LoomSite *site = records->pdata[i];
        g_autofree char *groups = loom_words_groups(site);
        g_autofree char *rows = loom_words_rows(site);

        loom_table_add(table, site->name, site->network->name, groups, rows);
    }
    return table;
}

static LoomTable *
pools_table(const LoomFabric *fabric, const GPtrArray *records)
{
    LoomTable *table =
        loom_table_new(5, _("IP POOL"), _("FROM"), _("TO"), _("SUBNET"), _("LEASES"));
    g_autoptr(GHashTable) leases = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < fabric->leases->len; i++) {
        const LoomLease *lease = fabric->leases->pdata[i];
        size_t count = lease->pool ? GPOINTER_TO_SIZE(g_hash_table_lookup(leases, lease->pool)) : 0;

        if (lease->pool)
            g_hash_table_insert(leases, lease->pool, GSIZE_TO_POINTER(count + 1));
    }
    for (guint i = 0; i < records->len; i++) {
        const LoomPool *pool = records->pdata[i];
        g_autofree char *subnet = loom_words_row(pool->subnet);
        g_autofree char *count = NULL;

        count = g_strdup_printf(
            "%zu", pool->name ? GPOINTER_TO_SIZE(g_hash_table_lookup(leases, pool->name)) : 0);
        loom_table_add(table, pool->name, pool->start, pool->end, subnet, count);
    }
    return table;
}

static char *
rate_text(guint64 mbit)
{
    return mbit ? g_strdup_printf("%" G_GUINT64_FORMAT, mbit) : NULL;
}

static LoomTable *
profiles_table(const LoomFabric *fabric G_GNUC_UNUSED, const GPtrArray *records)
{
    LoomTable *table = loom_table_new(6, _("PORT PROFILE"), _("WEIGHT"), _("MIN Mbit/s"),
                                      _("MAX Mbit/s"), _("MAX IN Mbit/s"), _("GUARDS"));

    for (guint i = 0; i < records->len; i++) {
        const LoomPortProfile *profile = records->pdata[i];
        const LoomBandwidth *bandwidth = profile->bandwidth;
        const LoomSecurity *security = profile->security;
        g_autofree char *weight = rate_text(bandwidth->weight);
        g_autofree char *min = rate_text(bandwidth->min);
        g_autofree char *max = rate_text(bandwidth->max);
        g_autofree char *maxin = rate_text(bandwidth->maxin);
        g_autoptr(GPtrArray) guards = g_ptr_array_new();
        g_autofree char *text = NULL;

        if (!security->macspoofing)
            g_ptr_array_add(guards, (gpointer) "mac");
        if (security->dhcpguard)
            g_ptr_array_add(guards, (gpointer) "dhcp");
        if (security->routerguard)
            g_ptr_array_add(guards, (gpointer) "router");
        if (security->addresses != LOOM_ADDRESSES_ANY)
            g_ptr_array_add(guards, (gpointer) "addresses");
        if (security->isolated)
            g_ptr_array_add(guards, (gpointer) "isolated");
        text = loom_words_join(guards);
        loom_table_add(table, profile->name, weight, min, max, maxin, text);
    }
    return table;
}

static LoomTable *
classifications_table(const LoomFabric *fabric, const GPtrArray *records)
{
    LoomTable *table = loom_table_new(2, _("PORT CLASSIFICATION"), _("PORT PROFILES"));

    for (guint i = 0; i < records->len; i++) {
        const LoomClassification *classification = records->pdata[i];
        g_autoptr(GPtrArray) meanings = g_ptr_array_new_with_free_func(g_free);
        g_autofree char *text = NULL;

        for (guint k = 0; k < fabric->switches->len; k++) {
            const LoomLogicalSwitch *logical_switch = fabric->switches->pdata[k];
            const LoomSwitchPortgroup *portgroup =
                loom_logical_switch_find_portgroup(logical_switch, classification);

            if (portgroup && portgroup->resolved)
                g_ptr_array_add(meanings, g_strdup_printf(_("%s on %s"), portgroup->resolved->name,
                                                          logical_switch->name));
        }
        text = loom_words_join(meanings);
        loom_table_add(table, classification->name, text);
    }
    return table;
}

static const Shown kinds[] = {
    {"hosts", &loom_fabric_host_kind, N_("host"), list_hosts, hosts_table},
    {"switches", &loom_logical_switch_kind, N_("logical switch"), list_switches, switches_table},
    {"networks", &loom_vm_network_kind, N_("VM network"), list_networks, networks_table},
    {"sites", &loom_site_kind, N_("network site"), list_sites, sites_table},
    {"pools", &loom_pool_kind, N_("IP pool"), list_pools, pools_table},
    {"profiles", &loom_port_profile_kind, N_("port profile"), list_profiles, profiles_table},
    {"classifications", &loom_classification_kind, N_("port classification"), list_classifications,
     classifications_table},
};

static void
print_json(const char *word, const GPtrArray *records)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, word);
    json_builder_begin_array(builder);
    for (guint i = 0; i < records->len; i++)
        loom_json_add_record(builder, records->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

/* One thing in full: as it would be written in the fabric. */
static void
print_records(const GPtrArray *records)
{
    for (guint i = 0; i < records->len; i++) {
        g_autoptr(GString) xml = g_string_new(NULL);

        loom_record_format(records->pdata[i], 0, xml);
        fputs(xml->str, stdout);
    }
}

static LoomExit
show_kind(const LoomSession *session, const LoomFabric *fabric, const Shown *shown,
          const char *name)
{
    g_autoptr(GPtrArray) all = shown->list(fabric);
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();

    for (guint i = 0; i < all->len; i++) {
        g_autofree char *key = loom_record_key(all->pdata[i]);

        if (!name || g_str_equal(key, name))
            g_ptr_array_add(chosen, all->pdata[i]);
    }
    if (name && !chosen->len)
        return loom_session_fail(g_error_new(LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                                             _("Fabric '%s' has no %s '%s'"), fabric->name,
                                             _(shown->noun), name));
    if (session->is_json) {
        print_json(shown->word, chosen);
    } else if (name) {
        print_records(chosen);
    } else {
        g_autoptr(LoomTable) table = shown->table(fabric, chosen);

        loom_table_print(table, stdout);
    }
    return LOOM_EXIT_DONE;
}

static const Shown *
find_kind(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (g_str_equal(kinds[i].word, word))
            return &kinds[i];
    return NULL;
}

static LoomExit
unknown_kind(const char *word)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autofree char *list = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        g_ptr_array_add(words, (gpointer)kinds[i].word);
    list = loom_words_join(words);
    loom_session_fail(g_error_new(LOOM_ERROR, LOOM_ERROR_INVALID,
                                  _("There is no kind '%s' to show; there are: %s"), word, list));
    return LOOM_EXIT_USAGE;
}

LoomExit
loom_command_show(LoomSession *session, char **arguments)
{
    g_autoptr(LoomReport) report = loom_report_new();
    GError *error = NULL;
    const Shown *shown = arguments[0] ? find_kind(arguments[0]) : NULL;
    g_autoptr(LoomFabric) fabric = NULL;

    if (arguments[0] && !shown)
        return unknown_kind(arguments[0]);
    fabric = loom_session_load_fabric(session, LOOM_FOR_USE, report, &error);
    if (!fabric)
        return loom_session_fail(error);
    if (loom_report_count(report, LOOM_SEVERITY_ERROR)) {
        loom_session_print_report(session, report, stderr);
        return LOOM_EXIT_FAILED;
    }
    if (shown)
        return show_kind(session, fabric, shown, arguments[1]);
    if (session->is_json) {
        g_autoptr(GPtrArray) whole = g_ptr_array_new();

        g_ptr_array_add(whole, fabric);
        print_json("fabric", whole);
    } else {
        loom_show_tree(fabric);
    }
    return LOOM_EXIT_DONE;
}
