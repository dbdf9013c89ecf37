/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recipe FABRIC HOST DIRECTORY: how others' tools reach the same links, addresses and ports. */
#include "compile/compile.h"
#include "kernel/kernel.h"

#include <glib/gstdio.h>

/*
 * Of the compiled host it leaves in DIRECTORY
 *
 *     ip.batch, bridge.batch  for "ip -batch" and, after it, "bridge -batch"
 *     sysctl.conf             for "sysctl -p": what they cannot say
 *     guards.nft              for "nft -f": neither
 *     delete.batch            for "ip -batch": takes one link after the other away again
 *     group.batch             the same, all at once
 *     interfaces              for ifupdown2
 *     networkd/               for systemd-networkd
 *
 * with the state that makes the difference: names, masters, MAC addresses, MTU, static addresses,
 * VLANs. It knows what a fabric of vnics.c compiles to, and no more: bonds, bridges, veth pairs.
 */
typedef struct {
    const LoomHost *host;
    const char *directory;
} Recipe;

static void
save(const Recipe *recipe, const char *name, GString *text)
{
    g_autofree char *path = g_build_filename(recipe->directory, name, NULL);
    g_autoptr(GError) error = NULL;

    if (!g_file_set_contents(path, text->str, text->len, &error))
        g_error("%s", error->message);
    g_string_free(text, TRUE);
}

static const LoomPort *
port_of(const Recipe *recipe, const char *link)
{
    for (guint i = 0; i < recipe->host->ports->len; i++) {
        const LoomPort *port = recipe->host->ports->pdata[i];

        if (g_strcmp0(port->link, link) == 0)
            return port;
    }
    return NULL;
}

/* The vNIC of a pair, and not its port. */
static gboolean
is_vnic(const LoomLink *link)
{
    return link->kind == LOOM_LINK_VETH && !link->master;
}

static const char *
address_of(const Recipe *recipe, const char *link, guint64 *prefix)
{
    for (guint i = 0; i < recipe->host->addresses->len; i++) {
        const LoomAddress *address = recipe->host->addresses->pdata[i];

        if (g_str_equal(address->link, link)) {
            *prefix = address->prefix;
            return address->address;
        }
    }
    return NULL;
}

typedef void (*Writer)(const Recipe *recipe, const LoomLink *link, GString *text);

static GString *
write_links(const Recipe *recipe, int kind, Writer writer, GString *text)
{
    for (guint i = 0; i < recipe->host->links->len; i++) {
        const LoomLink *link = recipe->host->links->pdata[i];

        if ((int)link->kind == kind)
            writer(recipe, link, text);
    }
    return text;
}

static const LoomLink *
link_of(const Recipe *recipe, const char *name)
{
    return loom_host_find(recipe->host, &loom_link_kind, name);
}

/* --- iproute2 -------------------------------------------------------------------------------- */

static void
ip_bond(const Recipe *recipe G_GNUC_UNUSED, const LoomLink *bond, GString *text)
{
    g_string_append_printf(text,
                           "link add %s address %s mtu %" G_GUINT64_FORMAT
                           " group %u type bond mode %s miimon %" G_GUINT64_FORMAT "\n"
                           "link set %s addrgenmode none up\n",
                           bond->name, bond->mac, bond->mtu, LOOM_KERNEL_GROUP, bond->mode,
                           bond->miimon, bond->name);
}

static void
ip_bridge(const Recipe *recipe G_GNUC_UNUSED, const LoomLink *bridge, GString *text)
{
    g_string_append_printf(text,
                           "link add %s address %s mtu %" G_GUINT64_FORMAT
                           " group %u type bridge vlan_filtering 1 vlan_default_pvid 0 "
                           "stp_state %d mcast_snooping %d\nlink set %s addrgenmode none up\n",
                           bridge->name, bridge->mac, bridge->mtu, LOOM_KERNEL_GROUP, bridge->stp,
                           bridge->multicastsnooping, bridge->name);
}

static void
ip_master(const Recipe *recipe G_GNUC_UNUSED, const LoomLink *link, GString *text)
{
    if (link->master)
        g_string_append_printf(text, "link set %s master %s addrgenmode none\nlink set %s up\n",
                               link->name, link->master, link->name);
}

