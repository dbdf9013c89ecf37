/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virt/: networks into libvirt's XML and back; everything emitted fits libvirt's own schema. */
#include "golden.h"

#include "base/error.h"
#include "base/units.h"
#include "virt/networkxml.h"

#include <glib/gstdio.h>
#include <libxml/relaxng.h>
#include <string.h>

#define UUID "5f0e1d5c-6d7c-5a53-8a4e-0e2d6f1b7a01"

static xmlRelaxNGPtr schema;

static int
load_schema(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = g_build_filename(g_getenv("LIBVIRT_SCHEMAS"), "network.rng", NULL);
    xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(path);

    schema = xmlRelaxNGParse(parser);
    xmlRelaxNGFreeParserCtxt(parser);
    return schema ? 0 : -1;
}

static int
free_schema(void **state G_GNUC_UNUSED)
{
    xmlRelaxNGFree(schema);
    xmlCleanupParser();
    return 0;
}

static gboolean
fits_schema(const char *xml)
{
    xmlDocPtr document = xmlReadMemory(xml, strlen(xml), NULL, NULL, XML_PARSE_NONET);
    xmlRelaxNGValidCtxtPtr validator = xmlRelaxNGNewValidCtxt(schema);
    int result = xmlRelaxNGValidateDoc(validator, document);

    xmlRelaxNGFreeValidCtxt(validator);
    xmlFreeDoc(document);
    return result == 0;
}

static void
check_round_trip(const LoomNetwork *network, const char *xml)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomNetwork) parsed = loom_network_xml_parse(xml, &error);

    assert_no_error(error);
    assert_true(parsed->ours);
    g_autofree char *again = loom_network_xml_format(parsed);
    assert_string_equal(again, xml);
    assert_string_equal(parsed->hash, network->hash);

    /* what the XML cannot tell is not stated */
    g_autoptr(LoomNetwork) said = loom_record_copy(network);
    LOOM_SET(said, active, NULL);
    LOOM_SET(said, autostart, NULL);
    LOOM_SET(said, persistent, NULL);
    assert_true(loom_record_agrees(parsed, said));
}

/* DIRECTORY holds host.xml and, for each of its networks, what becomes of it, numbered. */
static void
check_golden(const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "host.xml", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = loom_host_load(path, &error);

    assert_no_error(error);
    assert_true(host->networks->len > 0);
    for (guint i = 0; i < host->networks->len; i++) {
        g_autofree char *name = g_strdup_printf("network-%u.xml", i + 1);
        g_autofree char *golden = g_build_filename(directory, name, NULL);
        g_autofree char *xml = loom_network_xml_format(host->networks->pdata[i]);

        assert_true(loom_network_xml_validate(host->networks->pdata[i], &error));
        if (!fits_schema(xml))
            fail_msg("%s does not fit network.rng", golden);
        loom_golden_compare(golden, xml);
        check_round_trip(host->networks->pdata[i], xml);
    }
}

static void
test_goldens(void **state G_GNUC_UNUSED)
{
    g_autofree char *path = loom_test_path("tests/data/network");
    g_autoptr(GDir) cases = g_dir_open(path, 0, NULL);
    const char *name;
    unsigned count = 0;

    assert_non_null(cases);
    while ((name = g_dir_read_name(cases))) {
        g_autofree char *directory = g_build_filename(path, name, NULL);

        check_golden(directory);
        count++;
    }
    assert_true(count >= 2);
}

/* A network with one portgroup; free with loom_record_free(). */
static LoomNetwork *
make_network(void)
{
    LoomNetwork *network = loom_record_new(&loom_network_kind);
    LoomPortgroup *portgroup = loom_record_new(&loom_network_portgroup_kind);

    LOOM_SET(network, name, "Net");
    LOOM_SET(network, uuid, UUID);
    LOOM_SET(network, bridge, "br0");
    LOOM_SET(network, fabric, "Fabric");
    LOOM_SET(network, hash, "00112233445566778899aabbccddeeff");
    LOOM_SET(portgroup, name, "Public");
    LOOM_SET(portgroup, is_default, "yes");
    loom_record_add(network, portgroup);
    return network;
}

