/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply/: all of it or nothing, whatever fails and whenever it is killed; its lock and its files.
 */
#include "test.h"

#include "apply/apply.h"
#include "base/error.h"
#include "host/slice.h"
#include "hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* One machine with its directories. */
typedef struct {
    char *directory, *statedir, *rundir, *grave;
    LoomMemory *memory;
    GPtrArray *backends;
    /* of the last run */
    size_t steps;
    LoomReport *report;
    GError *error;
} Bench;

/* Each apply syncs its files; what a disk takes for that is not what is tested here. */
static const char *
scratch_directory(void)
{
    return g_access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();
}

static Bench *
bench_new(const LoomHost *machine)
{
    Bench *bench = g_new0(Bench, 1);

    bench->directory = g_build_filename(scratch_directory(), "virt-loom-apply-XXXXXX", NULL);
    assert_non_null(g_mkdtemp(bench->directory));
    bench->statedir = g_build_filename(bench->directory, "state", NULL);
    bench->rundir = g_build_filename(bench->directory, "run", NULL);
    bench->grave = g_build_filename(bench->directory, "grave", NULL);
    bench->memory = loom_memory_new(machine);
    bench->memory->grave = bench->grave;
    bench->backends = g_ptr_array_new();
    g_ptr_array_add(bench->backends, bench->memory);
    bench->report = loom_report_new();
    return bench;
}

static void
remove_tree(const char *path)
{
    g_autoptr(GPtrArray) names = loom_test_list_directory(path);

    for (guint i = 0; i < names->len; i++) {
        g_autofree char *below = g_build_filename(path, names->pdata[i], NULL);
        remove_tree(below);
    }
    g_remove(path);
}

static void
bench_free(Bench *bench)
{
    remove_tree(bench->directory);
    g_free(bench->directory);
    g_free(bench->statedir);
    g_free(bench->rundir);
    g_free(bench->grave);
    loom_memory_free(bench->memory);
    g_ptr_array_unref(bench->backends);
    loom_report_free(bench->report);
    g_clear_error(&bench->error);
    g_free(bench);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bench, bench_free)

/* The files below PATH: names, links and texts. */
static void
list_tree(const char *path, GString *text)
{
    g_autoptr(GPtrArray) names = loom_test_list_directory(path);

    for (guint i = 0; i < names->len; i++) {
        g_autofree char *below = g_build_filename(path, names->pdata[i], NULL);
        g_autofree char *target = g_file_read_link(below, NULL);
        g_autofree char *content = NULL;

        if (!target && g_file_test(below, G_FILE_TEST_IS_DIR)) {
            list_tree(below, text);
            continue;
        }
        g_file_get_contents(below, &content, NULL, NULL);
        g_string_append_printf(text, "%s %s\n%s", below, target ? target : "", content);
    }
}

static char *
tree_text(const char *path)
{
    GString *text = g_string_new(NULL);

    list_tree(path, text);
    return g_string_free(text, FALSE);
}

static char *
state_file(const Bench *bench, const char *name)
{
    return g_build_filename(bench->statedir, name, NULL);
}

