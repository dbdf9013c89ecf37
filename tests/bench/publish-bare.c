/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What publishing costs at least: define, autostart and start of networks by libvirt's own calls.
 */
#include "virt/networkxml.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>

/*
 *     publish-bare URI HOST.xml    publishes the networks of a host file
 *     publish-bare URI             takes every network of libvirt away
 */

static void
fail(const char *what)
{
    g_printerr("publish-bare: %s: %s\n", what, virGetLastErrorMessage());
    exit(1);
}

static void
publish(virConnectPtr connection, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LoomHost) host = loom_host_load(path, &error);

    if (!host) {
        g_printerr("publish-bare: %s\n", error->message);
        exit(1);
    }
    for (guint i = 0; i < host->networks->len; i++) {
        g_autofree char *xml = loom_network_xml_format(host->networks->pdata[i]);
        virNetworkPtr network = virNetworkDefineXML(connection, xml);

        if (!network || virNetworkSetAutostart(network, 1) < 0 || virNetworkCreate(network) < 0)
            fail("cannot publish a network");
        virNetworkFree(network);
    }
}

static void
take_away(virConnectPtr connection)
{
    virNetworkPtr *networks;
    int count = virConnectListAllNetworks(connection, &networks, 0);

    if (count < 0)
        fail("cannot list the networks");
    for (int i = 0; i < count; i++) {
        if ((virNetworkIsActive(networks[i]) == 1 && virNetworkDestroy(networks[i]) < 0) ||
            virNetworkUndefine(networks[i]) < 0)
            fail("cannot take a network away");
        virNetworkFree(networks[i]);
    }
    free(networks);
}

int
main(int argc, char **argv)
{
    virConnectPtr connection;

    if (argc < 2 || argc > 3) {
        g_printerr("usage: publish-bare URI [HOST.xml]\n");
        return 2;
    }
    connection = virConnectOpen(argv[1]);
    if (!connection)
        fail(argv[1]);
    if (argc == 3)
        publish(connection, argv[2]);
    else
        take_away(connection);
    virConnectClose(connection);
    return 0;
}
