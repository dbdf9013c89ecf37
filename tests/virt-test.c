/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt/: the backend over libvirt's test driver, whose state lives and dies with each test. */
#include "virt-fixture.h"

#include "base/error.h"
#include "virt/networkxml.h"

#include <string.h>

#define URI    "test:///default" /* shared by all connections of this process */
#define DOMAIN "00000000-0000-4000-8000-0000000000aa"
#define HASH   "00112233445566778899aabbccddeeff"

static int
set_up(void **state)
{
    *state = fixture_new(URI);
    return *state ? 0 : -1;
}

static int
tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

static void
test_publish(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *before = look(fixture, "default", LIVE);

    assert_int_equal(publish(fixture), 2);
    assert_int_equal(publish(fixture), 0);

    g_autoptr(LoomHost) observed = observe(fixture->virt, fixture->target);
    assert_int_equal(observed->networks->len, 2);
    const LoomNetwork *network = find_network(observed, "Cernet Network");
    assert_true(network->active && network->autostart && network->persistent && network->ours);
    assert_false(network->pending);
    assert_false(LOOM_HAS(network, guests));

    /* what is not ours is neither told nor touched */
    g_autofree char *after = look(fixture, "default", LIVE);
    assert_string_equal(before, after);
}

static void
test_another_run(void **state)
{
    Fixture *fixture = *state;

    publish(fixture);
    loom_backend_free(fixture->virt);
    fixture->virt = loom_virt_new(URI, NULL);
    assert_int_equal(publish(fixture), 0);
}

static void
test_rename_and_delete(void **state)
{
    Fixture *fixture = *state;
    LoomNetwork *network = fixture->target->networks->pdata[0];

    publish(fixture);
    g_autofree char *uuid = uuid_of(7);
    LOOM_SET(network, name, "Renamed");
    LOOM_SET(network, uuid, uuid);
    assert_int_equal(publish(fixture), 2);
    assert_true(network_exists(fixture, "Renamed"));
    assert_false(network_exists(fixture, "Cernet Network"));

    g_ptr_array_set_size(fixture->target->networks, 0);
    assert_int_equal(publish(fixture), 2);
    assert_false(network_exists(fixture, "Renamed"));
    assert_true(network_exists(fixture, "default"));
    assert_int_equal(publish(fixture), 0);
}

/* The UUID is made of fabric and name: it changes with the fabric's. */
static void
test_another_uuid(void **state)
{
    Fixture *fixture = *state;
    g_autofree char *uuid = uuid_of(8);

    publish(fixture);
    LOOM_SET((LoomNetwork *)fixture->target->networks->pdata[0], uuid, uuid);
    assert_int_equal(publish(fixture), 1);
    assert_int_equal(publish(fixture), 0);
    assert_holds(fixture, "Cernet Network", LIVE, uuid);
}

static void
test_state_alone(void **state)
{
    Fixture *fixture = *state;
    LoomNetwork *network = fixture->target->networks->pdata[0];

    publish(fixture);
    LOOM_SET(network, active, "no");
    LOOM_SET(network, autostart, "no");
    assert_int_equal(publish(fixture), 1);
    assert_int_equal(publish(fixture), 0);
    g_autoptr(LoomHost) observed = observe(fixture->virt, fixture->target);
    assert_false(find_network(observed, "Cernet Network")->active);
    assert_false(find_network(observed, "Cernet Network")->autostart);

    LOOM_SET(network, active, "yes");
    LOOM_SET(network, autostart, "yes");
    assert_int_equal(publish(fixture), 1);
    assert_int_equal(publish(fixture), 0);
}

static void
test_live_portgroups(void **state)
{
    Fixture *fixture = *state;
    LoomNetwork *network = fixture->target->networks->pdata[0];

    publish(fixture);
    exchange_portgroups(network);
    assert_int_equal(publish(fixture), 1);
    assert_int_equal(publish(fixture), 0);

    assert_holds(fixture, "Cernet Network", LIVE, "<portgroup name='Public'>");
    assert_holds(fixture, "Cernet Network", LIVE, "<portgroup name='Another' default='yes'>");
    assert_holds(fixture, "Cernet Network", LIVE, "average='250'");
    assert_lacks(fixture, "Cernet Network", LIVE, "average='125000'");
    assert_lacks(fixture, "Cernet Network", LIVE, "Application");
}

static void
test_killed_before_start(void **state)
{
    Fixture *fixture = *state;

    set_hashes(fixture->target);
    g_autofree char *xml = loom_network_xml_format(fixture->target->networks->pdata[0]);
    virNetworkPtr handle = virNetworkDefineXML(fixture->outside, xml);
    g_autoptr(GError) error = NULL;

    assert_non_null(handle);
    virNetworkFree(handle);
    run_step(fixture->virt, LOOM_STEP_CREATE, NULL, fixture->target->networks->pdata[0], &error);
    assert_no_error(error);
    run_step(fixture->virt, LOOM_STEP_CREATE, NULL, fixture->target->networks->pdata[0], &error);
    assert_no_error(error);
    assert_int_equal(publish(fixture), 1);
    assert_int_equal(publish(fixture), 0);
}

