#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock 6.1 7.2
# group: flow
# timeout: 600
#
# Rules follow the truth: a flow is in hardware and stays busy; then its next
# hop's address, its route, the place of a MAC in a bridge, a VLAN, a link, an
# address, the nft rule or set element that admits it, or its conntrack entry
# changes. Each time the old rule goes, and the packets arrive where software
# would have sent them, by hardware again where that is possible.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

bed_up 3
sysctl -qw net.netfilter.nf_flowtable_udp_timeout=120 net.netfilter.nf_conntrack_udp_timeout_stream=120
daemon_start

# The number of the connection in hardware from vm0's port 7001; "" if none.
conn() {
	nft-offload flows --json --in-hw |
		sed -n 's/.*"connection": *\([0-9]*\),.*"original": *{[^}]*"sport": *7001,[^}]*"state": *"in_hw".*/\1/p'
}
in_hw() { OLD=$(conn); [ -n "$OLD" ]; }
other() { [ "$(conn)" != "$OLD" ]; }
none() { [ -z "$(conn)" ]; }

# Packets for port 5001 that VM N has got.
got() { vm "$1" nft list counter inet count got | awk '/packets/ { print $2 }'; }
hits() { hw "$(rep 0)" hw_rx_hit_packets; }
# 20 more of them arrive at VM N, and 20 more are carried by hardware.
arrives() { local n; n=$(got "$1"); until_true 60 eval "[ \$(got $1) -ge $((n + 20)) ]"; }
carried() { local n; n=$(hits); until_true 60 eval "[ \$(hits) -ge $((n + 20)) ]"; }

for n in 1 2; do
	vm $n nft -f - <<'NFT'
table inet count {
	counter got { }
	chain in {
		type filter hook input priority 0;
		udp dport 5001 counter name got
	}
}
NFT
done

# in_hardware WHAT: the flow has come (back) to hardware, and arrives at vm1.
in_hardware() {
	until_true 60 in_hw || die "$1: not in hardware: $(nft-offload flows)"
	carried || die "$1: hardware carries nothing"
	arrives "${2:-1}" || die "$1: nothing arrives"
}

# follows WHAT LIMIT-MS: the rule that was there has gone by now, or soon. The
# limit is the one that is promised; ten times that is for a slow machine, where
# ageing, which must not be what did it, would take longer.
follows() {
	local begin=$EVENT
	until_true 60 other || die "$1: the old rule stays: $(nft-offload flows)"
	local took=$(($(now_ms) - begin))
	echo "$1: followed within $took ms"
	[ $took -le $((10 * $2)) ] || die "$1: took $took ms"
}

# stays_out WHAT: and no other rule comes in its place. One that was on its way
# may be there for a moment.
stays_out() {
	until_true 10 none || die "$1, and $(conn) is in hardware"
	sleep 1
	none || die "$1, and $(conn) is in hardware again"
}

sed "s/{ eth0, eth1 }/{ $(rep 0), $(rep 1), $(rep 2) }/" /src/docs/examples/router.nft | nft -f -
stream() { # an endless flow to 10.0.1.2, which can be either VM
	for n in 1 2; do
		ip netns exec vm$n udpflow recv 5001 --for 3000 > /dev/null &
		STREAM+=($!)
	done
	ip netns exec vm0 udpflow send 10.0.1.2 5001 10000000 --pps 200 --from 7001 --warmup 1 > "$WORK/send" 2>&1 &
	STREAM+=($!)
}
stream_end() { reap TERM "${STREAM[@]}"; STREAM=(); }
STREAM=()
stream
in_hardware 'at first'

# --- the next hop gets another address ---
# The router hears of it by the ARP that the VM answers or sends.
EVENT=$(now_ms)
vm 1 ip link set eth0 address 02:00:00:00:77:01
vm 1 ip neigh flush dev eth0
ip neigh replace 10.0.1.2 lladdr 02:00:00:00:77:01 dev "$(rep 1)" nud reachable
follows 'neighbour: another MAC' 1000
in_hardware 'neighbour: another MAC'

# --- it fails ---
# No ARP answer: packets are not delivered, and not by hardware either.
vm 1 ip link set eth0 arp off
EVENT=$(now_ms)
ip neigh change 10.0.1.2 dev "$(rep 1)" nud failed
follows 'neighbour: failed' 1000
stays_out "neighbour: failed"
vm 1 ip link set eth0 arp on
ip neigh replace 10.0.1.2 lladdr 02:00:00:00:77:01 dev "$(rep 1)" nud reachable
in_hardware 'neighbour: it is back'