static void
ip_vnic(const Recipe *recipe, const LoomLink *vnic, GString *text)
{
    const LoomLink *port;
    const char *address;
    guint64 prefix;

    if (!is_vnic(vnic))
        return;
    port = link_of(recipe, vnic->peer);
    address = address_of(recipe, vnic->name, &prefix);
    g_string_append_printf(
        text,
        "link add %s address %s mtu %" G_GUINT64_FORMAT
        " group %u type veth peer name %s address %s mtu %" G_GUINT64_FORMAT " group %u\n"
        "link set %s master %s addrgenmode none up\n"
        "link set %s up\n",
        vnic->name, vnic->mac, vnic->mtu, LOOM_KERNEL_GROUP, port->name, port->mac, port->mtu,
        LOOM_KERNEL_GROUP, port->name, port->master, vnic->name);
    if (address)
        g_string_append_printf(text, "address add %s/%" G_GUINT64_FORMAT " dev %s\n", address,
                               prefix, vnic->name);
}

static void
ip_free(const Recipe *recipe G_GNUC_UNUSED, const LoomLink *nic, GString *text)
{
    g_string_append_printf(text, "link set %s down\n", nic->name);
}

static void
ip_delete(const Recipe *recipe G_GNUC_UNUSED, const LoomLink *link, GString *text)
{
    if (link->kind != LOOM_LINK_VETH || is_vnic(link))
        g_string_append_printf(text, "link delete %s\n", link->name);
}

static void
sysctl_autoconf(const Recipe *recipe G_GNUC_UNUSED, const LoomLink *link, GString *text)
{
    if (LOOM_HAS(link, autoconf) && !link->autoconf)
        g_string_append_printf(text, "net.ipv6.conf.%s.accept_ra=0\nnet.ipv6.conf.%s.autoconf=0\n",
                               link->name, link->name);
}

static void
sysctl_strictarp(const Recipe *recipe G_GNUC_UNUSED, const LoomLink *link, GString *text)
{
    if (link->strictarp)
        g_string_append_printf(text,
                               "net.ipv4.conf.%s.arp_ignore=1\nnet.ipv4.conf.%s.arp_announce=2\n",
                               link->name, link->name);
}

static void
write_sysctl(const Recipe *recipe)
{
    static const LoomLinkKind kinds[] = {LOOM_LINK_PHYSICAL, LOOM_LINK_BOND, LOOM_LINK_BRIDGE,
                                         LOOM_LINK_VETH};
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        write_links(recipe, kinds[i], sysctl_autoconf, text);
    write_links(recipe, LOOM_LINK_VETH, sysctl_strictarp, text);
    save(recipe, "sysctl.conf", text);
}

static void
write_iproute(const Recipe *recipe)
{
    GString *text = g_string_new(NULL), *vlans = g_string_new(NULL), *gone = g_string_new(NULL);
    GString *group = g_string_new(NULL);

    write_links(recipe, LOOM_LINK_BRIDGE, ip_bridge, text);
    write_links(recipe, LOOM_LINK_BOND, ip_bond, text);
    write_links(recipe, LOOM_LINK_BOND, ip_master, text);
    /* a bond takes no NIC that is up, and older kernels look at the flags before the master */
    write_links(recipe, LOOM_LINK_PHYSICAL, ip_master, text);
    write_links(recipe, LOOM_LINK_VETH, ip_vnic, text);
    save(recipe, "ip.batch", text);
    for (guint i = 0; i < recipe->host->ports->len; i++) {
        const LoomPort *port = recipe->host->ports->pdata[i];
        g_auto(GStrv) ranges = g_strsplit(port->tagged ? port->tagged : "", ",", -1);

        if (!port->link)
            continue; /* the pattern of guests */
        if (port->vlan)
            g_string_append_printf(vlans,
                                   "vlan add dev %s vid %" G_GUINT64_FORMAT " pvid untagged\n",
                                   port->link, port->vlan);
        for (char **range = ranges; *range; range++)
            g_string_append_printf(vlans, "vlan add dev %s vid %s\n", port->link, *range);
    }
    save(recipe, "bridge.batch", vlans);
    write_links(recipe, LOOM_LINK_VETH, ip_delete, gone);
    write_links(recipe, LOOM_LINK_BOND, ip_delete, gone);
    write_links(recipe, LOOM_LINK_BRIDGE, ip_delete, gone);
    write_links(recipe, LOOM_LINK_PHYSICAL, ip_free, gone);
    save(recipe, "delete.batch", gone);
    g_string_append_printf(group, "link delete group %u\n", LOOM_KERNEL_GROUP);
    write_links(recipe, LOOM_LINK_PHYSICAL, ip_free, group);
    save(recipe, "group.batch", group);
}

/* --- nftables --------------------------------------------------------------------------------- */

