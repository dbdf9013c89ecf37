/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host, the one noun for what should be and for what is. */
#pragma once

#include "base/record.h"

/*
 * Theory of operation
 *
 * A LoomHost is compiled from the fabric and this machine's facts (desired), observed from the
 * kernel and libvirt (observed), or loaded from a file (committed, snapshot, a hook's slice, facts
 * given by hand). All of them are this struct and the one XML form of xml/host.rng. What is not
 * present is not stated: a comparison walks only what the target states. A LoomHost borrows
 * nothing.
 */

/* The namespace of our elements in the <metadata> of libvirt's networks and domains. */
#define LOOM_NAMESPACE "urn:virt-loom:1"

/* What a change costs those who use the thing; ordered. In the attribute tables: .cost. */
typedef enum {
    LOOM_COST_LIVE,    /* nobody notices */
    LOOM_COST_DOWN,    /* the link goes down and up */
    LOOM_COST_REPLACE, /* it is deleted and made again */
} LoomCost;

typedef enum {
    LOOM_LINK_PHYSICAL,
    LOOM_LINK_BOND,
    LOOM_LINK_BRIDGE,
    LOOM_LINK_VETH,
    LOOM_LINK_OVS_BRIDGE,
    LOOM_LINK_OVS_BOND,
    LOOM_LINK_OVS_INTERNAL,
    LOOM_LINK_OTHER,
} LoomLinkKind;

/* A network device. Bond and bridge attributes are those of rtnetlink, under the kernel's words. */
typedef struct {
    LoomRecord record;
    char *name;
    int kind;      /* LoomLinkKind */
    gboolean ours; /* made by virt-loom: marked by its link group in the kernel */
    char *mac;
    guint64 mtu;
    gboolean up;
    char *master; /* the bond or bridge it is in */
    char *peer;   /* a veth's other end */
    /* a bond: Documentation/networking/bonding.rst, its options' names without underscores */
    char *mode, *hashpolicy, *lacprate, *primary, *primaryreselect, *failovermac;
    guint64 miimon, minlinks, updelay, downdelay, peernotifdelay, numpeernotif, resendigmp;
    gboolean usecarrier;
    char *arpvalidate, *arpalltargets;
    guint64 arpinterval, missedmax;
    GStrv arpiptarget, nsip6target; /* addresses */
    char *adselect, *adactorsystem;
    guint64 adactorsysprio, aduserportkey;
    gboolean lacpactive, allslavesactive, tlbdynamiclb;
    guint64 lpinterval, packetsperslave;
    /* a bridge: ip-link(8) */
    gboolean vlanfiltering, stp, multicastsnooping;
    guint64 defaultpvid;
    /* IPv6: it takes addresses from routers; it gives itself a link-local one */
    gboolean autoconf, linklocal;
    /* IPv4: it answers ARP for no address but its own, and asks from no other */
    gboolean strictarp;
    /* a NIC that can: it encrypts IPsec itself; it tells a hash of what it receives */
    gboolean ipsec, rss;
    /* only observed; the permanent MAC of a NIC in a switch is remembered too */
    char *parent; /* what a VLAN, macvlan or macvtap sits on */
    char *permanentmac, *driver, *pci;
    guint64 speed; /* Mbit/s; absent: unknown */
    char *qdisc;   /* somebody else's queueing discipline at its root, such as "tbf 8001:" */
    GStrv altnames;
    GStrv withheld; /* of ipsec and rss: what a NIC was told to do, and its driver does not */
    /* where it is from */
    char *logicalswitch, *vmnetwork, *role;
    char *drift;   /* of a switch's bridge: report: what others change is told, not repaired */
    char *inherit; /* the NIC whose MAC, addresses, routes and DHCP identity it took over */
} LoomLink;

typedef struct {
    LoomRecord record;
    char *link, *address;
    guint64 prefix;
    char *origin; /* static, dhcp, ra or kernel */
    char *peer;   /* of a point-to-point address */
    char *label, *broadcast, *scope;
    gboolean noprefixroute; /* the kernel makes no route of it */
    guint64 metric;         /* of the route that the kernel makes of it */
    gboolean inherited;     /* from the NIC whose place the link took */
} LoomAddress;

typedef struct {
    LoomRecord record;
    char *link;
    char *destination; /* address/prefix */
    char *gateway;
    guint64 metric, table;
    char *protocol, *source;
    char *scope;
    gboolean onlink; /* the gateway is reachable on the link whatever the addresses say */
    guint64 mtu;
    char *unsaid; /* only observed: what of it cannot be said here, such as several nexthops */
    gboolean inherited;
} LoomRoute;

