/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The main of every hook: input, outcome. */
#include "deadline.h"

#include "base/error.h"
#include "base/node.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

static gboolean
run_misuse(const LoomHookInput *input G_GNUC_UNUSED, GError **error)
{
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                "libvirt runs this program, as its %s hook, with the arguments NAME OPERATION "
                "SUB-OPERATION EXTRA and XML on standard input; see virt-loom-hooks(7)",
                loom_hook.name);
    return FALSE;
}

static gboolean
run_nothing(const LoomHookInput *input G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return TRUE;
}

static const LoomHookOperation *
find_operation(int argc, char **argv)
{
    static const LoomHookOperation misuse = {"", run_misuse, LOOM_HOOK_REFUSE};
    static const LoomHookOperation unknown = {"", run_nothing, LOOM_HOOK_WARN};

    if (argc < 3)
        return &misuse;
    for (const LoomHookOperation *operation = loom_hook.operations; operation->name; operation++)
        if (g_str_equal(operation->name, argv[2]))
            return operation;
    return &unknown;
}

/* Goes on to the end even where the text is too long already: the writer gets rid of all of it. */
static gboolean
read_input(GString *text, GError **error)
{
    char chunk[64 * 1024];
    gboolean fits = TRUE;
    ssize_t got;

    while ((got = read(STDIN_FILENO, chunk, sizeof chunk)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            loom_error_set_errno(error, errno, "Cannot read standard input");
            return FALSE;
        }
        fits = fits && text->len + got <= LOOM_DOCUMENT_SIZE_MAX;
        if (fits)
            g_string_append_len(text, chunk, got);
    }
    if (!fits)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_INVALID,
                    "standard input is larger than %u bytes, which is the limit of a document",
                    LOOM_DOCUMENT_SIZE_MAX);
    return fits;
}

gboolean
loom_hook_write(const char *text, GError **error)
{
    size_t left = strlen(text);

    while (left) {
        ssize_t written = write(STDOUT_FILENO, text, left);

        if (written < 0 && errno != EINTR) {
            loom_error_set_errno(error, errno, "Cannot write to standard output");
            return FALSE;
        }
        if (written > 0) {
            text += written;
            left -= written;
        }
    }
    return TRUE;
}

/* libvirt drops what a hook that succeeds says on standard error: a warning needs the log. */
static void
warn(const char *message)
{
    g_autofree char *line = loom_hook_make_line(message);

    loom_hook_write_line(line, strlen(line));
    syslog(LOG_DAEMON | LOG_WARNING, "%s", line);
}

static void
report_warnings(const LoomReport *warnings)
{
    for (guint i = 0; i < loom_report_length(warnings); i++)
        warn(loom_report_get(warnings, i)->message);
}

static void
report_failure(const LoomHookOperation *operation, const char *message)
{
    g_autofree char *line = NULL;

    if (operation->failure == LOOM_HOOK_WARN) {
        warn(message);
        return;
    }
    line = loom_hook_make_line(message);
    loom_hook_write_line(line, strlen(line));
}

static gboolean
run(const LoomHookOperation *operation, const LoomHookInput *input, GError **error)
{
    gboolean done = operation->run(input, error);

    report_warnings(input->warnings);
    return done;
}

int
main(int argc, char **argv)
{
    const LoomHookOperation *operation = find_operation(argc, argv);
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    umask(022);
    signal(SIGPIPE, SIG_IGN);
    loom_hook_set_deadline(operation, argv + (argc > 0));
    if (read_input(text, &error)) {
        g_autoptr(LoomReport) warnings = loom_report_new();
        const LoomHookInput input = {argv[1], text->str, text->len, warnings};

        if (run(operation, &input, &error))
            return EXIT_SUCCESS;
    }
    report_failure(operation, error->message);
    return loom_hook_failure_status(operation);
}
