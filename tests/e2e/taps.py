#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guests behind taps, for tests of ports: who hears whom?

  taps.py TAP[:VLAN][>OTHER]...   each sends one frame, tagged with VLAN if there is one, from the MAC
                           address of the tap with 52 as its first octet, to all or to that of OTHER;
                           prints a line for each: "TAP[:VLAN][>OTHER]: TAP[:VLAN] ...", who heard it,
                           and with which tag

Opens the taps, waits until their ports forward, and so needs a bridge without spanning tree. What a
bridge forwards is at the other taps when write(2) returns.
"""
import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import time

ETHERTYPE = 0x88B5  # for local experiments: IEEE 802
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def output_of(*command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def await_forwarding(names):
    while True:
        states = {link["ifname"]: link["state"] for link in output_of("bridge", "-j", "link", "show")}
        if all(states.get(name, "forwarding") == "forwarding" for name in names):
            return
        time.sleep(0.01)


def guest_mac(name):
    mac = output_of("ip", "-j", "link", "show", "dev", name)[0]["address"]
    return bytes.fromhex("52" + mac[2:].replace(":", ""))


def drain(tap):
    frames = []
    while True:
        try:
            frames.append(os.read(tap, 65536))
        except BlockingIOError:
            return frames


def tag_of(frame):
    """The VLAN of one of our frames, "" for an untagged one; None: another's frame."""
    if frame[12:14] == struct.pack("!H", ETHERTYPE):
        return ""
    if frame[12:14] == b"\x81\x00" and frame[16:18] == struct.pack("!H", ETHERTYPE):
        return ":%d" % (struct.unpack("!H", frame[14:16])[0] & 0xFFF)
    return None


def main():
    senders = sys.argv[1:]
    names = sorted({re.split("[:>]", sender)[0] for sender in senders})
    taps = {name: open_tap(name) for name in names}
    await_forwarding(names)
    for sender in senders:
        name, vlan, other = re.fullmatch("([^:>]+)(?::([0-9]+))?(?:>(.+))?", sender).groups()
        tag = struct.pack("!HH", 0x8100, int(vlan)) if vlan else b""
        to = guest_mac(other) if other else b"\xff" * 6
        frame = to + guest_mac(name) + tag + struct.pack("!H", ETHERTYPE)
        for tap in taps.values():
            drain(tap)
        os.write(taps[name], frame.ljust(64, b"\0"))
        heard = []
        for other in names:
            tags = [tag_of(frame) for frame in drain(taps[other])]
            heard += [other + tag for tag in tags if tag is not None]
        print("%s: %s" % (sender, " ".join(heard)))


main()
