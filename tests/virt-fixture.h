/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of virt/ share: a target of two networks, and a look at libvirt from outside. */
#pragma once

#include "test.h"

#include "virt/virt.h"

#include <libvirt/libvirt.h>

#define LIVE 0 /* flags of virNetworkGetXMLDesc() that ask for what runs */

typedef struct {
    char *uri;
    LoomBackend *virt;
    virConnectPtr outside; /* somebody else's connection */
    LoomHost *target; /* "Cernet Network" with the portgroups Public (default) and Application, and
                         "Backup & co" without any */
} Fixture;

/* A fixture at URI; NULL: it cannot be reached. */
Fixture *fixture_new(const char *uri);
void fixture_free(Fixture *fixture);

/* The UUID of a test network, by its number; owned by the caller. */
char *uuid_of(unsigned number);

/* Adds an active, persistent network on br0 with autostart. */
LoomNetwork *add_network(LoomHost *host, const char *name, unsigned number);

/* Adds a portgroup that limits what guests send; 0: does not. */
LoomPortgroup *add_portgroup(LoomNetwork *network, const char *name, guint64 average);
void set_average(LoomPortgroup *portgroup, guint64 average);

/* Public of "Cernet Network" loses limit and default, Application goes, Another comes as default.
 */
void exchange_portgroups(LoomNetwork *network);

/* Gives each network the hash of what it states, as whoever makes a target does. */
void set_hashes(LoomHost *host);

LoomHost *observe(LoomBackend *virt, const LoomHost *target);
gboolean run_step(LoomBackend *virt, LoomVerb verb, const LoomNetwork *from, const LoomNetwork *to,
                  GError **error);

/* What a plan would do, deletions first: runs what it takes to reach TARGET; how many steps. */
unsigned converge(LoomBackend *virt, LoomHost *target);

/* The same for the fixture's target, with its hashes set. */
unsigned publish(const Fixture *fixture);

const LoomNetwork *find_network(const LoomHost *host, const char *name);

/* The network as somebody else sees it; FLAGS of virNetworkGetXMLDesc(). */
char *look(const Fixture *fixture, const char *name, unsigned flags);
void assert_holds(const Fixture *fixture, const char *name, unsigned flags, const char *text);
void assert_lacks(const Fixture *fixture, const char *name, unsigned flags, const char *text);
gboolean network_exists(const Fixture *fixture, const char *name);

/* Somebody else's virNetworkPtr; free with virNetworkFree(). */
virNetworkPtr look_up(const Fixture *fixture, const char *name);

/* Somebody else redefines the network with the first FROM in its XML replaced by TO. */
void redefine(const Fixture *fixture, const char *name, const char *from, const char *to);

/* Each of COUNT such redefinitions, {FROM, TO}, is one step to what was published before. */
void assert_repairs(const Fixture *fixture, const char *name, const char *const edits[][2],
                    size_t count);
