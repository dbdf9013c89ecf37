/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans as text, for tests to compare with. */
#include "plantext.h"

char *
loom_test_format_plan(const LoomPlan *plan, const LoomReport *report)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < loom_report_length(report); i++)
        g_string_append_printf(text, "%s: %s\n",
                               loom_severity_format(loom_report_get(report, i)->severity),
                               loom_report_get(report, i)->message);
    for (guint i = 0; i < plan->steps->len; i++) {
        const LoomStep *step = plan->steps->pdata[i];
        g_autofree char *line = loom_step_describe(step);
        g_autoptr(GPtrArray) differences = loom_step_differences(step);

        g_string_append_printf(text, "%s (%s, %s)\n", line, loom_verb_format(step->verb),
                               loom_cost_format(step->cost));
        for (guint k = 0; k < differences->len; k++) {
            const LoomDifference *difference = differences->pdata[k];

            g_string_append_printf(text, "    %s: %s -> %s\n", difference->name,
                                   difference->from ? difference->from : "none",
                                   difference->to ? difference->to : "none");
        }
    }
    return g_string_free(text, FALSE);
}
