/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom explain: each value of a port, where it comes from, and what the kernel has. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/comparison.h"
#include "cli/output.h"
#include "cli/portorigin.h"
#include "cli/portview.h"
#include "host/slice.h"
#include "port/port.h"
#include "virt/migrate.h"

#include <stdio.h>
#include <string.h>

/* One value. NULL: none is wanted, or none is there; or nobody but libvirt can tell. */
typedef struct {
    char *name;
    char *expected, *actual;
    gboolean differs;
    GPtrArray *chain; /* of LoomOrigin */
} Value;

static void
value_free(gpointer data)
{
    Value *value = data;

    g_free(value->name);
    g_free(value->expected);
    g_free(value->actual);
    g_ptr_array_unref(value->chain);
    g_free(value);
}

/* What values are made of. */
typedef struct {
    const LoomPortViews *views;
    const LoomPortView *view;
    const LoomFabric *fabric; /* NULL: it cannot be read */
    GPtrArray *values;
} Explanation;

/* ATTRIBUTE names the chain. Takes over EXPECTED and ACTUAL. */
static Value *
add_value(const Explanation *explanation, const char *name, const char *attribute, char *expected,
          char *actual)
{
    const LoomPortView *view = explanation->view;
    Value *value = g_new0(Value, 1);

    value->name = g_strdup(name);
    value->expected = expected;
    value->actual = actual;
    value->chain = explanation->fabric
                       ? loom_port_origins_find(explanation->fabric, explanation->views->host,
                                                view->port, view->vnic, attribute)
                       : g_ptr_array_new();
    g_ptr_array_add(explanation->values, value);
    return value;
}

static void
add_compared(const Explanation *explanation, const char *name, const char *attribute,
             char *expected, char *actual)
{
    Value *value = add_value(explanation, name, attribute, expected, actual);

    value->differs = explanation->view->link && g_strcmp0(expected, actual) != 0;
}

static char *
number_text(guint64 number)
{
    return number ? g_strdup_printf("%" G_GUINT64_FORMAT, number) : NULL;
}

/* --- the values --------------------------------------------------------------------------------
 */

/* Of ports, those that the kernel can tell; where RECORD is NULL: nothing. */
static char *
get_text(const LoomPort *port, const LoomAttribute *attribute)
{
    g_autofree char *text = port ? loom_record_get(port, attribute) : NULL;

    if (attribute->type == &loom_type_yes_no)
        return g_strdup(text ? text : "no");
    return text && *text && !g_str_equal(text, "0") ? g_steal_pointer(&text) : NULL;
}

static void
add_attributes(const Explanation *explanation)
{
    static const char *const shown[] = {"vlan",      "untagged",    "tagged",       "isolated",
                                        "mtu",       "tagguard",    "privateguard", "macs",
                                        "dhcpguard", "routerguard", "addresses",    "priorityreset",
                                        "priority",  NULL};
    const LoomPortView *view = explanation->view;

    for (size_t i = 0; i < loom_port_kind.attribute_count; i++) {
        const LoomAttribute *attribute = &loom_port_kind.attributes[i];
        g_autofree char *expected = NULL, *actual = NULL;

        if (!g_strv_contains(shown, attribute->name))
            continue;
        expected = get_text(view->wanted, attribute);
        actual = view->link ? get_text(view->actual, attribute) : NULL;
        if (!expected && !actual)
            continue;
        add_value(explanation, attribute->name, attribute->name, g_steal_pointer(&expected),
                  g_steal_pointer(&actual))
            ->differs = view->link && view->differs >> i & 1;
    }
}

static void
add_vnic_mtu(const Explanation *explanation)
{
    const LoomPortView *view = explanation->view;
    const LoomLink *wanted = view->vnic ? loom_host_find(explanation->views->committed,
                                                         &loom_link_kind, view->port->link)
                                        : NULL;

    if (wanted && LOOM_HAS(wanted, mtu))
        add_compared(explanation, "mtu", "mtu", number_text(wanted->mtu),
                     view->link ? number_text(view->link->mtu) : NULL);
}

