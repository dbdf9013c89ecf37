/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom attach and detach: a vNIC of a guest, by libvirt, with its port. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "base/mac.h"
#include "base/record.h"
#include "cli/comparison.h"
#include "cli/macs.h"
#include "cli/plug.h"
#include "cli/portorigin.h"
#include "cli/work.h"
#include "host/slice.h"
#include "port/guest.h"
#include "port/lock.h"

#include <stdio.h>
#include <string.h>

#define UNPLUG_SECONDS 10 /* a guest that cooperates lets go in one */
#define LOCK_SECONDS   60 /* of others, each of which may wait for its guest so long */

/* What is to be plugged, and where; what is not owned is borrowed from the others. */
typedef struct {
    LoomSession *session;
    const char *name;
    LoomHost *host;
    LoomBackend *virt;
    LoomFabric *fabric; /* NULL: it cannot be read, and only leases and hints are missed */
    LoomGuest *guest;
    gboolean is_live; /* the running guest is meant */
    const LoomNetwork *network;
    const LoomPortgroup *portgroup;
    char *mac, *xml, *device;
    LoomPortLock *lock; /* nobody else plugs into the switch */
    LoomReport *report;
} Plug;

static void
plug_clear(Plug *plug)
{
    g_clear_pointer(&plug->host, loom_host_free);
    g_clear_pointer(&plug->virt, loom_backend_free);
    g_clear_pointer(&plug->fabric, loom_fabric_free);
    g_clear_pointer(&plug->guest, loom_guest_free);
    g_free(plug->mac);
    g_free(plug->xml);
    g_free(plug->device);
    g_clear_pointer(&plug->lock, loom_port_lock_release);
    g_clear_pointer(&plug->report, loom_report_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plug, plug_clear)

/* Host, libvirt and guest. */
static gboolean
begin(Plug *plug, LoomSession *session, const char *name, GError **error)
{
    const LoomGuestScope scope = loom_plug_scope(session);
    gboolean is_active;

    *plug = (Plug){.session = session, .name = name, .report = loom_report_new()};
    plug->host = loom_work_load_committed(error);
    plug->virt = plug->host ? loom_virt_new(session->uri, error) : NULL;
    plug->guest =
        plug->virt ? loom_plug_read_guest(plug->virt, name, scope, &is_active, error) : NULL;
    if (!plug->guest)
        return FALSE;
    plug->name = plug->guest->name;
    plug->is_live = scope & LOOM_GUEST_LIVE || (scope == LOOM_GUEST_CURRENT && is_active);
    return TRUE;
}

static LoomGuestScope
scope_of(const Plug *plug)
{
    return loom_plug_scope(plug->session);
}

/* --- attach ------------------------------------------------------------------------------------
 */

/* As many as the profile says; of one with vmq that says none: libvirt's one. */
static guint64
find_queues(const Plug *plug)
{
    g_autoptr(LoomHost) slice =
        loom_slice_find_by_name(loom_slice_directory(), plug->network->name, NULL);
    const LoomPort *pattern = slice ? loom_port_find_pattern(slice, plug->portgroup->name) : NULL;
    const LoomPortProfile *profile =
        plug->fabric && pattern
            ? loom_port_origins_find_profile(plug->fabric, plug->host->name, pattern, NULL)
            : NULL;
    gboolean is_virtio = !plug->session->model || g_str_equal(plug->session->model, "virtio");

    return profile && profile->offload->vmq && is_virtio ? profile->offload->queues : 0;
}

/* What no further vNIC may have, in neither form of the guest that is to get it. */
static GHashTable *
list_macs(const Plug *plug, GError **error)
{
    g_autoptr(GHashTable) others = loom_virt_list_macs(plug->virt, plug->guest->uuid, error);
    g_autoptr(GHashTable) taken = NULL;
    g_autoptr(LoomGuest) definition = NULL;
    gboolean is_active;

    if (!others)
        return NULL;
    taken = loom_macs_list(plug->host, plug->fabric, plug->guest, others);
    if (!(scope_of(plug) & LOOM_GUEST_CONFIG) || !plug->is_live)
        return g_steal_pointer(&taken);
    definition = loom_plug_read_guest(plug->virt, plug->name, LOOM_GUEST_CONFIG, &is_active, error);
    if (definition)
        loom_macs_add_guest(taken, definition);
    return definition ? g_steal_pointer(&taken) : NULL;
}

static gboolean
choose_mac(Plug *plug, GError **error)
{
    g_autoptr(GHashTable) taken = list_macs(plug, error);
    LoomPort *probe;
    gboolean is_valid;

    if (!taken)
        return FALSE;
    if (!plug->session->mac) {
        plug->mac = loom_macs_choose(plug->fabric, plug->host->name, plug->guest, plug->network,
                                     taken, plug->report, error);
        return plug->mac != NULL;
    }
    probe = loom_record_new(&loom_port_kind);
    plug->mac = g_ascii_strdown(plug->session->mac, -1);
    is_valid =
        LOOM_TRY(probe, mac, plug->mac) && loom_mac_parse(plug->mac) &&
        !g_str_has_prefix(plug->mac, "fe:"); /* libvirt's for taps: it starts no such guest */
    loom_record_free(probe);
    if (!is_valid)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    _("'%s' is no MAC address that a vNIC can have"), plug->session->mac);
    else if (g_hash_table_contains(taken, plug->mac))
        g_set_error_literal(error, LOOM_ERROR, LOOM_ERROR_CONFLICT,
                            g_hash_table_lookup(taken, plug->mac));
    else
        return TRUE;
    return FALSE;
}

