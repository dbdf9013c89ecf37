/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt/: what only a real libvirtd shows, at the URI of VIRT_LOOM_TEST_URI: run in a sandbox. */
#include "virt-fixture.h"

#include "virt/networkxml.h"

#include <string.h>

static int
set_up(void **state)
{
    const char *uri = g_getenv("VIRT_LOOM_TEST_URI");

    *state = uri ? fixture_new(uri) : NULL;
    return *state ? 0 : -1;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    g_ptr_array_set_size(fixture->target->networks, 0);
    publish(fixture);
    fixture_free(fixture);
    return 0;
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

    static const unsigned sides[] = {LIVE, VIR_NETWORK_XML_INACTIVE};
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++) {
        assert_holds(fixture, "Cernet Network", sides[i], "<portgroup name='Public'>");
        assert_holds(fixture, "Cernet Network", sides[i],
                     "<portgroup name='Another' default='yes'>");
        assert_holds(fixture, "Cernet Network", sides[i], "average='250'");
        assert_lacks(fixture, "Cernet Network", sides[i], "average='125000'");
        assert_lacks(fixture, "Cernet Network", sides[i], "Application");
    }
    g_autoptr(LoomHost) observed = observe(fixture->virt, fixture->target);
    assert_false(find_network(observed, "Cernet Network")->pending);
}

/* The running network keeps its bridge until somebody restarts it, and that is said. */
static void
test_pending(void **state)
{
    Fixture *fixture = *state;
    LoomNetwork *network = fixture->target->networks->pdata[0];

    publish(fixture);
    LOOM_SET(network, bridge, "br1");
    assert_int_equal(publish(fixture), 1);
    assert_int_equal(publish(fixture), 0);
    assert_holds(fixture, "Cernet Network", LIVE, "br0");
    assert_holds(fixture, "Cernet Network", VIR_NETWORK_XML_INACTIVE, "br1");
    g_autoptr(LoomHost) observed = observe(fixture->virt, fixture->target);
    assert_true(find_network(observed, "Cernet Network")->pending);
    assert_string_equal(find_network(observed, "Cernet Network")->bridge, "br1");

    virNetworkPtr handle = look_up(fixture, "Cernet Network");
    assert_int_equal(virNetworkDestroy(handle), 0);
    assert_int_equal(virNetworkCreate(handle), 0);
    virNetworkFree(handle);
    g_autoptr(LoomHost) restarted = observe(fixture->virt, fixture->target);
    assert_false(find_network(restarted, "Cernet Network")->pending);
}

/* A run that was killed after it defined, and before it brought the running network after. */
static void
test_killed_between(void **state)
{
    Fixture *fixture = *state;
    LoomNetwork *network = fixture->target->networks->pdata[0];

    publish(fixture);
    assert_int_equal(publish(fixture), 0);
    LoomPortgroup *public = network->portgroups->pdata[0];
    set_average(public, 0);
    set_hashes(fixture->target);
    g_autofree char *xml = loom_network_xml_format(network);
    virNetworkPtr handle = virNetworkDefineXML(fixture->outside, xml);
    assert_non_null(handle);
    virNetworkFree(handle);
    assert_holds(fixture, "Cernet Network", LIVE, "average='125000'");

    assert_int_equal(publish(fixture), 1);
    assert_lacks(fixture, "Cernet Network", LIVE, "average='125000'");
    assert_int_equal(publish(fixture), 0);
}

static void
test_transient(void **state)
{
    Fixture *fixture = *state;
    g_autoptr(LoomHost) snapshot = NULL;

    set_hashes(fixture->target);
    g_autofree char *xml = loom_network_xml_format(fixture->target->networks->pdata[0]);
    virNetworkPtr handle = virNetworkCreateXML(fixture->outside, xml);
    assert_non_null(handle);
    virNetworkFree(handle);
    snapshot = observe(fixture->virt, fixture->target);
    assert_false(find_network(snapshot, "Cernet Network")->persistent);
    assert_true(find_network(snapshot, "Cernet Network")->active);

    /* to what should be, and back to what was, twice */
    for (int i = 0; i < 2; i++) {
        g_autoptr(LoomHost) before = loom_record_copy(snapshot);

        assert_int_equal(publish(fixture), 2);
        assert_int_equal(publish(fixture), 0);
        assert_int_equal(converge(fixture->virt, before), 2);
        g_autoptr(LoomHost) after = observe(fixture->virt, before);
        assert_true(loom_record_agrees(after, snapshot));
    }
    g_ptr_array_set_size(fixture->target->networks, 0);
    assert_int_equal(publish(fixture), 1);
    assert_false(network_exists(fixture, "Cernet Network"));
}

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

    assert_repairs(fixture, "Cernet Network", edits, G_N_ELEMENTS(edits));
}

/* Somebody stopped or removed a network after it was observed; the test driver does not mind. */
static void
test_somebody_was_faster(void **state)
{
    Fixture *fixture = *state;

    publish(fixture);
    g_autoptr(LoomHost) observed = observe(fixture->virt, fixture->target);
    for (unsigned i = 0; i < 2; i++) {
        const LoomNetwork *network = observed->networks->pdata[i];
        virNetworkPtr handle = look_up(fixture, network->name);
        g_autoptr(GError) error = NULL;

        assert_int_equal(virNetworkDestroy(handle), 0);
        assert_int_equal(i == 0 ? 0 : virNetworkUndefine(handle), 0);
        virNetworkFree(handle);
        run_step(fixture->virt, LOOM_STEP_DELETE, network, NULL, &error);
        assert_no_error(error);
        assert_false(network_exists(fixture, network->name));
    }
}

/* A guest without disk, which only its firmware runs. */
static const char guest[] =
    "<domain "
    "type='qemu'><name>virt-live-test</name><uuid>00000000-0000-4000-8000-0000000000aa</uuid>"
    "<memory unit='MiB'>32</memory><os><type>hvm</type></os><devices>"
    "<interface type='network'><source network='Backup &amp; co'/></interface></devices></domain>";

static void
test_guests(void **state)
{
    Fixture *fixture = *state;
    virDomainPtr domain;

    publish(fixture);
    domain = virDomainCreateXML(fixture->outside, guest, 0);
    assert_non_null(domain);
    g_autoptr(LoomHost) running = observe(fixture->virt, NULL);
    assert_int_equal(virDomainDestroy(domain), 0);
    virDomainFree(domain);
    g_autoptr(LoomHost) stopped = observe(fixture->virt, NULL);

    const LoomNetwork *network = find_network(running, "Backup & co");
    assert_true(LOOM_HAS(network, guests));
    assert_int_equal(g_strv_length(network->guests), 1);
    assert_string_equal(network->guests[0], "00000000-0000-4000-8000-0000000000aa");
    assert_false(LOOM_HAS(find_network(running, "Cernet Network"), guests));
    assert_false(LOOM_HAS(find_network(stopped, "Backup & co"), guests));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_live_portgroups),     TEST(test_pending),         TEST(test_killed_between),
        TEST(test_transient),           TEST(test_repair_of_edits), TEST(test_guests),
        TEST(test_somebody_was_faster),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
