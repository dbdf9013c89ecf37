/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NetworkManager's connections: what they ask of a link, and its files where it cannot be asked. */
#pragma once

#include "manager/kinds.h"

/* Where its rules are, and how ours begin: the name of the one link that it is about follows. */
#define LOOM_NM_RULES "/etc/NetworkManager/conf.d/"
#define LOOM_NM_RULE  "99-virt-loom-"

/*
 * Refuses what virt-loom cannot take over: 802.1X, a connection inside of a master, one of another
 * TYPE (NULL: it says none) than Ethernet.
 */
void loom_connection_check(LoomManager *record, const char *connection, const char *type,
                           gboolean authenticates, gboolean in_master);

/* Where it is from: FILE (netplan, where that wrote it), or ID where that is empty. */
void loom_connection_set_source(LoomManagers *managers, LoomManager *record, const char *file,
                                const char *id);

/*
 * What NetworkManager will make of the link at the next boot, or as soon as there is one: nothing
 * where its rules say so; else the connection that names it; else it takes it without one.
 */
gboolean loom_connections_observe(LoomManagers *managers, const LoomSubject *link,
                                  LoomManager **found, GError **error);

/* What was read of its files: as of the last look. */
void loom_connections_free(LoomConnections *connections);
