/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network namespace with NICs and strangers, and the kernel's backend in it. */
#include "kernel-fixture.h"

#include "base/error.h"
#include "base/report.h"
#include "kernel/facts.h"
#include "kernel/kernel.h"
#include "kernel/standin.h"

#include <gio/gio.h>
#include <string.h>

#define SETTLE_TRIES 100
#define SETTLE_WAIT  (50 * 1000) /* microseconds */

/* NICs, and what somebody else has beside them. */
static const char machine[] = "<host name='machine'>"
                              "<link name='eth0' kind='physical' mac='02:00:00:00:00:10'/>"
                              "<link name='eth1' kind='physical' mac='02:00:00:00:00:11'/>"
                              "<link name='eth2' kind='physical' mac='02:00:00:00:00:12'/>"
                              "<link name='eth3' kind='physical' mac='02:00:00:00:00:13'/>"
                              "<link name='eth4' kind='physical' mac='02:00:00:00:00:14'/>"
                              "</host>";
static const char foreign[] = "link add br-admin type bridge vlan_filtering 1\n"
                              "link add theirs0 type veth peer name theirs1\n"
                              "link set theirs1 master br-admin up\n"
                              "link set br-admin up\n"
                              "link set theirs0 up\n"
                              "link set eth4 up\n"
                              "link add link eth4 name eth4.5 type vlan id 5\n"
                              "link set eth4.5 up\n"
                              "address add 203.0.113.1/24 dev br-admin\n"
                              "address add 203.0.113.129/25 dev eth4.5\n"
                              "address add 2001:db8:f::1/64 dev eth4.5\n"
                              "route add 10.200.0.0/16 via 203.0.113.2 dev br-admin\n"
                              "neighbour add 203.0.113.7 lladdr 02:00:00:00:00:77 dev br-admin\n";

/* What ip(8) does with such lines; none of them may fail. */
void
ip(const char *lines)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *words = NULL;
    g_autoptr(GSubprocess) process =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error,
                         "ip", "-batch", "-", NULL);

    assert_no_error(error);
    g_subprocess_communicate_utf8(process, lines, NULL, NULL, &words, &error);
    assert_no_error(error);
    if (!g_subprocess_get_successful(process))
        fail_msg("%s: %s", lines, words);
}

char *
nft(const char *command, gboolean *succeeded)
{
    g_autoptr(GError) error = NULL;
    char *told = NULL;
    g_autoptr(GSubprocess) process =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error,
                         "nft", command, NULL);

    assert_no_error(error);
    g_subprocess_communicate_utf8(process, NULL, NULL, &told, NULL, &error);
    assert_no_error(error);
    *succeeded = g_subprocess_get_successful(process);
    return told;
}

void
nft_does(const char *command)
{
    gboolean succeeded;
    g_autofree char *told = nft(command, &succeeded);

    if (!succeeded)
        fail_msg("nft %s: %s", command, told);
}

char *
show(const char *link)
{
    g_autoptr(GError) error = NULL;
    char *told = NULL;
    g_autoptr(GSubprocess) process =
        g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "ip", "-details", "-json", "link",
                         "show", "dev", link, NULL);

    assert_no_error(error);
    g_subprocess_communicate_utf8(process, NULL, NULL, &told, NULL, &error);
    assert_no_error(error);
    return told;
}

void
write_sysctl(const char *path, const char *value)
{
    g_autoptr(GError) error = NULL;

    g_file_set_contents_full(path, value, -1, G_FILE_SET_CONTENTS_NONE, 0644, &error);
    assert_no_error(error);
}

GSubprocess *
start_container(const char *bridge)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *own = g_file_read_link("/proc/self/ns/net", &error);
    GSubprocess *container =
        g_subprocess_new(G_SUBPROCESS_FLAGS_NONE, &error, "unshare", "--net", "sleep", "60", NULL);
    g_autofree char *path = NULL, *other = NULL, *line = NULL;

    assert_no_error(error);
    path = g_strdup_printf("/proc/%s/ns/net", g_subprocess_get_identifier(container));
    do {
        g_free(other);
        other = g_file_read_link(path, &error);
        assert_no_error(error);
    } while (g_str_equal(own, other));
    line = g_strdup_printf("link add c0 type veth peer name inside netns %s\n"
                           "link set c0 master %s up",
                           g_subprocess_get_identifier(container), bridge);
    ip(line);
    return container;
}

static LoomStage *stage;

/* A network namespace with NICs and strangers; whether addresses are free is not asked. */
int
set_up(void **state)
{
    g_autoptr(LoomHost) host = loom_test_host(machine);
    g_autoptr(GError) error = NULL;

    stage = loom_stage_enter(&error);
    assert_no_error(error);
    loom_stage_furnish(stage, host, &error);
    assert_no_error(error);
    write_sysctl("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    for (size_t i = 0; i < 5; i++) {
        g_autofree char *path = g_strdup_printf("/proc/sys/net/ipv6/conf/eth%zu/accept_dad", i);
        write_sysctl(path, "0");
    }
    ip(foreign);
    *state = loom_kernel_new(&error);
    assert_no_error(error);
    return 0;
}