/* Somebody started or stopped a network after it was observed. */
static void
test_somebody_was_faster(void **state)
{
    Fixture *fixture = *state;
    LoomNetwork *wanted = fixture->target->networks->pdata[0];
    g_autoptr(GError) error = NULL;

    publish(fixture);
    g_autoptr(LoomHost) active = observe(fixture->virt, fixture->target);
    virNetworkPtr handle = look_up(fixture, "Cernet Network");
    assert_int_equal(virNetworkDestroy(handle), 0);
    LOOM_SET(wanted, active, "no");
    run_step(fixture->virt, LOOM_STEP_CHANGE, find_network(active, "Cernet Network"), wanted,
             &error);
    assert_no_error(error);

    g_autoptr(LoomHost) inactive = observe(fixture->virt, fixture->target);
    assert_int_equal(virNetworkCreate(handle), 0);
    LOOM_SET(wanted, active, "yes");
    run_step(fixture->virt, LOOM_STEP_CHANGE, find_network(inactive, "Cernet Network"), wanted,
             &error);
    assert_no_error(error);
    virNetworkFree(handle);
}

static void
test_killed_while_deleting(void **state)
{
    Fixture *fixture = *state;

    publish(fixture);
    g_autoptr(LoomHost) observed = observe(fixture->virt, fixture->target);
    const LoomNetwork *network = find_network(observed, "Cernet Network");
    virNetworkPtr handle = look_up(fixture, network->name);
    g_autoptr(GError) error = NULL;

    assert_int_equal(virNetworkDestroy(handle), 0);
    run_step(fixture->virt, LOOM_STEP_DELETE, network, NULL, &error);
    assert_no_error(error);
    assert_false(network_exists(fixture, "Cernet Network"));
    run_step(fixture->virt, LOOM_STEP_DELETE, network, NULL, &error);
    assert_no_error(error);
    virNetworkFree(handle);
}

/* This driver shows a redefinition of inactive networks only. */
static void
test_repair_of_edits(void **state)
{
    static const char *const edits[][2] = {
        {"<bridge name='br0'/>", "<bridge name='br1'/>"},
        {"<portgroup name='Application'>\n  </portgroup>", ""},
        {"<portgroup name='Application'>",
         "<portgroup name='Application'><bandwidth><inbound average='1'/></bandwidth>"},
        {"average='125000'", "average='1'"},
        {"</network>", "<portgroup name='More'/></network>"},
        {"fabric=\"Test\"", "fabric=\"Other\""},
    };
    Fixture *fixture = *state;

    LOOM_SET((LoomNetwork *)fixture->target->networks->pdata[0], active, "no");
    assert_repairs(fixture, "Cernet Network", edits, G_N_ELEMENTS(edits));
}

/* Back to what somebody had made of it, although no LoomNetwork can say that. */
static void
test_back_to_edits(void **state)
{
    static const char *const edits[][2] = {
        {"<network>", "<network trustGuestRxFilters='yes'>"},
        {"<portgroup name='Application'>", "<portgroup name='Application' "
                                           "trustGuestRxFilters='yes'>"},
    };
    Fixture *fixture = *state;

    LOOM_SET((LoomNetwork *)fixture->target->networks->pdata[0], active, "no");
    for (size_t i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_autoptr(GError) error = NULL;

        publish(fixture);
        redefine(fixture, "Cernet Network", edits[i][0], edits[i][1]);
        g_autofree char *before = look(fixture, "Cernet Network", VIR_NETWORK_XML_INACTIVE);
        g_autoptr(LoomHost) observed = observe(fixture->virt, fixture->target);
        LOOM_SET(observed, name, "h");
        g_autofree char *text = loom_host_format(observed);
        g_autoptr(LoomHost) snapshot = loom_host_parse(text, strlen(text), "snapshot.xml", &error);
        assert_no_error(error);

        assert_int_equal(publish(fixture), 1);
        assert_int_equal(converge(fixture->virt, snapshot), 1);
        g_autofree char *after = look(fixture, "Cernet Network", VIR_NETWORK_XML_INACTIVE);
        assert_string_equal(after, before);
        assert_int_equal(converge(fixture->virt, snapshot), 0);
    }
}

