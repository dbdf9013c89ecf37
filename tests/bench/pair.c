/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs commands in turn, many times, and compares what each costs with the first. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 *     pair [-p PID] ROUNDS LABEL INPUT PROGRAM [ARGUMENT...] [-- the next one]...
 *
 * Each round runs every command once, so that a busy moment of the machine meets all of them. INPUT
 * is a file, the command's standard input. The label "-" is not measured: it brings back what the
 * others need. Prints a line per command, its fields parted by tabs:
 *
 *     label, wall median and minimum, user + system median (microseconds), peak memory (KiB),
 *     wall ratio, user + system ratio: the median of what each round's first one cost times that
 */
#define NOT_MEASURED "-"

typedef enum { WALL, CPU, MEASURES } Measure;

typedef struct {
    const char *label;
    const char *input;
    char **argv;
    GArray *costs[MEASURES]; /* of double, microseconds, one per round */
    long peak;               /* KiB */
} Command;

static void G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_printerr("pair: %s\n", message);
    exit(1);
}

static double
microseconds(struct timeval time)
{
    return time.tv_sec * 1e6 + time.tv_usec;
}

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

/* proc(5): utime, stime, cutime and cstime, fields 14 to 17 of /proc/PID/stat; microseconds. */
static double
used_by(const char *server)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/stat", server);
    g_autofree char *text = NULL;
    unsigned long ticks[4];
    const char *state;

    if (!g_file_get_contents(path, &text, NULL, NULL) || !(state = strrchr(text, ')')) ||
        sscanf(state + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &ticks[0],
               &ticks[1], &ticks[2], &ticks[3]) != 4)
        die("cannot read %s", path);
    return (ticks[0] + ticks[1] + ticks[2] + ticks[3]) * 1e6 / sysconf(_SC_CLK_TCK);
}

/* From just before the process is made until it has been waited for. */
static void
run_once(const Command *command, const char *server, double costs[MEASURES], long *peak)
{
    posix_spawn_file_actions_t actions;
    double before = server ? used_by(server) : 0;
    struct rusage usage;
    double start;
    pid_t process;
    int status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, command->input, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    start = now();
    status = posix_spawnp(&process, command->argv[0], &actions, NULL, command->argv, environ);
    if (status)
        die("cannot run %s: %s", command->argv[0], g_strerror(status));
    while (wait4(process, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    costs[WALL] = now() - start;
    costs[CPU] = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    if (server)
        costs[CPU] += used_by(server) - before;
    *peak = usage.ru_maxrss;
    posix_spawn_file_actions_destroy(&actions);
    if (status)
        die("%s: %s failed: what fails is not worth measuring", command->label, command->argv[0]);
}

static int
compare_costs(gconstpointer a, gconstpointer b)
{
    double one = *(const double *)a, other = *(const double *)b;

    return (one > other) - (one < other);
}

static double
quantile(const GArray *costs, double share)
{
    g_autoptr(GArray) sorted = g_array_copy((GArray *)costs);

    g_array_sort(sorted, compare_costs);
    return g_array_index(sorted, double, (guint)(share * (sorted->len - 1) + 0.5));
}

/* The median of the rounds' ratios: what slows a whole round down does not count. */
static double
ratio(const GArray *costs, const GArray *base)
{
    g_autoptr(GArray) ratios = g_array_new(FALSE, FALSE, sizeof(double));

    for (guint i = 0; i < costs->len; i++) {
        double one = g_array_index(costs, double, i) / g_array_index(base, double, i);
        g_array_append_val(ratios, one);
    }
    return quantile(ratios, 0.5);
}

/* LABEL INPUT PROGRAM [ARGUMENT...] [-- the next one]: ends each at its "--". */
static GArray *
parse_commands(char **argv)
{
    GArray *commands = g_array_new(FALSE, TRUE, sizeof(Command));

    while (*argv) {
        Command command = {0};

        if (!argv[1] || !argv[2])
            die("a command takes LABEL INPUT PROGRAM, and '%s' has not all", argv[0]);
        command.label = argv[0];
        command.input = argv[1];
        command.argv = argv + 2;
        for (Measure measure = 0; measure < MEASURES; measure++)
            command.costs[measure] = g_array_new(FALSE, FALSE, sizeof(double));
        while (*argv && !g_str_equal(*argv, "--"))
            argv++;
        if (*argv)
            *argv++ = NULL;
        g_array_append_val(commands, command);
    }
    return commands;
}

static void
print_command(const Command *command, const Command *first)
{
    g_print("%s\t%.0f\t%.0f\t%.0f\t%ld\t%.3f\t%.3f\n", command->label,
            quantile(command->costs[WALL], 0.5), quantile(command->costs[WALL], 0),
            quantile(command->costs[CPU], 0.5), command->peak,
            ratio(command->costs[WALL], first->costs[WALL]),
            ratio(command->costs[CPU], first->costs[CPU]));
}

int
main(int argc, char **argv)
{
    const char *server = NULL;
    GArray *commands;
    int rounds;

    if (argc > 2 && g_str_equal(argv[1], "-p")) {
        server = argv[2];
        argv += 2;
        argc -= 2;
    }
    rounds = argc > 1 ? atoi(argv[1]) : 0;
    if (rounds < 1 || argc < 5) {
        g_printerr("usage: pair [-p PID] ROUNDS LABEL INPUT PROGRAM [ARGUMENT...] [-- ...]\n");
        return 2;
    }
    commands = parse_commands(argv + 2);
    for (int round = -rounds / 10; round < rounds; round++) /* the first tenth warms the caches */
        for (guint i = 0; i < commands->len; i++) {
            Command *command = &g_array_index(commands, Command, i);
            double costs[MEASURES];
            long peak;

            run_once(command, server, costs, &peak);
            if (round < 0)
                continue;
            for (Measure measure = 0; measure < MEASURES; measure++)
                g_array_append_val(command->costs[measure], costs[measure]);
            command->peak = MAX(command->peak, peak);
        }
    for (guint i = 0; i < commands->len; i++) {
        const Command *command = &g_array_index(commands, Command, i);

        if (!g_str_equal(command->label, NOT_MEASURED))
            print_command(command, &g_array_index(commands, Command, 0));
    }
    return 0;
}
