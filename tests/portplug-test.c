/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port/: what a running guest's further vNIC may be promised, and another portgroup for one. */
#include "test.h"

#include "base/error.h"
#include "guest/note.h"
#include "guest/portgroup.h"
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
    " logicalswitch='S'/><network name='Blue' uuid='" OTHER                                        \
    "' bridge='sw0' ours='yes' logicalswitch='S'>"                                                 \
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

/* What is noted goes with the text, and is asked for where it comes. */
#define NOTED(source, uri, line)                                                                   \
    "<domain><name>db1</name><uuid>" UUID "</uuid><metadata><x:ports xmlns:x='" uri "'>" line      \
    "</x:ports></metadata><devices><interface type='bridge'><mac address='" MAC                    \
    "'/><source " source "/></interface></devices></domain>"
#define LINE "<port mac='" MAC "' network='Blue' from='Slow' portgroup='Fast'/>"
#define LIVE "urn:virt-loom:live:1"

/* EXPECTED NULL: it needs no change. */
static void
assert_applied(const char *text, const char *expected)
{
    g_autofree char *result = NULL;
    g_autoptr(GError) error = NULL;

    assert_true(loom_note_apply(text, strlen(text), "guest", &result, &error));
    if (expected)
        assert_string_equal(result, expected);
    else
        assert_null(result);
}

static void
test_note(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = make_directory();
    const char *slow = DOMAIN("network='Blue' portgroup='Slow'");
    const char *fast = DOMAIN("network='Blue' portgroup='Fast'");
    g_autofree char *note = NULL;
    g_autofree char *none = NULL;
    g_autoptr(GError) error = NULL;

    keep_port(directory, UUID, MAC, "lo"); /* Fast */
    assert_true(loom_guest_ports_note(directory, slow, strlen(slow), "guest", &note, &error));
    assert_string_equal(note, "<ports>" LINE "</ports>");
    assert_true(loom_guest_ports_note(directory, fast, strlen(fast), "guest", &none, &error));
    assert_null(none);
    remove_all(directory);

    assert_applied(NOTED("network='Blue' portgroup='Slow'", LIVE, LINE),
                   NOTED("network='Blue' portgroup='Fast'", LIVE, LINE));
    assert_applied(NOTED("network='Blue'", LIVE,
                         "<x:port mac='" MAC "' network='Blue' portgroup='&lt;&apos;'/>"),
                   NOTED("network='Blue' portgroup='&lt;&apos;'", LIVE,
                         "<x:port mac='" MAC "' network='Blue' portgroup='&lt;&apos;'/>"));
    /* it speaks of another time, another vNIC, or is not ours */
    assert_applied(NOTED("network='Blue' portgroup='Fast'", LIVE, LINE), NULL);
    assert_applied(NOTED("network='Red' portgroup='Slow'", LIVE, LINE), NULL);
    assert_applied(NOTED("bridge='sw0'", LIVE, LINE), NULL);
    assert_applied(NOTED("network='Blue' portgroup='Slow'", "urn:virt-loom:1", LINE), NULL);
    assert_applied(NOTED("network='Blue' portgroup='Slow'", LIVE, "<port/><other mac='x'/>"), NULL);
    assert_applied(slow, NULL);
}

static char *
set(const char *text, const char *mac, const char *portgroup, GError **error)
{
    return loom_portgroup_set(text, strlen(text), "guest", mac, portgroup, error);
}

static void
assert_set(const char *text, const char *portgroup, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *changed = set(text, MAC, portgroup, &error);

    assert_no_error(error);
    assert_string_equal(changed, expected);
}

/* Nothing but the value changes, whatever else the text holds that looks like it. */
static void
test_set_in_text(void **state G_GNUC_UNUSED)
{
    assert_set(DOMAIN("network='Blue' portgroup='Slow' bridge='sw0'"), "Fast",
               DOMAIN("network='Blue' portgroup='Fast' bridge='sw0'"));
    assert_set(DOMAIN("portgroup=\"Slow\" network=\"Blue\""), "Fast",
               DOMAIN("portgroup=\"Fast\" network=\"Blue\""));
    assert_set(DOMAIN("network='Blue'"), "R&D '<1>'",
               DOMAIN("network='Blue' portgroup='R&amp;D &apos;&lt;1&gt;&apos;'"));
    assert_set("<!-- <source portgroup='x'/> -->\n" DOMAIN("network='Blue' portgroup=''"), "Fast",
               "<!-- <source portgroup='x'/> -->\n" DOMAIN("network='Blue' portgroup='Fast'"));
}

