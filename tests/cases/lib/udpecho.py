#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""udpecho: datagrams that are sent back, for tests of both directions.

  udpecho.py serve PORT
  udpecho.py ask ADDRESS PORT COUNT [--from PORT] [--size BYTES] [--until FILE]

The server sends each datagram back, with the TTL that it came with. The client
sends 5 a second until FILE is there, then COUNT as fast as they come back, and
prints one line:

  sent=N back=N there=MIN..MAX ttl=MIN..MAX

there: TTL at the server; ttl: TTL of what came back. Kernels check the
checksums, and the client every byte, so back=N is N packets right both ways.
Exit 0: it is all there; 1: some is missing or wrong.
"""
import argparse
import os
import select
import socket
import struct
import sys
import time

HEAD = struct.Struct("!IB")	# number, TTL as the server saw it
IP_RECVTTL = 12	# linux/in.h; the module does not have it
WINDOW = 16
PATIENCE = 30	# seconds for one datagram


def open_socket(family):
	sock = socket.socket(family, socket.SOCK_DGRAM)
	if family == socket.AF_INET:
		sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
	else:
		sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
	return sock


def receive(sock):
	"""A datagram, its TTL, its sender."""
	data, control, _, sender = sock.recvmsg(65535, 256)
	return data, struct.unpack("i", control[0][2])[0], sender


def serve(options):
	socks = [open_socket(family) for family in (socket.AF_INET, socket.AF_INET6)]
	for sock, address in zip(socks, ("0.0.0.0", "::")):
		sock.bind((address, options.port))
	while True:
		for sock in select.select(socks, [], [])[0]:
			data, ttl, sender = receive(sock)
			number = HEAD.unpack_from(data)[0]
			sock.sendto(HEAD.pack(number, ttl) + data[HEAD.size:], sender)


class Client:
	def __init__(self, options):
		family, _, _, _, self.peer = socket.getaddrinfo(
			options.address, options.port, type=socket.SOCK_DGRAM)[0]
		self.sock = open_socket(family)
		self.sock.bind(("", options.source))
		self.rest = os.urandom(options.size - HEAD.size)
		self.there, self.ttl, self.waiting = set(), set(), {}

	def send(self, number):
		self.waiting[number] = time.monotonic()
		self.sock.sendto(HEAD.pack(number, 0) + self.rest, self.peer)

	def take(self, seconds):
		"""Takes one answer, if one comes in that time."""
		if not select.select([self.sock], [], [], seconds)[0]:
			return
		data, ttl, _ = receive(self.sock)
		number, there = HEAD.unpack_from(data)
		if data[HEAD.size:] != self.rest:
			sys.exit("udpecho: datagram %d came back with other bytes" % number)
		if self.waiting.pop(number, None) is not None and number:
			self.there.add(there)
			self.ttl.add(ttl)

	def warm_up(self, until):
		while until and not os.path.exists(until):
			self.send(0)
			self.take(0.2)
			time.sleep(0.2)
		self.waiting.clear()

	def run(self, count):
		sent = 0
		while sent < count or self.waiting:
			while sent < count and len(self.waiting) < WINDOW:
				sent += 1
				self.send(sent)
			self.take(1)
			if self.waiting and time.monotonic() - min(self.waiting.values()) > PATIENCE:
				break
		return sent, sent - len(self.waiting)


def span(values):
	return "%d..%d" % (min(values), max(values)) if values else "none"


def ask(options):
	client = Client(options)
	client.warm_up(options.until)
	sent, back = client.run(options.count)
	print("sent=%d back=%d there=%s ttl=%s" % (sent, back, span(client.there), span(client.ttl)))
	sys.exit(back != options.count)


def main():
	parser = argparse.ArgumentParser()
	commands = parser.add_subparsers(required=True)
	command = commands.add_parser("serve")
	command.add_argument("port", type=int)
	command.set_defaults(run=serve)
	command = commands.add_parser("ask")
	command.add_argument("address")
	command.add_argument("port", type=int)
	command.add_argument("count", type=int)
	command.add_argument("--from", dest="source", type=int, default=0)
	command.add_argument("--size", type=int, default=200)
	command.add_argument("--until")
	command.set_defaults(run=ask)
	options = parser.parse_args()
	options.run(options)


main()
