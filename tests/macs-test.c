/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC addresses of vNICs: whose they are, and which a further one gets. */
#include "test.h"

#include "base/error.h"
#include "cli/macs.h"
#include "fabric/macpool.h"
#include "virt/devices.h"

#include <string.h>

#define UUID "c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f01"

#define FABRIC(pools, leases)                                                                      \
    "<fabric name='f'><hostgroup name='All'><hostgroup name='North'/><hostgroup name='South'/>"    \
    "</hostgroup>" pools "<uplinkprofile name='U'/><logicalswitch name='S' datapath='bridge'"      \
    " uplinkmode='single'><uplink profile='U'/></logicalswitch>"                                   \
    "<host name='north' hostgroup='North'/><host name='south' hostgroup='South'/>"                 \
    "<leases>" leases "</leases></fabric>"

#define POOL(name, group, start, end)                                                              \
    "<macpool name='" name "' start='52:54:00:aa:" start "' end='52:54:00:aa:" end "'>"            \
    "<hostgroup ref='" group "'/></macpool>"

#define LEASE(mac, guest) "<lease macpool='Wide' mac='52:54:00:aa:" mac "' guest='" guest "'/>"

#define WIDE POOL("Wide", "All", "01:00", "01:ff")

static LoomFabric *
parse_fabric(const char *text)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    LoomFabric *fabric = loom_fabric_parse(text, strlen(text), "fabric.xml", NULL, report, &error);

    assert_no_error(error);
    return fabric;
}

static LoomHost *
parse_host(const char *text)
{
    g_autoptr(GError) error = NULL;
    LoomHost *host = loom_host_parse(text, strlen(text), "host.xml", &error);

    assert_no_error(error);
    return host;
}

static LoomGuest *
parse_guest(const char *name, const char *mac)
{
    g_autofree char *text = g_strdup_printf(
        "<domain><name>%s</name><uuid>" UUID "</uuid><devices><interface type='network'>"
        "<mac address='%s'/><source network='Blue'/></interface></devices></domain>",
        name, mac);
    g_autoptr(GError) error = NULL;
    LoomGuest *guest = loom_guest_parse(text, strlen(text), name, &error);

    assert_no_error(error);
    return guest;
}

static GHashTable *
make_set(const char *mac)
{
    GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    if (mac)
        g_hash_table_insert(set, g_strdup(mac), g_strdup("other"));
    return set;
}

/* --- pools ----------------------------------------------------------------------------------- */

static char *
names_of_pools(const LoomFabric *fabric, const char *host_name)
{
    const LoomFabricHost *host = loom_fabric_find(fabric, &loom_fabric_host_kind, host_name);
    g_autoptr(GPtrArray) pools = loom_fabric_list_mac_pools(fabric, host ? host->group : NULL);
    GString *names = g_string_new(NULL);

    for (guint i = 0; i < pools->len; i++)
        g_string_append_printf(names, "%s ", ((LoomMacPool *)pools->pdata[i])->name);
    return g_string_free(names, FALSE);
}

static void
assert_pools(const LoomFabric *fabric, const char *host, const char *expected)
{
    g_autofree char *names = names_of_pools(fabric, host);

    assert_string_equal(names, expected);
}

/* The nearest group's, and all of these. */
static void
test_pools_of_host(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomFabric) fabric = parse_fabric(
        FABRIC(POOL("Z", "North", "02:00", "02:0f") WIDE POOL("A", "North", "03:00", "03:0f"), ""));

    assert_pools(fabric, "north", "Z A ");
    assert_pools(fabric, "south", "Wide ");
    assert_pools(fabric, "nowhere", "");
}

static char *
choose_of(const char *pools_text, const char *key, GHashTable *taken, char **pool_name)
{
    g_autoptr(LoomFabric) fabric = parse_fabric(pools_text);
    const LoomFabricHost *host = loom_fabric_find(fabric, &loom_fabric_host_kind, "north");
    g_autoptr(GPtrArray) pools = loom_fabric_list_mac_pools(fabric, host->group);
    const LoomMacPool *pool = NULL;
    char *mac = loom_mac_pools_choose(pools, key, taken, &pool);

    if (pool_name)
        *pool_name = g_strdup(pool ? pool->name : NULL);
    return mac;
}

