/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Another portgroup for a vNIC, in the text of its domain. */
#include "guest/portgroup.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/record.h"
#include "guest/splice.h"

#include <string.h>

/* The place of the vNIC in the guest; -1: there is none on a network. */
static int
find_place(const LoomGuest *guest, const char *mac)
{
    for (guint i = 0; i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);

        if (vnic->network && g_ascii_strcasecmp(vnic->mac, mac) == 0)
            return (int)i;
    }
    return -1;
}

/* The value takes the place of the old one, or stands behind that of network as a new attribute. */
static char *
splice(const char *text, size_t length, const LoomSourceSpans *spans, const char *portgroup)
{
    GString *result = g_string_new_len(
        text, (gssize)(spans->portgroup.end ? spans->portgroup.start : spans->network.end + 1));
    size_t rest = spans->portgroup.end ? spans->portgroup.end : spans->network.end + 1;

    if (!spans->portgroup.end)
        g_string_append(result, " portgroup='");
    loom_xml_escape(result, portgroup);
    if (!spans->portgroup.end)
        g_string_append_c(result, '\'');
    g_string_append_len(result, text + rest, (gssize)(length - rest));
    return g_string_free(result, FALSE);
}

/* Whether the reader sees in the new text what it is meant to be, and nothing else has changed. */
static gboolean
is_as_meant(const char *text, const char *name, const LoomGuest *guest, int place,
            const char *portgroup)
{
    g_autoptr(LoomGuest) changed = loom_guest_parse(text, strlen(text), name, NULL);

    if (!changed || changed->vnics->len != guest->vnics->len)
        return FALSE;
    for (guint i = 0; i < guest->vnics->len; i++) {
        const LoomGuestVnic *is = &g_array_index(changed->vnics, LoomGuestVnic, i);
        const LoomGuestVnic *was = &g_array_index(guest->vnics, LoomGuestVnic, i);

        if (g_strcmp0(is->network, was->network) || g_strcmp0(is->mac, was->mac) ||
            g_strcmp0(is->portgroup, (int)i == place ? portgroup : was->portgroup))
            return FALSE;
    }
    return TRUE;
}

char *
loom_portgroup_set(const char *text, size_t length, const char *name, const char *mac,
                   const char *portgroup, GError **error)
{
    g_autoptr(LoomGuest) guest = loom_guest_parse(text, length, name, error);
    g_autoptr(GArray) sources = NULL;
    g_autofree char *changed = NULL;
    int place = guest ? find_place(guest, mac) : -1;

    if (!guest)
        return NULL;
    if (place < 0) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("guest '%s' has no vNIC %s on a network"), guest->name, mac);
        return NULL;
    }
    sources = loom_splice_find_sources(text, length);
    if (sources && sources->len == guest->vnics->len)
        changed = splice(text, length, &g_array_index(sources, LoomSourceSpans, place), portgroup);
    if (changed && is_as_meant(changed, name, guest, place, portgroup))
        return g_steal_pointer(&changed);
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                _("%s: the portgroup of vNIC %s cannot be found in the text, to be changed"), name,
                mac);
    return NULL;
}
