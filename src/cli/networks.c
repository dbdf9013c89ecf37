/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom networks: the libvirt networks that a host gets. */
#include "base/error.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/output.h"
#include "cli/session.h"
#include "virt/networkxml.h"

#include <stdio.h>

static char *
portgroup_names(const LoomNetwork *network)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < network->portgroups->len; i++) {
        const LoomPortgroup *portgroup = network->portgroups->pdata[i];

        g_string_append_printf(text, "%s%s%s", i ? ", " : "", portgroup->name,
                               portgroup->is_default ? "*" : "");
    }
    return g_string_free(text, FALSE);
}

static void
print_table(const LoomHost *host)
{
    g_autoptr(LoomTable) table = loom_table_new(4, _("NETWORK"), _("BRIDGE"), _("LOGICAL SWITCH"),
                                                _("PORTGROUPS (* default)"));

    for (guint i = 0; i < host->networks->len; i++) {
        const LoomNetwork *network = host->networks->pdata[i];
        g_autofree char *portgroups = portgroup_names(network);

        loom_table_add(table, network->name, network->bridge, network->logicalswitch, portgroups);
    }
    loom_table_print(table, stdout);
}

static void
print_json(const LoomHost *host)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "host");
    json_builder_add_string_value(builder, host->name);
    json_builder_set_member_name(builder, "networks");
    json_builder_begin_array(builder);
    for (guint i = 0; i < host->networks->len; i++)
        loom_json_add_record(builder, host->networks->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

static LoomExit
print_xml(const LoomHost *host, const char *name)
{
    const LoomNetwork *network = loom_host_find(host, &loom_network_kind, name);
    g_autofree char *xml = NULL;

    if (!network)
        return loom_session_fail(g_error_new(LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                                             _("Host '%s' gets no network '%s'; virt-loom networks "
                                               "lists what it gets"),
                                             host->name, name));
    xml = loom_network_xml_format(network);
    fputs(xml, stdout);
    return LOOM_EXIT_DONE;
}

LoomExit
loom_command_networks(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_autoptr(LoomFabric) fabric = NULL;
    g_autoptr(LoomHost) host = NULL;

    session->is_networks = TRUE;
    host = loom_session_compile(session, LOOM_ANYWHERE, NULL, &fabric);
    if (!host)
        return LOOM_EXIT_FAILED;
    if (session->xml)
        return print_xml(host, session->xml);
    if (session->is_json)
        print_json(host);
    else
        print_table(host);
    return LOOM_EXIT_DONE;
}
