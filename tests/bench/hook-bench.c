/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs commands in turn, many times, and compares what each costs with the first. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    const char *label;
    const char *input; /* a file: its standard input */
    char **argv;
    GArray *seconds; /* of double */
} Command;

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

/* From just before the process is made until it has been waited for. */
static double
run_once(const Command *command)
{
    posix_spawn_file_actions_t actions;
    double start;
    pid_t process;
    int status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, command->input, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    start = now();
    status = posix_spawn(&process, command->argv[0], &actions, NULL, command->argv, environ);
    if (status)
        g_error("cannot run %s: %s", command->argv[0], g_strerror(status));
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
    start = now() - start;
    posix_spawn_file_actions_destroy(&actions);
    if (status)
        g_error("%s: %s failed: what fails is not worth measuring", command->label,
                command->argv[0]);
    return start;
}

static int
compare_seconds(gconstpointer a, gconstpointer b)
{
    double one = *(const double *)a, other = *(const double *)b;

    return (one > other) - (one < other);
}

static double
quantile(const Command *command, double share)
{
    return g_array_index(command->seconds, double,
                         (guint)(share * (command->seconds->len - 1) + 0.5));
}

/* LABEL INPUT PROGRAM [ARGUMENT...] [-- the next one]: ends each at its "--". */
static GArray *
parse_commands(char **argv)
{
    GArray *commands = g_array_new(FALSE, TRUE, sizeof(Command));

    while (*argv) {
        Command command = {.seconds = g_array_new(FALSE, FALSE, sizeof(double))};

        if (!argv[1] || !argv[2])
            g_error("a command takes LABEL INPUT PROGRAM, and '%s' has not all", argv[0]);
        command.label = argv[0];
        command.input = argv[1];
        command.argv = argv + 2;
        while (*argv && !g_str_equal(*argv, "--"))
            argv++;
        if (*argv)
            *argv++ = NULL;
        g_array_append_val(commands, command);
    }
    return commands;
}

int
main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 0;
    GArray *commands;

    if (rounds < 1 || argc < 5) {
        g_printerr("usage: hook-bench ROUNDS LABEL INPUT PROGRAM [ARGUMENT...] [-- ...]\n");
        return 2;
    }
    commands = parse_commands(argv + 2);
    for (int round = -rounds / 10; round < rounds; round++) /* the first tenth warms the caches */
        for (guint i = 0; i < commands->len; i++) {
            const Command *command = &g_array_index(commands, Command, i);
            double seconds = run_once(command);

            if (round >= 0)
                g_array_append_val(command->seconds, seconds);
        }
    g_print("%-40s %9s %9s %7s\n", "command", "min us", "median us", "ratio");
    for (guint i = 0; i < commands->len; i++) {
        const Command *command = &g_array_index(commands, Command, i);

        g_array_sort(command->seconds, compare_seconds);
        g_print("%-40s %9.0f %9.0f %7.2f\n", command->label, quantile(command, 0) * 1e6,
                quantile(command, 0.5) * 1e6,
                quantile(command, 0.5) / quantile(&g_array_index(commands, Command, 0), 0.5));
    }
    return 0;
}