static void
test_repair_of_live_edits(void **state)
{
    static const struct {
        virNetworkUpdateCommand command;
        const char *xml;
    } edits[] = {
        {VIR_NETWORK_UPDATE_COMMAND_DELETE, "<portgroup name='Application'/>"},
        {VIR_NETWORK_UPDATE_COMMAND_ADD_FIRST, "<portgroup name='More'/>"},
        {VIR_NETWORK_UPDATE_COMMAND_MODIFY,
         "<portgroup name='Application'><bandwidth><inbound average='1'/></bandwidth></portgroup>"},
    };
    Fixture *fixture = *state;

    publish(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(edits); i++) {
        virNetworkPtr handle = look_up(fixture, "Cernet Network");

        assert_int_equal(virNetworkUpdate(handle, edits[i].command, VIR_NETWORK_SECTION_PORTGROUP,
                                          -1, edits[i].xml, VIR_NETWORK_UPDATE_AFFECT_LIVE),
                         0);
        virNetworkFree(handle);
        assert_int_equal(publish(fixture), 1);
        assert_int_equal(publish(fixture), 0);
    }
}

static void
test_conflicts(void **state)
{
    g_autofree char *path = loom_test_path("tests/data/virt/node.xml");
    g_autofree char *uri = g_strconcat("test://", path, NULL);
    static const struct {
        const char *name;
        unsigned number;
    } rows[] = {{"Foreign", 9}, {"Other name", 3}, {"Not our name", 3}};

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LoomBackend) virt = loom_virt_new(uri, NULL);
        g_autoptr(LoomHost) target = loom_host_new();
        LoomNetwork *network = add_network(target, rows[i].name, rows[i].number);
        g_autoptr(GError) error = NULL;
        g_autoptr(LoomHost) before = observe(virt, target);

        assert_int_equal(before->networks->len, 3); /* two of ours and what is in the way */
        assert_false(run_step(virt, LOOM_STEP_CREATE, NULL, network, &error));
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_CONFLICT));
        assert_non_null(strstr(error->message, rows[i].name));
        g_autoptr(LoomHost) after = observe(virt, target);
        g_autofree char *one = (loom_host_sort(before), loom_host_format(before));
        g_autofree char *other = (loom_host_sort(after), loom_host_format(after));
        assert_string_equal(one, other);
    }
}

static void
test_foreign_stays(void **state)
{
    static const LoomVerb verbs[] = {LOOM_STEP_CHANGE, LOOM_STEP_DELETE};
    Fixture *fixture = *state;
    g_autoptr(LoomHost) target = loom_host_new();
    LoomNetwork *wanted = add_network(target, "default", 5);
    g_autoptr(LoomHost) observed = observe(fixture->virt, target);
    g_autofree char *before = look(fixture, "default", LIVE);

    assert_int_equal(observed->networks->len, 1);
    assert_false(find_network(observed, "default")->ours);
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        g_autoptr(GError) error = NULL;

        assert_false(
            run_step(fixture->virt, verbs[i], find_network(observed, "default"), wanted, &error));
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_CONFLICT));
    }
    g_autofree char *after = look(fixture, "default", LIVE);
    assert_string_equal(before, after);
}

static void
test_guests(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = loom_test_path("tests/data/virt/node.xml");
    g_autofree char *uri = g_strconcat("test://", path, NULL);
    g_autoptr(LoomBackend) virt = loom_virt_new(uri, NULL);
    g_autoptr(LoomHost) target = loom_host_new();
    g_autoptr(LoomHost) all = observe(virt, NULL);

    assert_int_equal(all->networks->len, 2);
    assert_int_equal(g_strv_length(find_network(all, "Edited")->guests), 1);
    assert_string_equal(find_network(all, "Edited")->guests[0], DOMAIN);
    assert_false(LOOM_HAS(find_network(all, "Unused"), guests));
    /* without a target nobody can tell what the hash is of */
    assert_string_equal(find_network(all, "Edited")->hash, HASH);

    /* nobody asks who is on a network that stays */
    LoomNetwork *edited = add_network(target, "Edited", 1);
    LOOM_SET(edited, hash, HASH);
    g_autoptr(LoomHost) some = observe(virt, target);
    assert_false(LOOM_HAS(find_network(some, "Edited"), guests));
    assert_string_not_equal(find_network(some, "Edited")->hash, HASH);

    /* one that gets another UUID does not stay: it would be made again under its guests */
    g_autofree char *uuid = uuid_of(7);
    LOOM_SET(edited, uuid, uuid);
    g_autoptr(LoomHost) replaced = observe(virt, target);
    assert_true(LOOM_HAS(find_network(replaced, "Edited"), guests));
    assert_string_equal(find_network(replaced, "Edited")->guests[0], DOMAIN);
}

