/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets of ARP, neighbour discovery and ICMP echo: made, and recognised as answers. */
#include "apply/packet.h"

#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>

G_STATIC_ASSERT(sizeof(struct ether_arp) == 28);
G_STATIC_ASSERT(sizeof(struct nd_neighbor_solicit) == 24 && sizeof(struct nd_opt_hdr) == 2);

/* An echo of either family: the same layout under other numbers. */
typedef struct {
    guint8 type, code;
    guint8 checksum[2];
    guint8 nonce[LOOM_PACKET_NONCE]; /* its first four octets are identifier and sequence */
} Echo;

static LoomPacket
packet_new(gconstpointer bytes, size_t length)
{
    LoomPacket packet = {.length = length};

    memcpy(packet.bytes, bytes, length);
    return packet;
}

LoomPacket
loom_packet_arp(const guint8 mac[LOOM_PACKET_MAC], const LoomInet *source, const LoomInet *target)
{
    struct ether_arp arp = {0};

    arp.arp_hrd = htons(ARPHRD_ETHER);
    arp.arp_pro = htons(ETHERTYPE_IP);
    arp.arp_hln = sizeof arp.arp_sha;
    arp.arp_pln = sizeof arp.arp_spa;
    arp.arp_op = htons(ARPOP_REQUEST);
    memcpy(arp.arp_sha, mac, sizeof arp.arp_sha);
    memcpy(arp.arp_spa, source->bytes, sizeof arp.arp_spa);
    memcpy(arp.arp_tpa, target->bytes, sizeof arp.arp_tpa);
    return packet_new(&arp, sizeof arp);
}

LoomPacket
loom_packet_solicitation(const guint8 mac[LOOM_PACKET_MAC], const LoomInet *target)
{
    struct {
        struct nd_neighbor_solicit head;
        struct nd_opt_hdr option;
        guint8 mac[LOOM_PACKET_MAC];
    } solicitation = {0};

    solicitation.head.nd_ns_type = ND_NEIGHBOR_SOLICIT;
    memcpy(&solicitation.head.nd_ns_target, target->bytes, sizeof(struct in6_addr));
    solicitation.option.nd_opt_type = ND_OPT_SOURCE_LINKADDR;
    solicitation.option.nd_opt_len = 1;
    memcpy(solicitation.mac, mac, sizeof solicitation.mac);
    return packet_new(&solicitation, sizeof solicitation);
}

LoomInet
loom_packet_solicited_node(const LoomInet *target)
{
    LoomInet group = {.family = G_SOCKET_FAMILY_IPV6,
                      .bytes = {0xff, 0x02, [11] = 0x01, [12] = 0xff}};

    memcpy(group.bytes + 13, target->bytes + 13, 3);
    return group;
}

/* RFC 1071; LENGTH is even. */
static void
checksum(const guint8 *bytes, size_t length, guint8 sum[2])
{
    guint32 total = 0;

    for (size_t i = 0; i < length; i += 2)
        total += bytes[i] << 8 | bytes[i + 1];
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    sum[0] = ~total >> 8 & 0xff;
    sum[1] = ~total & 0xff;
}

LoomPacket
loom_packet_echo(GSocketFamily family, const guint8 nonce[LOOM_PACKET_NONCE])
{
    Echo echo = {.type = family == G_SOCKET_FAMILY_IPV4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST};

    memcpy(echo.nonce, nonce, sizeof echo.nonce);
    if (family == G_SOCKET_FAMILY_IPV4)
        checksum((const guint8 *)&echo, sizeof echo, echo.checksum);
    return packet_new(&echo, sizeof echo);
}

/* Neither nobody's nor everybody's. */
static gboolean
is_station(const guint8 mac[LOOM_PACKET_MAC])
{
    static const guint8 nobody[LOOM_PACKET_MAC] = {0};

    return !(mac[0] & 1) && memcmp(mac, nobody, sizeof nobody);
}

gboolean
loom_packet_answers_arp(const LoomPacket *question, const guint8 *bytes, size_t length)
{
    struct ether_arp asked, arp;

    if (length < sizeof arp) /* longer: Ethernet pads */
        return FALSE;
    memcpy(&asked, question->bytes, sizeof asked);
    memcpy(&arp, bytes, sizeof arp);
    return arp.arp_hrd == asked.arp_hrd && arp.arp_pro == asked.arp_pro &&
           arp.arp_hln == asked.arp_hln && arp.arp_pln == asked.arp_pln &&
           arp.arp_op == htons(ARPOP_REPLY) &&
           !memcmp(arp.arp_spa, asked.arp_tpa, sizeof arp.arp_spa) &&
           !memcmp(arp.arp_tpa, asked.arp_spa, sizeof arp.arp_tpa) &&
           !memcmp(arp.arp_tha, asked.arp_sha, sizeof arp.arp_tha) && is_station(arp.arp_sha) &&
           memcmp(arp.arp_sha, asked.arp_sha, sizeof arp.arp_sha);
}

/* RFC 4861 section 7.1.2: options that do not fill the rest exactly, or of length 0: not valid. */
static gboolean
are_options(const guint8 *bytes, size_t length)
{
    while (length) {
        if (length < 8 || !bytes[1] || bytes[1] * 8u > length)
            return FALSE;
        length -= bytes[1] * 8u;
        bytes += bytes[1] * 8u;
    }
    return TRUE;
}

gboolean
loom_packet_answers_solicitation(const LoomPacket *question, const guint8 *bytes, size_t length,
                                 int hops)
{
    struct nd_neighbor_solicit asked;
    struct nd_neighbor_advert advert;

    if (hops != 255 || length < sizeof advert)
        return FALSE;
    memcpy(&asked, question->bytes, sizeof asked);
    memcpy(&advert, bytes, sizeof advert);
    return advert.nd_na_type == ND_NEIGHBOR_ADVERT && !advert.nd_na_code &&
           (advert.nd_na_flags_reserved & ND_NA_FLAG_SOLICITED) &&
           !memcmp(&advert.nd_na_target, &asked.nd_ns_target, sizeof asked.nd_ns_target) &&
           are_options(bytes + sizeof advert, length - sizeof advert);
}

gboolean
loom_packet_answers_echo(const LoomPacket *question, GSocketFamily family, const guint8 *bytes,
                         size_t length)
{
    gboolean is_ipv4 = family == G_SOCKET_FAMILY_IPV4;
    Echo asked, echo;

    if (is_ipv4) {
        size_t header = length ? (bytes[0] & 0x0f) * 4u : 0;

        if (header < sizeof(struct iphdr) || bytes[0] >> 4 != 4 || header > length)
            return FALSE;
        bytes += header;
        length -= header;
    }
    if (length != sizeof echo)
        return FALSE;
    memcpy(&asked, question->bytes, sizeof asked);
    memcpy(&echo, bytes, sizeof echo);
    return echo.type == (is_ipv4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) && !echo.code &&
           !memcmp(echo.nonce, asked.nonce, sizeof echo.nonce);
}