/* Whether the guest that runs may have the port: the same answer as at its start. */
static gboolean
check_port(const Plug *plug, GError **error)
{
    g_autoptr(LoomHost) slice = NULL;
    const LoomGuestVnic vnic = {.type = "network",
                                .mac = plug->mac,
                                .network = plug->network->name,
                                .portgroup = plug->portgroup->name};
    GError *cause = NULL;

    slice = loom_slice_find_by_name(loom_slice_directory(), plug->network->name, &cause);
    if (slice)
        return loom_guest_port_admit(loom_slice_directory(), slice, plug->guest, &vnic,
                                     plug->report, error);
    if (cause)
        g_propagate_error(error, cause);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("the hooks know nothing of network '%s'; run: virt-loom apply"),
                    plug->network->name);
    return FALSE;
}

/* Who plugs into the switch waits for who does so already, and sees then what that one got. */
static gboolean
lock_switch(Plug *plug, GError **error)
{
    const char *bridge = plug->network->bridge;

    for (int i = 0; bridge && !plug->lock; i++) {
        GError *cause = NULL;

        plug->lock = loom_port_lock_try_plug(loom_slice_directory(), bridge, &cause);
        if (plug->lock)
            break;
        if (!g_error_matches(cause, LOOM_ERROR, LOOM_ERROR_BUSY) || i >= LOCK_SECONDS * 10) {
            g_propagate_error(error, cause);
            return FALSE;
        }
        g_error_free(cause);
        if (i == 10 && !plug->session->is_quiet)
            fprintf(stderr, _("Waiting for another vNIC to be plugged into switch '%s'...\n"),
                    bridge);
        g_usleep(G_USEC_PER_SEC / 10);
    }
    return TRUE;
}

/* Without the fabric of the default place a vNIC gets all but what only the fabric knows. */
static gboolean
load_fabric(Plug *plug, GError **error)
{
    g_autoptr(LoomReport) ignored = loom_report_new();
    GError *cause = NULL;

    plug->fabric = loom_session_load_fabric(plug->session, LOOM_FOR_USE, ignored, &cause);
    if (plug->fabric)
        return TRUE;
    if (plug->session->paths) {
        g_propagate_error(error, cause);
        return FALSE;
    }
    loom_report_add(plug->report, LOOM_SEVERITY_WARNING, NULL,
                    _("MAC pools, leases and queues of port profiles are not known: %s"),
                    cause->message);
    g_error_free(cause);
    return TRUE;
}

static gboolean
prepare(Plug *plug, const char *vm_network, GError **error)
{
    plug->network = loom_plug_find_network(plug->host, vm_network, error);
    plug->portgroup = plug->network ? loom_plug_find_portgroup(plug->network,
                                                               plug->session->classification, error)
                                    : NULL;
    if (!plug->portgroup)
        return FALSE;
    if (!load_fabric(plug, error))
        return FALSE;
    if (!lock_switch(plug, error) || !choose_mac(plug, error) ||
        (plug->is_live && !check_port(plug, error)))
        return FALSE;
    plug->xml = loom_plug_format(plug->network, plug->portgroup->name, plug->guest->uuid, plug->mac,
                                 plug->session->model, find_queues(plug));
    return TRUE;
}

