/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the destination's team can keep what a vNIC is promised there. */
#pragma once

#include "guest/preflight.h"

/*
 * Adds the line on VNIC of GUEST, whose port there is made of PATTERN (of preflight's to_meant):
 * none where it is promised no absolute minimum. BEFORE holds the patterns (LoomPort, borrowed) of
 * the guest's vNICs that were looked at before. Counted as the hook there counts when the guest
 * comes (host/admission.h), by the guests that run there now.
 */
void loom_preflight_check_share(const LoomPreflight *preflight, const LoomGuest *guest,
                                const LoomGuestVnic *vnic, const LoomPort *pattern,
                                const GPtrArray *before, GPtrArray *checks);
