/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The networks by which a guest may go from one host to another. */
#pragma once

#include "host/host.h"

/* One VM network that carries migrations of both hosts. Borrowed from the hosts. */
typedef struct {
    const LoomMigrationPath *from, *to;
} LoomMigrationPair;

/*
 * All of them in the order of FROM, which decides; where FROM allows a fallback, it is the last.
 * Whether TO has an address there that is known, its path says. Free with g_array_unref().
 */
GArray *loom_migration_list_pairs(const LoomHost *from, const LoomHost *to);
