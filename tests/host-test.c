/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host/: what cannot be read, order, digests, slices, the stamp. */
#include "test.h"

#include "base/error.h"
#include "host/classes.h"
#include "host/slice.h"
#include "hosts.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_invalid(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"<fabric/>", "f: the root element is <fabric>; a host file's is <host>"},
        {"<host name='h'>\n<link kind='bond'/></host>", "f:2: <link> lacks the attribute 'name'"},
        {"<host name='h'><link name='a' kind='bondage'/></host>",
         "f:1: link 'a': kind='bondage' is not valid; expected one of: "},
        {"<host name='h'><link name='a' kind='bond' colour='red'/></host>",
         "f:1: <link> has no attribute 'colour'"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomHost) host =
            loom_host_parse(cases[i].text, strlen(cases[i].text), "f", &error);

        assert_null(host);
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
        if (!g_str_has_prefix(error->message, cases[i].message))
            fail_msg("expected '%s', not '%s'", cases[i].message, error->message);
    }
}

static void
test_find_and_sort(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = loom_test_host(
        "<host name='h'><network name='b'><portgroup name='y'/><portgroup name='x'/></network>"
        "<network name='a'/><address link='l' address='10.0.0.1' prefix='8'/></host>");
    g_autoptr(LoomHost) sorted = loom_test_host(
        "<host name='h'><address link='l' address='10.0.0.1' prefix='8'/><network name='a'/>"
        "<network name='b'><portgroup name='x'/><portgroup name='y'/></network></host>");
    g_autofree char *wanted = loom_host_format(sorted);
    g_autofree char *text = NULL;

    assert_non_null(loom_host_find(host, &loom_address_kind, "l/10.0.0.1/8"));
    assert_null(loom_host_find(host, &loom_address_kind, "l/10.0.0.1/16"));
    assert_string_equal(((LoomNetwork *)loom_host_find(host, &loom_network_kind, "a"))->name, "a");
    loom_host_sort(host);
    text = loom_host_format(host);
    assert_string_equal(text, wanted);
}

static char *
digest(const char *inside)
{
    g_autofree char *text = g_strdup_printf("<host name='h'>%s</host>", inside);
    g_autoptr(LoomHost) host = loom_test_host(text);

    return loom_record_digest(host);
}

static void
test_digest(void **state G_GNUC_UNUSED)
{
    static const struct {
        const char *one, *other;
        gboolean are_equal;
    } cases[] = {
        {"<network name='a'/>", "<network name='a' guests='x' pending='yes' ours='yes'/>", TRUE},
        {"<link name='a' kind='bond'/>", "<link kind='bond' name='a' speed='1' role='x'/>", TRUE},
        {"<network name='a'/><network name='b'/>", "<network name='b'/><network name='a'/>", TRUE},
        {"<network name='a'><portgroup name='x'/><portgroup name='y'/></network>",
         "<network name='a'><portgroup name='y'/><portgroup name='x'/></network>", TRUE},
        {"<network name='a'/>", "<network name='b'/>", FALSE},
        {"<network name='a'/>", "<network name='a' active='no'/>", FALSE},
        {"<network name='a'><portgroup name='x'/></network><network name='b'/>",
         "<network name='a'/><network name='b'><portgroup name='x'/></network>", FALSE},
        /* no two lists of values run into one text */
        {"<network name='a' bridge='bc'/>", "<network name='ab' bridge='c'/>", FALSE},
        {"<network name='a' fabric='x'/>", "<network name='a' vmnetwork='x'/>", FALSE},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *one = digest(cases[i].one);
        g_autofree char *other = digest(cases[i].other);

        assert_int_equal(strlen(one), 32);
        if (g_str_equal(one, other) != cases[i].are_equal)
            fail_msg("%s and %s have %s digest", cases[i].one, cases[i].other,
                     cases[i].are_equal ? "another" : "one");
    }
}

/* A directory for slices, and a host with two networks, one of them of a long name. */
typedef struct {
    char *directory;
    LoomHost *host;
    char *long_name;
} Slices;

#define RED_UUID "0c5ee9b0-7a3c-5b86-8a30-1a8f4f6f0001"

