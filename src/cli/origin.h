/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where it comes from that a host should be so: from what it gets, back to the fabric. */
#pragma once

#include "fabric/fabric.h"
#include "host/host.h"

/* What the fabric says about one compiled host, by the names of its links and switches. */
typedef struct LoomOrigins LoomOrigins;

/* Both are borrowed. */
LoomOrigins *loom_origins_new(const LoomFabric *fabric, const LoomHost *desired);
void loom_origins_free(LoomOrigins *origins);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomOrigins, loom_origins_free)

typedef struct {
    char *text;        /* "uplink port profile 'X'", "inherited from 'eth0'"; translated */
    LoomSource source; /* where it is written; file NULL: nowhere, it follows from what is */
} LoomOrigin;
/* "logical switch 'X'" of the fabric's RECORD, written at SOURCE. */
LoomOrigin *loom_origin_new(gconstpointer record, const LoomSource *source);
void loom_origin_free(LoomOrigin *origin);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomOrigin, loom_origin_free)

/*
 * Where it comes from that RECORD is so, or that ATTRIBUTE of it has the value that it has: by the
 * name of a LoomDifference; NULL: that it is there at all. RECORD is of the desired host, or an
 * observed one that is not wanted. NULL where the fabric says nothing of it. In constant time but
 * for the addresses and routes of one host vNIC.
 */
LoomOrigin *
loom_origins_find(const LoomOrigins *origins, gconstpointer record, const char *attribute);

/* "uplink port profile 'X' (fabric.xml:12)"; owned by the caller. */
char *loom_origin_format(const LoomOrigin *origin);

/* The logical switch to which RECORD belongs, or the link of that name; borrowed; NULL: none. */
const LoomLogicalSwitch *loom_origins_find_switch(const LoomOrigins *origins, gconstpointer record);
const LoomLogicalSwitch *
loom_origins_find_switch_of_link(const LoomOrigins *origins, const char *name);
