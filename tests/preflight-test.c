/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of a guest before it moves, the way it takes, and how it is called there. */
#include "golden.h"

#include "apply/pathmtu.h"
#include "guest/continuity.h"
#include "guest/preflight.h"
#include "guest/preshare.h"
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
    const LoomPreflight preflight = {from, to, from, to, to, "b", NULL};
    const LoomPreflight without_fabric = {from, to, NULL, NULL, NULL, "b", NULL};

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

/* web<NUMBER>, with one vNIC of 300 Mbit/s on the network of tests/data/preflight/share-kept. */
static LoomGuest *
make_gold(unsigned number)
{
    g_autofree char *xml = g_strdup_printf(
        "<domain><name>web%u</name><uuid>00000000-9d3e-4b7f-8a65-1b2c3d4e5f%02u</uuid><devices>"
        "<interface type='network'><mac address='52:54:00:00:02:%02u'/>"
        "<source network='Web' portgroup='Gold'/></interface></devices></domain>",
        number, number, number);
    g_autoptr(GError) error = NULL;
    LoomGuest *guest = loom_guest_parse(xml, strlen(xml), "web", &error);

    assert_no_error(error);
    return guest;
}

static void
assert_share(const LoomPreflight *preflight, const LoomGuest *guest, LoomVerdict verdict,
             const char *says)
{
    g_autoptr(GPtrArray) checks = loom_checks_new();
    const LoomCheck *last;

    loom_preflight_check_vnics(preflight, guest, checks);
    last = checks->pdata[checks->len - 1];
    assert_string_equal(last->subject, "share");
    assert_int_equal(last->verdict, verdict);
    if (!strstr(last->text, says))
        fail_msg("'%s' does not say '%s'", last->text, says);
}

/* Those that come together count together: 1000 Mbit/s, of which 100 are the host's own, 300 those
 * of each guest that runs there, and of each that comes. */
static void
test_together(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = loom_test_path("tests/data/preflight/share-kept");
    const LoomCase test_case = {NULL, directory};
    g_autoptr(LoomHost) from = load_host(&test_case, "from.xml");
    g_autoptr(LoomHost) to = load_host(&test_case, "to.xml");
    g_autoptr(LoomHost) there = loom_host_new(), coming = loom_host_new();
    g_autoptr(LoomGuest) first = make_gold(1), second = make_gold(2), third = make_gold(3),
                         fourth = make_gold(4);
    const LoomPreflight preflight = {from, to, from, to, there, "b", coming};

    assert_share(&preflight, first, LOOM_VERDICT_OK, "100 of 1000 Mbit/s are promised");
    loom_preflight_add_coming(&preflight, first, coming);
    assert_share(&preflight, first, LOOM_VERDICT_OK, "100 of 1000 Mbit/s are promised");
    assert_share(&preflight, second, LOOM_VERDICT_OK,
                 "400 of 1000 Mbit/s are promised (300 of them to guests that move with this one)");
    loom_preflight_add_coming(&preflight, second, coming);
    loom_preflight_add_coming(&preflight, third, coming);
    assert_share(&preflight, fourth, LOOM_VERDICT_ERROR,
                 "has promised 1000 (900 of them to guests that move with this one), and the vNIC "
                 "is promised 300 more");
    /* one has arrived, and is seen there: it is counted once */
    loom_preflight_add_coming(&preflight, second, there);
    assert_share(&preflight, fourth, LOOM_VERDICT_ERROR, "has promised 1000 (600 of them");
    /* one does not come after all */
    loom_preflight_forget_coming(coming, third->uuid);
    assert_share(&preflight, fourth, LOOM_VERDICT_OK, "700 of 1000 Mbit/s are promised (300 of");
}

static void
assert_mtu(const LoomHost *from, const LoomHost *meant, const LoomHost *seen, const char *says)
{
    const LoomPreflight preflight = {from, seen, from, meant, NULL, "b", NULL};
    g_autoptr(LoomGuest) guest = make_gold(1);
    g_autoptr(GPtrArray) checks = loom_checks_new();
    const LoomCheck *mtu;

    loom_preflight_check_vnics(&preflight, guest, checks);
    mtu = checks->pdata[2];
    assert_string_equal(mtu->subject, "mtu");
    assert_int_equal(mtu->verdict, says ? LOOM_VERDICT_ERROR : LOOM_VERDICT_OK);
    assert_true(!says || strstr(mtu->text, says));
}

static void
set_mtu(LoomHost *host, const char *name, guint64 mtu)
{
    LoomLink *link = (gpointer)loom_host_find(host, &loom_link_kind, name);

    LOOM_SET_NUMBER(link, mtu, mtu);
}

