/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network namespace with NICs and strangers, and the kernel's backend in it. */
#pragma once

#include "hosts.h"
#include "test.h"

#include <gio/gio.h>

/* A new namespace with NICs eth0 to eth4 and strangers' links; *STATE is the backend in it. There
 * it is not asked whether IPv6 addresses are free. */
int set_up(void **state);
int tear_down(void **state);

/* What ip(8) does with such lines, and a sysctl; none of it may fail. */
void ip(const char *lines);

/* What nft(8) says to COMMAND, owned by the caller; and one that must succeed. */
char *nft(const char *command, gboolean *succeeded);
void nft_does(const char *command);
void write_sysctl(const char *path, const char *value);

/* What ip(8) tells of a link, as JSON; owned by the caller. */
char *show(const char *link);

/* Another namespace, as a container has one, behind the port c0 of BRIDGE; the caller ends it. */
GSubprocess *start_container(const char *bridge);

/* Sorted. */
LoomHost *observe(LoomBackend *backend, const LoomHost *target);

/* All of this machine. */
LoomHost *facts(void);

/* What keeps NOW from TARGET; NULL: nothing. */
char *find_difference(LoomBackend *backend, const LoomHost *now, const LoomHost *target);

/* Once what settles has settled, there is nothing left to do. */
void assert_reached(LoomBackend *backend, const LoomHost *target, const char *what);

/* Compares and runs, each step so often; WHAT is for messages. Returns how many steps it took. */
typedef enum { ONCE, TWICE } Times;
guint reach(LoomBackend *backend, const LoomHost *target, Times times, const char *what);
guint reach_xml(LoomBackend *backend, const char *xml);

/* What of HOST this backend sets. */
LoomHost *reduced(LoomBackend *backend, const LoomHost *host);

/* All that is strangers', as text: the links theirs*, br-admin, eth4*. Links-local of the kernel's
 * own come and go. */
char *read_foreign(void);

/* Fails where there is none. */
gpointer find(const LoomHost *host, const LoomKind *kind, const char *key);

/* Cases of files of their own. */
void test_limits(void **state);
void test_features(void **state);
