/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply/: what a change must stand after its last step, and the ways back from it. */
#include "test.h"

#include "base/error.h"
#include "host/slice.h"
#include "hosts.h"
#include "trial.h"

#include <glib/gstdio.h>
#include <string.h>

#define BRIDGE                                                                                     \
    "<link name='vs0' kind='bridge' ours='yes' up='yes' mtu='1500'/>"                              \
    "<address link='vs0' address='10.0.0.1' prefix='24' origin='static'/>"
#define SIMPLE "<host name='h'>" BRIDGE "</host>"
#define PROBED                                                                                     \
    "<host name='h'>" BRIDGE "<probe target='10.0.0.9' link='vs0' settle='5'/>"                    \
    "<probe target='10.0.0.8' link='vs0' tcp='22' settle='5'/></host>"
#define NOTHING "<host name='h'/>"

static void
test_finish_fails(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) simple = loom_test_host(SIMPLE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    trial->after = LOOM_AFTER_FAIL_FINISH;
    loom_trial_assert_fails(trial, simple, LOOM_ERROR_FAILED,
                            "nobody listens. The host is as it was before");
    assert_int_equal(trial->finished, 2); /* where the addresses are again is told as well */
    assert_int_equal(trial->memory->host->links->len, 0);
    loom_trial_assert_run(trial, simple);
    assert_int_equal(trial->finished, 1);
    loom_trial_assert_reached(trial, simple);
}

/* Addresses are tentative for a while; what never comes is an error in the end. */
static void
test_settles(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) simple = loom_test_host(SIMPLE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    trial->tentative = 4;
    loom_trial_assert_run(trial, simple);
    loom_trial_assert_reached(trial, simple);
    assert_true(trial->now > 0 && trial->now < 10000);
    assert_int_equal(trial->unseen, 0);

    loom_trial_assert_run(trial, nothing);
    trial->tentative = 1000;
    loom_trial_assert_fails(trial, simple, LOOM_ERROR_FAILED,
                            "first of 1 left: create address '10.0.0.1/24' on 'vs0'");
    assert_int_equal(trial->memory->host->links->len, 0);
}

static void
test_probes(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) probed = loom_test_host(PROBED);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    trial->unanswered = 1000;
    loom_trial_assert_fails(
        trial, probed, LOOM_ERROR_FAILED,
        "10.0.0.9 is silent. It was asked for 5 s. The host is as it was before");
    assert_true(trial->probed > 1);
    assert_int_equal(trial->memory->host->links->len, 0);

    trial->unanswered = 2;
    loom_trial_assert_run(trial, probed);
    assert_int_equal(trial->probed, 4);
    loom_trial_assert_reached(trial, probed);
    /* nothing was changed: nothing is asked */
    loom_trial_assert_run(trial, probed);
    assert_int_equal(trial->probed, 0);
}

static void
test_confirm(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) simple = loom_test_host(SIMPLE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autoptr(LoomApply) apply = loom_trial_apply(trial);

    trial->confirm = 30;
    /* one that was meant for another apply */
    assert_true(loom_apply_request(apply, LOOM_REQUEST_CONFIRM, NULL));
    loom_trial_assert_fails(
        trial, simple, LOOM_ERROR_FAILED,
        "The change was not confirmed within 30 s. The host is as it was before");
    assert_true(trial->now >= 30000);
    assert_int_equal(trial->memory->host->links->len, 0);
    assert_false(loom_trial_has(trial, "committed.xml"));

    trial->request = LOOM_REQUEST_REVERT;
    trial->asked = trial->now + 7000;
    loom_trial_assert_fails(trial, simple, LOOM_ERROR_FAILED,
                            "A revert was asked for. The host is as it was before");
    assert_int_equal(trial->memory->host->links->len, 0);

    trial->request = LOOM_REQUEST_CONFIRM;
    trial->asked = trial->now + 7000;
    loom_trial_assert_run(trial, simple);
    loom_trial_assert_reached(trial, simple);
}

static void
ask_back(LoomApplyPhase phase, const LoomStep *step G_GNUC_UNUSED, size_t done G_GNUC_UNUSED,
         size_t total G_GNUC_UNUSED, gpointer apply)
{
    if (phase == LOOM_APPLY_RUNNING)
        assert_true(loom_apply_request(apply, LOOM_REQUEST_REVERT, NULL));
}

