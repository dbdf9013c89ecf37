/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The portgroups that live ports have, in the text of their domain. */
#include "port/guest.h"

#include "guest/note.h"
#include "guest/portgroup.h"
#include "host/slice.h"
#include "port/state.h"

#include <string.h>

/* Whether VNIC, as it stands in the text, asks for the portgroup of PORT already. */
static gboolean
asks_for(const char *directory, const LoomGuestVnic *vnic, const LoomPort *port)
{
    g_autoptr(LoomHost) slice = NULL;
    const LoomPortgroup *chosen = NULL;

    if (vnic->portgroup)
        return g_strcmp0(vnic->portgroup, port->portgroup) == 0;
    slice = loom_slice_find_by_name(directory, vnic->network, NULL);
    if (slice && slice->networks->len)
        chosen = loom_portgroup_find(slice->networks->pdata[0], NULL);
    return !chosen || g_strcmp0(chosen->name, port->portgroup) == 0;
}

/* The portgroup that VNIC has and does not ask for, borrowed from *STATE; NULL: there is none. */
static const char *
find_other(const char *directory, const LoomGuest *guest, const LoomGuestVnic *vnic,
           LoomHost **state, GError **error)
{
    const LoomPort *port;

    *state = loom_port_state_find(directory, LOOM_PORT_LIVE, guest->uuid, vnic->mac, error);
    port = *state ? loom_port_state_port(*state) : NULL;
    return port && port->portgroup && g_strcmp0(port->network, vnic->network) == 0 &&
                   !asks_for(directory, vnic, port)
               ? port->portgroup
               : NULL;
}

gboolean
loom_guest_ports_restate(const char *directory, const char *text, size_t length, const char *name,
                         char **result, GError **error)
{
    g_autoptr(LoomGuest) guest = loom_guest_parse(text, length, name, error);
    g_autofree char *changed = NULL;

    for (guint i = 0; guest && i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);
        g_autoptr(LoomHost) state = NULL;
        GError *cause = NULL;
        const char *other =
            vnic->network ? find_other(directory, guest, vnic, &state, &cause) : NULL;
        char *next =
            other ? loom_portgroup_set(changed ? changed : text, changed ? strlen(changed) : length,
                                       name, vnic->mac, other, &cause)
                  : NULL;

        if (cause) {
            g_propagate_error(error, cause);
            return FALSE;
        }
        if (!next)
            continue;
        g_free(changed);
        changed = next;
    }
    if (guest)
        *result = g_steal_pointer(&changed);
    return guest != NULL;
}

gboolean
loom_guest_ports_note(const char *directory, const char *text, size_t length, const char *name,
                      char **note, GError **error)
{
    g_autoptr(LoomGuest) guest = loom_guest_parse(text, length, name, error);
    g_autoptr(GString) lines = g_string_new(NULL);

    for (guint i = 0; guest && i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);
        g_autoptr(LoomHost) state = NULL;
        GError *cause = NULL;
        const char *other =
            vnic->network ? find_other(directory, guest, vnic, &state, &cause) : NULL;

        if (cause) {
            g_propagate_error(error, cause);
            return FALSE;
        }
        if (other)
            loom_note_add(lines, vnic, other);
    }
    loom_note_end(lines);
    if (guest)
        *note = lines->len ? g_strdup(lines->str) : NULL;
    return guest != NULL;
}