/* The fabric has the same MTU at both hosts, and a link there has not. */
static void
test_real_mtu(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = loom_test_path("tests/data/preflight/share-kept");
    const LoomCase test_case = {NULL, directory};
    g_autoptr(LoomHost) from = load_host(&test_case, "from.xml");
    g_autoptr(LoomHost) meant = load_host(&test_case, "to.xml");
    g_autoptr(LoomHost) seen = load_host(&test_case, "to.xml");

    assert_mtu(from, meant, seen, NULL);
    set_mtu(seen, "eth0", 9000);
    set_mtu(seen, "sw0-team", 9000);
    assert_mtu(from, meant, seen, NULL);
    set_mtu(seen, "sw0", 1400);
    assert_mtu(from, meant, seen, "pass 1400, although the fabric has 1500");
    set_mtu(seen, "sw0-team", 1300);
    assert_mtu(from, meant, seen, "pass 1300, although");
    set_mtu(seen, "sw0", 1500);
    assert_mtu(from, meant, seen, "pass 1300, although");
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

static LoomHost *
make_host(guint64 vlan, const char *guard, guint64 weight, guint64 max)
{
    g_autofree char *xml = g_strdup_printf(
        "<host name='a'><port network='Web' portgroup='Gold' vlan='%u' macguard='%s' class='Gold' "
        "max='%u' logicalswitch='Main'/><class link='eth0' priority='16' name='Gold' weight='%u' "
        "logicalswitch='Main'/><network name='Web' uuid='0d1c1f3e-5a5d-5a39-9f0b-2b8a5f6f3c10' "
        "bridge='sw0' ours='yes'><portgroup name='Gold' default='yes'/></network></host>",
        (unsigned)vlan, guard, (unsigned)max, (unsigned)weight);
    g_autoptr(GError) error = NULL;
    LoomHost *host = loom_host_parse(xml, strlen(xml), "host", &error);

    assert_no_error(error);
    return host;
}

/* What a guest has there that it did not have here: another VLAN is its site's, all else a warning.
 */
static void
test_continuity(void **state G_GNUC_UNUSED)
{
    static const char guest_xml[] =
        "<domain><name>web1</name><uuid>c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f02</uuid><devices>"
        "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source network='Web'/>"
        "</interface></devices></domain>";
    static const struct {
        guint64 vlan;
        const char *guard;
        guint64 weight, max;
        LoomVerdict verdict;
        const char *says;
    } cases[] = {
        {101, "yes", 40, 100, LOOM_VERDICT_OK, "the VLAN, guards and share that it had"},
        {102, "yes", 40, 100, LOOM_VERDICT_OK, "and VLAN 102 where it had 101"},
        {101, "no", 40, 100, LOOM_VERDICT_WARNING, "its guards are not"},
        {101, "yes", 41, 100, LOOM_VERDICT_WARNING, "its share of the uplink is not"},
        {101, "yes", 40, 99, LOOM_VERDICT_WARNING, "its limits or isolation are not"},
    };
    g_autoptr(LoomGuest) guest = loom_guest_parse(guest_xml, strlen(guest_xml), "web1", NULL);
    g_autoptr(LoomHost) here = make_host(101, "yes", 40, 100);
    g_autoptr(LoomHost) nothing = loom_host_new();
    g_autoptr(GPtrArray) lost = loom_checks_new();
    const LoomPreflight away = {here, nothing, here, nothing, NULL, "b", NULL};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(LoomHost) there =
            make_host(cases[i].vlan, cases[i].guard, cases[i].weight, cases[i].max);
        g_autoptr(GPtrArray) checks = loom_checks_new();
        const LoomPreflight preflight = {here, there, here, there, NULL, "b", NULL};

        loom_preflight_compare_policy(&preflight, guest, guest, checks);
        assert_int_equal(checks->len, 1);
        assert_int_equal(loom_checks_get_worst(checks), cases[i].verdict);
        assert_non_null(strstr(((LoomCheck *)checks->pdata[0])->text, cases[i].says));
    }
    loom_preflight_compare_policy(&away, guest, guest, lost);
    assert_int_equal(loom_checks_get_worst(lost), LOOM_VERDICT_ERROR);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_continuity), cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_real_mtu),   cmocka_unit_test(test_together),
        cmocka_unit_test(test_verdicts),   cmocka_unit_test(test_path_mtu_refusals),
        {NULL, NULL, NULL, NULL, NULL},
    };

    return loom_case_run_all("preflight", test_case, tests);
}
