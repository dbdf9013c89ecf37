/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guards of ports in a kernel, in a network namespace of their own: read back as they were set. */
#include "hosts.h"
#include "kernel-fixture.h"

#include "kernel/guards.h"
#include "kernel/session.h"
#include "kernel/standin.h"

#include <linux/netlink.h>
#include <string.h>

#define PORT "<port link='eth0' tagguard='yes' macs='52:54:00:00:00:01 52:54:00:00:00:02' "
#define REST                                                                                       \
    "dhcpguard='yes' routerguard='yes' priorityreset='yes' addresses='192.0.2.10 2001:db8::10' "   \
    "priority='17'/>"

static LoomHost *
host_of(const char *port)
{
    g_autofree char *text = g_strdup_printf("<host name='a'>%s</host>", port);

    return loom_test_host(text);
}

static char *
read_port(LoomKernel *kernel, const char *link)
{
    g_autoptr(LoomHost) host = loom_host_new();
    g_autoptr(GError) error = NULL;

    LOOM_SET(host, name, "a");
    loom_kernel_find_guards(kernel, link, host, &error);
    assert_no_error(error);
    return loom_host_format(host);
}

static void
set_port(LoomKernel *kernel, const LoomHost *host)
{
    g_autoptr(GError) error = NULL;

    loom_kernel_set_guards(kernel, host->ports->pdata[0], &error);
    assert_no_error(error);
}

static void
remove_guards(LoomKernel *kernel, const char *link)
{
    g_autoptr(GPtrArray) links = g_ptr_array_new();
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(links, (gpointer)link);
    loom_kernel_remove_guards(kernel, links, &error);
    assert_no_error(error);
}

static void
assert_port(LoomKernel *kernel, const LoomHost *host)
{
    g_autofree char *read = read_port(kernel, "eth0");
    g_autofree char *wanted = loom_host_format(host);

    assert_string_equal(read, wanted);
}

static void
test_read_back(void **state)
{
    static const char *const ports[] = {
        PORT REST,
        "<port link='eth0' tagguard='yes'/>",
        "<port link='eth0' macs='52:54:00:00:00:01'/>",
        "<port link='eth0' dhcpguard='yes'/>",
        "<port link='eth0' routerguard='yes'/>",
        "<port link='eth0' priorityreset='yes'/>",
        "<port link='eth0' addresses='192.0.2.10'/>",
        "<port link='eth0' addresses='2001:db8::10'/>",
        "<port link='eth0' addresses='2001:db8::10 fe80::10'/>",
        "<port link='eth0' priority='65535'/>",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++) {
        g_autoptr(LoomHost) host = host_of(ports[i]);

        set_port(*state, host);
        assert_port(*state, host);
        set_port(*state, host); /* again: the same */
        assert_port(*state, host);
    }
}

/* Any link-local address, or of those that the port has none but them. */
static void
test_link_local(void **state)
{
    static const char *const any = "& 0xffc0 == 0xfe80"; /* as nft(8) shows it */
    g_autoptr(LoomHost) untold = host_of("<port link='eth0' addresses='2001:db8::10'/>");
    g_autoptr(LoomHost) told = host_of("<port link='eth0' addresses='2001:db8::10 febf::1'/>");
    gboolean succeeded;

    set_port(*state, untold);
    g_autofree char *all = nft("list ruleset", &succeeded);
    set_port(*state, told);
    g_autofree char *some = nft("list ruleset", &succeeded);
    if (!strstr(all, any))
        fail_msg("%s", all);
    assert_null(strstr(some, any));
    assert_non_null(strstr(some, "febf"));
}

/* All ports at once tell the same as one by one. */
static void
test_read_all(void **state)
{
    g_autoptr(LoomHost) host = host_of(PORT REST "<port link='eth1' dhcpguard='yes'/>");
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) all = loom_host_new();

    for (guint i = 0; i < 2; i++) {
        loom_kernel_set_guards(*state, host->ports->pdata[i], &error);
        assert_no_error(error);
    }
    loom_kernel_read(*state, all, &error);
    assert_no_error(error);
    for (guint i = 0; i < 2; i++) {
        g_autofree char *key = loom_record_key(host->ports->pdata[i]);
        g_autofree char *wanted = loom_record_digest(host->ports->pdata[i]);
        g_autofree char *read = loom_record_digest(find(all, &loom_port_kind, key));

        assert_string_equal(read, wanted);
    }
}

