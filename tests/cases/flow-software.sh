#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev 6.1 7.2
# quick: yes
# group: flow
# timeout: 600
#
# What hardware must leave to software, sent inside flows that are in hardware,
# by IPv4 and IPv6: TTL 1 and 0 (the router answers "time exceeded"), fragments,
# IP options (the router puts its address into a "record route") and extension
# headers. Each is seen on the representor, where only what misses hardware
# comes by, and what is to arrive is seen in the VM.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

bed_up
daemon_start
ruleset

vm 1 udpflow recv 5001 --for 500 > "$WORK/recv4" &
receiver4=$!
vm 1 udpflow recv 5002 --for 500 > "$WORK/recv6" &
receiver6=$!
vm 0 udpflow send 10.0.1.2 5001 1000000 --pps 50 --from 9001 --warmup 1 --stop "$WORK/stop" > /dev/null &
sender4=$!
vm 0 udpflow send fd00:1::2 5002 1000000 --pps 50 --from 9002 --warmup 1 --stop "$WORK/stop" > /dev/null &
sender6=$!
four() { [ "$(nft-offload flows --json --in-hw | jq -s '[.[] | .original, .reply | select(.state == "in_hw")] | length')" = 4 ]; }
until_true 30 four || die "not in hardware: $(nft-offload flows)"

capture() { # NAME COMMAND...
	local name=$1
	shift
	"$@" -n -U -w "$WORK/$name.pcap" 'udp or icmp or icmp6 or ip[6:2] & 0x3fff != 0 or ip6[6] = 44 or ip6[6] = 0 or ip6[6] = 60' 2> "$WORK/$name.err" &
	CAPTURES+=($!)
	until_true 60 grep -qs "listening on" "$WORK/$name.err"
}
CAPTURES=()
capture rep tcpdump -i "$(rep 0)"
capture vm1 ip netns exec vm1 tcpdump -i eth0

# Every kind has a length of its own, by which it is found again. Three of each:
# time exceeded is told at a limited rate.
vm 0 python3 - <<'PY'
import socket, struct, time
S4, D4 = socket.inet_aton("10.0.0.2"), socket.inet_aton("10.0.1.2")
S6, D6 = (socket.inet_pton(socket.AF_INET6, a) for a in ("fd00:0::2", "fd00:1::2"))

def checksum(data):
    data += b"\0" * (len(data) % 2)
    n = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff or 0xffff

def udp4(size):
    return struct.pack("!HHHH", 9001, 5001, 8 + size, 0) + b"4" * size

def udp6(size):
    head = struct.pack("!HHHH", 9002, 5002, 8 + size, 0)
    pseudo = S6 + D6 + struct.pack("!II", 8 + size, 17)
    return head[:6] + struct.pack("!H", checksum(pseudo + head + b"6" * size)) + b"6" * size

def ip4(data, ttl=64, options=b"", frag=0, ident=0):
    return struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(data),
                       ident, frag, ttl, 17, 0) + S4 + D4 + options + data

def ip6(data, hops=64, following=17):
    return struct.pack("!IHBB", 6 << 28, len(data), following, hops) + S6 + D6 + data

s4 = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
s6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
def send4(packet):
    s4.sendto(packet, ("10.0.1.2", 0))
def send6(packet):
    s6.sendto(packet, ("fd00:1::2", 0))

for i in range(3):
    send4(ip4(udp4(100), ttl=1))
    send4(ip4(udp4(104), ttl=0))
    send6(ip6(udp6(108), hops=1))
    send4(ip4(udp4(112), options=bytes((7, 7, 4, 0, 0, 0, 0, 0))))	# record route
    send6(ip6(bytes((17, 0, 1, 4, 0, 0, 0, 0)) + udp6(116), following=0))
    send6(ip6(bytes((17, 0, 1, 4, 0, 0, 0, 0)) + udp6(120), following=60))
    whole = udp4(2000)
    send4(ip4(whole[:1480], frag=0x2000, ident=100 + i))
    send4(ip4(whole[1480:], frag=1480 // 8, ident=100 + i))
    whole = udp6(2000)
    send6(ip6(struct.pack("!BBHI", 17, 0, 1, 200 + i) + whole[:1440], following=44))
    send6(ip6(struct.pack("!BBHI", 17, 0, 1440, 200 + i) + whole[1440:], following=44))
    time.sleep(1.2)
PY
sleep 2
reap TERM "${CAPTURES[@]}"
for name in rep vm1; do
	# One packet, one line.
	tcpdump -n -v -r "$WORK/$name.pcap" 2> /dev/null |
		awk '/^[0-9]/ { if (l) print l; l = $0; next } { l = l " " $0 } END { print l }' > "$WORK/$name.txt"
done

count() { grep -cE -- "$2" "$WORK/$1.txt" || true; }
# software WHAT PATTERN: three of them missed hardware, and arrived.
software() {
	[ "$(count rep "$2")" = 3 ] || die "$1: $(count rep "$2") of 3 on the representor: $(cat "$WORK/rep.txt")"
	[ "$(count vm1 "${3:-$2}")" = 3 ] || die "$1: $(count vm1 "${3:-$2}") of 3 arrived: $(cat "$WORK/vm1.txt")"
	echo "ok: $1"
}
# exceeded WHAT LENGTH PATTERN: none arrives, the router says why.
exceeded() {
	[ "$(count vm1 "UDP, length $2\$")" = 0 ] || die "$1: forwarded: $(cat "$WORK/vm1.txt")"
	[ "$(count rep "$3")" -ge 1 ] || die "$1: no time exceeded: $(cat "$WORK/rep.txt")"
	echo "ok: $1"
}
exceeded "TTL 1" 100 'ICMP time exceeded.* UDP, length 100'
exceeded "TTL 0" 104 'ICMP time exceeded.* UDP, length 104'
exceeded "hop limit 1" 108 'ICMP6, time exceeded'
software "record route" 'RR 0\.0\.0\.0.* length 112' 'ttl 63,.*RR 10\.0\.1\.1.* length 112'
software "hop-by-hop options" 'HBH.* length:? 116' 'hlim 63,.*HBH.* length:? 116'
software "destination options" 'DSTOPT.* length:? 120' 'hlim 63,.*DSTOPT.* length:? 120'
software "first fragments" 'id 10[012], offset 0, flags \[\+\]' 'ttl 63, id [0-9]+, offset 0, flags \[\+\]'
software "later fragments" 'id 10[012], offset 1480, flags \[none\]' 'ttl 63, id [0-9]+, offset 1480, flags \[none\]'
software "IPv6 first fragments" 'frag \(0x[0-9a-f]+:0\|1440\)' 'hlim 63,.*frag \(0x[0-9a-f]+:0\|1440\)'
software "IPv6 later fragments" 'frag \(0x[0-9a-f]+:1440\|' 'hlim 63,.*frag \(0x[0-9a-f]+:1440\|'

four || die "the flows have left hardware: $(nft-offload flows)"
touch "$WORK/stop"
wait $sender4 $sender6
wait $receiver4 $receiver6
for name in recv4 recv6; do
	grep -q ' lost=0 .*ttl=63\.\.63' "$WORK/$name" || die "the flow itself was hurt: $(cat "$WORK/$name")"
done
echo "the flows: $(cat "$WORK/recv4" "$WORK/recv6")"
bed_down
