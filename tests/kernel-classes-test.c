/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kernel/: bandwidth classes of NICs on the running kernel. */
#include "hosts.h"
#include "test.h"

#include "base/error.h"
#include "kernel/kernel.h"
#include "kernel/standin.h"

#include <gio/gio.h>
#include <net/if.h>
#include <string.h>

static const char machine[] = "<host name='machine'>"
                              "<link name='eth0' kind='physical' mac='02:00:00:00:00:10'/>"
                              "<link name='eth1' kind='physical' mac='02:00:00:00:00:11'/></host>";

/* --- the namespace --------------------------------------------------------------------------- */

static LoomStage *stage;

/* What PROGRAM tells, which must succeed; owned by the caller. */
static char *
call(const char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process = g_subprocess_newv(
        arguments, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
    char *told = NULL;

    assert_no_error(error);
    g_subprocess_communicate_utf8(process, NULL, NULL, &told, NULL, &error);
    assert_no_error(error);
    if (!g_subprocess_get_successful(process))
        fail_msg("%s: %s", arguments[0], told);
    return told;
}
#define CALL(...) call((const char *const[]){__VA_ARGS__, NULL})
#define RUN(...)  g_free(CALL(__VA_ARGS__))

static int
set_up(void **state)
{
    g_autoptr(LoomHost) host = loom_test_host(machine);
    g_autoptr(GError) error = NULL;

    stage = loom_stage_enter(&error);
    assert_no_error(error);
    loom_stage_furnish(stage, host, &error);
    assert_no_error(error);
    *state = loom_kernel_new(&error);
    assert_no_error(error);
    RUN("ip", "link", "set", "eth0", "up"); /* a link that never was has no qdisc to show */
    RUN("ip", "link", "set", "eth1", "up");
    return 0;
}

static int
tear_down(void **state)
{
    loom_backend_free(*state);
    g_clear_pointer(&stage, loom_stage_free);
    return 0;
}

static LoomHost *
observe(LoomBackend *backend, const LoomHost *target)
{
    g_autoptr(GError) error = NULL;
    LoomHost *host = loom_host_new();

    LOOM_SET(host, name, "observed");
    backend->observe(backend, target, host, &error);
    assert_no_error(error);
    loom_host_sort(host);
    return host;
}

/* The target as this kernel can have it. */
static LoomHost *
reduced(LoomBackend *backend, const char *xml)
{
    g_autoptr(LoomReport) report = loom_report_new();
    LoomHost *host = loom_test_host(xml);

    backend->reduce(backend, host, report);
    return host;
}

/* What keeps NOW from TARGET, one line each; the findings that are errors first. */
static char *
differences(LoomBackend *backend, const LoomHost *target)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) now = observe(backend, target);
    g_autoptr(LoomPlan) plan = loom_plan_compare(now, target, backend->kinds, report);
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < loom_report_length(report); i++)
        g_string_append_printf(text, "%s\n", loom_report_get(report, i)->message);
    for (guint i = 0; i < plan->steps->len; i++) {
        g_autofree char *line = loom_step_describe(plan->steps->pdata[i]);
        g_string_append_printf(text, "%s\n", line);
    }
    return g_string_free(text, FALSE);
}

/* Runs every step TIMES, and demands that nothing is left to do; how many steps it took. */
static guint
reach(LoomBackend *backend, const char *xml, int times)
{
    g_autoptr(LoomHost) target = reduced(backend, xml);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) now = observe(backend, target);
    g_autoptr(LoomPlan) plan = loom_plan_compare(now, target, backend->kinds, report);
    g_autoptr(GError) error = NULL;
    g_autofree char *left = NULL;

    assert_int_equal(loom_report_length(report), 0);
    backend->expect(backend, plan->steps);
    for (guint i = 0; i < plan->steps->len; i++)
        for (int k = 0; k < times; k++)
            if (!backend->run_step(backend, plan->steps->pdata[i], &error)) {
                g_autofree char *line = loom_step_describe(plan->steps->pdata[i]);
                fail_msg("step %u, %s: %s", i, line, error->message);
            }
    backend->expect(backend, NULL);
    left = differences(backend, target);
    assert_string_equal(left, "");
    return plan->steps->len;
}

#define NICS(classes)                                                                              \
    "<host name='a'><link name='eth0' kind='physical' up='yes'/>"                                  \
    "<link name='eth1' kind='physical' up='yes'/>" classes "</host>"
