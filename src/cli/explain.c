/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom explain: each value of a port, where it comes from, and what the kernel has. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/comparison.h"
#include "cli/explanation.h"
#include "cli/origin.h"
#include "cli/output.h"
#include "host/slice.h"
#include "port/port.h"
#include "virt/migrate.h"

#include <stdio.h>
#include <string.h>

/* --- for people --------------------------------------------------------------------------------
 */

static char *
chain_text(const GPtrArray *chain)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < chain->len; i++) {
        g_autofree char *origin = loom_origin_format(chain->pdata[i]);

        g_string_append_printf(text, "%s%s", i ? " < " : "", origin);
    }
    return g_string_free(text, FALSE);
}

static void
print_heading(const LoomPortView *view)
{
    const LoomPort *port = view->port;

    if (view->vnic)
        loom_output_print(stdout, LOOM_BOLD, _("Host vNIC '%s' (%s) in VM network '%s': %s\n"),
                          view->vnic, port->link, port->vmnetwork ? port->vmnetwork : "?",
                          loom_port_condition_describe(view->condition));
    else
        loom_output_print(
            stdout, LOOM_BOLD, _("Guest '%s', vNIC %s (%s) on network '%s', portgroup '%s': %s\n"),
            view->guest, port->mac, port->link ? port->link : "-",
            port->network ? port->network : "?", port->portgroup ? port->portgroup : "-",
            loom_port_condition_describe(view->condition));
}

static void
print_text(const LoomPortView *view, const GPtrArray *values)
{
    g_autoptr(LoomTable) table =
        loom_table_new(4, _("VALUE"), _("EXPECTED"), _("KERNEL"), _("FROM"));

    print_heading(view);
    for (guint i = 0; i < values->len; i++) {
        const LoomExplainedValue *value = values->pdata[i];
        g_autofree char *chain = chain_text(value->chain);

        loom_table_add(table, value->name, value->expected, value->actual, chain);
        loom_table_paint(table, value->differs ? LOOM_RED : LOOM_PLAIN);
    }
    loom_table_print(table, stdout);
}

/* --- for programs ------------------------------------------------------------------------------
 */

static void
add_origin(JsonBuilder *builder, const LoomOrigin *origin)
{
    json_builder_begin_object(builder);
    loom_json_add_member(builder, "what", origin->text);
    loom_json_add_member(builder, "file", origin->source.file);
    json_builder_set_member_name(builder, "line");
    if (origin->source.file)
        json_builder_add_int_value(builder, origin->source.line);
    else
        json_builder_add_null_value(builder);
    json_builder_end_object(builder);
}

static void
add_json(JsonBuilder *builder, const LoomPortView *view, const GPtrArray *values)
{
    json_builder_begin_object(builder);
    loom_json_add_member(builder, "guest", view->guest);
    loom_json_add_member(builder, "vnic", view->vnic);
    loom_json_add_member(builder, "state", loom_port_condition_format(view->condition));
    json_builder_set_member_name(builder, "port");
    loom_json_add_record(builder, view->port);
    json_builder_set_member_name(builder, "values");
    json_builder_begin_array(builder);
    for (guint i = 0; i < values->len; i++) {
        const LoomExplainedValue *value = values->pdata[i];

        json_builder_begin_object(builder);
        loom_json_add_member(builder, "name", value->name);
        loom_json_add_member(builder, "expected", value->expected);
        loom_json_add_member(builder, "kernel", value->actual);
        json_builder_set_member_name(builder, "differs");
        json_builder_add_boolean_value(builder, value->differs);
        json_builder_set_member_name(builder, "from");
        json_builder_begin_array(builder);
        for (guint k = 0; k < value->chain->len; k++)
            add_origin(builder, value->chain->pdata[k]);
        json_builder_end_array(builder);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
    json_builder_end_object(builder);
}

static void
print_json(const LoomPortViews *views, const GPtrArray *chosen, const LoomFabric *fabric,
           const LoomReport *report)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    loom_json_add_member(builder, "host", views->host);
    json_builder_set_member_name(builder, "ports");
    json_builder_begin_array(builder);
    for (guint i = 0; i < chosen->len; i++) {
        g_autoptr(GPtrArray) values = loom_explanation_values(views, chosen->pdata[i], fabric);

        add_json(builder, chosen->pdata[i], values);
    }
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "findings");
    loom_json_add_report(builder, report);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

/* --- which ports -------------------------------------------------------------------------------
 */

static gboolean
is_meant(const LoomPortView *view, const char *name, const char *mac)
{
    gboolean is_named = g_strcmp0(view->vnic, name) == 0 || g_strcmp0(view->guest, name) == 0 ||
                        g_strcmp0(view->port->domain, name) == 0;

    return is_named && (!mac || (view->port->mac && !g_ascii_strcasecmp(view->port->mac, mac)));
}

