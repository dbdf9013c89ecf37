/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings for a person. */
#include "base/report.h"

#include "base/i18n.h"

struct LoomReport {
    GPtrArray *findings;
    size_t counts[LOOM_SEVERITY_LAST];
};

static void
finding_free(gpointer data)
{
    LoomFinding *finding = data;

    g_free(finding->file);
    g_free(finding->message);
    g_free(finding);
}

/* What somebody wrote may hold control characters, and a finding ends up on a terminal. */
static void
replace_controls(char *message)
{
    for (char *at = message; *at; at = g_utf8_next_char(at)) {
        const gunichar character = g_utf8_get_char_validated(at, -1);
        const char *end = g_utf8_next_char(at);

        if (character < 0x80 ? g_ascii_iscntrl(*at) : character < 0xa0)
            for (char *byte = at; byte < end; byte++)
                *byte = '?';
    }
}

LoomReport *
loom_report_new(void)
{
    LoomReport *report = g_new0(LoomReport, 1);

    report->findings = g_ptr_array_new_with_free_func(finding_free);
    return report;
}

void
loom_report_free(LoomReport *report)
{
    g_ptr_array_unref(report->findings);
    g_free(report);
}

void
loom_report_add(LoomReport *report, LoomSeverity severity, const LoomSource *source,
                const char *format, ...)
{
    LoomFinding *finding = g_new0(LoomFinding, 1);
    va_list arguments;

    finding->severity = severity;
    finding->file = source ? g_strdup(source->file) : NULL;
    finding->line = source ? source->line : 0;
    va_start(arguments, format);
    finding->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    replace_controls(finding->message);
    g_ptr_array_add(report->findings, finding);
    report->counts[severity]++;
}

static int
finding_compare(gconstpointer a, gconstpointer b)
{
    const LoomFinding *one = *(const LoomFinding *const *)a;
    const LoomFinding *other = *(const LoomFinding *const *)b;

    if (!one->file != !other->file)
        return one->file ? -1 : 1;
    int by_file = g_strcmp0(one->file, other->file);
    if (by_file)
        return by_file;
    return one->line < other->line ? -1 : one->line > other->line;
}

void
loom_report_sort(LoomReport *report)
{
    /* GLib documents g_ptr_array_sort() as stable since 2.32. */
    g_ptr_array_sort(report->findings, finding_compare);
}

size_t
loom_report_length(const LoomReport *report)
{
    return report->findings->len;
}

const LoomFinding *
loom_report_get(const LoomReport *report, size_t index)
{
    return report->findings->pdata[index];
}

size_t
loom_report_count(const LoomReport *report, LoomSeverity severity)
{
    return report->counts[severity];
}

const char *
loom_severity_format(LoomSeverity severity)
{
    static const char *const words[] = {N_("error"), N_("warning"), N_("note")};

    return words[severity];
}
