/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom ports: every port of this host, with what passed it and what its guards dropped. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/comparison.h"
#include "cli/output.h"
#include "cli/portview.h"
#include "host/slice.h"

#include <stdio.h>

static gboolean
is_asked_for(const LoomSession *session, const LoomPortView *view, const char *domain)
{
    const LoomPort *port = view->port;

    if (domain && g_strcmp0(view->guest, domain) != 0 && g_strcmp0(port->domain, domain) != 0)
        return FALSE;
    if (session->logical_switch && g_strcmp0(port->logicalswitch, session->logical_switch) != 0)
        return FALSE;
    return !session->network || g_strcmp0(port->vmnetwork, session->network) == 0 ||
           g_strcmp0(port->network, session->network) == 0;
}

/* --- for people --------------------------------------------------------------------------------
 */

static void
add_row(LoomTable *table, const LoomPortView *view)
{
    const LoomPort *port = view->port;
    g_autofree char *vlans = loom_port_view_vlans(port);
    g_autofree char *guards = loom_port_view_guards(port);
    g_autofree char *rate = loom_port_view_rate(view);
    g_autofree char *sent = g_format_size(view->counters.received);
    g_autofree char *received = g_format_size(view->counters.sent);
    g_autofree char *dropped = g_strdup_printf("%" G_GUINT64_FORMAT, loom_port_view_dropped(view));

    loom_table_add(table,
                   view->vnic    ? _("(host)")
                   : view->guest ? view->guest
                                 : "?",
                   view->vnic ? view->vnic : port->mac, port->link, port->logicalswitch,
                   port->vmnetwork ? port->vmnetwork : port->network, vlans,
                   port->portgroup ? port->portgroup : port->class, guards, rate, sent, received,
                   dropped, loom_port_condition_describe(view->condition));
    loom_table_paint(table, loom_port_condition_colour(view->condition));
}

static void
print_table(const GPtrArray *views)
{
    g_autoptr(LoomTable) table =
        loom_table_new(13, _("GUEST"), _("VNIC"), _("DEVICE"), _("LOGICAL SWITCH"), _("VM NETWORK"),
                       _("VLAN"), _("CLASSIFICATION"), _("GUARDS"), _("MBIT/S"), _("SENT"),
                       _("RECEIVED"), _("DROPPED"), _("STATE"));

    for (guint i = 0; i < views->len; i++)
        add_row(table, views->pdata[i]);
    loom_table_print(table, stdout);
}

/* --- for programs ------------------------------------------------------------------------------
 */

static void
add_number(JsonBuilder *builder, const char *name, guint64 number)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, (gint64)number);
}

/* As the guest or the host vNIC counts: what the device receives, that sent. */
static void
add_counters(JsonBuilder *builder, const LoomPortView *view)
{
    json_builder_set_member_name(builder, "sent");
    json_builder_begin_object(builder);
    add_number(builder, "bytes", view->counters.received);
    add_number(builder, "packets", view->counters.received_packets);
    json_builder_end_object(builder);
    json_builder_set_member_name(builder, "received");
    json_builder_begin_object(builder);
    add_number(builder, "bytes", view->counters.sent);
    add_number(builder, "packets", view->counters.sent_packets);
    json_builder_end_object(builder);
}

static void
add_drops(JsonBuilder *builder, const LoomPortView *view)
{
    g_autoptr(GList) guards = view->drops ? g_hash_table_get_keys(view->drops) : NULL;

    guards = g_list_sort(guards, (GCompareFunc)g_strcmp0);
    json_builder_set_member_name(builder, "dropped");
    json_builder_begin_object(builder);
    for (GList *each = guards; each; each = each->next)
        add_number(builder, each->data, *(guint64 *)g_hash_table_lookup(view->drops, each->data));
    json_builder_end_object(builder);
}

static void
add_bandwidth(JsonBuilder *builder, const LoomPortView *view)
{
    json_builder_set_member_name(builder, "bandwidth");
    json_builder_begin_object(builder);
    if (view->class && view->class->weight)
        add_number(builder, "weight", view->class->weight);
    else if (view->class)
        add_number(builder, "min", view->class->rate / 1000);
    if (view->max)
        add_number(builder, "max", view->max);
    if (view->maxin)
        add_number(builder, "maxin", view->maxin);
    json_builder_end_object(builder);
}

