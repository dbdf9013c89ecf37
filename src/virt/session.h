/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this room share: the connection, and the networks seen over it. */
#pragma once

#include "virt/virt.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetwork, virNetworkFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(virNetworkPort, virNetworkPortFree)

typedef struct {
    LoomBackend backend;
    virConnectPtr connection;
    /* UUID -> virNetworkPtr of the last listing and what was made since; NULL: none yet. A step
     * finds its network here, without asking libvirt again. */
    GHashTable *seen;
    /* UUIDs of the networks that were defined and started here since they were last observed: what
     * runs is what was defined, and one look at it tells both. */
    GHashTable *fresh;
} LoomVirt;

/* What is known of a network, and its XML does not tell. */
typedef enum {
    LOOM_VIRT_ACTIVE = 1 << 0,
    LOOM_VIRT_AUTOSTART = 1 << 1,
    LOOM_VIRT_PERSISTENT = 1 << 2,
    LOOM_VIRT_FRESH = 1 << 3, /* see LoomVirt.fresh */
} LoomVirtState;

/* "FORMAT: what libvirt said last", with the code that fits. libvirt forgets what it said at the
 * next call of whatever kind, virNetworkGetName() included: names are asked for before. */
void loom_virt_set_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* URI, else what LIBVIRT_DEFAULT_URI names, else qemu:///system. Borrowed. */
const char *loom_virt_choose_uri(const char *uri);

/* From then on libvirt prints nothing to stderr in this process. */
void loom_virt_keep_silent(void);

/* The domain of that name, else of that UUID; LOOM_ERROR_NOT_FOUND: there is none. */
virDomainPtr loom_virt_find_domain(LoomVirt *virt, const char *name, GError **error);

/* The virNetworkPtr of that UUID among those seen, borrowed, or NULL; lists first if need be. */
gboolean loom_virt_find(LoomVirt *virt, const char *uuid, virNetworkPtr *network, GError **error);

/*
 * Lists the networks anew. *STATES (owned by the caller; may be NULL) maps the UUIDs, borrowed from
 * VIRT, to a LoomVirtState.
 */
gboolean loom_virt_list(LoomVirt *virt, GHashTable **states, GError **error);

/*
 * The network as it is now, where WANTED (may be NULL) is what it should be; owned by the caller.
 * Its hash is that of WANTED where, and only where, it has the content of WANTED. Errors:
 * LOOM_ERROR_NOT_FOUND (it is gone), LOOM_ERROR_INVALID, LOOM_ERROR_FAILED.
 */
LoomNetwork *loom_virt_read(virNetworkPtr network, LoomVirtState state, const LoomNetwork *wanted,
                            GError **error);

/* The same, where nobody has listed it. */
LoomNetwork *loom_virt_read_one(virNetworkPtr network, const LoomNetwork *wanted, GError **error);

/* The network's XML, FLAGS as of virNetworkGetXMLDesc(). Errors as of loom_virt_read(). */
char *loom_virt_fetch(virNetworkPtr network, unsigned flags, GError **error);

/* Adds the running guests of each of NETWORKS (of LoomNetwork, borrowed) to it. */
gboolean loom_virt_add_guests(LoomVirt *virt, const GPtrArray *networks, GError **error);

/* The functions of the backend. */
gboolean
loom_virt_observe(LoomBackend *backend, const LoomHost *target, LoomHost *into, GError **error);
gboolean loom_virt_run_step(LoomBackend *backend, const LoomStep *step, GError **error);
gboolean loom_virt_observe_users(LoomBackend *backend, LoomHost *into, GError **error);