/* Every address of all pools once, whatever the key begins with; then none. */
static void
test_pools_run_dry(void **state G_GNUC_UNUSED)
{
    const char *text =
        FABRIC(POOL("A", "North", "01:00", "01:02") POOL("B", "North", "02:07", "02:07"), "");
    g_autoptr(GHashTable) taken = make_set(NULL);
    guint of_b = 0;

    for (guint i = 0; i < 4; i++) {
        g_autofree char *name = NULL;
        char *mac = choose_of(text, "key", taken, &name);

        assert_non_null(mac);
        assert_true(g_str_has_prefix(mac, g_str_equal(name, "A") ? "52:54:00:aa:01:0"
                                                                 : "52:54:00:aa:02:07"));
        of_b += g_str_equal(name, "B");
        assert_true(g_hash_table_insert(taken, mac, NULL));
    }
    assert_int_equal(of_b, 1);
    assert_null(choose_of(text, "key", taken, NULL));
}

static void
test_pools_are_stable(void **state G_GNUC_UNUSED)
{
    const char *text = FABRIC(WIDE, "");
    g_autoptr(GHashTable) taken = make_set(NULL);
    g_autofree char *one = choose_of(text, "one", taken, NULL);
    g_autofree char *again = choose_of(text, "one", taken, NULL);
    g_autofree char *other = choose_of(text, "two", taken, NULL);

    assert_string_equal(one, again);
    assert_string_not_equal(one, other);
}

/* --- whose they are -------------------------------------------------------------------------- */

static void
assert_taken(GHashTable *taken, const char *mac, const char *why)
{
    const char *sentence = g_hash_table_lookup(taken, mac);

    assert_non_null(sentence);
    assert_non_null(strstr(sentence, why));
}

static void
test_taken(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomFabric) fabric =
        parse_fabric(FABRIC(WIDE, LEASE("01:01", "db1") LEASE("01:02", "db2")));
    g_autoptr(LoomHost) host = parse_host(
        "<host name='north'><link name='own0' kind='veth' mac='02:00:00:00:00:01'/></host>");
    g_autoptr(LoomGuest) guest = parse_guest("db1", "52:54:00:AA:00:0F");
    g_autoptr(LoomGuest) defined = parse_guest("db1", "52:54:00:bb:00:0f");
    g_autoptr(GHashTable) others = make_set("52:54:00:cc:00:0f");
    g_autoptr(GHashTable) taken = loom_macs_list(host, fabric, guest, others);

    assert_taken(taken, "52:54:00:aa:00:0f", "guest 'db1' has a vNIC with");
    assert_taken(taken, "52:54:00:cc:00:0f", "that of a vNIC of guest 'other'");
    assert_taken(taken, "52:54:00:aa:01:02", "leased to guest 'db2' at fabric.xml:");
    assert_taken(taken, "02:00:00:00:00:01", "that of 'own0' of this host");
    assert_int_equal(g_hash_table_size(taken), 4);
    loom_macs_add_guest(taken, defined);
    assert_taken(taken, "52:54:00:bb:00:0f", "guest 'db1' has a vNIC with");
}

#define RUNNING "00000000-0000-4000-8000-0000000000aa" /* of tests/data/virt/node.xml */

static void
define(LoomBackend *virt, const char *name, const char *uuid, const char *mac)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *xml = g_strdup_printf(
        "<domain type='test'><name>%s</name><uuid>%s</uuid><memory>8192</memory><os><type>hvm"
        "</type></os><devices><interface type='user'><mac address='%s'/></interface></devices>"
        "</domain>",
        name, uuid, mac);

    loom_virt_define(virt, xml, &error);
    assert_no_error(error);
}

/* Of guests that run, of their definitions, and of those that do not run; not of the one meant. */
static void
test_others(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = loom_test_path("tests/data/virt/node.xml");
    g_autofree char *uri = g_strconcat("test://", path, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomBackend) virt = loom_virt_new(uri, &error);
    g_autoptr(GHashTable) macs = NULL;
    g_autoptr(GHashTable) without = NULL;

    assert_no_error(error);
    define(virt, "guest", RUNNING, "52:54:00:0A:00:01");
    define(virt, "shut", UUID, "52:54:00:0a:00:02");
    macs = loom_virt_list_macs(virt, UUID, &error);
    assert_no_error(error);
    assert_string_equal(g_hash_table_lookup(macs, "52:54:00:00:00:02"), "guest");
    assert_string_equal(g_hash_table_lookup(macs, "52:54:00:0a:00:01"), "guest");
    assert_false(g_hash_table_contains(macs, "52:54:00:0a:00:02"));
    without = loom_virt_list_macs(virt, RUNNING, &error);
    assert_no_error(error);
    assert_string_equal(g_hash_table_lookup(without, "52:54:00:0a:00:02"), "shut");
    assert_int_equal(g_hash_table_size(without), 1);
}

