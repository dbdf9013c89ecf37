/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applies on trial: a machine in memory with state directories of its own. */
#include "trial.h"

#include "base/error.h"
#include "hosts.h"
#include "machine.h"
#include "test.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Each apply syncs its files; what a disk takes for that is not what is tested here. The names come
 * again and again: GLib keeps each file name that a record was read from.
 */
static char *
make_directory(void)
{
    const char *scratch = g_access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir();

    for (guint i = 0;; i++) {
        char *path = g_strdup_printf("%s/virt-loom-apply-%d-%u", scratch, getpid(), i);

        if (g_mkdir(path, 0700) == 0)
            return path;
        assert_int_equal(errno, EEXIST);
        g_free(path);
    }
}

static gboolean
finish(LoomBackend *backend, const LoomHost *target, GError **error)
{
    LoomTrial *trial = (LoomTrial *)backend;

    assert_non_null(target->name);
    if (trial->after == LOOM_AFTER_KILL_FINISH)
        loom_memory_die(trial->memory);
    trial->unseen = trial->tentative;
    trial->finished++;
    if (trial->after != LOOM_AFTER_FAIL_FINISH || trial->finished > 1)
        return TRUE;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, "nobody listens");
    return FALSE;
}

/* The last of the backends: takes out again what is still tentative. */
static gboolean
observe(LoomBackend *backend, const LoomHost *target G_GNUC_UNUSED, LoomHost *into, GError **error)
{
    LoomTrial *trial = (LoomTrial *)backend;

    if (trial->blind_at && ++trial->observed >= trial->blind_at) {
        g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, "it is dark");
        return FALSE;
    }
    if (trial->unseen) {
        g_ptr_array_set_size(into->addresses, 0);
        trial->unseen--;
    }
    return TRUE;
}

static void
reduce(LoomBackend *backend, LoomHost *target, LoomReport *report)
{
    for (guint i = 0; ((LoomTrial *)backend)->is_reducing && i < target->links->len; i++) {
        LoomLink *link = target->links->pdata[i];

        LOOM_SET(link, mtu, NULL);
        loom_report_add(report, LOOM_SEVERITY_WARNING, NULL, "no MTU of %s", link->name);
    }
}

LoomTrial *
loom_trial_new(const LoomHost *machine)
{
    static const LoomKind *const kinds[] = {NULL};
    LoomTrial *trial = g_new0(LoomTrial, 1);

    trial->backend = (LoomBackend){
        .name = "trial", .kinds = kinds, .reduce = reduce, .observe = observe, .finish = finish};
    trial->directory = make_directory();
    trial->statedir = g_build_filename(trial->directory, "state", NULL);
    trial->rundir = g_build_filename(trial->directory, "run", NULL);
    trial->grave = g_build_filename(trial->directory, "grave", NULL);
    trial->memory = loom_memory_new(machine);
    trial->memory->grave = trial->grave;
    trial->backends = g_ptr_array_new();
    g_ptr_array_add(trial->backends, trial->memory);
    g_ptr_array_add(trial->backends, trial);
    trial->report = loom_report_new();
    return trial;
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

void
loom_trial_free(LoomTrial *trial)
{
    remove_tree(trial->directory);
    g_free(trial->directory);
    g_free(trial->statedir);
    g_free(trial->rundir);
    g_free(trial->grave);
    loom_memory_free(trial->memory);
    g_ptr_array_unref(trial->backends);
    loom_report_free(trial->report);
    g_clear_error(&trial->error);
    g_free(trial);
}

static void
copy_tree(const char *from, const char *to)
{
    g_autoptr(GPtrArray) names = loom_test_list_directory(from);

    assert_int_equal(g_mkdir_with_parents(to, 0755), 0);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *source = g_build_filename(from, names->pdata[i], NULL);
        g_autofree char *copy = g_build_filename(to, names->pdata[i], NULL);
        g_autofree char *target = g_file_read_link(source, NULL);
        g_autofree char *text = NULL;

        if (target)
            assert_int_equal(symlink(target, copy), 0);
        else if (g_file_test(source, G_FILE_TEST_IS_DIR))
            copy_tree(source, copy);
        else
            assert_true(g_file_get_contents(source, &text, NULL, NULL) &&
                        g_file_set_contents(copy, text, -1, NULL));
    }
}

LoomTrial *
loom_trial_copy(const LoomTrial *trial)
{
    LoomTrial *copy = loom_trial_new(trial->memory->host);

    copy_tree(trial->directory, copy->directory);
    return copy;
}

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

char *
loom_trial_path(const LoomTrial *trial, const char *name)
{
    return g_build_filename(trial->statedir, name, NULL);
}

