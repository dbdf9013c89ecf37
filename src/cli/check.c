/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt-loom check: all findings in one run. */
#include "base/i18n.h"
#include "base/json.h"
#include "cli/output.h"
#include "cli/session.h"

#include <stdio.h>

static void
print_json(const LoomReport *report)
{
    static const char *const counts[] = {"errors", "warnings", "notes"};
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autofree char *text = NULL;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "findings");
    loom_json_add_report(builder, report);
    for (LoomSeverity severity = 0; severity < LOOM_SEVERITY_LAST; severity++) {
        json_builder_set_member_name(builder, counts[severity]);
        json_builder_add_int_value(builder, loom_report_count(report, severity));
    }
    json_builder_end_object(builder);
    text = loom_json_finish(builder);
    fputs(text, stdout);
}

static void
print_summary(const LoomReport *report)
{
    size_t errors = loom_report_count(report, LOOM_SEVERITY_ERROR);
    size_t warnings = loom_report_count(report, LOOM_SEVERITY_WARNING);
    size_t notes = loom_report_count(report, LOOM_SEVERITY_NOTE);
    LoomColour colour = errors ? LOOM_RED : warnings ? LOOM_YELLOW : LOOM_GREEN;
    g_autofree char *first = g_strdup_printf(ngettext("%zu error", "%zu errors", errors), errors);
    g_autofree char *second =
        g_strdup_printf(ngettext("%zu warning", "%zu warnings", warnings), warnings);
    g_autofree char *third = g_strdup_printf(ngettext("%zu note", "%zu notes", notes), notes);

    /* the three counts, each translated before */
    loom_output_print(stdout, colour, _("%s, %s, %s\n"), first, second, third);
}

LoomExit
loom_command_check(LoomSession *session, char **arguments)
{
    g_autoptr(LoomReport) report = loom_report_new();
    GError *error = NULL;
    g_autoptr(LoomFabric) fabric = NULL;

    if (arguments[0]) {
        g_strfreev(session->paths);
        session->paths = g_strdupv(arguments);
    }
    fabric = loom_session_load_fabric(session, LOOM_FOR_USE, report, &error);
    if (!fabric)
        return loom_session_fail(error);
    if (session->is_json) {
        print_json(report);
    } else {
        loom_session_print_report(session, report, stdout);
        if (!session->is_quiet)
            print_summary(report);
    }
    if (loom_report_count(report, LOOM_SEVERITY_ERROR))
        return LOOM_EXIT_FAILED;
    return session->is_strict && loom_report_count(report, LOOM_SEVERITY_WARNING) ? LOOM_EXIT_FAILED
                                                                                  : LOOM_EXIT_DONE;
}
