/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's networks, in terms of the host to which it goes. */
#pragma once

#include "host/host.h"

/*
 * TEXT is the domain XML that libvirt shows its hook of a guest that comes from another host, or
 * out of a file that another host may have written. What was set while it ran (guest/note.h) is
 * asked for first. Each vNIC on a network that this host has under
 * that name stays there. One on the VM network of ours that is offered here under another name (see
 * guest/equivalent.h) gets that, and where its <source> names the bridge, this host's. *RESULT,
 * owned by the caller, is then the new text; every octet but those values is as it was. NULL:
 * nothing is to be changed. The slices are those of DIRECTORY, as of host/slice.h; of a network
 * that is in none of them nothing is known, and libvirt will say so itself.
 *
 * FALSE with an error that names guest, vNIC and network: it cannot come. LOOM_ERROR_INVALID (the
 * text), LOOM_ERROR_NOT_FOUND (no such portgroup), LOOM_ERROR_CONFLICT (several networks remain),
 * LOOM_ERROR_FAILED (a slice cannot be read). NAME begins messages about the text.
 */
gboolean loom_guest_rewrite(const char *directory, const char *text, size_t length,
                            const char *name, char **result, GError **error);

/*
 * The same at the source, for a destination whose networks are known, as libvirt shows them: there
 * the same logical switch is preferred. Portgroups are not looked at. Errors as above.
 */
gboolean loom_guest_retarget(const LoomHost *from, const LoomHost *to, const char *text,
                             size_t length, const char *name, char **result, GError **error);