/* The second of two, by a MAC address in other letters. */
static void
test_set_of_second(void **state G_GNUC_UNUSED)
{
    const char *text = "<domain><name>db1</name><uuid>" UUID "</uuid><devices>"
                       "<interface type='network'><mac address='" MAC2 "'/>"
                       "<source network='Blue' portgroup='Slow'/></interface>"
                       "<interface type='network'><mac address='52:54:00:8A:12:01'/>"
                       "<source network='Blue' portgroup='Slow'/></interface></devices></domain>";
    g_autoptr(GError) error = NULL;
    g_autofree char *changed = set(text, MAC, "Fast", &error);

    assert_no_error(error);
    assert_non_null(strstr(changed, MAC2 "'/><source network='Blue' portgroup='Slow'"));
    assert_non_null(strstr(changed, "8A:12:01'/><source network='Blue' portgroup='Fast'"));
}

static void
test_set_refused(void **state G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;

    assert_null(set(DOMAIN("network='Blue'"), MAC2, "Fast", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND));
    g_clear_error(&error);
    assert_null(set(DOMAIN("bridge='sw0'"), MAC, "Fast", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND));
    g_clear_error(&error);
    for (size_t i = 0; i < strlen(DOMAIN("network='Blue'")); i++) {
        g_autofree char *cut = g_strndup(DOMAIN("network='Blue'"), i);

        assert_null(set(cut, MAC, "Fast", &error));
        assert_non_null(error);
        g_clear_error(&error);
    }
}

/* --- another portgroup for a live port: what is refused before the kernel is asked ------------ */

static void
assert_port_keeps(const char *directory, const char *portgroup, int code, const char *words)
{
    g_autoptr(LoomGuest) guest = make_guest();
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) state = NULL;

    assert_false(loom_guest_port_set(directory, guest, MAC, portgroup, report, &error));
    if (!g_error_matches(error, LOOM_ERROR, code) || !strstr(error->message, words))
        fail_msg("'%s' does not say '%s'", error->message, words);
    state = loom_port_state_find(directory, LOOM_PORT_LIVE, UUID, MAC, NULL);
    assert_true(!state || g_str_equal(loom_port_state_port(state)->portgroup, "Slow"));
}

static void
test_port_set_refused(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = make_directory();
    g_autoptr(LoomHost) slice = loom_test_host(PROMISE("refuse"));
    g_autoptr(LoomHost) kept = NULL;
    g_autoptr(GError) error = NULL;
    LoomPort *port = loom_record_copy(slice->ports->pdata[1]);

    assert_port_keeps(directory, "Fast", LOOM_ERROR_NOT_FOUND,
                      "guest 'db1' has no live port of virt-loom's with the MAC address " MAC);
    LOOM_SET(port, domain, UUID);
    LOOM_SET(port, mac, MAC);
    LOOM_SET(port, link, "lo");
    kept = loom_port_state_new(slice, port, "db1");
    assert_true(loom_port_state_save(directory, LOOM_PORT_LIVE, kept, &error));
    assert_port_keeps(directory, "Fast", LOOM_ERROR_NOT_FOUND, "has no network 'Blue'");
    assert_true(loom_slice_save_all(slice, directory, &error));
    assert_port_keeps(directory, "None", LOOM_ERROR_NOT_FOUND, "no portgroup 'None'");
    keep_port(directory, OTHER, MAC2, "lo");
    assert_port_keeps(directory, "Fast", LOOM_ERROR_BUSY, "has promised 6000 Mbit/s");
    remove_all(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_in_text), cmocka_unit_test(test_set_of_second),
        cmocka_unit_test(test_set_refused), cmocka_unit_test(test_port_set_refused),
        cmocka_unit_test(test_restate),     cmocka_unit_test(test_note),
        cmocka_unit_test(test_admission),   cmocka_unit_test(test_admission_of_further),
    };

    return cmocka_run_group_tests_name("portplug", tests, NULL, NULL);
}
