/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One port of a guest in the kernel: programmed, repaired, cleaned up. */
#pragma once

#include "plan/backend.h"
#include "port/port.h"

/*
 * All of these work in the network namespace of the caller, who holds the lock of the switch
 * (port/lock.h), on BACKEND, a loom_kernel_new(), and with the states of DIRECTORY (port/state.h).
 * Errors name the guest and its vNIC.
 */

/* A port of a guest that is attached. */
typedef struct {
    const LoomHost *slice; /* of its network; borrowed */
    LoomPort *port;        /* resolved on it, with its link */
    GError *error;         /* why it could not be; NULL: it is */
    /* while it is being done: what is kept, what its tap has, what went wrong */
    LoomHost *state, *from;
    GError *cause;
} LoomPortJob;

void loom_port_job_clear(gpointer job);

/*
 * Saves and programs the ports of JOBS (of LoomPortJob), which are those of GUEST, with one
 * transaction for all of their guards. Sets the error of each that failed, which is closed then
 * and forgotten: nothing passes it. Errors: LOOM_ERROR_NOT_FOUND (no tap), LOOM_ERROR_CONFLICT (the
 * tap is not in the network's bridge, or none), LOOM_ERROR_FAILED.
 */
void loom_port_attach(const char *directory, LoomBackend *backend, GArray *jobs, const char *guest);

/* Makes the kernel agree with the port of STATE; *CHANGED: whether it did not. On failure it is
 * left as it is. */
gboolean
loom_port_repair(LoomBackend *backend, const LoomHost *state, gboolean *changed, GError **error);

/* The same of the state of each of JOBS (of LoomPortJob; what has none is left out), which each
 * owns, with one transaction for all of their guards; sets the error of each that failed. */
void loom_port_repair_all(LoomBackend *backend, GArray *jobs);

/* Closes the port and takes away what would outlive its tap, where that is still its own, and
 * forgets it. It is no error that there is none. */
gboolean loom_port_detach(const char *directory, LoomBackend *backend, const char *domain,
                          const char *mac, GError **error);

/* The same of the ports that STATES tell, with one transaction for all of their guards. On failure
 * those that were not forgotten say what is left. */
gboolean loom_port_detach_all(const char *directory, LoomBackend *backend, const GPtrArray *states,
                              GError **error);

/*
 * What the kernel has of the tap of PORT: nothing where it is not there. The MTU is the link's, and
 * this port's as well where that states one. Owned by the caller; NULL: an error.
 */
LoomHost *loom_port_observe(LoomBackend *backend, const LoomPort *port, GError **error);

/* The MAC address that libvirt gives the tap of the vNIC MAC: with the first octet fe
 * (virNetDevTapCreateInBridgePort()). */
guint64 loom_port_tap_mac(const char *mac);
