/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a guest would have on another host what it has here: said before it moves. */
#pragma once

#include "guest/guest.h"
#include "host/host.h"

typedef enum {
    LOOM_VERDICT_OK,
    LOOM_VERDICT_WARNING, /* it can move, and somebody may be surprised */
    LOOM_VERDICT_ERROR,   /* it cannot, or must not */
} LoomVerdict;

/* The untranslated word: "ok", "warning", "error". */
const char *loom_verdict_format(LoomVerdict verdict);

/* One line of a pre-flight check. */
typedef struct {
    LoomVerdict verdict;
    const char *subject; /* a word for programs: network, portgroup, mtu, vlan, address, ... */
    char *text;          /* a whole sentence that names object and value */
    char *advice;        /* what to do; NULL: nothing */
} LoomCheck;

/* A list of LoomCheck; free with g_ptr_array_unref(). */
GPtrArray *loom_checks_new(void);

/* ADVICE may be NULL; SUBJECT is a literal. */
void loom_checks_add(GPtrArray *checks, LoomVerdict verdict, const char *subject,
                     const char *advice, const char *format, ...) G_GNUC_PRINTF(5, 6);

/* The worst of them. */
LoomVerdict loom_checks_get_worst(const GPtrArray *checks);

typedef struct {
    const LoomHost *from, *to;             /* their libvirt networks as they are; of TO, links */
    const LoomHost *from_meant, *to_meant; /* as compiled; NULL: not known */
    const LoomHost *there;   /* the ports of guests at the destination; NULL: unknown */
    const char *destination; /* its name, for people */
    const LoomHost *coming;  /* the ports that guests get there which move with it; NULL: none do */
} LoomPreflight;

/*
 * Adds what is to be said of each vNIC of GUEST: its VM network is offered at the destination, by a
 * network that runs (which one: guest/equivalent.h), its portgroup
 * is there, frames of its MTU pass, by the fabric and by the bridge and uplink as they are there,
 * the uplink carries its VLAN, and the team can keep one promise of bandwidth more. Of vNICs that
 * are not on a network of ours: that they are not looked at.
 */
void loom_preflight_check_vnics(const LoomPreflight *preflight, const LoomGuest *guest,
                                GPtrArray *checks);
