/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What publishing costs at least: define, autostart and start of networks by libvirt's own calls.
 */
#include "virt/networkxml.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>

/*
 *     publish-bare publish HOST.xml    publishes the networks of a host file
 *     publish-bare read                reads what every network is defined as, and what of it runs
 *     publish-bare clear               takes every network away
 */
static int
usage(void)
{
    g_printerr("usage: publish-bare publish HOST.xml | read | clear\n");
    return 2;
}

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
read_all(virNetworkPtr network)
{
    char *defined = virNetworkGetXMLDesc(network, VIR_NETWORK_XML_INACTIVE);
    char *running = virNetworkGetXMLDesc(network, 0);

    if (!defined || !running)
        fail("cannot read a network");
    free(defined);
    free(running);
}

static void
clear(virNetworkPtr network)
{
    if ((virNetworkIsActive(network) == 1 && virNetworkDestroy(network) < 0) ||
        virNetworkUndefine(network) < 0)
        fail("cannot take a network away");
}

static void
for_each(virConnectPtr connection, void (*act)(virNetworkPtr network))
{
    virNetworkPtr *networks;
    int count = virConnectListAllNetworks(connection, &networks, 0);

    if (count < 0)
        fail("cannot list the networks");
    for (int i = 0; i < count; i++) {
        act(networks[i]);
        virNetworkFree(networks[i]);
    }
    free(networks);
}

int
main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    virConnectPtr connection = virConnectOpen(NULL);

    if (!connection)
        fail("cannot connect to libvirt");
    if (g_str_equal(verb, "publish") && argc == 3)
        publish(connection, argv[2]);
    else if (g_str_equal(verb, "read") && argc == 2)
        for_each(connection, read_all);
    else if (g_str_equal(verb, "clear") && argc == 2)
        for_each(connection, clear);
    else
        return usage();
    virConnectClose(connection);
    return 0;
}