static gboolean
has_file(const Bench *bench, const char *name)
{
    g_autofree char *path = state_file(bench, name);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static char *
read_file(const Bench *bench, const char *name)
{
    g_autofree char *path = state_file(bench, name);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

static void
write_file(const Bench *bench, const char *name, const char *text)
{
    g_autofree char *path = state_file(bench, name);

    assert_int_equal(g_mkdir_with_parents(bench->statedir, 0755), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static gboolean
run(Bench *bench, const LoomHost *desired)
{
    g_autoptr(LoomApply) apply = loom_apply_new(bench->backends, bench->statedir, bench->rundir);

    g_clear_error(&bench->error);
    loom_report_free(bench->report);
    bench->report = loom_report_new();
    bench->steps = 999;
    return loom_apply_run(apply, desired, &bench->steps, bench->report, &bench->error);
}

static void
assert_run(Bench *bench, const LoomHost *desired)
{
    loom_memory_set_trip(bench->memory, LOOM_TRIP_NEVER, 0);
    if (!run(bench, desired))
        fail_msg("apply failed: %s", bench->error->message);
}

static void
assert_fails(Bench *bench, const LoomHost *desired, int code, const char *message)
{
    assert_false(run(bench, desired));
    if (bench->error->code != code || !strstr(bench->error->message, message))
        fail_msg("expected %d, '...%s...', not %d, '%s'", code, message, bench->error->code,
                 bench->error->message);
}

static void
set_machine(Bench *bench, const char *text)
{
    loom_host_free(bench->memory->host);
    bench->memory->host = loom_test_host(text);
}

/* Runs in a process of its own that is killed at call AT; what it did to the machine stays. */
static void
run_killed(Bench *bench, const LoomHost *desired, LoomTrip trip, guint at)
{
    g_autofree char *text = NULL;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        loom_memory_set_trip(bench->memory, trip, at);
        run(bench, desired);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), LOOM_MEMORY_KILLED);
    assert_true(g_file_get_contents(bench->grave, &text, NULL, NULL));
    set_machine(bench, text);
    assert_true(has_file(bench, "snapshot.xml"));
}

static void
assert_reached(const Bench *bench, const LoomHost *target)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomPlan) rest =
        loom_plan_compare(bench->memory->host, target, loom_memory_kinds, report);

    assert_int_equal(rest->steps->len, 0);
    assert_false(has_file(bench, "snapshot.xml"));
    assert_false(has_file(bench, "verified.xml"));
}

/* Machine, committed host and slices, all as they were. */
typedef struct {
    char *machine, *committed, *slices;
} Before;

static Before
remember(const Bench *bench)
{
    return (Before){loom_memory_format(bench->memory), read_file(bench, "committed.xml"),
                    tree_text(bench->rundir)};
}

static void
before_clear(Before *before)
{
    g_free(before->machine);
    g_free(before->committed);
    g_free(before->slices);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Before, before_clear)

static void
assert_as_before(const Bench *bench, const Before *before)
{
    g_auto(Before) now = remember(bench);

    assert_string_equal(now.machine, before->machine);
    assert_string_equal(now.committed, before->committed);
    assert_string_equal(now.slices, before->slices);
    assert_false(has_file(bench, "snapshot.xml"));
    assert_false(has_file(bench, "verified.xml"));
}

/* For every call K from A to B: failing there, being killed there and asked for A, or for B. */
static void
try_every_step(Bench *bench, const LoomTestHost *a, const LoomTestHost *b, guint count,
               const Before *before)
{
    for (guint k = 1; k <= count; k++) {
        loom_memory_set_trip(bench->memory, k % 2 ? LOOM_TRIP_FAIL : LOOM_TRIP_FAIL_AFTER, k);
        assert_fails(bench, b->target, LOOM_ERROR_FAILED, "The host is as it was before");
        assert_as_before(bench, before);

        run_killed(bench, b->target, k % 2 ? LOOM_TRIP_KILL_AFTER : LOOM_TRIP_KILL, k);
        assert_run(bench, a->target);
        assert_as_before(bench, before);

        run_killed(bench, b->target, k % 2 ? LOOM_TRIP_KILL : LOOM_TRIP_KILL_AFTER, k);
        assert_run(bench, b->target);
        assert_reached(bench, b->target);

        set_machine(bench, before->machine);
        assert_run(bench, a->target);
        assert_as_before(bench, before);
    }
}

