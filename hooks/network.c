/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's network hook: the stamp, and may this port be made? */
#include "hook.h"

#include "base/error.h"
#include "base/mac.h"
#include "guest/hookdata.h"
#include "guest/portgroup.h"
#include "host/slice.h"

#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#define TAP_FIRST_OCTET G_GUINT64_CONSTANT(0xfe)

static guint64
link_mac(const struct sockaddr_ll *address)
{
    guint64 mac = 0;

    for (size_t i = 0; i < 6; i++)
        mac = mac << 8 | address->sll_addr[i];
    return mac;
}

/*
 * Whether the vNIC MAC has its tap: libvirt gives that the vNIC's MAC with the first octet fe
 * (virNetDevTapCreateInBridgePort()), and makes it after this hook. Asks the kernel, since libvirt
 * must not be asked, and in the namespace of libvirtd, which /sys need not show.
 */
static gboolean
tap_exists(const char *mac)
{
    guint64 low = loom_mac_parse(mac) & ((G_GUINT64_CONSTANT(1) << 40) - 1);
    guint64 wanted = TAP_FIRST_OCTET << 40 | low;
    struct ifaddrs *list;
    gboolean found = FALSE;

    if (getifaddrs(&list) < 0)
        return FALSE;
    for (const struct ifaddrs *at = list; at && !found; at = at->ifa_next) {
        const struct sockaddr_ll *address = (const struct sockaddr_ll *)(const void *)at->ifa_addr;

        found = address && address->sll_family == AF_PACKET && address->sll_halen == 6 &&
                link_mac(address) == wanted;
    }
    freeifaddrs(list);
    return found;
}

static LoomHookData *
parse_input(const LoomHookInput *input, GError **error)
{
    g_autofree char *name = g_strdup_printf("the hook data of network '%s'", input->object);

    return loom_hook_data_parse(input->text, input->length, name, error);
}

/* How apply knows that libvirtd runs our hooks. */
static gboolean
leave_stamp(const LoomHookInput *input, GError **error)
{
    g_autoptr(LoomHookData) data = parse_input(input, error);

    if (!data)
        return FALSE;
    return !data->is_ours || loom_stamp_save(loom_slice_directory(), getppid(), error);
}

static gboolean
check_vnic(const LoomHookData *data, GError **error)
{
    const char *guest = data->owner_name ? data->owner_name : "?";
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) slice =
        loom_slice_find_by_uuid(loom_slice_directory(), data->network_uuid, &cause);

    if (slice)
        return loom_portgroup_check(slice, guest, &data->vnic, error);
    if (cause)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED,
                    "guest '%s', vNIC %s: the slice of network '%s' cannot be read; run: "
                    "virt-loom apply (%s)",
                    guest, data->vnic.mac, data->network_name, cause->message);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    "guest '%s', vNIC %s: network '%s' is one of virt-loom's that this host has "
                    "not compiled; run: virt-loom apply",
                    guest, data->vnic.mac, data->network_name);
    return FALSE;
}

/* A libvirtd that starts calls this again for every live port: those must not lose theirs. */
static gboolean
check_port(const LoomHookInput *input, GError **error)
{
    g_autoptr(LoomHookData) data = parse_input(input, error);
    g_autoptr(GError) cause = NULL;

    if (!data)
        return FALSE;
    if (!data->is_ours)
        return TRUE;
    if (!data->port) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    "the hook data of network '%s' has no <networkport>", data->network_name);
        return FALSE;
    }
    if (check_vnic(data, &cause) || tap_exists(data->vnic.mac))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

static const LoomHookOperation operations[] = {
    {"start", leave_stamp, LOOM_HOOK_WARN},
    {"port-created", check_port, LOOM_HOOK_REFUSE},
    {NULL},
};

const LoomHook loom_hook = {"network", operations};
