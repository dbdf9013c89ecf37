/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes a valid fabric of any size: HOSTS hosts, four VM networks for each of them. */
#include <stdio.h>
#include <stdlib.h>

/*
 * A campus whose buildings have forty hosts each. Two switches per host, on two NICs each: hosts
 * talk to each other on the first (a site, a subnet and a pool per building and purpose), guests on
 * the second (one site for the campus, so that every host offers every VM network, which is the
 * worst case of compiling one). Every guest VLAN has a subnet and a pool; every tenth is chosen
 * automatically and has a lease. All of it grows with the number of hosts, so that time per host
 * shows what does not.
 */
enum {
    HOSTS_PER_BUILDING = 40,
    VLANS_PER_NETWORK = 50,
    NETWORKS_PER_HOST = 4,
    HOSTS_MAX = 1000, /* 4,000 guest VLANs; the hosts' own are above */
    AUTOMATIC = 10,   /* one VM network in so many */
};

typedef struct {
    const char *name, *device, *classification, *role;
    int number; /* of its subnets: 10.<number>.<building>.0; of its VLAN: 4000 + number */
} Purpose;

static const Purpose purposes[] = {
    {"Management", "mgmt0", "Host management", "management", 1},
    {"Cluster", "clus0", "Host cluster workload", "cluster", 2},
    {"Migration", "mig0", "Live migration workload", "migration", 3},
    {"Storage", "stor0", "iSCSI workload", "storage", 4},
};

static const struct {
    const char *name;
    int weight, max; /* Mbit/s */
} guest_classes[] = {
    {"Gold", 20, 10000}, {"Silver", 10, 2000}, {"Bronze", 5, 500}, {"Tin", 1, 100}};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void
write_purpose(const Purpose *purpose, int buildings)
{
    printf("  <logicalnetwork name='%s' type='vlan'>\n", purpose->name);
    for (int i = 0; i < buildings; i++) {
        printf("    <site name='%s %d'>\n      <hostgroup ref='Building %d'/>\n", purpose->name, i,
               i);
        printf("      <subnet address='10.%d.%d.0' prefix='24' vlan='%d'>\n", purpose->number, i,
               4000 + purpose->number);
        printf("        <pool name='%s pool %d' start='10.%d.%d.20' end='10.%d.%d.200'>\n",
               purpose->name, i, purpose->number, i, purpose->number, i);
        /* one way out of a host */
        if (purpose == purposes)
            printf("          <gateway address='10.%d.%d.1' metric='100'/>\n", purpose->number, i);
        printf("          <dns server='10.1.0.2' suffix='example.org'/>\n"
               "          <reserved start='10.%d.%d.100' end='10.%d.%d.109'/>\n"
               "        </pool>\n      </subnet>\n    </site>\n",
               purpose->number, i, purpose->number, i);
    }
    printf("  </logicalnetwork>\n  <vmnetwork name='%s' logicalnetwork='%s' isolation='vlan'>\n",
           purpose->name, purpose->name);
    for (int i = 0; i < buildings; i++)
        printf("    <vlan site='%s %d' id='%d'/>\n", purpose->name, i, 4000 + purpose->number);
    printf("  </vmnetwork>\n");
}

/* Guest VLANs count from 1; FIRST to LAST are those of one logical network. */
static void
write_guest_network(int number, int first, int last)
{
    printf("  <logicalnetwork name='Guests %d' type='vlan'>\n    <site name='Guests %d'>\n"
           "      <hostgroup ref='Campus'/>\n",
           number, number);
    for (int vlan = first; vlan <= last; vlan++) {
        char net[16];

        snprintf(net, sizeof net, "10.%d.%d", 100 + vlan / 250, vlan % 250);
        printf("      <subnet address='%s.0' prefix='24' vlan='%d'>\n"
               "        <pool name='Tenant %d' start='%s.10' end='%s.250'>\n"
               "          <gateway address='%s.1'/>\n        </pool>\n      </subnet>\n",
               net, vlan, vlan, net, net, net);
    }
    printf("    </site>\n  </logicalnetwork>\n");
    for (int vlan = first; vlan <= last; vlan++) {
        printf("  <vmnetwork name='Tenant %d' logicalnetwork='Guests %d' isolation='vlan'", vlan,
               number);
        if (vlan % AUTOMATIC)
            printf(" owner='tenant %d'>\n    <vlan site='Guests %d' id='%d'/>\n  </vmnetwork>\n",
                   vlan % 97, number, vlan);
        else
            printf(" vlan='automatic'/>\n");
    }
}

