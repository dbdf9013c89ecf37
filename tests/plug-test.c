/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What attach, detach and set are asked for: network, portgroup, vNIC, and the vNIC's XML. */
#include "test.h"

#include "base/error.h"
#include "cli/plug.h"

#include <string.h>

#define UUID "c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f01"
#define MAC  "52:54:00:8a:12:01"
#define MAC2 "52:54:00:8a:12:02"

#define NETWORK(name, number, attributes, portgroups)                                              \
    "<network name='" name "' uuid='00000000-0000-4000-8000-00000000000" number                    \
    "' bridge='sw0' " attributes ">" portgroups "</network>"

#define PLAIN "<portgroup name='Plain' default='yes'/>"

static const char host_text[] = "<host name='h'>" NETWORK("Blue", "1", "vmnetwork='Blue'",
                                                          PLAIN "<portgroup name='Gold-class'/>")
    NETWORK("Red [A]", "2", "vmnetwork='Red'", "<portgroup name='Gold'/>")
        NETWORK("Red [B]", "3", "vmnetwork='Red'", "")
            NETWORK("Flow", "4", "vmnetwork='Flow' openvswitch='yes'", PLAIN)
                NETWORK("Green [A]", "5", "vmnetwork='Green'", PLAIN) "</host>";

static LoomHost *
make_host(void)
{
    g_autoptr(GError) error = NULL;
    LoomHost *host = loom_host_parse(host_text, strlen(host_text), "host", &error);

    assert_no_error(error);
    return host;
}

/* An error of CODE that says WORDS. */
static void
assert_says(GError *error, int code, const char *words)
{
    assert_true(g_error_matches(error, LOOM_ERROR, code));
    if (!strstr(error->message, words))
        fail_msg("'%s' does not say '%s'", error->message, words);
    g_error_free(error);
}

static void
test_scope(void **state G_GNUC_UNUSED)
{
    LoomSession session = {0};

    assert_int_equal(loom_plug_scope(&session), LOOM_GUEST_CURRENT);
    session.is_config = TRUE;
    assert_int_equal(loom_plug_scope(&session), LOOM_GUEST_CONFIG);
    session.is_live = TRUE;
    assert_int_equal(loom_plug_scope(&session), LOOM_GUEST_LIVE | LOOM_GUEST_CONFIG);
}

/* --- network and portgroup ------------------------------------------------------------------- */

/* By its own name, or that of its VM network, if that is one's alone. */
static void
test_find_network(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = make_host();
    g_autoptr(LoomHost) bare = loom_host_new();
    GError *error = NULL;

    assert_string_equal(loom_plug_find_network(host, "Blue", &error)->name, "Blue");
    assert_string_equal(loom_plug_find_network(host, "Red [B]", &error)->name, "Red [B]");
    assert_string_equal(loom_plug_find_network(host, "Green", &error)->name, "Green [A]");
    assert_null(loom_plug_find_network(host, "Red", &error));
    assert_says(error, LOOM_ERROR_CONFLICT, "name one of: 'Red [A]', 'Red [B]'");
    error = NULL;
    assert_null(loom_plug_find_network(host, "blue", &error));
    assert_says(error, LOOM_ERROR_NOT_FOUND,
                "'blue' is not offered on this host; offered are: "
                "'Blue', 'Red [A]', 'Red [B]', 'Flow', 'Green [A]'");
    error = NULL;
    assert_null(loom_plug_find_network(bare, "Blue", &error));
    assert_says(error, LOOM_ERROR_NOT_FOUND, "offered are: none");
}

static const char *
name_of_portgroup(const LoomHost *host, const char *network, const char *classification,
                  GError **error)
{
    const LoomPortgroup *found = loom_plug_find_portgroup(
        loom_plug_find_network(host, network, NULL), classification, error);

    return found ? found->name : NULL;
}

static void
test_find_portgroup(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = make_host();
    GError *error = NULL;

    assert_string_equal(name_of_portgroup(host, "Blue", NULL, &error), "Plain");
    assert_string_equal(name_of_portgroup(host, "Blue", "Gold class", &error), "Gold-class");
    assert_string_equal(name_of_portgroup(host, "Blue", "Gold-class", &error), "Gold-class");
    assert_null(name_of_portgroup(host, "Blue", "gold class", &error));
    assert_says(error, LOOM_ERROR_NOT_FOUND,
                "network 'Blue' has no classification 'gold class'; valid are: 'Plain', "
                "'Gold-class'");
    error = NULL;
    assert_null(name_of_portgroup(host, "Red [A]", NULL, &error));
    assert_says(error, LOOM_ERROR_NOT_FOUND, "has no default classification, so name one: 'Gold'");
    error = NULL;
    assert_null(name_of_portgroup(host, "Red [B]", "", &error));
    assert_says(error, LOOM_ERROR_NOT_FOUND, "valid are: none");
}

/* --- vNIC ------------------------------------------------------------------------------------ */

