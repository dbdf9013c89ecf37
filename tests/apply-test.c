/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply/: all of it or nothing, whatever fails and whenever it is killed; its lock and its files.
 */
#include "test.h"

#include "base/error.h"
#include "host/slice.h"
#include "hosts.h"
#include "trial.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RED                                                                                        \
    "<host name='h'><network name='Red' ours='yes' uuid='00000000-0000-0000-0000-00000000000a' "   \
    "bridge='vs0'><portgroup name='Public'/></network>"                                            \
    "<port network='Red' portgroup='Public' vlan='3'/></host>"
#define BLUE                                                                                       \
    "<host name='h'><network name='Blue' ours='yes' uuid='00000000-0000-0000-0000-00000000000b' "  \
    "bridge='vs0'/></host>"
#define NOTHING "<host name='h'/>"

static gboolean
has_slice(const LoomTrial *trial, const char *name)
{
    g_autoptr(LoomHost) slice = loom_slice_find_by_name(trial->rundir, name, NULL);

    return slice != NULL;
}

static void
test_first(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autoptr(LoomApply) apply = loom_apply_new(trial->backends, trial->statedir, trial->rundir);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) none = loom_apply_load_committed(apply, &error);

    assert_null(none);
    assert_no_error(error);
    loom_trial_assert_run(trial, red);
    assert_int_equal(trial->steps, 1);
    loom_trial_assert_reached(trial, red);

    g_autoptr(LoomHost) committed = loom_apply_load_committed(apply, &error);
    g_autofree char *text = loom_host_format(committed);
    g_autofree char *wanted = loom_host_format(red);
    assert_string_equal(text, wanted);
    assert_true(has_slice(trial, "Red"));
}

