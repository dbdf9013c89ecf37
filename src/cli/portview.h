/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every port of this host, as it should be and as the kernel has it: what ports and explain show.
 */
#pragma once

#include "cli/output.h"
#include "host/host.h"
#include "kernel/kernel.h"

typedef enum {
    LOOM_PORT_AGREES,
    LOOM_PORT_DIFFERS,
    LOOM_PORT_CLOSED,  /* nothing of it is in the kernel: nothing passes */
    LOOM_PORT_GONE,    /* there is no such device */
    LOOM_PORT_PLANNED, /* of a guest that does not run: what it would get */
    LOOM_PORT_UNKNOWN, /* a device in a switch of ours that nobody programmed: nothing passes */
} LoomPortCondition;

/* One port; what is not const is its own, all else borrowed from the LoomPortViews. */
typedef struct {
    LoomPort *port;     /* a guest's as it was programmed, a host vNIC's as it was committed; of an
                           unknown one the link alone */
    LoomPort *wanted;   /* the same, as the kernel would tell of it */
    char *guest;        /* its name; NULL: no guest's */
    const char *vnic;   /* the host vNIC; NULL: no host's */
    const char *bridge; /* where the device belongs; NULL: not known */
    const LoomLink *link; /* the device; NULL: there is none */
    LoomPort *actual;     /* what the kernel has; NULL: nothing */
    LoomPortCondition condition;
    guint64 differs;           /* attributes, by bit (loom_record_differs()) */
    LoomLinkCounters counters; /* of the device, whose received is what the guest sent */
    GHashTable *drops;         /* guint64 by guard (loom_kernel_read_drops()); NULL: none */
    const LoomClass *class;    /* its bandwidth's, on one NIC of the team; NULL: none */
    guint64 max, maxin;        /* Mbit/s; 0: unlimited */
} LoomPortView;

typedef struct {
    char *host;       /* its name in the fabric; NULL: nothing was ever applied */
    GPtrArray *views; /* of LoomPortView: the host's, guests' by name and MAC, unknown ones */
    LoomHost *committed, *observed;
    GHashTable *counters, *drops;
} LoomPortViews;

/*
 * Reads what was committed, what the hooks keep in RUNDIR (loom_slice_directory()) and the kernel,
 * of the network namespace of the caller; libvirt is not asked. Files that cannot be read are
 * warnings in REPORT. Nothing is changed.
 */
LoomPortViews *loom_port_views_read(const char *rundir, LoomReport *report, GError **error);
void loom_port_views_free(LoomPortViews *views);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomPortViews, loom_port_views_free)

/* Adds the port of a guest that does not run, on a network of that bridge; PORT and GUEST are
 * copied.
 */
void loom_port_views_add_planned(LoomPortViews *views, const LoomPort *port, const char *guest,
                                 const char *bridge);

/* "agrees", "differs", "closed", "gone", "planned" or "unknown": for programs. */
const char *loom_port_condition_format(LoomPortCondition condition);

/* The same for people, translated, and its colour. */
const char *loom_port_condition_describe(LoomPortCondition condition);
LoomColour loom_port_condition_colour(LoomPortCondition condition);

/* For people. Owned by the caller: "20", "20, tagged 40-42", "501 (isolated of 500)"; "mac, dhcp";
 * "weight 40, max 100". NULL: nothing to say. */
char *loom_port_view_vlans(const LoomPort *port);
char *loom_port_view_guards(const LoomPort *port);
char *loom_port_view_rate(const LoomPortView *view);
guint64 loom_port_view_dropped(const LoomPortView *view);
