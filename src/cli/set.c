/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom set: another classification for a vNIC of a guest, also while it runs. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/comparison.h"
#include "cli/plug.h"
#include "guest/portgroup.h"
#include "host/slice.h"
#include "port/guest.h"
#include "port/state.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    LoomBackend *virt;
    const char *name;
    const LoomNetwork *network;
    const LoomPortgroup *portgroup;
    const char *mac;
    char *former; /* the live port's portgroup before; NULL: it has no live port that was changed */
    LoomReport *report;
} Setting;

/* Limits are libvirt's. */
static gboolean
set_rates(const Setting *setting, const LoomPortgroup *portgroup, const char *device,
          GError **error)
{
    const LoomVirtRate in = {portgroup->inaverage, portgroup->inpeak, portgroup->inburst};
    const LoomVirtRate out = {portgroup->outaverage, portgroup->outpeak, portgroup->outburst};

    return loom_virt_set_rates(setting->virt, setting->name, device, &in, &out, error);
}

static void
go_back(const Setting *setting, const LoomGuest *guest, const char *device)
{
    const LoomPortgroup *former = loom_portgroup_find(setting->network, setting->former);
    GError *cause = NULL;

    if (loom_guest_port_set(loom_slice_directory(), guest, setting->mac, setting->former,
                            setting->report, &cause) &&
        (!former || set_rates(setting, former, device, &cause)))
        return;
    loom_report_add(setting->report, LOOM_SEVERITY_WARNING, NULL, "%s", cause->message);
    g_error_free(cause);
}

static gboolean
set_live(Setting *setting, const LoomGuest *guest, GError **error)
{
    const LoomGuestVnic *vnic = loom_guest_find_vnic(guest, setting->mac);
    g_autoptr(LoomHost) state = loom_port_state_find(loom_slice_directory(), LOOM_PORT_LIVE,
                                                     guest->uuid, setting->mac, error);
    const char *device = state ? loom_port_state_port(state)->link : vnic ? vnic->device : NULL;

    if (error && *error)
        return FALSE;
    if (!loom_guest_port_set(loom_slice_directory(), guest, setting->mac, setting->portgroup->name,
                             setting->report, error))
        return FALSE;
    setting->former = g_strdup(loom_port_state_port(state)->portgroup);
    if (set_rates(setting, setting->portgroup, device, error))
        return TRUE;
    go_back(setting, guest, device);
    return FALSE;
}

/* The definition is made before anything is changed. */
static gboolean
make_definition(const Setting *setting, char **definition, GError **error)
{
    g_autofree char *xml = loom_virt_read_definition(setting->virt, setting->name, error);

    *definition = xml ? loom_portgroup_set(xml, strlen(xml), setting->name, setting->mac,
                                           setting->portgroup->name, error)
                      : NULL;
    return *definition != NULL;
}

static gboolean
set_all(Setting *setting, const LoomGuest *guest, gboolean is_live, gboolean is_config,
        GError **error)
{
    g_autofree char *definition = NULL;
    const LoomGuestVnic *vnic = loom_guest_find_vnic(guest, setting->mac);

    if (is_config && !make_definition(setting, &definition, error))
        return FALSE;
    if (is_live && !set_live(setting, guest, error))
        return FALSE;
    if (!is_config || loom_virt_define(setting->virt, definition, error))
        return TRUE;
    if (is_live)
        go_back(setting, guest, vnic ? vnic->device : NULL);
    return FALSE;
}

static LoomExit
tell(const LoomSession *session, const Setting *setting)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    if (!session->is_json) {
        loom_session_print_report(session, setting->report, stderr);
        if (!session->is_quiet)
            printf(_("vNIC %s of guest '%s' has the portgroup '%s' of network '%s'\n"),
                   setting->mac, setting->name, setting->portgroup->name, setting->network->name);
        return LOOM_EXIT_DONE;
    }
    json_builder_begin_object(builder);
    loom_json_add_member(builder, "result", "set");
    loom_json_add_member(builder, "guest", setting->name);
    loom_json_add_member(builder, "mac", setting->mac);
    loom_json_add_member(builder, "network", setting->network->name);
    loom_json_add_member(builder, "portgroup", setting->portgroup->name);
    loom_json_add_member(builder, "former", setting->former);
    json_builder_set_member_name(builder, "findings");
    loom_json_add_report(builder, setting->report);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
    return LOOM_EXIT_DONE;
}

/* What a live port is on, which libvirt may have lost; else what the vNIC asks for. */
static char *
find_network_name(const LoomGuest *guest, const LoomGuestVnic *vnic)
{
    g_autoptr(LoomHost) state =
        loom_port_state_find(loom_slice_directory(), LOOM_PORT_LIVE, guest->uuid, vnic->mac, NULL);

    return g_strdup(state ? loom_port_state_port(state)->network : vnic->network);
}

static LoomExit
set(LoomSession *session, const LoomHost *host, LoomBackend *virt, char **arguments)
{
    const LoomGuestScope scope = loom_plug_scope(session);
    gboolean is_active, is_live, done;
    GError *error = NULL;
    g_autoptr(LoomGuest) guest =
        loom_plug_read_guest(virt, arguments[0], scope, &is_active, &error);
    const LoomGuestVnic *vnic =
        guest ? loom_plug_find_vnic(host, guest, arguments[1], &error) : NULL;
    g_autofree char *network = vnic ? find_network_name(guest, vnic) : NULL;
    g_autofree char *mac = vnic ? g_ascii_strdown(vnic->mac, -1) : NULL;
    Setting setting = {.virt = virt, .name = arguments[0], .mac = mac};

    if (!vnic)
        return loom_session_fail(error);
    setting.network = network ? loom_plug_find_network(host, network, &error) : NULL;
    if (!network)
        error = g_error_new(LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                            _("vNIC %s of guest '%s' is on no network"), mac, guest->name);
    setting.portgroup =
        setting.network ? loom_plug_find_portgroup(setting.network, session->classification, &error)
                        : NULL;
    if (!setting.portgroup)
        return loom_session_fail(error);
    is_live = scope & LOOM_GUEST_LIVE || (scope == LOOM_GUEST_CURRENT && is_active);
    setting.report = loom_report_new();
    done = set_all(&setting, guest, is_live, scope & LOOM_GUEST_CONFIG || !is_live, &error);
    if (!done)
        loom_session_print_report(session, setting.report, stderr);
    LoomExit result = done ? tell(session, &setting) : loom_session_fail(error);
    g_free(setting.former);
    loom_report_free(setting.report);
    return result;
}

LoomExit
loom_command_set(LoomSession *session, char **arguments)
{
    g_autoptr(LoomHost) host = NULL;
    g_autoptr(LoomBackend) virt = NULL;
    GError *error = NULL;

    if (!arguments[0] || !arguments[1] || !session->classification) {
        fputs(
            _("virt-loom: set needs DOMAIN, MAC|VM-NETWORK and --classification; see virt-loom set "
              "--help\n"),
            stderr);
        return LOOM_EXIT_USAGE;
    }
    host = loom_plug_load_host(&error);
    virt = host ? loom_virt_new(session->uri, &error) : NULL;
    return virt ? set(session, host, virt, arguments) : loom_session_fail(error);
}