/* A first apply that fails leaves nothing of itself. */
static void
test_first_fails(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    loom_memory_set_trip(trial->memory, LOOM_TRIP_FAIL, 1);
    loom_trial_assert_fails(
        trial, red, LOOM_ERROR_FAILED,
        "Cannot create network 'Red': memory: call 1 fails. The host is as it was before");
    assert_int_equal(trial->steps, 999);
    assert_false(loom_trial_has(trial, "committed.xml"));
    assert_false(loom_trial_has(trial, "snapshot.xml"));
    assert_false(has_slice(trial, "Red"));
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
stamps(const LoomTrial *trial)
{
    GString *text = g_string_new(NULL);

    add_stamps(trial->rundir, text);
    add_stamps(trial->statedir, text);
    return g_string_free(text, FALSE);
}

static void
test_unchanged(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *names = g_build_filename(trial->rundir, "names", "Red", NULL);

    loom_trial_assert_run(trial, red);
    before = stamps(trial);
    loom_trial_assert_run(trial, red);
    after = stamps(trial);
    assert_int_equal(trial->steps, 0);
    assert_int_equal(trial->memory->calls, 0);
    assert_string_equal(after, before);

    /* after a boot /run is empty: what is missing is written, and nothing else is done */
    assert_int_equal(g_unlink(names), 0);
    loom_trial_assert_run(trial, red);
    assert_int_equal(trial->memory->calls, 0);
    assert_true(has_slice(trial, "Red"));
}

static void
test_kept(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomHost) blue = loom_test_host(BLUE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autofree char *committed = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    loom_trial_assert_run(trial, red);
    LOOM_SET((LoomNetwork *)trial->memory->host->networks->pdata[0], guests,
             "11111111-0000-0000-0000-000000000000");
    loom_trial_assert_run(trial, blue);
    assert_int_equal(trial->steps, 1);
    assert_int_equal(loom_report_count(trial->report, LOOM_SEVERITY_WARNING), 1);
    assert_non_null(strstr(loom_report_get(trial->report, 0)->message, "network 'Red'"));
    assert_int_equal(trial->memory->host->networks->len, 2);
    committed = loom_trial_read(trial, "committed.xml");
    assert_non_null(strstr(committed, "<network name='Red'"));
    assert_non_null(strstr(committed, "<port network='Red' portgroup='Public' vlan='3'/>"));
    assert_null(strstr(committed, "guests"));
    assert_true(has_slice(trial, "Red") && has_slice(trial, "Blue"));

    /* more guests on it are nothing to write */
    before = stamps(trial);
    LOOM_SET((LoomNetwork *)trial->memory->host->networks->pdata[0], guests,
             "11111111-0000-0000-0000-000000000000 22222222-0000-0000-0000-000000000000");
    loom_trial_assert_run(trial, blue);
    assert_int_equal(trial->memory->calls, 0);
    after = stamps(trial);
    assert_string_equal(after, before);

    LOOM_SET((LoomNetwork *)trial->memory->host->networks->pdata[0], guests, NULL);
    loom_trial_assert_run(trial, blue);
    assert_int_equal(trial->steps, 1);
    loom_trial_assert_reached(trial, blue);
    assert_false(has_slice(trial, "Red"));
    assert_true(has_slice(trial, "Blue"));
}

static void
let_guests_leave(LoomApplyPhase phase, const LoomStep *step G_GNUC_UNUSED,
                 size_t done G_GNUC_UNUSED, size_t total G_GNUC_UNUSED, gpointer network)
{
    if (phase == LOOM_APPLY_RUNNING)
        LOOM_SET((LoomNetwork *)network, guests, NULL);
}

/* What was to be kept stays for this run, and does not undo it. */
static void
test_guest_leaves(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomHost) blue = loom_test_host(BLUE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autoptr(LoomApply) apply = loom_apply_new(trial->backends, trial->statedir, trial->rundir);
    g_autoptr(GError) error = NULL;
    LoomNetwork *network;
    size_t steps;

    loom_trial_assert_run(trial, red);
    network = trial->memory->host->networks->pdata[0];
    LOOM_SET(network, guests, "11111111-0000-0000-0000-000000000000");
    loom_apply_set_progress(apply, let_guests_leave, network);
    if (!loom_apply_run(apply, blue, &steps, trial->report, &error))
        fail_msg("apply failed: %s", error->message);
    assert_int_equal(trial->memory->host->networks->len, 2);
    loom_trial_assert_run(trial, blue);
    loom_trial_assert_reached(trial, blue);
}

/* A step that says it did what it did not is found by looking again. */
static void
test_verified(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    loom_memory_set_trip(trial->memory, LOOM_TRIP_LIE, 1);
    loom_trial_assert_fails(
        trial, red, LOOM_ERROR_FAILED,
        "The host differs from what was asked for although every step succeeded; first of "
        "1 left: create network 'Red'. The host is as it was before");
    assert_false(loom_trial_has(trial, "committed.xml"));
}

/* Where even going back fails it is said, and the next run goes back before anything else. */
static void
test_no_way_back(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();
    const LoomTestHost *a = hosts->pdata[0], *b = hosts->pdata[2];
    g_autoptr(LoomTrial) trial = loom_trial_new(a->machine);
    g_auto(LoomBefore) before = {NULL, NULL, NULL};

    loom_trial_assert_run(trial, a->target);
    before = loom_trial_remember(trial);
    loom_memory_set_trip(trial->memory, LOOM_TRIP_FAIL_FROM, 4);
    loom_trial_assert_fails(trial, b->target, LOOM_ERROR_FAILED,
                            "memory: call 4 fails. Going back failed as "
                            "well: Cannot ");
    assert_true(loom_trial_has(trial, "snapshot.xml"));

    loom_memory_set_trip(trial->memory, LOOM_TRIP_FAIL_FROM, 1);
    loom_trial_assert_fails(
        trial, a->target, LOOM_ERROR_FAILED,
        "An apply was killed, and going back to the host before it failed: Cannot ");
    assert_non_null(strstr(trial->error->message, "remove "));
    assert_non_null(strstr(trial->error->message, "snapshot.xml, and apply again"));
    assert_true(loom_trial_has(trial, "snapshot.xml"));

    loom_trial_assert_run(trial, a->target);
    loom_trial_assert_as_before(trial, &before);
}

/* What one step cannot bring back does not keep the others from it. */
static void
test_back_as_far_as_it_goes(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) two = loom_test_host(
        "<host name='h'><network name='A' ours='yes' uuid='00000000-0000-0000-0000-00000000000a'/>"
        "<network name='B' ours='yes' uuid='00000000-0000-0000-0000-00000000000b'/>"
        "<network name='C' ours='yes' uuid='00000000-0000-0000-0000-00000000000c'/></host>");
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    /* A and B are made, C and then the removal of A fail */
    loom_memory_set_trip(trial->memory, LOOM_TRIP_FAIL_TWICE, 3);
    loom_trial_assert_fails(trial, two, LOOM_ERROR_FAILED,
                            "Cannot create network 'C': memory: call 3 fails. Going back failed as "
                            "well: Cannot delete network 'A': memory: call 4 fails");
    assert_int_equal(trial->memory->host->networks->len, 1);
    assert_true(loom_trial_has(trial, "snapshot.xml"));
    loom_trial_assert_run(trial, nothing);
    assert_int_equal(trial->memory->host->networks->len, 0);
}