/* A rule more, less, or another one: the guards count as missing, and are written again. */
static void
test_altered(void **state)
{
    static const char *const changes[] = {
        "add rule netdev virt-loom port/eth0 counter",
        "insert rule netdev virt-loom port/eth0 accept",
        "add rule netdev virt-loom port/eth0/sources return",
        "flush chain netdev virt-loom port/eth0/sources",
        "flush chain netdev virt-loom port/eth0",
        "chain netdev virt-loom port/eth0 { policy drop; }",
        "delete table netdev virt-loom",
    };
    g_autoptr(LoomHost) host = host_of(PORT REST);

    for (size_t i = 0; i < G_N_ELEMENTS(changes) - 1; i++) {
        g_autoptr(LoomHost) all = loom_host_new();
        g_autoptr(GError) error = NULL;

        set_port(*state, host);
        nft_does(changes[i]);
        loom_kernel_read(*state, all, &error);
        assert_no_error(error);
        for (guint k = 0; k < all->ports->len; k++)
            if (g_strcmp0(((LoomPort *)all->ports->pdata[k])->link, "eth0") == 0)
                fail_msg("%s: the port still has guards", changes[i]);
        set_port(*state, host);
        assert_port(*state, host);
    }
    nft_does(changes[G_N_ELEMENTS(changes) - 1]);
    set_port(*state, host);
    assert_port(*state, host);
}

/* All as it should be, but at another device. */
static void
test_bound_elsewhere(void **state)
{
    g_autoptr(LoomHost) host = host_of(PORT REST);
    g_autoptr(GPtrArray) chains = loom_guards_of(host->ports->pdata[0]);
    g_autoptr(GPtrArray) batch = loom_nft_batch_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomNetlink) filter = loom_netlink_open(NETLINK_NETFILTER, &error);
    guint refused;

    assert_no_error(error);
    for (guint i = 0; i < chains->len; i++) {
        LoomNftHook hook = {.is_bound = i == 0, .device = "eth1"};

        loom_nft_put_chain(batch, ((LoomGuardChain *)chains->pdata[i])->name, &hook);
    }
    for (guint i = 0; i < chains->len; i++) {
        const LoomGuardChain *chain = chains->pdata[i];

        for (guint k = 0; k < chain->rules->len; k++)
            loom_nft_put_rule(batch, chain->name, &g_array_index(chain->rules, LoomNftRule, k));
    }
    assert_int_equal(loom_nft_run(filter, batch, &refused), 0);
    g_autofree char *read = read_port(*state, "eth0");
    assert_null(strstr(read, "<port"));
    set_port(*state, host);
    assert_port(*state, host);
}

/* Chains of these names that are where they cannot work are made again. */
static void
test_odd_chains(void **state)
{
    g_autoptr(LoomHost) host = host_of(PORT REST);

    nft_does("add table netdev virt-loom");
    nft_does("add chain netdev virt-loom port/eth0");
    nft_does("add chain netdev virt-loom port/eth0/arp { type filter hook ingress device eth1 "
             "priority 0; }");
    set_port(*state, host);
    assert_port(*state, host);
}

static void
test_remove(void **state)
{
    g_autoptr(LoomHost) host = host_of(PORT REST);
    gboolean succeeded;

    nft_does("add table netdev theirs");
    nft_does("add chain netdev theirs mine { type filter hook ingress device eth0 priority 5; }");
    g_autofree char *before = nft("list ruleset", &succeeded);
    set_port(*state, host);
    remove_guards(*state, "eth0");
    g_autofree char *after = nft("list ruleset", &succeeded);
    assert_string_equal(after, before);
    remove_guards(*state, "eth0");
}

/* What outlived its device goes, others' guards stay. */
static void
test_collect(void **state)
{
    g_autoptr(LoomHost) host = host_of("<port link='eth1' dhcpguard='yes'/>" PORT REST);
    g_autofree char *key = loom_record_key(host->ports->pdata[0]);
    g_autoptr(LoomHost) all = loom_host_new();
    g_autoptr(GError) error = NULL;
    gboolean succeeded;

    for (guint i = 0; i < 2; i++) {
        loom_kernel_set_guards(*state, host->ports->pdata[i], &error);
        assert_no_error(error);
    }
    nft_does("add chain netdev virt-loom theirs");
    nft_does("add table netdev theirs");
    nft_does("add chain netdev theirs port/eth0/sources");
    g_autofree char *before = nft("list table netdev theirs", &succeeded);
    nft_does("add chain netdev virt-loom port/eth1/theirs"); /* of a device that is there */
    nft_does("add chain netdev virt-loom port/eth1/arp/x");
    nft_does("add chain netdev virt-loom port/gone0");
    nft_does("add rule netdev virt-loom port/gone0 drop");
    nft_does("add rule netdev virt-loom port/eth1/theirs jump port/gone0");
    nft_does("add rule netdev virt-loom port/eth1/theirs accept"); /* nobody jumps to it */
    g_autofree char *read = read_port(*state, "eth1");
    assert_non_null(strstr(read, "dhcpguard='yes'"));
    loom_kernel_read(*state, all, &error);
    assert_no_error(error);
    assert_non_null(loom_host_find(all, &loom_port_kind, key));
    nft_does("add chain netdev virt-loom port/gone1"); /* to which another's jumps */
    nft_does("add rule netdev virt-loom theirs jump port/gone1");
    ip("link del eth0");
    loom_kernel_collect_guards(*state, &error);
    assert_no_error(error);
    g_autofree char *after = nft("list table netdev virt-loom", &succeeded);
    assert_null(strstr(after, "eth0"));
    assert_null(strstr(after, "gone0"));
    assert_null(strstr(after, "port/eth1/theirs"));
    assert_null(strstr(after, "port/eth1/arp/x"));
    assert_non_null(strstr(after, "port/eth1"));
    assert_non_null(strstr(after, "chain theirs"));
    assert_non_null(strstr(after, "chain port/gone1"));
    g_autofree char *still = nft("list table netdev theirs", &succeeded);
    assert_string_equal(still, before);
}

