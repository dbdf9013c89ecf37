/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom lease: the next free value for everyone who draws on a pool. */
#include "fabric/lease.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/output.h"
#include "cli/session.h"

#include <stdio.h>

static char *
format_json(const LoomLeases *leases)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "leases");
    json_builder_begin_array(builder);
    for (guint i = 0; i < leases->leases->len; i++)
        loom_json_add_record(builder, leases->leases->pdata[i]);
    json_builder_end_array(builder);
    json_builder_end_object(builder);
    return loom_json_finish(builder);
}

static size_t
count_new(const LoomLeases *complete, const char *file, const LoomFabric *fabric)
{
    size_t old = 0;

    for (guint i = 0; i < fabric->leases->len; i++) {
        const LoomLease *lease = fabric->leases->pdata[i];

        old += !file || g_strcmp0(lease->record.source.file, file) == 0;
    }
    return complete->leases->len - old;
}

/* Writes only what changed, so that its time and its place in git say something. */
static gboolean
write_leases(const char *file, const char *text, GError **error)
{
    g_autofree char *before = NULL;

    if (g_file_get_contents(file, &before, NULL, NULL) && g_str_equal(before, text))
        return TRUE;
    return loom_file_write(file, text, error);
}

LoomExit
loom_command_lease(LoomSession *session, char **arguments G_GNUC_UNUSED)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomFabric) fabric = NULL;
    g_autofree char *text = NULL;
    LoomLeases *leases = NULL;
    GError *error = NULL;
    size_t given;

    fabric = loom_session_load_fabric(session, LOOM_FOR_LEASES, report, &error);
    if (!fabric)
        return loom_session_fail(error);
    if (!loom_report_count(report, LOOM_SEVERITY_ERROR))
        leases = loom_leases_complete(fabric, session->write, report);
    if (loom_report_count(report, LOOM_SEVERITY_ERROR)) {
        loom_session_print_report(session, report, stderr);
        g_clear_pointer(&leases, loom_record_free);
        return LOOM_EXIT_FAILED;
    }
    given = count_new(leases, session->write, fabric);
    text = session->is_json && !session->write ? format_json(leases)
                                               : loom_leases_format(leases, fabric->name);
    loom_record_free(leases);
    if (!session->write)
        fputs(text, stdout);
    else if (!write_leases(session->write, text, &error))
        return loom_session_fail(error);
    if (!session->is_quiet)
        fprintf(stderr, ngettext("%zu new lease\n", "%zu new leases\n", given), given);
    return LOOM_EXIT_DONE;
}
