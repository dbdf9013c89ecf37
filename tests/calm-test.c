/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* agent/calm: bursts of events and storms of changes, by a clock of the test's own. */
#include "test.h"

#include "agent/calm.h"

static void
test_burst_waits_for_quiet(void **state G_GNUC_UNUSED)
{
    LoomBurst burst = {0};

    assert_int_equal(loom_burst_add(&burst, 5000), 5000 + LOOM_QUIET_MILLISECONDS);
    assert_int_equal(loom_burst_add(&burst, 5060), 5060 + LOOM_QUIET_MILLISECONDS);
    loom_burst_end(&burst);
    assert_int_equal(loom_burst_add(&burst, 9000), 9000 + LOOM_QUIET_MILLISECONDS);
}

static void
test_burst_does_not_wait_for_ever(void **state G_GNUC_UNUSED)
{
    LoomBurst burst = {0};
    gint64 due = 0;

    for (gint64 now = 0; now < 10000; now += LOOM_QUIET_MILLISECONDS / 2)
        due = loom_burst_add(&burst, now);
    assert_int_equal(due, LOOM_LATE_MILLISECONDS);
}

/* How often OBJECT may be repaired at NOW. */
static guint
count(LoomDamper *damper, const char *object, gint64 now)
{
    gint64 wait;
    guint passed = 0;

    while (loom_damper_ask(damper, object, now, &wait) == LOOM_DAMPER_PASS)
        passed++;
    return passed;
}

static void
test_storm_is_damped(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomDamper) damper = loom_damper_new();

    assert_int_equal(count(damper, "a", 1000), LOOM_DAMPER_BURST);
    assert_int_equal(count(damper, "a", 1000 + LOOM_DAMPER_INTERVAL - 1), 0);
    assert_int_equal(count(damper, "a", 1000 + LOOM_DAMPER_INTERVAL), 1);
    assert_int_equal(count(damper, "a", 1000 + 3 * LOOM_DAMPER_INTERVAL), 2);
    assert_int_equal(count(damper, "a", 1000 + 100 * LOOM_DAMPER_INTERVAL), LOOM_DAMPER_BURST);
}

static void
test_each_object_has_its_own(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomDamper) damper = loom_damper_new();

    assert_int_equal(count(damper, "a", 0), LOOM_DAMPER_BURST);
    assert_int_equal(count(damper, "b", 0), LOOM_DAMPER_BURST);
}

static void
test_storm_is_told_once(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomDamper) damper = loom_damper_new();
    gint64 wait = -1;

    for (int i = 0; i < LOOM_DAMPER_BURST; i++)
        assert_int_equal(loom_damper_ask(damper, "a", 0, &wait), LOOM_DAMPER_PASS);
    assert_int_equal(wait, -1);
    assert_int_equal(loom_damper_ask(damper, "a", 1000, &wait), LOOM_DAMPER_BEGIN);
    assert_int_equal(wait, LOOM_DAMPER_INTERVAL - 1000);
    assert_int_equal(loom_damper_ask(damper, "a", 2000, &wait), LOOM_DAMPER_WAIT);
    assert_int_equal(wait, LOOM_DAMPER_INTERVAL - 2000);
    assert_int_equal(loom_damper_ask(damper, "a", LOOM_DAMPER_INTERVAL, &wait), LOOM_DAMPER_PASS);
    assert_int_equal(loom_damper_ask(damper, "a", LOOM_DAMPER_INTERVAL, &wait), LOOM_DAMPER_WAIT);
    /* after a time of peace it is news again */
    assert_int_equal(count(damper, "a", 50 * LOOM_DAMPER_INTERVAL), LOOM_DAMPER_BURST);
}

static void
test_new_storm_is_told(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomDamper) damper = loom_damper_new();
    gint64 wait, later = 50 * LOOM_DAMPER_INTERVAL;

    assert_int_equal(count(damper, "a", 0), LOOM_DAMPER_BURST);
    for (int i = 0; i < LOOM_DAMPER_BURST; i++)
        loom_damper_ask(damper, "a", later, &wait);
    assert_int_equal(loom_damper_ask(damper, "a", later, &wait), LOOM_DAMPER_BEGIN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_waits_for_quiet),
        cmocka_unit_test(test_burst_does_not_wait_for_ever),
        cmocka_unit_test(test_storm_is_damped),
        cmocka_unit_test(test_each_object_has_its_own),
        cmocka_unit_test(test_storm_is_told_once),
        cmocka_unit_test(test_new_storm_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