/* Returns how many steps lead from A to B; 0 where something foreign is in the way. */
static guint
try_pair(const LoomTestHost *a, const LoomTestHost *b)
{
    g_autoptr(Bench) bench = bench_new(a->machine);
    g_autoptr(LoomMemory) dry = loom_memory_new(a->machine);
    g_autofree char *fault = loom_test_reach(dry, b->target);
    g_auto(Before) before = {NULL, NULL, NULL};

    if (!run(bench, a->target)) /* not even A itself was possible here */
        return 0;
    assert_int_equal(bench->steps, 0);
    before = remember(bench);
    if (fault) {
        loom_memory_set_trip(bench->memory, LOOM_TRIP_NEVER, 0);
        assert_fails(bench, b->target, LOOM_ERROR_CONFLICT, "Nothing was changed");
        assert_int_equal(bench->memory->calls, 0);
        assert_as_before(bench, &before);
        return 0;
    }
    try_every_step(bench, a, b, dry->calls, &before);
    return dry->calls;
}

/* LOOM_TEST_PAIRS=all tries every pair, which takes minutes; else each host meets two others. */
static void
test_every_step(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();
    guint steps = 0;

    for (guint i = 0; i < hosts->len; i++)
        for (guint k = 0; k < hosts->len; k++) {
            guint distance = (k + hosts->len - i) % hosts->len;

            if (distance == 1 || distance == 17 || g_getenv("LOOM_TEST_PAIRS"))
                steps += try_pair(hosts->pdata[i], hosts->pdata[k]);
        }
    assert_true(steps > 500);
}

#define RED                                                                                        \
    "<host name='h'><network name='Red' ours='yes' uuid='00000000-0000-0000-0000-00000000000a' "   \
    "bridge='vs0'><portgroup name='Public'/></network>"                                            \
    "<port network='Red' portgroup='Public' vlan='3'/></host>"
#define BLUE                                                                                       \
    "<host name='h'><network name='Blue' ours='yes' uuid='00000000-0000-0000-0000-00000000000b' "  \
    "bridge='vs0'/></host>"
#define NOTHING "<host name='h'/>"

static gboolean
has_slice(const Bench *bench, const char *name)
{
    g_autoptr(LoomHost) slice = loom_slice_find_by_name(bench->rundir, name, NULL);

    return slice != NULL;
}

static void
test_first(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(Bench) bench = bench_new(nothing);
    g_autoptr(LoomApply) apply = loom_apply_new(bench->backends, bench->statedir, bench->rundir);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) none = loom_apply_load_committed(apply, &error);

    assert_null(none);
    assert_no_error(error);
    assert_run(bench, red);
    assert_int_equal(bench->steps, 1);
    assert_reached(bench, red);

    g_autoptr(LoomHost) committed = loom_apply_load_committed(apply, &error);
    g_autofree char *text = loom_host_format(committed);
    g_autofree char *wanted = loom_host_format(red);
    assert_string_equal(text, wanted);
    assert_true(has_slice(bench, "Red"));
}

/* A first apply that fails leaves nothing of itself. */
static void
test_first_fails(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(Bench) bench = bench_new(nothing);

    loom_memory_set_trip(bench->memory, LOOM_TRIP_FAIL, 1);
    assert_fails(bench, red, LOOM_ERROR_FAILED,
                 "Cannot create network 'Red': memory: call 1 fails. The host is as it was before");
    assert_int_equal(bench->steps, 999);
    assert_false(has_file(bench, "committed.xml"));
    assert_false(has_file(bench, "snapshot.xml"));
    assert_false(has_slice(bench, "Red"));
}

