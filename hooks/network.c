/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt's network hook: the stamp, the switch, and may this port be made? */
#include "hook.h"

#include "base/error.h"
#include "guest/hookdata.h"
#include "guest/portgroup.h"
#include "host/slice.h"
#include "port/guest.h"
#include "port/program.h"
#include "port/state.h"
#include "port/switch.h"

#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

static guint64
link_mac(const struct sockaddr_ll *address)
{
    guint64 mac = 0;

    for (size_t i = 0; i < 6; i++)
        mac = mac << 8 | address->sll_addr[i];
    return mac;
}

/*
 * Whether the vNIC MAC has its tap, which libvirt makes after this hook. Asks the kernel, since
 * libvirt must not be asked, and in the namespace of libvirtd, which /sys need not show.
 */
static gboolean
tap_exists(const char *mac)
{
    guint64 wanted = loom_port_tap_mac(mac);
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

static gboolean
check_switch(const LoomHookInput *input, const LoomHookData *data, GError **error)
{
    const char *directory = loom_slice_directory();
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) slice = loom_slice_find_by_uuid(directory, data->network_uuid, &cause);

    /* without a slice that can be read its guests are refused anyway */
    return !slice || loom_port_switch_repair(directory, slice, input->warnings, error);
}

/* The stamp is how apply knows that libvirtd runs our hooks. */
static gboolean
start_network(const LoomHookInput *input, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHookData) data = parse_input(input, &cause);

    if (!data)
        loom_report_add(input->warnings, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
    if (!data || !data->is_ours)
        return TRUE;
    if (!loom_stamp_save(loom_slice_directory(), getppid(), &cause))
        loom_report_add(input->warnings, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
    return check_switch(input, data, error);
}

/* The slice of the network; NULL: there is none for that vNIC. */
static LoomHost *
find_slice(const LoomHookData *data, GError **error)
{
    const char *guest = data->owner_name ? data->owner_name : "?";
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) slice =
        loom_slice_find_by_uuid(loom_slice_directory(), data->network_uuid, &cause);

    if (slice)
        return loom_portgroup_check(slice, guest, &data->vnic, error) ? g_steal_pointer(&slice)
                                                                      : NULL;
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
    return NULL;
}

static gboolean
needs_intent(const LoomHost *slice, const LoomHookData *data)
{
    return loom_port_is_ours(slice) && loom_port_find_pattern(slice, data->vnic.portgroup) &&
           data->owner_uuid && g_uuid_string_is_valid(data->owner_uuid);
}

static LoomPort *
make_port(const LoomHost *slice, const LoomHookData *data)
{
    LoomPort *port = loom_record_copy(loom_port_find_pattern(slice, data->vnic.portgroup));

    LOOM_SET(port, domain, data->owner_uuid);
    LOOM_SET(port, mac, data->vnic.mac);
    if (data->vnic.portid)
        LOOM_TRY(port, portid, data->vnic.portid);
    return port;
}

/* A port that is kept is there already. That what is not cannot be noted makes no vNIC impossible.
 */
static void
note_live(const LoomHookInput *input, const LoomHost *slice, const LoomHookData *data)
{
    const char *directory = loom_slice_directory();
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) live =
        loom_port_state_find(directory, LOOM_PORT_LIVE, data->owner_uuid, data->vnic.mac, NULL);
    g_autoptr(LoomHost) intent =
        live ? NULL : loom_port_state_new(slice, make_port(slice, data), data->owner_name);

    if (intent && !loom_port_state_save(directory, LOOM_PORT_INTENT, intent, &cause))
        loom_report_add(input->warnings, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
}

/*
 * What is plugged into a running guest has no other hook: here it is asked whether it may be, and
 * the agent gives it its port when its tap comes. Of a guest that starts, `qemu start` takes the
 * intent away. What has its tap is never refused.
 */
static gboolean
note_intent(const LoomHookInput *input, const LoomHost *slice, const LoomHookData *data,
            GError **error)
{
    if (!needs_intent(slice, data))
        return TRUE;
    if (!tap_exists(data->vnic.mac))
        return loom_guest_port_announce(loom_slice_directory(), slice, make_port(slice, data),
                                        data->owner_name, input->warnings, error);
    note_live(input, slice, data);
    return TRUE;
}

/* A libvirtd that starts calls this again for every live port: those must not lose theirs. */
static gboolean
check_port(const LoomHookInput *input, GError **error)
{
    g_autoptr(LoomHookData) data = parse_input(input, error);
    g_autoptr(GError) cause = NULL;
    g_autoptr(LoomHost) slice = NULL;

    if (!data)
        return FALSE;
    if (!data->is_ours)
        return TRUE;
    if (!data->port) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    "the hook data of network '%s' has no <networkport>", data->network_name);
        return FALSE;
    }
    slice = find_slice(data, &cause);
    if ((slice && note_intent(input, slice, data, &cause)) || tap_exists(data->vnic.mac))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&cause));
    return FALSE;
}

/* Setting a live vNIC's link state deletes its port too, and the tap stays: then nothing is. */
static gboolean
delete_port(const LoomHookInput *input, GError **error)
{
    g_autoptr(LoomHookData) data = parse_input(input, error);

    if (!data)
        return FALSE;
    if (data->is_ours && data->port && data->owner_uuid && !tap_exists(data->vnic.mac))
        loom_guest_ports_release(loom_slice_directory(), data->owner_uuid, data->vnic.mac,
                                 input->warnings);
    return TRUE;
}

static const LoomHookOperation operations[] = {
    {"start", start_network, LOOM_HOOK_REFUSE},
    {"port-created", check_port, LOOM_HOOK_REFUSE},
    {"port-deleted", delete_port, LOOM_HOOK_WARN},
    {NULL},
};

const LoomHook loom_hook = {"network", operations};