static GPtrArray *
choose(const LoomPortViews *views, const char *name, const char *mac)
{
    GPtrArray *chosen = g_ptr_array_new();

    for (guint i = 0; i < views->views->len; i++)
        if (is_meant(views->views->pdata[i], name, mac))
            g_ptr_array_add(chosen, views->views->pdata[i]);
    return chosen;
}

/* What the guest, which does not run, would get; what cannot be resolved is a finding. */
static void
add_planned(LoomPortViews *views, const LoomGuest *guest, LoomReport *report)
{
    for (guint i = 0; i < guest->vnics->len; i++) {
        const LoomGuestVnic *vnic = &g_array_index(guest->vnics, LoomGuestVnic, i);
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomHost) slice =
            vnic->network ? loom_slice_find_by_name(loom_slice_directory(), vnic->network, &error)
                          : NULL;
        LoomPort *port = slice && loom_port_is_ours(slice)
                             ? loom_port_resolve(slice, guest, vnic, &error)
                             : NULL;

        if (error)
            loom_report_add(report, LOOM_SEVERITY_ERROR, NULL, "%s", error->message);
        if (port)
            loom_port_views_add_planned(views, port, guest->name,
                                        ((LoomNetwork *)slice->networks->pdata[0])->bridge);
        loom_record_free(port);
    }
}

static gboolean
read_planned(const LoomSession *session, LoomPortViews *views, const char *name, LoomReport *report,
             GError **error)
{
    g_autoptr(LoomBackend) virt = loom_virt_new(session->uri, error);
    g_autofree char *xml = NULL;
    g_autoptr(LoomGuest) guest = NULL;
    gboolean is_active;

    xml = virt ? loom_virt_read_guest(virt, name, &is_active, error) : NULL;
    guest = xml ? loom_guest_parse(xml, strlen(xml), name, error) : NULL;
    if (!guest)
        return FALSE;
    add_planned(views, guest, report);
    return TRUE;
}

static LoomExit
fail_without(const char *name, const char *mac)
{
    return loom_session_fail(
        mac ? g_error_new(
                  LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                  _("'%s' has no vNIC %s on a network of virt-loom's; virt-loom ports lists "
                    "all ports of this host"),
                  name, mac)
            : g_error_new(
                  LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                  _("'%s' has no vNIC on a network of virt-loom's; virt-loom ports lists all "
                    "ports of this host"),
                  name));
}

static LoomExit
usage(void)
{
    fputs(_("virt-loom: explain needs the name of a guest or of a host vNIC; see virt-loom explain "
            "--help\n"),
          stderr);
    return LOOM_EXIT_USAGE;
}

LoomExit
loom_command_explain(LoomSession *session, char **arguments)
{
    g_autoptr(LoomReport) report = loom_report_new(), fabric_report = loom_report_new();
    g_autoptr(LoomPortViews) views = NULL;
    g_autoptr(GPtrArray) chosen = NULL;
    g_autoptr(LoomFabric) fabric = NULL;
    g_autoptr(GError) no_fabric = NULL;
    const char *name = arguments[0], *mac = name ? arguments[1] : NULL;
    GError *error = NULL;

    if (!name)
        return usage();
    views = loom_port_views_read(loom_slice_directory(), report, &error);
    if (!views)
        return loom_session_fail(error);
    chosen = choose(views, name, mac);
    if (!chosen->len) {
        if (!read_planned(session, views, name, report, &error))
            return loom_session_fail(error);
        g_ptr_array_unref(chosen);
        chosen = choose(views, name, mac);
    }
    if (!chosen->len && !loom_report_count(report, LOOM_SEVERITY_ERROR)) {
        loom_session_print_report(session, report, stderr);
        return fail_without(name, mac);
    }
    fabric = loom_session_load_fabric(session, LOOM_FOR_USE, fabric_report, &no_fabric);
    if (!fabric)
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL,
                        _("where values come from is not known: %s"), no_fabric->message);
    if (session->is_json)
        print_json(views, chosen, fabric, report);
    else
        loom_session_print_report(session, report, stderr);
    for (guint i = 0; !session->is_json && i < chosen->len; i++) {
        g_autoptr(GPtrArray) values = loom_explanation_values(views, chosen->pdata[i], fabric);

        if (i)
            putchar('\n');
        print_text(chosen->pdata[i], values);
    }
    return loom_report_count(report, LOOM_SEVERITY_ERROR) ? LOOM_EXIT_FAILED : LOOM_EXIT_DONE;
}
