#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pkt: sends frames, and says what came out where.

    pkt.py NAME=NETDEV[@NETNS]...

Opens a raw socket on each netdev, then reads commands from standard input, one
to a line, and answers each with one line, "ok ..." or "fail ...":

    try IN SPEC [OUT=SPEC...]   send a frame by IN; exactly these frames come
                                out, each at its place, and nothing anywhere
                                else (what is sent does not count as coming
                                out where it is sent)
    burst IN SPEC N             send N frames and wait for none of them
                                (answers "ok SECONDS")
    drain SECONDS               forget what has come so far, and in this time

A SPEC is layers from the outside in, joined by "/", each a name and fields
joined by ",": eth[,dst,src,type] vlan[,id,prio,dei,tpid] ip[,src,dst,tos,ttl,
proto,id,frag,opt,csum,len] ip6[,src,dst,tc,hl,next,len] hop (a hop-by-hop
header) frag6[,off,more] mpls[,label,tc,bos,ttl] tcp[,sport,dport,flags,csum]
udp[,sport,dport,csum,len] vxlan[,vni,gbp] geneve[,vni,opt,oam,crit] gre[,key,csum,seq] sctp[,sport,dport] icmp[,type,code,csum] icmp6[,type,code,csum]
arp[,op,sha,sip,tha,tip] data[,len] hex,BYTES; cut,N at the end keeps
only the first N bytes. What is not given is filled in: types, lengths and
checksums come from the layers around, computed here from the RFCs, so that an
expected frame owes nothing to the one that was sent. In an expected frame id=?
and sport=? of the outermost headers, and label=? of ip6, may be anything; the
answer to try then says what sport and label were: "ok sport=N label=N".
"""
import ctypes
import ipaddress
import os
import select
import socket
import struct
import sys
import time

SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING, ETH_P_ALL = 263, 8, 4, 3
WAIT, QUIET = 3.0, 0.03
ETHERTYPE = {"ip": 0x0800, "ip6": 0x86dd, "vlan": 0x8100, "arp": 0x0806, "mpls": 0x8847}
PROTOCOL = {"gre": 47, "tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "icmp6": 58, "hop": 0,
            "frag6": 44, "data": 253, "hex": 253}


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def num(fields, name, default):
    return int(fields.get(name, str(default)), 0)


def inet_sum(data):
    """The Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Frame:
    """A frame made of a SPEC."""

    def __init__(self, spec):
        self.layers = []
        for part in spec.split("/"):
            words = part.split(",")
            fields = dict(w.split("=", 1) if "=" in w else (w, "") for w in words[1:])
            self.layers.append((words[0], fields))

    def build(self):
        data, cut = b"", None
        if self.layers[-1][0] == "cut":
            cut = int(next(iter(self.layers.pop()[1])))
        for index in reversed(range(len(self.layers))):
            name, fields = self.layers[index]
            data = getattr(self, name)(fields, data, index)
        return data[:cut]

    def above(self, index):
        return self.layers[index + 1][0] if index + 1 < len(self.layers) else ""

    def ethertype(self, fields, index, key):
        if key in fields:
            return num(fields, key, 0)
        name = self.above(index)
        if name == "vlan":
            return num(self.layers[index + 1][1], "tpid", 0x8100)
        return ETHERTYPE.get(name, 0x88b5)

    def pseudo(self, index, protocol, length):
        """The pseudo header (RFC 9293, 8200) of the network layer below."""
        for name, f in reversed(self.layers[:index]):
            if name == "ip":
                return (socket.inet_aton(f.get("src", "10.0.0.1")) +
                        socket.inet_aton(f.get("dst", "10.0.0.2")) +
                        struct.pack("!BBH", 0, protocol, length))
            if name == "ip6":
                return (ipaddress.ip_address(f.get("src", "fd00::1")).packed +
                        ipaddress.ip_address(f.get("dst", "fd00::2")).packed +
                        struct.pack("!II", length, protocol))
        return b""

    def eth(self, f, data, index):
        return (mac(f.get("dst", "02:00:00:00:00:02")) +
                mac(f.get("src", "02:00:00:00:00:01")) +
                struct.pack("!H", self.ethertype(f, index, "type")) + data)

    def vlan(self, f, data, index):
        tci = num(f, "prio", 0) << 13 | num(f, "dei", 0) << 12 | num(f, "id", 1)
        return struct.pack("!HH", tci, self.ethertype(f, index, "type")) + data

    def mpls(self, f, data, index):
        bottom = num(f, "bos", int(self.above(index) != "mpls"))
        return struct.pack("!I", num(f, "label", 100) << 12 | num(f, "tc", 0) << 9 |
                           bottom << 8 | num(f, "ttl", 64)) + data

    def ip(self, f, data, index):
        options = bytes.fromhex(f.get("opt", ""))
        head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, num(f, "tos", 0),
                           num(f, "len", 20 + len(options) + len(data)),
                           num(f, "id", 1), num(f, "frag", 0), num(f, "ttl", 64),
                           num(f, "proto", PROTOCOL.get(self.above(index), 253)), 0)
        head += socket.inet_aton(f.get("src", "10.0.0.1"))
        head += socket.inet_aton(f.get("dst", "10.0.0.2")) + options
        check = num(f, "csum", inet_sum(head))
        return head[:10] + struct.pack("!H", check) + head[12:] + data

    def ip6(self, f, data, index):
        return (struct.pack("!IHBB", 6 << 28 | num(f, "tc", 0) << 20 | num(f, "label", 0),
                            num(f, "len", len(data)),
                            num(f, "next", PROTOCOL.get(self.above(index), 253)),
                            num(f, "hl", 64)) +
                ipaddress.ip_address(f.get("src", "fd00::1")).packed +
                ipaddress.ip_address(f.get("dst", "fd00::2")).packed + data)

    def hop(self, f, data, index):
        return bytes([PROTOCOL.get(self.above(index), 253), 0, 1, 4, 0, 0, 0, 0]) + data

    def frag6(self, f, data, index):
        return struct.pack("!BBHI", PROTOCOL.get(self.above(index), 253), 0,
                           num(f, "off", 0) << 3 | num(f, "more", 0), 7) + data

    def transport(self, f, data, index, protocol, at):
        check = inet_sum(self.pseudo(index, protocol, len(data)) + data)
        if protocol == 17 and not check:
            check = 0xffff
        check = num(f, "csum", check)
        return data[:at] + struct.pack("!H", check) + data[at + 2:]

    def tcp(self, f, data, index):
        head = struct.pack("!HHIIHHHH", num(f, "sport", 1000), num(f, "dport", 2000), 1, 2,
                           5 << 12 | num(f, "flags", 0x10), 512, 0, 0)
        return self.transport(f, head + data, index, 6, 16)

    def udp(self, f, data, index):
        head = struct.pack("!HHHH", num(f, "sport", 1000), num(f, "dport", 2000),
                           num(f, "len", 8 + len(data)), 0)
        return self.transport(f, head + data, index, 17, 6)

    def sctp(self, f, data, index):
        return struct.pack("!HHII", num(f, "sport", 1000), num(f, "dport", 2000), 1, 0) + data

    def icmp(self, f, data, index):
        head = struct.pack("!BBHI", num(f, "type", 8), num(f, "code", 0), 0, 1) + data
        return head[:2] + struct.pack("!H", num(f, "csum", inet_sum(head))) + head[4:]

    def icmp6(self, f, data, index):
        head = struct.pack("!BBHI", num(f, "type", 128), num(f, "code", 0), 0, 1) + data
        return self.transport(f, head, index, 58, 2)

    def vxlan(self, f, data, index):
        group = num(f, "gbp", 0)
        return struct.pack("!II", 0x08000000 | (0x80000000 if group else 0) | group |
                           num(f, "flags", 0), num(f, "vni", 42) << 8) + data

    def geneve(self, f, data, index):
        options = bytes.fromhex(f.get("opt", ""))
        return struct.pack("!BBHI", len(options) // 4, num(f, "oam", 0) << 7 | num(f, "crit", 0) << 6,
                           num(f, "proto", 0x6558), num(f, "vni", 42) << 8) + options + data

    def gre(self, f, data, index):
        flags, words = 0, b""
        if "csum" in f:
            flags, words = flags | 0x8000, words + b"\0\0\0\0"
        if "key" in f:
            flags, words = flags | 0x2000, words + struct.pack("!I", num(f, "key", 0))
        if "seq" in f:
            flags, words = flags | 0x1000, words + struct.pack("!I", num(f, "seq", 0))
        whole = struct.pack("!HH", flags, 0x6558) + words + data
        if "csum" in f:
            check = num(f, "csum", 0) if f["csum"] else inet_sum(whole)
            whole = whole[:4] + struct.pack("!H", check) + whole[6:]
        return whole

    def arp(self, f, data, index):
        return (struct.pack("!HHBBH", 1, 0x0800, 6, 4, num(f, "op", 1)) +
                mac(f.get("sha", "02:00:00:00:00:01")) +
                socket.inet_aton(f.get("sip", "10.0.0.1")) +
                mac(f.get("tha", "00:00:00:00:00:00")) +
                socket.inet_aton(f.get("tip", "10.0.0.2")) + data)

    def data(self, f, data, index):
        return bytes(i & 0xff for i in range(num(f, "len", 32))) + data

    def hex(self, f, data, index):
        return bytes.fromhex(next(iter(f))) + data


