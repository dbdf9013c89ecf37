/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vnics COUNT: a fabric whose only host has so many vNICs, each in a VLAN and subnet of its own. */
#include <stdio.h>
#include <stdlib.h>

enum {
    VNICS_MAX = 1000, /* a bridge has 1,023 ports */
    VLAN_FIRST = 2,
    SUBNETS = 250, /* of 10.<a>.<b>.0/24 with the same <a> */
};

static void
write_networks(int count)
{
    printf("  <logicalnetwork name='Hosts' type='vlan'>\n    <site name='Here'>\n"
           "      <hostgroup ref='All'/>\n");
    for (int i = 0; i < count; i++)
        printf("      <subnet address='10.%d.%d.0' prefix='24' vlan='%d'/>\n", i / SUBNETS,
               i % SUBNETS, VLAN_FIRST + i);
    printf("    </site>\n  </logicalnetwork>\n");
    for (int i = 0; i < count; i++)
        printf("  <vmnetwork name='Network %d' logicalnetwork='Hosts' isolation='vlan'>\n"
               "    <vlan site='Here' id='%d'/>\n  </vmnetwork>\n",
               i, VLAN_FIRST + i);
}

static void
write_host(int count)
{
    printf("  <uplinkprofile name='Uplink'>\n    <team mode='switch-independent'/>\n"
           "    <site logicalnetwork='Hosts' ref='Here'/>\n  </uplinkprofile>\n"
           "  <portprofile name='Open'>\n"
           "    <security macspoofing='yes' prioritytagging='yes'/>\n  </portprofile>\n"
           "  <logicalswitch name='Switch' minbandwidth='none'>\n    <uplink profile='Uplink'/>\n"
           "    <portgroup classification='Low bandwidth' profile='Open' default='yes'/>\n"
           "  </logicalswitch>\n"
           "  <host name='bench' hostgroup='All'>\n"
           "    <switch logicalswitch='Switch' device='hosts' uplink='Uplink'>\n"
           "      <nic name='nic0'/>\n      <nic name='nic1'/>\n");
    for (int i = 0; i < count; i++)
        printf("      <vnic name='vnic%d' vmnetwork='Network %d'>\n"
               "        <ip address='10.%d.%d.2' prefix='24'/>\n      </vnic>\n",
               i, i, i / SUBNETS, i % SUBNETS);
    printf("    </switch>\n  </host>\n");
}

int
main(int argc, char **argv)
{
    int count = argc == 2 ? atoi(argv[1]) : -1;

    if (count < 0 || count > VNICS_MAX) {
        fprintf(stderr, "usage: vnics COUNT, of 0 to %d\n", VNICS_MAX);
        return 2;
    }
    printf("<fabric name='bench'>\n  <hostgroup name='All'/>\n");
    write_networks(count);
    write_host(count);
    printf("</fabric>\n");
    return 0;
}
