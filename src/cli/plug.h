/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A vNIC of a guest that attach, detach and set are about. */
#pragma once

#include "cli/session.h"
#include "guest/guest.h"
#include "host/host.h"
#include "virt/devices.h"

/* What --live and --config say; of neither: of the guest as it is. */
LoomGuestScope loom_plug_scope(const LoomSession *session);

/*
 * The network of HOST that the VM network NAME is on, or that is called so itself; borrowed. NULL
 * with an error: there is none (LOOM_ERROR_NOT_FOUND), or several (LOOM_ERROR_CONFLICT), named.
 */
const LoomNetwork *loom_plug_find_network(const LoomHost *host, const char *name, GError **error);

/*
 * The portgroup of NETWORK for that classification (NULL: the default one), by its name or the one
 * that is made of it; borrowed. NULL with an error that lists those that are valid.
 */
const LoomPortgroup *
loom_plug_find_portgroup(const LoomNetwork *network, const char *classification, GError **error);

/* The guest as it runs, or else as it is defined; or, with LOOM_GUEST_CONFIG alone, as it is
 * defined. *IS_ACTIVE: the guest runs. */
LoomGuest *loom_plug_read_guest(LoomBackend *virt, const char *name, LoomGuestScope scope,
                                gboolean *is_active, GError **error);

/*
 * The vNIC of GUEST with that MAC address, or the only one on that network or VM network of HOST;
 * borrowed. NULL with an error: there is none, or several, with their MAC addresses.
 */
const LoomGuestVnic *loom_plug_find_vnic(const LoomHost *host, const LoomGuest *guest,
                                         const char *which, GError **error);

/*
 * The <interface> of a vNIC with that MAC; MODEL NULL: virtio; QUEUES 0: libvirt's default. On Open
 * vSwitch with an interfaceid that is always the same for DOMAIN, a UUID, and MAC: libvirt else
 * takes a new one at each start. Owned by the caller.
 */
char *loom_plug_format(const LoomNetwork *network, const char *portgroup, const char *domain,
                       const char *mac, const char *model, guint64 queues);