#define BY_WEIGHT                                                                                  \
    "<class link='eth0' priority='2' name='default' weight='1' rate='99009' ceiling='10000000'/>"  \
    "<class link='eth0' priority='16' name='Low' weight='10' rate='990099' ceiling='10000000'/>"   \
    "<class link='eth0' priority='17' name='High' weight='40' rate='3960396' ceiling='10000000'/>"
#define ABSOLUTE                                                                                   \
    "<class link='eth0' priority='2' name='default' rate='1000' ceiling='10000000'/>"              \
    "<class link='eth0' priority='16' name='Low' rate='100000' ceiling='10000000'/>"               \
    "<class link='eth0' priority='17' name='High' ceiling='10000000'/>"                            \
    "<class link='eth0' priority='4096' name='mgmt0' rate='100000' ceiling='10000000'/>"
/* faster than 32 bits tell, and of unknown speed */
#define ODD                                                                                        \
    "<class link='eth0' priority='2' name='default' weight='100' rate='1' ceiling='400000000'/>"   \
    "<class link='eth0' priority='16' name='Low' rate='200000000' ceiling='400000000'/>"           \
    "<class link='eth1' priority='2' name='default' weight='1'/>"                                  \
    "<class link='eth1' priority='65534' name='High' weight='100' rate='8'/>"

/* --- cases ----------------------------------------------------------------------------------- */

/* From everything to everything, in place, as often as one likes; and what tc(8) says of it. */
static void
test_modes(void **state)
{
    static const char *const modes[] = {NICS(""), NICS(BY_WEIGHT), NICS(ABSOLUTE), NICS(ODD)};
    LoomBackend *backend = *state;
    g_autofree char *before = CALL("tc", "qdisc", "show");
    g_autofree char *after = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(modes); k++) {
            reach(backend, modes[i], 1);
            reach(backend, modes[k], 2);
        }
    reach(backend, modes[1], 1);
    g_autofree char *classes = CALL("tc", "-d", "class", "show", "dev", "eth0");
    assert_non_null(strstr(classes, "class htb 4c6f:1 root"));
    assert_non_null(strstr(classes, "class htb 4c6f:11 parent 4c6f:1"));
    assert_non_null(strstr(classes, "ceil 10Gbit"));
    g_autofree char *qdiscs = CALL("tc", "qdisc", "show", "dev", "eth0");
    assert_non_null(strstr(qdiscs, "qdisc htb 4c6f: root"));
    assert_non_null(strstr(qdiscs, "default 0x2"));
    reach(backend, modes[0], 1);
    after = CALL("tc", "qdisc", "show");
    assert_string_equal(after, before);
}

/* Between weight and absolute nothing is deleted that both have. */
static void
test_in_place(void **state)
{
    LoomBackend *backend = *state;
    g_autofree char *before = NULL, *after = NULL;

    reach(backend, NICS(BY_WEIGHT), 1);
    before = CALL("tc", "qdisc", "show", "dev", "eth0");
    assert_int_equal(reach(backend, NICS(ABSOLUTE), 1), 4);
    after = CALL("tc", "qdisc", "show", "dev", "eth0");
    assert_string_equal(after, before);
}

/* Ports that share a class have queues of their own, where this kernel has what that takes. */
static void
test_fair(void **state)
{
    LoomBackend *backend = *state;
    static const char fair[] = NICS("<class link='eth0' priority='2' weight='1'/>"
                                    "<class link='eth0' priority='16' weight='9' fair='yes'/>");
    static const char unfair[] = NICS("<class link='eth0' priority='2' weight='1'/>"
                                      "<class link='eth0' priority='16' weight='9'/>");
    g_autoptr(LoomHost) target = reduced(backend, fair);
    gboolean is_fair = ((LoomClass *)target->classes->pdata[1])->fair;
    g_autofree char *told = NULL;

    reach(backend, fair, 2);
    told = CALL("tc", "filter", "show", "dev", "eth0", "parent", "5010:");
    assert_int_equal(strstr(told, "keys iif") != NULL, is_fair);
    if (is_fair)
        RUN("tc", "filter", "del", "dev", "eth0", "parent", "5010:");
    g_autofree char *left = differences(backend, target);
    assert_string_equal(left, is_fair ? "change bandwidth class '16' on 'eth0'\n" : "");
    reach(backend, fair, 1);
    reach(backend, unfair, 2);
    reach(backend, fair, 1);
}

