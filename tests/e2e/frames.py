#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames and sessions for tests of links.

  frames.py send LINK TAG COUNT [--vlan ID[.ID]] [--to MAC] [--every SECONDS]
                                                              send frames that carry TAG
  frames.py count LINK TAG --until FILE [--outgoing]          count them until FILE exists, tags too: those
                                                              that came, or those that went out
  frames.py serve ADDRESS PORT                                answer every line on TCP with itself
  frames.py talk ADDRESS PORT FILE                            one session, a line each 20 ms until FILE
                                                              exists; prints how many came back
"""
import argparse
import os
import select
import socket
import struct
import time

ETHERTYPE = 0x88B5  # for local experiments: IEEE 802
ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA = 263, 8
TP_STATUS_VLAN_VALID = 1 << 4


def open_link(link):
    packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    packet.bind((link, 0))
    return packet


def send(args):
    packet = open_link(args.link)
    own = packet.getsockname()[4]
    tags = b"".join(
        struct.pack("!HH", 0x8100, int(vlan)) for vlan in (args.vlan.split(".") if args.vlan else [])
    )
    to = bytes.fromhex(args.to.replace(":", ""))
    frame = to + own + tags + struct.pack("!H", ETHERTYPE) + args.tag.encode().ljust(60, b"\0")
    for _ in range(args.count):
        packet.send(frame)
        time.sleep(args.every)


def vlan_of(frame, ancillary):
    """The VLAN of a frame, whether the kernel keeps the tag beside it or in it; None: untagged."""
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, vlan = struct.unpack("IIIHHHH", data[:20])[0], struct.unpack("IIIHHHH", data[:20])[5]
            if status & TP_STATUS_VLAN_VALID:
                return vlan & 0xFFF
    if frame[12:14] == b"\x81\x00":
        return struct.unpack("!H", frame[14:16])[0] & 0xFFF
    return None


def count(args):
    packet = open_link(args.link)
    packet.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    seen = {}
    print("ready", flush=True)
    while True:
        if not select.select([packet], [], [], 0.1)[0]:
            if os.path.exists(args.until):
                break
            continue
        frame, ancillary, _, address = packet.recvmsg(2048, 64)
        if (address[2] == socket.PACKET_OUTGOING) != args.outgoing or args.tag.encode() + b"\0" not in frame:
            continue
        vlan = vlan_of(frame, ancillary)
        seen[vlan] = seen.get(vlan, 0) + 1
    print(" ".join(f"{'untagged' if v is None else v}:{n}" for v, n in sorted(seen.items(), key=str)) or "none")


def serve(args):
    family = socket.AF_INET6 if ":" in args.address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((args.address, args.port))
    listener.listen()
    print("ready", flush=True)
    while True:
        session, _ = listener.accept()
        while data := session.recv(4096):
            session.sendall(data)


def talk(args):
    session = socket.create_connection((args.address, args.port), 10)
    session.settimeout(60)
    lines = 0
    reader = session.makefile("rb")
    print("ready", flush=True)
    while not os.path.exists(args.until):
        session.sendall(b"%d\n" % lines)
        if int(reader.readline()) != lines:
            raise SystemExit("a line got lost")
        lines += 1
        time.sleep(0.02)
    print(lines)


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("send")
    one.add_argument("link")
    one.add_argument("tag")
    one.add_argument("count", type=int)
    one.add_argument("--vlan")
    one.add_argument("--every", type=float, default=0.002)
    one.add_argument("--to", default="ff:ff:ff:ff:ff:ff")
    one.set_defaults(run=send)
    one = commands.add_parser("count")
    one.add_argument("link")
    one.add_argument("tag")
    one.add_argument("--until", required=True)
    one.add_argument("--outgoing", action="store_true")
    one.set_defaults(run=count)
    for name, run in (("serve", serve), ("talk", talk)):
        one = commands.add_parser(name)
        one.add_argument("address")
        one.add_argument("port", type=int)
        if name == "talk":
            one.add_argument("until")
        one.set_defaults(run=run)
    args = parser.parse_args()
    args.run(args)


main()
