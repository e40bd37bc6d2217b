#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""psample: prints what the kernel samples, one line per frame.

    psample.py COUNT SECONDS

Prints "ready", then for each sampled frame "group=G iif=N rate=R size=BYTES
data=HEX" (size is that of the whole frame), until COUNT came or SECONDS have
passed. Facts: include/uapi/linux/psample.h, genetlink.h.
"""
import select
import socket
import struct
import sys
import time

CTRL_GETFAMILY, CTRL_ID, CTRL_NAME, CTRL_GROUPS = 3, 1, 2, 7
GROUP_NAME, GROUP_ID = 1, 2
IIF, ORIGSIZE, GROUP, RATE, DATA = 0, 2, 3, 5, 6
SOL_NETLINK, ADD_MEMBERSHIP, NETLINK_GENERIC = 270, 1, 16


def attributes(data):
    """{type: payload} of a row of attributes."""
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack("=HH", data[:4])
        found[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def packets_group(sock):
    """Number of the multicast group that samples go to."""
    name = b"psample\0"
    body = struct.pack("=BBH", CTRL_GETFAMILY, 1, 0) + struct.pack("=HH", 4 + len(name), CTRL_NAME) + name
    sock.send(struct.pack("=IHHII", 16 + len(body), 16, 1, 1, 0) + body)
    answer = attributes(sock.recv(65536)[20:])
    for group in attributes(answer[CTRL_GROUPS]).values():
        group = attributes(group)
        if group[GROUP_NAME] == b"packets\0":
            return struct.unpack("=I", group[GROUP_ID])[0]
    raise LookupError("psample has no group for packets")


def main():
    count, end = int(sys.argv[1]), time.monotonic() + float(sys.argv[2])
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.bind((0, 0))
    sock.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, packets_group(sock))
    print("ready", flush=True)
    while count and select.select([sock], [], [], max(end - time.monotonic(), 0))[0]:
        a = attributes(sock.recv(65536)[20:])
        if DATA not in a:
            continue
        number = {k: int.from_bytes(a.get(k, b""), sys.byteorder) for k in (IIF, ORIGSIZE, GROUP, RATE)}
        print("group=%d iif=%d rate=%d size=%d data=%s" % (
            number[GROUP], number[IIF], number[RATE], number[ORIGSIZE], a[DATA].hex()), flush=True)
        count -= 1


main()
