/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* base/: names, VLAN sets, addresses, MACs, UUIDs, units, reports, files. */
#include "test.h"

#include "base/error.h"
#include "base/file.h"
#include "base/inet.h"
#include "base/mac.h"
#include "base/name.h"
#include "base/report.h"
#include "base/units.h"
#include "base/uuid.h"
#include "base/vlans.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void
test_names(void **state G_GNUC_UNUSED)
{
    static const char *const valid[] = {"a",   "Cernet Network", "网络", "...", "a.b",
                                        "R&D", "\xc2\xa0x"};
    static const char *const invalid[] = {
        "",
        ".",
        "..",
        "a/b",
        " a",
        "a ",
        "\ta",
        "a\nb",
        "a\x7f"
        "b",
        "a\xc2\x85"
        "b",
        "a\xff",
    };
    g_autofree char *most = g_strnfill(LOOM_NAME_LENGTH_MAX, 'x');
    g_autofree char *over = g_strnfill(LOOM_NAME_LENGTH_MAX + 1, 'x');
    g_autoptr(GString) wide = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(valid) - 1; i++)
        assert_true(loom_name_is_valid(valid[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(invalid); i++)
        if (loom_name_is_valid(invalid[i]))
            fail_msg("'%s' is taken for a name", invalid[i]);
    for (size_t i = 0; i < LOOM_NAME_LENGTH_MAX; i++)
        g_string_append(wide, "网");
    assert_true(loom_name_is_valid(most));
    assert_false(loom_name_is_valid(over));
    assert_true(loom_name_is_valid(wide->str)); /* characters, not bytes */
}

static void
test_device_names(void **state G_GNUC_UNUSED)
{
    static const char *const valid[] = {"a", "eth0", "br-int.5_x", "012345678901234"};
    static const char *const invalid[] = {"",    ".",   "..",  "-a", "0123456789012345",
                                          "a b", "a/b", "a:b", "é",  "a%d"};
    static const char *const keywords[][2] = {
        {"br", "broadcast"},    {"dev", "dev"}, {"up", "up"},    {"d", "default"},
        {"all", "all"},         {"eth0", NULL}, {"devx", NULL},  {"sw0", NULL},
        {"int", NULL},          {"pub", NULL},  {"mgmt0", NULL}, {"linka", NULL},
        {"default", "default"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(valid); i++)
        assert_true(loom_device_name_is_valid(valid[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(invalid); i++)
        if (loom_device_name_is_valid(invalid[i]))
            fail_msg("'%s' is taken for a device name", invalid[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(keywords); i++)
        if (g_strcmp0(loom_device_name_find_keyword(keywords[i][0]), keywords[i][1]))
            fail_msg("%s: %s", keywords[i][0], loom_device_name_find_keyword(keywords[i][0]));
}

static void
test_vlans(void **state G_GNUC_UNUSED)
{
    static const char *const texts[][2] = {
        {"20,1-10", "1-10,20"}, {"1", "1"},   {"4094", "4094"},   {"1-4094", "1-4094"},
        {"3,1,2", "1-3"},       {"5-5", "5"}, {"63-65", "63-65"}, {"1-3,2-4", "1-4"},
    };
    static const char *const invalid[] = {
        "",      "0",  "4095",  "1-",   "-1",  "1,,2", ",1",
        "1,",    "x",  "2-1",   "1 2",  "1;2", "0-5",  "99999999999999999999999999",
        "1-2-3", " 1", "1 - 3", "1, 2", "007", "1-03",
    };
    LoomVlans vlans, subset;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = NULL;

        assert_true(loom_vlans_parse(texts[i][0], &vlans));
        text = loom_vlans_format(&vlans);
        assert_string_equal(text, texts[i][1]);
    }
    memset(&vlans, 0x5a, sizeof vlans);
    subset = vlans;
    for (size_t i = 0; i < G_N_ELEMENTS(invalid); i++) {
        if (loom_vlans_parse(invalid[i], &vlans))
            fail_msg("'%s' is taken for VLANs", invalid[i]);
        assert_memory_equal(&vlans, &subset, sizeof vlans); /* written only on success */
    }
    assert_true(loom_vlans_parse("1-10,4094", &vlans));
    assert_true(loom_vlans_parse("2,10", &subset));
    assert_int_equal(loom_vlans_count(&vlans), 11);
    assert_int_equal(loom_vlans_next(&vlans, 11), 4094);
    assert_int_equal(loom_vlans_next(&vlans, 4094), 4094);
    assert_int_equal(loom_vlans_next(&vlans, 4095), 0);
    assert_int_equal(loom_vlans_next(&vlans, 0), 1);
    assert_int_equal(loom_vlans_next(&vlans, 1000000), 0);
    assert_true(loom_vlans_parse("63-64,128", &subset));
    assert_int_equal(loom_vlans_next(&subset, 1), 63);
    assert_int_equal(loom_vlans_next(&subset, 64), 64);
    assert_int_equal(loom_vlans_next(&subset, 65), 128);
    assert_true(loom_vlans_parse("2,10", &subset));
    assert_true(loom_vlans_has(&vlans, 4094));
    assert_false(loom_vlans_has(&vlans, 4095));
    assert_false(loom_vlans_has(&vlans, 0));
    assert_false(loom_vlans_is_empty(&subset));
    assert_true(loom_vlans_is_empty(&(LoomVlans){{0}}));
}

static void
assert_inet(LoomInet inet, const char *expected)
{
    g_autofree char *text = loom_inet_format(&inet);

    assert_string_equal(text, expected);
}

static void
test_inet(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *address;
        unsigned prefix;
        const char *first, *last;
    } subnets[] = {
        {"10.1.2.3", 24, "10.1.2.0", "10.1.2.255"},
        {"10.1.2.3", 0, "0.0.0.0", "255.255.255.255"},
        {"10.1.2.3", 32, "10.1.2.3", "10.1.2.3"},
        {"10.1.2.3", 31, "10.1.2.2", "10.1.2.3"},
        {"10.1.130.3", 17, "10.1.128.0", "10.1.255.255"},
        {"203.0.113.77", 26, "203.0.113.64", "203.0.113.127"},
        {"2001:db8::1:2", 64, "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"},
        {"2001:db8:a5::", 41, "2001:db8:80::", "2001:db8:ff:ffff:ffff:ffff:ffff:ffff"},
        {"::1", 128, "::1", "::1"},
        {"::1", 0, "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(subnets); i++) {
        const LoomInet inet = loom_inet_parse(subnets[i].address);
        const LoomInet first = loom_inet_first(&inet, subnets[i].prefix);
        const LoomInet last = loom_inet_last(&inet, subnets[i].prefix);

        assert_inet(first, subnets[i].first);
        assert_inet(last, subnets[i].last);
    }
}

static void
test_inet_order(void **state G_GNUC_UNUSED)
{
    const LoomInet v4 = loom_inet_parse("255.0.0.1"), v6 = loom_inet_parse("::");
    LoomInet next = loom_inet_parse("10.0.0.255");

    assert_true(loom_inet_compare(&v4, &v6) < 0);
    assert_true(loom_inet_compare(&v6, &v4) > 0);
    assert_int_equal(loom_inet_bits(&v4), 32);
    assert_int_equal(loom_inet_bits(&v6), 128);
    assert_true(loom_inet_increment(&next));
    assert_inet(next, "10.0.1.0");
    assert_true(loom_inet_compare(&next, &v4) < 0);
    assert_int_equal(loom_inet_compare(&next, &next), 0);
    next = loom_inet_parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    assert_false(loom_inet_increment(&next));
}

static void
test_mac(void **state G_GNUC_UNUSED)
{
    g_autofree char *text = loom_mac_format(G_GUINT64_CONSTANT(0x525400a0ffff));
    g_autofree char *derived = loom_mac_from_name("host/vnic");
    g_autofree char *other = loom_mac_from_name("host/vnic2");

    assert_string_equal(text, "52:54:00:a0:ff:ff");
    assert_true(loom_mac_parse(text) == G_GUINT64_CONSTANT(0x525400a0ffff));
    assert_true(loom_mac_parse("01:00:5e:00:00:01") & LOOM_MAC_MULTICAST);
    assert_true(loom_mac_parse("02:00:00:00:00:00") & LOOM_MAC_LOCAL);
    /* python3: m = bytearray(hashlib.sha256(b'host/vnic').digest()[:6]); m[0] = (m[0] | 2) & 254 */
    assert_string_equal(derived, "62:8c:f3:9e:33:01");
    assert_string_not_equal(derived, other);
}

static void
test_uuid(void **state G_GNUC_UNUSED)
{
    /* python3: uuid.uuid5(uuid.UUID('1f6f4b1c-6c3a-5b0e-9c3e-2d7b8a4f5e10'), name) */
    static const char *const uuids[][2] = {
        {"", "dca35523-49b3-580b-97ea-a36c0c211579"},
        {"virt-loom", "243c26e3-09bd-53d1-b9fe-0763a890b5d9"},
        {"datacenter/Cernet Network", "5774670c-c222-56d7-9b73-017d702d97c1"},
        {"网络", "6f85448a-1596-56fa-a91c-68cc1aa6049f"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(uuids); i++) {
        g_autofree char *uuid = loom_uuid_from_name(uuids[i][0]);

        assert_string_equal(uuid, uuids[i][1]);
    }
}

static void
test_units(void **state G_GNUC_UNUSED)
{
    static const guint64 table[][3] = {
        /* Mbit/s, kilobytes/s, KiB of the burst */
        {1, 125, 64},           {8, 1000, 64},
        {100, 12500, 64},       {200, 25000, 122},
        {1000, 125000, 610},    {2000, 250000, 1220},
        {10000, 1250000, 6103}, {4294967, 536870875, 2621439},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        assert_int_equal(loom_units_mbit_to_kilobytes(table[i][0]), table[i][1]);
        assert_int_equal(loom_units_kilobytes_to_mbit(table[i][1]), table[i][0]);
        assert_int_equal(loom_units_default_burst(table[i][0]), table[i][2]);
    }
}

static void
test_report(void **state G_GNUC_UNUSED)
{
    static const char *const order[] = {"a1", "a2 first", "a2 second", "a10", "b1", "none"};
    g_autoptr(LoomReport) report = loom_report_new();

    loom_report_add(report, LOOM_SEVERITY_NOTE, NULL, "none");
    loom_report_add(report, LOOM_SEVERITY_ERROR, &(LoomSource){"b", 1}, "b%d", 1);
    loom_report_add(report, LOOM_SEVERITY_ERROR, &(LoomSource){"a", 10}, "a10");
    loom_report_add(report, LOOM_SEVERITY_WARNING, &(LoomSource){"a", 2}, "a2 first");
    loom_report_add(report, LOOM_SEVERITY_ERROR, &(LoomSource){"a", 2}, "a2 second");
    loom_report_add(report, LOOM_SEVERITY_ERROR, &(LoomSource){"a", 1}, "a1");
    loom_report_sort(report);
    assert_int_equal(loom_report_length(report), G_N_ELEMENTS(order));
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        assert_string_equal(loom_report_get(report, i)->message, order[i]);
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_ERROR), 4);
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_WARNING), 1);
    assert_int_equal(loom_report_count(report, LOOM_SEVERITY_NOTE), 1);
    assert_string_equal(loom_severity_format(LOOM_SEVERITY_WARNING), "warning");
}

static void
test_error(void **state G_GNUC_UNUSED)
{
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) refused = NULL;

    loom_error_set_errno(&missing, ENOENT, "Cannot open %s", "x");
    assert_true(g_error_matches(missing, LOOM_ERROR, LOOM_ERROR_NOT_FOUND));
    assert_string_equal(missing->message, "Cannot open x: No such file or directory");
    loom_error_set_errno(&refused, EACCES, "Cannot open %s", "x");
    assert_true(g_error_matches(refused, LOOM_ERROR, LOOM_ERROR_FAILED));
}

