/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is ours in the <metadata> of a libvirt network or domain. */
#pragma once

#include "base/node.h"

/*
 * The first child of OWNER's <metadata> that is an ELEMENT in LOOM_NAMESPACE, under whatever prefix
 * and whether libvirt left the binding on the element, on <metadata> or on OWNER; NULL: there is
 * none.
 */
const LoomNode *loom_metadata_find(const LoomNode *owner, const char *element);

/* The same in the namespace URI. */
const LoomNode *loom_metadata_find_in(const LoomNode *owner, const char *element, const char *uri);

/* Whether NODE is an ELEMENT, under whatever prefix: inside of what loom_metadata_find() found. */
gboolean loom_metadata_is_called(const LoomNode *node, const char *element);
