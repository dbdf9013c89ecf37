/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine in memory: the backend by which plans and applies are tried without root. */
#pragma once

#include "plan/backend.h"

/*
 * It has all kinds of a host, and the habits of the kernel and of libvirt that matter (facts that
 * were tried on Linux 6.1 and libvirt 9.0):
 * - deleting a link takes its addresses, routes, neighbours, classes and ports, the other end of a
 *   veth, and the membership of what is in it; what was in a bond is left down;
 * - a link that goes down loses its IPv6 addresses, its routes of all tables and its neighbours,
 * and so do the VLANs on it; entering or leaving a bond, and another mode of that, take it down;
 * - a NIC on which a VLAN or macvtap sits, or which somebody manages, enters no master, but may be
 *   down before that is found out;
 * - what is in a bond has its MTU;
 * - of ipsec and rss a NIC has those that it had when the machine began;
 * - what a router advertises, or a manager or DHCP client sets, comes back as long as they may; a
 *   link that is up gives itself a link-local address where it is told so, but not in a bond;
 * - a port's VLANs are lost when its link leaves its bridge; there is no port without a bridge;
 * - a route needs a link that is up, a gateway that is on it and an address to speak with that the
 *   host has, goes with that, and takes the place of one with the same destination, metric and
 *   table;
 * - no two networks have one UUID; one with running guests on it cannot be undefined safely.
 * What is not ours it refuses to make, delete or replace.
 */
typedef enum {
    LOOM_TRIP_NEVER,
    LOOM_TRIP_FAIL,       /* the call does nothing, and says so */
    LOOM_TRIP_FAIL_AFTER, /* the call does all of it, and says that it failed */
    LOOM_TRIP_FAIL_TWICE, /* this call and the next do nothing */
    LOOM_TRIP_FAIL_FROM,  /* this call and all after it do nothing */
    LOOM_TRIP_KILL,       /* the process ends before the call did anything */
    LOOM_TRIP_KILL_AFTER, /* the process ends after it */
    LOOM_TRIP_LIE,        /* the call does nothing, and says that it did */
} LoomTrip;

#define LOOM_MEMORY_KILLED 77 /* the exit status of a process that was killed so */

typedef struct {
    LoomBackend backend; /* first: what is handed to a LoomApply */
    LoomHost *host;      /* all of the machine */
    LoomHost *given;     /* as it began: what routers and managers give it again */
    guint calls;         /* of run_step */
    guint trip_at;       /* the call that trips, from 1 */
    LoomTrip trip;
    const char *grave; /* the file into which the machine is written before the process ends */
} LoomMemory;

extern const LoomKind *const loom_memory_kinds[];

/* A machine as HOST says, with the kernel's defaults for what it leaves out. */
LoomMemory *loom_memory_new(const LoomHost *host);
void loom_memory_free(LoomMemory *memory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomMemory, loom_memory_free)

/* Makes it trip at call AT, counted from now. */
void loom_memory_set_trip(LoomMemory *memory, LoomTrip trip, guint at);

/* Ends the process, with LOOM_MEMORY_KILLED, after the machine was written into its grave. */
void G_GNUC_NORETURN loom_memory_die(const LoomMemory *memory);

/* All of the machine as sorted text: equal machines have equal texts. Owned by the caller. */
char *loom_memory_format(const LoomMemory *memory);
