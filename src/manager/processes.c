/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes of this network namespace, and other programs run by us. */
#include "base/error.h"
#include "base/i18n.h"
#include "manager/connections.h"
#include "manager/interfaces.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP_MICROSECONDS 10000
#define SAID_MAX          2000 /* bytes of what a program said, for the error */

static void
process_free(gpointer data)
{
    LoomProcess *process = data;

    g_strfreev(process->arguments);
    g_free(process);
}

/* The arguments out of /proc/PID/cmdline; empty ones of an overwritten title are left out. */
static GStrv
split_arguments(const char *text, size_t length)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (size_t at = 0; at < length; at += strlen(text + at) + 1)
        if (text[at])
            g_strv_builder_add(builder, text + at);
    return g_strv_builder_end(builder);
}

/* A container's processes have links of their own. */
static gboolean
shares_network(const LoomManagers *managers, const char *pid)
{
    g_autofree char *own_path = loom_managers_path(managers, "/proc/self/ns/net");
    g_autofree char *path = loom_managers_path(managers, "/proc/%s/ns/net", pid);
    g_autofree char *own = g_file_read_link(own_path, NULL);
    g_autofree char *other = g_file_read_link(path, NULL);

    return !own || !other || g_str_equal(own, other);
}

static LoomProcess *
read_process(const LoomManagers *managers, const char *pid)
{
    g_autofree char *path = loom_managers_path(managers, "/proc/%s/cmdline", pid);
    g_autofree char *text = NULL;
    size_t length;
    LoomProcess *process;

    /* it may have ended meanwhile; a kernel thread has no arguments */
    if (!g_file_get_contents(path, &text, &length, NULL) || length == 0 ||
        !shares_network(managers, pid))
        return NULL;
    process = g_new(LoomProcess, 1);
    *process = (LoomProcess){(pid_t)g_ascii_strtoll(pid, NULL, 10), split_arguments(text, length)};
    return process;
}

const GPtrArray *
loom_managers_processes(LoomManagers *managers)
{
    g_autofree char *path = loom_managers_path(managers, "/proc");
    g_autoptr(GDir) directory = NULL;
    const char *name;

    if (managers->processes)
        return managers->processes;
    managers->processes = g_ptr_array_new_with_free_func(process_free);
    directory = g_dir_open(path, 0, NULL);
    while (directory && (name = g_dir_read_name(directory))) {
        LoomProcess *process = g_ascii_isdigit(*name) ? read_process(managers, name) : NULL;

        if (process)
            g_ptr_array_add(managers->processes, process);
    }
    return managers->processes;
}

void
loom_managers_refresh(LoomManagers *managers)
{
    g_clear_pointer(&managers->processes, g_ptr_array_unref);
    g_clear_pointer(&managers->interfaces, loom_interfaces_free);
    g_clear_pointer(&managers->objects, g_hash_table_unref);
    g_clear_pointer(&managers->devices, g_hash_table_unref);
    g_clear_pointer(&managers->connections, loom_connections_free);
    g_clear_pointer(&managers->networks, g_ptr_array_unref);
}

static const char *
last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

const char *
loom_process_program(const LoomProcess *process)
{
    return last_part(process->arguments[0] ? process->arguments[0] : "");
}

gboolean
loom_process_is(const LoomProcess *process, const char *program)
{
    const char *own = loom_process_program(process);
    char **each = process->arguments + 1;

    if (g_str_equal(own, program))
        return TRUE;
    if (!g_str_has_prefix(own, "python"))
        return FALSE;
    while (process->arguments[0] && *each && **each == '-') /* the interpreter's own */
        each++;
    return process->arguments[0] && *each && g_str_equal(last_part(*each), program);
}

const LoomProcess *
loom_managers_find_process(LoomManagers *managers, const char *program)
{
    const GPtrArray *processes = loom_managers_processes(managers);

    for (guint i = 0; i < processes->len; i++)
        if (g_str_equal(loom_process_program(processes->pdata[i]), program))
            return processes->pdata[i];
    return NULL;
}

gboolean
loom_await(gboolean (*is_so)(gpointer data), gpointer data, unsigned seconds)
{
    gint64 deadline = g_get_monotonic_time() + seconds * G_TIME_SPAN_SECOND;

    while (!is_so(data)) {
        if (g_get_monotonic_time() >= deadline)
            return FALSE;
        g_usleep(STEP_MICROSECONDS);
    }
    return TRUE;
}

