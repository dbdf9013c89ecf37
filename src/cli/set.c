/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom set: another classification for a vNIC of a guest, also while it runs. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/comparison.h"
#include "cli/plug.h"
#include "cli/work.h"
#include "guest/note.h"
#include "guest/portgroup.h"
#include "host/slice.h"
#include "port/guest.h"
#include "port/state.h"
#include "virt/migrate.h"

#include <stdio.h>
#include <string.h>

/* What the classification means for the vNIC as it is live, or in the definition: they may be on
 * networks of their own. NULL: that form is not meant. Borrowed from the host. */
typedef struct {
    const LoomNetwork *network;
    const LoomPortgroup *portgroup;
} Form;

typedef struct {
    const LoomSession *session;
    const LoomHost *host;
    LoomBackend *virt;
    const char *name;
    Form live, config;
    char *mac;
    char *former; /* the live port's portgroup before; NULL: it has no live port that was changed */
    LoomReport *report;
} Setting;

static void
setting_clear(Setting *setting)
{
    g_free(setting->mac);
    g_free(setting->former);
    g_clear_pointer(&setting->report, loom_report_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Setting, setting_clear)

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
    const LoomPortgroup *former = loom_portgroup_find(setting->live.network, setting->former);
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
    if (!loom_guest_port_set(loom_slice_directory(), guest, setting->mac,
                             setting->live.portgroup->name, setting->report, error))
        return FALSE;
    setting->former = g_strdup(loom_port_state_port(state)->portgroup);
    if (set_rates(setting, setting->live.portgroup, device, error)) {
        /* what libvirt has at the tap's ingress is another now, without what is ours there */
        loom_guest_ports_repair(loom_slice_directory(), guest, setting->report);
        return TRUE;
    }
    go_back(setting, guest, device);
    return FALSE;
}

/* The definition is made before anything is changed. */
static gboolean
make_definition(const Setting *setting, char **definition, GError **error)
{
    g_autofree char *xml = loom_virt_read_definition(setting->virt, setting->name, error);

    *definition = xml ? loom_portgroup_set(xml, strlen(xml), setting->name, setting->mac,
                                           setting->config.portgroup->name, error)
                      : NULL;
    return *definition != NULL;
}

/* Where the guest goes without virt-loom, its XML goes; that this cannot be noted there is no
 * reason to undo anything. */
static void
note(const Setting *setting)
{
    gboolean is_active;
    GError *cause = NULL;
    g_autofree char *xml = loom_virt_read_guest(setting->virt, setting->name, &is_active, &cause);
    g_autofree char *text = NULL;

    if (xml &&
        loom_guest_ports_note(loom_slice_directory(), xml, strlen(xml), setting->name, &text,
                              &cause) &&
        loom_virt_set_metadata(setting->virt, setting->name, LOOM_NOTE_NAMESPACE, LOOM_NOTE_PREFIX,
                               text, &cause))
        return;
    loom_report_add(setting->report, LOOM_SEVERITY_WARNING, NULL,
                    _("virsh migrate and virsh restore will not keep it: %s"), cause->message);
    g_error_free(cause);
}

static gboolean
set_all(Setting *setting, const LoomGuest *guest, GError **error)
{
    g_autofree char *definition = NULL;
    const LoomGuestVnic *vnic = loom_guest_find_vnic(guest, setting->mac);

    if (setting->config.portgroup && !make_definition(setting, &definition, error))
        return FALSE;
    if (setting->live.portgroup && !set_live(setting, guest, error))
        return FALSE;
    if (setting->live.portgroup)
        note(setting);
    if (!definition || loom_virt_define(setting->virt, definition, error))
        return TRUE;
    if (setting->live.portgroup) {
        go_back(setting, guest, vnic ? vnic->device : NULL);
        note(setting);
    }
    return FALSE;
}