def unknowns(spec, data):
    """The spec with what may be anything taken from a frame, and what that was."""
    said = ""
    ip6 = data[12:14] == b"\x86\xdd"
    at = 54 if ip6 else 34
    for word, value in (("id=?", data[18:20]), ("sport=?", data[at:at + 2]),
                        ("label=?", bytes([data[15] & 0xf]) + data[16:18])):
        if word in spec:
            text = word.replace("?", str(int.from_bytes(value, "big")))
            spec = spec.replace(word, text, 1)
            said += " " + text if word != "id=?" else ""
    return spec, said


def is_own(data):
    """What a host sends when IPv6 is turned on: reports to ff02::16, ff02::2."""
    return data[:6] in (mac("33:33:00:00:00:16"), mac("33:33:00:00:00:02"))


class Port:
    """A netdev, by a raw socket in its namespace."""

    def __init__(self, word):
        self.name, _, device = word.partition("=")
        device, _, netns = device.partition("@")
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        if netns:
            Port.enter(os.open("/run/netns/" + netns, os.O_RDONLY))
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.bind((device, ETH_P_ALL))
        Port.enter(home)

    @staticmethod
    def enter(fd):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(fd, 0):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(fd)

    def receive(self):
        """The next frame as it was on the wire, or None for one sent here."""
        data, control, _, address = self.socket.recvmsg(65536, 256)
        if address[2] == PACKET_OUTGOING:
            return None
        for level, kind, aux in control:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", aux[:20])
                if status & 0x10:
                    data = data[:12] + struct.pack("!HH", tpid or 0x8100, tci) + data[12:]
        return data


