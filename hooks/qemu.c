/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's qemu hook: may this guest start? */
#include "hook.h"

#include "base/error.h"
#include "guest/guest.h"
#include "guest/portgroup.h"
#include "guest/rewrite.h"
#include "host/slice.h"

/* A network without a slice is not ours, or not compiled yet; the network hook can tell the two. */
static gboolean
check_vnic(const char *guest, const LoomGuestVnic *vnic, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) slice = NULL;

    if (!vnic->network)
        return TRUE;
    slice = loom_slice_find_by_name(loom_slice_directory(), vnic->network, &cause);
    if (slice)
        return loom_portgroup_check(slice, guest, vnic, error);
    if (!cause)
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                "guest '%s', vNIC %s: the slice of network '%s' cannot be read; run: virt-loom "
                "apply (%s)",
                guest, vnic->mac, vnic->network, cause->message);
    return FALSE;
}

static gboolean
check_guest(const LoomHookInput *input, GError **error)
{
    g_autofree char *name = g_strdup_printf("the XML of guest '%s'", input->object);
    g_autoptr(LoomGuest) guest = loom_guest_parse(input->text, input->length, name, error);

    if (!guest)
        return FALSE;
    for (guint i = 0; i < guest->vnics->len; i++)
        if (!check_vnic(guest->name, &g_array_index(guest->vnics, LoomGuestVnic, i), error))
            return FALSE;
    return TRUE;
}

/* Standard output is the guest as it comes in; nothing: as it was. */
static gboolean
rewrite_guest(const LoomHookInput *input, GError **error)
{
    g_autofree char *name = g_strdup_printf("the XML of guest '%s'", input->object);
    g_autofree char *text = NULL;

    return loom_guest_rewrite(loom_slice_directory(), input->text, input->length, name, &text,
                              error) &&
           (!text || loom_hook_write(text, error));
}

static const LoomHookOperation operations[] = {
    {"migrate", rewrite_guest, LOOM_HOOK_REFUSE},
    {"prepare", check_guest, LOOM_HOOK_REFUSE},
    {"restore", rewrite_guest, LOOM_HOOK_REFUSE},
    {NULL},
};

const LoomHook loom_hook = {"qemu", operations};
