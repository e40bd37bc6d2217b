#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev kasan 6.1 7.2
# quick: yes
# group: flow
# timeout: 600
#
# A UDP flow of 100,000 packets between two VMs: [HW_OFFLOAD] in conntrack, at
# least 99.9 % carried by the NIC, only its first packets on the representors,
# TTL one less at the receiver, every checksum right (the receiver's kernel
# drops a packet with a wrong one, which would show as lost), nothing lost.
# The same by IPv6.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

COUNT=${COUNT:-100000}

flow() { # NAME ADDRESS PORT
	local name=$1 address=$2 port=$3 hit miss rx
	tcpdump -n -i "$(rep 0)" -w "$WORK/$name.pcap" "udp port $port" 2> "$WORK/tcpdump" &
	local capture=$!
	until_true 60 grep -qs "listening on" "$WORK/tcpdump"
	hit=$(hw "$(rep 0)" hw_rx_hit_packets)
	miss=$(hw "$(rep 0)" hw_rx_miss_packets)
	vm 1 udpflow recv "$port" --for 500 > "$WORK/$name.recv" &
	local receiver=$!
	vm 0 udpflow send "$address" "$port" "$COUNT" --pps 20000 --until "$WORK/$name.go" &
	local sender=$!
	until_true 20 ct "dport=$port .*HW_OFFLOAD" || die "$name: no [HW_OFFLOAD] in conntrack: $(conntrack -L 2>&1)"
	touch "$WORK/$name.go"
	nft-offload flows
	wait $sender
	wait $receiver
	hit=$(($(hw "$(rep 0)" hw_rx_hit_packets) - hit))
	miss=$(($(hw "$(rep 0)" hw_rx_miss_packets) - miss))
	reap TERM $capture
	rx=$(tcpdump -n -r "$WORK/$name.pcap" 2>/dev/null | wc -l)
	echo "$name: $(cat "$WORK/$name.recv"); NIC carried $hit, slow path $miss, seen on the representor $rx"
	grep -q ' lost=0 ' "$WORK/$name.recv" || die "$name: packets lost"
	grep -q ' duplicates=0 ttl=63\.\.63$' "$WORK/$name.recv" || die "$name: wrong TTL or duplicates"
	[ "$hit" -ge $((COUNT * 999 / 1000)) ] || die "$name: only $hit of $COUNT packets in hardware"
	[ $((hit * 1000)) -ge $(((hit + miss) * 999)) ] || die "$name: $miss packets took the slow path"
	[ "$rx" -le 100 ] || die "$name: $rx packets seen on the representor"
	[ "$rx" -ge 1 ] || die "$name: the capture saw nothing at all"
}

bed_up
daemon_start
ruleset
flow udp4 10.0.1.2 5001
flow udp6 fd00:1::2 5002
tc -s filter show dev "$(rep 0)" ingress > "$WORK/tc"
grep -q 'in_hw in_hw_count 1' "$WORK/tc" || die "no rule in hardware: $(cat "$WORK/tc")"
grep -q 'skip_sw' "$WORK/tc" || die "the rules are not skip_sw"
bed_down
