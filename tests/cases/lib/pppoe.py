#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pppoe: one end of a PPPoE session without negotiation, for tests.

  pppoe.py DEVICE PEER-MAC SESSION

Makes an interface ppp0 (or the next free) and keeps it until it is killed; the other end has to do
the same. Facts: include/uapi/linux/if_pppox.h, ppp-ioctl.h; Documentation/networking/ppp_generic.rst.
"""
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys

AF_PPPOX, PX_PROTO_OE = 24, 0
PPPIOCGCHAN, PPPIOCATTCHAN = 0x80047437, 0x40047438
PPPIOCCONNECT, PPPIOCNEWUNIT = 0x4004743a, 0xc004743e


def ioctl_int(fd, request, value=0):
	return struct.unpack("i", fcntl.ioctl(fd, request, struct.pack("i", value)))[0]


device, mac, session = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", "")), int(sys.argv[3])
sock = socket.socket(AF_PPPOX, socket.SOCK_STREAM, PX_PROTO_OE)
address = struct.pack("=HI", AF_PPPOX, PX_PROTO_OE) + \
	struct.pack("!H6s16s", session, mac, device.encode())
libc = ctypes.CDLL(None, use_errno=True)
if libc.connect(sock.fileno(), address, len(address)):
	sys.exit("pppoe: connect: " + os.strerror(ctypes.get_errno()))
number = ioctl_int(sock.fileno(), PPPIOCGCHAN)
unit = os.open("/dev/ppp", os.O_RDWR)
ioctl_int(unit, PPPIOCNEWUNIT, -1)
channel = os.open("/dev/ppp", os.O_RDWR)
ioctl_int(channel, PPPIOCATTCHAN, number)
fcntl.ioctl(channel, PPPIOCCONNECT, struct.pack("i", 0))
signal.pause()
