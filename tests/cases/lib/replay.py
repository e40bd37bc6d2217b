#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""replay: sends the same long flow each time, and keeps what comes out.

    replay.py DIR ROUNDS NAME=NETDEV[@NETNS]... < PLAN

A line of PLAN is "IN SPEC [OUT...]": in each round a frame is sent by IN, and
one comes out at each OUT. SPEC is as in pkt.py; in it %n is the number of the
round. The first rounds take their time, one by one, as a flow does that begins;
the others go out in bursts. What came out at NAME is in DIR/NAME then, a line
in hexadecimal for each frame, in the order of coming. Ends with an error if
something is missing; what is too much, or other than it should be, is for the
reader of those files.
"""
import sys
import time

from pkt import Frame, Port, collect

WAIT = 10.0     # seconds for what is on its way
BEGIN = 5       # rounds, one by one,
PAUSE = 1.0     # seconds apart: a flow of UDP is one for conntrack after 2
BURST = 8       # rounds


class Replay:
    """The ports, and what has come out so far."""

    def __init__(self, words):
        self.ports = {port.name: port for port in (Port(word) for word in words)}
        self.seen = {name: [] for name in self.ports}
        self.missing = 0

    def send(self, line, number):
        """Sends the frame of a line of the plan. How many come out."""
        name, spec, outs = line
        self.ports[name].socket.send(Frame(spec.replace("%n", str(number))).build())
        return len(outs)

    def receive(self, count, seconds=WAIT):
        got = collect(list(self.ports.values()), seconds, count)
        for name, data in got:
            self.seen[name].append(data.hex())
        self.missing += max(count - len(got), 0)

    def save(self, folder):
        for name, frames in self.seen.items():
            with open("%s/%s" % (folder, name), "w") as file:
                file.writelines(frame + "\n" for frame in frames)


def main():
    folder, rounds = sys.argv[1], int(sys.argv[2])
    plan = [(words[0], words[1], words[2:]) for words in (line.split() for line in sys.stdin)]
    replay = Replay(sys.argv[3:])
    for number in range(BEGIN):
        for line in plan:
            replay.receive(replay.send(line, number))
        time.sleep(PAUSE)
    for first in range(BEGIN, rounds, BURST):
        count = 0
        for number in range(first, min(first + BURST, rounds)):
            count += sum(replay.send(line, number) for line in plan)
        replay.receive(count)
    replay.receive(0, 0.5)
    replay.save(folder)
    print("missing=%d" % replay.missing)
    sys.exit(replay.missing != 0)


main()