int
tear_down(void **state)
{
    loom_backend_free(*state);
    g_clear_pointer(&stage, loom_stage_free);
    return 0;
}

LoomHost *
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

/* What keeps NOW from TARGET; NULL: nothing. */
char *
find_difference(LoomBackend *backend, const LoomHost *now, const LoomHost *target)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomPlan) plan = loom_plan_compare(now, target, backend->kinds, report);
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < loom_report_length(report); i++)
        if (loom_report_get(report, i)->severity == LOOM_SEVERITY_ERROR)
            g_string_append_printf(text, "\n%s", loom_report_get(report, i)->message);
    for (guint i = 0; i < plan->steps->len; i++) {
        g_autofree char *line = loom_step_describe(plan->steps->pdata[i]);
        g_autoptr(GPtrArray) differences = loom_step_differences(plan->steps->pdata[i]);

        g_string_append_printf(text, "\n%s", line);
        for (guint k = 0; k < differences->len; k++) {
            const LoomDifference *difference = differences->pdata[k];
            g_string_append_printf(text, " [%s: %s -> %s]", difference->name, difference->from,
                                   difference->to);
        }
    }
    return g_string_free(text, !text->len);
}

/* Once what settles has settled, there is nothing left to do. */
void
assert_reached(LoomBackend *backend, const LoomHost *target, const char *what)
{
    g_autofree char *left = NULL;

    for (int i = 0; i < SETTLE_TRIES; i++) {
        g_autoptr(LoomHost) now = observe(backend, target);

        g_free(left);
        left = find_difference(backend, now, target);
        if (!left)
            return;
        g_usleep(SETTLE_WAIT);
    }
    fail_msg("%s: still to do:%s", what, left);
}

guint
reach(LoomBackend *backend, const LoomHost *target, Times times, const char *what)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomHost) now = observe(backend, target);
    g_autoptr(LoomPlan) plan = loom_plan_compare(now, target, backend->kinds, report);
    g_autoptr(GError) error = NULL;

    if (loom_report_count(report, LOOM_SEVERITY_ERROR))
        fail_msg("%s: %s", what, loom_report_get(report, 0)->message);
    backend->expect(backend, plan->steps);
    for (guint i = 0; i < plan->steps->len; i++)
        for (Times k = ONCE; k <= times; k++)
            if (!backend->run_step(backend, plan->steps->pdata[i], &error)) {
                g_autofree char *line = loom_step_describe(plan->steps->pdata[i]);
                fail_msg("%s: step %u, %s: %s", what, i, line, error->message);
            }
    backend->expect(backend, NULL);
    backend->finish(backend, target, &error);
    assert_no_error(error);
    assert_reached(backend, target, what);
    return plan->steps->len;
}

LoomHost *
reduced(LoomBackend *backend, const LoomHost *host)
{
    g_autoptr(LoomReport) report = loom_report_new();
    LoomHost *copy = loom_record_copy(host);

    backend->reduce(backend, copy, report);
    for (size_t i = 0; i < loom_report_length(report); i++)
        if (loom_report_get(report, i)->severity == LOOM_SEVERITY_ERROR)
            fail_msg("%s", loom_report_get(report, i)->message);
    return copy;
}

guint
reach_xml(LoomBackend *backend, const char *xml)
{
    g_autoptr(LoomHost) host = loom_test_host(xml);
    g_autoptr(LoomHost) target = reduced(backend, host);

    return reach(backend, target, ONCE, xml);
}

LoomHost *
facts(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomBackend) backend = loom_kernel_new(&error);
    LoomHost *host;

    assert_no_error(error);
    host = loom_kernel_gather_facts(backend, "facts", &error);
    assert_no_error(error);
    return host;
}

static gboolean
is_foreign(const char *link)
{
    return g_str_has_prefix(link, "theirs") || g_str_has_prefix(link, "eth4") ||
           g_str_equal(link, "br-admin");
}

/* All that is theirs, as text. */
char *
read_foreign(void)
{
    static const LoomKind *const kinds[] = {&loom_address_kind, &loom_route_kind,
                                            &loom_neighbour_kind, &loom_port_kind};
    g_autoptr(LoomHost) all = facts();
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < all->links->len; i++)
        if (is_foreign(((LoomLink *)all->links->pdata[i])->name))
            loom_record_format(all->links->pdata[i], 0, text);
    for (size_t kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        const GPtrArray *list = loom_host_list(all, kinds[kind]);

        for (guint i = 0; i < list->len; i++) {
            g_autofree char *key = loom_record_key(list->pdata[i]);

            /* the kernel's link-local addresses come when they have settled */
            if (is_foreign(key) && !strstr(key, "/fe80:"))
                loom_record_format(list->pdata[i], 0, text);
        }
    }
    return g_string_free(text, FALSE);
}

gpointer
find(const LoomHost *host, const LoomKind *kind, const char *key)
{
    gpointer found = loom_host_find(host, kind, key);

    if (!found)
        fail_msg("there is no %s %s", kind->element, key);
    return found;
}
