/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What publishing costs at least: define, autostart and start of networks by libvirt's own calls.
 *
 *     publish-bare URI COUNT | HOST.xml
 *
 * takes the networks of a host file, or makes COUNT of them with four portgroups each. Prints the
 * seconds that the calls took; the XML, the same text as virt-loom emits, is made before. The
 * networks are taken away afterwards, so that a publish of the same can be measured next.
 */
#include "base/uuid.h"
#include "virt/networkxml.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>

static void
fail(const char *what)
{
    g_printerr("publish-bare: %s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

static LoomNetwork *
make_network(guint64 number)
{
    LoomNetwork *network = loom_record_new(&loom_network_kind);
    g_autofree char *name = g_strdup_printf("Network %" G_GUINT64_FORMAT, number);
    g_autofree char *uuid = loom_uuid_from_name(name);

    LOOM_SET(network, name, name);
    LOOM_SET(network, uuid, uuid);
    LOOM_SET(network, bridge, "br0");
    LOOM_SET(network, fabric, "Bench");
    LOOM_SET(network, vmnetwork, name);
    LOOM_SET(network, logicalswitch, "Switch");
    LOOM_SET(network, hash, "00112233445566778899aabbccddeeff");
    for (guint64 i = 1; i <= 4; i++) {
        LoomPortgroup *portgroup = loom_record_new(&loom_network_portgroup_kind);
        g_autofree char *label = g_strdup_printf("Class-%" G_GUINT64_FORMAT, i);

        LOOM_SET(portgroup, name, label);
        LOOM_SET_NUMBER(portgroup, outaverage, i * 12500);
        LOOM_SET_NUMBER(portgroup, outburst, i * 64);
        LOOM_SET_NUMBER(portgroup, is_default, i == 1);
        loom_record_add(network, portgroup);
    }
    return network;
}

/* The XML of each network. */
static GPtrArray *
make_texts(const char *what)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(LoomHost) host = NULL;
    g_autoptr(GError) error = NULL;
    guint64 count;

    if (g_ascii_string_to_unsigned(what, 10, 1, G_MAXUINT32, &count, NULL)) {
        host = loom_host_new();
        for (guint64 i = 0; i < count; i++)
            loom_record_add(host, make_network(i));
    } else {
        host = loom_host_load(what, &error);
    }
    if (!host) {
        g_printerr("publish-bare: %s\n", error->message);
        exit(1);
    }
    for (guint i = 0; i < host->networks->len; i++)
        g_ptr_array_add(texts, loom_network_xml_format(host->networks->pdata[i]));
    return texts;
}

int
main(int argc, char **argv)
{
    virConnectPtr connection;

    if (argc != 3) {
        g_printerr("usage: publish-bare URI COUNT | HOST.xml\n");
        return 1;
    }
    g_autoptr(GPtrArray) texts = make_texts(argv[2]);
    g_autofree virNetworkPtr *networks = g_new0(virNetworkPtr, texts->len);
    if (!(connection = virConnectOpen(argv[1])))
        fail(argv[1]);

    gint64 start = g_get_monotonic_time();
    for (guint i = 0; i < texts->len; i++) {
        networks[i] = virNetworkDefineXML(connection, texts->pdata[i]);
        if (!networks[i] || virNetworkSetAutostart(networks[i], 1) < 0 ||
            virNetworkCreate(networks[i]) < 0)
            fail("cannot publish a network");
    }
    g_print("%.6f\n", (g_get_monotonic_time() - start) / 1e6);

    for (guint i = 0; i < texts->len; i++) {
        if (virNetworkDestroy(networks[i]) < 0 || virNetworkUndefine(networks[i]) < 0)
            fail("cannot take a network away");
        virNetworkFree(networks[i]);
    }
    virConnectClose(connection);
    return 0;
}
