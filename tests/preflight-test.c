/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of a guest before it moves, the way it takes, and how it is called there. */
#include "golden.h"

#include "apply/pathmtu.h"
#include "guest/preflight.h"
#include "guest/rewrite.h"
#include "host/migration.h"

#include <string.h>

static LoomHost *
load_host(const LoomCase *test_case, const char *file)
{
    g_autofree char *path = loom_case_path(test_case, file);
    g_autoptr(GError) error = NULL;
    LoomHost *host = loom_host_load(path, &error);

    assert_no_error(error);
    return host;
}

static void
add_lines(GString *text, const GPtrArray *checks)
{
    for (guint i = 0; i < checks->len; i++) {
        const LoomCheck *check = checks->pdata[i];

        g_string_append_printf(text, "%s %s: %s%s%s\n", loom_verdict_format(check->verdict),
                               check->subject, check->text, check->advice ? "; " : "",
                               check->advice ? check->advice : "");
    }
}

/* tests/data/preflight/CASE: guest.xml from the host of from.xml to that of to.xml, and the lines.
 */
static void
test_case(void **state)
{
    const LoomCase *test_case = *state;
    g_autofree char *xml = loom_case_read(test_case, "guest.xml");
    g_autofree char *there = NULL;
    g_autoptr(LoomHost) from = load_host(test_case, "from.xml");
    g_autoptr(LoomHost) to = load_host(test_case, "to.xml");
    g_autoptr(GPtrArray) checks = loom_checks_new();
    g_autoptr(GPtrArray) blind = loom_checks_new();
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomGuest) guest = loom_guest_parse(xml, strlen(xml), "guest.xml", &error);
    const LoomPreflight preflight = {from, to, from, to, to, "b"};
    const LoomPreflight without_fabric = {from, to, NULL, NULL, NULL, "b"};

    assert_no_error(error);
    loom_preflight_check_vnics(&preflight, guest, checks);
    add_lines(text, checks);
    loom_preflight_check_vnics(&without_fabric, guest, blind);
    assert_true(blind->len <= checks->len);
    if (loom_guest_retarget(from, to, xml, strlen(xml), "guest.xml", &there, &error))
        g_string_append_printf(text, "\n%s", there ? there : "as it is\n");
    else
        g_string_append_printf(text, "\n%s\n", error->message);
    loom_case_compare(test_case, "lines", text->str);
}

static void
add_path(LoomHost *host, const char *network, guint64 order, gboolean fallback, const char *address)
{
    LoomMigrationPath *path = loom_record_new(&loom_migration_path_kind);

    LOOM_SET(path, network, network);
    LOOM_SET(path, address, address);
    LOOM_SET_NUMBER(path, order, order);
    LOOM_SET_NUMBER(path, fallback, fallback);
    loom_record_add(host, path);
}

/* The source's order; the fallback last; what the destination lacks is no way. */
static void
test_pairs(void **state G_GNUC_UNUSED)
{
    static const char *const wanted[] = {"Fast", "Slow", "Management"};
    g_autoptr(LoomHost) from = loom_host_new();
    g_autoptr(LoomHost) to = loom_host_new();
    g_autoptr(GArray) pairs = NULL;

    add_path(from, "Management", 0, TRUE, NULL);
    add_path(from, "Slow", 2, FALSE, "192.0.2.1");
    add_path(from, "Only here", 3, FALSE, "192.0.2.1");
    add_path(from, "Fast", 1, FALSE, "192.0.2.1");
    add_path(to, "Slow", 0, FALSE, "192.0.2.2");
    add_path(to, "Fast", 1, FALSE, NULL);
    add_path(to, "Management", 2, FALSE, "192.0.2.2");
    pairs = loom_migration_list_pairs(from, to);
    assert_int_equal(pairs->len, G_N_ELEMENTS(wanted));
    for (guint i = 0; i < pairs->len; i++) {
        const LoomMigrationPair *pair = &g_array_index(pairs, LoomMigrationPair, i);

        assert_string_equal(pair->from->network, wanted[i]);
        assert_string_equal(pair->to->network, wanted[i]);
    }
}

static void
test_verdicts(void **state G_GNUC_UNUSED)
{
    g_autoptr(GPtrArray) checks = loom_checks_new();

    assert_int_equal(loom_checks_get_worst(checks), LOOM_VERDICT_OK);
    loom_checks_add(checks, LOOM_VERDICT_ERROR, "a", NULL, "x");
    loom_checks_add(checks, LOOM_VERDICT_WARNING, "a", "do", "y %d", 1);
    assert_int_equal(loom_checks_get_worst(checks), LOOM_VERDICT_ERROR);
    assert_string_equal(((LoomCheck *)checks->pdata[1])->text, "y 1");
}

/* What needs no packet: addresses and sizes that are none. */
static void
test_path_mtu_refusals(void **state G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    LoomPathMtu answer = LOOM_PATH_MTU_UNKNOWN;

    assert_false(loom_path_mtu_probe("192.0.2.1", NULL, 80, 1, &answer, &error));
    assert_string_equal(error->message, "An MTU of 80 is too small to be asked for");
    g_clear_error(&error);
    assert_false(loom_path_mtu_probe("2001:db8::1", NULL, 0, 1, &answer, &error));
    g_clear_error(&error);
    assert_false(loom_path_mtu_probe("web1", NULL, 1500, 1, &answer, &error));
    assert_string_equal(error->message, "'web1' is not an address");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_path_mtu_refusals),
        {NULL, NULL, NULL, NULL, NULL},
    };

    return loom_case_run_all("preflight", test_case, tests);
}
