/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The networks of an incoming guest, changed in its text. */
#include "guest/rewrite.h"

#include "base/error.h"
#include "base/i18n.h"
#include "base/record.h"
#include "guest/equivalent.h"
#include "guest/note.h"
#include "guest/portgroup.h"
#include "guest/splice.h"
#include "host/slice.h"

#include <string.h>

/* What a vNIC gets. Owned; NULL: it keeps what it has. */
typedef struct {
    char *network, *bridge;
} Target;

static void
target_clear(gpointer data)
{
    Target *target = data;

    g_free(target->network);
    g_free(target->bridge);
}

/* --- which network ---------------------------------------------------------------------------- */

/* The slices that a vNIC on NAME may go on; empty: none is known. */
static GPtrArray *
find_slices(const char *directory, const char *name, GError **error)
{
    g_autoptr(GError) cause = NULL;
    LoomHost *slice = loom_slice_find_by_name(directory, name, &cause);
    GPtrArray *slices;
    g_autofree char *vmnetwork = NULL;

    if (cause) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return NULL;
    }
    if (slice) {
        slices = g_ptr_array_new_with_free_func((GDestroyNotify)loom_host_free);
        g_ptr_array_add(slices, slice);
        return slices;
    }
    slices = loom_slice_find_by_vmnetwork(directory, name, error);
    vmnetwork = loom_network_vmnetwork_of(name);
    if (!slices || slices->len || !vmnetwork)
        return slices;
    g_ptr_array_unref(slices);
    return loom_slice_find_by_vmnetwork(directory, vmnetwork, error);
}

static const LoomHost *
slice_of(const GPtrArray *slices, const LoomNetwork *network)
{
    for (guint i = 0; i < slices->len; i++) {
        const LoomHost *slice = slices->pdata[i];

        if (slice->networks->len && slice->networks->pdata[0] == network)
            return slice;
    }
    return NULL;
}

static gboolean
choose(const GPtrArray *slices, const char *guest, const LoomGuestVnic *vnic, Target *target,
       GError **error)
{
    g_autoptr(GPtrArray) networks = g_ptr_array_new();
    g_autoptr(GError) cause = NULL;
    const LoomNetwork *network;

    for (guint i = 0; i < slices->len; i++) {
        const LoomHost *slice = slices->pdata[i];

        if (slice->networks->len)
            g_ptr_array_add(networks, slice->networks->pdata[0]);
    }
    network = loom_network_choose(networks, vnic->network, NULL, vnic->portgroup, &cause);
    if (!network) {
        g_set_error(error, LOOM_ERROR, cause->code,
                    _("guest '%s', vNIC %s on network '%s': it cannot come to this host: %s"),
                    guest, vnic->mac, vnic->network, cause->message);
        return FALSE;
    }
    if (!loom_portgroup_check(slice_of(slices, network), guest, vnic, error))
        return FALSE;
    if (!g_str_equal(network->name, vnic->network)) {
        target->network = g_strdup(network->name);
        target->bridge = g_strdup(network->bridge);
    }
    return TRUE;
}

/* DATA: the directory of slices. */
static gboolean
find_target(gconstpointer data, const LoomGuest *guest, const LoomGuestVnic *vnic, Target *target,
            GError **error)
{
    const char *directory = data;
    g_autoptr(GError) cause = NULL;
    g_autoptr(GPtrArray) slices = NULL;

    if (!vnic->network)
        return TRUE;
    slices = find_slices(directory, vnic->network, &cause);
    if (slices)
        return !slices->len || choose(slices, guest->name, vnic, target, error);
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                _("guest '%s', vNIC %s: the slice of network '%s' cannot be read; run: "
                  "virt-loom apply (%s)"),
                guest->name, vnic->mac, vnic->network, cause->message);
    return FALSE;
}

/* --- the text --------------------------------------------------------------------------------- */

static int
span_compare(gconstpointer a, gconstpointer b)
{
    const LoomSpan *one = a, *other = b;

    return (one->start > other->start) - (one->start < other->start);
}

typedef struct {
    LoomSpan span; /* first: span_compare() */
    const char *value;
} Change;

static void
add_change(GArray *changes, LoomSpan span, const char *value)
{
    const Change change = {span, value};

    if (value && span.end)
        g_array_append_val(changes, change);
}

static char *
splice(const char *text, size_t length, const GArray *sources, const GArray *targets)
{
    g_autoptr(GArray) changes = g_array_new(FALSE, FALSE, sizeof(Change));
    GString *result = g_string_sized_new(length + 256);
    size_t done = 0;

    for (guint i = 0; i < targets->len; i++) {
        const LoomSourceSpans *spans = &g_array_index(sources, LoomSourceSpans, i);
        const Target *target = &g_array_index(targets, Target, i);

        add_change(changes, spans->network, target->network);
        add_change(changes, spans->bridge, target->bridge);
    }
    g_array_sort(changes, span_compare);
    for (guint i = 0; i < changes->len; i++) {
        const Change *change = &g_array_index(changes, Change, i);

        g_string_append_len(result, text + done, change->span.start - done);
        loom_xml_escape(result, change->value);
        done = change->span.end;
    }
    g_string_append_len(result, text + done, length - done);
    return g_string_free(result, FALSE);
}

