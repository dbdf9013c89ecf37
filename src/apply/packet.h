/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a probe asks and what counts as the answer, as octets on the wire; nothing is sent here. */
#pragma once

#include "base/inet.h"

#define LOOM_PACKET_MAC 6 /* octets of an Ethernet address */

/* A packet without the header of what carries it: Ethernet, or IP. */
typedef struct {
    guint8 bytes[64];
    size_t length;
} LoomPacket;

/* An ARP request of IPv4 addresses over Ethernet, RFC 826. */
LoomPacket
loom_packet_arp(const guint8 mac[LOOM_PACKET_MAC], const LoomInet *source, const LoomInet *target);

/* A neighbour solicitation, RFC 4861 section 4.3; the kernel fills in its checksum. */
LoomPacket loom_packet_solicitation(const guint8 mac[LOOM_PACKET_MAC], const LoomInet *target);

/* The multicast address at which the owner of TARGET hears a solicitation, RFC 4291. */
LoomInet loom_packet_solicited_node(const LoomInet *target);

#define LOOM_PACKET_NONCE 16

/*
 * An echo request of that family, RFC 792 or RFC 4443. What it carries makes the answer ours: give
 * it random octets. The kernel fills in the checksum of IPv6.
 */
LoomPacket loom_packet_echo(GSocketFamily family, const guint8 nonce[LOOM_PACKET_NONCE]);

/*
 * Whether these octets, which may come from anybody, are the answer to QUESTION. Of ARP: what
 * follows the Ethernet header. Of an advertisement: the ICMPv6 message, and the hop limit with
 * which it came: 255 proves that no router forwarded it. Of IPv4's echo: with its IP header; of
 * IPv6's without.
 */
gboolean loom_packet_answers_arp(const LoomPacket *question, const guint8 *bytes, size_t length);
gboolean loom_packet_answers_solicitation(const LoomPacket *question, const guint8 *bytes,
                                          size_t length, int hops);
gboolean loom_packet_answers_echo(const LoomPacket *question, GSocketFamily family,
                                  const guint8 *bytes, size_t length);
