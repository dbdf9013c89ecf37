/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes what is on links, and takes the time until another process has repaired it. */
#include "base/error.h"
#include "kernel/monitor.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

/*
 *     repair PID SECONDS COUNT LINK... COMMAND [ARGUMENT...]
 *
 * Runs COMMAND, which is to change something of each of the COUNT links, waits until the kernel has
 * told of one more change of each, and then until process PID rests. Prints, parted by tabs and in
 * microseconds: the time from the first change that the kernel told of to the last repair, the
 * processor time that PID took for it, and the repairs that the kernel told of within SECONDS. Exit
 * status 1: some link was not repaired by then.
 */
#define REST_MICROSECONDS 300000

typedef struct {
    GHashTable *waiting; /* of char *: links that were not repaired yet */
    gboolean is_changed; /* the command has ended, and what it did has been heard */
    double first, last;
} Watch;

static G_GNUC_NORETURN void
die(const char *message)
{
    fprintf(stderr, "repair: %s\n", message);
    exit(2);
}

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

/* What all threads of PID have run so far, in microseconds: the first field of its schedstat. */
static double
processor_time(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/task", pid);
    g_autoptr(GDir) tasks = g_dir_open(path, 0, NULL);
    const char *task;
    double sum = 0;

    if (!tasks)
        die("there is no such process");
    while ((task = g_dir_read_name(tasks))) {
        g_autofree char *file = g_build_filename(path, task, "schedstat", NULL);
        g_autofree char *text = NULL;

        if (g_file_get_contents(file, &text, NULL, NULL))
            sum += g_ascii_strtod(text, NULL) / 1000;
    }
    return sum;
}

static double
rest(const char *pid)
{
    double before, after = processor_time(pid);

    do {
        before = after;
        g_usleep(REST_MICROSECONDS);
        after = processor_time(pid);
    } while (after != before);
    return after;
}

static void
on_change(const char *link, gpointer data)
{
    Watch *watch = data;
    double time = now();

    if (!link)
        die("there were more changes than could be heard");
    if (!g_hash_table_contains(watch->waiting, link))
        return;
    if (!watch->first)
        watch->first = time;
    if (!watch->is_changed)
        return;
    watch->last = time;
    g_hash_table_remove(watch->waiting, link);
}

static void
hear(LoomMonitor *monitor, Watch *watch, int milliseconds)
{
    struct pollfd number = {.fd = loom_monitor_get_fd(monitor), .events = POLLIN};
    g_autoptr(GError) error = NULL;

    if (poll(&number, 1, milliseconds) > 0 &&
        !loom_monitor_read(monitor, on_change, watch, &error))
        die(error->message);
}

/* The kernel tells of what a command does before the command ends. */
static void
change(LoomMonitor *monitor, Watch *watch, char **command)
{
    g_autoptr(GError) error = NULL;
    GPid child;
    int status;

    if (!g_spawn_async(NULL, command, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                       NULL, &child, &error))
        die(error->message);
    while (waitpid(child, &status, WNOHANG) == 0)
        hear(monitor, watch, 1);
    if (!g_spawn_check_wait_status(status, &error))
        die(error->message);
    hear(monitor, watch, 0);
    watch->is_changed = TRUE;
    if (!watch->first)
        die("the kernel told of no change");
}

int
main(int argc, char **argv)
{
    guint count = argc > 4 ? (guint)atoi(argv[3]) : 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomMonitor) monitor = NULL;
    Watch watch = {.waiting = g_hash_table_new(g_str_hash, g_str_equal)};
    double before, end;

    if (!count || argc < (int)count + 5)
        die("repair PID SECONDS COUNT LINK... COMMAND [ARGUMENT...]");
    for (guint i = 0; i < count; i++)
        g_hash_table_add(watch.waiting, argv[4 + i]);
    before = rest(argv[1]);
    monitor = loom_monitor_open(&error);
    if (!monitor)
        die(error->message);
    change(monitor, &watch, argv + 4 + count);
    end = now() + atof(argv[2]) * 1e6;
    while (g_hash_table_size(watch.waiting) && now() < end)
        hear(monitor, &watch, 100);
    printf("%.0f\t%.0f\t%u\n", watch.last - watch.first, rest(argv[1]) - before,
           count - g_hash_table_size(watch.waiting));
    end = g_hash_table_size(watch.waiting);
    g_hash_table_unref(watch.waiting);
    return end ? 1 : 0;
}