/* Whether the reader sees in the new text what it is meant to be: a scanner that lost its way in
 * something unheard of must not make a guest of it. */
static gboolean
is_as_meant(const char *text, const char *name, const LoomGuest *guest, const GArray *targets)
{
    g_autoptr(LoomGuest) changed = loom_guest_parse(text, strlen(text), name, NULL);

    if (!changed || changed->vnics->len != guest->vnics->len)
        return FALSE;
    for (guint i = 0; i < targets->len; i++) {
        const Target *target = &g_array_index(targets, Target, i);
        const LoomGuestVnic *old = &g_array_index(guest->vnics, LoomGuestVnic, i);
        const LoomGuestVnic *new = &g_array_index(changed->vnics, LoomGuestVnic, i);

        if (g_strcmp0(new->network, target->network ? target->network : old->network) ||
            g_strcmp0(new->portgroup, old->portgroup) || g_strcmp0(new->mac, old->mac))
            return FALSE;
    }
    return TRUE;
}

static gboolean
make_text(const char *text, size_t length, const LoomGuest *guest, const GArray *targets,
          const char *name, char **result, GError **error)
{
    g_autoptr(GArray) sources = loom_splice_find_sources(text, length);
    g_autofree char *changed = NULL;

    if (sources && sources->len == targets->len)
        changed = splice(text, length, sources, targets);
    if (changed && is_as_meant(changed, name, guest, targets)) {
        *result = g_steal_pointer(&changed);
        return TRUE;
    }
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                _("%s: the networks of its vNICs cannot be found in the text, to be changed"),
                name);
    return FALSE;
}

/* Fills in the target of one vNIC of GUEST. */
typedef gboolean (*Finder)(gconstpointer data, const LoomGuest *guest, const LoomGuestVnic *vnic,
                           Target *target, GError **error);

static gboolean
rewrite(const char *text, size_t length, const char *name, Finder finder, gconstpointer data,
        char **result, GError **error)
{
    g_autoptr(LoomGuest) guest = loom_guest_parse(text, length, name, error);
    g_autoptr(GArray) targets = g_array_new(FALSE, TRUE, sizeof(Target));
    gboolean changes = FALSE;

    if (!guest)
        return FALSE;
    g_array_set_clear_func(targets, target_clear);
    g_array_set_size(targets, guest->vnics->len);
    for (guint i = 0; i < guest->vnics->len; i++) {
        Target *target = &g_array_index(targets, Target, i);

        if (!finder(data, guest, &g_array_index(guest->vnics, LoomGuestVnic, i), target, error))
            return FALSE;
        changes |= target->network != NULL;
    }
    if (changes)
        return make_text(text, length, guest, targets, name, result, error);
    *result = NULL;
    return TRUE;
}

gboolean
loom_guest_rewrite(const char *directory, const char *text, size_t length, const char *name,
                   char **result, GError **error)
{
    g_autofree char *noted = NULL;

    if (!loom_note_apply(text, length, name, &noted, error) ||
        !rewrite(noted ? noted : text, noted ? strlen(noted) : length, name, find_target, directory,
                 result, error))
        return FALSE;
    if (!*result)
        *result = g_steal_pointer(&noted);
    return TRUE;
}

/* --- for a destination that is known ---------------------------------------------------------- */

typedef struct {
    const LoomHost *from, *to;
} Hosts;

static gboolean
find_there(gconstpointer data, const LoomGuest *guest, const LoomGuestVnic *vnic, Target *target,
           GError **error)
{
    const Hosts *hosts = data;
    const LoomNetwork *from =
        vnic->network ? loom_host_find(hosts->from, &loom_network_kind, vnic->network) : NULL;
    const LoomNetwork *to;
    g_autoptr(GError) cause = NULL;

    if (!from || !from->ours)
        return TRUE;
    to = loom_network_choose(hosts->to->networks, vnic->network, from->logicalswitch,
                             vnic->portgroup, &cause);
    if (!to) {
        g_set_error(error, LOOM_ERROR, cause->code,
                    _("guest '%s', vNIC %s on network '%s': it cannot move: %s"), guest->name,
                    vnic->mac, vnic->network, cause->message);
        return FALSE;
    }
    if (!g_str_equal(to->name, vnic->network)) {
        target->network = g_strdup(to->name);
        target->bridge = g_strdup(to->bridge);
    }
    return TRUE;
}

gboolean
loom_guest_retarget(const LoomHost *from, const LoomHost *to, const char *text, size_t length,
                    const char *name, char **result, GError **error)
{
    const Hosts hosts = {from, to};

    return rewrite(text, length, name, find_there, &hosts, result, error);
}