def collect(ports, seconds, enough=None):
    """What comes by [(name, bytes)], until enough of it is there, or time is up."""
    got, end = [], time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        ready = select.select([p.socket for p in ports], [], [], max(left, 0))[0]
        if not ready:
            return got
        for port in ports:
            if port.socket in ready:
                data = port.receive()
                if data is not None and not is_own(data):
                    got.append((port.name, data))
        if enough and len(got) >= enough:
            return got


def attempt(ports, words):
    """try IN SPEC [OUT=SPEC...]"""
    sender = next(p for p in ports if p.name == words[0])
    sender.socket.send(Frame(words[1]).build())
    got = collect(ports, WAIT, len(words) - 2) if words[2:] else []
    got = sorted(got + collect(ports, QUIET))
    want, said = [], ""
    for name, _, spec in (o.partition("=") for o in words[2:]):
        # Of what has come out there, the one that the unknowns make equal.
        for data in [d for n, d in got if n == name and "=?" in spec] + [bytes(64)]:
            known, more = unknowns(spec, data)
            if Frame(known).build() == data:
                break
        said += more
        want.append((name, Frame(known).build()))
    want.sort()
    if got == want:
        return "ok" + said
    return "fail: want %s; got %s" % tuple(
        " ".join("%s:%s" % (n, d.hex()) for n, d in side) or "nothing" for side in (want, got))


def main():
    ports = [Port(word) for word in sys.argv[1:]]
    for line in sys.stdin:
        words = line.split()
        if words[0] == "try":
            answer = attempt(ports, words[1:])
        elif words[0] == "burst":
            sender = next(p for p in ports if p.name == words[1])
            data = Frame(words[2]).build()
            start = time.monotonic()
            for _ in range(int(words[3])):
                sender.socket.send(data)
            answer = "ok %.3f" % (time.monotonic() - start)
        elif words[0] == "drain":
            collect(ports, float(words[1]))
            answer = "ok"
        else:
            answer = "fail: unknown command " + words[0]
        print(answer, flush=True)


if __name__ == "__main__":
    main()
