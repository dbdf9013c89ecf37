/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* port/: what a running guest's further vNIC may be promised, as it is asked for and as it comes.
 */
#include "test.h"

#include "base/error.h"
#include "host/slice.h"
#include "port/guest.h"
#include "port/share.h"
#include "port/state.h"
#include "ports.h"

#include <string.h>
#include <utime.h>

/* --- what is asked for ------------------------------------------------------------------------ */

static gboolean
admit(const char *directory, const char *slice_text, const char *portgroup, LoomReport *report,
      GError **error)
{
    g_autoptr(LoomHost) slice = loom_test_host(slice_text);
    g_autoptr(LoomGuest) guest = loom_test_guest();
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
    g_autofree char *directory = loom_test_make_directory();
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;

    assert_admission(directory, "Fast", NULL);
    loom_test_keep_port(directory, OTHER, MAC2, "gone9");
    assert_admission(directory, "Fast", NULL);
    loom_test_keep_port(directory, UUID, MAC,
                        "lo"); /* itself, which the agent was faster to give */
    assert_admission(directory, "Fast", NULL);
    loom_test_keep_port(directory, OTHER, MAC2, "lo");
    assert_admission(directory, "Fast", words);
    assert_admission(directory, NULL, words);
    assert_admission(directory, "Slow", NULL);
    assert_admission(directory, "None", "no portgroup 'None'");
    assert_true(admit(directory, PROMISE("warn"), "Fast", report, &error));
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_WARNING), 1);
    loom_test_remove_directory(directory);
}

/* The guest's own further vNICs count too. */
static void
test_admission_of_further(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = loom_test_make_directory();

    loom_test_keep_port(directory, UUID, MAC2, "lo");
    assert_admission(directory, "Fast", "has promised 6000 Mbit/s");
    loom_test_remove_directory(directory);
}

/* --- what libvirt announces, before there is a tap -------------------------------------------- */

static gboolean
has_intent(const char *directory, const char *domain, const char *mac)
{
    return loom_port_state_age(directory, LOOM_PORT_INTENT, domain, mac) >= 0;
}

/* NUMBER: of the pattern: Fast, Slow. */
static gboolean
announce(const char *directory, const char *slice_text, guint number, const char *domain,
         const char *mac, GError **error)
{
    g_autoptr(LoomHost) slice = loom_test_host(slice_text);
    g_autoptr(LoomReport) report = loom_report_new();
    LoomPort *port = loom_record_copy(slice->ports->pdata[number]);
    gboolean done;

    LOOM_SET(port, domain, domain);
    LOOM_SET(port, mac, mac);
    done = loom_guest_port_announce(directory, slice, port, "db2", report, error);
    assert_int_equal(has_intent(directory, domain, mac), done);
    assert_int_equal(loom_report_length(report), strstr(slice_text, "'warn'") ? 1 : 0);
    return done;
}

static void
assert_announced(const char *directory, guint number, const char *domain, const char *mac)
{
    g_autoptr(GError) error = NULL;

    assert_true(announce(directory, PROMISE("refuse"), number, domain, mac, &error));
    assert_no_error(error);
}

static void
assert_not_announced(const char *directory, const char *domain, const char *mac)
{
    g_autoptr(GError) error = NULL;

    assert_false(announce(directory, PROMISE("refuse"), 0, domain, mac, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_BUSY));
    assert_non_null(strstr(error->message, "guest 'db2', vNIC "));
    assert_non_null(strstr(error->message, "switch 'S' has promised 6000 Mbit/s to the ports"));
}

/* What is kept of the intent is that many seconds old. */
static void
age_intent(const char *directory, const char *domain, const char *mac, int seconds)
{
    g_autofree char *name = g_strconcat(mac, ".xml", NULL);
    g_autofree char *path = g_build_filename(directory, "intents", domain, name, NULL);
    struct utimbuf times = {.modtime = g_get_real_time() / G_USEC_PER_SEC - seconds};

    assert_int_equal(utime(path, &times), 0);
}

static void
test_announce(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = loom_test_make_directory();
    g_autofree char *lock = g_build_filename(directory, "locks", "sw0", NULL);
    g_autoptr(GError) error = NULL;

    assert_announced(directory, 1, UUID, MAC2); /* nothing is promised: nobody is waited for */
    assert_false(g_file_test(lock, G_FILE_TEST_EXISTS));
    assert_announced(directory, 0, UUID, MAC);
    assert_true(g_file_test(lock, G_FILE_TEST_EXISTS));
    assert_announced(directory, 0, UUID, MAC); /* itself, shown again */
    assert_not_announced(directory, OTHER, MAC2);
    assert_not_announced(directory, UUID, MAC2); /* what was noted of it before is gone */
    assert_announced(directory, 1, OTHER, MAC2);
    assert_true(announce(directory, PROMISE("warn"), 0, OTHER, MAC2, &error));
    loom_test_remove_directory(directory);
}

/* A guest that never came blocks nobody for ever. */
static void
test_stale_intent(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = loom_test_make_directory();

    assert_announced(directory, 0, UUID, MAC);
    age_intent(directory, UUID, MAC, LOOM_PORT_INTENT_SECONDS - 10);
    assert_not_announced(directory, OTHER, MAC2);
    age_intent(directory, UUID, MAC, LOOM_PORT_INTENT_SECONDS);
    assert_announced(directory, 0, OTHER, MAC2);
    loom_test_remove_directory(directory);
}

