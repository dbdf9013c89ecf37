/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apply/: what a boot brings up, and what it takes back of an apply that the power cut ended. */
#include "test.h"

#include "base/error.h"
#include "hosts.h"
#include "trial.h"

#include <string.h>

#define OTHER "boot='00000000-0000-0000-0000-000000000000'"
#define NIC                                                                                        \
    "<link name='eth0' kind='physical' mac='02:00:00:00:00:01' mtu='1500' up='yes' "               \
    "autoconf='no' linklocal='no'/>"
#define MANAGER "<manager link='eth0' name='NetworkManager'/>"
#define RED                                                                                        \
    "<network name='Red' ours='yes' uuid='00000000-0000-0000-0000-00000000000a' bridge='vs0'/>"
#define BLUE                                                                                       \
    "<network name='Blue' ours='yes' uuid='00000000-0000-0000-0000-00000000000b' bridge='vs0'/>"

static LoomTrial *
new_trial(const char *machine)
{
    g_autoptr(LoomHost) host = loom_test_host(machine);

    return loom_trial_new(host);
}

static void
boot(LoomTrial *trial)
{
    g_autoptr(LoomApply) apply = loom_trial_apply(trial);
    g_autoptr(GError) error = NULL;

    if (!loom_apply_boot(apply, &trial->steps, trial->report, &error))
        fail_msg("boot failed: %s", error->message);
}

static void
assert_machine(LoomTrial *trial, const char *text)
{
    g_autoptr(LoomTrial) wanted = new_trial(text);
    g_autofree char *machine = loom_memory_format(trial->memory);
    g_autofree char *other = loom_memory_format(wanted->memory);

    assert_string_equal(machine, other);
}

/* The first apply of all was at work: what it left in files is as before, and nothing comes up. */
static void
test_first_apply_lost(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomTrial) trial = new_trial("<host name='h'>" NIC RED "</host>");

    loom_trial_write(trial, "snapshot.xml", "<host name='h' " OTHER ">" NIC MANAGER "</host>");
    boot(trial);
    assert_machine(trial, "<host name='h'>" NIC MANAGER "</host>");
    assert_int_equal(trial->steps, 2);
    assert_false(loom_trial_has(trial, "snapshot.xml"));
    boot(trial);
    assert_int_equal(trial->steps, 0);
}

/* With something committed, that says which networks there are; of managers only the snapshot does.
 */
static void
test_later_apply_lost(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomTrial) trial = new_trial("<host name='h'>" NIC MANAGER "</host>");
    g_autoptr(LoomHost) red = loom_test_host("<host name='h'>" RED "</host>");

    loom_trial_assert_run(trial, red);
    loom_trial_write(trial, "snapshot.xml", "<host name='h' " OTHER ">" NIC MANAGER "</host>");
    loom_trial_set_machine(trial, "<host name='h'>" NIC BLUE "</host>");
    boot(trial);
    assert_machine(trial, "<host name='h'>" NIC MANAGER RED "</host>");
    assert_false(loom_trial_has(trial, "snapshot.xml"));
}

/* An apply without a boot before it finds the same. */
static void
test_apply_finds_it(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomTrial) trial = new_trial("<host name='h'>" NIC RED "</host>");
    g_autoptr(LoomHost) blue = loom_test_host("<host name='h'>" BLUE "</host>");

    loom_trial_write(trial, "snapshot.xml", "<host name='h' " OTHER ">" NIC MANAGER "</host>");
    loom_trial_assert_run(trial, blue);
    assert_machine(trial, "<host name='h'>" NIC MANAGER BLUE "</host>");
    loom_trial_assert_reached(trial, blue);
}

/* A NIC that died keeps nothing else down, and is named. */
static void
test_without_a_nic(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomTrial) trial = new_trial("<host name='h'>" NIC "</host>");
    g_autoptr(LoomHost) wanted =
        loom_test_host("<host name='h'><link name='eth0' kind='physical' up='yes' master='vs0'/>"
                       "<link name='vs0' kind='bridge' ours='yes' up='yes'/></host>");
    g_autoptr(LoomApply) apply = loom_trial_apply(trial);
    g_autoptr(GError) error = NULL;

    loom_trial_assert_run(trial, wanted);
    loom_trial_set_machine(trial, "<host name='h'/>");
    assert_false(loom_apply_boot(apply, &trial->steps, trial->report, &error));
    assert_non_null(strstr(error->message, "'eth0'"));
    assert_int_equal(trial->memory->host->links->len, 1);
    assert_true(loom_report_length(trial->report) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_apply_lost),
        cmocka_unit_test(test_later_apply_lost),
        cmocka_unit_test(test_apply_finds_it),
        cmocka_unit_test(test_without_a_nic),
    };

    return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
