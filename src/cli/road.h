/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From one host to another: both their libvirts, what the fabric means there, and the network that
 * carries migrations; what every guest's move begins with. */
#pragma once

#include "cli/session.h"
#include "guest/preflight.h"
#include "host/migration.h"
#include "virt/migrate.h"

typedef struct {
    const LoomSession *session;
    LoomFabric *fabric;
    LoomBackend *from, *to;          /* NULL: not connected, as the checks say */
    char *from_name, *to_name;       /* hosts, as libvirt calls them */
    char *server;                    /* the destination, as its URI calls it; NULL: it does not */
    gboolean is_here;                /* the source is this machine */
    LoomHost *from_meant, *to_meant; /* compiled; NULL: the fabric does not have them */
    LoomHost *from_seen, *to_seen;   /* libvirt's networks; there also the MTUs of their links */
    LoomHost *coming;                /* the ports of guests that were found to be able to move */
    GPtrArray *checks;               /* of LoomCheck: what holds for all guests */
    const LoomMigrationPath *path;   /* the source's, of the chosen network; NULL: none */
    char *address;                   /* the destination's there, or a name of it */
    gboolean listens;                /* it is an address of the destination's */
} LoomRoad;

/*
 * The road from the libvirt of --from to DESTINATION: the name of a host, or a libvirt URI. NULL,
 * and it was printed: the fabric or the source cannot be read. All that is wrong with the
 * destination and the way to it is in the checks.
 */
LoomRoad *loom_road_new(const LoomSession *session, const char *destination);
void loom_road_free(LoomRoad *road);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomRoad, loom_road_free)

/* Chooses the network: the first that both have and that answers. Its lines are in the checks. */
void loom_road_choose(LoomRoad *road);

/*
 * The domain XML of GUEST, which runs at the source, with the portgroups that its live ports have:
 * virt-loom set may have given them others than libvirt knows of, which this machine knows of its
 * own guests alone. Takes XML over (may be NULL: NULL), and gives it back where nothing is changed.
 * Owned by the caller; NULL with an error: what is kept of its ports cannot be read.
 */
char *loom_road_restate(const LoomRoad *road, const char *guest, char *xml, GError **error);

/*
 * Whether GUEST may take it; a list of LoomCheck. One that may is counted as coming when others are
 * checked after it.
 */
GPtrArray *loom_road_check_guest(const LoomRoad *road, const char *guest);

/* The guest of that UUID comes no more: it is there, or will not be. UUID may be NULL. */
void loom_road_forget_guest(const LoomRoad *road, const char *uuid);

/*
 * Adds what is to be said of the addresses of GUEST's vNICs, leased or in its <metadata>: whether
 * the destination's site has them in a subnet that their VM network reaches there.
 */
void loom_road_check_addresses(const LoomRoad *road, const LoomGuest *guest, GPtrArray *checks);

/*
 * What became of the policy of GUEST's vNICs, now that it runs at the destination; XML is what it
 * was at the source. A list of LoomCheck.
 */
GPtrArray *loom_road_check_arrival(const LoomRoad *road, const char *guest, const char *xml);
