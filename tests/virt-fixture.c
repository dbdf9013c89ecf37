/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of virt/ share. */
#include "virt-fixture.h"

#include "virt/networkxml.h"

#include <string.h>

char *
uuid_of(unsigned number)
{
    return g_strdup_printf("00000000-0000-4000-8000-%012u", number);
}

LoomNetwork *
add_network(LoomHost *host, const char *name, unsigned number)
{
    LoomNetwork *network = loom_record_new(&loom_network_kind);
    g_autofree char *uuid = uuid_of(number);

    LOOM_SET(network, name, name);
    LOOM_SET(network, uuid, uuid);
    LOOM_SET(network, bridge, "br0");
    LOOM_SET(network, ours, "yes");
    LOOM_SET(network, openvswitch, "no");
    LOOM_SET(network, fabric, "Test");
    LOOM_SET(network, vmnetwork, name);
    LOOM_SET(network, logicalswitch, "Switch");
    LOOM_SET(network, active, "yes");
    LOOM_SET(network, autostart, "yes");
    LOOM_SET(network, persistent, "yes");
    loom_record_add(host, network);
    return network;
}

void
set_average(LoomPortgroup *portgroup, guint64 average)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, average);

    portgroup->outaverage = 0;
    LOOM_SET(portgroup, outaverage, average ? text : NULL);
}

LoomPortgroup *
add_portgroup(LoomNetwork *network, const char *name, guint64 average)
{
    LoomPortgroup *portgroup = loom_record_new(&loom_network_portgroup_kind);

    LOOM_SET(portgroup, name, name);
    LOOM_SET(portgroup, is_default, "no");
    set_average(portgroup, average);
    loom_record_add(network, portgroup);
    return portgroup;
}

void
exchange_portgroups(LoomNetwork *network)
{
    LoomPortgroup *public = network->portgroups->pdata[0];

    set_average(public, 0);
    LOOM_SET(public, is_default, "no");
    g_ptr_array_remove_index(network->portgroups, 1);
    LOOM_SET(add_portgroup(network, "Another", 250), is_default, "yes");
}

void
set_hashes(LoomHost *host)
{
    for (guint i = 0; i < host->networks->len; i++) {
        LoomNetwork *network = host->networks->pdata[i];

        LOOM_SET(network, hash, NULL);
        g_autofree char *hash = loom_record_digest(network);
        LOOM_SET(network, hash, hash);
    }
}

LoomHost *
observe(LoomBackend *virt, const LoomHost *target)
{
    LoomHost *host = loom_host_new();
    g_autoptr(GError) error = NULL;

    virt->observe(virt, target, host, &error);
    assert_no_error(error);
    return host;
}

gboolean
run_step(LoomBackend *virt, LoomVerb verb, const LoomNetwork *from, const LoomNetwork *to,
         GError **error)
{
    LoomStep step = {
        .verb = verb,
        .kind = &loom_network_kind,
        .key = (char *)(to ? to->name : from->name),
        .from = (const LoomRecord *)from,
        .to = (const LoomRecord *)to,
    };

    return virt->run_step(virt, &step, error);
}

unsigned
converge(LoomBackend *virt, LoomHost *target)
{
    g_autoptr(LoomHost) observed = NULL;
    g_autoptr(GError) error = NULL;
    unsigned steps = 0;

    observed = observe(virt, target);
    for (guint i = 0; i < observed->networks->len; i++) {
        const LoomNetwork *is = observed->networks->pdata[i];

        if (!is->ours || loom_host_find(target, &loom_network_kind, is->name))
            continue;
        run_step(virt, LOOM_STEP_DELETE, is, NULL, &error);
        assert_no_error(error);
        steps++;
    }
    for (guint i = 0; i < target->networks->len; i++) {
        const LoomNetwork *wanted = target->networks->pdata[i];
        const LoomNetwork *is = loom_host_find(observed, &loom_network_kind, wanted->name);

        if (is && loom_record_agrees(is, wanted))
            continue;
        run_step(virt, is ? LOOM_STEP_CHANGE : LOOM_STEP_CREATE, is, wanted, &error);
        assert_no_error(error);
        steps++;
    }
    return steps;
}