/* What others change of it is seen. */
static void
test_drift(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(LoomHost) target = reduced(backend, NICS(BY_WEIGHT));

    reach(backend, NICS(BY_WEIGHT), 1);
    RUN("tc", "class", "change", "dev", "eth0", "parent", "4c6f:1", "classid", "4c6f:10", "htb",
        "rate", "5mbit", "ceil", "10gbit", "quantum", "655360");
    RUN("tc", "class", "del", "dev", "eth0", "classid", "4c6f:11");
    RUN("tc", "class", "add", "dev", "eth0", "parent", "4c6f:1", "classid", "4c6f:99", "htb",
        "rate", "5mbit", "quantum", "2000");
    g_autofree char *left = differences(backend, target);
    assert_string_equal(left, "change bandwidth class 'Low' on 'eth0'\n"
                              "create bandwidth class 'High' on 'eth0'\n"
                              "delete bandwidth class '153' on 'eth0'\n");
    reach(backend, NICS(BY_WEIGHT), 1);
    RUN("tc", "class", "change", "dev", "eth0", "parent", "4c6f:", "classid", "4c6f:1", "htb",
        "rate", "1gbit", "quantum", "65537");
    g_autofree char *slower = differences(backend, target);
    assert_non_null(strstr(slower, "change bandwidth class 'High'"));
    reach(backend, NICS(BY_WEIGHT), 1);
    RUN("tc", "qdisc", "del", "dev", "eth0", "root");
    reach(backend, NICS(BY_WEIGHT), 1);
}

/* A root that a killed run left without classes goes, too. */
static void
test_left_over(void **state)
{
    LoomBackend *backend = *state;
    g_autofree char *before = CALL("tc", "qdisc", "show"), *after = NULL;

    RUN("tc", "qdisc", "add", "dev", "eth0", "root", "handle", "4c6f:", "htb", "default", "2");
    reach(backend, NICS(""), 1);
    RUN("tc", "qdisc", "add", "dev", "eth0", "root", "handle", "4c6f:", "htb", "default", "2");
    RUN("tc", "class", "add", "dev", "eth0", "parent", "4c6f:", "classid", "4c6f:1", "htb", "rate",
        "1gbit", "quantum", "65537");
    reach(backend, NICS(BY_WEIGHT), 1);
    reach(backend, "<host name='a'/>", 1); /* nobody names the NIC any more */
    after = CALL("tc", "qdisc", "show");
    assert_string_equal(after, before);
}

/* Classes of guests' ports stay as long as the port. */
static void
test_guests(void **state)
{
    LoomBackend *backend = *state;
    g_autofree char *number = NULL, *told = NULL;

    RUN("ip", "tuntap", "add", "vnet0", "mode", "tap");
    number = g_strdup_printf("4c6f:%x", 0x2000 + if_nametoindex("vnet0"));
    reach(backend, NICS(BY_WEIGHT), 1);
    RUN("tc", "class", "add", "dev", "eth0", "parent", "4c6f:1", "classid", number, "htb", "rate",
        "5mbit", "quantum", "2000");
    assert_int_equal(reach(backend, NICS(ABSOLUTE), 1), 4);
    told = CALL("tc", "class", "show", "dev", "eth0");
    assert_non_null(strstr(told, number));
    RUN("ip", "link", "del", "vnet0");
    assert_int_equal(reach(backend, NICS(ABSOLUTE), 1), 1);
}

/* Somebody else's is neither replaced nor deleted, in a plan and behind its back. */
static void
test_foreign(void **state)
{
    LoomBackend *backend = *state;
    g_autoptr(LoomHost) target = reduced(backend, NICS(BY_WEIGHT));
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) now = observe(backend, target);
    g_autoptr(LoomPlan) plan = loom_plan_compare(now, target, backend->kinds, report);
    const LoomStep *step = plan->steps->pdata[plan->steps->len - 1];
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL, *after = NULL, *left = NULL;

    assert_ptr_equal(step->kind, &loom_class_kind);
    RUN("tc", "qdisc", "add", "dev", "eth0", "root", "handle", "1:", "tbf", "rate", "10mbit",
        "burst", "20k", "latency", "50ms");
    before = CALL("tc", "qdisc", "show");
    assert_false(backend->run_step(backend, step, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_CONFLICT));
    assert_non_null(strstr(error->message, "'tbf 1:'"));
    left = differences(backend, target);
    assert_non_null(strstr(left, "link 'eth0' has the queueing discipline 'tbf 1:', which is not"));
    assert_null(strstr(left, "create bandwidth class"));
    reach(backend, NICS(""), 1);
    after = CALL("tc", "qdisc", "show");
    assert_string_equal(after, before);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_modes),     CASE(test_in_place), CASE(test_fair),    CASE(test_drift),
        CASE(test_left_over), CASE(test_guests),   CASE(test_foreign),
    };

    return cmocka_run_group_tests_name("kernel-classes", tests, NULL, NULL);
}
