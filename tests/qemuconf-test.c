/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt/: lines of qemu.conf, set and taken out; all others stay as they are. */
#include "test.h"

#include "base/error.h"
#include "virt/qemuconf.h"

#include <glib/gstdio.h>
#include <string.h>

#define MARK "# virt-loom: the next line is the fabric's\n"

static const char original[] = "# Master configuration file\n"
                               "#migration_address = \"0.0.0.0\"\n"
                               "user = \"root\"\n"
                               "\n"
                               "cgroup_controllers = [ ]\n"
                               "vnc_listen = \"0.0.0.0\"\n";

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomQemuSetting, loom_record_free)

typedef struct {
    char *root, *path;
    LoomBackend *backend;
} Fixture;

static void
write_conf(const Fixture *fixture, const char *text)
{
    assert_true(g_file_set_contents(fixture->path, text, -1, NULL));
}

static void
assert_conf(const Fixture *fixture, const char *wanted)
{
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(fixture->path, &text, NULL, NULL));
    assert_string_equal(text, wanted);
}

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);
    g_autofree char *parent = NULL;

    fixture->root = g_dir_make_tmp("qemuconf-test-XXXXXX", NULL);
    parent = g_build_filename(fixture->root, "etc", "libvirt", NULL);
    fixture->path = g_build_filename(parent, "qemu.conf", NULL);
    assert_int_equal(g_mkdir_with_parents(parent, 0755), 0);
    write_conf(fixture, original);
    fixture->backend = loom_qemuconf_new_at(fixture->root);
    *state = fixture;
    return 0;
}

static void
remove_below(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->root, name, NULL);

    g_remove(path);
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    loom_backend_free(fixture->backend);
    remove_below(fixture, "etc/libvirt/qemu.conf");
    remove_below(fixture, "etc/libvirt/qemu.conf.augsave");
    remove_below(fixture, "etc/libvirt");
    remove_below(fixture, "etc");
    g_rmdir(fixture->root);
    g_free(fixture->path);
    g_free(fixture->root);
    g_free(fixture);
    return 0;
}

static LoomQemuSetting *
setting_new(const char *name, const char *value)
{
    LoomQemuSetting *setting = loom_record_new(&loom_qemu_setting_kind);

    LOOM_SET(setting, name, name);
    LOOM_SET(setting, value, value);
    LOOM_SET_NUMBER(setting, ours, TRUE);
    return setting;
}

/* A host with that address (NULL: without), as the fabric would have it. */
static LoomHost *
host_with(const char *address)
{
    LoomHost *host = loom_host_new();

    LOOM_SET(host, name, "h");
    if (address)
        loom_record_add(host, setting_new("migration_address", address));
    if (address)
        loom_record_add(host, setting_new("migration_host", address));
    return host;
}

static LoomHost *
observe(const Fixture *fixture, const LoomHost *target)
{
    LoomHost *host = host_with(NULL);
    g_autoptr(GError) error = NULL;

    assert_true(fixture->backend->observe(fixture->backend, target, host, &error));
    return host;
}

/* As apply does it; the number of steps, and afterwards there is nothing left to do. */
static guint
become(const Fixture *fixture, const LoomHost *target)
{
    g_autoptr(LoomHost) before = observe(fixture, target);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomPlan) plan = loom_plan_compare(before, target, fixture->backend->kinds, report);
    g_autoptr(GError) error = NULL;

    for (guint i = 0; i < plan->steps->len; i++)
        assert_true(fixture->backend->run_step(fixture->backend, plan->steps->pdata[i], &error));
    g_autoptr(LoomHost) after = observe(fixture, target);
    g_autoptr(LoomPlan) rest = loom_plan_compare(after, target, fixture->backend->kinds, report);
    assert_int_equal(rest->steps->len, 0);
    return plan->steps->len;
}

