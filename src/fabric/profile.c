/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of port profiles, classifications and uplink profiles. */
#include "fabric/profile.h"

#include "base/i18n.h"

#define MBIT_MAX 4294967u /* 2^32 kbit/s, the kernel's own limit of a rate, in Mbit/s */

static const char *const address_words[] = {"any", "leased", "given", NULL};
static const char *const team_modes[] = {"switch-independent", "static", "lacp", NULL};
static const char *const balances[] = {
    "host-default", "switch-port",   "dynamic", "transport-ports",
    "ip-addresses", "mac-addresses", NULL};

static const LoomAttribute bandwidth_attributes[] = {
    LOOM_ATTRIBUTE(LoomBandwidth, min, loom_type_number, .min = 1, .max = MBIT_MAX),
    LOOM_ATTRIBUTE(LoomBandwidth, weight, loom_type_number, .max = 100),
    LOOM_ATTRIBUTE(LoomBandwidth, max, loom_type_number, .min = 1, .max = MBIT_MAX),
    LOOM_ATTRIBUTE(LoomBandwidth, maxin, loom_type_number, .min = 1, .max = MBIT_MAX),
    LOOM_ATTRIBUTE(LoomBandwidth, burst, loom_type_number, .min = 1, .max = 4194303),
    LOOM_ATTRIBUTE(LoomBandwidth, burstin, loom_type_number, .min = 1, .max = 4194303),
};
const LoomKind loom_bandwidth_kind = {
    .element = "bandwidth",
    .size = sizeof(LoomBandwidth),
    LOOM_ATTRIBUTES(bandwidth_attributes),
};

static const LoomAttribute security_attributes[] = {
    LOOM_ATTRIBUTE(LoomSecurity, macspoofing, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomSecurity, dhcpguard, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomSecurity, routerguard, loom_type_yes_no, .fallback = "no"),
    LOOM_WORD(LoomSecurity, addresses, address_words, .fallback = "any"),
    LOOM_ATTRIBUTE(LoomSecurity, teaming, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomSecurity, prioritytagging, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomSecurity, isolated, loom_type_yes_no, .fallback = "no"),
};
const LoomKind loom_security_kind = {
    .element = "security",
    .size = sizeof(LoomSecurity),
    LOOM_ATTRIBUTES(security_attributes),
};

static const LoomAttribute offload_attributes[] = {
    LOOM_ATTRIBUTE(LoomOffload, vmq, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomOffload, ipsec, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomOffload, sriov, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomOffload, rss, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomOffload, rdma, loom_type_yes_no, .fallback = "no"),
    LOOM_ATTRIBUTE(LoomOffload, queues, loom_type_number, .min = 1, .max = 256),
};
const LoomKind loom_offload_kind = {
    .element = "offload",
    .size = sizeof(LoomOffload),
    LOOM_ATTRIBUTES(offload_attributes),
};

static const LoomAttribute port_profile_attributes[] = {
    LOOM_ATTRIBUTE(LoomPortProfile, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
};
static const LoomChild port_profile_children[] = {
    LOOM_ONE_CHILD(LoomPortProfile, description, loom_description_kind),
    LOOM_ONE_CHILD(LoomPortProfile, bandwidth, loom_bandwidth_kind),
    LOOM_ONE_CHILD(LoomPortProfile, security, loom_security_kind),
    LOOM_ONE_CHILD(LoomPortProfile, offload, loom_offload_kind),
};
const LoomKind loom_port_profile_kind = {
    .element = "portprofile",
    .noun = N_("port profile"),
    .size = sizeof(LoomPortProfile),
    LOOM_ATTRIBUTES(port_profile_attributes),
    LOOM_CHILD_KINDS(port_profile_children),
};

static const LoomAttribute classification_attributes[] = {
    LOOM_ATTRIBUTE(LoomClassification, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
};
static const LoomChild classification_children[] = {
    LOOM_ONE_CHILD(LoomClassification, description, loom_description_kind),
};
const LoomKind loom_classification_kind = {
    .element = "classification",
    .noun = N_("port classification"),
    .size = sizeof(LoomClassification),
    LOOM_ATTRIBUTES(classification_attributes),
    LOOM_CHILD_KINDS(classification_children),
};

static const LoomAttribute option_attributes[] = {
    LOOM_ATTRIBUTE(LoomTeamOption, name, loom_type_option, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomTeamOption, value, loom_type_token, .flags = LOOM_REQUIRED),
};
static const LoomKind option_kind = {
    .element = "option",
    .noun = N_("team option"),
    .size = sizeof(LoomTeamOption),
    LOOM_ATTRIBUTES(option_attributes),
};

static const LoomAttribute team_attributes[] = {
    LOOM_WORD(LoomTeam, mode, team_modes, .flags = LOOM_REQUIRED),
    LOOM_WORD(LoomTeam, loadbalance, balances, .fallback = "host-default"),
};
static const LoomChild team_children[] = {
    LOOM_CHILDREN(LoomTeam, options, option_kind),
};
static const LoomKind team_kind = {
    .element = "team",
    .size = sizeof(LoomTeam),
    LOOM_ATTRIBUTES(team_attributes),
    LOOM_CHILD_KINDS(team_children),
};

static const LoomAttribute site_ref_attributes[] = {
    LOOM_ATTRIBUTE(LoomSiteRef, logicalnetwork, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
    LOOM_ATTRIBUTE(LoomSiteRef, ref, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
};
static const LoomKind site_ref_kind = {
    .element = "site",
    .size = sizeof(LoomSiteRef),
    LOOM_ATTRIBUTES(site_ref_attributes),
};

static const LoomAttribute uplink_profile_attributes[] = {
    LOOM_ATTRIBUTE(LoomUplinkProfile, name, loom_type_name, .flags = LOOM_REQUIRED | LOOM_KEY),
};
static const LoomChild uplink_profile_children[] = {
    LOOM_ONE_CHILD(LoomUplinkProfile, description, loom_description_kind),
    LOOM_ONE_CHILD(LoomUplinkProfile, team, team_kind),
    LOOM_CHILDREN(LoomUplinkProfile, sites, site_ref_kind),
};
const LoomKind loom_uplink_profile_kind = {
    .element = "uplinkprofile",
    .noun = N_("uplink port profile"),
    .size = sizeof(LoomUplinkProfile),
    LOOM_ATTRIBUTES(uplink_profile_attributes),
    LOOM_CHILD_KINDS(uplink_profile_children),
};

gboolean
loom_uplink_profile_has_site(const LoomUplinkProfile *profile, const LoomSite *site)
{
    for (guint i = 0; i < profile->sites->len; i++)
        if (((const LoomSiteRef *)profile->sites->pdata[i])->site == site)
            return TRUE;
    return FALSE;
}