static void
assert_reserved(const char *directory, const char *domain, const char *mac, guint64 expected)
{
    g_autoptr(LoomHost) slice = loom_test_host(PROMISE("refuse"));

    assert_int_equal(loom_port_share_reserved(directory, slice, domain, mac), expected);
}

/* Live or about to be: once each. */
static void
test_reserved(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = loom_test_make_directory();

    assert_announced(directory, 0, UUID, MAC);
    assert_reserved(directory, OTHER, NULL, 6000);
    loom_test_keep_port(directory, UUID, MAC,
                        "gone9"); /* of a start before, which nobody survived */
    assert_reserved(directory, OTHER, NULL, 6000);
    loom_test_keep_port(directory, UUID, MAC, "lo");
    assert_reserved(directory, OTHER, NULL, 6000);
    loom_test_keep_port(directory, UUID, MAC2, "lo");
    assert_reserved(directory, OTHER, NULL, 12000);
    assert_reserved(directory, UUID, MAC, 6000);
    assert_reserved(directory, UUID, MAC2, 6000);
    assert_reserved(directory, UUID, NULL, 0);
    loom_test_remove_directory(directory);
}

/* At its start a guest's own intents count as its vNICs, and others' as what they will be. */
static void
test_start_beside_intents(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = loom_test_make_directory();
    g_autoptr(LoomHost) slice = loom_test_host(PROMISE("refuse"));
    g_autoptr(LoomHost) ours = loom_test_host(OURS("refuse"));
    g_autoptr(LoomGuest) guest = loom_test_guest();
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;

    assert_true(loom_slice_save_all(ours, directory, &error));
    assert_announced(directory, 0, UUID, MAC);
    assert_false(loom_guest_ports_check(directory, guest, report, &error));
    assert_null(strstr(error->message, "promised")); /* only the bridge is not there */
    g_clear_error(&error);
    assert_true(loom_port_state_remove(directory, LOOM_PORT_INTENT, UUID, NULL, &error));
    assert_announced(directory, 0, OTHER, MAC2);
    assert_false(loom_guest_ports_check(directory, guest, report, &error));
    assert_non_null(strstr(error->message, "guest 'db1', vNIC " MAC ": switch 'S' has promised"));
    loom_test_remove_directory(directory);
}

/* --- a port of which nothing is kept, and its tap comes: what the agent finds ------------------
 */

/* Of the vNIC's tap, vnet0, there is none: nothing reaches the kernel. */
static LoomReport *
repair_new(const char *directory, const char *slice_text)
{
    g_autoptr(LoomHost) slice = loom_test_host(slice_text);
    g_autoptr(LoomGuest) guest = loom_test_guest();
    LoomReport *report = loom_report_new();
    g_autoptr(GError) error = NULL;

    assert_true(loom_slice_save_all(slice, directory, &error));
    loom_guest_ports_repair(directory, guest, report);
    assert_int_equal(loom_port_state_age(directory, LOOM_PORT_LIVE, UUID, MAC), -1);
    return report;
}

static void
assert_said(const LoomReport *report, guint number, const char *words)
{
    assert_true(loom_report_length(report) > number);
    if (!strstr(loom_report_get(report, number)->message, words))
        fail_msg("'%s' does not say '%s'", loom_report_get(report, number)->message, words);
}

static void
test_new_port_is_asked_for(void **state G_GNUC_UNUSED)
{
    const char *promised = "guest 'db1', vNIC " MAC ": switch 'S' has promised 6000 Mbit/s";
    const char *begun = "cannot get its port: its tap 'vnet0' is not there";
    g_autofree char *directory = loom_test_make_directory();
    g_autoptr(LoomReport) fits = NULL;
    g_autoptr(LoomReport) warned = NULL;
    g_autoptr(LoomReport) refused = NULL;

    assert_announced(directory, 0, UUID, MAC);
    fits = repair_new(directory, OURS("refuse"));
    assert_int_equal(loom_report_length(fits), 1);
    assert_said(fits, 0, begun);
    assert_true(has_intent(directory, UUID, MAC));
    loom_test_keep_port(directory, OTHER, MAC2, "lo"); /* somebody was faster */
    warned = repair_new(directory, OURS("warn"));
    assert_int_equal(loom_report_length(warned), 2);
    assert_said(warned, 0, promised);
    assert_said(warned, 1, begun);
    refused = repair_new(directory, OURS("refuse"));
    assert_int_equal(loom_report_length(refused), 1);
    assert_said(refused, 0, promised);
    assert_said(refused, 0, "with its only NIC; its port stays closed");
    assert_false(has_intent(directory, UUID, MAC));
    loom_test_remove_directory(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admission),
        cmocka_unit_test(test_admission_of_further),
        cmocka_unit_test(test_announce),
        cmocka_unit_test(test_stale_intent),
        cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_start_beside_intents),
        cmocka_unit_test(test_new_port_is_asked_for),
    };

    return cmocka_run_group_tests_name("promise", tests, NULL, NULL);
}
