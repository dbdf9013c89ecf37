/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the network where addresses are now, so that it does not wait for its caches to expire. */
#include "base/error.h"
#include "base/i18n.h"
#include "kernel/session.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* RFC 826: what goes over Ethernet for IPv4. */
typedef struct __attribute__((packed)) {
    struct ether_header ethernet;
    struct ether_arp arp;
} ArpFrame;

/* RFC 4861, 4.4 and 4.6.1. */
typedef struct __attribute__((packed)) {
    struct ether_header ethernet;
    struct ip6_hdr ip;
    struct nd_neighbor_advert advertisement;
    guint8 option_type, option_length, mac[ETH_ALEN];
} AdvertisementFrame;

static ArpFrame
make_arp(const guint8 *mac, const guint8 *address)
{
    ArpFrame frame = {
        .ethernet.ether_type = htons(ETHERTYPE_ARP),
        .arp.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
                       .ar_pro = htons(ETHERTYPE_IP),
                       .ar_hln = ETH_ALEN,
                       .ar_pln = 4,
                       .ar_op = htons(ARPOP_REQUEST)},
    };

    memset(frame.ethernet.ether_dhost, 0xff, ETH_ALEN);
    memcpy(frame.ethernet.ether_shost, mac, ETH_ALEN);
    memcpy(frame.arp.arp_sha, mac, ETH_ALEN);
    memcpy(frame.arp.arp_spa, address, 4);
    memcpy(frame.arp.arp_tpa, address, 4);
    return frame;
}

/* RFC 1071 */
static guint16
checksum(guint32 sum, gconstpointer data, size_t length)
{
    const guint8 *octets = data;

    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (guint32)octets[i] << 8 | octets[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((guint16)~sum);
}

static AdvertisementFrame
make_advertisement(const guint8 *mac, const guint8 *address)
{
    static const guint8 all_nodes[16] = {0xff, 0x02, [15] = 1};
    static const guint8 all_nodes_mac[ETH_ALEN] = {0x33, 0x33, 0, 0, 0, 1};
    AdvertisementFrame frame = {
        .ethernet.ether_type = htons(ETHERTYPE_IPV6),
        .ip = {.ip6_flow = htonl(6u << 28), .ip6_nxt = IPPROTO_ICMPV6, .ip6_hlim = 255},
        .option_type = ND_OPT_TARGET_LINKADDR,
        .option_length = 1,
    };
    size_t length = sizeof frame - offsetof(AdvertisementFrame, advertisement);
    /* the pseudo header: both addresses lie before the payload, its length and protocol are added
     */
    guint32 pseudo = (guint32)length + IPPROTO_ICMPV6;

    memcpy(frame.ethernet.ether_dhost, all_nodes_mac, ETH_ALEN);
    memcpy(frame.ethernet.ether_shost, mac, ETH_ALEN);
    frame.ip.ip6_plen = htons((guint16)length);
    memcpy(&frame.ip.ip6_src, address, 16);
    memcpy(&frame.ip.ip6_dst, all_nodes, 16);
    frame.advertisement.nd_na_type = ND_NEIGHBOR_ADVERT;
    frame.advertisement.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
    memcpy(&frame.advertisement.nd_na_target, address, 16);
    memcpy(frame.mac, mac, ETH_ALEN);
    frame.advertisement.nd_na_cksum =
        checksum(pseudo, (guint8 *)&frame + offsetof(AdvertisementFrame, ip.ip6_src), 32 + length);
    return frame;
}

/* Index and MAC of LINK where it is an Ethernet that is up. */
static gboolean
find_sender(const LoomKernel *kernel, const char *link, int *index, guint8 *mac)
{
    struct ifreq request = {0};

    g_strlcpy(request.ifr_name, link, sizeof request.ifr_name);
    if (ioctl(kernel->socket, SIOCGIFFLAGS, &request) < 0 || !(request.ifr_flags & IFF_UP) ||
        ioctl(kernel->socket, SIOCGIFHWADDR, &request) < 0 ||
        request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
        return FALSE;
    memcpy(mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
    *index = loom_kernel_find_index(kernel, link);
    return *index != 0;
}

static void
send_frame(const LoomKernel *kernel, int index, gconstpointer frame, size_t length)
{
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = index, .sll_halen = ETH_ALEN};

    if (kernel->packets >= 0)
        sendto(kernel->packets, frame, length, 0, (struct sockaddr *)&to, sizeof to);
}

void
loom_kernel_announce(const LoomKernel *kernel, const char *link, const char *address)
{
    guint8 mac[ETH_ALEN], octets[16];
    size_t size = loom_wire_parse_address(address, octets);
    int index;

    if (!size || !find_sender(kernel, link, &index, mac))
        return;
    if (size == 4) {
        ArpFrame frame = make_arp(mac, octets);
        send_frame(kernel, index, &frame, sizeof frame);
    } else {
        AdvertisementFrame frame = make_advertisement(mac, octets);
        send_frame(kernel, index, &frame, sizeof frame);
    }
}

/* What is there now counts, not TARGET's list: DHCP and routers give addresses too. */
gboolean
loom_kernel_finish(LoomBackend *backend, const LoomHost *target, GError **error)
{
    LoomKernel *kernel = (LoomKernel *)backend;
    g_autoptr(LoomHost) all = loom_host_new();
    g_autoptr(LoomHost) now = loom_host_new();

    if (!loom_kernel_collect_guards(backend, error) ||
        !loom_kernel_read_addresses(kernel, all, error))
        return FALSE;
    loom_kernel_choose(all, target, now);
    for (guint i = 0; i < now->addresses->len; i++) {
        const LoomAddress *address = now->addresses->pdata[i];

        loom_kernel_announce(kernel, address->link, address->address);
    }
    return TRUE;
}
