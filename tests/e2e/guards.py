#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""guards.py PROGRAM OUT IN PORT TRUNK-OUT TRUNK POPS: frames at ports' guards, each of which has to pass or be stopped.

Frames go out of the link OUT, whose other end is the port PORT; what passes is seen at the link IN. So do those
of the port TRUNK, which may send tagged ones.
Where the guards have stopped something, PROGRAM (guards-run) has counted it. At the end the kernel is asked to
take VLAN 0's tag away before they look, which it does where POPS is yes. Prints TAP.
"""

import ipaddress
import re
import socket
import struct
import subprocess
import sys

SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 263, 8, 0x10  # linux/if_packet.h
OWN, OTHER, ROUTER_MAC = "52:54:00:00:00:01", "52:54:00:00:00:66", "52:54:00:00:00:fe"
BROADCAST, ALL_NODES, ALL_ROUTERS = "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01", "33:33:00:00:00:02"
OWN4, OTHER4, GATEWAY4 = "192.0.2.10", "192.0.2.66", "192.0.2.1"
OWN6, OTHER6, ROUTER6 = "2001:db8::10", "2001:db8::66", "fe80::1"
LOCAL6, OTHER_LOCAL6 = "fe80::5054:ff:fe00:1", "fe80::66"
NOBODY4, NOBODY6 = "0.0.0.0", "::"


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def address(text):
    return ipaddress.ip_address(text).packed


def ether(kind, payload, source=OWN, target=ROUTER_MAC, tags=()):
    frame = mac(target) + mac(source)
    for protocol, tci in tags:
        frame += struct.pack("!HH", protocol, tci)
    return frame + struct.pack("!H", kind) + payload


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(protocol, payload, source=OWN4, target="192.0.2.2", fragment=0, options=b""):
    header = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 7,
                         fragment, 64, protocol, 0) + address(source) + address(target) + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(protocol, payload, source=OWN6, target="2001:db8::2", hops=255, length=None, flow=0):
    return struct.pack("!IHBB", 6 << 28 | flow, len(payload) if length is None else length, protocol, hops) + address(source) + address(target) + payload


def fragment6(protocol, payload, offset=0, more=1):
    return 44, struct.pack("!BBHI", protocol, 0, offset << 3 | more, 99) + payload


def hop_by_hop(protocol, payload):
    return 0, struct.pack("!BB6s", protocol, 0, b"\x01\x04\0\0\0\0") + payload


def chain(protocol, payload, *headers):
    """Behind extension headers, by their numbers: all of 8 octets, of authentication of 16."""
    for header in reversed(headers):
        if header == 51:
            payload = struct.pack("!BBHIII", protocol, 2, 0, 1, 1, 0) + payload
        elif header == 43:  # of a type that nobody knows, with no segments left: it is skipped
            payload = struct.pack("!BBBB4x", protocol, 0, 253, 0) + payload
        elif header == 44:  # all in one: RFC 6946
            payload = struct.pack("!BBHI", protocol, 0, 0, 99) + payload
        else:
            payload = struct.pack("!BB6s", protocol, 0, b"\x01\x04\0\0\0\0") + payload
        protocol = header
    return protocol, payload


def udp(source, target, data=b"x" * 20):
    return struct.pack("!HHHH", source, target, 8 + len(data), 0) + data


def icmp(kind, rest=b"\0" * 8):
    return struct.pack("!BBH", kind, 0, 0) + rest


def arp(sender_mac=OWN, sender=OWN4, operation=1, kind=0x0806, wanted=GATEWAY4, hardware=1, **more):
    payload = struct.pack("!HHBBH", hardware, 0x0800, 6, 4, operation) + mac(sender_mac) + address(sender) + \
        mac("00:00:00:00:00:00") + address(wanted)
    return ether(kind, payload, target=BROADCAST, **more)


def nd(kind, target, options=b""):
    return icmp(kind, b"\0" * 4 + address(target) + options)


def option(kind, link):
    return struct.pack("!BB", kind, 1) + mac(link)


def llc(payload, **more):
    return ether(len(payload), payload, **more)


def snap(kind, payload, vendor=b"\0\0\0", **more):
    return llc(b"\xaa\xaa\x03" + vendor + struct.pack("!H", kind) + payload, **more)


def frame4(payload, **more):
    return ether(0x0800, payload, **more)


def frame6(payload, **more):
    return ether(0x86DD, payload, **more)


def tagged(*tags, payload=None):
    return ether(0x0800, payload or ipv4(17, udp(1000, 2000)), tags=tags)


PLAIN4 = ipv4(17, udp(1000, 2000))
PASS = None
CASES = [  # what is stopped by which guard, or passes; the name; the frame
    (PASS, "IPv4 of its own", frame4(PLAIN4)),
    (PASS, "IPv6 of its own", frame6(ipv6(17, udp(1000, 2000)))),
    (PASS, "TCP", frame4(ipv4(6, b"\x03\xe8\x00\x50" + b"\0" * 16))),
    (PASS, "an ICMP echo", frame4(ipv4(1, icmp(8)))),
    (PASS, "an ICMPv6 echo", frame6(ipv6(58, icmp(128)))),
    (PASS, "ICMP unreachable", frame4(ipv4(1, icmp(3)))),
    (PASS, "a protocol that nobody knows", ether(0x88B5, b"\0" * 46)),
    # tags
    ("tags", "VLAN 200", tagged((0x8100, 200))),
    ("tags", "VLAN 4094", tagged((0x8100, 4094))),
    ("tags", "VLAN 1 with a priority", tagged((0x8100, 0xA001))),
    ("tags", "an outer tag of 802.1ad", tagged((0x88A8, 200))),
    ("tags", "802.1ad with VLAN 0", tagged((0x88A8, 0))),
    ("tags", "two tags", tagged((0x8100, 0), (0x8100, 200))),
    ("tags", "two tags with VLAN 0", tagged((0x8100, 0), (0x8100, 0))),
    ("tags", "802.1ad before 802.1Q", tagged((0x88A8, 0), (0x8100, 0))),
    ("tags", "802.1Q before 802.1ad", tagged((0x8100, 0), (0x88A8, 5))),
    ("tags", "three tags", tagged((0x8100, 0), (0x8100, 0), (0x8100, 7))),
    ("tags", "ARP behind two tags", arp(OWN, OTHER4, tags=((0x8100, 0), (0x8100, 0)))),
    (PASS, "VLAN 0, which is none", tagged((0x8100, 0))),
    ("priority", "VLAN 0 with a priority", tagged((0x8100, 0xE000))),
    ("priority", "with another", tagged((0x8100, 0x2000))),
    ("addresses", "another's address behind VLAN 0", tagged((0x8100, 0), payload=ipv4(17, udp(1, 2), OTHER4))),
    ("dhcp", "a DHCP offer behind VLAN 0", tagged((0x8100, 0), payload=ipv4(17, udp(67, 68)))),
    # MAC addresses
    ("macs", "another's MAC address", frame4(PLAIN4, source=OTHER)),
    ("macs", "that of the tap", frame4(PLAIN4, source="fe" + OWN[2:])),
    ("macs", "no MAC address at all", frame4(PLAIN4, source="00:00:00:00:00:00")),
    ("macs", "a broadcast one", frame4(PLAIN4, source=BROADCAST)),
    ("macs", "another's, in IPv6", frame6(ipv6(17, udp(1, 2)), source=OTHER)),
    ("macs", "another's, in a protocol that nobody knows", ether(0x88B5, b"\0" * 46, source=OTHER)),
    (PASS, "RARP, by which QEMU announces a guest", arp(OWN, NOBODY4, 3, 0x8035)),
    ("macs", "RARP of another's", arp(OTHER, NOBODY4, 3, 0x8035, source=OTHER)),
    # ARP
    (PASS, "an ARP request", arp()),
    (PASS, "an ARP reply", arp(operation=2)),
    (PASS, "a gratuitous one", arp(wanted=OWN4)),
    (PASS, "a gratuitous reply", arp(wanted=OWN4, operation=2)),
    (PASS, "an ARP probe", arp(sender=NOBODY4, wanted=OWN4)),
    ("addresses", "an ARP probe for another's address", arp(sender=NOBODY4, wanted=OTHER4)),
    ("macs", "ARP with another's MAC address inside", arp(OTHER)),
    ("addresses", "ARP for another's address", arp(sender=OTHER4)),
    ("addresses", "an ARP reply for the gateway", arp(sender=GATEWAY4, operation=2)),
    ("addresses", "a gratuitous request for another's", arp(sender=OTHER4, wanted=OTHER4)),
    ("addresses", "a gratuitous reply for it", arp(sender=OTHER4, wanted=OTHER4, operation=2)),
    ("addresses", "an ARP reply for it with the hardware type of IEEE 802", arp(sender=OTHER4, operation=2, hardware=6)),
    ("addresses", "an inverse ARP reply for it", arp(sender=OTHER4, operation=9)),
    ("addresses", "ARP for it behind VLAN 0", arp(sender=OTHER4, tags=((0x8100, 0),))),
    # DHCP
    (PASS, "a DHCP discover", frame4(ipv4(17, udp(68, 67), NOBODY4, "255.255.255.255"), target=BROADCAST)),
    (PASS, "a DHCP request to renew", frame4(ipv4(17, udp(68, 67)))),
    ("dhcp", "a DHCP offer", frame4(ipv4(17, udp(67, 68)))),
    ("dhcp", "one with IP options", frame4(ipv4(17, udp(67, 68), options=b"\x01\x01\x01\x00"))),
    ("dhcp", "the first fragment of one", frame4(ipv4(17, udp(67, 68), fragment=0x2000))),
    ("dhcp", "one from another port than a server's", frame4(ipv4(17, udp(1067, 68)))),
    ("dhcp", "one with as many IP options as there can be", frame4(ipv4(17, udp(67, 68), options=b"\x01" * 40))),
    ("dhcp", "one from a relay's port", frame4(ipv4(17, udp(67, 67)))),
    ("dhcp", "one in 9000 octets", frame4(ipv4(17, udp(67, 68, bytes(8900))))),
    ("dhcp", "one whose UDP has no length", frame4(ipv4(17, struct.pack("!HHHH", 67, 68, 0, 0) + b"x" * 20))),
    (PASS, "a later fragment of UDP", frame4(ipv4(17, udp(67, 68), fragment=1))),
    ("dhcp", "the first fragment of that", frame4(ipv4(17, udp(1067, 68), fragment=0x2000))),
    (PASS, "DHCPv6 solicit", frame6(ipv6(17, udp(546, 547), LOCAL6, "ff02::1:2"), target="33:33:00:01:00:02")),
    ("dhcp", "DHCPv6 advertise", frame6(ipv6(17, udp(547, 546), LOCAL6))),
    ("dhcp", "one behind hop-by-hop options", frame6(ipv6(*hop_by_hop(17, udp(547, 546)), LOCAL6))),
    ("dhcp", "the first fragment of one", frame6(ipv6(*fragment6(17, udp(547, 546)), LOCAL6))),
    ("dhcp", "DHCPv6 advertise from another port than a server's", frame6(ipv6(17, udp(1547, 546), LOCAL6))),
    ("dhcp", "that behind hop-by-hop options", frame6(ipv6(*hop_by_hop(17, udp(1547, 546)), LOCAL6))),
    ("dhcp", "DHCPv6 advertise behind four extension headers", frame6(ipv6(*chain(17, udp(547, 546), 0, 60, 43, 60), LOCAL6))),
    (PASS, "one that only who has its key looks at", frame6(ipv6(*chain(17, udp(547, 546), 51), LOCAL6))),
    ("dhcp", "one in a fragment that is all of it", frame6(ipv6(*chain(17, udp(547, 546), 44), LOCAL6))),
    ("headers", "one whose first fragment ends before UDP", frame6(ipv6(*fragment6(*chain(17, b"", 60)), LOCAL6))),
    ("headers", "one whose first fragment has half of UDP's ports", frame6(ipv6(*fragment6(17, b"\x03\xe8"), LOCAL6))),
    ("headers", "one with such a fragment inside another", frame6(ipv6(*fragment6(*fragment6(17, b"")), LOCAL6))),
    ("dhcp", "the first fragment of one from another port than a server's", frame6(ipv6(*fragment6(17, udp(1547, 546)), LOCAL6))),
    (PASS, "a packet without a next header", frame6(ipv6(59, b""))),
    (PASS, "a later fragment of UDP over IPv6", frame6(ipv6(*fragment6(17, udp(547, 546), 1)))),
    (PASS, "one with the client's port for its flow label", frame6(ipv6(*fragment6(17, udp(1, 2), 1), flow=546))),
    (PASS, "one behind hop-by-hop options", frame6(ipv6(*chain(*fragment6(17, udp(547, 546), 1), 0)))),
    # LLC
    ("headers", "IPv4 behind a header of RFC 1042", snap(0x0800, ipv4(17, udp(67, 68), OTHER4))),
    ("headers", "ARP behind one", snap(0x0806, arp(OTHER, OTHER4)[14:])),
    ("headers", "IPv6 behind one of 802.1H", snap(0x86DD, ipv6(58, icmp(134)), b"\0\0\xf8")),
    ("headers", "IPv4 behind one, and VLAN 0", snap(0x0800, PLAIN4, tags=((0x8100, 0),))),
    ("headers", "ARP behind one, and VLAN 0", snap(0x0806, arp(OTHER, OTHER4)[14:], tags=((0x8100, 0),))),
    (PASS, "another protocol over LLC", llc(b"\xf0\xf0\x03" + b"\0" * 43)),
    (PASS, "a vendor's protocol over SNAP", snap(0x2000, b"\0" * 40, b"\0\0\x0c")),
    # routers
    (PASS, "a router solicitation before it has an address", frame6(ipv6(58, icmp(133, b"\0" * 4), NOBODY6, "ff02::2"), target=ALL_ROUTERS)),
    (PASS, "a router solicitation", frame6(ipv6(58, icmp(133, b"\0" * 4), LOCAL6, "ff02::2"), target=ALL_ROUTERS)),
    ("router", "a router advertisement", frame6(ipv6(58, icmp(134), LOCAL6, "ff02::1"), target=ALL_NODES)),
    ("router", "one behind hop-by-hop options", frame6(ipv6(*hop_by_hop(58, icmp(134)), LOCAL6))),
    ("router", "one behind two extension headers",
     frame6(ipv6(0, struct.pack("!BB6s", 60, 0, b"\x01\x04\0\0\0\0") + struct.pack("!BB6s", 58, 0, b"\x01\x04\0\0\0\0") + icmp(134), LOCAL6))),
    ("router", "one behind five extension headers", frame6(ipv6(*chain(58, icmp(134), 0, 60, 43, 60, 60), LOCAL6))),
    ("router", "one behind a routing header", frame6(ipv6(*chain(58, icmp(134), 43), LOCAL6))),
    (PASS, "one that only who has its key looks at", frame6(ipv6(*chain(58, icmp(134), 51), LOCAL6))),
    ("router", "one behind the same header nine times", frame6(ipv6(*chain(58, icmp(134), *[60] * 9), LOCAL6))),
    ("router", "one behind VLAN 0", frame6(ipv6(58, icmp(134), LOCAL6), tags=((0x8100, 0),))),
    ("router", "one whose IPv6 tells no length", frame6(ipv6(*hop_by_hop(58, icmp(134)), LOCAL6, length=0))),
    ("router", "one to a single machine, and of one hop less", frame6(ipv6(58, icmp(134), LOCAL6, OTHER6, 254))),
    ("headers", "one in a fragment that is all of it", frame6(ipv6(*chain(58, icmp(134), 44), LOCAL6))),
    ("headers", "one in such a one behind hop-by-hop options", frame6(ipv6(*chain(58, icmp(134), 0, 44, 60), LOCAL6))),
    ("headers", "one whose first fragment ends before it", frame6(ipv6(*fragment6(*chain(58, b"", 60)), LOCAL6))),
    ("headers", "headers that go on behind the end", frame6(ipv6(60, struct.pack("!BB6s", 58, 255, bytes(6)), LOCAL6))),
    ("headers", "IPv6 that is longer than its frame", frame6(ipv6(58, icmp(134), LOCAL6, length=1400))),
    ("headers", "one in a fragment", frame6(ipv6(*fragment6(58, icmp(134)), LOCAL6))),
    ("headers", "one in a later fragment", frame6(ipv6(*fragment6(58, icmp(134), 1, 0), LOCAL6))),
    ("headers", "headers that end in the next fragment",
     frame6(ipv6(*fragment6(60, struct.pack("!BB6s", 58, 3, b"\x01\x04\0\0\0\0")), LOCAL6))),
    ("router", "an ICMPv6 redirect", frame6(ipv6(58, icmp(137, b"\0" * 36), LOCAL6))),
    ("router", "an ICMP redirect", frame4(ipv4(1, icmp(5)))),
    ("router", "an ICMP router advertisement", frame4(ipv4(1, icmp(9)))),
    ("router", "an ICMP redirect behind IP options", frame4(ipv4(1, icmp(5), options=b"\x01\x01\x01\x00"))),
    ("router", "the first fragment of one", frame4(ipv4(1, icmp(5), fragment=0x2000))),
    # addresses
    ("addresses", "another's IPv4 address", frame4(ipv4(17, udp(1, 2), OTHER4))),
    ("addresses", "the gateway's", frame4(ipv4(1, icmp(0), GATEWAY4))),
    ("addresses", "none, but for DHCP", frame4(ipv4(17, udp(1, 2), NOBODY4))),
    ("addresses", "a fragment from another's", frame4(ipv4(17, b"\0" * 32, OTHER4, fragment=3))),
    (PASS, "a fragment of its own", frame4(ipv4(17, b"\0" * 32, fragment=3))),
    (PASS, "an IGMP report before it has an address", frame4(ipv4(2, b"\x22" + b"\0" * 15, NOBODY4, "224.0.0.22"))),
    ("addresses", "a first fragment from none, but for DHCP", frame4(ipv4(17, udp(1, 2), NOBODY4, fragment=0x2000))),
    ("addresses", "a later one", frame4(ipv4(17, udp(68, 67), NOBODY4, fragment=1))),
    ("addresses", "the loopback address", frame4(ipv4(17, udp(1, 2), "127.0.0.1"))),
    ("addresses", "the broadcast address", frame4(ipv4(17, udp(1, 2), "255.255.255.255"))),
    ("addresses", "a multicast address", frame4(ipv4(17, udp(1, 2), "224.0.0.1"))),
    ("addresses", "IPv6 with IPv4's address in it", frame6(ipv6(17, udp(1, 2), "::ffff:192.0.2.10"))),
    ("addresses", "IPv6 with IPv4's address alone", frame6(ipv6(17, udp(1, 2), "::192.0.2.10"))),
    ("addresses", "the loopback address of IPv6", frame6(ipv6(17, udp(1, 2), "::1"))),
    ("addresses", "a site-local address", frame6(ipv6(17, udp(1, 2), "fec0::1"))),
    ("addresses", "a multicast address of IPv6", frame6(ipv6(17, udp(1, 2), "ff02::1"))),
    ("addresses", "an IPv6 address that begins as its own", frame6(ipv6(17, udp(1, 2), "2001:db8::10:0"))),
    ("addresses", "another's IPv6 address", frame6(ipv6(17, udp(1, 2), OTHER6))),
    (PASS, "a fragment of its own IPv6", frame6(ipv6(*fragment6(17, udp(1, 2))))),
    ("addresses", "a fragment from another's IPv6", frame6(ipv6(*fragment6(17, udp(1, 2)), OTHER6))),
    ("addresses", "no IPv6 address, but for ND", frame6(ipv6(17, udp(1, 2), NOBODY6))),
    (PASS, "a multicast listener's report", frame6(ipv6(*hop_by_hop(58, icmp(143)), NOBODY6, "ff02::16"))),
    (PASS, "one of MLDv1", frame6(ipv6(*hop_by_hop(58, icmp(131)), NOBODY6, "ff02::1:ff00:10"))),
    (PASS, "the end of one", frame6(ipv6(*hop_by_hop(58, icmp(132)), NOBODY6, "ff02::2"))),
    ("addresses", "an ICMPv6 echo from nobody", frame6(ipv6(58, icmp(128), NOBODY6))),
    ("addresses", "a listener's report from another's address", frame6(ipv6(*hop_by_hop(58, icmp(143)), OTHER6, "ff02::16"))),
    ("headers", "a fragment of an ICMPv6 echo, which nobody can tell from one of ND", frame6(ipv6(*fragment6(58, icmp(128))))),
    # neighbour discovery
    (PASS, "a router solicitation with its MAC address",
     frame6(ipv6(58, icmp(133, b"\0" * 4 + option(1, OWN)), LOCAL6, "ff02::2"), target=ALL_ROUTERS)),
    ("macs", "one with another's MAC address",
     frame6(ipv6(58, icmp(133, b"\0" * 4 + option(1, OTHER)), LOCAL6, "ff02::2"), target=ALL_ROUTERS)),
    ("macs", "one with two",
     frame6(ipv6(58, icmp(133, b"\0" * 4 + option(1, OWN) + option(1, OTHER)), LOCAL6, "ff02::2"), target=ALL_ROUTERS)),
    ("macs", "one behind hop-by-hop options",
     frame6(ipv6(*hop_by_hop(58, icmp(133, b"\0" * 4 + option(1, OTHER))), LOCAL6, "ff02::2"), target=ALL_ROUTERS)),
    (PASS, "is the address free?", frame6(ipv6(58, nd(135, OWN6), NOBODY6, "ff02::1:ff00:10"))),
    (PASS, "is the link-local one?", frame6(ipv6(58, nd(135, LOCAL6), NOBODY6, "ff02::1:ff00:1"))),
    ("addresses", "is another's address free?", frame6(ipv6(58, nd(135, OTHER6), NOBODY6, "ff02::1:ff00:66"))),
    (PASS, "with a nonce", frame6(ipv6(58, nd(135, OWN6, struct.pack("!BB6s", 14, 1, b"noncex")), NOBODY6))),
    (PASS, "who has the address?", frame6(ipv6(58, nd(135, "2001:db8::2", option(1, OWN))))),
    ("macs", "asked with another's MAC address", frame6(ipv6(58, nd(135, "2001:db8::2", option(1, OTHER))))),
    ("macs", "asked with two", frame6(ipv6(58, nd(135, "2001:db8::2", option(1, OWN) + option(1, OTHER))))),
    (PASS, "I have it", frame6(ipv6(58, nd(136, OWN6, option(2, OWN))))),
    (PASS, "link-local as well", frame6(ipv6(58, nd(136, LOCAL6, option(2, OWN)), LOCAL6))),
    ("macs", "I have it, with another's MAC address", frame6(ipv6(58, nd(136, OWN6, option(2, OTHER))))),
    ("macs", "behind another option", frame6(ipv6(58, nd(136, OWN6, option(14, OTHER) + option(2, OTHER))))),
    ("addresses", "I have another's", frame6(ipv6(58, nd(136, OTHER6, option(2, OWN))))),
    ("macs", "an advertisement with no octet in its option", frame6(ipv6(58, nd(136, OWN6, struct.pack("!BB6s", 1, 0, mac(OWN)))))),
    ("macs", "behind hop-by-hop options, with another's MAC address",
     frame6(ipv6(*hop_by_hop(58, nd(136, OWN6, option(2, OTHER)))))),
    ("macs", "where IPv6 tells no length", frame6(ipv6(*hop_by_hop(58, nd(136, OWN6, option(2, OTHER))), length=0))),
    ("macs", "behind VLAN 0", frame6(ipv6(58, nd(136, OWN6, option(2, OTHER))), tags=((0x8100, 0),))),
    ("addresses", "I have another's, to override who has it",
     frame6(ipv6(58, icmp(136, b"\x20\0\0\0" + address(OTHER6) + option(2, OWN)), target="ff02::1"), target=ALL_NODES)),
    ("macs", "I have another's, behind hop-by-hop options", frame6(ipv6(*hop_by_hop(58, nd(136, OTHER6))))),
    ("addresses", "without an option", frame6(ipv6(58, nd(136, OTHER6)))),
    ("headers", "I have another's, in a fragment", frame6(ipv6(*fragment6(58, nd(136, OTHER6, option(2, OWN)))))),
]
TRUNK = [  # the same on a port with tagged VLANs
    (PASS, "untagged", frame4(PLAIN4)),
    (PASS, "VLAN 200", tagged((0x8100, 200))),
    (PASS, "VLAN 0", tagged((0x8100, 0))),
    ("priority", "VLAN 200 with a priority", tagged((0x8100, 0x2000 | 200))),
    ("tags", "an outer tag of 802.1ad", tagged((0x88A8, 200))),
    ("tags", "two tags", tagged((0x8100, 200), (0x8100, 201))),
    ("tags", "802.1ad behind 802.1Q", tagged((0x8100, 200), (0x88A8, 0))),
    ("tags", "ARP behind two tags", arp(OWN, OTHER4, tags=((0x8100, 200), (0x8100, 0)))),
    ("macs", "another's MAC address in VLAN 200", ether(0x0800, PLAIN4, OTHER, tags=((0x8100, 200),))),
    ("addresses", "another's address in VLAN 200", tagged((0x8100, 200), payload=ipv4(17, udp(1, 2), OTHER4))),
    ("addresses", "ARP for another's address in VLAN 200", arp(OWN, OTHER4, tags=((0x8100, 200),))),
    ("dhcp", "a DHCP offer in VLAN 200", tagged((0x8100, 200), payload=ipv4(17, udp(67, 68)))),
    # its link-local address is among its addresses
    (PASS, "from its link-local address", frame6(ipv6(17, udp(1, 2), LOCAL6))),
    ("addresses", "from another's link-local address", frame6(ipv6(17, udp(1, 2), OTHER_LOCAL6))),
    ("addresses", "I am the router", frame6(ipv6(58, nd(136, ROUTER6, option(2, OWN))))),
    ("addresses", "is the router's address free?", frame6(ipv6(58, nd(135, ROUTER6), NOBODY6, "ff02::1:ff00:1"))),
    (PASS, "is its own free?", frame6(ipv6(58, nd(135, LOCAL6), NOBODY6, "ff02::1:ff00:1"))),
    ("router", "a router advertisement in VLAN 200",
     ether(0x86DD, ipv6(58, icmp(134), LOCAL6, "ff02::1"), tags=((0x8100, 200),))),
]


def drops(port):
    lines = subprocess.run([program, "drops", port], check=True, capture_output=True, text=True).stdout
    return {guard: int(count) for guard, count in (line.split() for line in lines.splitlines())}


def tag_of(extra):
    """The tag of 802.1Q that a frame arrived with, which packet(7) tells beside it; None: it has none."""
    for level, kind, data in extra:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tag, _ = struct.unpack("=IIIHHHH", data[:20])
            if status & TP_STATUS_VLAN_VALID:
                return tag
    return None


def seen_before(sentinel):
    """The tags of what arrives before SENTINEL does."""
    frames = []
    while True:
        frame, extra, _, _ = receiver.recvmsg(65536, 256)
        if frame[12:14] == b"\x88\xb6" and sentinel in frame:
            return frames
        if frame[12:14] != b"\x88\xb6":
            frames.append(tag_of(extra))


def passes(sender, number, frame):
    sentinel = b"sentinel %06d" % number
    sender.send(frame.ljust(60, b"\0"))
    sender.send(ether(0x88B6, sentinel.ljust(46, b"\0")))
    return seen_before(sentinel)


def link_socket(link):
    packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    packet.bind((link, 0))
    return packet


def try_case(sender, port, number, case, popped=False):
    guard, name, frame = case
    before = drops(port)
    tags = passes(sender, number, frame)
    arrived = bool(tags)
    after = drops(port)
    counted = {one: after[one] - before[one] for one in after if after[one] != before[one]}
    good = arrived == (guard is None) and counted == ({guard: 1} if guard else {})
    if popped:
        good = good and tags in ([], [None])
    where = ", its tag taken away" if popped else "" if port == sys.argv[4] else ", on a trunk"
    print(f"{'ok' if good else 'not ok'} {number} - {'passes' if guard is None else 'stopped: ' + guard}: {name}{where}")
    if not good:
        print(f"# arrived: {arrived}, with tag: {tags}, counted: {counted}")
    return good


program, out, into, access, trunk_out, trunk, pops = sys.argv[1:]
receiver = link_socket(into)
receiver.settimeout(10)
receiver.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
tries = [(out, access, case) for case in CASES] + [(trunk_out, trunk, case) for case in TRUNK]
senders = {link: link_socket(link) for link in (out, trunk_out)}
results = [try_case(senders[link], port, number, case) for number, (link, port, case) in enumerate(tries, 1)]
TAGGED = [case for case in CASES if case[2][12:14] in (b"\x81\x00", b"\x88\xa8")]


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def say(name, good, what=""):
    results.append(good)
    print(f"{'ok' if good else 'not ok'} {len(results)} - {name}")
    if not good:
        print("# " + what.replace("\n", "\n# "))


def read_pop():
    found = re.search(r"prioritypop='(\w+)'", run(program, "get", access))
    return found and found[1]


def try_tagged(popped):
    for guard, name, frame in TAGGED:
        case = (PASS if popped and guard == "priority" else guard, name, frame)
        results.append(try_case(senders[out], access, len(results) + 1, case, popped))


def shape():
    """What libvirt runs for <outbound>, after its qdisc (virNetDevBandwidthSet())."""
    run("tc", "filter", "add", "dev", access, "parent", "ffff:", "protocol", "all", "u32", "match", "u32", "0", "0",
        "police", "rate", "1000000kbps", "burst", "1024kb", "mtu", "64kb", "drop", "flowid", ":1")


def policed():
    return int(re.search(r"police.*?Sent \d+ bytes (\d+) pkt", run("tc", "-s", "filter", "show", "dev", access, "ingress"), re.S)[1])


def try_pop():
    say("the kernel is to take priorities' tags away", read_pop() == "yes", f"{read_pop()}")
    try_tagged(True)
    shape()
    say("libvirt's limit comes before that", read_pop() == "no")
    run(program, "pop", access)
    say("and behind it again", read_pop() == "yes")
    before = policed()
    try_tagged(True)
    say("where it holds for what has lost its tag as well", policed() - before >= len(TAGGED))
    run("tc", "qdisc", "del", "dev", access, "ingress")
    run("tc", "qdisc", "add", "dev", access, "ingress")
    shape()
    say("libvirt makes all of its own anew", read_pop() == "no")
    run(program, "pop", access)
    say("and it is there again", read_pop() == "yes")
    run(program, "leave", access)
    shown = run("tc", "filter", "show", "dev", access, "ingress")
    say("taken away, it leaves libvirt's", "police" in shown and "flower" not in shown, shown)
    run("tc", "qdisc", "del", "dev", access, "ingress")
    run("tc", "qdisc", "add", "dev", access, "clsact")
    run(program, "pop", access)
    say("somebody's clsact will do for it", read_pop() == "yes")
    run(program, "leave", access)
    say("and stays", "clsact" in run("tc", "qdisc", "show", "dev", access) and read_pop() == "no")
    run("tc", "qdisc", "del", "dev", access, "clsact")
    run(program, "pop", access)
    run(program, "leave", access)
    say("taken away, it leaves no qdisc that has nothing else", "ingress" not in run("tc", "qdisc", "show", "dev", access))


run(program, "pop", access)
if pops == "yes":
    try_pop()
else:
    say("this kernel takes no tags away", read_pop() is None, f"{read_pop()}")
    say("and keeps no qdisc for it", "ingress" not in run("tc", "qdisc", "show", "dev", access))
try_tagged(False)
print(f"1..{len(results)}")
sys.exit(0 if all(results) else 1)
