/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that move from one libvirt to another. */
#pragma once

#include "virt/virt.h"

/*
 * Theory of operation
 *
 * A move is libvirt's managed direct migration (virDomainMigrate3()): this process speaks with both
 * daemons, so that neither needs to be let in to the other; the guest's memory goes from QEMU to
 * QEMU. The call lasts as long as the migration, and so has a thread of its own; libvirt's
 * connections may be used by several. What it does meanwhile is asked of the source. Whatever
 * happens, libvirt leaves the guest running on exactly one of the two hosts as long as this process
 * lives to the end of it: an interruption therefore aborts the job, and then waits.
 */

/* Makes libvirt notice a peer that is silent for half a minute. Before the first connection. */
gboolean loom_virt_watch_peers(GError **error);

/* Asks both ends of the connection to prove that they live. */
gboolean loom_virt_keep_alive(LoomBackend *virt, GError **error);

/* The name that the host behind the connection has; owned by the caller. */
char *loom_virt_hostname(LoomBackend *virt, GError **error);

/* The server of the connection's URI, as it was named; NULL: it is on this machine. Owned. */
char *loom_virt_server(LoomBackend *virt);

/* The names of the guests that run, sorted. */
GStrv loom_virt_list_running(LoomBackend *virt, GError **error);

/* The XML of the guest of that name; *ACTIVE: it runs. Owned by the caller. */
char *loom_virt_read_guest(LoomBackend *virt, const char *name, gboolean *active, GError **error);

/* The same in the form that another host takes: as it runs, or as it is to be defined there. */
typedef enum { LOOM_GUEST_RUNNING, LOOM_GUEST_DEFINITION } LoomGuestForm;
char *
loom_virt_read_portable(LoomBackend *virt, const char *name, LoomGuestForm form, GError **error);

typedef enum {
    LOOM_GUEST_ABSENT, /* neither name nor UUID */
    LOOM_GUEST_DEFINED,
    LOOM_GUEST_RUNS,
    LOOM_GUEST_ANOTHER, /* a guest of that name with another UUID */
} LoomGuestPresence;

/* What is known there of a guest. */
gboolean loom_virt_find_guest(LoomBackend *virt, const char *name, const char *uuid,
                              LoomGuestPresence *presence, GError **error);

/*
 * Adds the vNICs of running guests to INTO: LoomPort with domain, mac, network and portgroup, as
 * far as libvirt knows them.
 */
gboolean loom_virt_observe_ports(LoomBackend *virt, LoomHost *into, GError **error);

/*
 * Adds the NICs of the host behind the connection to INTO: LoomLink with name and speed, in Mbit/s;
 * without a speed where there is no carrier. libvirt's formatnode, "net".
 */
gboolean loom_virt_observe_nics(LoomBackend *virt, LoomHost *into, GError **error);

/*
 * Adds the link NAME of the host behind the connection, as it is now, to INTO: LoomLink with name
 * and MTU. FALSE: it is not known; libvirt there has no such link, or no interface driver.
 * libvirt's formatinterface, "mtu".
 */
gboolean loom_virt_observe_mtu(LoomBackend *virt, const char *name, LoomHost *into);

/* How a guest moves. Borrowed while the move is prepared. */
typedef struct {
    const char *address;         /* the destination's: memory goes there */
    gboolean listens;            /* it is an address of the destination's own, and no name */
    const char *tls_destination; /* the name in its certificate; NULL: no TLS */
    const char *compression;     /* QEMU's word; NULL: none */
    const char *xml;             /* the guest as it is to run there; NULL: as it is here */
    const char *definition;      /* as it is to be defined there; NULL: as it is here */
    guint64 max;                 /* Mbit/s; 0: unlimited */
    guint64 parallel;            /* connections */
    gboolean postcopy, is_offline, persistent, undefine_source, copy_storage;
} LoomMoveWay;

typedef struct {
    guint64 elapsed;                     /* milliseconds */
    guint64 total, processed, remaining; /* octets of memory and storage */
    guint64 rate;                        /* octets a second; 0: not known yet */
    guint64 downtime;                    /* milliseconds; expected, and at the end what it was */
    guint64 iteration;                   /* how often memory was gone through */
} LoomMoveStats;

typedef struct LoomMove LoomMove;

/* Begins to move the guest NAME. Errors: it is not there, or the way is none. */
LoomMove *loom_move_start(LoomBackend *from, LoomBackend *to, const char *name,
                          const LoomMoveWay *way, GError **error);

/*
 * Where it is now; zeroes where that cannot be told. Has what a thread must not do by itself done:
 * with postcopy, once all memory was gone through, the guest is switched over.
 */
void loom_move_look(LoomMove *move, LoomMoveStats *stats);

/* Whether it has ended, one way or the other. */
gboolean loom_move_is_over(LoomMove *move);

/* Asks libvirt to give it up; the guest goes on at the source if it has not gone already. */
void loom_move_abort(LoomMove *move);

/*
 * Waits for its end. TRUE: the guest is at the destination; *STATS is of the whole. FALSE: it is
 * where it was, and the error says why.
 */
gboolean loom_move_finish(LoomMove *move, LoomMoveStats *stats, GError **error);

void loom_move_free(LoomMove *move);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomMove, loom_move_free)
