/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With which identity (DHCP option 61) a client asks: as its files and arguments tell. */
#pragma once

#include "manager/kinds.h"

/*
 * Each sets the record's identity; none where none is sent; a refusal where it cannot be told: the
 * server would give another address to whoever asks with another one.
 */
gboolean loom_identity_of_dhclient(LoomManagers *managers, const LoomSubject *link, GStrv arguments,
                                   LoomManager *record, GError **error);
void loom_identity_of_udhcpc(const LoomSubject *link, GStrv arguments, LoomManager *record);
gboolean loom_identity_of_dhcpcd(LoomManagers *managers, const LoomSubject *link,
                                 LoomManager *record, GError **error);
