#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody in the place of a guest without a system, whose NIC nobody reads. PID is the guest's QEMU.

  behind.py relay PID TAP LINK MAC      makes LINK, with that MAC address, in the network namespace in which it
                                        runs: what is sent there leaves the guest by TAP, and what comes to
                                        TAP comes there; prints "ready" and does so until it is ended
  behind.py flood PID TAP MAC TO KBIT   sends frames of 8900 octets by TAP, KBIT a second, until it is ended
"""
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

SYS_PIDFD_GETFD = 438  # Linux 5.6; the same on all architectures
TUNSETIFF, TUNGETVNETHDRSZ, TUNSETVNETHDRSZ = 0x400454CA, 0x800454D7, 0x400454D8
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
ETHERTYPE = 0x88B5  # for local experiments: IEEE 802
SIZE = 8900
LATE = 0.5  # seconds that a machine with much to do may lag behind


def descriptor_of(pid, tap):
    """The process's own number of the descriptor that it has of the tap: proc(5), fdinfo."""
    for number in os.listdir(f"/proc/{pid}/fdinfo"):
        with open(f"/proc/{pid}/fdinfo/{number}", encoding="ascii") as info:
            if f"iff:\t{tap}\n" in info.read():
                return int(number)
    raise SystemExit(f"process {pid} has no tap {tap}")


def descriptor_from(pid, number):
    """The same open file, as pidfd_getfd(2) gives it."""
    libc = ctypes.CDLL(None, use_errno=True)
    copy = libc.syscall(SYS_PIDFD_GETFD, os.pidfd_open(pid), number, 0)
    if copy < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return copy


def new_tap(name, header):
    """A tap whose frames have the header of virtio that the other's have."""
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(tap, TUNSETVNETHDRSZ, header)
    return tap


def relay(source, target):
    """What there is; a frame for which the other has no room is lost, as on any wire."""
    try:
        while True:
            frame = os.read(source, 65536)
            try:
                os.write(target, frame)
            except OSError:
                pass
    except BlockingIOError:
        pass


def tap_of(pid, tap):
    """The guest's tap, and the length of the header of virtio that its frames have."""
    guest = descriptor_from(int(pid), descriptor_of(pid, tap))
    return guest, struct.unpack("i", fcntl.ioctl(guest, TUNGETVNETHDRSZ, bytes(4)))[0]


def run_relay(pid, tap, link, mac):
    guest, header = tap_of(pid, tap)
    inside = new_tap(link, struct.pack("i", header))
    subprocess.run(["ip", "link", "set", link, "address", mac, "up"], check=True)
    print("ready", flush=True)
    while True:
        for source in select.select([guest, inside], [], [])[0]:
            relay(source, inside if source == guest else guest)


def run_flood(pid, tap, mac, target, kbit):
    guest, header = tap_of(pid, tap)
    frame = bytes.fromhex((target + mac).replace(":", "")) + struct.pack("!H", ETHERTYPE)
    frame = bytes(header) + frame.ljust(SIZE, b"\0")
    pause = SIZE * 8 / (int(kbit) * 1000)
    due = time.monotonic()
    while True:
        now = time.monotonic()
        due = max(due, now - LATE)
        while due < now:
            due += pause
            try:
                os.write(guest, frame)
            except BlockingIOError:  # as much as a guest may have under way is: TUNSETSNDBUF
                break
        time.sleep(pause)


{"relay": run_relay, "flood": run_flood}[sys.argv[1]](*sys.argv[2:])
