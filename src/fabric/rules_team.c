/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of teams: their bonding options, one by one and together. */
#include "base/i18n.h"
#include "fabric/rules.h"
#include "fabric/teamoption.h"

#include <inttypes.h>

static const char *const modes[] = {"switch-independent", "static", "lacp"};

/* An option of a team, with what it is known by. */
typedef struct {
    const LoomRules *rules;
    const LoomUplinkProfile *profile;
    const LoomTeamOption *option;
    const LoomTeamOptionKind *kind;
} Given;

/* FALSE: the rest of the rules would only repeat it. */
static gboolean
check_value(const Given *given)
{
    g_autofree char *value = NULL;
    g_autofree char *expected = NULL;

    if (!given->option->value)
        return FALSE;
    value = loom_team_option_format(given->kind, given->option->value);
    if (value)
        return TRUE;
    expected = loom_attribute_expectation(&given->kind->value);
    LOOM_RULE_ERROR(given->rules, given->option,
                    _("uplink port profile '%s': team option %s='%s' is not valid; expected %s"),
                    loom_rules_name(given->profile->name), given->option->name,
                    given->option->value, expected);
    return FALSE;
}

static guint64
number_of(const LoomTeam *team, const char *attribute, guint64 otherwise)
{
    const LoomTeamOption *option = loom_team_find_option(team, attribute);
    guint64 number;

    return option && g_ascii_string_to_unsigned(option->value, 10, 0, G_MAXINT32, &number, NULL)
               ? number
               : otherwise;
}

/* Delays are counted in intervals of the MII monitor, and would read back as fewer. */
static gboolean
is_delay(const LoomTeamOptionKind *kind)
{
    return g_str_has_suffix(kind->value.name, "delay");
}

static void
check_monitor(const Given *given)
{
    const LoomTeam *team = given->profile->team;
    const LoomMonitor monitor = loom_team_get_monitor(team);
    const char *profile = loom_rules_name(given->profile->name);
    const guint64 interval = number_of(team, "miimon", 100);

    if (given->kind->monitor == LOOM_MONITOR_ARP && monitor != LOOM_MONITOR_ARP)
        LOOM_RULE_ERROR(given->rules, given->option,
                        _("uplink port profile '%s' has the team option '%s', which needs "
                          "arp_interval"),
                        profile, given->option->name);
    else if (given->kind->monitor == LOOM_MONITOR_MII && monitor != LOOM_MONITOR_MII)
        LOOM_RULE_ERROR(given->rules, given->option,
                        _("uplink port profile '%s' has the team option '%s', which means nothing "
                          "with arp_interval"),
                        profile, given->option->name);
    else if (is_delay(given->kind) && interval &&
             number_of(team, given->kind->value.name, 0) % interval)
        LOOM_RULE_ERROR(given->rules, given->option,
                        _("uplink port profile '%s': team option %s='%s' is no multiple of "
                          "miimon, %" PRIu64),
                        profile, given->option->name, given->option->value, interval);
}

static void
check_option(const LoomRules *rules, const LoomUplinkProfile *profile, GHashTable *attributes,
             const LoomTeamOption *option)
{
    const LoomTeamOptionKind *kind = option->name ? loom_team_option_find_kind(option->name) : NULL;
    const Given given = {rules, profile, option, kind};
    const char *name = loom_rules_name(profile->name);

    if (!option->name)
        return;
    if (!kind) {
        LOOM_RULE_ERROR(rules, option,
                        _("uplink port profile '%s' has the team option '%s', which no team has; "
                          "virt-loom-fabric(5) lists them"),
                        name, option->name);
        return;
    }
    if (!g_hash_table_add(attributes, (gpointer)kind->value.name)) {
        LOOM_RULE_ERROR(rules, option, _("uplink port profile '%s' has the team option '%s' twice"),
                        name, option->name);
        return;
    }
    if (LOOM_HAS(profile->team, mode) && !loom_team_option_has_mode(kind, profile->team->mode))
        LOOM_RULE_ERROR(rules, option,
                        _("uplink port profile '%s' has the team option '%s', which does nothing "
                          "in a team with mode='%s'"),
                        name, option->name, modes[profile->team->mode]);
    else if (check_value(&given))
        check_monitor(&given);
}

/* What no single option can be blamed for. */
static void
check_monitors(const LoomRules *rules, const LoomUplinkProfile *profile)
{
    const LoomTeam *team = profile->team;
    const LoomTeamOption *miimon = loom_team_find_option(team, "miimon");
    const LoomTeamOption *interval = loom_team_find_option(team, "arpinterval");
    const gboolean by_arp = loom_team_get_monitor(team) == LOOM_MONITOR_ARP;
    const gboolean by_mii = number_of(team, "miimon", by_arp ? 0 : 100) != 0;
    const char *name = loom_rules_name(profile->name);

    if (by_arp && by_mii)
        LOOM_RULE_ERROR(rules, miimon,
                        _("uplink port profile '%s' has the team options miimon and arp_interval; "
                          "NICs are watched by one of them"),
                        name);
    if (!by_arp && !by_mii)
        LOOM_RULE_ERROR(rules, miimon,
                        _("uplink port profile '%s' has the team option miimon='0' without "
                          "arp_interval: nobody would notice a dead NIC"),
                        name);
    if (by_arp && !loom_team_find_option(team, "arpiptarget") &&
        !loom_team_find_option(team, "nsip6target"))
        LOOM_RULE_ERROR(rules, interval,
                        _("uplink port profile '%s' has the team option arp_interval without "
                          "arp_ip_target and ns_ip6_target: there is nobody to ask"),
                        name);
}

void
loom_rules_check_team(const LoomRules *rules, const LoomUplinkProfile *profile)
{
    g_autoptr(GHashTable) attributes = g_hash_table_new(g_str_hash, g_str_equal);

    if (!profile->team)
        return;
    for (guint i = 0; i < profile->team->options->len; i++)
        check_option(rules, profile, attributes, profile->team->options->pdata[i]);
    check_monitors(rules, profile);
}

void
loom_rules_check_team_size(const LoomRules *rules, const LoomFabricHost *host,
                           const LoomHostSwitch *use, guint64 nics)
{
    const LoomTeam *team = use->profile ? use->profile->team : NULL;
    const LoomTeamOption *option = team ? loom_team_find_option(team, "minlinks") : NULL;

    if (option && number_of(team, "minlinks", 0) > nics)
        LOOM_RULE_ERROR(rules, use,
                        _("host '%s' gives logical switch '%s' %" PRIu64 " NICs, below "
                          "min_links='%s' of uplink port profile '%s': its team would never be up"),
                        loom_rules_name(host->name), loom_rules_name(use->logicalswitch), nics,
                        option->value, use->uplink);
}

void
loom_rules_check_openvswitch_team(const LoomRules *rules, const LoomLogicalSwitch *logical_switch,
                                  const LoomUplinkProfile *profile)
{
    for (guint i = 0; profile->team && i < profile->team->options->len; i++) {
        const LoomTeamOption *option = profile->team->options->pdata[i];
        const LoomTeamOptionKind *kind =
            option->name ? loom_team_option_find_kind(option->name) : NULL;

        if (kind && !kind->openvswitch)
            LOOM_RULE_ERROR(rules, option,
                            _("uplink port profile '%s' has the team option '%s', which Open "
                              "vSwitch lacks, and is an uplink of logical switch '%s' with "
                              "datapath='openvswitch'"),
                            loom_rules_name(profile->name), option->name,
                            loom_rules_name(logical_switch->name));
    }
}
