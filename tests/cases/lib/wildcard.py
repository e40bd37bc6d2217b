#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""wildcard: a flowtable "flags offload" for the devices whose name begins with PREFIX.

  wildcard.py TABLE FLOWTABLE PREFIX

TABLE is one of family inet. By nfnetlink, for nft learnt the word after nftables 1.0.6. Facts:
include/uapi/linux/netfilter/nf_tables.h of Linux 6.16 and later (NFTA_DEVICE_PREFIX).
"""
import os
import socket
import struct
import sys

NETLINK_NETFILTER = 12
NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END = 16, 17
NFNL_SUBSYS_NFTABLES = 10
NFT_MSG_NEWFLOWTABLE = 22
NFPROTO_INET = 1
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 1, 4, 0x400
NESTED = 0x8000
FLOWTABLE_TABLE, FLOWTABLE_NAME, FLOWTABLE_HOOK, FLOWTABLE_FLAGS = 1, 2, 3, 7
HOOK_NUM, HOOK_PRIORITY, HOOK_DEVS = 1, 2, 3
DEVICE_PREFIX = 2
FLAG_OFFLOAD = 1


def attribute(kind, data):
	pad = -len(data) % 4
	return struct.pack("=HH", len(data) + 4, kind) + data + bytes(pad)


def text(kind, value):
	return attribute(kind, value.encode() + b"\0")


def number(kind, value):
	return attribute(kind, struct.pack("!I", value))


def message(kind, flags, family, resource, body=b""):
	data = struct.pack("!BBH", family, 0, resource) + body
	return struct.pack("=IHHII", len(data) + 16, kind, flags, 1, 0) + data


table, flowtable, prefix = sys.argv[1:]
hook = number(HOOK_NUM, 0) + number(HOOK_PRIORITY, 0) + \
	attribute(HOOK_DEVS | NESTED, text(DEVICE_PREFIX, prefix))
body = text(FLOWTABLE_TABLE, table) + text(FLOWTABLE_NAME, flowtable) + \
	attribute(FLOWTABLE_HOOK | NESTED, hook) + number(FLOWTABLE_FLAGS, FLAG_OFFLOAD)
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
sock.send(message(NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 0, NFNL_SUBSYS_NFTABLES) +
	  message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWFLOWTABLE,
		  NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, NFPROTO_INET, 0, body) +
	  message(NFNL_MSG_BATCH_END, NLM_F_REQUEST, 0, NFNL_SUBSYS_NFTABLES))
error = struct.unpack_from("=i", sock.recv(4096), 16)[0]
if error:
	sys.exit("wildcard: " + os.strerror(-error))