static void
add_stamps(const char *path, GString *text)
{
    g_autoptr(GPtrArray) names = loom_test_list_directory(path);

    for (guint i = 0; i < names->len; i++) {
        g_autofree char *below = g_build_filename(path, names->pdata[i], NULL);
        struct stat status;

        assert_int_equal(lstat(below, &status), 0);
        if (g_str_equal(names->pdata[i], "lock"))
            continue;
        g_string_append_printf(text, "%s %lu %ld.%09ld\n", below, status.st_ino,
                               status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
        if (S_ISDIR(status.st_mode) && !strstr(below, "/state"))
            add_stamps(below, text);
    }
}

/* Which files there are, and when they were written. */
static char *
stamps(const Bench *bench)
{
    GString *text = g_string_new(NULL);

    add_stamps(bench->rundir, text);
    add_stamps(bench->statedir, text);
    return g_string_free(text, FALSE);
}

static void
test_unchanged(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(Bench) bench = bench_new(nothing);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *names = g_build_filename(bench->rundir, "names", "Red", NULL);

    assert_run(bench, red);
    before = stamps(bench);
    assert_run(bench, red);
    after = stamps(bench);
    assert_int_equal(bench->steps, 0);
    assert_int_equal(bench->memory->calls, 0);
    assert_string_equal(after, before);

    /* after a boot /run is empty: what is missing is written, and nothing else is done */
    assert_int_equal(g_unlink(names), 0);
    assert_run(bench, red);
    assert_int_equal(bench->memory->calls, 0);
    assert_true(has_slice(bench, "Red"));
}

static void
test_kept(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomHost) blue = loom_test_host(BLUE);
    g_autoptr(Bench) bench = bench_new(nothing);
    g_autofree char *committed = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    assert_run(bench, red);
    LOOM_SET((LoomNetwork *)bench->memory->host->networks->pdata[0], guests,
             "11111111-0000-0000-0000-000000000000");
    assert_run(bench, blue);
    assert_int_equal(bench->steps, 1);
    assert_int_equal(loom_report_count(bench->report, LOOM_SEVERITY_WARNING), 1);
    assert_non_null(strstr(loom_report_get(bench->report, 0)->message, "network 'Red'"));
    assert_int_equal(bench->memory->host->networks->len, 2);
    committed = read_file(bench, "committed.xml");
    assert_non_null(strstr(committed, "<network name='Red'"));
    assert_non_null(strstr(committed, "<port network='Red' portgroup='Public' vlan='3'/>"));
    assert_null(strstr(committed, "guests"));
    assert_true(has_slice(bench, "Red") && has_slice(bench, "Blue"));

    /* more guests on it are nothing to write */
    before = stamps(bench);
    LOOM_SET((LoomNetwork *)bench->memory->host->networks->pdata[0], guests,
             "11111111-0000-0000-0000-000000000000 22222222-0000-0000-0000-000000000000");
    assert_run(bench, blue);
    assert_int_equal(bench->memory->calls, 0);
    after = stamps(bench);
    assert_string_equal(after, before);

    LOOM_SET((LoomNetwork *)bench->memory->host->networks->pdata[0], guests, NULL);
    assert_run(bench, blue);
    assert_int_equal(bench->steps, 1);
    assert_reached(bench, blue);
    assert_false(has_slice(bench, "Red"));
    assert_true(has_slice(bench, "Blue"));
}

/* A step that says it did what it did not is found by looking again. */
static void
test_verified(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(Bench) bench = bench_new(nothing);

    loom_memory_set_trip(bench->memory, LOOM_TRIP_LIE, 1);
    assert_fails(bench, red, LOOM_ERROR_FAILED,
                 "The host differs from what was asked for although every step succeeded; first of "
                 "1 left: create network 'Red'. The host is as it was before");
    assert_false(has_file(bench, "committed.xml"));
}

/* Where even going back fails it is said, and the next run goes back before anything else. */
static void
test_no_way_back(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();
    const LoomTestHost *a = hosts->pdata[0], *b = hosts->pdata[2];
    g_autoptr(Bench) bench = bench_new(a->machine);
    g_auto(Before) before = {NULL, NULL, NULL};

    assert_run(bench, a->target);
    before = remember(bench);
    loom_memory_set_trip(bench->memory, LOOM_TRIP_FAIL_FROM, 4);
    assert_fails(bench, b->target, LOOM_ERROR_FAILED,
                 "memory: call 4 fails. Going back failed as "
                 "well: Cannot ");
    assert_true(has_file(bench, "snapshot.xml"));

    loom_memory_set_trip(bench->memory, LOOM_TRIP_FAIL_FROM, 1);
    assert_fails(bench, a->target, LOOM_ERROR_FAILED,
                 "An apply was killed, and going back to the host before it failed: Cannot ");
    assert_true(has_file(bench, "snapshot.xml"));

    assert_run(bench, a->target);
    assert_as_before(bench, &before);
}

