#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Traffic for shares.test: who sends, who takes, and who counts."""
import socket
import sys
import threading
import time

PORT = 5000
SIZE = 8900


def send(address, mbit):
    """Datagrams at that pace, for ever."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    data = bytes(SIZE)
    pause = (SIZE + 42) * 8 / (float(mbit) * 1e6)
    while True:
        try:
            out.sendto(data, (address, PORT))
        except OSError:
            pass
        time.sleep(pause)


def stream(address, count):
    """TCP, over that many sessions, for ever."""
    def one():
        out = socket.create_connection((address, PORT))
        data = bytes(16384)
        while True:
            out.sendall(data)
    for _ in range(int(count)):
        threading.Thread(target=one).start()


def take():
    """Takes datagrams and sessions, and forgets what they bring."""
    taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taker.bind(("", PORT))
    server = socket.create_server(("", PORT))

    def forget(sock):
        while sock.recv(65536):
            pass
    threading.Thread(target=forget, args=(taker,)).start()
    print("ready", flush=True)
    while True:
        threading.Thread(target=forget, args=(server.accept()[0],)).start()


def number(address, count, pause):
    """Numbered datagrams, then a zero-length one for good measure, until the other end has it."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(int(count)):
        out.sendto(i.to_bytes(4, "big") + bytes(60), (address, PORT + 1))
        time.sleep(float(pause))
    for _ in range(20):
        out.sendto(b"", (address, PORT + 1))
        time.sleep(0.05)


def check(count):
    """Takes numbered datagrams until the end, and tells how many of so many are missing."""
    taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    taker.bind(("", PORT + 1))
    print("ready", flush=True)
    seen = set()
    while True:
        data = taker.recv(2000)
        if not data:
            break
        seen.add(int.from_bytes(data[:4], "big"))
    print("lost", int(count) - len(seen), flush=True)


if __name__ == "__main__":
    {"send": send, "stream": stream, "take": take, "number": number,
     "check": check}[sys.argv[1]](*sys.argv[2:])