gboolean
loom_trial_has(const LoomTrial *trial, const char *name)
{
    g_autofree char *path = loom_trial_path(trial, name);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

char *
loom_trial_read(const LoomTrial *trial, const char *name)
{
    g_autofree char *path = loom_trial_path(trial, name);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text;
}

void
loom_trial_write(const LoomTrial *trial, const char *name, const char *text)
{
    g_autofree char *path = loom_trial_path(trial, name);

    assert_int_equal(g_mkdir_with_parents(trial->statedir, 0755), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
}

static gint64
tell_time(gpointer data)
{
    return ((LoomTrial *)data)->now;
}

static void
pass_time(guint milliseconds, gpointer data)
{
    LoomTrial *trial = data;
    g_autoptr(LoomApply) other = loom_apply_new(trial->backends, trial->statedir, trial->rundir);

    if (trial->after == LOOM_AFTER_KILL_SLEEP)
        loom_memory_die(trial->memory);
    trial->now += milliseconds;
    if (trial->request && trial->now >= trial->asked) {
        assert_true(loom_apply_request(other, trial->request, NULL));
        trial->request = LOOM_REQUEST_NONE;
    }
}

static gboolean
probe(const LoomHostProbe *probe, const LoomHost *observed, guint milliseconds, gpointer data,
      GError **error)
{
    LoomTrial *trial = data;

    assert_true(milliseconds > 0 && observed->name);
    if (trial->after == LOOM_AFTER_KILL_PROBE)
        loom_memory_die(trial->memory);
    trial->now += milliseconds;
    trial->probed++;
    if (!trial->unanswered)
        return TRUE;
    trial->unanswered--;
    g_set_error(error, LOOM_ERROR, LOOM_ERROR_FAILED, "%s is silent", probe->target);
    return FALSE;
}

LoomApply *
loom_trial_apply(LoomTrial *trial)
{
    LoomApply *apply = loom_apply_new(trial->backends, trial->statedir, trial->rundir);

    loom_apply_set_clock(apply, (LoomClock){tell_time, pass_time, trial});
    loom_apply_set_prober(apply, (LoomProber){probe, trial});
    loom_apply_set_confirm(apply, trial->confirm);
    return apply;
}

gboolean
loom_trial_run(LoomTrial *trial, const LoomHost *desired)
{
    g_autoptr(LoomApply) apply = loom_trial_apply(trial);

    trial->probed = trial->finished = trial->observed = 0;
    g_clear_error(&trial->error);
    loom_report_free(trial->report);
    trial->report = loom_report_new();
    trial->steps = 999;
    return desired ? loom_apply_run(apply, desired, &trial->steps, trial->report, &trial->error)
                   : loom_apply_revert(apply, &trial->steps, trial->report, &trial->error);
}

void
loom_trial_assert_run(LoomTrial *trial, const LoomHost *desired)
{
    loom_memory_set_trip(trial->memory, LOOM_TRIP_NEVER, 0);
    trial->after = LOOM_AFTER_NOTHING;
    if (!loom_trial_run(trial, desired))
        fail_msg("apply failed: %s", trial->error->message);
}

void
loom_trial_assert_fails(LoomTrial *trial, const LoomHost *desired, int code, const char *message)
{
    assert_false(loom_trial_run(trial, desired));
    if (trial->error->code != code || !strstr(trial->error->message, message))
        fail_msg("expected %d, '...%s...', not %d, '%s'", code, message, trial->error->code,
                 trial->error->message);
}

void
loom_trial_set_machine(LoomTrial *trial, const char *text)
{
    loom_host_free(trial->memory->host);
    trial->memory->host = loom_test_host(text);
}

void
loom_trial_run_killed(LoomTrial *trial, const LoomHost *desired, LoomTrip trip, guint at)
{
    g_autofree char *text = NULL;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        loom_memory_set_trip(trial->memory, trip, at);
        loom_trial_run(trial, desired);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), LOOM_MEMORY_KILLED);
    assert_true(g_file_get_contents(trial->grave, &text, NULL, NULL));
    loom_trial_set_machine(trial, text);
    assert_true(loom_trial_has(trial, "snapshot.xml"));
}

void
loom_trial_assert_reached(const LoomTrial *trial, const LoomHost *target)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomPlan) rest =
        loom_plan_compare(trial->memory->host, target, loom_memory_kinds, report);

    assert_int_equal(rest->steps->len, 0);
    assert_null(loom_machine_find_dead(trial->memory->host));
    assert_false(loom_trial_has(trial, "snapshot.xml"));
    assert_false(loom_trial_has(trial, "verified.xml"));
}

LoomBefore
loom_trial_remember(const LoomTrial *trial)
{
    return (LoomBefore){loom_memory_format(trial->memory), loom_trial_read(trial, "committed.xml"),
                        tree_text(trial->rundir)};
}

void
loom_before_clear(LoomBefore *before)
{
    g_free(before->machine);
    g_free(before->committed);
    g_free(before->slices);
}

void
loom_trial_assert_as_before(const LoomTrial *trial, const LoomBefore *before)
{
    g_auto(LoomBefore) now = loom_trial_remember(trial);

    assert_string_equal(now.machine, before->machine);
    assert_string_equal(now.committed, before->committed);
    assert_string_equal(now.slices, before->slices);
    assert_false(loom_trial_has(trial, "snapshot.xml"));
    assert_false(loom_trial_has(trial, "verified.xml"));
}
