/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal of an apply: written by who works, read by who watches. */
#include "cli/journal.h"

#include "base/error.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/json.h"
#include "cli/comparison.h"
#include "host/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct LoomJournal {
    int fd;
};

struct LoomJournalReader {
    int fd;
    GString *text; /* read, and not yet handed out */
};

static const char *const task_words[] = {"apply", "revert", "recover"};
static const char *const phase_words[] = {"observing",  "running",   "verifying", "probing",
                                          "confirming", "reverting", "committing"};

const char *
loom_task_format(LoomTask task)
{
    return task_words[task];
}

gboolean
loom_task_parse(const char *word, LoomTask *task)
{
    for (LoomTask i = 0; i < LOOM_TASK_LAST; i++) {
        if (g_strcmp0(task_words[i], word) != 0)
            continue;
        *task = i;
        return TRUE;
    }
    return FALSE;
}

static char *
journal_path(void)
{
    return g_build_filename(loom_slice_directory(), "apply.journal", NULL);
}

/* --- writing --------------------------------------------------------------------------------- */

static JsonBuilder *
line_begin(void)
{
    JsonBuilder *line = json_builder_new();

    json_builder_begin_object(line);
    json_builder_set_member_name(line, "time");
    json_builder_add_int_value(line, g_get_real_time() / G_USEC_PER_SEC);
    return line;
}

static void
add_number(JsonBuilder *line, const char *name, gint64 value)
{
    json_builder_set_member_name(line, name);
    json_builder_add_int_value(line, value);
}

/* Takes LINE. The text ends with a newline, and is owned by the caller. */
static char *
line_end(JsonBuilder *line, size_t *length)
{
    g_autoptr(JsonBuilder) builder = line;
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;
    char *whole;

    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    json_generator_set_root(generator, root);
    text = json_generator_to_data(generator, NULL);
    whole = g_strconcat(text, "\n", NULL);
    *length = strlen(whole);
    return whole;
}

/* One write each: lines of two processes do not mix. */
static void
write_line(const LoomJournal *journal, JsonBuilder *line)
{
    size_t length;
    g_autofree char *text = line_end(line, &length);

    while (write(journal->fd, text, length) < 0 && errno == EINTR)
        ;
}

gboolean
loom_journal_begin(LoomTask task, const LoomHost *host, guint confirm, GError **error)
{
    g_autofree char *path = journal_path();
    g_autofree char *text = NULL;
    JsonBuilder *line = line_begin();
    size_t length;

    loom_json_add_member(line, "begin", loom_task_format(task));
    loom_json_add_member(line, "host", host->name);
    loom_json_add_member(line, "fabric", host->fabric);
    add_number(line, "confirm", confirm);
    text = line_end(line, &length);
    return loom_file_write_volatile(path, text, error);
}

LoomJournal *
loom_journal_open(GError **error)
{
    g_autofree char *path = journal_path();
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    LoomJournal *journal;

    if (fd < 0) {
        loom_error_set_errno(error, errno, _("Cannot open %s"), path);
        return NULL;
    }
    journal = g_new0(LoomJournal, 1);
    journal->fd = fd;
    return journal;
}

void
loom_journal_close(LoomJournal *journal)
{
    close(journal->fd);
    g_free(journal);
}

void
loom_journal_add_phase(LoomApplyPhase phase, const LoomStep *step, size_t done, size_t total,
                       gpointer journal)
{
    g_autofree char *what = step ? loom_step_describe(step) : NULL;
    JsonBuilder *line;

    if (phase == LOOM_APPLY_CONFIRMING && done)
        return;
    line = line_begin();
    loom_json_add_member(line, "phase", phase_words[phase]);
    loom_json_add_member(line, "step", what);
    add_number(line, "done", done);
    add_number(line, "total", total);
    write_line(journal, line);
}

void
loom_journal_add_report(LoomJournal *journal, const LoomReport *report)
{
    for (size_t i = 0; i < loom_report_length(report); i++) {
        const LoomFinding *finding = loom_report_get(report, i);
        JsonBuilder *line = line_begin();

        json_builder_set_member_name(line, "finding");
        json_builder_begin_object(line);
        loom_json_add_member(line, "severity", loom_severity_format(finding->severity));
        loom_json_add_member(line, "file", finding->file);
        add_number(line, "line", finding->line);
        loom_json_add_member(line, "message", finding->message);
        json_builder_end_object(line);
        write_line(journal, line);
    }
}

