#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev kasan 6.1 7.2
# quick: yes
# group: flow
# timeout: 900
#
# NAT: masquerade, source and destination NAT, port mapping of either end and of
# both, IPv4 and IPv6, UDP and TCP. In hardware, with the checksums right both ways
# (the receiving kernel would drop).
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

bed_up
# For source NAT.
ip addr add 10.0.1.77/24 dev "$(rep 1)"
ip addr add fd00:1::77/64 dev "$(rep 1)" nodad
daemon_start
ruleset
nft -f - <<NFT
table inet nat {
	chain pre {
		type nat hook prerouting priority dstnat;
		ip daddr 10.0.0.1 udp dport 6001 dnat ip to 10.0.1.2:5001
		ip6 daddr fd00:0::1 udp dport 6002 dnat ip6 to [fd00:1::2]:5002
		ip daddr 10.0.0.1 udp dport 6003 dnat ip to 10.0.1.2:5010
		ip6 daddr fd00:0::1 udp dport 6003 dnat ip6 to [fd00:1::2]:5010
		ip daddr 10.0.0.1 tcp dport 6005 dnat ip to 10.0.1.2:5005
		ip6 daddr fd00:0::1 tcp dport 6005 dnat ip6 to [fd00:1::2]:5005
	}
	chain post {
		type nat hook postrouting priority srcnat;
		udp dport 5010 ip daddr 10.0.1.2 snat ip to 10.0.1.77:30000-30999
		udp dport 5010 ip6 daddr fd00:1::2 snat ip6 to [fd00:1::77]:30000-30999
		udp dport 5011 ip daddr 10.0.1.2 snat ip to 10.0.1.77
		udp dport 5011 ip6 daddr fd00:1::2 snat ip6 to fd00:1::77
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

serve vm1 5010
serve vm1 5011
echo_hw 'IPv4 snat' vm0 10.0.1.2 5011 "$(rep 0)" "$(rep 1)"
ct 'dst=10.0.1.77 sport=5011' || die "IPv4 snat: not so: $(cat "$WORK/conntrack")"
echo_hw 'IPv6 snat' vm0 fd00:1::2 5011 "$(rep 0)" "$(rep 1)"
ct 'dst=fd00:1::77 sport=5011' || die "IPv6 snat: not so: $(cat "$WORK/conntrack")"
echo_hw 'IPv4, address and port of both ends' vm0 10.0.0.1 6003 "$(rep 0)" "$(rep 1)"
ct 'dst=10.0.1.77 sport=5010 dport=30[0-9][0-9][0-9]' || die "not so: $(cat "$WORK/conntrack")"
echo_hw 'IPv6, address and port of both ends' vm0 fd00::1 6003 "$(rep 0)" "$(rep 1)"
ct 'dst=fd00:1::77 sport=5010 dport=30[0-9][0-9][0-9]' || die "not so: $(cat "$WORK/conntrack")"

# TCP that comes back, whole; both ends mapped.
head -c 3M /dev/urandom > "$WORK/sent"
ip netns exec vm1 socat "TCP6-LISTEN:5005,fork,ipv6only=0,reuseaddr" EXEC:cat &
disown
echo_tcp() { # NAME ADDRESS
	local hit back
	hit=$(hits "$(rep 0)") back=$(hits "$(rep 1)")
	{ head -c 10K "$WORK/sent"; sleep 3; tail -c +10241 "$WORK/sent"; } |
		vm 0 timeout 300 nc -N "$2" 6005 > "$WORK/came" || die "$1: the connection broke: $(said)"
	cmp "$WORK/sent" "$WORK/came" || die "$1: the data differ"
	hit=$(($(hits "$(rep 0)") - hit)) back=$(($(hits "$(rep 1)") - back))
	echo "$1: NIC carried $hit there, $back back"
	[ $hit -ge 100 ] && [ $back -ge 100 ] || die "$1: stayed in software: $(said)"
}
echo_tcp 'TCP over IPv4 dnat + masquerade' 10.0.0.1
echo_tcp 'TCP over IPv6 dnat + masquerade' fd00::1

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