/* What fabrics of vnics.c leave of guards: tags. */
static void
write_guards(const Recipe *recipe)
{
    GString *text = g_string_new("table netdev virt-loom {\n");

    for (guint i = 0; i < recipe->host->ports->len; i++) {
        const LoomPort *port = recipe->host->ports->pdata[i];

        if (port->link && port->tagguard)
            g_string_append_printf(text,
                                   "chain port/%s {\n"
                                   "type filter hook ingress device \"%s\" priority 0\n"
                                   "meta protocol 8021q counter drop\n"
                                   "meta protocol 8021ad counter drop\n"
                                   "ether type 8021ad counter drop\n"
                                   "ether type 8021q vlan id != 0 counter drop\n}\n",
                                   port->link, port->link);
    }
    g_string_append(text, "}\n");
    save(recipe, "guards.nft", text);
}

/* --- ifupdown2 ------------------------------------------------------------------------------- */

static void
names_of_members(const Recipe *recipe, const char *master, GString *text)
{
    for (guint i = 0; i < recipe->host->links->len; i++) {
        const LoomLink *link = recipe->host->links->pdata[i];

        if (g_strcmp0(link->master, master) == 0)
            g_string_append_printf(text, " %s", link->name);
    }
    g_string_append_c(text, '\n');
}

static void
stanza_begin(const LoomLink *link, GString *text)
{
    g_string_append_printf(text, "\nauto %s\niface %s\n", link->name, link->name);
    if (link->mac)
        g_string_append_printf(text, "  hwaddress %s\n", link->mac);
    g_string_append_printf(text, "  mtu %" G_GUINT64_FORMAT "\n", link->mtu);
}

/* ifupdown2 writes ranges with a hyphen, and several of them with blanks. */
static void
stanza_vlans(const Recipe *recipe, const LoomLink *link, GString *text)
{
    const LoomPort *port = port_of(recipe, link->name);
    g_auto(GStrv) ranges = g_strsplit(port && port->tagged ? port->tagged : "", ",", -1);
    g_autofree char *vids = g_strjoinv(" ", ranges);

    if (port && port->vlan)
        g_string_append_printf(text, "  bridge-access %" G_GUINT64_FORMAT "\n", port->vlan);
    if (*vids)
        g_string_append_printf(text, "  bridge-vids %s\n", vids);
}

static void
stanza_nic(const Recipe *recipe G_GNUC_UNUSED, const LoomLink *nic, GString *text)
{
    stanza_begin(nic, text);
}

static void
stanza_bond(const Recipe *recipe, const LoomLink *bond, GString *text)
{
    stanza_begin(bond, text);
    g_string_append_printf(text,
                           "  bond-mode %s\n  bond-miimon %" G_GUINT64_FORMAT "\n  bond-slaves",
                           bond->mode, bond->miimon);
    names_of_members(recipe, bond->name, text);
    stanza_vlans(recipe, bond, text);
}

static void
stanza_bridge(const Recipe *recipe, const LoomLink *bridge, GString *text)
{
    stanza_begin(bridge, text);
    g_string_append_printf(text,
                           "  bridge-vlan-aware yes\n  bridge-stp %s\n"
                           "  bridge-mcsnoop %d\n  bridge-ports",
                           bridge->stp ? "on" : "off", bridge->multicastsnooping);
    names_of_members(recipe, bridge->name, text);
}

static void
stanza_veth(const Recipe *recipe, const LoomLink *link, GString *text)
{
    guint64 prefix;
    const char *address = address_of(recipe, link->name, &prefix);

    stanza_begin(link, text);
    g_string_append_printf(text, "  link-type veth\n  veth-peer-name %s\n", link->peer);
    if (address)
        g_string_append_printf(text, "  address %s/%" G_GUINT64_FORMAT "\n", address, prefix);
    stanza_vlans(recipe, link, text);
}

static void
write_ifupdown2(const Recipe *recipe)
{
    GString *text = g_string_new("# ifupdown2\n");

    write_links(recipe, LOOM_LINK_PHYSICAL, stanza_nic, text);
    write_links(recipe, LOOM_LINK_BOND, stanza_bond, text);
    write_links(recipe, LOOM_LINK_VETH, stanza_veth, text);
    write_links(recipe, LOOM_LINK_BRIDGE, stanza_bridge, text);
    save(recipe, "interfaces", text);
}

/* --- systemd-networkd ------------------------------------------------------------------------ */

static GString *
netdev_begin(const LoomLink *link, const char *kind)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(
        text, "[NetDev]\nName=%s\nKind=%s\nMACAddress=%s\nMTUBytes=%" G_GUINT64_FORMAT "\n",
        link->name, kind, link->mac, link->mtu);
    return text;
}