static void
test_units(void **state G_GNUC_UNUSED)
{
    /* Mbit/s; kilobytes (of 1000) a second; KiB that pass in 5 ms, but at least 64 */
    static const struct {
        guint64 mbit, kilobytes, burst;
    } rows[] = {
        {1, 125, 64},
        {8, 1000, 64},
        {100, 12500, 64},
        {500, 62500, 305},
        {1000, 125000, 610},
        {10000, 1250000, 6103},
        {25000, 3125000, 15258},
        {100000, 12500000, 61035},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LoomNetwork) network = make_network();
        LoomPortgroup *portgroup = network->portgroups->pdata[0];

        LOOM_SET_NUMBER(portgroup, outaverage, loom_units_mbit_to_kilobytes(rows[i].mbit));
        LOOM_SET_NUMBER(portgroup, outburst, loom_units_default_burst(rows[i].mbit));
        g_autofree char *xml = loom_network_xml_format(network);
        g_autofree char *expected = g_strdup_printf("<outbound average='%" G_GUINT64_FORMAT
                                                    "' burst='%" G_GUINT64_FORMAT "'/>",
                                                    rows[i].kilobytes, rows[i].burst);

        assert_non_null(strstr(xml, expected));
        assert_true(fits_schema(xml));
        assert_true(loom_units_kilobytes_to_mbit(portgroup->outaverage) == rows[i].mbit);
    }
}

/* The XML with the first FROM in it replaced by TO. */
static char *
edit(const char *xml, const char *from, const char *to)
{
    const char *at = strstr(xml, from);

    assert_non_null(at);
    return g_strdup_printf("%.*s%s%s", (int)(at - xml), xml, to, at + strlen(from));
}

/* Whether somebody who wrote CHANGE[1] for CHANGE[0] into the network's XML is noticed. */
static gboolean
is_noticed(const LoomNetwork *network, const char *const change[2])
{
    g_autofree char *xml = loom_network_xml_format(network);
    g_autofree char *before = loom_network_xml_digest(network);
    g_autofree char *edited = edit(xml, change[0], change[1]);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomNetwork) parsed = loom_network_xml_parse(edited, &error);

    assert_no_error(error);
    assert_true(parsed->ours);
    g_autofree char *after = loom_network_xml_digest(parsed);
    return !loom_record_agrees(parsed, network) || !g_str_equal(before, after);
}

static void
test_edits_differ(void **state G_GNUC_UNUSED)
{
    static const char *const edits[][2] = {
        {"mode='bridge'", "mode='nat'"},
        {"mode='bridge'", "mode='bridge' dev='eth0'"},
        {"<forward mode='bridge'/>", ""},
        {"<bridge name='br0'/>", "<bridge name='br1'/>"},
        {"<bridge name='br0'/>", ""},
        {"<bridge name='br0'/>", "<bridge name='br0'/><virtualport type='openvswitch'/>"},
        {"<bridge name='br0'/>", "<bridge name='br0'/><virtualport type='802.1Qbh'/>"},
        {"</network>", "<ip address='192.0.2.1' prefix='24'/></network>"},
        {"</network>", "<vlan><tag id='3'/></vlan></network>"},
        {"</network>", "<port isolated='yes'/></network>"},
        {"</network>", "<bandwidth><inbound average='1'/></bandwidth></network>"},
        {"<network>", "<network trustGuestRxFilters='yes'>"},
        {"</network>", "<portgroup name='More'/></network>"},
        {"  <portgroup name='Public' default='yes'/>\n", ""},
        {" default='yes'/>", "/>"},
        {" default='yes'/>",
         " default='yes'><bandwidth><inbound average='1'/></bandwidth></portgroup>"},
        {" default='yes'/>", " default='yes'><vlan><tag id='3'/></vlan></portgroup>"},
        {" default='yes'/>", " default='yes'><virtualport type='openvswitch'/></portgroup>"},
        {" default='yes'/>", " default='yes' trustGuestRxFilters='yes'/>"},
        {"hash='00", "hash='11"},
        {"fabric='Fabric'", "fabric='Other'"},
        {UUID, "5f0e1d5c-6d7c-5a53-8a4e-0e2d6f1b7a02"},
    };
    g_autoptr(LoomNetwork) network = make_network();

    for (size_t i = 0; i < G_N_ELEMENTS(edits); i++)
        if (!is_noticed(network, edits[i]))
            fail_msg("nobody would notice %s", edits[i][1]);
}

/* What libvirt adds, and another prefix for our namespace, are no edits. */
static void
test_additions_agree(void **state G_GNUC_UNUSED)
{
    static const char *const edits[][2] = {
        {"<network>", "<network connections='3' xmlns:x='" LOOM_NAMESPACE "' ipv6='no'>"},
        {"<loom:network xmlns:loom='" LOOM_NAMESPACE "'",
         "<loom:network xmlns:loom='urn:other'/><b:network xmlns:b='" LOOM_NAMESPACE "'"},
        {"<loom:network xmlns:loom=", "<network xmlns="},
        {"<metadata>\n    <loom:network xmlns:loom='" LOOM_NAMESPACE "'",
         "<metadata xmlns:n='" LOOM_NAMESPACE "'><n:other/><n:network"},
        {"<bridge name='br0'/>", "<bridge name='br0' stp='on' delay='0'/>"},
        {"</network>", "<future element='yes'/></network>"},
    };
    g_autoptr(LoomNetwork) network = make_network();

    for (size_t i = 0; i < G_N_ELEMENTS(edits); i++)
        if (is_noticed(network, edits[i]))
            fail_msg("%s is taken for an edit", edits[i][1]);
}

