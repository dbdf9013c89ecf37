/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's qemu hook: may this guest start, and its ports as it does, as it is found, as it ends.
 */
#include "hook.h"

#include "guest/guest.h"
#include "guest/rewrite.h"
#include "host/slice.h"
#include "port/guest.h"

static LoomGuest *
parse_guest(const LoomHookInput *input, GError **error)
{
    g_autofree char *name = g_strdup_printf("the XML of guest '%s'", input->object);

    return loom_guest_parse(input->text, input->length, name, error);
}

/* A network without a slice is not ours, or not compiled yet; the network hook can tell the two. */
static gboolean
check_guest(const LoomHookInput *input, GError **error)
{
    g_autoptr(LoomGuest) guest = parse_guest(input, error);

    return guest && loom_guest_ports_check(loom_slice_directory(), guest, input->warnings, error);
}

static gboolean
start_guest(const LoomHookInput *input, GError **error)
{
    g_autoptr(LoomGuest) guest = parse_guest(input, error);

    return guest && loom_guest_ports_start(loom_slice_directory(), guest, input->warnings, error);
}

static gboolean
repair_guest(const LoomHookInput *input, GError **error)
{
    g_autoptr(LoomGuest) guest = parse_guest(input, error);

    if (guest)
        loom_guest_ports_repair(loom_slice_directory(), guest, input->warnings);
    return guest != NULL;
}

static gboolean
release_guest(const LoomHookInput *input, GError **error)
{
    g_autoptr(LoomGuest) guest = parse_guest(input, error);

    if (guest)
        loom_guest_ports_release(loom_slice_directory(), guest->uuid, NULL, input->warnings);
    return guest != NULL;
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
    {"migrate", rewrite_guest, LOOM_HOOK_REFUSE}, {"prepare", check_guest, LOOM_HOOK_REFUSE},
    {"restore", rewrite_guest, LOOM_HOOK_REFUSE}, {"start", start_guest, LOOM_HOOK_REFUSE},
    {"reconnect", repair_guest, LOOM_HOOK_WARN},  {"stopped", release_guest, LOOM_HOOK_WARN},
    {"release", release_guest, LOOM_HOOK_WARN},   {NULL},
};

const LoomHook loom_hook = {"qemu", operations};
