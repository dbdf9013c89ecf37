/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply/: all of it or nothing, whichever step fails and wherever it is killed. */
#include "test.h"

#include "base/error.h"
#include "hosts.h"
#include "trial.h"

/* Read by the address sanitizer: each fork copies the page tables of what it keeps from reuse. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
    return "quarantine_size_mb=4";
}

/* For every call K from A to B: failing there, being killed there and asked for A, or for B. */
static void
try_every_step(LoomTrial *trial, const LoomTestHost *a, const LoomTestHost *b, guint count,
               const LoomBefore *before)
{
    for (guint k = 1; k <= count; k++) {
        g_autoptr(LoomTrial) again = NULL;

        loom_memory_set_trip(trial->memory, k % 2 ? LOOM_TRIP_FAIL : LOOM_TRIP_FAIL_AFTER, k);
        loom_trial_assert_fails(trial, b->target, LOOM_ERROR_FAILED,
                                "The host is as it was before");
        loom_trial_assert_as_before(trial, before);

        loom_trial_run_killed(trial, b->target, k % 2 ? LOOM_TRIP_KILL_AFTER : LOOM_TRIP_KILL, k);
        again = loom_trial_copy(trial);
        loom_trial_assert_run(again, b->target);
        loom_trial_assert_reached(again, b->target);

        loom_trial_assert_run(trial, a->target);
        loom_trial_assert_as_before(trial, before);
    }
}

/* Returns how many steps lead from A to B; 0 where something foreign is in the way. */
static guint
try_pair(const LoomTestHost *a, const LoomTestHost *b)
{
    g_autoptr(LoomTrial) trial = loom_trial_new(a->machine);
    g_autoptr(LoomMemory) dry = loom_memory_new(a->machine);
    g_autofree char *fault = loom_test_reach(dry, b->target);
    g_auto(LoomBefore) before = {NULL, NULL, NULL};

    if (!loom_trial_run(trial, a->target)) /* not even A itself was possible here */
        return 0;
    assert_int_equal(trial->steps, 0);
    before = loom_trial_remember(trial);
    if (fault) {
        loom_memory_set_trip(trial->memory, LOOM_TRIP_NEVER, 0);
        loom_trial_assert_fails(trial, b->target, LOOM_ERROR_CONFLICT, "nothing was changed");
        assert_int_equal(trial->memory->calls, 0);
        loom_trial_assert_as_before(trial, &before);
        return 0;
    }
    try_every_step(trial, a, b, dry->calls, &before);
    return dry->calls;
}

/* LOOM_TEST_PAIRS=all tries every pair, which takes minutes; else each host meets one, or two. */
static void
test_every_step(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();
    guint pairs = 0, steps = 0;

    for (guint i = 0; i < hosts->len; i++)
        for (guint k = 0; k < hosts->len; k++) {
            guint distance = (k + hosts->len - i) % hosts->len;

            if (distance != 1 && (distance != 17 || i % 4) && !g_getenv("LOOM_TEST_PAIRS"))
                continue;
            steps += try_pair(hosts->pdata[i], hosts->pdata[k]);
            pairs++;
        }
    print_message("# %u pairs of %u hosts, failed and killed at each of %u steps\n", pairs,
                  hosts->len, steps);
    assert_true(steps > 500);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_step),
    };

    return cmocka_run_group_tests_name("atomic", tests, NULL, NULL);
}