static void
test_foreign(void **state G_GNUC_UNUSED)
{
    static const char *const metadata[] = {
        "", "<metadata/>", "<metadata><network/></metadata>",
        "<metadata><x:network xmlns:x='urn:other'/></metadata>",
        "<metadata><x:other xmlns:x='" LOOM_NAMESPACE "'/></metadata>",
        /* the innermost binding counts */
        "<metadata xmlns:x='" LOOM_NAMESPACE "'><x:network xmlns:x='urn:other'/></metadata>"};

    for (size_t i = 0; i < G_N_ELEMENTS(metadata); i++) {
        g_autofree char *xml =
            g_strdup_printf("<network><name>default</name><uuid>%s</uuid>%s<forward mode='nat'/>"
                            "<bridge name='virbr0'/><portgroup name='p'/></network>",
                            UUID, metadata[i]);
        g_autoptr(LoomNetwork) network = loom_network_xml_parse(xml, NULL);

        assert_non_null(network);
        assert_string_equal(network->name, "default");
        assert_string_equal(network->uuid, UUID);
        assert_false(network->ours);
        assert_false(LOOM_HAS(network, bridge) || LOOM_HAS(network, hash));
        assert_int_equal(network->portgroups->len, 0);
    }
}

static void
test_unreadable(void **state G_GNUC_UNUSED)
{
    static const char *const texts[] = {"", "<network>", "<domain><name>x</name></domain>",
                                        "<network/>"};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(loom_network_xml_parse(texts[i], &error));
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
    }
}

static void
test_validate(void **state G_GNUC_UNUSED)
{
    /* what is put on the portgroup (or, with its name, beside it), and what the message names */
    static const struct {
        const char *second, *is_default;
        guint64 average, burst, native;
        const char *vlans, *named;
    } rows[] = {
        {.second = "Public", .named = "'Public' twice"},
        {.second = "More", .is_default = "yes", .named = "'Public' and 'More'"},
        {.second = "", .named = "without a name"},
        {.second = "More", .burst = 5, .named = "no average"},
        {.second = "More", .average = G_GUINT64_CONSTANT(4294967296), .named = "4294967296"},
        {.second = "More", .vlans = "1,2", .named = "'More' is no trunk"},
        {.second = "More", .native = 3, .named = "'More' is no trunk"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LoomNetwork) network = make_network();
        LoomPortgroup *more = loom_record_new(&loom_network_portgroup_kind);
        g_autoptr(GError) error = NULL;

        LOOM_SET(more, name, rows[i].second);
        LOOM_SET(more, is_default, rows[i].is_default ? rows[i].is_default : "no");
        LOOM_SET(more, vlans, rows[i].vlans);
        more->outaverage = rows[i].average;
        more->outburst = rows[i].burst;
        more->nativevlan = rows[i].native;
        loom_record_add(network, more);
        assert_false(loom_network_xml_validate(network, &error));
        assert_true(g_error_matches(error, LOOM_ERROR, LOOM_ERROR_INVALID));
        assert_non_null(strstr(error->message, "'Net'"));
        if (!strstr(error->message, rows[i].named))
            fail_msg("'%s' does not name %s", error->message, rows[i].named);
    }
}

static void
test_validate_names(void **state G_GNUC_UNUSED)
{
    static const char *const names[] = {"", "a/b", "a\nb"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(LoomNetwork) network = make_network();

        LOOM_SET(network, name, names[i]);
        assert_false(loom_network_xml_validate(network, NULL));
    }
    g_autoptr(LoomNetwork) without_bridge = make_network();
    LOOM_SET(without_bridge, bridge, NULL);
    assert_false(loom_network_xml_validate(without_bridge, NULL));
    g_autoptr(LoomNetwork) without_uuid = make_network();
    LOOM_SET(without_uuid, uuid, NULL);
    assert_false(loom_network_xml_validate(without_uuid, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),      cmocka_unit_test(test_units),
        cmocka_unit_test(test_edits_differ), cmocka_unit_test(test_additions_agree),
        cmocka_unit_test(test_foreign),      cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_validate),     cmocka_unit_test(test_validate_names),
    };

    return cmocka_run_group_tests(tests, load_schema, free_schema);
}