void
loom_journal_end(LoomJournal *journal, const LoomOutcome *outcome)
{
    JsonBuilder *line = line_begin();

    loom_json_add_member(line, "result", outcome->result);
    add_number(line, "steps", outcome->steps);
    add_number(line, "status", outcome->status);
    json_builder_set_member_name(line, "restored");
    json_builder_add_boolean_value(line, outcome->is_restored);
    loom_json_add_member(line, "message", outcome->message);
    write_line(journal, line);
}

/* --- reading --------------------------------------------------------------------------------- */

void
loom_entry_free(LoomEntry *entry)
{
    g_free(entry->text);
    g_free(entry->task);
    g_free(entry->host);
    g_free(entry->fabric);
    g_free(entry->step);
    g_free(entry->finding.file);
    g_free(entry->finding.message);
    g_free(entry->result);
    g_free(entry->message);
    g_free(entry);
}

static char *
get_text(JsonObject *object, const char *name)
{
    return g_strdup(json_object_get_string_member_with_default(object, name, NULL));
}

static gint64
get_number(JsonObject *object, const char *name)
{
    return json_object_get_int_member_with_default(object, name, 0);
}

static void
read_phase(JsonObject *object, LoomEntry *entry)
{
    const char *word = json_object_get_string_member_with_default(object, "phase", "");

    for (LoomApplyPhase i = 0; i < G_N_ELEMENTS(phase_words); i++)
        if (g_str_equal(phase_words[i], word))
            entry->phase = i;
    entry->kind = LOOM_ENTRY_PHASE;
    entry->step = get_text(object, "step");
    entry->done = get_number(object, "done");
    entry->total = get_number(object, "total");
}

static void
read_finding(JsonObject *object, LoomEntry *entry)
{
    g_autofree char *severity = get_text(object, "severity");

    for (LoomSeverity i = 0; i < LOOM_SEVERITY_LAST; i++)
        if (g_strcmp0(loom_severity_format(i), severity) == 0)
            entry->finding.severity = i;
    entry->kind = LOOM_ENTRY_FINDING;
    entry->finding.file = get_text(object, "file");
    entry->finding.line = get_number(object, "line");
    entry->finding.message = get_text(object, "message");
}

static void
read_ends(JsonObject *object, LoomEntry *entry)
{
    entry->task = get_text(object, "begin");
    entry->kind = entry->task ? LOOM_ENTRY_BEGIN : LOOM_ENTRY_END;
    entry->host = get_text(object, "host");
    entry->fabric = get_text(object, "fabric");
    entry->confirm = get_number(object, "confirm");
    entry->result = get_text(object, "result");
    entry->message = get_text(object, "message");
    entry->steps = get_number(object, "steps");
    entry->status = get_number(object, "status");
    entry->is_restored = json_object_get_boolean_member_with_default(object, "restored", FALSE);
}

/* Takes TEXT. */
static LoomEntry *
entry_new(char *text)
{
    LoomEntry *entry = g_new0(LoomEntry, 1);
    g_autoptr(JsonNode) node = json_from_string(text, NULL);
    g_autoptr(JsonObject) object =
        node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_dup_object(node) : json_object_new();

    entry->text = text;
    entry->time = get_number(object, "time");
    if (json_object_has_member(object, "phase"))
        read_phase(object, entry);
    else if (json_object_has_member(object, "finding"))
        read_finding(json_object_get_object_member(object, "finding"), entry);
    else
        read_ends(object, entry);
    return entry;
}

LoomJournalReader *
loom_journal_reader_new(GError **error)
{
    g_autofree char *path = journal_path();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    LoomJournalReader *reader;

    if (fd < 0 && errno == ENOENT) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND,
                    _("Nothing has been applied since this machine started"));
        return NULL;
    }
    if (fd < 0) {
        loom_error_set_errno(error, errno, _("Cannot open %s"), path);
        return NULL;
    }
    reader = g_new0(LoomJournalReader, 1);
    reader->fd = fd;
    reader->text = g_string_new(NULL);
    return reader;
}

void
loom_journal_reader_free(LoomJournalReader *reader)
{
    close(reader->fd);
    g_string_free(reader->text, TRUE);
    g_free(reader);
}

LoomEntry *
loom_journal_reader_next(LoomJournalReader *reader)
{
    char chunk[4096];
    ssize_t got;
    char *end;
    char *line;

    while (!(end = memchr(reader->text->str, '\n', reader->text->len))) {
        got = read(reader->fd, chunk, sizeof chunk);
        if (got <= 0)
            return NULL;
        g_string_append_len(reader->text, chunk, got);
    }
    line = g_strndup(reader->text->str, end - reader->text->str);
    g_string_erase(reader->text, 0, end - reader->text->str + 1);
    return entry_new(line);
}