/* The port that the hook has announced. */
static gboolean
program(Plug *plug, GError **error)
{
    gboolean is_active;
    g_autoptr(LoomGuest) now =
        loom_plug_read_guest(plug->virt, plug->name, LOOM_GUEST_LIVE, &is_active, error);
    const LoomGuestVnic *vnic = now ? loom_guest_find_vnic(now, plug->mac) : NULL;

    if (!now)
        return FALSE;
    plug->device = vnic ? g_strdup(vnic->device) : NULL;
    if (!loom_guest_port_give(loom_slice_directory(), now, plug->mac, plug->report, error))
        return FALSE;
    /* those that team with it may send by its address too */
    loom_guest_ports_repair(loom_slice_directory(), now, plug->report);
    return TRUE;
}

static void
print_result(const Plug *plug, const char *result)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    loom_json_add_member(builder, "result", result);
    loom_json_add_member(builder, "guest", plug->name);
    loom_json_add_member(builder, "mac", plug->mac);
    loom_json_add_member(builder, "network", plug->network ? plug->network->name : NULL);
    loom_json_add_member(builder, "portgroup", plug->portgroup ? plug->portgroup->name : NULL);
    loom_json_add_member(builder, "device", plug->device);
    json_builder_set_member_name(builder, "findings");
    loom_json_add_report(builder, plug->report);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

static LoomExit
finish(const Plug *plug, const char *result, const char *line)
{
    if (plug->session->is_json)
        print_result(plug, result);
    else
        loom_session_print_report(plug->session, plug->report, stderr);
    if (!plug->session->is_json && !plug->session->is_quiet)
        fputs(line, stdout);
    return LOOM_EXIT_DONE;
}

static LoomExit
usage(const char *command, const char *arguments)
{
    fprintf(stderr, _("virt-loom: %s needs %s; see virt-loom %s --help\n"), command, arguments,
            command);
    return LOOM_EXIT_USAGE;
}

typedef enum { UNPLUG_DONE, UNPLUG_GOES_ON, UNPLUG_FAILED } Unplug;

/* The guest itself lets go, in its time. */
static Unplug
await_gone(const Plug *plug, GError **error)
{
    for (int i = 0; i < UNPLUG_SECONDS * 10; i++) {
        gboolean is_active;
        g_autoptr(LoomGuest) now =
            loom_plug_read_guest(plug->virt, plug->name, LOOM_GUEST_LIVE, &is_active, error);

        if (!now)
            return UNPLUG_FAILED;
        if (!is_active || !loom_guest_find_vnic(now, plug->mac))
            return UNPLUG_DONE;
        g_usleep(G_USEC_PER_SEC / 10);
    }
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_BUSY,
                _("Guest '%s' was asked to let go of vNIC %s, and has not within %d s: it still "
                  "has it, until its system agrees or it is stopped"),
                plug->name, plug->mac, UNPLUG_SECONDS);
    return UNPLUG_GOES_ON;
}

/* All of it or nothing; a vNIC that the guest does not give back at once stays closed. */
static LoomExit
take_back(const Plug *plug, GError *cause)
{
    g_autoptr(GError) worse = NULL;

    if (loom_virt_detach(plug->virt, plug->name, plug->xml, scope_of(plug), &worse) &&
        await_gone(plug, &worse) == UNPLUG_DONE)
        g_prefix_error(&cause, _("Guest '%s' does not get vNIC %s: "), plug->name, plug->mac);
    else
        g_prefix_error(
            &cause,
            _("Guest '%s' has vNIC %s, through which nothing passes, and does not give it "
              "back (%s): "),
            plug->name, plug->mac, worse->message);
    return loom_session_fail(cause);
}

