/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a port can have what it is promised; only port/ includes this. */
#pragma once

#include "base/report.h"
#include "host/host.h"

/*
 * Whether PORT of GUEST (its name), on the switch of SLICE, can be promised its minimum beside all
 * ports and intents kept in DIRECTORY but its own. The answer holds as long as the switch is
 * locked. One that its switch only warns about is a warning in REPORT; else LOOM_ERROR_BUSY, which
 * names guest and vNIC.
 */
gboolean loom_port_admit(const char *directory, const LoomHost *slice, const LoomPort *port,
                         const char *guest, LoomReport *report, GError **error);

/* The same beside RESERVED Mbit/s. */
gboolean loom_port_admit_beside(const LoomHost *slice, const LoomPort *port, guint64 reserved,
                                const char *guest, LoomReport *report, GError **error);
