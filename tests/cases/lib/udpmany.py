#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""udpmany: many small UDP flows, for the guest tests.

udpmany.py echo PORT                      answers every packet, for ever
udpmany.py send ADDRESS PORT FROM COUNT [ROUNDS [SECONDS [TRIES]]]

send opens COUNT flows from the source ports FROM, FROM+1, ...; in each of
ROUNDS (3) rounds it sends one packet in every flow and waits for the answer,
and sleeps SECONDS (0) between the rounds. A packet counts as not answered after TRIES (3)
tries of 2 s each. Prints how many were not answered.
"""
import socket
import sys
import time


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def echo(port):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind(("::", port))
    while True:
        data, peer = sock.recvfrom(2048)
        sock.sendto(data, peer)


def talk(address, port, source, tries):
    with socket.socket(family(address), socket.SOCK_DGRAM) as sock:
        sock.bind(("", source))
        sock.connect((address, port))
        sock.settimeout(2)
        for _ in range(tries):
            sock.send(b"x" * 100)
            try:
                sock.recv(2048)
                return 0
            except (socket.timeout, ConnectionError):
                pass
    return 1


def main():
    if sys.argv[1] == "echo":
        echo(int(sys.argv[2]))
    address, port, source, count = sys.argv[2], *map(int, sys.argv[3:6])
    rounds = int(sys.argv[6]) if len(sys.argv) > 6 else 3
    pause = float(sys.argv[7]) if len(sys.argv) > 7 else 0
    tries = int(sys.argv[8]) if len(sys.argv) > 8 else 3
    lost = 0
    for turn in range(rounds):
        if turn:
            time.sleep(pause)
        for n in range(count):
            lost += talk(address, port, source + n, tries)
    print(f"{count} flows, {lost} packets not answered")
    sys.exit(lost > 0)


main()