/* The lock: held by a child that says so only by its process id. */
static void
test_locked(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autofree char *lock = loom_trial_path(trial, "lock");
    g_autofree char *wanted = NULL;
    struct stat status;
    int ready[2];
    char byte;
    pid_t child;

    loom_trial_write(trial, "lock", "");
    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(lock, O_RDWR | O_CLOEXEC);

        gboolean is_held = flock(fd, LOCK_EX) == 0 && dprintf(fd, "%d\n", getpid()) > 0 &&
                           write(ready[1], "", 1) == 1;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (is_held)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    wanted = g_strdup_printf("%s is locked by process %d (", lock, child);
    loom_trial_assert_fails(trial, red, LOOM_ERROR_BUSY, wanted);
    assert_non_null(strstr(trial->error->message, "apply-test"));
    assert_int_equal(trial->memory->calls, 0);

    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    loom_trial_assert_run(trial, red);
    /* who may read it may lock it: nobody else, also where an earlier one was more open */
    assert_int_equal(stat(lock, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    close(ready[0]);
    close(ready[1]);
}

/* Another boot has undone what was killed; its snapshot describes nothing that is. */
static void
test_other_boot(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomHost) blue = loom_test_host(BLUE);
    g_autoptr(LoomTrial) trial = loom_trial_new(red);

    loom_trial_assert_run(trial, red);
    loom_trial_write(trial, "snapshot.xml",
                     "<host name='h' boot='00000000-0000-0000-0000-000000000000'>"
                     "<link name='gone' kind='bridge' ours='yes'/></host>");
    loom_trial_write(trial, "verified.xml", NOTHING);
    loom_trial_assert_run(trial, red);
    assert_int_equal(trial->memory->calls, 0);
    loom_trial_assert_reached(trial, red);
    loom_trial_assert_run(trial, blue);
    loom_trial_assert_reached(trial, blue);
}

/* A snapshot of this boot names this boot, and is complete enough to come back from. */
static void
test_snapshot(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autofree char *boot = NULL;
    g_autofree char *snapshot = NULL;

    loom_trial_run_killed(trial, red, LOOM_TRIP_KILL, 1);
    assert_true(g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL));
    snapshot = loom_trial_read(trial, "snapshot.xml");
    assert_non_null(strstr(snapshot, g_strchomp(boot)));
    assert_false(loom_trial_has(trial, "committed.xml"));
    /* so that a network that starts has one */
    assert_true(has_slice(trial, "Red"));
}

/* Killed between the two moves of a commit: the snapshot decides. */
static void
test_killed_in_commit(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomHost) blue = loom_test_host(BLUE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autoptr(LoomApply) apply = loom_apply_new(trial->backends, trial->statedir, trial->rundir);
    g_autofree char *text = loom_host_format(red);

    /* with it nothing was committed */
    loom_trial_run_killed(trial, red, LOOM_TRIP_KILL_AFTER, 1);
    loom_trial_write(trial, "verified.xml", text);
    loom_trial_write(trial, "committed.xml", "<!-- nothing is committed -->\n");
    assert_true(loom_apply_recover(apply, &trial->steps, NULL));
    assert_int_equal(trial->memory->host->networks->len, 0);
    assert_false(loom_trial_has(trial, "verified.xml"));
    assert_false(loom_trial_has(trial, "committed.xml"));

    /* without it the new one is */
    loom_trial_write(trial, "verified.xml", text);
    g_autoptr(LoomHost) committed = loom_apply_load_committed(apply, NULL);
    assert_int_equal(committed->networks->len, 1);
    loom_trial_assert_run(trial, blue);
    loom_trial_assert_reached(trial, blue);
}