/* A link that is made with the name of one that is gone gets its own guards, and no more. */
static void
test_outlived(void **state)
{
    LoomKernel *kernel = *state;
    g_autoptr(LoomHost) before = host_of(PORT REST), after = host_of(PORT " dhcpguard='yes'/>");
    g_autoptr(LoomHost) fresh = host_of("<port link='new1' dhcpguard='yes'/>");
    g_autoptr(LoomHost) target =
        loom_test_host("<host name='a'><link name='eth0' kind='veth' peer='far0'/>"
                       "<link name='new0' kind='veth' peer='new1'/></host>");
    g_autoptr(LoomHost) seen = loom_host_new();
    g_autoptr(GError) error = NULL;

    set_port(kernel, before);
    ip("link del eth0");
    kernel->backend.observe(&kernel->backend, target, seen, &error);
    assert_no_error(error);
    for (guint i = 0; i < target->links->len; i++) {
        LoomStep step = {
            .kind = &loom_link_kind, .verb = LOOM_STEP_CREATE, .to = target->links->pdata[i]};

        kernel->backend.run_step(&kernel->backend, &step, &error);
        assert_no_error(error);
    }
    set_port(kernel, after);
    assert_port(kernel, after);
    set_port(kernel, fresh); /* of which nobody had to ask */
    set_port(kernel, fresh);
    g_autofree char *read = read_port(kernel, "new1");
    g_autofree char *wanted = loom_host_format(fresh);
    assert_string_equal(read, wanted);
}

static GPtrArray *
steps_of(const LoomHost *target)
{
    GPtrArray *steps = g_ptr_array_new_with_free_func(g_free);
    const GPtrArray *const lists[] = {target->links, target->ports};
    const LoomKind *const kinds[] = {&loom_link_kind, &loom_port_kind};

    for (size_t k = 0; k < G_N_ELEMENTS(lists); k++)
        for (guint i = 0; i < lists[k]->len; i++) {
            LoomStep *step = g_new0(LoomStep, 1);

            *step =
                (LoomStep){.kind = kinds[k], .verb = LOOM_STEP_CREATE, .to = lists[k]->pdata[i]};
            g_ptr_array_add(steps, step);
        }
    return steps;
}

static gboolean
is_guarded(LoomKernel *kernel, const LoomPort *port)
{
    g_autofree char *read = read_port(kernel, port->link);

    return strstr(read, "guard='yes'") != NULL;
}

/* Ports of links that were made meanwhile are guarded with the first; if they cannot, each alone.
 */
static void
test_expected(void **state)
{
    LoomKernel *kernel = *state;
    LoomBackend *backend = &kernel->backend;
    g_autoptr(LoomHost) target = loom_test_host(
        "<host name='a'><link name='new0' kind='veth' peer='new1'/>"
        "<link name='new2' kind='veth' peer='new3'/>"
        "<port link='new1' dhcpguard='yes'/><port link='new3' routerguard='yes'/></host>");
    g_autoptr(GPtrArray) steps = steps_of(target);
    const LoomPort *first = target->ports->pdata[0], *second = target->ports->pdata[1];

    for (int refused = 0; refused < 2; refused++) {
        g_autoptr(LoomHost) seen = loom_host_new();
        g_autoptr(GError) error = NULL;

        assert_true(backend->observe(backend, target, seen, &error));
        backend->expect(backend, steps);
        for (guint i = 0; i < target->links->len; i++)
            assert_true(backend->run_step(backend, steps->pdata[i], &error));
        if (refused) { /* another made it meanwhile, at no device */
            nft_does("add table netdev virt-loom");
            nft_does("add chain netdev virt-loom port/new3");
        }
        assert_true(loom_kernel_set_guards(kernel, first, &error));
        assert_true(is_guarded(kernel, first));
        assert_true(is_guarded(kernel, second) == !refused);
        assert_true(loom_kernel_set_guards(kernel, second, &error));
        assert_true(is_guarded(kernel, second));
        backend->expect(backend, NULL);
        ip("link del new0\nlink del new2");
        loom_kernel_collect_guards(backend, &error);
        assert_no_error(error);
    }
}