static void
slices_init(Slices *slices)
{
    g_autofree char *text = NULL;

    slices->directory = g_dir_make_tmp("virt-loom-slices-XXXXXX", NULL);
    slices->long_name = g_strnfill(300, 'x');
    text = g_strdup_printf(
        "<host name='h' fabric='f'>"
        "<link name='vs0' kind='bridge' logicalswitch='Cloud'/>"
        "<link name='vs1' kind='bridge' logicalswitch='Other'/>"
        "<link name='own0' kind='veth' peer='own0-p' logicalswitch='Cloud'/>"
        "<link name='own0-p' kind='veth' peer='own0' master='vs0' logicalswitch='Cloud'/>"
        "<port link='own0-p' vlan='3' logicalswitch='Cloud'/>"
        "<link name='near0' kind='veth' peer='near0-p' logicalswitch='Cloud' vmnetwork='Red'/>"
        "<link name='near0-p' kind='veth' peer='near0' master='vs0' logicalswitch='Cloud'/>"
        "<link name='near1' kind='veth' peer='near1-p' logicalswitch='Other' vmnetwork='Red'/>"
        "<link name='near1-p' kind='veth' peer='near1' master='vs1' logicalswitch='Other'/>"
        "<link name='mine0' kind='veth' peer='mine0-p' logicalswitch='Cloud' vmnetwork='Blue' "
        "role='management'/>"
        "<link name='mine0-p' kind='veth' peer='mine0' master='vs0' logicalswitch='Cloud'/>"
        "<port link='near0-p' vlan='3' logicalswitch='Cloud'/>"
        "<port link='near1-p' vlan='3' logicalswitch='Other'/>"
        "<port link='mine0-p' vlan='5' logicalswitch='Cloud'/>"
        "<lease network='Red' guest='g' address='192.0.2.1'/>"
        "<lease network='Blue' guest='g' address='192.0.2.2'/>"
        "<port link='mgmt' vlan='3' logicalswitch='Cloud'/>"
        "<port link='stor' vlan='3' logicalswitch='Other'/>"
        "<port network='Red' portgroup='Public' vlan='3' logicalswitch='Cloud'/>"
        "<port network='%s' portgroup='Public' vlan='4' logicalswitch='Cloud'/>"
        "<class link='eth0' priority='2' name='default' logicalswitch='Cloud'/>"
        "<class link='eth0' priority='16' name='Public' weight='3' fair='yes' perport='yes' "
        "logicalswitch='Cloud'/>"
        "<class link='eth1' priority='16' name='Public' perport='yes' logicalswitch='Other'/>"
        "<network name='Red' uuid='" RED_UUID "' vmnetwork='Red' logicalswitch='Cloud'/>"
        "<network name='%s' uuid='0c5ee9b0-7a3c-5b86-8a30-1a8f4f6f0002' logicalswitch='Cloud'/>"
        "</host>",
        slices->long_name, slices->long_name);
    slices->host = loom_test_host(text);
}

static void
slices_clear(Slices *slices)
{
    g_autoptr(LoomHost) none = loom_test_host("<host name='h'/>");

    loom_slice_prune(none, slices->directory, NULL);
    for (const char *const *name = (const char *const[]){"names", "networks", "vmnetworks/Red",
                                                         "vmnetworks", "stamp", NULL};
         *name; name++) {
        g_autofree char *path = g_build_filename(slices->directory, *name, NULL);
        g_remove(path);
    }
    assert_int_equal(g_rmdir(slices->directory), 0); /* so nothing else was left */
    g_free(slices->directory);
    g_free(slices->long_name);
    loom_host_free(slices->host);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Slices, slices_clear)

/* loom_record_key() looks no further than to the first that is none. */
static void
test_keys(void **state G_GNUC_UNUSED)
{
    for (size_t i = 0; i < loom_host_kind.child_count; i++) {
        const LoomKind *kind = loom_host_kind.children[i].kind;
        unsigned runs = 0;

        for (size_t k = 0; k < kind->attribute_count; k++)
            runs += kind->attributes[k].flags & LOOM_KEY &&
                    (!k || !(kind->attributes[k - 1].flags & LOOM_KEY));
        if (runs != 1)
            fail_msg("the keys of <%s> do not stand together", kind->element);
    }
}