/* The lock: held by a child that says so only by its process id. */
static void
test_locked(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(Bench) bench = bench_new(nothing);
    g_autofree char *lock = state_file(bench, "lock");
    g_autofree char *wanted = NULL;
    int ready[2];
    char byte;
    pid_t child;

    write_file(bench, "lock", "");
    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(lock, O_RDWR | O_CLOEXEC);
        gboolean is_held = flock(fd, LOCK_EX) == 0 && dprintf(fd, "%d\n", getpid()) > 0 &&
                           write(ready[1], "", 1) == 1;

        while (is_held)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    wanted = g_strdup_printf("%s is locked by process %d (", lock, child);
    assert_fails(bench, red, LOOM_ERROR_BUSY, wanted);
    assert_non_null(strstr(bench->error->message, "apply-test"));
    assert_int_equal(bench->memory->calls, 0);

    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_run(bench, red);
    close(ready[0]);
    close(ready[1]);
}

/* Another boot has undone what was killed; its snapshot describes nothing that is. */
static void
test_other_boot(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomHost) blue = loom_test_host(BLUE);
    g_autoptr(Bench) bench = bench_new(red);

    assert_run(bench, red);
    write_file(bench, "snapshot.xml",
               "<host name='h' boot='00000000-0000-0000-0000-000000000000'>"
               "<link name='gone' kind='bridge' ours='yes'/></host>");
    write_file(bench, "verified.xml", NOTHING);
    assert_run(bench, red);
    assert_int_equal(bench->memory->calls, 0);
    assert_reached(bench, red);
    assert_run(bench, blue);
    assert_reached(bench, blue);
}

/* A snapshot of this boot names this boot, and is complete enough to come back from. */
static void
test_snapshot(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(Bench) bench = bench_new(nothing);
    g_autofree char *boot = NULL;
    g_autofree char *snapshot = NULL;

    run_killed(bench, red, LOOM_TRIP_KILL, 1);
    assert_true(g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL));
    snapshot = read_file(bench, "snapshot.xml");
    assert_non_null(strstr(snapshot, g_strchomp(boot)));
    assert_false(has_file(bench, "committed.xml"));
    /* so that a network that starts has one */
    assert_true(has_slice(bench, "Red"));
}

/* Killed between the two moves of a commit: the snapshot decides. */
static void
test_killed_in_commit(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomHost) blue = loom_test_host(BLUE);
    g_autoptr(Bench) bench = bench_new(nothing);
    g_autoptr(LoomApply) apply = loom_apply_new(bench->backends, bench->statedir, bench->rundir);
    g_autofree char *text = loom_host_format(red);

    /* with it nothing was committed */
    run_killed(bench, red, LOOM_TRIP_KILL_AFTER, 1);
    write_file(bench, "verified.xml", text);
    assert_null(loom_apply_load_committed(apply, NULL));
    assert_run(bench, nothing);
    assert_int_equal(bench->memory->host->networks->len, 0);
    assert_false(has_file(bench, "verified.xml"));

    /* without it the new one is */
    write_file(bench, "verified.xml", text);
    g_autoptr(LoomHost) committed = loom_apply_load_committed(apply, NULL);
    assert_int_equal(committed->networks->len, 1);
    assert_run(bench, blue);
    assert_reached(bench, blue);
}

