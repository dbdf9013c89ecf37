/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* plan/: from every host to every other, and the order. */
#include "golden.h"

#include "hosts.h"
#include "machine.h"
#include "plantext.h"

#include <string.h>

static LoomPlan *
compare(const LoomHost *from, const LoomHost *to, LoomReport *report)
{
    return loom_plan_compare(from, to, loom_memory_kinds, report);
}

static char *
format_record(gconstpointer record)
{
    GString *text = g_string_new(NULL);

    loom_record_format(record, 0, text);
    return g_string_free(text, FALSE);
}

static void
assert_same(const LoomHost *after, gconstpointer before)
{
    const LoomRecord *record = before;
    g_autofree char *key = loom_record_key(before);
    gconstpointer found = loom_host_find(after, record->kind, key);
    g_autofree char *is = found ? format_record(found) : NULL;
    g_autofree char *was = format_record(before);

    if (g_strcmp0(is, was) != 0)
        fail_msg("foreign %s was changed: %s -> %s", key, was, is ? is : "nothing");
}

static gboolean
is_ours(const LoomHost *host, const char *link)
{
    const LoomLink *found = link ? loom_host_find(host, &loom_link_kind, link) : NULL;

    return found && found->ours;
}

/* A link that neither TARGET names nor we made, with what hangs on it. */
static void
assert_foreign_link_same(const LoomHost *before, const LoomHost *after, const LoomLink *link)
{
    if (is_ours(before, link->master)) { /* our membership may end, and took the rest before */
        assert_non_null(loom_host_find(after, &loom_link_kind, link->name));
        return;
    }
    assert_same(after, link);
    for (guint i = 0; i < before->addresses->len; i++)
        if (g_str_equal(((LoomAddress *)before->addresses->pdata[i])->link, link->name))
            assert_same(after, before->addresses->pdata[i]);
    for (guint i = 0; i < before->routes->len; i++)
        if (g_str_equal(((LoomRoute *)before->routes->pdata[i])->link, link->name))
            assert_same(after, before->routes->pdata[i]);
}

static void
assert_foreign_same(const LoomHost *before, const LoomHost *after, const LoomHost *target)
{
    for (guint i = 0; i < before->links->len; i++) {
        const LoomLink *link = before->links->pdata[i];

        if (!link->ours && !loom_host_find(target, &loom_link_kind, link->name))
            assert_foreign_link_same(before, after, link);
    }
    for (guint i = 0; i < before->networks->len; i++)
        if (!((LoomNetwork *)before->networks->pdata[i])->ours)
            assert_same(after, before->networks->pdata[i]);
}

static void
assert_pair(const LoomTestHost *a, const LoomTestHost *b, guint *reached)
{
    g_autoptr(LoomMemory) memory = loom_memory_new(a->machine);
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) before = loom_record_copy(memory->host);
    g_autofree char *text = loom_memory_format(memory);
    g_autofree char *fault = loom_test_reach(memory, b->target);
    g_autofree char *after = loom_memory_format(memory);
    g_autoptr(LoomPlan) rest = NULL;

    if (g_strcmp0(fault, "conflict") == 0) {
        assert_string_equal(after, text);
        return;
    }
    if (fault)
        fail_msg("from %s to %s: %s", a->name, b->name, fault);
    rest = compare(memory->host, b->target, report);
    if (rest->steps->len) {
        g_autofree char *line = loom_step_describe(rest->steps->pdata[0]);
        fail_msg("from %s to %s there is still to do: %s", a->name, b->name, line);
    }
    assert_null(loom_machine_find_dead(memory->host));
    assert_foreign_same(before, memory->host, b->target);
    (*reached)++;
}

static void
test_every_pair(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();
    guint reached = 0;

    assert_true(hosts->len >= 50);
    for (guint i = 0; i < hosts->len; i++)
        for (guint k = 0; k < hosts->len; k++)
            assert_pair(hosts->pdata[i], hosts->pdata[k], &reached);
    /* most of them: the rest has something foreign in the way */
    assert_true(reached > hosts->len * hosts->len / 2);
    assert_true(reached < hosts->len * hosts->len);
}

/* Comparing reads its two hosts, and nothing else: they are as before, and so is a second plan. */
static void
test_pure(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) hosts = loom_test_hosts();

    for (guint i = 0; i + 1 < hosts->len; i++) {
        const LoomTestHost *a = hosts->pdata[i], *b = hosts->pdata[i + 1];
        g_autoptr(LoomReport) report = loom_report_new();
        g_autofree char *from = loom_host_format(a->machine);
        g_autofree char *to = loom_host_format(b->target);
        g_autoptr(LoomPlan) one = compare(a->machine, b->target, report);
        g_autoptr(LoomPlan) other = compare(a->machine, b->target, report);
        g_autofree char *from_after = loom_host_format(a->machine);
        g_autofree char *to_after = loom_host_format(b->target);

        assert_string_equal(from, from_after);
        assert_string_equal(to, to_after);
        assert_int_equal(one->steps->len, other->steps->len);
        for (guint k = 0; k < one->steps->len; k++) {
            const LoomStep *step = one->steps->pdata[k], *same = other->steps->pdata[k];

            assert_string_equal(step->key, same->key);
            assert_int_equal(step->verb, same->verb);
        }
    }
}

/* What a client has leased is no host that is made: such a one is beside the texts. */
static LoomHost *
load_host(const char *name)
{
    const char *directory = strstr(name, "leased") ? "plan" : "hosts";
    g_autofree char *file = g_strdup_printf("tests/data/%s/%s.xml", directory, name);
    g_autofree char *path = loom_test_path(file);
    g_autoptr(GError) error = NULL;
    LoomHost *host = loom_host_load(path, &error);

    assert_no_error(error);
    return host;
}

/* tests/data/plan/FROM-to-TO.txt, from a machine that is as FROM says. */
static void
test_texts(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"bare", "datacenter"},
        {"datacenter", "moved-nics"},
        {"datacenter", "single-nic"},
        {"datacenter", "empty"},
        {"moved-nics", "datacenter"},
        {"standalone", "inherit"},
        {"inherit", "standalone"},
        {"standalone-dhcp", "inherit-dhcp"},
        {"standalone-leased", "inherit-dhcp"},
        {"standalone-leased", "inherit-gateway"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(LoomHost) bare = loom_test_host("<host name='bare'>"
                                                  "<link name='eth0' kind='physical' up='yes' "
                                                  "ipsec='no' rss='yes'/>"
                                                  "<link name='eth1' kind='physical' up='no' "
                                                  "rss='no'/>"
                                                  "</host>");
        g_autoptr(LoomMemory) memory = loom_memory_new(bare);
        g_autoptr(LoomHost) to = load_host(cases[i].to);
        g_autoptr(LoomReport) report = loom_report_new();
        g_autofree char *name =
            g_strdup_printf("tests/data/plan/%s-to-%s.txt", cases[i].from, cases[i].to);
        g_autofree char *path = loom_test_path(name);
        g_autofree char *text = NULL;
        g_autoptr(LoomPlan) plan = NULL;

        if (!g_str_equal(cases[i].from, "bare")) {
            g_autoptr(LoomHost) from = load_host(cases[i].from);
            g_autofree char *fault = loom_test_reach(memory, from);
            assert_null(fault);
        }
        plan = compare(memory->host, to, report);
        text = loom_test_format_plan(plan, report);
        loom_golden_compare(path, text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_pair),
        cmocka_unit_test(test_pure),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
