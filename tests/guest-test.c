/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guest/: domain XML and hook data against what is read out of them. */
#include "golden.h"

#include "base/error.h"
#include "guest/guest.h"
#include "guest/hookdata.h"
#include "guest/portgroup.h"

#include <string.h>

static void
add_line(GString *text, const char *key, const char *value)
{
    if (value)
        g_string_append_printf(text, "%s: '%s'\n", key, value);
}

static void
add_vnic(GString *text, const LoomGuestVnic *vnic)
{
    g_string_append(text, "vNIC\n");
    add_line(text, "  type", vnic->type);
    add_line(text, "  mac", vnic->mac);
    add_line(text, "  network", vnic->network);
    add_line(text, "  portgroup", vnic->portgroup);
    add_line(text, "  bridge", vnic->bridge);
    add_line(text, "  portid", vnic->portid);
    add_line(text, "  device", vnic->device);
}

static void
describe_guest(GString *text, const char *xml, size_t length, const char *name, GError **error)
{
    g_autoptr(LoomGuest) guest = loom_guest_parse(xml, length, name, error);

    if (!guest)
        return;
    add_line(text, "name", guest->name);
    add_line(text, "uuid", guest->uuid);
    for (guint i = 0; i < guest->vnics->len; i++)
        add_vnic(text, &g_array_index(guest->vnics, LoomGuestVnic, i));
}

static void
describe_hook_data(GString *text, const char *xml, size_t length, const char *name, GError **error)
{
    g_autoptr(LoomHookData) data = loom_hook_data_parse(xml, length, name, error);

    if (!data)
        return;
    add_line(text, "ours", data->is_ours ? "yes" : "no");
    add_line(text, "network name", data->network_name);
    add_line(text, "network uuid", data->network_uuid);
    if (!data->port)
        return;
    add_line(text, "owner name", data->owner_name);
    add_line(text, "owner uuid", data->owner_uuid);
    add_vnic(text, &data->vnic);
}

/* Each NAME.xml of DIRECTORY gives the text of NAME.txt; LOOM_TEST_REGENERATE=1 writes that. */
static void
check_case(const char *directory, const char *file,
           void (*describe)(GString *, const char *, size_t, const char *, GError **))
{
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(".xml"));
    g_autofree char *xml_path = g_build_filename(directory, file, NULL);
    g_autofree char *txt_path = g_strdup_printf("%s/%s.txt", directory, name);
    g_autofree char *xml = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    gsize length;

    assert_true(g_file_get_contents(xml_path, &xml, &length, NULL));
    describe(text, xml, length, name, &error);
    if (error) {
        assert_int_equal(text->len, 0);
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
        g_string_printf(text, "error: %s\n", error->message);
    }
    loom_golden_compare(txt_path, text->str);
}

static void
check_directory(const char *below,
                void (*describe)(GString *, const char *, size_t, const char *, GError **))
{
    g_autofree char *path = loom_test_path(below);
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    unsigned count = 0;
    const char *file;

    assert_non_null(directory);
    while ((file = g_dir_read_name(directory)))
        if (g_str_has_suffix(file, ".xml")) {
            check_case(path, file, describe);
            count++;
        }
    assert_true(count > 5);
}

static void
test_domains(void **state G_GNUC_UNUSED)
{
    check_directory("tests/data/domain", describe_guest);
}

static void
test_hook_data(void **state G_GNUC_UNUSED)
{
    check_directory("tests/data/hookdata", describe_hook_data);
}

/* What a file cannot show well: bytes that no XML has. */
static void
test_hostile_bytes(void **state G_GNUC_UNUSED)
{
    static const char nul[] = "<domain>\0</domain>", latin[] = "<domain><name>\xe4</name></domain>";
    g_autoptr(GError) error = NULL;

    assert_null(loom_guest_parse(nul, sizeof nul - 1, "guest", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    g_clear_error(&error);
    assert_null(loom_guest_parse(latin, sizeof latin - 1, "guest", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    g_clear_error(&error);
    assert_null(loom_guest_parse("", 0, "guest", &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
}

/* Every beginning of a document is refused or, without its last newline, the document. */
static void
test_truncated(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = loom_test_path("tests/data/hookdata/port-created.xml");
    g_autofree char *xml = NULL;
    gsize length;

    assert_true(g_file_get_contents(path, &xml, &length, NULL));
    for (gsize cut = 0; cut < length - 1; cut++) {
        g_autoptr(GError) error = NULL;

        assert_null(loom_hook_data_parse(xml, cut, "network", &error));
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    }
}

static LoomHost *
load_slice(void)
{
    g_autofree char *path = loom_test_path("tests/data/slices/host.xml");
    g_autoptr(GError) error = NULL;
    LoomHost *host = loom_host_load(path, &error);

    assert_no_error(error);
    return host;
}

static void
test_find_portgroup(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = load_slice();
    const LoomNetwork *cernet = loom_host_find(host, &loom_network_kind, "Cernet Network");
    const LoomNetwork *storage = loom_host_find(host, &loom_network_kind, "Storage");

    assert_string_equal(loom_portgroup_find(cernet, "Private")->name, "Private");
    assert_string_equal(loom_portgroup_find(cernet, NULL)->name, "Public");
    assert_null(loom_portgroup_find(cernet, "public"));
    assert_null(loom_portgroup_find(cernet, ""));
    assert_null(loom_portgroup_find(storage, NULL));
}

static void
test_check_portgroup(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = load_slice();
    g_autoptr(LoomHost) empty = loom_host_new();
    LoomGuestVnic vnic = {.mac = "52:54:00:00:00:01", .network = "Cernet Network"};
    g_autoptr(GError) error = NULL;

    assert_true(loom_portgroup_check(host, "db1", &vnic, &error));
    vnic.portgroup = "Guest";
    assert_false(loom_portgroup_check(host, "db1", &vnic, &error));
    assert_string_equal(error->message,
                        "guest 'db1', vNIC 52:54:00:00:00:01: network 'Cernet Network' has no "
                        "portgroup 'Guest'; valid are: 'Private', 'Public' (default)");
    g_clear_error(&error);
    assert_false(loom_portgroup_check(empty, "db1", &vnic, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domains),        cmocka_unit_test(test_hook_data),
        cmocka_unit_test(test_hostile_bytes),  cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_find_portgroup), cmocka_unit_test(test_check_portgroup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
