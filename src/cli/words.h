/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the fabric in a few words, for tables and the tree; every result is the caller's. */
#pragma once

#include "fabric/fabric.h"

/* Names, parted by commas. */
char *loom_words_join(const GPtrArray *names);

/* The attribute at OFFSET of a record, as it would be written. */
char *loom_words_attribute(gconstpointer record, size_t offset);

/* "192.168.0.0/24 vlan 12": one row of a site; all of them; and the host groups that see it. */
char *loom_words_row(const LoomSubnet *row);
char *loom_words_rows(const LoomSite *site);
char *loom_words_groups(const LoomSite *site);

/* Prints the whole fabric as a tree to standard output. */
void loom_show_tree(const LoomFabric *fabric);
