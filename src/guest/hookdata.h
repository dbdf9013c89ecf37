/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt tells a network hook: the network, and the port that is about to be made. */
#pragma once

#include "guest/guest.h"

/*
 * <hookData> as in libvirt's hooks.html, "/etc/libvirt/hooks/network". Borrows all its text from
 * its own document; what is absent is NULL. Of a network that is not ours nothing is certain.
 */
typedef struct {
    LoomDocument *document;
    gboolean is_ours; /* the network carries our metadata */
    const char *network_uuid, *network_name;
    const LoomNode *port; /* the <networkport>; NULL: it is about no port */
    LoomGuestVnic vnic;   /* of it: network, portgroup, port, and the MAC, a valid one */
    const char *owner_uuid, *owner_name; /* of it: the guest */
} LoomHookData;

/* NAME begins every message. Errors: LOOM_ERROR_INVALID. */
LoomHookData *
loom_hook_data_parse(const char *text, size_t length, const char *name, GError **error);

void loom_hook_data_free(LoomHookData *data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomHookData, loom_hook_data_free)
