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
 * microseconds: the time from the first change that the kernel told of to the last repair, and the
 * processor time that PID took for it. Where there was too much to be heard, the last repair is the
 * last change before PID rested. Exit status 1: some link was not repaired within SECONDS.
 */
#define REST_MICROSECONDS 300000

typedef struct {
    GHashTable *links;   /* of char * */
    GHashTable *waiting; /* of these: what was not repaired yet */
    gboolean is_changed; /* the command has ended, and what it did has been heard */
    gboolean is_lost;    /* there was more than could be heard */
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

    watch->is_lost |= !link;
    if (link && !g_hash_table_contains(watch->links, link))
        return;
    if (!watch->first)
        watch->first = time;
    if (!watch->is_changed)
        return;
    if (!link || watch->is_lost || g_hash_table_remove(watch->waiting, link))
        watch->last = time;
}

static void
hear(LoomMonitor *monitor, Watch *watch, int milliseconds)
{
    struct pollfd number = {.fd = loom_monitor_get_fd(monitor), .events = POLLIN};
    g_autoptr(GError) error = NULL;

    if (poll(&number, 1, milliseconds) > 0 && !loom_monitor_read(monitor, on_change, watch, &error))
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

/* Until all is repaired, or END. */
static gboolean
await(LoomMonitor *monitor, Watch *watch, const char *pid, double end)
{
    double ran = -1;

    while (now() < end && g_hash_table_size(watch->waiting)) {
        double heard = watch->last;

        hear(monitor, watch, REST_MICROSECONDS / 1000);
        if (!watch->is_lost || heard != watch->last)
            continue;
        if (ran == processor_time(pid) && heard)
            return TRUE;
        ran = processor_time(pid);
    }
    return !g_hash_table_size(watch->waiting);
}

int
main(int argc, char **argv)
{
    guint count = argc > 4 ? (guint)atoi(argv[3]) : 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomMonitor) monitor = NULL;
    Watch watch = {.links = g_hash_table_new(g_str_hash, g_str_equal),
                   .waiting = g_hash_table_new(g_str_hash, g_str_equal)};
    gboolean is_repaired;
    double before;

    if (!count || argc < (int)count + 5)
        die("repair PID SECONDS COUNT LINK... COMMAND [ARGUMENT...]");
    for (guint i = 0; i < count; i++) {
        g_hash_table_add(watch.links, argv[4 + i]);
        g_hash_table_add(watch.waiting, argv[4 + i]);
    }
    before = rest(argv[1]);
    monitor = loom_monitor_open(&error);
    if (!monitor)
        die(error->message);
    change(monitor, &watch, argv + 4 + count);
    is_repaired = await(monitor, &watch, argv[1], now() + atof(argv[2]) * 1e6);
    printf("%.0f\t%.0f\n", watch.last - watch.first, rest(argv[1]) - before);
    g_hash_table_unref(watch.links);
    g_hash_table_unref(watch.waiting);
    return is_repaired ? 0 : 1;
}
