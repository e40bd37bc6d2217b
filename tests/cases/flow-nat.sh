#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev kasan 6.1 7.2
# quick: yes
# group: flow
# timeout: 600
#
# NAT: masquerade and a redirected port, IPv4 and IPv6, UDP and TCP. In
# hardware, with the checksums right (the receiving kernel would drop).
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

bed_up
daemon_start
ruleset
nft -f - <<NFT
table inet nat {
	chain pre {
		type nat hook prerouting priority dstnat;
		ip daddr 10.0.0.1 udp dport 6001 dnat ip to 10.0.1.2:5001
		ip6 daddr fd00:0::1 udp dport 6002 dnat ip6 to [fd00:1::2]:5002
	}
	chain post {
		type nat hook postrouting priority srcnat;
		oifname "$(rep 1)" masquerade
	}
}
NFT

flow() { # NAME ADDRESS PORT RECEIVE-PORT
	local hit
	hit=$(hw "$(rep 0)" hw_rx_hit_packets)
	vm 1 udpflow recv "$4" --for 500 > "$WORK/recv" &
	local receiver=$!
	vm 0 udpflow send "$2" "$3" 5000 --pps 5000 --warmup 3 > /dev/null
	wait $receiver
	hit=$(($(hw "$(rep 0)" hw_rx_hit_packets) - hit))
	echo "$1: NIC carried $hit; $(cat "$WORK/recv")"
	grep -q ' lost=0 .*ttl=63\.\.63' "$WORK/recv" || die "$1: $(cat "$WORK/recv")"
	[ "$hit" -ge 5000 ] || die "$1: only $hit packets in hardware: $(nft-offload flows)"
}

flow 'IPv4 dnat + masquerade' 10.0.0.1 6001 5001
flow 'IPv6 dnat + masquerade' fd00:0::1 6002 5002

hit=$(hw "$(rep 1)" hw_rx_hit_packets)
head -c 20M /dev/urandom > "$WORK/data"
vm 1 timeout 400 nc -6 -l -d 5003 > "$WORK/got" &
receiver=$!
sleep 0.5
{ head -c 10K "$WORK/data"; sleep 2; tail -c +10241 "$WORK/data"; } | vm 0 nc -N fd00:1::2 5003
wait $receiver
cmp "$WORK/data" "$WORK/got" || die "TCP over IPv6 masquerade: the data differ"
hit=$(($(hw "$(rep 1)" hw_rx_hit_packets) - hit))
echo "TCP over IPv6 masquerade: NIC carried $hit packets of the way back"
[ "$hit" -ge 500 ] || die "TCP over IPv6 masquerade stayed in software"
bed_down