LoomExit
loom_command_attach(LoomSession *session, char **arguments)
{
    g_auto(Plug) plug = {0};
    g_autofree char *line = NULL;
    GError *error = NULL;

    if (!arguments[0] || !arguments[1])
        return usage("attach", "DOMAIN VM-NETWORK");
    if (!begin(&plug, session, arguments[0], &error) || !prepare(&plug, arguments[1], &error) ||
        !loom_virt_attach(plug.virt, plug.name, plug.xml, scope_of(&plug), &error))
        return loom_session_fail(error);
    if (plug.is_live && !program(&plug, &error))
        return take_back(&plug, error);
    line = plug.device
               ? g_strdup_printf(
                     _("Guest '%s' has vNIC %s on network '%s', portgroup '%s', as '%s'\n"),
                     plug.name, plug.mac, plug.network->name, plug.portgroup->name, plug.device)
               : g_strdup_printf(_("Guest '%s' has vNIC %s on network '%s', portgroup '%s'\n"),
                                 plug.name, plug.mac, plug.network->name, plug.portgroup->name);
    return finish(&plug, "attached", line);
}

/* --- detach ------------------------------------------------------------------------------------
 */

/* Both are asked for: that there is something to do in the definition is known before the guest is
 * asked, and nothing is done there before the guest has agreed. */
static gboolean
check_definition(const Plug *plug, GError **error)
{
    gboolean is_active;
    g_autoptr(LoomGuest) definition =
        loom_plug_read_guest(plug->virt, plug->name, LOOM_GUEST_CONFIG, &is_active, error);

    if (definition && !loom_guest_find_vnic(definition, plug->mac))
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("the definition of guest '%s' has no vNIC %s: only --live can take it out"),
                    plug->name, plug->mac);
    return definition && loom_guest_find_vnic(definition, plug->mac);
}

static Unplug
unplug_live(const Plug *plug, LoomGuestScope scope, GError **error)
{
    return loom_virt_detach(plug->virt, plug->name, plug->xml, scope, error)
               ? await_gone(plug, error)
               : UNPLUG_FAILED;
}

static Unplug
unplug_both(const Plug *plug, GError **error)
{
    Unplug result =
        check_definition(plug, error) ? unplug_live(plug, LOOM_GUEST_LIVE, error) : UNPLUG_FAILED;

    if (result == UNPLUG_GOES_ON)
        g_prefix_error(error, _("The definition of guest '%s' is as before: "), plug->name);
    if (result != UNPLUG_DONE)
        return result;
    if (loom_virt_detach(plug->virt, plug->name, plug->xml, LOOM_GUEST_CONFIG, error))
        return UNPLUG_DONE;
    g_prefix_error(error, _("Guest '%s' has no vNIC %s any more, but its definition has: "),
                   plug->name, plug->mac);
    return UNPLUG_FAILED;
}

static Unplug
unplug(const Plug *plug, GError **error)
{
    const LoomGuestScope scope = scope_of(plug);

    if (scope == (LOOM_GUEST_LIVE | LOOM_GUEST_CONFIG))
        return unplug_both(plug, error);
    if (plug->is_live)
        return unplug_live(plug, scope, error);
    return loom_virt_detach(plug->virt, plug->name, plug->xml, scope, error) ? UNPLUG_DONE
                                                                             : UNPLUG_FAILED;
}

LoomExit
loom_command_detach(LoomSession *session, char **arguments)
{
    g_auto(Plug) plug = {0};
    const LoomGuestVnic *vnic;
    g_autofree char *line = NULL;
    GError *error = NULL;
    Unplug result;

    if (!arguments[0] || !arguments[1])
        return usage("detach", "DOMAIN MAC|VM-NETWORK");
    if (!begin(&plug, session, arguments[0], &error) ||
        !(vnic = loom_plug_find_vnic(plug.host, plug.guest, arguments[1], &error)))
        return loom_session_fail(error);
    plug.mac = g_ascii_strdown(vnic->mac, -1);
    plug.network =
        vnic->network ? loom_host_find(plug.host, &loom_network_kind, vnic->network) : NULL;
    /* libvirt looks for the MAC address, and this type asks for nothing more */
    plug.xml =
        g_strdup_printf("<interface type='ethernet'><mac address='%s'/></interface>", plug.mac);
    result = unplug(&plug, &error);
    if (result != UNPLUG_DONE) {
        if (result == UNPLUG_GOES_ON && session->is_json)
            print_result(&plug, "asked");
        loom_session_fail(error);
        return result == UNPLUG_GOES_ON ? LOOM_EXIT_GOES_ON : LOOM_EXIT_FAILED;
    }
    line = g_strdup_printf(_("Guest '%s' has no vNIC %s any more\n"), plug.name, plug.mac);
    return finish(&plug, "detached", line);
}