/* Where several ports share a class, it is the portgroup's. */
static const LoomClass *
find_actual_class(const Explanation *explanation, const LoomClass *wanted)
{
    g_autofree char *key =
        g_strdup_printf("%s/%" G_GUINT64_FORMAT, wanted->link, explanation->view->port->priority);

    return loom_host_find(explanation->views->observed, &loom_class_kind, key);
}

static void
add_class(const Explanation *explanation, const LoomClass *wanted)
{
    const LoomClass *actual =
        explanation->view->link ? find_actual_class(explanation, wanted) : NULL;
    gboolean has_weight = wanted->weight != 0;
    const char *attribute = has_weight ? "weight" : "min";
    g_autofree char *name = g_strdup_printf(_("%s on %s"), attribute, wanted->link);

    add_compared(explanation, name, attribute,
                 number_text(has_weight ? wanted->weight : wanted->rate / 1000),
                 actual ? number_text(has_weight ? actual->weight : actual->rate / 1000) : NULL);
}

static void
add_classes(const Explanation *explanation)
{
    const LoomPortView *view = explanation->view;
    const GPtrArray *classes = view->class ? explanation->views->committed->classes : NULL;

    for (guint i = 0; classes && i < classes->len; i++) {
        const LoomClass *class = classes->pdata[i];

        if (g_strcmp0(class->name, view->class->name) == 0 &&
            g_strcmp0(class->logicalswitch, view->class->logicalswitch) == 0)
            add_class(explanation, class);
    }
}

/* Of guests' ports they are libvirt's, which tells of them itself (virsh domiftune). */
static void
add_limits(const Explanation *explanation)
{
    const LoomPortView *view = explanation->view;
    const LoomPort *actual = view->vnic ? view->actual : NULL;
    const struct {
        const char *name;
        guint64 wanted, is;
    } limits[] = {{"max", view->max, actual ? actual->max : 0},
                  {"maxin", view->maxin, actual ? actual->maxin : 0}};

    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        if (!limits[i].wanted && !limits[i].is)
            continue;
        if (view->vnic)
            add_compared(explanation, limits[i].name, limits[i].name, number_text(limits[i].wanted),
                         number_text(limits[i].is));
        else
            add_value(explanation, limits[i].name, limits[i].name, number_text(limits[i].wanted),
                      view->link ? g_strdup(_("libvirt's")) : NULL);
    }
}

/* A hint for the guest's <driver queues=''>, which is nobody's but its own to follow. */
static void
add_queues(const Explanation *explanation)
{
    const LoomPortView *view = explanation->view;
    const LoomPortProfile *profile =
        explanation->fabric && view->guest
            ? loom_port_origins_find_profile(explanation->fabric, explanation->views->host,
                                             view->port, NULL)
            : NULL;

    if (!profile || !profile->offload->vmq)
        return;
    add_value(explanation, "queues", "queues",
              profile->offload->queues ? number_text(profile->offload->queues)
                                       : g_strdup(_("one per processor")),
              number_text(view->link ? view->counters.queues : 0));
}

static GPtrArray *
explain(const LoomPortViews *views, const LoomPortView *view, const LoomFabric *fabric)
{
    Explanation explanation = {views, view, fabric, g_ptr_array_new_with_free_func(value_free)};

    add_compared(&explanation, "bridge", "bridge", g_strdup(view->bridge),
                 view->link ? g_strdup(view->link->master) : NULL);
    add_attributes(&explanation);
    if (view->vnic)
        add_vnic_mtu(&explanation);
    add_classes(&explanation);
    add_limits(&explanation);
    add_queues(&explanation);
    return explanation.values;
}

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
        const Value *value = values->pdata[i];
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
        const Value *value = values->pdata[i];

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
        g_autoptr(GPtrArray) values = explain(views, chosen->pdata[i], fabric);

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
        g_autoptr(GPtrArray) values = explain(views, chosen->pdata[i], fabric);

        if (i)
            putchar('\n');
        print_text(chosen->pdata[i], values);
    }
    return loom_report_count(report, LOOM_SEVERITY_ERROR) ? LOOM_EXIT_FAILED : LOOM_EXIT_DONE;
}
