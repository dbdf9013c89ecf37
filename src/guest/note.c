/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was made of a running guest's vNICs since it began, as a note in its domain's metadata. */
#include "guest/note.h"

#include "base/record.h"
#include "guest/portgroup.h"
#include "host/metadata.h"

#include <string.h>

static void
append(GString *note, const char *name, const char *value)
{
    g_string_append_printf(note, " %s='", name);
    loom_xml_escape(note, value);
    g_string_append_c(note, '\'');
}

void
loom_note_add(GString *note, const LoomGuestVnic *vnic, const char *portgroup)
{
    g_string_append(note, note->len ? "<port" : "<ports><port");
    append(note, "mac", vnic->mac);
    append(note, "network", vnic->network);
    if (vnic->portgroup)
        append(note, "from", vnic->portgroup);
    append(note, "portgroup", portgroup);
    g_string_append(note, "/>");
}

void
loom_note_end(GString *note)
{
    if (note->len)
        g_string_append(note, "</ports>");
}

/* What the line PORT says of GUEST; NULL: nothing. */
static const char *
find_portgroup(const LoomGuest *guest, const LoomNode *port)
{
    const char *mac = loom_node_get(port, "mac"), *portgroup = loom_node_get(port, "portgroup");
    const LoomGuestVnic *vnic = mac ? loom_guest_find_vnic(guest, mac) : NULL;

    return vnic && portgroup && vnic->network &&
                   g_strcmp0(vnic->network, loom_node_get(port, "network")) == 0 &&
                   g_strcmp0(vnic->portgroup, loom_node_get(port, "from")) == 0 &&
                   g_strcmp0(vnic->portgroup, portgroup) != 0
               ? portgroup
               : NULL;
}

gboolean
loom_note_apply(const char *text, size_t length, const char *name, char **result, GError **error)
{
    g_autoptr(LoomGuest) guest = loom_guest_parse(text, length, name, error);
    const LoomNode *note =
        guest ? loom_metadata_find_in(guest->document->root, "ports", LOOM_NOTE_NAMESPACE) : NULL;
    g_autofree char *changed = NULL;

    if (!guest)
        return FALSE;
    if (!note)
        return TRUE;
    LOOM_FOREACH_CHILD (port, note) {
        const char *portgroup =
            loom_metadata_is_called(port, "port") ? find_portgroup(guest, port) : NULL;
        char *next = portgroup ? loom_portgroup_set(changed ? changed : text,
                                                    changed ? strlen(changed) : length, name,
                                                    loom_node_get(port, "mac"), portgroup, error)
                               : NULL;

        if (portgroup && !next)
            return FALSE;
        if (!next)
            continue;
        g_free(changed);
        changed = next;
    }
    *result = g_steal_pointer(&changed);
    return TRUE;
}
