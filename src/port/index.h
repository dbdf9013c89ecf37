/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live ports that are kept, by link: for whoever asks for a few of many, again and again. */
#pragma once

#include "host/host.h"

/*
 * What is remembered is no port, but which link each file (port/state.h) names, and of what size
 * and age that file was: one that is still the same is opened only where its link is asked for.
 */
typedef struct LoomPortIndex LoomPortIndex;

/* DIRECTORY is RUNDIR; borrowed. */
LoomPortIndex *loom_port_index_new(const char *directory);
void loom_port_index_free(LoomPortIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomPortIndex, loom_port_index_free)

/* One port that is kept, as port/state.h has it; borrowed. */
typedef void (*LoomPortVisitor)(const LoomHost *state, gpointer data);

/*
 * Shows VISITOR each live port whose link is in LINKS (NULL: each that has one), sorted by domain
 * and MAC; one after the other, for a thousand of them are large. What cannot be read is left out,
 * with a warning in REPORT.
 */
void loom_port_index_visit(LoomPortIndex *index, GHashTable *links, LoomPortVisitor visitor,
                           gpointer data, LoomReport *report);
