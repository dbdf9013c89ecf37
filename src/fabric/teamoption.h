/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bonding options that a team can be given: names, values, defaults, and where they act. */
#pragma once

#include "fabric/profile.h"

/* By what a bond knows that a NIC lives: its carrier, or answers to ARP. It is one or the other. */
typedef enum { LOOM_MONITOR_EITHER, LOOM_MONITOR_MII, LOOM_MONITOR_ARP } LoomMonitor;

/*
 * One option; Documentation/networking/bonding.rst. Only those that the kernel tells back by
 * netlink (linux/if_link.h: IFLA_BOND_*), and only where they do something.
 */
typedef struct {
    const char *name;    /* the kernel's */
    LoomAttribute value; /* .name: of the attribute of a host's link; .fallback NULL: none is set */
    unsigned modes;      /* a bit per LoomTeamMode */
    LoomMonitor monitor; /* with which it has a meaning */
    gboolean openvswitch; /* Open vSwitch's bonds have it too */
} LoomTeamOptionKind;

/* All of them; several names may be for one attribute. */
extern const LoomTeamOptionKind loom_team_option_kinds[];
extern const size_t loom_team_option_kind_count;

/* NULL: no team has an option of that name. */
const LoomTeamOptionKind *loom_team_option_find_kind(const char *name);

gboolean loom_team_option_has_mode(const LoomTeamOptionKind *kind, LoomTeamMode mode);

/* VALUE as a host's link has it, owned by the caller; NULL: it is no value of the option. */
char *loom_team_option_format(const LoomTeamOptionKind *kind, const char *value);

/* The option of the team that fills ATTRIBUTE of a link, or NULL. */
const LoomTeamOption *loom_team_find_option(const LoomTeam *team, const char *attribute);

/*
 * The value that ATTRIBUTE of the team's link has: what the team says, else the default; owned by
 * the caller. NULL: none, for it does nothing in the team's mode or with its monitor. Invalid
 * options count as not given.
 */
char *loom_team_get_option(const LoomTeam *team, const LoomTeamOptionKind *kind);

/* By which of the two, as the team's options say. */
LoomMonitor loom_team_get_monitor(const LoomTeam *team);