static void
add_differences(JsonBuilder *builder, const LoomPortView *view)
{
    json_builder_set_member_name(builder, "differs");
    json_builder_begin_array(builder);
    for (size_t i = 0; i < loom_port_kind.attribute_count; i++)
        if (view->differs >> i & 1)
            json_builder_add_string_value(builder, loom_port_kind.attributes[i].name);
    json_builder_end_array(builder);
}

static void
add_view(JsonBuilder *builder, const LoomPortView *view)
{
    json_builder_begin_object(builder);
    loom_json_add_member(builder, "owner", view->vnic ? "host" : view->guest ? "guest" : "unknown");
    loom_json_add_member(builder, "guest", view->guest);
    loom_json_add_member(builder, "vnic", view->vnic);
    loom_json_add_member(builder, "bridge", view->bridge);
    loom_json_add_member(builder, "state", loom_port_condition_format(view->condition));
    add_differences(builder, view);
    json_builder_set_member_name(builder, "port");
    loom_json_add_record(builder, view->port);
    json_builder_set_member_name(builder, "kernel");
    if (view->actual)
        loom_json_add_record(builder, view->actual);
    else
        json_builder_add_null_value(builder);
    add_bandwidth(builder, view);
    add_counters(builder, view);
    add_drops(builder, view);
    json_builder_end_object(builder);
}

static void
print_json(const LoomPortViews *all, const GPtrArray *views, const LoomReport *report)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    loom_json_add_member(builder, "host", all->host);
    json_builder_set_member_name(builder, "ports");
    json_builder_begin_array(builder);
    for (guint i = 0; i < views->len; i++)
        add_view(builder, views->pdata[i]);
    json_builder_end_array(builder);
    json_builder_set_member_name(builder, "findings");
    loom_json_add_report(builder, report);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

/* --- what is asked for --------------------------------------------------------------------------
 */

static void
add_name(GPtrArray *names, const char *name)
{
    if (name && !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
        g_ptr_array_add(names, (gpointer)name);
}

/* Those that there are, where NAME is asked for and is none of them: that is a slip of the pen, and
 * no empty list. Else NULL. */
static char *
list_unless_known(const char *name, GPtrArray *known)
{
    if (!name || g_ptr_array_find_with_equal_func(known, name, g_str_equal, NULL))
        return NULL;
    if (!known->len)
        return g_strdup(_("none"));
    g_ptr_array_add(known, NULL);
    return g_strjoinv(", ", (GStrv)known->pdata);
}

static gboolean
check_names(const LoomSession *session, const LoomPortViews *views, GError **error)
{
    g_autoptr(GPtrArray) switches = g_ptr_array_new();
    g_autoptr(GPtrArray) networks = g_ptr_array_new();
    g_autofree char *other_switches = NULL, *other_networks = NULL;

    for (guint i = 0; views->committed && i < views->committed->networks->len; i++) {
        const LoomNetwork *network = views->committed->networks->pdata[i];

        add_name(switches, network->logicalswitch);
        add_name(networks, network->vmnetwork);
        add_name(networks, network->name);
    }
    for (guint i = 0; i < views->views->len; i++) {
        const LoomPort *port = ((const LoomPortView *)views->views->pdata[i])->port;

        add_name(switches, port->logicalswitch);
        add_name(networks, port->vmnetwork);
        add_name(networks, port->network);
    }
    other_switches = list_unless_known(session->logical_switch, switches);
    other_networks = list_unless_known(session->network, networks);
    if (other_switches)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("This host has no logical switch '%s'; it has: %s"), session->logical_switch,
                    other_switches);
    else if (other_networks)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("This host has no VM network '%s'; it has: %s"), session->network,
                    other_networks);
    return !other_switches && !other_networks;
}

LoomExit
loom_command_ports(LoomSession *session, char **arguments)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    GError *error = NULL;
    g_autoptr(LoomPortViews) views = loom_port_views_read(loom_slice_directory(), report, &error);

    if (!views || !check_names(session, views, &error))
        return loom_session_fail(error);
    for (guint i = 0; i < views->views->len; i++)
        if (is_asked_for(session, views->views->pdata[i], arguments[0]))
            g_ptr_array_add(chosen, views->views->pdata[i]);
    if (arguments[0] && !chosen->len)
        return loom_session_fail(g_error_new(
            LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
            _("Guest '%s' has no such port here; virt-loom ports lists all ports of this host"),
            arguments[0]));
    if (session->is_json) {
        print_json(views, chosen, report);
        return LOOM_EXIT_DONE;
    }
    loom_session_print_report(session, report, stderr);
    print_table(chosen);
    return LOOM_EXIT_DONE;
}