/* A revert that is asked for while steps run is not put off. */
static void
test_asked_back(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) simple = loom_test_host(SIMPLE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autoptr(LoomApply) apply = loom_trial_apply(trial);
    g_autoptr(GError) error = NULL;
    size_t steps;

    loom_apply_set_progress(apply, ask_back, apply);
    assert_false(loom_apply_run(apply, simple, &steps, trial->report, &error));
    assert_non_null(strstr(error->message, "A revert was asked for. The host is as it was"));
    assert_int_equal(trial->memory->calls, 2); /* one there, one back */
    assert_int_equal(trial->memory->host->links->len, 0);
}

/* What cannot be set here is no difference, and committed all the same. */
static void
test_reduce(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) simple = loom_test_host(SIMPLE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autofree char *committed = NULL;

    LOOM_SET((LoomLink *)simple->links->pdata[0], mtu, "9000");
    trial->is_reducing = TRUE;
    loom_trial_assert_run(trial, simple);
    assert_int_equal(loom_report_length(trial->report), 1);
    assert_string_equal(loom_report_get(trial->report, 0)->message, "no MTU of vs0");
    assert_int_equal(((LoomLink *)trial->memory->host->links->pdata[0])->mtu, 1500);
    committed = loom_trial_read(trial, "committed.xml");
    assert_non_null(strstr(committed, "mtu='9000'"));
    loom_trial_assert_run(trial, simple);
    assert_int_equal(trial->memory->calls, 0);
}

/* Who cannot be read any more keeps nobody else from going back. */
static void
test_blind(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) simple = loom_test_host(SIMPLE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    trial->blind_at = 2;
    loom_trial_assert_fails(trial, simple, LOOM_ERROR_FAILED,
                            "it is dark. Going back failed as well: it is dark. The host is");
    assert_int_equal(trial->memory->host->links->len, 0);
    assert_true(loom_trial_has(trial, "snapshot.xml"));
    trial->blind_at = 0;
    loom_trial_assert_run(trial, simple);
    loom_trial_assert_reached(trial, simple);
}

/* A snapshot of networks says nothing of links: going back over all leaves them alone. */
static void
test_part(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) simple = loom_test_host(SIMPLE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autofree char *boot = NULL;
    g_autofree char *snapshot = NULL;

    loom_trial_assert_run(trial, simple);
    assert_true(g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL));
    snapshot = g_strdup_printf("<host name='h' boot='%s' kinds='network'/>", g_strchomp(boot));
    loom_trial_write(trial, "snapshot.xml", snapshot);
    loom_trial_assert_run(trial, NULL);
    assert_int_equal(trial->steps, 0);
    loom_trial_assert_reached(trial, simple);
}

static void
test_nothing_to_revert(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    loom_trial_assert_fails(trial, NULL, LOOM_ERROR_NOT_FOUND, "There is nothing to go back to");
}

/* Some pairs of hosts of which the second can be applied to the first. */
static void
for_pairs(void (*try_it)(const LoomTestHost *a, const LoomTestHost *b, LoomTrial *trial))
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();
    guint tried = 0;

    for (guint i = 0; i < hosts->len; i++) {
        const LoomTestHost *a = hosts->pdata[i], *b = hosts->pdata[(i + 3) % hosts->len];
        g_autoptr(LoomTrial) trial = loom_trial_new(a->machine);
        g_autoptr(LoomMemory) dry = loom_memory_new(a->machine);
        g_autofree char *fault = loom_test_reach(dry, b->target);

        if (fault || !dry->calls || !loom_trial_run(trial, a->target))
            continue;
        try_it(a, b, trial);
        tried++;
    }
    assert_true(tried > 20);
}

static void
revert_and_again(const LoomTestHost *a G_GNUC_UNUSED, const LoomTestHost *b, LoomTrial *trial)
{
    g_auto(LoomBefore) before = loom_trial_remember(trial);
    g_auto(LoomBefore) after = {NULL, NULL, NULL};

    loom_trial_assert_run(trial, b->target);
    after = loom_trial_remember(trial);
    loom_trial_assert_run(trial, NULL);
    loom_trial_assert_as_before(trial, &before);
    loom_trial_assert_run(trial, NULL);
    loom_trial_assert_as_before(trial, &after);
}

