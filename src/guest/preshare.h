/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the destination's team can keep what a vNIC is promised there. */
#pragma once

#include "guest/preflight.h"

/*
 * Adds the line on VNIC of GUEST, whose port there is made of PATTERN (of preflight's to_meant):
 * none where it is promised no absolute minimum. BEFORE holds the patterns (LoomPort, borrowed) of
 * the guest's vNICs that were looked at before. Counted as the hook there counts when the guest
 * comes (host/admission.h), by the guests that run there now,
 * and those that come with it.
 */
void loom_preflight_check_share(const LoomPreflight *preflight, const LoomGuest *guest,
                                const LoomGuestVnic *vnic, const LoomPort *pattern,
                                const GPtrArray *before, GPtrArray *checks);

/*
 * Adds the vNICs of GUEST, as they are to be at the destination, to INTO: LoomPort with domain,
 * mac, network and portgroup, which is what preflight's coming holds. What has no place there is
 * left out.
 */
void
loom_preflight_add_coming(const LoomPreflight *preflight, const LoomGuest *guest, LoomHost *into);

/* Takes the ports of the guest of that UUID out of COMING again: it does not come. */
void loom_preflight_forget_coming(LoomHost *coming, const char *uuid);
