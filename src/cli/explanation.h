/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each value of a port, where it comes from, and what the kernel has: what explain shows. */
#pragma once

#include "cli/portview.h"
#include "fabric/fabric.h"

/* One value. NULL: none is wanted, or none is there; or nobody but libvirt can tell. */
typedef struct {
    char *name;
    char *expected, *actual;
    gboolean differs;
    GPtrArray *chain; /* of LoomOrigin */
} LoomExplainedValue;

/* Of VIEW, which is one of VIEWS. FABRIC, where values come from, may be NULL: it cannot be read.
 * Owned by the caller. */
GPtrArray *loom_explanation_values(const LoomPortViews *views, const LoomPortView *view,
                                   const LoomFabric *fabric);