unsigned
publish(const Fixture *fixture)
{
    set_hashes(fixture->target);
    return converge(fixture->virt, fixture->target);
}

const LoomNetwork *
find_network(const LoomHost *host, const char *name)
{
    return loom_host_find(host, &loom_network_kind, name);
}

virNetworkPtr
look_up(const Fixture *fixture, const char *name)
{
    virNetworkPtr network = virNetworkLookupByName(fixture->outside, name);

    assert_non_null(network);
    return network;
}

char *
look(const Fixture *fixture, const char *name, unsigned flags)
{
    virNetworkPtr network = look_up(fixture, name);
    char *xml = virNetworkGetXMLDesc(network, flags);

    if (!xml) /* libvirt's test driver has no flags */
        xml = virNetworkGetXMLDesc(network, 0);
    virNetworkFree(network);
    return xml;
}

void
assert_holds(const Fixture *fixture, const char *name, unsigned flags, const char *text)
{
    g_autofree char *xml = look(fixture, name, flags);

    if (!strstr(xml, text))
        fail_msg("no %s in %s", text, xml);
}

void
assert_lacks(const Fixture *fixture, const char *name, unsigned flags, const char *text)
{
    g_autofree char *xml = look(fixture, name, flags);

    if (strstr(xml, text))
        fail_msg("%s in %s", text, xml);
}

gboolean
network_exists(const Fixture *fixture, const char *name)
{
    virNetworkPtr network = virNetworkLookupByName(fixture->outside, name);

    if (network)
        virNetworkFree(network);
    return network != NULL;
}

void
redefine(const Fixture *fixture, const char *name, const char *from, const char *to)
{
    g_autofree char *xml = look(fixture, name, VIR_NETWORK_XML_INACTIVE);
    const char *at = strstr(xml, from);

    assert_non_null(at);
    g_autofree char *edited =
        g_strdup_printf("%.*s%s%s", (int)(at - xml), xml, to, at + strlen(from));
    virNetworkPtr network = virNetworkDefineXML(fixture->outside, edited);
    assert_non_null(network);
    virNetworkFree(network);
}

void
assert_repairs(const Fixture *fixture, const char *name, const char *const edits[][2], size_t count)
{
    publish(fixture);
    assert_int_equal(publish(fixture), 0);
    g_autofree char *before = look(fixture, name, VIR_NETWORK_XML_INACTIVE);
    for (size_t i = 0; i < count; i++) {
        redefine(fixture, name, edits[i][0], edits[i][1]);
        if (publish(fixture) != 1)
            fail_msg("nobody noticed %s", edits[i][1]);
        g_autofree char *after = look(fixture, name, VIR_NETWORK_XML_INACTIVE);
        assert_string_equal(before, after);
        assert_int_equal(publish(fixture), 0);
    }
}

Fixture *
fixture_new(const char *uri)
{
    Fixture *fixture = g_new0(Fixture, 1);
    LoomNetwork *network;

    fixture->uri = g_strdup(uri);
    fixture->virt = loom_virt_new(uri, NULL);
    fixture->outside = virConnectOpen(uri);
    fixture->target = loom_host_new();
    network = add_network(fixture->target, "Cernet Network", 1);
    LOOM_SET(add_portgroup(network, "Public", 125000), is_default, "yes");
    add_portgroup(network, "Application", 0);
    add_network(fixture->target, "Backup & co", 2);
    if (fixture->virt && fixture->outside)
        return fixture;
    fixture_free(fixture);
    return NULL;
}

void
fixture_free(Fixture *fixture)
{
    loom_backend_free(fixture->virt);
    if (fixture->outside)
        virConnectClose(fixture->outside);
    loom_host_free(fixture->target);
    g_free(fixture->uri);
    g_free(fixture);
}