static void
write_policy(int buildings, int guest_networks)
{
    for (size_t i = 0; i < LENGTH(guest_classes); i++)
        printf("  <classification name='%s'/>\n  <portprofile name='%s'>\n"
               "    <bandwidth weight='%d' max='%d'/>\n"
               "    <security dhcpguard='yes' routerguard='yes'/>\n  </portprofile>\n",
               guest_classes[i].name, guest_classes[i].name, guest_classes[i].weight,
               guest_classes[i].max);
    printf("  <uplinkprofile name='Guests'>\n"
           "    <team mode='lacp' loadbalance='transport-ports'/>\n");
    for (int i = 0; i < guest_networks; i++)
        printf("    <site logicalnetwork='Guests %d' ref='Guests %d'/>\n", i, i);
    printf("  </uplinkprofile>\n");
    for (int k = 0; k < buildings; k++) {
        printf("  <uplinkprofile name='Hosts %d'>\n    <team mode='switch-independent'/>\n", k);
        for (size_t i = 0; i < LENGTH(purposes); i++)
            printf("    <site logicalnetwork='%s' ref='%s %d'/>\n", purposes[i].name,
                   purposes[i].name, k);
        printf("  </uplinkprofile>\n");
    }
}

static void
write_switches(int buildings)
{
    printf("  <logicalswitch name='Host switch' minbandwidth='weight'>\n");
    for (int k = 0; k < buildings; k++) {
        printf("    <uplink profile='Hosts %d'>\n", k);
        for (size_t i = 0; i < LENGTH(purposes); i++)
            printf("      <vnic name='%s' vmnetwork='%s' classification='%s' role='%s'>\n"
                   "        <ip pool='%s pool %d'/>\n      </vnic>\n",
                   purposes[i].device, purposes[i].name, purposes[i].classification,
                   purposes[i].role, purposes[i].name, k);
        printf("    </uplink>\n");
    }
    for (size_t i = 0; i < LENGTH(purposes); i++)
        printf("    <portgroup classification='%s'%s/>\n", purposes[i].classification,
               i ? "" : " default='yes'");
    printf("  </logicalswitch>\n  <logicalswitch name='Guest switch' minbandwidth='weight'>\n"
           "    <uplink profile='Guests'/>\n");
    for (size_t i = 0; i < LENGTH(guest_classes); i++)
        printf("    <portgroup classification='%s' profile='%s'%s/>\n", guest_classes[i].name,
               guest_classes[i].name, i + 1 < LENGTH(guest_classes) ? "" : " default='yes'");
    printf("  </logicalswitch>\n");
}

static void
write_host(int number)
{
    int building = number / HOSTS_PER_BUILDING;

    printf("  <host name='host%d.example.org' hostgroup='Building %d'>\n"
           "    <switch logicalswitch='Host switch' device='hosts' uplink='Hosts %d'>\n"
           "      <nic name='eth0'/>\n      <nic name='eth1'/>\n    </switch>\n"
           "    <switch logicalswitch='Guest switch' device='guests' uplink='Guests'>\n"
           "      <nic name='eth2'/>\n      <nic name='eth3'/>\n    </switch>\n  </host>\n",
           number, building, building);
}

static void
write_leases(int hosts)
{
    printf("  <leases>\n");
    for (int number = 0; number < hosts; number++)
        for (size_t i = 0; i < LENGTH(purposes); i++)
            printf("    <lease pool='%s pool %d' address='10.%d.%d.%d' host='host%d.example.org'"
                   " vnic='%s'/>\n",
                   purposes[i].name, number / HOSTS_PER_BUILDING, purposes[i].number,
                   number / HOSTS_PER_BUILDING, 20 + number % HOSTS_PER_BUILDING, number,
                   purposes[i].device);
    for (int vlan = AUTOMATIC; vlan <= hosts * NETWORKS_PER_HOST; vlan += AUTOMATIC)
        printf("    <lease vmnetwork='Tenant %d' site='Guests %d' vlan='%d'/>\n", vlan,
               (vlan - 1) / VLANS_PER_NETWORK, vlan);
    printf("  </leases>\n");
}

int
main(int argc, char **argv)
{
    int hosts = argc == 2 ? atoi(argv[1]) : 0;
    int vlans = hosts * NETWORKS_PER_HOST;
    int buildings = (hosts + HOSTS_PER_BUILDING - 1) / HOSTS_PER_BUILDING;
    int guest_networks = (vlans + VLANS_PER_NETWORK - 1) / VLANS_PER_NETWORK;

    if (hosts < 1 || hosts > HOSTS_MAX) {
        fprintf(stderr, "usage: generate HOSTS (1 to %d)\n", HOSTS_MAX);
        return 2;
    }
    printf("<?xml version='1.0' encoding='UTF-8'?>\n<fabric name='bench'>\n"
           "  <hostgroup name='Campus'>\n");
    for (int i = 0; i < buildings; i++)
        printf("    <hostgroup name='Building %d'/>\n", i);
    printf("  </hostgroup>\n");
    for (size_t i = 0; i < LENGTH(purposes); i++)
        write_purpose(&purposes[i], buildings);
    for (int i = 0; i < guest_networks; i++) {
        int last = (i + 1) * VLANS_PER_NETWORK;

        write_guest_network(i, i * VLANS_PER_NETWORK + 1, last < vlans ? last : vlans);
    }
    write_policy(buildings, guest_networks);
    write_switches(buildings);
    for (int i = 0; i < hosts; i++)
        write_host(i);
    write_leases(hosts);
    printf("</fabric>\n");
    return 0;
}