static void
test_there_and_back(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(LoomHost) with = host_with("192.168.20.11");
    g_autoptr(LoomHost) other = host_with("2001:db8::1");
    g_autoptr(LoomHost) without = host_with(NULL);
    g_autofree char *one = g_strconcat(original, MARK "migration_address = \"192.168.20.11\"\n",
                                       MARK "migration_host = \"192.168.20.11\"\n", NULL);
    g_autofree char *two = g_strconcat(original, MARK "migration_address = \"2001:db8::1\"\n",
                                       MARK "migration_host = \"2001:db8::1\"\n", NULL);

    assert_false(loom_qemuconf_has_changed(fixture->backend));
    assert_int_equal(become(fixture, with), 2);
    assert_conf(fixture, one);
    assert_true(loom_qemuconf_has_changed(fixture->backend));
    assert_int_equal(become(fixture, with), 0);
    assert_int_equal(become(fixture, other), 2);
    assert_conf(fixture, two);
    assert_int_equal(become(fixture, without), 2);
    assert_conf(fixture, original);
}

/* What stands in the file after ours does not make it another's. */
static void
test_lines_that_follow(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(LoomHost) with = host_with("192.168.20.11");
    g_autoptr(LoomHost) without = host_with(NULL);

    write_conf(fixture, "user = \"a\"\n" MARK "migration_host = \"old\"\ngroup = \"b\"\n");
    assert_int_equal(become(fixture, with), 2);
    assert_conf(fixture, "user = \"a\"\n" MARK "migration_host = \"192.168.20.11\"\n"
                         "group = \"b\"\n" MARK "migration_address = \"192.168.20.11\"\n");
    become(fixture, without);
    assert_conf(fixture, "user = \"a\"\ngroup = \"b\"\n");
}

/* Somebody's own line is neither replaced nor deleted: it is in the way, which the plan says. */
static void
test_foreign(void **state)
{
    static const char foreign[] = "migration_address = \"10.0.0.1\"\n";
    const Fixture *fixture = *state;
    g_autoptr(LoomHost) with = host_with("192.168.20.11");
    g_autoptr(LoomHost) without = host_with(NULL);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomQemuSetting) setting = setting_new("migration_address", "192.168.20.11");
    const LoomStep step = {
        .verb = LOOM_STEP_CREATE, .kind = &loom_qemu_setting_kind, .to = &setting->record};
    g_autoptr(GError) error = NULL;

    write_conf(fixture, foreign);
    g_autoptr(LoomHost) before = observe(fixture, with);
    g_autoptr(LoomPlan) plan = loom_plan_compare(before, with, fixture->backend->kinds, report);
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_ERROR), 1);
    assert_non_null(strstr(loom_report_get(report, 0)->message,
                           "setting of qemu.conf 'migration_address' exists and is not"));
    assert_int_equal(plan->steps->len, 1); /* migration_host, which nobody runs */
    assert_false(fixture->backend->run_step(fixture->backend, &step, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_CONFLICT));
    assert_conf(fixture, foreign);
    assert_int_equal(become(fixture, without), 0);
    assert_conf(fixture, foreign);
}

static void
test_no_file(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(LoomHost) with = host_with("192.168.20.11");

    g_unlink(fixture->path);
    assert_int_equal(become(fixture, with), 2);
    assert_conf(fixture, MARK "migration_address = \"192.168.20.11\"\n" MARK
                              "migration_host = \"192.168.20.11\"\n");
}

/* A file that the lens does not understand is not written, and why is said to who wants it to be.
 */
static void
test_not_understood(void **state)
{
    const Fixture *fixture = *state;
    g_autoptr(LoomHost) host = loom_host_new();
    g_autoptr(LoomHost) with = host_with("192.168.20.11");
    g_autoptr(LoomHost) without = host_with(NULL);
    g_autoptr(GError) error = NULL;

    write_conf(fixture, "user = \n!!\n");
    assert_true(fixture->backend->observe(fixture->backend, without, host, &error));
    assert_false(fixture->backend->observe(fixture->backend, with, host, &error));
    assert_non_null(strstr(error->message, "Cannot read /etc/libvirt/qemu.conf: "));
    assert_conf(fixture, "user = \n!!\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lines_that_follow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_understood, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