static void
test_revert(void **state G_GNUC_UNUSED)
{
    for_pairs(revert_and_again);
}

/* A first apply, reverted, leaves nothing committed. */
static void
test_revert_first(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) simple = loom_test_host(SIMPLE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autoptr(LoomApply) apply = loom_trial_apply(trial);
    g_autoptr(LoomHost) committed = NULL;
    g_autoptr(GError) error = NULL;

    loom_trial_assert_run(trial, simple);
    loom_trial_assert_run(trial, NULL);
    assert_int_equal(trial->steps, 1);
    assert_int_equal(trial->memory->host->links->len, 0);
    committed = loom_apply_load_committed(apply, &error);
    assert_no_error(error);
    assert_null(committed);
    assert_false(loom_trial_has(trial, "committed.xml"));
    loom_trial_assert_run(trial, NULL);
    loom_trial_assert_reached(trial, simple);
    assert_true(loom_trial_has(trial, "committed.xml"));
}

/* Killed between the moves of a commit that was decided, it is found as if all had been made. */
static void
test_killed_in_names(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) simple = loom_test_host(SIMPLE);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autoptr(LoomApply) apply = loom_trial_apply(trial);
    g_autofree char *other = g_strdup("<host name='h' hostgroup='other'/>");
    g_autofree char *committed = NULL;

    loom_trial_assert_run(trial, nothing);
    loom_trial_assert_run(trial, simple);
    for (int moved = 0; moved < 2; moved++) {
        g_autofree char *first = loom_trial_path(trial, "committed.xml");
        g_autofree char *second = loom_trial_path(trial, moved ? "former.xml" : "verified.xml");
        g_autoptr(LoomHost) found = NULL;

        /* as it was: committed.xml is the new host, former.xml the other one */
        loom_trial_write(trial, "former.xml", other);
        assert_int_equal(g_rename(first, second), 0);
        loom_trial_write(trial, moved ? "verified.xml" : "committed.xml", moved ? SIMPLE : other);
        found = loom_apply_load_committed(apply, NULL);
        assert_int_equal(found->links->len, 1);
        if (moved)
            loom_trial_write(trial, "former.xml", other);
        loom_trial_assert_run(trial, NULL);
        assert_int_equal(trial->memory->host->links->len, 0);
        committed = loom_trial_read(trial, "committed.xml");
        assert_non_null(strstr(committed, "hostgroup='other'"));
        g_clear_pointer(&committed, g_free);
        loom_trial_assert_run(trial, simple);
    }
}

/* A revert is a transaction of its own: all of it, or the host stays as it is. */
static void
revert_at_every_step(const LoomTestHost *a G_GNUC_UNUSED, const LoomTestHost *b, LoomTrial *trial)
{
    g_auto(LoomBefore) before = loom_trial_remember(trial);
    g_auto(LoomBefore) after = {NULL, NULL, NULL};
    guint steps;

    loom_trial_assert_run(trial, b->target);
    after = loom_trial_remember(trial);
    loom_trial_assert_run(trial, NULL);
    steps = trial->steps;
    loom_trial_assert_run(trial, NULL);
    for (guint k = 1; k <= steps; k++) {
        g_autoptr(LoomTrial) again = NULL;

        loom_memory_set_trip(trial->memory, LOOM_TRIP_FAIL, k);
        loom_trial_assert_fails(trial, NULL, LOOM_ERROR_FAILED, "The host is as it was before");
        loom_trial_assert_as_before(trial, &after);
        loom_trial_run_killed(trial, NULL, LOOM_TRIP_KILL, k);
        /* what a revert finds first is the revert that was killed */
        loom_trial_assert_run(trial, NULL);
        loom_trial_assert_as_before(trial, &after);
    }
    loom_trial_assert_run(trial, NULL);
    loom_trial_assert_as_before(trial, &before);
}

static void
test_revert_every_step(void **state G_GNUC_UNUSED)
{
    for_pairs(revert_at_every_step);
}