/* A permanent neighbour: an entry of ARP or ND that somebody set by hand. */
typedef struct {
    LoomRecord record;
    char *link, *address, *mac;
    gboolean inherited;
} LoomNeighbour;

/* Somebody else who manages the link: NetworkManager, systemd-networkd, ifupdown, a DHCP client. */
typedef struct {
    LoomRecord record;
    char *link, *name;
    gboolean dhcp; /* by DHCP, and with this identity (option 61, hex octets; absent: none) */
    char *identity;
    char *source;  /* where it is told to: a file or a connection's name */
    char *refusal; /* why the link cannot be handed over, and what to do; absent: it can */
} LoomManager;

/* Our own DHCP client, at work for the link. */
typedef struct {
    LoomRecord record;
    char *link;
    char *identity; /* option 61, hex octets; absent: none is sent */
    guint64 metric; /* of the routes that it makes; absent: its own choice */
    gboolean inherited;
} LoomDhcp;

/* Who would notice a change: the vNIC of a running guest, by its device on the host. */
typedef struct {
    LoomRecord record;
    char *domain, *mac, *name, *link;
} LoomGuestTap;

/* Established TCP sessions of one service on an address of the host. */
typedef struct {
    LoomRecord record;
    char *address;
    guint64 port, count;
} LoomSessions;

/*
 * One attached vNIC with everything that applies to it resolved: of the host (link), or of a guest
 * (domain + mac). A port of a network and portgroup alone is the pattern from which a guest's is
 * made when it starts.
 */
typedef struct {
    LoomRecord record;
    char *link;
    char *domain, *mac;        /* UUID and MAC of a guest's vNIC */
    char *network, *portgroup; /* the libvirt network's name and the classification */
    guint64 vlan;              /* untagged traffic's VLAN inside the bridge; 0: none */
    char *tagged;              /* VLANs that pass tagged */
    char *untagged;            /* further VLANs that leave untagged: of a pvlan */
    gboolean isolated;         /* from other isolated ports of the bridge */
    char *pvlan;               /* isolated, community or promiscuous */
    guint64 secondary;         /* the secondary VLAN of a pvlan */
    guint64 mtu;
    gboolean tagguard;     /* no tagged frame, or of a trunk none with two tags */
    gboolean privateguard; /* the guest hears no more of a pvlan than is for it */
    gboolean macguard, dhcpguard, routerguard, priorityreset;
    /* where priorityreset: the kernel takes the tag away that has the priority, if it can */
    gboolean prioritypop;
    gboolean teaming;   /* also for the guest's other vNICs, where macguard */
    char *addressguard; /* leased or given; absent: none */
    GStrv macs;         /* from which it may send, where macguard; absent: from any */
    GStrv addresses;    /* from which it may send, where addressguard */
    char *class;        /* the class of its bandwidth */
    guint64 priority;   /* of its packets, the number of that class; see host/classes.h */
    guint64 max, maxin; /* Mbit/s; absent: unlimited */
    char *onfailure;    /* refuse or warn */
    char *admission;    /* refuse or warn, where its minimum may be too much; absent: it has none */
    char *portid;       /* the UUID of libvirt's networkport */
    char *logicalswitch, *vmnetwork, *profile;
} LoomPort;

/* An address that a pool has given to a guest, where a guard of the network's ports asks for it. */
typedef struct {
    LoomRecord record;
    char *network; /* the libvirt network's name */
    char *guest;   /* the domain's name */
    char *address;
    char *mac; /* of the vNIC; absent: of all that the guest has in the network */
} LoomGuestAddress;

/*
 * A class of guaranteed bandwidth on one NIC of a team, which sends what is in it: a class of HTB,
 * tc-htb(8). What is guaranteed and not used is others'.
 */
typedef struct {
    LoomRecord record;
    char *link;
    guint64 priority; /* of packets that belong to it, see host/classes.h */
    char *name;       /* the classification, or the host vNIC */
    guint64 weight;   /* its part, beside others', of what is free; absent: an equal part */
    guint64 rate;     /* guaranteed, kbit/s; absent: nothing but its part */
    guint64 ceiling;  /* at most, kbit/s: the NIC's speed; absent: that is unknown */
    gboolean fair;    /* ports in it have equal parts of it */
    gboolean perport; /* each port of the portgroup gets one like it */
    guint64 reserved; /* then: what the switch's host vNICs are promised together, kbit/s */
    char *port;       /* only observed: the tap of the guest's port whose class it is */
    char *logicalswitch;
} LoomClass;