static void
save_unit(const Recipe *recipe, const LoomLink *link, const char *type, GString *text)
{
    g_autofree char *name = g_strdup_printf("networkd/%s.%s", link->name, type);

    save(recipe, name, text);
}

static void
network_vlans(const Recipe *recipe, const LoomLink *link, GString *text)
{
    const LoomPort *port = port_of(recipe, link->name);
    g_auto(GStrv) ranges = g_strsplit(port && port->tagged ? port->tagged : "", ",", -1);

    if (port && port->vlan)
        g_string_append_printf(text,
                               "[BridgeVLAN]\nPVID=%" G_GUINT64_FORMAT
                               "\nEgressUntagged=%" G_GUINT64_FORMAT "\n",
                               port->vlan, port->vlan);
    for (char **range = ranges; *range; range++)
        g_string_append_printf(text, "[BridgeVLAN]\nVLAN=%s\n", *range);
}

/* The link itself where it has to be made (TEXT), and what is on it. */
static void
write_network(const Recipe *recipe, const LoomLink *link)
{
    GString *text = g_string_new(NULL);
    const LoomLink *master = link->master ? link_of(recipe, link->master) : NULL;
    guint64 prefix;
    const char *address = address_of(recipe, link->name, &prefix);

    g_string_append_printf(text,
                           "[Match]\nName=%s\n[Link]\nMTUBytes=%" G_GUINT64_FORMAT
                           "\n[Network]\nLinkLocalAddressing=%s\nIPv6AcceptRA=no\n"
                           "ConfigureWithoutCarrier=yes\n",
                           link->name, link->mtu, is_vnic(link) ? "ipv6" : "no");
    if (master)
        g_string_append_printf(text, "%s=%s\n", master->kind == LOOM_LINK_BOND ? "Bond" : "Bridge",
                               master->name);
    if (address)
        g_string_append_printf(text, "Address=%s/%" G_GUINT64_FORMAT "\n", address, prefix);
    network_vlans(recipe, link, text);
    save_unit(recipe, link, "network", text);
}

static void
write_netdev(const Recipe *recipe, const LoomLink *link)
{
    const LoomLink *port = is_vnic(link) ? link_of(recipe, link->peer) : NULL;
    GString *text;

    if (link->kind == LOOM_LINK_BOND) {
        text = netdev_begin(link, "bond");
        g_string_append_printf(text, "[Bond]\nMode=%s\nMIIMonitorSec=%" G_GUINT64_FORMAT "ms\n",
                               link->mode, link->miimon);
    } else if (link->kind == LOOM_LINK_BRIDGE) {
        text = netdev_begin(link, "bridge");
        g_string_append_printf(text,
                               "[Bridge]\nVLANFiltering=yes\nDefaultPVID=none\nSTP=%s\n"
                               "MulticastSnooping=%s\n",
                               link->stp ? "yes" : "no", link->multicastsnooping ? "yes" : "no");
    } else if (port) {
        text = netdev_begin(link, "veth");
        g_string_append_printf(text, "[Peer]\nName=%s\nMACAddress=%s\n", port->name, port->mac);
    } else {
        return;
    }
    save_unit(recipe, link, "netdev", text);
}

static void
write_networkd(const Recipe *recipe)
{
    g_autofree char *directory = g_build_filename(recipe->directory, "networkd", NULL);

    g_mkdir(directory, 0755);
    for (guint i = 0; i < recipe->host->links->len; i++) {
        write_netdev(recipe, recipe->host->links->pdata[i]);
        write_network(recipe, recipe->host->links->pdata[i]);
    }
}

/* --------------------------------------------------------------------------------------------- */

int
main(int argc, char **argv)
{
    const char *const paths[] = {argc == 4 ? argv[1] : NULL, NULL};
    g_autofree char *builtin = loom_fabric_builtin_path();
    g_autoptr(LoomReport) report = loom_report_new();
    g_autoptr(LoomFabric) fabric = NULL;
    g_autoptr(LoomHost) host = NULL;
    g_autoptr(GError) error = NULL;
    Recipe recipe;

    if (argc != 4) {
        g_printerr("usage: recipe FABRIC HOST DIRECTORY\n");
        return 2;
    }
    fabric = loom_fabric_load(paths, builtin, report, &error);
    host = fabric ? loom_compile(fabric, argv[2], NULL, NULL, report, &error) : NULL;
    if (!host) {
        g_printerr("recipe: %s\n", error->message);
        return 1;
    }
    recipe = (Recipe){host, argv[3]};
    write_iproute(&recipe);
    write_guards(&recipe);
    write_sysctl(&recipe);
    write_ifupdown2(&recipe);
    write_networkd(&recipe);
    return 0;
}
