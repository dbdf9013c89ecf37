/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A set of VLAN identifiers, written as sorted ranges: "1-10,20". IEEE 802.1Q: 1 to 4094. */
#pragma once

#include <glib.h>

#define LOOM_VLAN_MAX 4094u

typedef struct {
    guint64 bits[64];
} LoomVlans;

/*
 * Reads "3", "1-10,20" in any order, overlaps allowed, blanks not; FALSE: no such set, or the empty
 * one. VLANS is written only on success.
 */
gboolean loom_vlans_parse(const char *text, LoomVlans *vlans);

/* The canonical text, owned by the caller; "" for the empty set. */
char *loom_vlans_format(const LoomVlans *vlans);

void loom_vlans_add(LoomVlans *vlans, unsigned vlan);
gboolean loom_vlans_has(const LoomVlans *vlans, unsigned vlan);
gboolean loom_vlans_is_empty(const LoomVlans *vlans);
unsigned loom_vlans_count(const LoomVlans *vlans);

/* The smallest member that is at least FROM, or 0 where there is none. */
unsigned loom_vlans_next(const LoomVlans *vlans, unsigned from);
