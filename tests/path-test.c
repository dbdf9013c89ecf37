/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan/: while a host changes, and while it goes back from any point, its addresses answer. */
#include "test.h"

#include "hosts.h"
#include "machine.h"

static LoomHost *
load(const char *name)
{
    g_autofree char *file = g_strdup_printf("tests/data/hosts/%s.xml", name);
    g_autofree char *path = loom_test_path(file);
    g_autoptr(GError) error = NULL;
    LoomHost *host = loom_host_load(path, &error);

    assert_no_error(error);
    return host;
}

/* A machine with five NICs that is as that host says. */
static LoomMemory *
make_machine(const char *name)
{
    g_autoptr(LoomHost) target = load(name);
    g_autoptr(LoomHost) bare = loom_host_new();
    g_autofree char *fault = NULL;
    LoomMemory *memory;

    LOOM_SET(bare, name, "bare");
    for (guint i = 0; i < 5; i++) {
        LoomLink *link = loom_record_new(&loom_link_kind);
        g_autofree char *nic = g_strdup_printf("eth%u", i);

        LOOM_SET(link, name, nic);
        LOOM_SET_NUMBER(link, kind, LOOM_LINK_PHYSICAL);
        LOOM_SET_NUMBER(link, up, TRUE);
        loom_record_add(bare, link);
    }
    memory = loom_memory_new(bare);
    fault = loom_test_reach(memory, target);
    assert_null(fault);
    return memory;
}

static LoomHost *
observe(LoomMemory *memory, const LoomHost *target)
{
    LoomHost *now = loom_host_new();

    assert_true(memory->backend.observe(&memory->backend, target, now, NULL));
    return now;
}

/* The addresses by which the host is managed: all that are not the kernel's. */
static GStrv
list_addresses(const LoomHost *host)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new();

    for (guint i = 0; i < host->addresses->len; i++) {
        const LoomAddress *address = host->addresses->pdata[i];

        if (g_strcmp0(address->origin, "kernel") != 0)
            g_ptr_array_add(texts, g_strdup(address->address));
    }
    assert_true(texts->len > 0);
    g_ptr_array_add(texts, NULL);
    return (GStrv)g_ptr_array_free(g_steal_pointer(&texts), FALSE);
}

/* Whether all ADDRESSES answer, while the link of STEP (may be NULL) is down for it. */
static gboolean
all_answer(const LoomMemory *memory, const GStrv addresses, const LoomStep *step)
{
    gboolean is_down = step && step->kind == &loom_link_kind && step->verb != LOOM_STEP_CREATE &&
                       (step->verb == LOOM_STEP_DELETE || step->cost == LOOM_COST_DOWN);

    for (size_t i = 0; addresses[i]; i++)
        if (!loom_machine_answers(memory->host, addresses[i], is_down ? step->key : NULL))
            return FALSE;
    return TRUE;
}

/* What happens at most LIMIT steps of a plan to TARGET. */
typedef struct {
    guint steps; /* that were run */
    guint gap;   /* of them: before or after which an address did not answer */
    char *first; /* such a step */
} Course;

static Course
go(LoomMemory *memory, const LoomHost *target, const GStrv addresses, guint limit)
{
    g_autoptr(LoomHost) now = observe(memory, target);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomPlan) plan = loom_plan_compare(now, target, loom_memory_kinds, report);
    Course course = {0, 0, NULL};

    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_ERROR), 0);
    for (; course.steps < plan->steps->len && course.steps < limit; course.steps++) {
        const LoomStep *step = plan->steps->pdata[course.steps];
        gboolean answers = all_answer(memory, addresses, step);
        g_autoptr(GError) error = NULL;

        memory->backend.run_step(&memory->backend, step, &error);
        assert_no_error(error);
        assert_null(loom_machine_find_dead(memory->host));
        if (answers && all_answer(memory, addresses, NULL))
            continue;
        course.gap++;
        if (!course.first)
            course.first = loom_step_describe(step);
    }
    return course;
}

typedef struct {
    const char *name, *from, *to;
    guint gap; /* the steps during which an address does not answer, there or back */
} Case;

static const Case cases[] = {
    {"into a team with a spare", "standalone", "inherit", 0},
    {"into a team by LACP with a spare", "standalone", "inherit-lacp", 0},
    {"into a team with a spare, by DHCP", "standalone-dhcp", "inherit-dhcp", 0},
    {"a second NIC joins", "inherit-one", "inherit", 0},
    {"other NICs, another vNIC, another VLAN", "inherit", "inherit-other", 0},
    {"all NICs are others", "inherit-one", "inherit-other", 0},
    {"a team instead of one NIC", "inherit-single", "inherit", 0},
    {"by DHCP, where the client is to find the address", "standalone-dhcp", "inherit-client", 3},
    {"into a team of one NIC", "standalone", "inherit-one", 3},
    {"into a bridge", "standalone", "inherit-single", 4},
};

static void
assert_gap(const Case *given, const char *way, guint expected, Course course)
{
    g_autofree char *first = course.first;

    if (course.gap > expected)
        fail_msg("%s, %s: no answer in %u steps, not %u; first: %s", given->name, way, course.gap,
                 expected, first ? first : "-");
}

/* There, and back by the snapshot; and back from every point between. */
static void
test_case(void **state)
{
    const Case *given = *state;
    g_autoptr(LoomHost) target = load(given->to);

    for (guint limit = 0;; limit++) {
        g_autoptr(LoomMemory) memory = make_machine(given->from);
        g_autoptr(LoomHost) snapshot = observe(memory, target);
        g_auto(GStrv) addresses = list_addresses(snapshot);
        g_autofree char *before = loom_memory_format(memory), *after = NULL;
        g_autofree char *way = g_strdup_printf("back after %u steps", limit);
        Course there = go(memory, target, addresses, limit);
        Course back;

        if (there.steps < limit) {
            assert_gap(given, "there", given->gap, there);
            return;
        }
        g_free(there.first);
        back = go(memory, snapshot, addresses, G_MAXUINT);
        assert_gap(given, way, given->gap, back);
        after = loom_memory_format(memory);
        assert_string_equal(after, before);
    }
}

int
main(void)
{
    struct CMUnitTest tests[G_N_ELEMENTS(cases)];

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].name, .test_func = test_case, .initial_state = (void *)&cases[i]};
    return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