/* --- a further one --------------------------------------------------------------------------- */

static char *
choose(const char *fabric_text, const char *taken_mac, LoomReport *report, GError **error)
{
    g_autoptr(LoomFabric) fabric = fabric_text ? parse_fabric(fabric_text) : NULL;
    g_autoptr(LoomGuest) guest = parse_guest("db1", "52:54:00:00:00:0f");
    g_autoptr(LoomHost) host =
        parse_host("<host name='north'><network name='Blue' uuid='" UUID "' bridge='sw0'/></host>");
    g_autoptr(GHashTable) others = make_set(taken_mac);
    g_autoptr(GHashTable) taken = loom_macs_list(host, fabric, guest, others);

    return loom_macs_choose(fabric, host->name, guest, host->networks->pdata[0], taken, report,
                            error);
}

static char *
choose_one(const char *fabric_text, const char *taken_mac, const char *note)
{
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;
    char *mac = choose(fabric_text, taken_mac, report, &error);

    assert_no_error(error);
    assert_int_equal(loom_report_length(report), note ? 1 : 0);
    if (note)
        assert_non_null(strstr(loom_report_get(report, 0)->message, note));
    return mac;
}

static void
test_leased_first(void **state G_GNUC_UNUSED)
{
    const char *text = FABRIC(WIDE, LEASE("01:01", "db1") LEASE("01:02", "db1"));
    g_autofree char *first = choose_one(text, NULL, NULL);
    g_autofree char *second = choose_one(text, "52:54:00:aa:01:01", NULL);

    assert_string_equal(first, "52:54:00:aa:01:01");
    assert_string_equal(second, "52:54:00:aa:01:02");
}

static void
test_then_of_pool(void **state G_GNUC_UNUSED)
{
    const char *note = "MAC pool 'Wide' is not leased";
    g_autofree char *first = choose_one(FABRIC(WIDE, ""), NULL, note);
    g_autofree char *again = choose_one(FABRIC(WIDE, ""), NULL, note);
    g_autofree char *next = choose_one(FABRIC(WIDE, ""), first, note);

    assert_true(g_str_has_prefix(first, "52:54:00:aa:01:"));
    assert_string_equal(first, again);
    assert_true(g_str_has_prefix(next, "52:54:00:aa:01:"));
    assert_string_not_equal(first, next);
}

static void
test_pool_without_any(void **state G_GNUC_UNUSED)
{
    const char *text = FABRIC(POOL("Wide", "All", "01:02", "01:02"), LEASE("01:02", "db2"));
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(GError) error = NULL;

    assert_null(choose(text, NULL, report, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_BUSY));
    assert_non_null(strstr(error->message, "MAC pool 'Wide' has no address left for guest 'db1'"));
}

static void
test_without_pool(void **state G_GNUC_UNUSED)
{
    g_autofree char *first = choose_one(NULL, NULL, NULL);
    g_autofree char *same =
        choose_one(FABRIC(POOL("P", "South", "01:00", "01:ff"), ""), NULL, NULL);
    g_autofree char *next = choose_one(NULL, first, NULL);

    assert_true(g_str_has_prefix(first, "52:54:00:"));
    assert_string_equal(first, same);
    assert_string_not_equal(first, next);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pools_of_host),    cmocka_unit_test(test_pools_run_dry),
        cmocka_unit_test(test_pools_are_stable), cmocka_unit_test(test_taken),
        cmocka_unit_test(test_others),           cmocka_unit_test(test_leased_first),
        cmocka_unit_test(test_then_of_pool),     cmocka_unit_test(test_pool_without_any),
        cmocka_unit_test(test_without_pool),
    };

    return cmocka_run_group_tests_name("macs", tests, NULL, NULL);
}