static LoomExit
tell(const Setting *setting)
{
    const LoomSession *session = setting->session;
    const Form *form = setting->live.portgroup ? &setting->live : &setting->config;
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    if (!session->is_json) {
        loom_session_print_report(session, setting->report, stderr);
        if (!session->is_quiet)
            printf(_("vNIC %s of guest '%s' has the portgroup '%s' of network '%s'\n"),
                   setting->mac, setting->name, form->portgroup->name, form->network->name);
        return LOOM_EXIT_DONE;
    }
    json_builder_begin_object(builder);
    loom_json_add_member(builder, "result", "set");
    loom_json_add_member(builder, "guest", setting->name);
    loom_json_add_member(builder, "mac", setting->mac);
    loom_json_add_member(builder, "network", form->network->name);
    loom_json_add_member(builder, "portgroup", form->portgroup->name);
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
find_live_network(const LoomGuest *guest, const LoomGuestVnic *vnic)
{
    g_autoptr(LoomHost) state =
        loom_port_state_find(loom_slice_directory(), LOOM_PORT_LIVE, guest->uuid, vnic->mac, NULL);

    return g_strdup(state ? loom_port_state_port(state)->network : vnic->network);
}

/* NETWORK: the name; NULL: it is on none. */
static gboolean
find_form(const Setting *setting, const char *network, Form *form, GError **error)
{
    if (network)
        form->network = loom_plug_find_network(setting->host, network, error);
    else
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("vNIC %s of guest '%s' is on no network"), setting->mac, setting->name);
    form->portgroup =
        form->network
            ? loom_plug_find_portgroup(form->network, setting->session->classification, error)
            : NULL;
    return form->portgroup != NULL;
}

/* The vNIC of that MAC address in the definition, which GUEST is where it does not run. */
static gboolean
find_config(Setting *setting, const LoomGuest *guest, gboolean is_live, GError **error)
{
    gboolean is_active;
    g_autoptr(LoomGuest) read = is_live ? loom_plug_read_guest(setting->virt, setting->name,
                                                               LOOM_GUEST_CONFIG, &is_active, error)
                                        : NULL;
    const LoomGuest *definition = is_live ? read : guest;
    const LoomGuestVnic *vnic = definition ? loom_guest_find_vnic(definition, setting->mac) : NULL;

    if (vnic)
        return find_form(setting, vnic->network, &setting->config, error);
    if (definition)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("the definition of guest '%s' has no vNIC %s"), setting->name, setting->mac);
    return FALSE;
}

/* Both are found before either is changed. */
static gboolean
find_forms(Setting *setting, const LoomGuest *guest, const LoomGuestVnic *vnic, gboolean is_active,
           GError **error)
{
    const LoomGuestScope scope = loom_plug_scope(setting->session);
    gboolean is_live = scope & LOOM_GUEST_LIVE || (scope == LOOM_GUEST_CURRENT && is_active);
    g_autofree char *network = find_live_network(guest, vnic);

    if (is_live && !is_active) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("guest '%s' does not run: only --config can change it"), setting->name);
        return FALSE;
    }
    return (!is_live || find_form(setting, network, &setting->live, error)) &&
           ((is_live && !(scope & LOOM_GUEST_CONFIG)) ||
            find_config(setting, guest, is_live, error));
}

static LoomExit
set(Setting *setting, char **arguments)
{
    gboolean is_active;
    GError *error = NULL;
    g_autoptr(LoomGuest) guest = loom_plug_read_guest(
        setting->virt, setting->name, loom_plug_scope(setting->session), &is_active, &error);
    const LoomGuestVnic *vnic =
        guest ? loom_plug_find_vnic(setting->host, guest, arguments[1], &error) : NULL;

    if (!vnic)
        return loom_session_fail(error);
    setting->name = guest->name;
    setting->mac = g_ascii_strdown(vnic->mac, -1);
    if (find_forms(setting, guest, vnic, is_active, &error) && set_all(setting, guest, &error))
        return tell(setting);
    loom_session_print_report(setting->session, setting->report, stderr);
    return loom_session_fail(error);
}

LoomExit
loom_command_set(LoomSession *session, char **arguments)
{
    g_autoptr(LoomHost) host = NULL;
    g_autoptr(LoomBackend) virt = NULL;
    g_auto(Setting) setting = {.session = session, .name = arguments[0]};
    GError *error = NULL;

    if (!arguments[0] || !arguments[1] || !session->classification) {
        fputs(
            _("virt-loom: set needs DOMAIN, MAC|VM-NETWORK and --classification; see virt-loom set "
              "--help\n"),
            stderr);
        return LOOM_EXIT_USAGE;
    }
    host = loom_work_load_committed(&error);
    virt = host ? loom_virt_new(session->uri, &error) : NULL;
    if (!virt)
        return loom_session_fail(error);
    setting.host = host;
    setting.virt = virt;
    setting.report = loom_report_new();
    return set(&setting, arguments);
}
