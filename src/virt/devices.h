/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vNICs that are plugged into guests, and out, by libvirt. */
#pragma once

#include "virt/virt.h"

/* What of a guest is meant: as it runs, as it is defined, or both. */
typedef enum {
    LOOM_GUEST_CURRENT = 0, /* as it runs if it does, else as it is defined */
    LOOM_GUEST_LIVE = 1 << 0,
    LOOM_GUEST_CONFIG = 1 << 1,
} LoomGuestScope;

/*
 * All of these: the guest of that NAME; errors are libvirt's, LOOM_ERROR_NOT_FOUND where there is
 * no such guest. XML is that of an <interface>. What asks for both is done for both or not at all.
 */
gboolean loom_virt_attach(LoomBackend *virt, const char *name, const char *xml,
                          LoomGuestScope scope, GError **error);

/* A running guest may take its time: that it was asked to let go is success. */
gboolean loom_virt_detach(LoomBackend *virt, const char *name, const char *xml,
                          LoomGuestScope scope, GError **error);

/*
 * The MAC addresses (lower case) of the vNICs of all guests but the one whose UUID is EXCEPT, as
 * they run and as they are defined, and the name of a guest that has each. Free with
 * g_hash_table_unref().
 */
GHashTable *loom_virt_list_macs(LoomBackend *virt, const char *except, GError **error);

/* The XML of the definition, with its secrets, so that it can be defined again. Owned. */
char *loom_virt_read_definition(LoomBackend *virt, const char *name, GError **error);
gboolean loom_virt_define(LoomBackend *virt, const char *xml, GError **error);

/*
 * Gives the running guest's XML the element XML in that namespace, under PREFIX, as its metadata,
 * in place of what it had there; NULL: none. Its definition stays as it is.
 */
gboolean loom_virt_set_metadata(LoomBackend *virt, const char *name, const char *uri,
                                const char *prefix, const char *xml, GError **error);

/* Limits of a running guest's vNIC as libvirt counts: kilobytes/s and KiB; 0: none. */
typedef struct {
    guint64 average, peak, burst;
} LoomVirtRate;
gboolean loom_virt_set_rates(LoomBackend *virt, const char *name, const char *device,
                             const LoomVirtRate *in, const LoomVirtRate *out, GError **error);