# --- a better route ---
vm 2 ip addr add 10.0.1.2/32 dev lo
EVENT=$(now_ms)
ip route add 10.0.1.2/32 via 10.0.2.2
follows 'route: a better one' 1000
in_hardware 'route: a better one' 2
EVENT=$(now_ms)
ip route del 10.0.1.2/32
follows 'route: deleted' 1000
in_hardware 'route: deleted'

# --- a rule, a table ---
ip route add default via 10.0.2.2 table 100
EVENT=$(now_ms)
ip rule add to 10.0.1.2 lookup 100 prio 100
follows 'routing rule' 1000
in_hardware 'routing rule' 2
ip rule del prio 100
in_hardware 'routing rule: deleted'

# --- link down ---
EVENT=$(now_ms)
ip link set "$(rep 1)" down
follows 'link down' 1000
stays_out "link down"
ip link set "$(rep 1)" up
ip addr replace fd00:1::1/64 dev "$(rep 1)" nodad
in_hardware 'link up'

# --- address gone ---
EVENT=$(now_ms)
ip addr del 10.0.1.1/24 dev "$(rep 1)"
follows 'address removed' 1000
stays_out "address removed"
ip addr add 10.0.1.1/24 dev "$(rep 1)"
in_hardware 'address: it is back'

# --- the ruleset ---
nft -f - <<'NFT'
table inet guard {
	set bad { type ipv4_addr; }
	chain forward {
		type filter hook forward priority filter - 10;
		ip daddr @bad drop
	}
}
NFT
in_hardware 'another table'
n=$(got 1)
EVENT=$(now_ms)
nft add element inet guard bad '{ 10.0.1.2 }'
follows 'set element' 2000
stays_out "a set says drop"
n=$(got 1)
sleep 2
[ "$(got 1)" = "$n" ] || die "a set says drop, and packets arrive"
nft delete element inet guard bad '{ 10.0.1.2 }'
in_hardware 'set element: deleted'
EVENT=$(now_ms)
nft insert rule inet guard forward udp dport 5001 drop
follows 'nft rule' 2000
n=$(got 1)
sleep 2
[ "$(got 1)" = "$n" ] || die "a rule says drop, and packets arrive"
nft flush chain inet guard forward
in_hardware 'nft rule: gone'

# --- conntrack -D ---
EVENT=$(now_ms)
conntrack -D -p udp --orig-port-src 7001 > /dev/null 2>&1
follows 'conntrack -D' 2000
in_hardware 'conntrack -D: a new connection'
stream_end

# --- a bridge: FDB and VLANs ---
nft flush ruleset
conntrack -F 2>/dev/null
for n in 1 2; do
	ip addr flush dev "$(rep $n)"
done
vm 2 ip addr del 10.0.1.2/32 dev lo
ip link add br0 type bridge vlan_filtering 1 ageing_time 100000
ip link set br0 up
ip addr add 10.0.1.1/24 dev br0
for n in 1 2; do
	ip link set "$(rep $n)" master br0
done
nft -f - <<NFT
table inet filter {
	flowtable fast {
		hook ingress priority filter
		devices = { $(rep 0), $(rep 1), $(rep 2) }
		flags offload
		counter
	}
	chain forward {
		type filter hook forward priority filter
		meta l4proto { tcp, udp } flow add @fast
	}
}
NFT
vm 1 ping -q -c 1 -W 10 10.0.1.1 > "$WORK/ping" || die "vm1 does not reach the bridge: $(cat "$WORK/ping")"
stream
in_hardware 'through a bridge'

# The VM moves to the other port, with its addresses.
vm 1 ip link set eth0 down
vm 2 ip addr flush dev eth0
vm 2 ip link set eth0 address 02:00:00:00:77:01
EVENT=$(now_ms)
vm 2 ip addr add 10.0.1.2/24 dev eth0
vm 2 ip route replace default via 10.0.1.1
vm 2 ping -q -c 1 -W 10 10.0.1.1 > "$WORK/ping" || die "the VM does not reach the bridge from its new place: $(cat "$WORK/ping")"
follows 'FDB: the VM has moved' 1000
in_hardware 'FDB: the VM has moved' 2

EVENT=$(now_ms)
bridge vlan del dev "$(rep 2)" vid 1
follows 'VLAN: no member any more' 1000
stays_out "not a member of the VLAN"
bridge vlan add dev "$(rep 2)" vid 1 pvid untagged
in_hardware 'VLAN: a member again' 2
stream_end
ip link del br0
bed_down