/* One portgroup of a libvirt network; rates in kilobytes/s, bursts in KiB, as libvirt counts. */
typedef struct {
    LoomRecord record;
    char *name;
    gboolean is_default;
    guint64 inaverage, inpeak, inburst;    /* towards the guest */
    guint64 outaverage, outpeak, outburst; /* from the guest */
    char *vlans;                           /* of an Open vSwitch network: tags that pass */
    guint64 nativevlan;                    /* of an Open vSwitch trunk */
    gboolean trunk;
} LoomPortgroup;

typedef struct {
    LoomRecord record;
    char *name, *uuid, *bridge;
    gboolean ours; /* carries our metadata */
    gboolean openvswitch;
    gboolean active, autostart, persistent;
    char *fabric, *vmnetwork, *logicalswitch; /* our metadata */
    char *hash;                               /* of all the network's content */
    gboolean pending;                         /* the running network differs until it restarts */
    char *definition; /* libvirt's XML, where the attributes here cannot say it: to go back to */
    GStrv guests;     /* UUIDs of running guests on it */
    GPtrArray *portgroups;
} LoomNetwork;

/* One network that may carry migrations of this host, in order of preference. */
typedef struct {
    LoomRecord record;
    guint64 order;
    char *network, *link, *address;
    gboolean fallback;
    guint64 concurrent, max, parallel; /* at a time; Mbit/s; connections */
    gboolean tls, postcopy;
    char *compression; /* QEMU's word; absent: none */
} LoomMigrationPath;

/* A line of libvirt's qemu.conf that is ours. */
typedef struct {
    LoomRecord record;
    char *name, *value;
    gboolean ours; /* marked by a comment of ours above it */
} LoomQemuSetting;

/* What must answer before a change is committed. */
typedef struct {
    LoomRecord record;
    char *role, *link;
    char *target; /* an address; gateway: of the default route; peer: any one of peers */
    GStrv peers;  /* addresses of other hosts */
    guint64 tcp, settle;
    gboolean optional; /* the gateway, where whoever gave the link its address names one */
} LoomHostProbe;

typedef struct {
    LoomRecord record;
    char *name, *fabric, *hostgroup;
    char *libvirt; /* version, such as 9.0.0 */
    char *boot;    /* kernel.random.boot_id of when it was observed */
    GStrv kinds;   /* what was observed, by elements; absent: all */
    GPtrArray *links, *addresses, *routes, *neighbours, *ports, *classes, *networks;
    GPtrArray *leases;           /* of LoomGuestAddress */
    GPtrArray *managers, *dhcps; /* how links get their addresses */
    GPtrArray *migrations, *probes;
    GPtrArray *settings;          /* of qemu.conf */
    GPtrArray *guests, *sessions; /* who would notice a change */
} LoomHost;

extern const LoomKind loom_link_kind, loom_address_kind, loom_route_kind, loom_port_kind,
    loom_neighbour_kind, loom_class_kind, loom_network_kind, loom_network_portgroup_kind,
    loom_manager_kind, loom_dhcp_kind, loom_migration_path_kind, loom_qemu_setting_kind,
    loom_host_probe_kind, loom_guest_tap_kind, loom_guest_address_kind, loom_sessions_kind,
    loom_host_kind;

static inline LoomHost *
loom_host_new(void)
{
    return loom_record_new(&loom_host_kind);
}

void loom_host_free(LoomHost *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoomHost, loom_host_free)

/* The records of KIND (&loom_link_kind, ...), borrowed. */
GPtrArray *loom_host_list(const LoomHost *host, const LoomKind *kind);

/* The record of KIND with that key (see loom_record_key()), or NULL. Linear. */
gpointer loom_host_find(const LoomHost *host, const LoomKind *kind, const char *key);

/* How many records it holds, in all lists. */
size_t loom_host_count(const LoomHost *host);

/* Sorts every list by key, so that equal hosts have equal texts. */
void loom_host_sort(LoomHost *host);

/*
 * Reads a host out of XML. Unlike a fabric's, every finding is an error: nobody writes these files
 * by hand but facts, and half a host must never be compared with. Errors: LOOM_ERROR_INVALID.
 */
LoomHost *loom_host_parse(const char *text, size_t length, const char *name, GError **error);
LoomHost *loom_host_load(const char *path, GError **error);

/* The whole document, owned by the caller. */
char *loom_host_format(const LoomHost *host);

/*
 * A digest of what RECORD states, children included, without informative attributes; 32 hex digits.
 * The order of children does not count.
 */
char *loom_record_digest(gconstpointer record);
