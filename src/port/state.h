/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where ports are kept: one file each in /run, for live ports and for those about to come. */
#pragma once

#include "host/host.h"

/*
 *     RUNDIR/ports/DOMAIN/MAC.xml      a live port of a guest, as it was programmed
 *     RUNDIR/intents/DOMAIN/MAC.xml    one that libvirt is about to make (network port-created):
 *                                      a hot-plugged one has no other hook
 *
 * DOMAIN is the guest's UUID. Each file is a LoomHost, written whole or not at all: its first port,
 * its first guest (the name), its first network (name, UUID, bridge). The port of an intent has no
 * link. What is no UUID or MAC reaches no path.
 */
typedef enum { LOOM_PORT_LIVE, LOOM_PORT_INTENT } LoomPortStage;

/* How long an intent is worth something whose tap does not come: libvirt makes it at once, or
 * never.
 */
#define LOOM_PORT_INTENT_SECONDS 60

/* What is kept of PORT, which it takes over, on the network of SLICE, of the guest of that name. */
LoomHost *loom_port_state_new(const LoomHost *slice, LoomPort *port, const char *guest);

/* The port, the network and the guest's name ("?": unknown) of a state. Borrowed. */
LoomPort *loom_port_state_port(const LoomHost *state);
const LoomNetwork *loom_port_state_network(const LoomHost *state);
const char *loom_port_state_guest(const LoomHost *state);

gboolean loom_port_state_save(const char *directory, LoomPortStage stage, const LoomHost *state,
                              GError **error);

/* NULL without an error: there is none. A file that cannot be read, or is of another port: an
 * error. */
LoomHost *loom_port_state_find(const char *directory, LoomPortStage stage, const char *domain,
                               const char *mac, GError **error);

/* The same of the file at PATH, which MAC (NULL: any) is to be that of; NULL: an error. */
LoomHost *loom_port_state_load(const char *path, const char *mac, GError **error);

/* Shows WALKER the path and the MAC of each file of DOMAIN (NULL: of all), sorted by both, without
 * opening any. */
typedef void (*LoomPortStateWalker)(const char *path, const char *mac, gpointer data);
void loom_port_state_walk(const char *directory, LoomPortStage stage, const char *domain,
                          LoomPortStateWalker walker, gpointer data);

/*
 * Those of DOMAIN (NULL: of all), of LoomHost, sorted by domain and MAC; owned by the caller. What
 * cannot be read is left out, with a warning in REPORT (may be NULL).
 */
GPtrArray *loom_port_state_list(const char *directory, LoomPortStage stage, const char *domain,
                                LoomReport *report);

/* Whether anything is kept of DOMAIN: one look at a directory. */
gboolean loom_port_state_has(const char *directory, LoomPortStage stage, const char *domain);

/* Seconds since what is kept of MAC was written; -1: there is none. */
gint64 loom_port_state_age(const char *directory, LoomPortStage stage, const char *domain,
                           const char *mac);

/* Removes that of MAC (NULL: all) of DOMAIN; it is no error that there is none. */
gboolean loom_port_state_remove(const char *directory, LoomPortStage stage, const char *domain,
                                const char *mac, GError **error);

/* The same of its intents, where there are any; that it does not work is a warning in REPORT. */
void loom_port_intents_remove(const char *directory, const char *domain, const char *mac,
                              LoomReport *report);
