/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings for a person: what is wrong with what somebody wrote, where, and how badly. */
#pragma once

#include <glib.h>

typedef enum {
    LOOM_SEVERITY_ERROR,   /* it cannot be used */
    LOOM_SEVERITY_WARNING, /* it can, and somebody will be surprised */
    LOOM_SEVERITY_NOTE,    /* worth knowing */
    LOOM_SEVERITY_LAST,
} LoomSeverity;

/* Where a thing was written. The file name is borrowed from the document; line 0: the whole file.
 */
typedef struct {
    const char *file;
    unsigned line;
} LoomSource;

typedef struct {
    LoomSeverity severity;
    char *file; /* may be NULL: about no file */
    unsigned line;
    char *message;
} LoomFinding;

typedef struct LoomReport LoomReport;

LoomReport *loom_report_new(void);
void loom_report_free(LoomReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomReport, loom_report_free)

/*
 * Adds one finding. SOURCE may be NULL. The message is a whole sentence that names object and
 * value, in UTF-8; control characters in it become '?'.
 */
void loom_report_add(LoomReport *report, LoomSeverity severity, const LoomSource *source,
                     const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Sorts by file and line (those without a file last); what stands on one line keeps its order. */
void loom_report_sort(LoomReport *report);

size_t loom_report_length(const LoomReport *report);
const LoomFinding *loom_report_get(const LoomReport *report, size_t index);
size_t loom_report_count(const LoomReport *report, LoomSeverity severity);

/* The untranslated word: "error", "warning", "note". */
const char *loom_severity_format(LoomSeverity severity);