static void
test_slice(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) by_name = NULL;
    g_autoptr(LoomHost) by_uuid = NULL;
    g_autoptr(LoomHost) by_long_name = NULL;

    slices_init(&slices);
    assert_true(loom_slice_save_all(slices.host, slices.directory, &error));
    by_name = loom_slice_find_by_name(slices.directory, "Red", &error);
    by_uuid = loom_slice_find_by_uuid(slices.directory, RED_UUID, &error);
    by_long_name = loom_slice_find_by_name(slices.directory, slices.long_name, &error);
    assert_no_error(error);

    g_autofree char *text = loom_host_format(by_name);
    g_autofree char *same = loom_host_format(by_uuid);
    assert_string_equal(text, same);
    assert_string_equal(
        text,
        "<?xml version='1.0' encoding='UTF-8'?>\n"
        "<host name='h' fabric='f'>\n"
        "  <link name='vs0' kind='bridge' logicalswitch='Cloud'/>\n"
        "  <link name='near0' kind='veth' peer='near0-p' logicalswitch='Cloud' "
        "vmnetwork='Red'/>\n"
        "  <link name='near0-p' kind='veth' master='vs0' peer='near0' "
        "logicalswitch='Cloud'/>\n"
        "  <link name='mine0' kind='veth' peer='mine0-p' logicalswitch='Cloud' "
        "vmnetwork='Blue' role='management'/>\n"
        "  <link name='mine0-p' kind='veth' master='vs0' peer='mine0' "
        "logicalswitch='Cloud'/>\n"
        "  <port link='mgmt' vlan='3' logicalswitch='Cloud'/>\n"
        "  <port link='near0-p' vlan='3' logicalswitch='Cloud'/>\n"
        "  <port link='mine0-p' vlan='5' logicalswitch='Cloud'/>\n"
        "  <port network='Red' portgroup='Public' vlan='3' logicalswitch='Cloud'/>\n"
        "  <lease network='Red' guest='g' address='192.0.2.1'/>\n"
        "  <class link='eth0' priority='16' name='Public' weight='3' fair='yes' perport='yes' "
        "logicalswitch='Cloud'/>\n"
        "  <network name='Red' uuid='" RED_UUID "' vmnetwork='Red' "
        "logicalswitch='Cloud'/>\n"
        "</host>\n");
    assert_string_equal(((LoomNetwork *)by_long_name->networks->pdata[0])->name, slices.long_name);
}

/* Names come from guests' XML. */
/* Where each port has a class of its own, a guest's is made after its portgroup's. */
static void
test_guests_classes(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = loom_test_host(
        "<host name='h'>"
        "<class link='eth0' priority='2' name='default' logicalswitch='Cloud'/>"
        "<class link='eth0' priority='16' name='Low' rate='5000' ceiling='10000' fair='yes' "
        "perport='yes' logicalswitch='Cloud'/>"
        "<class link='eth1' priority='16' name='Low' rate='5000' perport='yes' "
        "logicalswitch='Cloud'/>"
        "<class link='eth1' priority='17' name='High' perport='yes' logicalswitch='Cloud'/>"
        "<class link='eth2' priority='16' name='Low' perport='yes' logicalswitch='Other'/>"
        "<class link='eth3' priority='16' name='Low' fair='yes' logicalswitch='Shared'/>"
        "<port network='N' portgroup='l' class='Low' priority='16' logicalswitch='Cloud'/>"
        "<port network='N' portgroup='m' class='Low' priority='16' logicalswitch='Shared'/>"
        "<port network='N' portgroup='n' logicalswitch='Cloud'/></host>");
    g_autoptr(GPtrArray) own = loom_class_list_of_guest(host, host->ports->pdata[0], 7);
    g_autoptr(GPtrArray) shared = loom_class_list_of_guest(host, host->ports->pdata[1], 7);
    g_autoptr(GPtrArray) none = loom_class_list_of_guest(host, host->ports->pdata[2], 7);
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < own->len; i++)
        loom_record_format(own->pdata[i], 0, text);
    assert_string_equal(text->str, "<class link='eth0' priority='8199' name='Low' rate='5000' "
                                   "ceiling='10000' logicalswitch='Cloud'/>\n"
                                   "<class link='eth1' priority='8199' name='Low' rate='5000' "
                                   "logicalswitch='Cloud'/>\n");
    assert_int_equal(shared->len, 0);
    assert_int_equal(none->len, 0);
    /* every index gives a number that is a guest's, and near ones differ */
    assert_int_equal(loom_class_number_of_tap(G_MAXINT) >= LOOM_CLASS_GUESTS, 1);
    assert_int_equal(loom_class_number_of_tap(G_MAXINT) < LOOM_CLASS_END, 1);
    assert_int_not_equal(loom_class_number_of_tap(70000), loom_class_number_of_tap(70001));
}