static void
test_users(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = loom_test_path("tests/data/virt/node.xml");
    g_autofree char *uri = g_strconcat("test://", path, NULL);
    g_autoptr(LoomBackend) virt = loom_virt_new(uri, NULL);
    g_autoptr(LoomHost) host = loom_host_new();
    g_autoptr(GError) error = NULL;
    const LoomGuestTap *tap;

    assert_true(virt->observe_users(virt, host, &error));
    assert_int_equal(host->guests->len, 2);
    tap = host->guests->pdata[1];
    assert_string_equal(tap->domain, DOMAIN);
    assert_string_equal(tap->name, "guest");
    assert_string_equal(tap->mac, "52:54:00:00:00:02");
    assert_string_equal(tap->link, "tap9");
}

/* What is replaced stays where its new UUID is taken. */
static void
test_conflict_of_uuid(void **state)
{
    Fixture *fixture = *state;
    virNetworkPtr foreign = look_up(fixture, "default");
    char uuid[VIR_UUID_STRING_BUFLEN];
    g_autoptr(GError) error = NULL;

    publish(fixture);
    virNetworkGetUUIDString(foreign, uuid);
    virNetworkFree(foreign);
    g_autoptr(LoomHost) observed = observe(fixture->virt, fixture->target);
    LOOM_SET((LoomNetwork *)fixture->target->networks->pdata[0], uuid, uuid);
    assert_false(run_step(fixture->virt, LOOM_STEP_CHANGE, find_network(observed, "Cernet Network"),
                          fixture->target->networks->pdata[0], &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_CONFLICT));
    assert_true(network_exists(fixture, "Cernet Network"));
    assert_true(network_exists(fixture, "default"));
}

static void
test_failing_calls(void **state)
{
    Fixture *fixture = *state;
    LoomNetwork *network = fixture->target->networks->pdata[0];
    g_autoptr(GError) error = NULL;

    /* refused before libvirt is asked: virNetworkUpdate() would store it */
    publish(fixture);
    g_autoptr(LoomHost) observed = observe(fixture->virt, fixture->target);
    g_autofree char *before = look(fixture, "Cernet Network", LIVE);
    add_portgroup(network, "Public", 5);
    assert_false(run_step(fixture->virt, LOOM_STEP_CHANGE, find_network(observed, "Cernet Network"),
                          network, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    g_autofree char *after = look(fixture, "Cernet Network", LIVE);
    assert_string_equal(before, after);

    /* it went since it was observed: made again */
    virNetworkPtr handle = look_up(fixture, "Backup & co");
    assert_int_equal(virNetworkDestroy(handle), 0);
    assert_int_equal(virNetworkUndefine(handle), 0);
    virNetworkFree(handle);
    LoomNetwork *second = fixture->target->networks->pdata[1];
    LOOM_SET(second, bridge, "br1");
    g_clear_error(&error);
    assert_false(run_step(fixture->virt, LOOM_STEP_CHANGE, find_network(observed, "Backup & co"),
                          second, &error));
    assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_NOT_FOUND));
    assert_non_null(strstr(error->message, "'Backup & co'"));
    g_ptr_array_remove_index(network->portgroups, 2);
    assert_int_equal(publish(fixture), 1);
}

static void
test_connect(void **state G_GNUC_UNUSED)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomBackend) none = loom_virt_new("test:///nonexistent/node.xml", &error);

    assert_null(none);
    assert_non_null(error);
    assert_non_null(strstr(error->message, "test:///nonexistent/node.xml"));

    assert_true(g_setenv("LIBVIRT_DEFAULT_URI", URI, TRUE));
    g_autoptr(LoomBackend) virt = loom_virt_new(NULL, NULL);
    g_unsetenv("LIBVIRT_DEFAULT_URI");
    assert_non_null(virt);

    g_autofree char *version = loom_virt_version(virt, NULL);
    unsigned long number;
    assert_int_equal(virGetVersion(&number, NULL, NULL), 0);
    g_autofree char *expected =
        g_strdup_printf("%lu.%lu.%lu", number / 1000000, number / 1000 % 1000, number % 1000);
    assert_string_equal(version, expected);

    /* there are no hooks in this driver, and so nothing to prove */
    g_autoptr(LoomHost) before = observe(virt, NULL);
    assert_true(loom_virt_prove_hooks(virt, "/nonexistent", NULL));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_publish),
        TEST(test_another_run),
        TEST(test_rename_and_delete),
        TEST(test_another_uuid),
        TEST(test_state_alone),
        TEST(test_live_portgroups),
        TEST(test_killed_before_start),
        TEST(test_somebody_was_faster),
        TEST(test_killed_while_deleting),
        TEST(test_repair_of_edits),
        TEST(test_back_to_edits),
        TEST(test_repair_of_live_edits),
        TEST(test_conflicts),
        TEST(test_foreign_stays),
        TEST(test_conflict_of_uuid),
        TEST(test_guests),
        TEST(test_users),
        TEST(test_failing_calls),
        TEST(test_connect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