gboolean
loom_managers_is_live(const LoomManagers *managers)
{
    return !*managers->root;
}

gboolean
loom_process_end(const LoomManagers *managers, pid_t pid, int signal, unsigned seconds)
{
    struct pollfd event = {.events = POLLIN};
    int handle;
    gboolean gone;

    if (!loom_managers_is_live(managers))
        return TRUE;
    event.fd = handle = (int)syscall(SYS_pidfd_open, pid, 0);
    if (handle < 0)
        return errno == ESRCH;
    /* readable once its last thread has ended: earlier it may still hold its names and sockets */
    gone = syscall(SYS_pidfd_send_signal, handle, signal, NULL, 0) < 0
               ? errno == ESRCH
               : poll(&event, 1, (int)seconds * 1000) == 1;
    close(handle);
    return gone;
}

gboolean
loom_program_exists(const char *name)
{
    g_autofree char *path = g_find_program_in_path(name);

    return path != NULL;
}

static void
lead_session(gpointer data G_GNUC_UNUSED)
{
    setsid();
}

/* Starts it with its output to FD; *PID is to be waited for. */
static gboolean
spawn(const char *const *arguments, int fd, GPid *pid, GError **error)
{
    g_autoptr(GError) cause = NULL;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    int output = fd >= 0 ? fd : nothing;
    gboolean done = g_spawn_async_with_fds(
        "/", (char **)arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
        lead_session, NULL, pid, nothing, output, output, &cause);

    close(nothing);
    if (!done)
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("Cannot run %s: %s"), arguments[0],
                    cause->message);
    return done;
}

typedef struct {
    pid_t pid;
    int status;
} Child;

static gboolean
has_ended(gpointer data)
{
    Child *child = data;

    return waitpid(child->pid, &child->status, WNOHANG) != 0;
}

/* What was written to FD, the end of it, in one line. */
static char *
read_said(int fd)
{
    char said[SAID_MAX + 1];
    off_t length = lseek(fd, 0, SEEK_END);
    ssize_t got = pread(fd, said, SAID_MAX, length > SAID_MAX ? length - SAID_MAX : 0);

    said[got > 0 ? got : 0] = '\0';
    g_autofree char *text = g_utf8_make_valid(said, -1);
    return g_strdup(g_strdelimit(g_strstrip(text), "\n", ' '));
}

gboolean
loom_program_run(const LoomManagers *managers, const char *const *arguments, unsigned seconds,
                 GError **error)
{
    Child child = {0};
    int output;

    if (!loom_managers_is_live(managers))
        return TRUE;
    output = memfd_create("said", MFD_CLOEXEC);
    if (!spawn(arguments, output, &child.pid, error)) {
        close(output);
        return FALSE;
    }
    gboolean ended = loom_await(has_ended, &child, seconds);
    g_autofree char *said = read_said(output);
    close(output);
    if (!ended) {
        /* it goes on: what it has begun is its own, and somebody waits for it when we are gone */
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_BUSY, _("%s has not ended within %u s: %s"),
                    arguments[0], seconds, said);
        return FALSE;
    }
    if (g_spawn_check_wait_status(child.status, NULL))
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("%s failed: %s"), arguments[0], said);
    return FALSE;
}

gboolean
loom_program_start(const LoomManagers *managers, const char *const *arguments, GError **error)
{
    GPid pid;

    return !loom_managers_is_live(managers) || spawn(arguments, -1, &pid, error);
}

gboolean
loom_daemon_restart(LoomManagers *managers, const char *program, const char *unit, int signal,
                    GError **error)
{
    const char *const forget[] = {"systemctl", "reset-failed", unit, NULL};
    const char *const restart[] = {"systemctl", "restart", unit, NULL};

    if (loom_managers_has(managers, "/run/systemd/system")) {
        /* systemd starts nothing that was started five times within ten seconds */
        loom_program_run(managers, forget, 10, NULL);
        return loom_program_run(managers, restart, 60, error);
    }
    loom_managers_refresh(managers);
    const LoomProcess *process = loom_managers_find_process(managers, program);
    if (!process)
        return TRUE;
    if (!loom_process_end(managers, process->pid, signal, 30)) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, _("%s (process %d) does not end"),
                    program, process->pid);
        return FALSE;
    }
    gboolean started = loom_program_start(managers, (const char *const *)process->arguments, error);
    loom_managers_refresh(managers);
    return started;
}