static void
test_slice_hostile(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autofree char *longer = g_strnfill(301, 'x');
    const char *const names[] = {
        "",     ".",    "..",       "../x", "/etc/passwd", "../names/Red", "Red/", "./Red", "red",
        "Red ", longer, "\xff\xfe", "a\nb", "../stamp",    RED_UUID,       "%s%n", "Red\n",
    };
    const char *const uuids[] = {
        "", "..", "../names/Red", "0c5ee9b0-7a3c-5b86-8a30-1a8f4f6f0003", "Red",
    };

    slices_init(&slices);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomHost) slice = loom_slice_find_by_name(slices.directory, names[i], &error);

        assert_null(slice);
        assert_no_error(error);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(uuids); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomHost) slice = loom_slice_find_by_uuid(slices.directory, uuids[i], &error);

        assert_null(slice);
        assert_no_error(error);
    }
}

/* A slice that cannot be read is an error, and no "not ours". */
static void
test_slice_corrupt(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;

    slices_init(&slices);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    path = g_build_filename(slices.directory, "networks", RED_UUID ".xml", NULL);
    assert_true(g_file_set_contents(path, "<host", -1, NULL));
    assert_null(loom_slice_find_by_name(slices.directory, "Red", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
}

static void
test_slice_prune(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autoptr(LoomHost) fewer = loom_test_host("<host name='h'><network name='Red' uuid='" RED_UUID
                                               "' logicalswitch='Cloud'/></host>");
    g_autoptr(LoomHost) kept = NULL;
    g_autoptr(GError) error = NULL;

    slices_init(&slices);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    assert_true(loom_slice_prune(fewer, slices.directory, &error));
    kept = loom_slice_find_by_name(slices.directory, "Red", &error);
    assert_non_null(kept);
    assert_null(loom_slice_find_by_name(slices.directory, slices.long_name, &error));
    assert_no_error(error);
    /* nor is it an error where there was never a slice */
    assert_true(loom_slice_prune(fewer, "/nonexistent", &error));
}

/* A slice that is right is not written again; a name that points elsewhere is put right. */
static void
test_slice_unchanged(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autofree char *file = NULL;
    g_autofree char *name = NULL;
    struct stat before, after, link_before, link_after;

    slices_init(&slices);
    file = g_build_filename(slices.directory, "networks", RED_UUID ".xml", NULL);
    name = g_build_filename(slices.directory, "names", "Red", NULL);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    assert_int_equal(stat(file, &before), 0);
    assert_int_equal(lstat(name, &link_before), 0);
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    assert_int_equal(stat(file, &after), 0);
    assert_int_equal(lstat(name, &link_after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(link_after.st_ino, link_before.st_ino);

    assert_int_equal(g_unlink(name), 0);
    assert_int_equal(symlink("../networks/elsewhere.xml", name), 0);
    assert_true(g_file_set_contents(file, "x", -1, NULL));
    assert_true(loom_slice_save_all(slices.host, slices.directory, NULL));
    g_autoptr(LoomHost) slice = loom_slice_find_by_name(slices.directory, "Red", NULL);
    assert_non_null(slice);
}

static void
test_stamp(void **state G_GNUC_UNUSED)
{
    g_auto(Slices) slices = {0};
    g_autofree char *path = NULL;
    g_autofree char *reused = g_strdup_printf("%d 1\n", getpid());
    const char *const dead[] = {"", "1", "x y\n", reused, "-1 ?\n", "0 0\n", "99999999 5\n"};
    g_autoptr(GError) error = NULL;

    slices_init(&slices);
    path = g_build_filename(slices.directory, "stamp", NULL);
    assert_false(loom_stamp_is_live(slices.directory));
    assert_true(loom_stamp_save(slices.directory, getpid(), &error));
    assert_true(loom_stamp_is_live(slices.directory));
    for (size_t i = 0; i < G_N_ELEMENTS(dead); i++) {
        assert_true(g_file_set_contents(path, dead[i], -1, NULL));
        if (loom_stamp_is_live(slices.directory))
            fail_msg("'%s' is taken for a live process", dead[i]);
    }
    /* a process that is gone already when the stamp is made */
    assert_true(loom_stamp_save(slices.directory, 99999999, &error));
    assert_false(loom_stamp_is_live(slices.directory));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_find_and_sort),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_slice),
        cmocka_unit_test(test_guests_classes),
        cmocka_unit_test(test_slice_hostile),
        cmocka_unit_test(test_slice_corrupt),
        cmocka_unit_test(test_slice_prune),
        cmocka_unit_test(test_slice_unchanged),
        cmocka_unit_test(test_stamp),
        cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
