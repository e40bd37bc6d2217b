#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# group: flow
# timeout: 600
#
# What hardware must leave to software, sent inside an offloaded flow: TTL 1
# (the router answers "time exceeded"), fragments (they arrive, reassembled),
# and TCP SYN. Each is seen on the representor or by its effect.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

bed_up
daemon_start
ruleset

vm 1 udpflow recv 5001 --for 500 > "$WORK/recv" &
receiver=$!
vm 0 udpflow send 10.0.1.2 5001 2000 --pps 100 --from 7001 --warmup 3 > /dev/null &
sender=$!
until_true 10 ct HW_OFFLOAD || die "no [HW_OFFLOAD]"
until_true 10 sh -c "nft-offload flows --json --in-hw | grep -q ." || die "not in hardware"

# TTL 1 and 0-like small ones, in the same 5-tuple (raw socket, same ports).
tcpdump -n -i "$(rep 0)" -w "$WORK/ttl.pcap" 'icmp or (ip and ip[8] = 1) or (ip[6:2] & 0x3fff != 0)' 2> "$WORK/tcpdump" &
capture=$!
until_true 60 grep -qs "listening on" "$WORK/tcpdump"
vm 0 python3 - <<'PY'
import socket, struct
def udp(ttl, payload):
    n = 8 + len(payload)
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + n, 1, 0, ttl, 17, 0,
        socket.inet_aton("10.0.0.2"), socket.inet_aton("10.0.1.2")) + \
        struct.pack("!HHHH", 7001, 5001, n, 0) + payload
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for _ in range(5):
    s.sendto(udp(1, b"x" * 20), ("10.0.1.2", 0))
# A datagram of 4000 bytes in fragments, with the same ports.
s2 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s2.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s2.bind(("10.0.0.2", 7002))
s2.sendto(b"y" * 4000, ("10.0.1.2", 5001))
PY
sleep 1
reap TERM $capture
tcpdump -n -v -r "$WORK/ttl.pcap" > "$WORK/ttl.txt" 2>/dev/null
exceeded=$(awk '/time exceeded/ { n++ } END { print n + 0 }' "$WORK/ttl.txt")
[ "$exceeded" -ge 1 ] || die "TTL 1 was not left to software: $(cat "$WORK/ttl.txt")"
grep -q 'flags \[+\]\|offset [1-9]' "$WORK/ttl.txt" || die "fragments did not take the slow path: $(cat "$WORK/ttl.txt")"
wait $sender
wait $receiver
grep -q ' lost=0 .*ttl=63\.\.63' "$WORK/recv" || die "the flow itself was hurt: $(cat "$WORK/recv")"
echo "TTL 1: $exceeded answers; fragments in software; the flow: $(cat "$WORK/recv")"
bed_down
