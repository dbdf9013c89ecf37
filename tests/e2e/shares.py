#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Traffic for shares.test, between the namespaces p1 to p5 and 'wire', by one process.

shares.py share PORT:udp|PORT:SESSIONS...  thousandths of what arrives, for each of five ports;
                + ...                      again, once these have come; -PORT: datagrams end
shares.py number PORT COUNT                how many of so many numbered datagrams do not arrive
"""
import ctypes
import os
import selectors
import socket
import sys
import time

SINK = ("10.9.0.100", 5000)
SIZE = 8900
PACE, ALL = 11e6, 30e6  # bit/s of a port's datagrams, and of all: more than the NIC has
LATE = 0.5  # seconds that a machine with much to do may lag behind that
SKIP, AMOUNT = 600_000, 2_400_000  # bytes: what is not counted at first, and what is
PATIENCE = 60  # seconds, after which nothing arrives any more

libc = ctypes.CDLL(None, use_errno=True)


def enter(name):
    """All sockets made from now on are in that namespace."""
    with open(f"/run/netns/{name}", encoding="ascii") as space:
        if libc.setns(space.fileno(), 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)


def port_of(address):
    """10.9.0.N -> N"""
    return int(address[0].rsplit(".", 1)[1])


class Traffic:
    """Who sends, who takes, and what each has brought."""

    def __init__(self):
        self.select = selectors.DefaultSelector()
        self.bytes = [0] * 6
        self.floods = []
        enter("wire")
        self.taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.taker.bind(SINK)
        self.server = socket.create_server(SINK, backlog=64)
        for sock, work in (self.taker, self.take), (self.server, self.accept):
            sock.setblocking(False)
            self.select.register(sock, selectors.EVENT_READ, work)

    def change(self, word):
        """PORT:udp, PORT:SESSIONS or -PORT"""
        if word.startswith("-"):
            self.floods = [flood for flood in self.floods if flood[2] != word[1:]]
            return
        port, kind = word.split(":")
        enter(f"p{port}")
        if kind == "udp":
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.floods.append([sock, time.monotonic(), port])
            sock.connect(SINK)
            sock.setblocking(False)
            return
        for _ in range(int(kind)):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(SINK)
            self.select.register(sock, selectors.EVENT_WRITE, self.give)

    def take(self, sock):
        """Datagrams."""
        try:
            while True:
                data, address = sock.recvfrom(65536)
                self.bytes[port_of(address)] += len(data)
        except BlockingIOError:
            pass

    def accept(self, sock):
        """A session."""
        client, address = sock.accept()
        client.setblocking(False)
        port = port_of(address)

        def count(sock):
            self.bytes[port] += len(sock.recv(262144))
        self.select.register(client, selectors.EVENT_READ, count)

    @staticmethod
    def give(sock):
        """More into a session."""
        try:
            sock.send(bytes(32768))
        except BlockingIOError:
            pass

    def flood(self):
        """What datagrams are due; returns when the next one is."""
        now = time.monotonic()
        pause = SIZE * 8 / min(PACE, ALL / max(1, len(self.floods)))
        for flood in self.floods:
            if flood[1] > now:
                continue
            flood[1] = max(flood[1] + pause, now - LATE)
            try:
                flood[0].send(bytes(SIZE))
            except OSError:
                pass
        return max(0, min((flood[1] for flood in self.floods), default=now + 1) - now)

    def run(self, amount):
        """Until so much has arrived of all."""
        start = self.bytes.copy()
        end = time.monotonic() + PATIENCE
        while sum(self.bytes) - sum(start) < amount and time.monotonic() < end:
            for key, _ in self.select.select(self.flood()):
                key.data(key.fileobj)
        return [after - before for after, before in zip(self.bytes, start)]


def share(*words):
    """See above."""
    traffic = Traffic()
    for word in [*words, "+"]:
        if word != "+":
            traffic.change(word)
            continue
        traffic.run(SKIP)
        got = traffic.run(AMOUNT)[1:]
        print(*(count * 1000 // max(sum(got), 1) for count in got))


def number(port, count):
    """See above."""
    enter("wire")
    taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taker.bind(SINK)
    enter(f"p{port}")
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    seen = set()
    for i in range(int(count)):
        out.sendto(i.to_bytes(4, "big") + bytes(60), SINK)
        taker.settimeout(0.001)
        try:
            while True:
                seen.add(taker.recv(2000)[:4])
        except TimeoutError:
            pass
    taker.settimeout(2)
    try:
        while len(seen) < int(count):
            seen.add(taker.recv(2000)[:4])
    except TimeoutError:
        pass
    print(int(count) - len(seen))


if __name__ == "__main__":
    {"share": share, "number": number}[sys.argv[1]](*sys.argv[2:])
