#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""udphot: UDP flows of which some are hot, for the guest tests.

udphot.py ADDRESS PORT FROM COUNT HOT STOP

Opens COUNT flows from the source ports FROM, FROM+1, ..., one after the other, to
somebody who answers (udpmany.py echo). HOT is a file with three numbers, read each
second: the flows [first, end) send that many packets a second, the others one
every third second, or none if there is a fourth number, 0. Ends when the file STOP
is there, waits for the last answers, and prints how many packets were sent and how
many answered.
"""
import os
import select
import socket
import sys
import time

TICK = 0.05


def flow(address, port, source):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind(("", source))
    sock.connect((address, port))
    sock.setblocking(False)
    return sock


class Flows:
    def __init__(self, address, port, source, count):
        self.socks = []
        self.sent = self.answered = 0
        self.poll = select.poll()
        self.by_fd = {}
        for n in range(count):
            sock = flow(address, port, source + n)
            self.socks.append(sock)
            self.by_fd[sock.fileno()] = sock
            self.poll.register(sock, select.POLLIN)
            # Both ways, so that it is established.
            for _ in range(2):
                self.send(n)
                self.read(0.02)

    def send(self, n):
        self.socks[n].send(b"x" * 100)
        self.sent += 1

    def read(self, seconds):
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            for fd, _ in self.poll.poll(max(left, 0) * 1000):
                self.by_fd[fd].recv(2048)
                self.answered += 1
            if left <= 0:
                return


def main():
    address, port, source, count = sys.argv[1], *map(int, sys.argv[2:5])
    hot_file, stop = sys.argv[5:7]
    flows = Flows(address, port, source, count)
    due = [0.0] * count
    read = 0
    while not os.path.exists(stop):
        now = time.monotonic()
        if now - read >= 1:
            read = now
            with open(hot_file) as file:
                first, end, rate, *cold = map(int, file.read().split())
        for n in range(count):
            hot = first <= n < end
            if (not hot and cold) or now < due[n]:
                continue
            # What could not be sent in time is not made up for.
            gap = 1 / rate if hot else 3
            due[n] = max(due[n] + gap, now - TICK)
            flows.send(n)
        flows.read(TICK)
    flows.read(3)
    print(f"sent={flows.sent} answered={flows.answered}")


main()