static void
test_corrupt(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(Bench) bench = bench_new(nothing);
    g_autofree char *committed = state_file(bench, "committed.xml");
    g_autofree char *snapshot = state_file(bench, "snapshot.xml");

    write_file(bench, "committed.xml", "<host name='h'><netw");
    assert_fails(bench, red, LOOM_ERROR_INVALID, "committed.xml: ");
    assert_non_null(strstr(bench->error->message, "Remove it, and apply again"));
    write_file(bench, "committed.xml", "<host/>");
    assert_fails(bench, red, LOOM_ERROR_INVALID, "committed.xml:1: <host> lacks");
    assert_int_equal(g_unlink(committed), 0);

    write_file(bench, "snapshot.xml", "");
    assert_fails(bench, red, LOOM_ERROR_INVALID, "snapshot.xml");
    assert_non_null(strstr(bench->error->message, "remove the file, and apply again"));
    assert_int_equal(bench->memory->calls, 0);
    assert_int_equal(g_unlink(snapshot), 0);
    assert_run(bench, red);
}

/* Where nothing can be saved, nothing is begun. */
static void
test_unwritable(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(Bench) bench = bench_new(nothing);

    /* a file in a directory's place refuses even root */
    assert_int_equal(g_mkdir_with_parents(bench->rundir, 0755), 0);
    write_file(bench, "keep", "");
    g_autofree char *networks = g_build_filename(bench->rundir, "networks", NULL);
    assert_true(g_file_set_contents(networks, "", -1, NULL));
    assert_fails(bench, red, LOOM_ERROR_FAILED, "Cannot make directory");
    assert_non_null(strstr(bench->error->message, "The host is as it was before"));
    assert_int_equal(bench->memory->calls, 0);
    assert_false(has_file(bench, "snapshot.xml"));
    assert_int_equal(g_unlink(networks), 0);

    g_autofree char *statedir = g_build_filename(bench->statedir, "keep", "state", NULL);
    g_free(bench->statedir);
    bench->statedir = g_steal_pointer(&statedir);
    assert_fails(bench, red, LOOM_ERROR_FAILED, "Cannot make directory");
    assert_int_equal(bench->memory->calls, 0);
}

typedef struct {
    GString *text;
} Log;

static void
log_progress(LoomApplyPhase phase, const LoomStep *step, size_t done, size_t total, gpointer data)
{
    static const char *const words[] = {"observe", "run", "verify", "revert", "commit"};
    g_autofree char *line = step ? loom_step_describe(step) : NULL;

    g_string_append_printf(((Log *)data)->text, "%s %zu/%zu %s\n", words[phase], done, total,
                           line ? line : "");
}

static void
test_progress(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomHost) blue = loom_test_host(BLUE);
    g_autoptr(Bench) bench = bench_new(nothing);
    g_autoptr(LoomApply) apply = loom_apply_new(bench->backends, bench->statedir, bench->rundir);
    g_autoptr(GString) text = g_string_new(NULL);
    Log log = {text};
    size_t steps;

    loom_apply_set_progress(apply, log_progress, &log);
    assert_true(loom_apply_run(apply, red, &steps, bench->report, NULL));
    loom_memory_set_trip(bench->memory, LOOM_TRIP_FAIL, 2);
    assert_false(loom_apply_run(apply, blue, &steps, bench->report, NULL));
    assert_string_equal(text->str, "observe 0/0 \n"
                                   "run 0/1 create network 'Red'\n"
                                   "verify 0/0 \n"
                                   "commit 0/0 \n"
                                   "observe 0/0 \n"
                                   "run 0/2 create network 'Blue'\n"
                                   "run 1/2 delete network 'Red'\n"
                                   "revert 0/1 delete network 'Blue'\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first),     cmocka_unit_test(test_first_fails),
        cmocka_unit_test(test_unchanged), cmocka_unit_test(test_kept),
        cmocka_unit_test(test_verified),  cmocka_unit_test(test_no_way_back),
        cmocka_unit_test(test_locked),    cmocka_unit_test(test_other_boot),
        cmocka_unit_test(test_snapshot),  cmocka_unit_test(test_killed_in_commit),
        cmocka_unit_test(test_corrupt),   cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_progress),  cmocka_unit_test(test_every_step),
    };

    return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
