/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A backend: what reads and changes one part of a host; plans know no other way to a system. */
#pragma once

#include "plan/plan.h"

typedef struct LoomBackend LoomBackend;

struct LoomBackend {
    const char *name;
    const LoomKind *const *kinds; /* what it reads and changes; NULL-terminated */

    /*
     * Called once a run holds the lock, before it observes: whether what its steps rely on is
     * there. May be NULL. On failure nothing was changed.
     */
    gboolean (*prepare)(LoomBackend *backend, GError **error);

    /*
     * Takes out of TARGET what no step of this backend can set, and adds findings about what it
     * cannot set on this machine: a warning where others may have, an error where there is no way.
     * May be NULL: it can set all.
     */
    void (*reduce)(LoomBackend *backend, LoomHost *target, LoomReport *report);

    /*
     * Adds to INTO all records of its kinds that are ours, those that TARGET (may be NULL) names
     * whoever made them, what is in links of ours (NICs, taps), what sits on a link of ours or one
     * that TARGET names (VLANs, macvtaps), the masters of these and what else is in there, and all
     * that hangs on these links, whether they are there yet or not (managers); and the routes of
     * others whose place one of TARGET would take. They state
     * everything that a step could set: it is from them that a revert comes back. Reads only. What
     * cannot be read is an error, never an absence.
     */
    gboolean (*observe)(LoomBackend *backend, const LoomHost *target, LoomHost *into,
                        GError **error);

    /*
     * Which STEPS run_step will be asked for, its own and others', in this order, until it is told
     * again (NULL: no more): what costs less together it may do when the first of it is asked for.
     * Borrowed. May be NULL.
     */
    void (*expect)(LoomBackend *backend, const GPtrArray *steps);

    /*
     * Does one step. It may meet it done, or half done by an earlier run that was killed, and
     * completes it then: to create what exists makes it agree, to delete what is gone is success.
     * A link that goes down for a change is up again after it if the step's TO says so. What a
     * bond can change only while nobody is in it is one step: its NICs are taken out and put back.
     * Deleting a link takes along what hangs on it; a route takes the place of one to the same
     * destination, with the same metric, in the same table. On failure whatever was done of it
     * shows in the next observation.
     */
    gboolean (*run_step)(LoomBackend *backend, const LoomStep *step, GError **error);

    /* After the last step, also of going back: tells the network where TARGET's addresses are now.
     * May be NULL. */
    gboolean (*finish)(LoomBackend *backend, const LoomHost *target, GError **error);

    /*
     * Adds to INTO who would notice a change of what it observed: guests' vNICs, sessions. For
     * people, and never for a decision: it may be slow. May be NULL.
     */
    gboolean (*observe_users)(LoomBackend *backend, LoomHost *into, GError **error);

    void (*free)(LoomBackend *backend);
};

static inline void
loom_backend_free(LoomBackend *backend)
{
    if (backend)
        backend->free(backend);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomBackend, loom_backend_free)
