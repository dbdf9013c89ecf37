/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest, as a hook of libvirt is shown it: who it is, and what its vNICs ask for. */
#pragma once

#include "base/node.h"

/*
 * One <interface> of a domain: libvirt's formatdomain, "Network interfaces". Absent is NULL, but
 * for the MAC and the type, which are "". At `prepare` a vNIC on a network has the type network and
 * no device, bridge or portid; from `start` on its type is that of the network (bridge) and all of
 * them are there.
 */
typedef struct {
    const char *type, *mac;
    const char *network, *portgroup, *bridge;
    const char *portid; /* the UUID of the network's port: <networkport> of the network hook */
    const char *device; /* the tap */
} LoomGuestVnic;

/* Borrows all its text from its own document. */
typedef struct {
    LoomDocument *document;
    const char *uuid, *name;
    GArray *vnics;     /* of LoomGuestVnic, in the guest's order */
    gboolean is_early; /* libvirt has not completed its vNICs yet; not parsed */
} LoomGuest;

/*
 * Reads domain XML as libvirt writes it, in which only what is named above must make sense: all
 * else may be any well-formed XML within the bounds of base/node.h. NAME begins every message.
 * Errors: LOOM_ERROR_INVALID.
 */
LoomGuest *loom_guest_parse(const char *text, size_t length, const char *name, GError **error);

/* The vNIC with that MAC, as loom_type_mac takes it, or NULL. Borrowed. */
const LoomGuestVnic *loom_guest_find_vnic(const LoomGuest *guest, const char *mac);

/*
 * The addresses that the domain's <metadata> gives to the vNIC MAC, canonical, sorted; owned by the
 * caller, never NULL. What is no address is an error: LOOM_ERROR_INVALID. They stand in our
 * namespace, in its only element (libvirt keeps one per namespace):
 *
 *     <loom:guest xmlns:loom='urn:virt-loom:1'>
 *       <loom:vnic mac='52:54:00:8a:12:01'><loom:ip address='192.0.2.5'/></loom:vnic>
 *     </loom:guest>
 */
GStrv loom_guest_list_addresses(const LoomGuest *guest, const char *mac, GError **error);

void loom_guest_free(LoomGuest *guest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomGuest, loom_guest_free)
