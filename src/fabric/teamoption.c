/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bonding options that a team can be given. */
#include "fabric/teamoption.h"

#include "base/i18n.h"
#include "base/inet.h"

#define BACKUP (1u << LOOM_TEAM_INDEPENDENT) /* active-backup */
#define XOR    (1u << LOOM_TEAM_STATIC)      /* balance-xor */
#define LACP   (1u << LOOM_TEAM_LACP)        /* 802.3ad */
#define ANY    (BACKUP | XOR | LACP)

#define TARGETS_MAX 16u /* net/bonding.h: BOND_MAX_ARP_TARGETS, BOND_MAX_NS_TARGETS */

static const char *const hash_policies[] = {"layer2",   "layer2+3",    "layer3+4", "encap2+3",
                                            "encap3+4", "vlan+srcmac", NULL};
static const char *const rates[] = {"slow", "fast", NULL};
static const char *const selections[] = {"stable", "bandwidth", "count", NULL};
static const char *const reselections[] = {"always", "better", "failure", NULL};
/* 'active' would give the bond the MAC addresses of its NICs, one of which is a host vNIC's */
static const char *const failovers[] = {"none", "follow", NULL};
static const char *const validations[] = {"none",   "active",        "backup",        "all",
                                          "filter", "filter_active", "filter_backup", NULL};
static const char *const any_all[] = {"any", "all", NULL};

/* bonding.rst and ip-link(8) write these as numbers or on and off; the fabric's word is taken too.
 */
static gboolean
switch_parse(const LoomAttribute *attribute, const char *text, gpointer field)
{
    static const char *const yes[] = {"1", "on", NULL}, *const no[] = {"0", "off", NULL};

    if (g_strv_contains(yes, text))
        text = "yes";
    else if (g_strv_contains(no, text))
        text = "no";
    return loom_type_yes_no.parse(attribute, text, field);
}

static char *
switch_format(const LoomAttribute *attribute, gconstpointer field)
{
    return loom_type_yes_no.format(attribute, field);
}

static gboolean
targets_parse(const char *text, GSocketFamily family, gpointer field)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    const guint count = g_strv_length(parts);

    for (guint i = 0; i < count; i++) {
        g_autoptr(GInetAddress) address = g_inet_address_new_from_string(parts[i]);

        if (!address || g_inet_address_get_family(address) != family)
            return FALSE;
        g_free(parts[i]);
        parts[i] = g_inet_address_to_string(address);
    }
    if (!count || count > TARGETS_MAX)
        return FALSE;
    *(char **)field = g_strjoinv(" ", parts);
    return TRUE;
}

static gboolean
ip4_targets_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    return targets_parse(text, G_SOCKET_FAMILY_IPV4, field);
}

static gboolean
ip6_targets_parse(const LoomAttribute *attribute G_GNUC_UNUSED, const char *text, gpointer field)
{
    return targets_parse(text, G_SOCKET_FAMILY_IPV6, field);
}

static char *
targets_format(const LoomAttribute *attribute G_GNUC_UNUSED, gconstpointer field)
{
    return g_strdup(*(char *const *)field);
}

static void
targets_clear(gpointer field)
{
    g_clear_pointer((char **)field, g_free);
}

static const LoomType type_switch = {
    .name = N_("yes or no"),
    .size = sizeof(gboolean),
    .parse = switch_parse,
    .format = switch_format,
};
static const LoomType type_ip4_targets = {
    .name = N_("1 to 16 IPv4 addresses parted by commas"),
    .size = sizeof(char *),
    .parse = ip4_targets_parse,
    .format = targets_format,
    .clear = targets_clear,
};
static const LoomType type_ip6_targets = {
    .name = N_("1 to 16 IPv6 addresses parted by commas"),
    .size = sizeof(char *),
    .parse = ip6_targets_parse,
    .format = targets_format,
    .clear = targets_clear,
};

#define WORD(link_attribute, list, ...)                                                            \
    {                                                                                              \
        .name = #link_attribute, .type = &loom_type_word, .words = (list), __VA_ARGS__             \
    }
#define SWITCH(link_attribute, ...)                                                                \
    {                                                                                              \
        .name = #link_attribute, .type = &type_switch, __VA_ARGS__                                 \
    }
#define NUMBER(link_attribute, lowest, highest, ...)                                               \
    {                                                                                              \
        .name = #link_attribute, .type = &loom_type_number, .min = (lowest), .max = (highest),     \
        __VA_ARGS__                                                                                \
    }

/*
 * The defaults are the kernel's (drivers/net/bonding/bond_options.c), but for the hash policy,
 * which load balancing chooses, and miimon, without which a dead NIC would never be noticed.
 */