static void
test_corrupt(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autofree char *committed = loom_trial_path(trial, "committed.xml");
    g_autofree char *snapshot = loom_trial_path(trial, "snapshot.xml");

    loom_trial_write(trial, "committed.xml", "<host name='h'><netw");
    loom_trial_assert_fails(trial, red, LOOM_ERROR_INVALID, "committed.xml: ");
    assert_non_null(strstr(trial->error->message, "Remove it, and apply again"));
    loom_trial_write(trial, "committed.xml", "<host/>");
    loom_trial_assert_fails(trial, red, LOOM_ERROR_INVALID, "committed.xml:1: <host> lacks");
    assert_int_equal(g_unlink(committed), 0);

    loom_trial_write(trial, "snapshot.xml", "");
    loom_trial_assert_fails(trial, red, LOOM_ERROR_INVALID, "snapshot.xml");
    assert_non_null(strstr(trial->error->message, "remove the file, and apply again"));
    assert_int_equal(trial->memory->calls, 0);
    assert_int_equal(g_unlink(snapshot), 0);
    loom_trial_assert_run(trial, red);
}

/* Where nothing can be saved, nothing is begun. */
static void
test_unwritable(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) red = loom_test_host(RED);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    /* a file in a directory's place refuses even root */
    assert_int_equal(g_mkdir_with_parents(trial->rundir, 0755), 0);
    loom_trial_write(trial, "keep", "");
    g_autofree char *networks = g_build_filename(trial->rundir, "networks", NULL);
    assert_true(g_file_set_contents(networks, "", -1, NULL));
    loom_trial_assert_fails(trial, red, LOOM_ERROR_FAILED, "Cannot make directory");
    assert_non_null(strstr(trial->error->message, "The host is as it was before"));
    assert_int_equal(trial->memory->calls, 0);
    assert_false(loom_trial_has(trial, "snapshot.xml"));
    assert_int_equal(g_unlink(networks), 0);

    g_autofree char *statedir = g_build_filename(trial->statedir, "keep", "state", NULL);
    g_free(trial->statedir);
    trial->statedir = g_steal_pointer(&statedir);
    loom_trial_assert_fails(trial, red, LOOM_ERROR_FAILED, "Cannot make directory");
    assert_int_equal(trial->memory->calls, 0);
}

typedef struct {
    GString *text;
} Log;

static void
log_progress(LoomApplyPhase phase, const LoomStep *step, size_t done, size_t total, gpointer data)
{
    static const char *const words[] = {"observe", "run",    "verify", "probe",
                                        "confirm", "revert", "commit"};
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
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autoptr(LoomApply) apply = loom_apply_new(trial->backends, trial->statedir, trial->rundir);
    g_autoptr(GString) text = g_string_new(NULL);
    Log log = {text};
    size_t steps;

    loom_apply_set_progress(apply, log_progress, &log);
    assert_true(loom_apply_run(apply, red, &steps, trial->report, NULL));
    loom_memory_set_trip(trial->memory, LOOM_TRIP_FAIL, 2);
    assert_false(loom_apply_run(apply, blue, &steps, trial->report, NULL));
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
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_first_fails),
        cmocka_unit_test(test_unchanged),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_guest_leaves),
        cmocka_unit_test(test_verified),
        cmocka_unit_test(test_back_as_far_as_it_goes),
        cmocka_unit_test(test_no_way_back),
        cmocka_unit_test(test_locked),
        cmocka_unit_test(test_other_boot),
        cmocka_unit_test(test_snapshot),
        cmocka_unit_test(test_killed_in_commit),
        cmocka_unit_test(test_corrupt),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_progress),
    };

    return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