/* All of it or nothing: what was there stays where the kernel refuses one of several ports. */
static void
test_refused(void **state)
{
    g_autoptr(LoomHost) host = host_of(PORT REST);
    g_autoptr(LoomHost) several =
        host_of("<port link='eth0' dhcpguard='yes'/><port link='eth1' dhcpguard='yes'/>"
                "<port link='far0' dhcpguard='yes'/>");
    g_autoptr(GError) error = NULL;
    gboolean succeeded;

    set_port(*state, host);
    nft_does("add chain netdev virt-loom port/eth1"); /* at no device, and not to be deleted: */
    nft_does("add chain netdev virt-loom theirs");
    nft_does("add rule netdev virt-loom theirs jump port/eth1");
    g_autofree char *before = nft("list ruleset", &succeeded);
    assert_false(loom_kernel_set_all_guards(*state, several->ports, &error));
    assert_non_null(strstr(error->message, "'eth1'"));
    g_autofree char *after = nft("list ruleset", &succeeded);
    assert_string_equal(after, before);
    nft_does("flush chain netdev virt-loom theirs");
    g_clear_error(&error);
    assert_true(loom_kernel_set_all_guards(*state, several->ports, &error));
    for (guint i = 0; i < several->ports->len; i++) {
        const char *link = ((LoomPort *)several->ports->pdata[i])->link;
        g_autofree char *read = read_port(*state, link);

        assert_non_null(strstr(read, "dhcpguard='yes'/>"));
    }
}

/* The step that comes next leaves alone what was set for it, and no other does. */
static void
test_together(void **state)
{
    g_autoptr(LoomHost) host =
        host_of("<port link='eth0' dhcpguard='yes'/><port link='eth1' dhcpguard='yes'/>");
    g_autoptr(LoomHost) first = host_of("<port link='eth0' dhcpguard='yes'/>");
    g_autoptr(LoomHost) other = host_of("<port link='eth0' routerguard='yes'/>");
    g_autoptr(GPtrArray) links = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    gboolean succeeded;

    assert_true(loom_kernel_set_all_guards(*state, host->ports, &error));
    assert_port(*state, first);
    nft_does("flush chain netdev virt-loom port/eth0");
    nft_does("flush chain netdev virt-loom port/eth1");
    set_port(*state, host); /* no transaction: it stays flushed */
    g_autofree char *skipped = nft("list chain netdev virt-loom port/eth0", &succeeded);
    assert_null(strstr(skipped, "drop"));
    set_port(*state, host);
    assert_port(*state, first);
    assert_true(loom_kernel_set_all_guards(*state, host->ports, &error));
    set_port(*state, other);
    assert_port(*state, other);
    set_port(*state, host); /* what was set is no longer there */
    assert_port(*state, first);
    g_ptr_array_add(links, (gpointer) "eth0");
    g_ptr_array_add(links, (gpointer) "eth1");
    g_ptr_array_add(links, (gpointer) "gone0");
    assert_true(loom_kernel_close_ports(*state, links, &error));
    g_autofree char *after = nft("list ruleset", &succeeded);
    assert_string_equal(after, "");
}

/* Sixty-four vNICs' worth of lists: longer than a socket usually takes at once. */
static void
test_long(void **state)
{
    g_autoptr(GString) text = g_string_new("<port link='eth0' macs='");

    for (int i = 0; i < 1500; i++)
        g_string_append_printf(text, "52:54:00:00:%02x:%02x ", i >> 8, i & 0xff);
    g_string_append(text, "'/>");
    g_autoptr(LoomHost) host = host_of(text->str);
    set_port(*state, host);
    assert_port(*state, host);
}

static LoomStage *stage;

static int
begin(void **state)
{
    g_autoptr(GError) error = NULL;

    stage = loom_stage_enter(&error);
    assert_no_error(error);
    ip("link add eth0 type veth peer name far0\n"
       "link add eth1 type veth peer name far1\n");
    *state = loom_kernel_new(&error);
    assert_no_error(error);
    return 0;
}

static int
end(void **state)
{
    loom_backend_free(*state);
    g_clear_pointer(&stage, loom_stage_free);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_read_back),       CASE(test_read_all),   CASE(test_altered),
        CASE(test_remove),          CASE(test_collect),    CASE(test_outlived),
        CASE(test_expected),        CASE(test_refused),    CASE(test_long),
        CASE(test_bound_elsewhere), CASE(test_odd_chains), CASE(test_together),
        CASE(test_link_local),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
