/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port/: another portgroup for a live port, in a kernel: guards, class and what is kept. */
#include "kernel-fixture.h"

#include "base/error.h"
#include "host/slice.h"
#include "port/guest.h"
#include "port/state.h"
#include "ports.h"

#include <string.h>

/* Fast has a class of its own, and a guard that Slow has not. */
#define GUARDS "tagguard='yes' macguard='yes' onfailure='refuse' logicalswitch='S'"
#define HOST                                                                                       \
    "<host name='h'><link name='sw0' kind='bridge' ours='yes' up='yes' logicalswitch='S'/>"        \
    "<port network='Blue' portgroup='Slow' " GUARDS "/>"                                           \
    "<port network='Blue' portgroup='Fast' class='Fast' admission='refuse' dhcpguard='yes' "       \
    "priority='16' " GUARDS "/>"                                                                   \
    "<class link='nic0' priority='16' name='Fast' rate='6000' ceiling='10000' perport='yes'"       \
    " logicalswitch='S'/><network name='Blue' uuid='" OTHER                                        \
    "' bridge='sw0' ours='yes' logicalswitch='S'><portgroup name='Slow' default='yes'/>"           \
    "<portgroup name='Fast'/></network></host>"

static char *directory;

static int
begin(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = loom_test_host(HOST);
    g_autoptr(LoomGuest) guest = loom_test_guest();
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;

    ip("link add sw0 group 1282371437 type bridge\n"
       "link set sw0 up\n"
       "link add nic0 type veth peer name wire0\n"
       "tuntap add vnet0 mode tap\n"
       "link set vnet0 address fe:54:00:8a:12:01 master sw0 up\n");
    directory = loom_test_make_directory();
    assert_true(loom_slice_save_all(host, directory, &error));
    loom_guest_ports_start(directory, guest, report, &error);
    assert_no_error(error);
    return 0;
}

static int
end(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomReport) report = loom_report_new();

    loom_guest_ports_release(directory, UUID, NULL, report);
    assert_int_equal(loom_report_length(report), 0);
    ip("link del vnet0\nlink del nic0\nlink del sw0\n");
    loom_test_remove_directory(directory);
    g_clear_pointer(&directory, g_free);
    return 0;
}

static gboolean
set(const char *portgroup, GError **error)
{
    g_autoptr(LoomGuest) guest = loom_test_guest();
    g_autoptr(LoomReport) report = loom_report_new();
    gboolean done = loom_guest_port_set(directory, guest, MAC, portgroup, report, error);

    assert_int_equal(loom_report_length(report), 0);
    return done;
}

static char *
run(const char *program, ...)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    char *told = NULL;
    va_list arguments;
    const char *word;

    g_ptr_array_add(words, (gpointer)program);
    va_start(arguments, program);
    while ((word = va_arg(arguments, const char *)))
        g_ptr_array_add(words, (gpointer)word);
    va_end(arguments);
    g_ptr_array_add(words, NULL);
    g_autoptr(GSubprocess) process = g_subprocess_newv((const char *const *)words->pdata,
                                                       G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
    assert_no_error(error);
    g_subprocess_communicate_utf8(process, NULL, NULL, &told, NULL, &error);
    assert_no_error(error);
    return told;
}

static char *
read_guards(void)
{
    return run("nft", "-s", "list", "table", "netdev", "virt-loom", NULL);
}

static char *
read_classes(void)
{
    return run("tc", "class", "show", "dev", "nic0", NULL);
}

static void
assert_kept(const char *portgroup)
{
    g_autoptr(LoomHost) state = loom_port_state_find(directory, LOOM_PORT_LIVE, UUID, MAC, NULL);

    assert_non_null(state);
    assert_string_equal(loom_port_state_port(state)->portgroup, portgroup);
}

static void
assert_says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("'%s' does not say '%s'", text, words);
}

static void
assert_lacks(const char *text, const char *words)
{
    if (strstr(text, words))
        fail_msg("'%s' says '%s'", text, words);
}

#define CLASS    "rate 6Mbit ceil 10Mbit"
#define PRIORITY "meta priority set 4c6f:2"
#define DHCP     "udp sport 67"

static void
test_there_and_back(void **state G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *slow = read_guards();
    g_autofree char *fast = NULL, *back = NULL, *classes = NULL, *after = NULL;

    assert_kept("Slow");
    assert_lacks(slow, PRIORITY);
    assert_lacks(slow, DHCP);
    assert_true(set("Fast", &error));
    fast = read_guards();
    classes = read_classes();
    assert_kept("Fast");
    assert_says(fast, PRIORITY);
    assert_says(fast, DHCP);
    assert_says(classes, CLASS);
    assert_true(set("Slow", &error));
    back = read_guards();
    after = read_classes();
    assert_kept("Slow");
    assert_string_equal(back, slow);
    assert_lacks(after, CLASS);
}

static void
test_again(void **state G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL, *after = NULL, *classes = NULL;

    assert_true(set("Fast", &error));
    before = read_guards();
    assert_true(set("Fast", &error));
    after = read_guards();
    classes = read_classes();
    assert_string_equal(after, before);
    assert_says(classes, CLASS);
    assert_kept("Fast");
}

/* A chain of that name that the kernel does not give up, for another's rule jumps to it. */
static void
test_as_before(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomGuest) guest = loom_test_guest();
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL, *after = NULL, *classes = NULL;

    nft_does("delete chain netdev virt-loom port/vnet0");
    nft_does("add chain netdev virt-loom port/vnet0");
    nft_does("add chain netdev virt-loom theirs");
    nft_does("add rule netdev virt-loom theirs jump port/vnet0");
    before = read_guards();
    assert_false(loom_guest_port_set(directory, guest, MAC, "Fast", report, &error));
    assert_says(error->message, "guest 'db1', vNIC " MAC " on network 'Blue' cannot get its port");
    assert_int_equal(loom_report_length(report), 1); /* nor what it was */
    after = read_guards();
    classes = read_classes();
    assert_string_equal(after, before);
    assert_lacks(classes, CLASS);
    assert_kept("Slow");
    nft_does("delete table netdev virt-loom");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_there_and_back, begin, end),
        cmocka_unit_test_setup_teardown(test_again, begin, end),
        cmocka_unit_test_setup_teardown(test_as_before, begin, end),
    };

    return cmocka_run_group_tests_name("portset", tests, NULL, NULL);
}
