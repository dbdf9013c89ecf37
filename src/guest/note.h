/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was made of a running guest's vNICs since it began, as a note in its domain's metadata. */
#pragma once

#include "guest/guest.h"

/*
 *     <loom:ports xmlns:loom='urn:virt-loom:live:1'>
 *       <port mac='' network='' from='' portgroup=''/>
 *     </loom:ports>
 *
 * libvirt's XML of a running guest goes on naming the portgroup FROM (absent: none) with which a
 * vNIC began. The note says which it has: it goes where that XML goes, and a definition never has
 * it. A namespace of its own, for libvirt knows one element of each.
 */
#define LOOM_NOTE_NAMESPACE "urn:virt-loom:live:1"
#define LOOM_NOTE_PREFIX    "loomlive"

/* Adds the line of VNIC, as it stands in the XML, which has PORTGROUP, to NOTE (empty at first). */
void loom_note_add(GString *note, const LoomGuestVnic *vnic, const char *portgroup);

/* Ends NOTE: the element as virDomainSetMetadata() takes it; nothing where nothing was added. */
void loom_note_end(GString *note);

/*
 * The domain XML TEXT in which each vNIC of which a note speaks asks for what that says; of one
 * that is on another network, or asks for another portgroup than FROM, it speaks no more. *RESULT:
 * the new text, owned by the caller; NULL: it needs no change. FALSE with LOOM_ERROR_INVALID: the
 * text is none. NAME begins messages.
 */
gboolean
loom_note_apply(const char *text, size_t length, const char *name, char **result, GError **error);
