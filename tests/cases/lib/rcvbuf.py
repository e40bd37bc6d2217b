#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rcvbuf: makes the netlink sockets of a process small, or large, from outside.

rcvbuf.py PID BYTES [route]

Those of generic netlink, or of rtnetlink.

So a test overruns a socket with few messages. Takes the process's descriptors
by pidfd_getfd(2); fails if there is no such socket.
"""
import ctypes
import os
import socket
import sys

PIDFD_GETFD = 438
SO_RCVBUFFORCE = 33
PROTOCOLS = {"generic": 16, "route": 0}

pid, size = int(sys.argv[1]), int(sys.argv[2])
kind = sys.argv[3] if len(sys.argv) > 3 else "generic"
libc = ctypes.CDLL(None, use_errno=True)
process = os.pidfd_open(pid)
found = 0
for name in os.listdir(f"/proc/{pid}/fd"):
    if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
        continue
    fd = libc.syscall(PIDFD_GETFD, process, int(name), 0)
    if fd < 0:
        raise OSError(ctypes.get_errno(), f"descriptor {name} of {pid}")
    sock = socket.socket(fileno=fd)
    if (sock.family == socket.AF_NETLINK and
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL) == PROTOCOLS[kind]):
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size)
        found += 1
print(f"{found} {kind} netlink sockets of {pid} have {size} bytes now")
sys.exit(found == 0)