const LoomTeamOptionKind loom_team_option_kinds[] = {
    {"xmit_hash_policy", WORD(hashpolicy, hash_policies), XOR | LACP},
    {"lacp_rate", WORD(lacprate, rates, .fallback = "slow"), LACP, .openvswitch = TRUE},
    {"lacp_active", SWITCH(lacpactive, .fallback = "yes"), LACP},
    {"min_links", NUMBER(minlinks, 0, G_MAXINT32, .fallback = "0"), LACP},
    {"ad_select", WORD(adselect, selections, .fallback = "stable"), LACP},
    {"ad_actor_system",
     {.name = "adactorsystem", .type = &loom_type_mac, .fallback = "00:00:00:00:00:00"},
     LACP},
    {"ad_actor_sys_prio", NUMBER(adactorsysprio, 1, 65535, .fallback = "65535"), LACP},
    {"ad_user_port_key", NUMBER(aduserportkey, 0, 1023, .fallback = "0"), LACP},
    {"miimon", NUMBER(miimon, 0, G_MAXINT32, .fallback = "100"), ANY},
    {"use_carrier", SWITCH(usecarrier, .fallback = "yes"), ANY, LOOM_MONITOR_MII},
    {"updelay", NUMBER(updelay, 0, G_MAXINT32, .fallback = "0"), ANY, LOOM_MONITOR_MII, TRUE},
    {"downdelay", NUMBER(downdelay, 0, G_MAXINT32, .fallback = "0"), ANY, LOOM_MONITOR_MII, TRUE},
    {"peer_notif_delay", NUMBER(peernotifdelay, 0, 300000, .fallback = "0"), BACKUP,
     LOOM_MONITOR_MII},
    {"num_peer_notif", NUMBER(numpeernotif, 0, 255, .fallback = "1"), BACKUP},
    {"num_grat_arp", NUMBER(numpeernotif, 0, 255), BACKUP},
    {"num_unsol_na", NUMBER(numpeernotif, 0, 255), BACKUP},
    {"primary", {.name = "primary", .type = &loom_type_device}, BACKUP},
    {"primary_reselect", WORD(primaryreselect, reselections, .fallback = "always"), BACKUP},
    {"fail_over_mac", WORD(failovermac, failovers, .fallback = "none"), BACKUP},
    {"resend_igmp", NUMBER(resendigmp, 0, 255, .fallback = "1"), BACKUP},
    {"all_slaves_active", SWITCH(allslavesactive, .fallback = "no"), BACKUP | LACP},
    {"arp_interval", NUMBER(arpinterval, 0, G_MAXINT32, .fallback = "0"), BACKUP | XOR},
    {"arp_ip_target",
     {.name = "arpiptarget", .type = &type_ip4_targets},
     BACKUP | XOR,
     LOOM_MONITOR_ARP},
    {"ns_ip6_target",
     {.name = "nsip6target", .type = &type_ip6_targets},
     BACKUP | XOR,
     LOOM_MONITOR_ARP},
    {"arp_validate", WORD(arpvalidate, validations, .fallback = "none"), BACKUP | XOR,
     LOOM_MONITOR_ARP},
    {"arp_all_targets", WORD(arpalltargets, any_all, .fallback = "any"), BACKUP, LOOM_MONITOR_ARP},
    {"arp_missed_max", NUMBER(missedmax, 1, 255, .fallback = "2"), BACKUP | XOR, LOOM_MONITOR_ARP},
};
const size_t loom_team_option_kind_count = G_N_ELEMENTS(loom_team_option_kinds);

const LoomTeamOptionKind *
loom_team_option_find_kind(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(loom_team_option_kinds); i++)
        if (g_str_equal(loom_team_option_kinds[i].name, name))
            return &loom_team_option_kinds[i];
    return NULL;
}

gboolean
loom_team_option_has_mode(const LoomTeamOptionKind *kind, LoomTeamMode mode)
{
    return kind->modes >> mode & 1;
}

char *
loom_team_option_format(const LoomTeamOptionKind *kind, const char *value)
{
    guint64 field = 0; /* the largest that a type takes */
    char *text;

    if (!kind->value.type->parse(&kind->value, value, &field))
        return NULL;
    text = kind->value.type->format(&kind->value, &field);
    if (kind->value.type->clear)
        kind->value.type->clear(&field);
    return text;
}

const LoomTeamOption *
loom_team_find_option(const LoomTeam *team, const char *attribute)
{
    for (guint i = 0; i < team->options->len; i++) {
        const LoomTeamOption *option = team->options->pdata[i];
        const LoomTeamOptionKind *kind =
            option->name ? loom_team_option_find_kind(option->name) : NULL;

        if (kind && option->value && g_str_equal(kind->value.name, attribute))
            return option;
    }
    return NULL;
}

static char *
get_given(const LoomTeam *team, const char *attribute)
{
    const LoomTeamOption *option = loom_team_find_option(team, attribute);

    return option ? loom_team_option_format(loom_team_option_find_kind(option->name), option->value)
                  : NULL;
}

LoomMonitor
loom_team_get_monitor(const LoomTeam *team)
{
    g_autofree char *interval =
        team->mode == LOOM_TEAM_LACP ? NULL : get_given(team, "arpinterval");

    return interval && !g_str_equal(interval, "0") ? LOOM_MONITOR_ARP : LOOM_MONITOR_MII;
}

char *
loom_team_get_option(const LoomTeam *team, const LoomTeamOptionKind *kind)
{
    const LoomMonitor monitor = loom_team_get_monitor(team);
    char *given;

    /* the kernel refuses delays of a monitor that is off, be they 0 */
    if (!loom_team_option_has_mode(kind, team->mode) ||
        (kind->monitor != LOOM_MONITOR_EITHER && kind->monitor != monitor))
        return NULL;
    given = get_given(team, kind->value.name);
    if (given)
        return given;
    if (monitor == LOOM_MONITOR_ARP && g_str_equal(kind->value.name, "miimon"))
        return g_strdup("0");
    return g_strdup(kind->value.fallback);
}