static void
test_file(void **state G_GNUC_UNUSED)
{
    g_autofree char *directory = g_dir_make_tmp("loom-XXXXXX", NULL);
    g_autofree char *inner = g_build_filename(directory, "inner", NULL);
    g_autofree char *path = g_build_filename(inner, "file", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) second = NULL;
    struct stat status;
    size_t length = 99;

    assert_true(loom_file_write(path, "one", &error));
    /* somebody else's unfinished file is not in the way, nor taken for ours */
    g_autofree char *unfinished = g_strconcat(path, ".new", NULL);
    assert_true(g_file_set_contents(unfinished, "tw", -1, NULL));
    assert_true(loom_file_write_volatile(path, "three", &error));
    assert_int_equal(g_unlink(unfinished), 0);
    assert_int_equal(g_stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
    /* what a process left that was killed is overwritten, or swept away; others' files are not */
    g_autofree char *draft = g_build_filename(inner, ".file" LOOM_FILE_DRAFT, NULL);
    g_autofree char *theirs = g_build_filename(inner, "file" LOOM_FILE_DRAFT, NULL);
    assert_true(g_file_set_contents(draft, "something longer", -1, NULL));
    assert_true(g_file_set_contents(theirs, "theirs", -1, NULL));
    assert_true(loom_file_replace(path, "three", 0644, &error));
    assert_false(g_file_test(draft, G_FILE_TEST_EXISTS));
    assert_true(g_file_set_contents(draft, "something", -1, NULL));
    loom_file_sweep(inner);
    assert_false(g_file_test(draft, G_FILE_TEST_EXISTS));
    assert_int_equal(g_unlink(theirs), 0);
    text = loom_file_read(path, 5, &length, &error);
    assert_no_error(error);
    assert_string_equal(text, "three");
    assert_int_equal(length, 5);
    assert_null(loom_file_read(path, 4, &length, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    assert_true(loom_file_remove(path, NULL));
    assert_true(loom_file_remove(path, NULL)); /* gone is gone */
    assert_null(loom_file_read(path, 4, &length, &second));
    assert_true(g_error_matches(second, LOOM_ERROR, LOOM_ERROR_NOT_FOUND));
    assert_int_equal(g_rmdir(inner), 0); /* nothing temporary is left */
    g_rmdir(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),      cmocka_unit_test(test_device_names),
        cmocka_unit_test(test_vlans),      cmocka_unit_test(test_inet),
        cmocka_unit_test(test_inet_order), cmocka_unit_test(test_mac),
        cmocka_unit_test(test_uuid),       cmocka_unit_test(test_units),
        cmocka_unit_test(test_report),     cmocka_unit_test(test_error),
        cmocka_unit_test(test_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
