/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port/: another portgroup for a live port, and how it goes with the guest. */
#include "test.h"

#include "base/error.h"
#include "guest/note.h"
#include "guest/portgroup.h"
#include "host/slice.h"
#include "port/guest.h"
#include "port/policy.h"
#include "port/state.h"
#include "ports.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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
    g_autofree char *directory = loom_test_make_directory();
    g_autoptr(LoomHost) slice = loom_test_host(
        "<host name='h'><network name='Blue' uuid='" OTHER "' bridge='sw0' ours='yes'>"
        "<portgroup name='Fast'/><portgroup name='Slow' default='yes'/></network></host>");
    g_autoptr(GError) error = NULL;
    g_autofree char *result = NULL;
    g_autofree char *path = g_build_filename(directory, "ports", UUID, MAC ".xml", NULL);

    assert_restated(directory, DOMAIN("network='Blue' portgroup='Slow'"), NULL);
    loom_test_keep_port(directory, UUID, MAC, "lo"); /* Fast */
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
    loom_test_remove_directory(directory);
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
    g_autofree char *directory = loom_test_make_directory();
    const char *slow = DOMAIN("network='Blue' portgroup='Slow'");
    const char *fast = DOMAIN("network='Blue' portgroup='Fast'");
    g_autofree char *note = NULL;
    g_autofree char *none = NULL;
    g_autoptr(GError) error = NULL;

    loom_test_keep_port(directory, UUID, MAC, "lo"); /* Fast */
    assert_true(loom_guest_ports_note(directory, slow, strlen(slow), "guest", &note, &error));
    assert_string_equal(note, "<ports>" LINE "</ports>");
    assert_true(loom_guest_ports_note(directory, fast, strlen(fast), "guest", &none, &error));
    assert_null(none);
    loom_test_remove_directory(directory);

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
    g_autoptr(LoomGuest) guest = loom_test_guest();
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
    g_autofree char *directory = loom_test_make_directory();
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
    loom_test_keep_port(directory, OTHER, MAC2, "lo");
    assert_port_keeps(directory, "Fast", LOOM_ERROR_BUSY, "has promised 6000 Mbit/s");
    loom_test_remove_directory(directory);
}

/* --- what is kept of it ------------------------------------------------------------------------
 */

/* What a process that was killed began to write goes with the next one; what one is writing stays.
 */
static void
test_torn(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = loom_test_make_directory();
    g_autofree char *parent = g_build_filename(directory, "ports", UUID, NULL);
    const pid_t child = fork();
    g_autofree char *torn = g_strdup_printf("%s/" MAC ".xml.%d.new", parent, child);
    g_autofree char *other = g_strdup_printf("%s/" MAC2 ".xml.%d.new", parent, child);
    g_autofree char *written = g_strdup_printf("%s/" MAC ".xml.%d.new", parent, getpid());

    if (!child)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(g_mkdir_with_parents(parent, 0755), 0);
    assert_true(g_file_set_contents(torn, "<ho", -1, NULL));
    assert_true(g_file_set_contents(other, "<ho", -1, NULL));
    assert_true(g_file_set_contents(written, "<ho", -1, NULL));
    loom_test_keep_port(directory, UUID, MAC, "lo");
    assert_false(g_file_test(torn, G_FILE_TEST_EXISTS));
    assert_true(g_file_test(other, G_FILE_TEST_EXISTS));
    assert_false(g_file_test(written, G_FILE_TEST_EXISTS)); /* this process has written it */
    assert_true(g_file_set_contents(torn, "<ho", -1, NULL));
    assert_true(loom_port_state_remove(directory, LOOM_PORT_LIVE, UUID, MAC2, NULL));
    assert_true(g_file_test(torn, G_FILE_TEST_EXISTS));
    assert_true(loom_port_state_remove(directory, LOOM_PORT_LIVE, UUID, MAC, NULL));
    assert_false(g_file_test(parent, G_FILE_TEST_EXISTS));
    loom_test_remove_directory(directory);
}

/* --- what goes with a guest that moves ---------------------------------------------------------
 */

/* What is the host's own affair is not in it; the committed host has the class. */
static void
test_policy(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = loom_test_make_directory(), *text = NULL;
    g_autoptr(LoomHost) committed = loom_test_host(PROMISE("refuse"));
    g_autoptr(LoomHost) none = loom_port_policy_collect(directory, UUID, committed);
    g_autoptr(LoomHost) policy = NULL, again = NULL;

    assert_null(none);
    loom_test_keep_port(directory, UUID, MAC2, "lo");
    loom_test_keep_port(directory, UUID, MAC, "lo");
    loom_test_keep_port(directory, OTHER, "52:54:00:8a:12:03", "lo");
    policy = loom_port_policy_collect(directory, UUID, committed);
    assert_string_equal(policy->name, "h");
    assert_int_equal(policy->ports->len, 2);
    assert_int_equal(policy->classes->len, 1);
    text = loom_host_format(policy);
    assert_non_null(strstr(text, "portgroup='Fast'"));
    assert_non_null(strstr(text, "rate='6000000'"));
    assert_null(strstr(text, "link='lo'"));
    assert_null(strstr(text, UUID));
    /* the text is what the other host reads */
    again = loom_test_host(text);
    assert_string_equal(loom_port_policy_find(again, "52:54:00:8A:12:02")->portgroup, "Fast");
    assert_null(loom_port_policy_find(again, "52:54:00:8a:12:03"));
    loom_test_remove_directory(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_in_text), cmocka_unit_test(test_set_of_second),
        cmocka_unit_test(test_set_refused), cmocka_unit_test(test_port_set_refused),
        cmocka_unit_test(test_restate),     cmocka_unit_test(test_note),
        cmocka_unit_test(test_policy),      cmocka_unit_test(test_torn),
    };

    return cmocka_run_group_tests_name("portplug", tests, NULL, NULL);
}
