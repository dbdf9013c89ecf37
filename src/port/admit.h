/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a running guest's port can have what it is promised; only port/ includes this. */
#pragma once

#include "guest/guest.h"
#include "host/host.h"

/*
 * Whether PORT of GUEST, on the switch of SLICE, can be promised its minimum beside all ports kept
 * in DIRECTORY but itself. The answer holds as long as the switch is locked. One that its switch
 * only warns about is a warning in REPORT; else LOOM_ERROR_BUSY, which names guest and vNIC.
 */
gboolean loom_port_admit(const char *directory, const LoomHost *slice, const LoomGuest *guest,
                         const LoomPort *port, LoomReport *report, GError **error);