static LoomGuest *
make_guest(void)
{
    static const char text[] =
        "<domain><name>db1</name><uuid>" UUID "</uuid><devices>"
        "<interface type='network'><mac address='" MAC "'/><source network='Blue'/></interface>"
        "<interface type='network'><mac address='" MAC2 "'/><source network='Red [A]'/></interface>"
        "<interface type='network'><mac address='52:54:00:8a:12:03'/><source network='Red [B]'/>"
        "</interface><interface type='bridge'><mac address='52:54:00:8A:12:04'/>"
        "<source bridge='br0'/></interface></devices></domain>";
    g_autoptr(GError) error = NULL;
    LoomGuest *guest = loom_guest_parse(text, strlen(text), "guest", &error);

    assert_no_error(error);
    return guest;
}

static void
assert_vnic(const char *which, const char *mac)
{
    g_autoptr(LoomHost) host = make_host();
    g_autoptr(LoomGuest) guest = make_guest();
    g_autoptr(GError) error = NULL;
    const LoomGuestVnic *vnic = loom_plug_find_vnic(host, guest, which, &error);

    assert_no_error(error);
    assert_string_equal(vnic->mac, mac);
}

static void
test_find_vnic(void **state G_GNUC_UNUSED)
{
    g_autoptr(LoomHost) host = make_host();
    g_autoptr(LoomGuest) guest = make_guest();
    GError *error = NULL;

    assert_vnic("52:54:00:8A:12:01", MAC);
    assert_vnic("52:54:00:8a:12:04", "52:54:00:8A:12:04");
    assert_vnic("Blue", MAC);
    assert_vnic("Red [A]", MAC2);
    assert_null(loom_plug_find_vnic(host, guest, "Red", &error));
    assert_says(error, LOOM_ERROR_CONFLICT,
                "several vNICs on 'Red'; name one by its MAC address: '" MAC2
                "', '52:54:00:8a:12:03'");
    error = NULL;
    assert_null(loom_plug_find_vnic(host, guest, "Green", &error));
    assert_says(error, LOOM_ERROR_NOT_FOUND, "guest 'db1' has no vNIC 'Green'");
}

/* --- its XML --------------------------------------------------------------------------------- */

static void
test_format(void **state G_GNUC_UNUSED)
{
    LoomNetwork network = {.name = (char *)"R&D <'1'>"};
    g_autofree char *plain = loom_plug_format(&network, "Gold", UUID, "52:54:00:8A:12:01", NULL, 0);
    g_autofree char *queues = loom_plug_format(&network, "Gold", UUID, MAC, "e1000", 4);

    assert_string_equal(plain, "<interface type='network'><mac address='" MAC "'/><source "
                               "network='R&amp;D &lt;&apos;1&apos;&gt;' portgroup='Gold'/><model "
                               "type='virtio'/></interface>");
    assert_non_null(strstr(queues, "<model type='e1000'/><driver name='vhost' queues='4'/>"));
}

static char *
interface_id(const char *domain, const char *mac)
{
    LoomNetwork network = {.name = (char *)"Flow", .openvswitch = TRUE};
    g_autofree char *xml = loom_plug_format(&network, "P", domain, mac, NULL, 0);
    const char *id = strstr(xml, "<virtualport type='openvswitch'><parameters interfaceid='");

    assert_non_null(id);
    return g_strndup(id + strlen("<virtualport type='openvswitch'><parameters interfaceid='"), 36);
}

/* The same for guest and address, however that is written, and no other's. */
static void
test_interface_id(void **state G_GNUC_UNUSED)
{
    g_autofree char *one = interface_id(UUID, MAC);
    g_autofree char *same = interface_id(UUID, "52:54:00:8A:12:01");
    g_autofree char *of_other_vnic = interface_id(UUID, MAC2);
    g_autofree char *of_other_guest = interface_id("c1f2c7a8-9d3e-4b7f-8a65-1b2c3d4e5f02", MAC);

    assert_true(g_uuid_string_is_valid(one));
    assert_string_equal(one, same);
    assert_string_not_equal(one, of_other_vnic);
    assert_string_not_equal(one, of_other_guest);
}

/* --- the guest ------------------------------------------------------------------------------- */

static void
test_read_guest(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = loom_test_path("tests/data/virt/node.xml");
    g_autofree char *uri = g_strconcat("test://", path, NULL);
    g_autoptr(LoomBackend) virt = loom_virt_new(uri, NULL);
    gboolean is_active = FALSE;
    GError *error = NULL;
    g_autoptr(LoomGuest) live =
        loom_plug_read_guest(virt, "guest", LOOM_GUEST_CURRENT, &is_active, &error);
    g_autoptr(LoomGuest) defined =
        loom_plug_read_guest(virt, "guest", LOOM_GUEST_CONFIG, &is_active, &error);

    assert_no_error(error);
    assert_true(is_active);
    assert_int_equal(live->vnics->len, 2);
    assert_int_equal(defined->vnics->len, 2);
    assert_null(loom_plug_read_guest(virt, "../guest", LOOM_GUEST_CURRENT, &is_active, &error));
    assert_says(error, LOOM_ERROR_NOT_FOUND, "There is no guest '../guest'");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scope),          cmocka_unit_test(test_find_network),
        cmocka_unit_test(test_find_portgroup), cmocka_unit_test(test_find_vnic),
        cmocka_unit_test(test_format),         cmocka_unit_test(test_interface_id),
        cmocka_unit_test(test_read_guest),
    };

    return cmocka_run_group_tests_name("plug", tests, NULL, NULL);
}