/* Killed after the last step: nothing is committed. */
static void
kill_after(const LoomTestHost *a, const LoomTestHost *b, LoomTrial *trial)
{
    static const LoomAfter moments[] = {LOOM_AFTER_KILL_FINISH, LOOM_AFTER_KILL_PROBE,
                                        LOOM_AFTER_KILL_SLEEP};
    g_auto(LoomBefore) before = loom_trial_remember(trial);
    g_autoptr(LoomHost) target = loom_record_copy(b->target);
    LoomHostProbe *added = loom_record_new(&loom_host_probe_kind);

    LOOM_SET(added, target, "192.0.2.1");
    loom_record_add(target, added);
    trial->confirm = 10;
    for (size_t i = 0; i < G_N_ELEMENTS(moments); i++) {
        trial->after = moments[i];
        loom_trial_run_killed(trial, target, LOOM_TRIP_NEVER, 0);
        trial->after = LOOM_AFTER_NOTHING;
        loom_trial_assert_run(trial, i % 2 ? NULL : a->target);
        loom_trial_assert_as_before(trial, &before);
    }
}

static void
test_killed_after(void **state G_GNUC_UNUSED)
{
    for_pairs(kill_after);
}

static void
assert_boots(LoomTrial *trial)
{
    g_autoptr(LoomApply) apply = loom_trial_apply(trial);
    g_autoptr(GError) error = NULL;

    loom_memory_set_trip(trial->memory, LOOM_TRIP_NEVER, 0);
    if (!loom_apply_boot(apply, &trial->steps, trial->report, &error))
        fail_msg("boot failed: %s", error->message);
}

/* A boot brings up what was committed, and nothing of what was not. */
static void
boot(const LoomTestHost *a, const LoomTestHost *b, LoomTrial *trial)
{
    g_auto(LoomBefore) before = {NULL, NULL, NULL};
    g_autofree char *machine = loom_memory_format(trial->memory);

    loom_trial_assert_run(trial, b->target);
    loom_trial_write(trial, "snapshot.xml",
                     "<host name='h' boot='00000000-0000-0000-0000-000000000000'/>");
    loom_trial_write(trial, "verified.xml", NOTHING);
    loom_trial_set_machine(trial, machine);
    assert_boots(trial);
    loom_trial_assert_reached(trial, b->target);
    before = loom_trial_remember(trial);
    assert_boots(trial);
    assert_int_equal(trial->steps, 0);

    loom_trial_run_killed(trial, a->target, LOOM_TRIP_KILL_AFTER, 1);
    assert_boots(trial);
    loom_trial_assert_as_before(trial, &before);
}

static void
test_boot(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);

    assert_boots(trial);
    assert_int_equal(trial->steps, 0);
    for_pairs(boot);
}

/* One step that fails keeps no other from bringing the host up. */
static void
test_boot_goes_on(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) nothing = loom_test_host(NOTHING);
    g_autoptr(LoomHost) two =
        loom_test_host("<host name='h'><link name='vs0' kind='bridge' ours='yes' up='yes'/>"
                       "<link name='vs1' kind='bridge' ours='yes' up='yes'/></host>");
    g_autoptr(LoomTrial) trial = loom_trial_new(nothing);
    g_autoptr(LoomApply) apply = loom_trial_apply(trial);
    g_autoptr(GError) error = NULL;

    loom_trial_assert_run(trial, two);
    loom_trial_set_machine(trial, NOTHING);
    loom_memory_set_trip(trial->memory, LOOM_TRIP_FAIL, 1);
    assert_false(loom_apply_boot(apply, &trial->steps, trial->report, &error));
    assert_non_null(strstr(error->message, "Cannot create link 'vs0': memory: call 1 fails"));
    assert_int_equal(trial->memory->host->links->len, 1);
    assert_boots(trial);
    loom_trial_assert_reached(trial, two);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finish_fails),
        cmocka_unit_test(test_settles),
        cmocka_unit_test(test_probes),
        cmocka_unit_test(test_confirm),
        cmocka_unit_test(test_asked_back),
        cmocka_unit_test(test_reduce),
        cmocka_unit_test(test_blind),
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_nothing_to_revert),
        cmocka_unit_test(test_revert),
        cmocka_unit_test(test_revert_first),
        cmocka_unit_test(test_killed_in_names),
        cmocka_unit_test(test_revert_every_step),
        cmocka_unit_test(test_killed_after),
        cmocka_unit_test(test_boot),
        cmocka_unit_test(test_boot_goes_on),
    };

    return cmocka_run_group_tests_name("prove", tests, NULL, NULL);
}
