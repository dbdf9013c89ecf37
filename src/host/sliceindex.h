/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Slices by VM network: host/slice.h says where they are; only slice.c includes this. */
#pragma once

#include "host/host.h"

/* The directory of links for VMNETWORK; NULL: no VM network can have that name. Owned. */
char *loom_slice_index_path(const char *directory, const char *vmnetwork);

/* Whether NETWORK is found by its VM network, or has none. */
gboolean loom_slice_index_has(const char *directory, const LoomNetwork *network);

gboolean loom_slice_index_save(const char *directory, const LoomNetwork *network, GError **error);

/* Removes the links of networks that HOST does not have, or no more on that VM network. */
gboolean loom_slice_index_prune(const LoomHost *host, const char *directory, GError **error);
