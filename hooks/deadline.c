/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a hook's time. */
#include "deadline.h"

#include "host/slice.h"
#include "port/agent.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define MESSAGE_BYTES_MAX 4096

/* For the signal handler, which can neither allocate nor format. */
static struct {
    char *line;
    size_t length;
    char *entry; /* what the log gets; NULL: nothing */
    size_t entry_length;
    int agent; /* its process; 0: nobody is told */
    int status;
} deadline;

char *
loom_hook_make_line(const char *message)
{
    const char *rest = strlen(message) > MESSAGE_BYTES_MAX ? "..." : "";
    g_autofree char *cut = g_strdup_printf("virt-loom: %.*s%s", MESSAGE_BYTES_MAX, message, rest);
    g_autofree char *valid = g_utf8_make_valid(cut, -1);

    for (char *at = valid; *at; at++)
        if (g_ascii_iscntrl(*at))
            *at = '?';
    return g_strconcat(valid, "\n", NULL);
}

void
loom_hook_write_line(const char *line, size_t length)
{
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* nobody listens: the status says it too */
}

int
loom_hook_failure_status(const LoomHookOperation *operation)
{
    return operation->failure == LOOM_HOOK_REFUSE ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* As syslog(3) does, which is no function for a signal handler (signal-safety(7)). */
static void
send_entry(void)
{
    static const struct sockaddr_un log = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd >= 0)
        (void)sendto(fd, deadline.entry, deadline.entry_length, MSG_NOSIGNAL,
                     (const struct sockaddr *)(const void *)&log, sizeof log);
}

static void
on_deadline(int number G_GNUC_UNUSED)
{
    loom_hook_write_line(deadline.line, deadline.length);
    if (deadline.entry)
        send_entry();
    if (deadline.agent)
        kill(deadline.agent, SIGHUP);
    _exit(deadline.status);
}

static void
prepare(const LoomHookOperation *operation, const char *call)
{
    gboolean only_warns = operation->failure == LOOM_HOOK_WARN && operation->name[0];
    g_autofree char *message = NULL;

    deadline.status = loom_hook_failure_status(operation);
    deadline.agent = only_warns ? loom_agent_find(loom_slice_directory()) : 0;
    message =
        g_strdup_printf("the %s hook '%s' was not done within %d seconds%s", loom_hook.name, call,
                        LOOM_HOOK_SECONDS, deadline.agent ? "; virt-loomd goes on with it" : "");
    deadline.line = loom_hook_make_line(message);
    deadline.length = strlen(deadline.line);
    if (!only_warns)
        return;
    deadline.entry = g_strdup_printf("<%d>%s: %s", LOG_DAEMON | LOG_WARNING,
                                     program_invocation_short_name, deadline.line);
    deadline.entry_length = strlen(deadline.entry);
}

void
loom_hook_set_deadline(const LoomHookOperation *operation, char **arguments)
{
    const struct sigaction action = {.sa_handler = on_deadline};
    g_autofree char *call = g_strjoinv(" ", arguments);
    sigset_t alarm_only;

    prepare(operation, call);
    sigaction(SIGALRM, &action, NULL);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    alarm(LOOM_HOOK_SECONDS);
}
