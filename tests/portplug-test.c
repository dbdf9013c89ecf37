/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port/: what a running guest's further vNIC may be promised, and another portgroup for one. */
#include "test.h"

#include "base/error.h"
#include "host/slice.h"
#include "hosts.h"
#include "port/guest.h"
#include "port/state.h"

#include <glib/gstdio.h>
#include <string.h>

#define UUID  "c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f01"
#define OTHER "c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f02"
#define MAC   "52:54:00:8a:12:01"

static LoomGuest *
make_guest(void)
{
    static const char text[] =
        "<domain><name>db1</name><uuid>" UUID "</uuid><devices><interface type='bridge'>"
        "<mac address='" MAC "'/><source network='Blue'/><target dev='vnet0'/></interface>"
        "</devices></domain>";
    g_autoptr(GError) error = NULL;
    LoomGuest *guest = loom_guest_parse(text, strlen(text), "guest", &error);

    assert_no_error(error);
    return guest;
}

static char *
make_directory(void)
{
    return g_dir_make_tmp("virt-loom-plug-XXXXXX", NULL);
}

static void
remove_all(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        remove_all(below);
    }
    g_remove(path);
}

/* --- admission of a plug --------------------------------------------------------------------- */

/* 10000 Mbit/s, of which the ports of Blue are promised 6000 each. */
#define PROMISE(admission)                                                                         \
    "<host name='h'><port network='Blue' portgroup='Fast' class='Fast' logicalswitch='S'"          \
    " admission='" admission "'/><port network='Blue' portgroup='Slow' logicalswitch='S'/>"        \
    "<class link='nic0' priority='16' name='Fast' rate='6000000' ceiling='10000000' perport='yes'" \
    " logicalswitch='S'/><network name='Blue' uuid='" OTHER "' bridge='sw0'>"                      \
    "<portgroup name='Fast' default='yes'/><portgroup name='Slow'/></network></host>"

#define MAC2 "52:54:00:8a:12:02"

/* What DOMAIN's port of that MAC address is kept as, with a tap of that name. */
static void
keep_port(const char *directory, const char *domain, const char *mac, const char *tap)
{
    g_autoptr(LoomHost) slice = loom_test_host(PROMISE("refuse"));
    LoomPort *port = loom_record_copy(slice->ports->pdata[0]);
    g_autoptr(LoomHost) state = NULL;
    g_autoptr(GError) error = NULL;

    LOOM_SET(port, domain, domain);
    LOOM_SET(port, mac, mac);
    LOOM_SET(port, link, tap);
    state = loom_port_state_new(slice, port, "db");
    assert_true(loom_port_state_save(directory, LOOM_PORT_LIVE, state, &error));
}

static gboolean
admit(const char *directory, const char *slice_text, const char *portgroup, LoomReport *report,
      GError **error)
{
    g_autoptr(LoomHost) slice = loom_test_host(slice_text);
    g_autoptr(LoomGuest) guest = make_guest();
    const LoomGuestVnic vnic = {
        .type = "network", .mac = (char *)MAC, .network = (char *)"Blue", .portgroup = portgroup};

    return loom_guest_port_admit(directory, slice, guest, &vnic, report, error);
}

/* WORDS: of the error; NULL: it is admitted. */
static void
assert_admission(const char *directory, const char *portgroup, const char *words)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;

    assert_int_equal(admit(directory, PROMISE("refuse"), portgroup, report, &error), !words);
    assert_int_equal(loom_report_length(report), 0);
    if (words && !strstr(error->message, words))
        fail_msg("'%s' does not say '%s'", error->message, words);
}

/* A tap that is there is promised something; what nobody has any more is not. */
static void
test_admission(void **state G_GNUC_UNUSED)
{
    const char *words = "guest 'db1', vNIC " MAC ": switch 'S' has promised 6000 Mbit/s";
    g_autofree char *directory = make_directory();
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;

    assert_admission(directory, "Fast", NULL);
    keep_port(directory, OTHER, MAC2, "gone9");
    assert_admission(directory, "Fast", NULL);
    keep_port(directory, UUID, MAC, "lo"); /* itself, which the agent was faster to give */
    assert_admission(directory, "Fast", NULL);
    keep_port(directory, OTHER, MAC2, "lo");
    assert_admission(directory, "Fast", words);
    assert_admission(directory, NULL, words);
    assert_admission(directory, "Slow", NULL);
    assert_admission(directory, "None", "no portgroup 'None'");
    assert_true(admit(directory, PROMISE("warn"), "Fast", report, &error));
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_WARNING), 1);
    remove_all(directory);
}

/* The guest's own further vNICs count too. */
static void
test_admission_of_further(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = make_directory();

    keep_port(directory, UUID, MAC2, "lo");
    assert_admission(directory, "Fast", "has promised 6000 Mbit/s");
    remove_all(directory);
}

/* --- in the text of the domain --------------------------------------------------------------- */

#define DOMAIN(source)                                                                             \
    "<domain><name>db1</name><uuid>" UUID "</uuid><devices><interface type='bridge'>"              \
    "<mac address='" MAC "'/><source " source "/></interface></devices></domain>"

/* EXPECTED NULL: it needs no change. */
static void
assert_restated(const char *directory, const char *text, const char *expected)
{
    g_autofree char *result = NULL;
    g_autoptr(GError) error = NULL;

    assert_true(loom_guest_ports_restate(directory, text, strlen(text), "guest", &result, &error));
    if (expected)
        assert_string_equal(result, expected);
    else
        assert_null(result);
}

static void
test_restate(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = make_directory();
    g_autoptr(LoomHost) slice = loom_test_host(
        "<host name='h'><network name='Blue' uuid='" OTHER "' bridge='sw0' ours='yes'>"
        "<portgroup name='Fast'/><portgroup name='Slow' default='yes'/></network></host>");
    g_autoptr(GError) error = NULL;
    g_autofree char *result = NULL;
    g_autofree char *path = g_build_filename(directory, "ports", UUID, MAC ".xml", NULL);

    assert_restated(directory, DOMAIN("network='Blue' portgroup='Slow'"), NULL);
    keep_port(directory, UUID, MAC, "lo"); /* Fast */
    assert_restated(directory, DOMAIN("network='Blue' portgroup='Slow' bridge='sw0'"),
                    DOMAIN("network='Blue' portgroup='Fast' bridge='sw0'"));
    assert_restated(directory, DOMAIN("network='Blue' portgroup='Fast'"), NULL);
    assert_restated(directory, DOMAIN("network='Red' portgroup='Slow'"), NULL);
    assert_restated(directory, DOMAIN("bridge='sw0'"), NULL);
    /* what the default is, nobody knows; then it is Slow */
    assert_restated(directory, DOMAIN("network='Blue'"), NULL);
    assert_true(loom_slice_save_all(slice, directory, &error));
    assert_restated(directory, DOMAIN("network='Blue'"), DOMAIN("network='Blue' portgroup='Fast'"));

    assert_false(loom_guest_ports_restate(directory, "<domain", 7, "guest", &result, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    g_clear_error(&error);
    assert_true(g_file_set_contents(path, "<host", -1, NULL));
    assert_false(loom_guest_ports_restate(directory, DOMAIN("network='Blue'"),
                                          strlen(DOMAIN("network='Blue'")), "guest", &result,
                                          &error));
    assert_non_null(error);
    assert_null(result);
    remove_all(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restate),
        cmocka_unit_test(test_admission),
        cmocka_unit_test(test_admission_of_further),
    };

    return cmocka_run_group_tests_name("portplug", tests, NULL, NULL);
}
