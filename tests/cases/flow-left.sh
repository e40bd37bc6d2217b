#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev kasan 6.1 7.2
# group: flow
# timeout: 900
#
# Flows that are left to software as a whole: an unresolved next hop, an egress
# MTU below what the ingress may send, a qdisc or an ifb that hardware would
# bypass, a full table, a driver that refuses, ports of two NICs. Each time the
# packets arrive all the same, the reason is told, and when the cause has gone
# the flow is in hardware.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

PORT=5000
# stream: an endless flow from vm0 to vm1, of ports of its own.
stream() {
	PORT=$((PORT + 1))
	rm -f "$WORK/stop"
	ip netns exec vm1 udpflow recv $PORT --for 800 > "$WORK/recv" &
	RECEIVER=$!
	ip netns exec vm0 udpflow send 10.0.1.2 $PORT 1000000 --pps 50 --warmup 1 --stop "$WORK/stop" > /dev/null 2>&1 &
	SENDER=$!
}
stream_end() {
	touch "$WORK/stop"
	wait $SENDER
	wait $RECEIVER
}
# all_arrived [LOST]: stream_end, and nothing was lost, or at most LOST.
all_arrived() {
	stream_end
	grep -q 'ttl=63\.\.63' "$WORK/recv" &&
		awk -F 'lost=' -v most="${1:-0}" '{ exit !($2 + 0 >= 0 && $2 + 0 <= most) }' "$WORK/recv" ||
		die "$CASE: the flow was hurt: $(cat "$WORK/recv")"
}
flows() { nft-offload flows --json | jq -es "map(select(.original.dport == $PORT)) | $1" > /dev/null; }
in_hw() { flows 'length == 1 and .[0].original.state == "in_hw" and .[0].reply.state == "in_hw"'; }
# left REASON [DIRECTION]: the stream is in software for that, and so say both.
left() {
	flows "length == 1 and .[0].${2:-original}.state == \"known\" and .[0].${2:-original}.reason == \"$1\"" &&
		nft-offload stats --json | jq -e ".reasons.$1 >= 1" > /dev/null
}
received() { vm 1 awk '$1 == "Udp:" && $2 ~ /^[0-9]/ { print $2 }' /proc/net/snmp; }
more_than() { [ "$(received)" -gt "$1" ]; }
# stays REASON [DIRECTION]: and packets arrive meanwhile.
stays() {
	until_true 30 left "$@" || die "$CASE: no reason $1: $(nft-offload flows --json)"
	until_true 30 more_than $(($(received) + 60)) || die "$CASE: nothing arrives"
	left "$@" || die "$CASE: not for long: $(nft-offload flows --json)"
	nft-offload flows
}
comes() { until_true "${1:-30}" in_hw || die "$CASE: not in hardware: $(nft-offload flows --json)"; }

# Kernels of 7.x do not put a connection into the flowtable whose way out is not
# known to the end (nft_flow_route() in net/netfilter/nf_flow_table_path.c).
unresolved() {
	left neighbour || { [ "$(uname -r | cut -d. -f1)" -ge 7 ] && flows 'length == 0'; }
}

neighbour() {
	CASE="no resolved next hop"
	nft flush ruleset
	stream
	until_true 30 more_than $(($(received) + 10)) || die "$CASE: no stream"
	# vm1 is not heard of any more; the stream goes on without it.
	ip -n vm1 link set eth0 arp off
	ip neigh del 10.0.1.2 dev "$(rep 1)"
	ruleset
	until_true 30 unresolved || die "$CASE: no reason: $(nft-offload flows --json; ip neigh)"
	nft-offload flows
	[ "$(sent hardware "$(rep 0)" protocol ip)" = 0 ] || die "$CASE: hardware forwards"
	ip -n vm1 link set eth0 arp on
	comes
	until_true 30 more_than $(($(received) + 60)) || die "$CASE: nothing arrives"
	stream_end
}

mtu() {
	CASE="egress MTU"
	ip link set "$(rep 1)" mtu 1400
	stream
	stays mtu
	ip link set "$(rep 1)" mtu 1500
	comes
	# And while it is in hardware.
	ip link set "$(rep 1)" mtu 1300
	stays mtu
	ip link set "$(rep 1)" mtu 1500
	comes
	all_arrived
}

qdisc() {
	CASE="a shaping qdisc"
	# What does not shape does not matter.
	tc qdisc add dev "$(rep 1)" root fq_codel
	stream
	comes
	tc qdisc replace dev "$(rep 1)" root tbf rate 100mbit burst 100k latency 100ms
	stays qdisc
	flows '.[0].original.driver_text | test("tbf")' || die "$CASE: no word of tbf: $(nft-offload flows --json)"
	tc -s qdisc show dev "$(rep 1)" | awk '/^qdisc tbf/ { on = 1 } on && /Sent/ { n = $4; on = 0 } END { exit !(n > 10) }' ||
		die "$CASE: the packets did not pass it: $(tc -s qdisc show dev "$(rep 1)")"
	tc qdisc del dev "$(rep 1)" root
	comes
	# A new qdisc takes the queues down for a moment.
	all_arrived 5
}

ifb() {
	CASE="an ifb before the router"
	ip link add shape type ifb
	ip link set shape up
	tc qdisc add dev shape root tbf rate 100mbit burst 100k latency 100ms
	stream
	comes
	tc filter add dev "$(rep 0)" ingress matchall action mirred egress redirect dev shape
	stays qdisc
	flows '.[0].original.driver_text | test("shape")' || die "$CASE: no word of it: $(nft-offload flows --json)"
	tc -s qdisc show dev shape | awk '/^qdisc tbf/ { on = 1 } on && /Sent/ { n = $4; on = 0 } END { exit !(n > 10) }' ||
		die "$CASE: the packets did not pass it: $(tc -s qdisc show dev shape)"
	tc filter del dev "$(rep 0)" ingress protocol all pref 49152
	comes
	# A new qdisc takes the queues down for a moment.
	all_arrived 5
	ip link del shape
}

bypass() {
	CASE="--bypass-qdisc"
	daemon_stop
	daemon_start --bypass-qdisc
	tc qdisc add dev "$(rep 1)" root tbf rate 100mbit burst 100k latency 100ms
	stream
	comes
	sleep 12
	in_hw || die "$CASE: it left hardware: $(nft-offload flows --json)"
	all_arrived
	tc qdisc del dev "$(rep 1)" root
	daemon_stop
	daemon_start
}

refused() {
	CASE="the driver's words"
	echo 22 > $DEBUG/fail_errno
	echo 1000000 > $DEBUG/fail_next
	stream
	stays driver_refused
	flows '.[0].original.driver_text | test("as was asked for")' || die "$CASE: not told: $(nft-offload flows --json)"
	all_arrived
	echo 0 > $DEBUG/fail_next
	conntrack -F 2> /dev/null
}

two_nics() {
	local other dev
	CASE="two NICs"
	echo "1 1" > /sys/bus/eswsim/new_device
	devlink dev eswitch set eswsim/eswsim1 mode switchdev
	echo 1 > /sys/bus/eswsim/devices/eswsim1/sriov_numvfs
	for dev in /sys/class/net/*/phys_switch_id; do
		dev=${dev%/*}
		[ "$(cat "$dev/phys_port_name" 2>/dev/null)" = pf0vf0 ] || continue
		[ "$(cat "$dev/phys_switch_id")" = "$(cat "/sys/class/net/$(rep 1)/phys_switch_id")" ] || other=${dev##*/}
	done
	dev=$(basename /sys/bus/eswsim/devices/eswsim1/virtfn0/net/*)
	ip netns add far
	ip link set "$dev" netns far name eth0
	ip -n far addr add 10.0.9.2/24 dev eth0
	ip -n far link set eth0 up
	ip -n far route add default via 10.0.9.1
	ip link set "$other" up
	ip addr add 10.0.9.1/24 dev "$other"
	nft flush ruleset
	sed "s/{ eth0, eth1 }/{ $(rep 1), $other }/" "${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft" | nft -f -
	PORT=$((PORT + 1))
	rm -f "$WORK/stop"
	ip netns exec vm1 udpflow recv $PORT --for 800 > "$WORK/recv" &
	RECEIVER=$!
	ip netns exec far udpflow send 10.0.1.2 $PORT 1000000 --pps 50 --warmup 1 --stop "$WORK/stop" > /dev/null &
	SENDER=$!
	stays other_switch
	flows ".[0].original.driver_text | test(\"$other\") and test(\"$(rep 1)\")" ||
		die "$CASE: not which: $(nft-offload flows --json)"
	all_arrived
	ip netns del far
	echo 1 > /sys/bus/eswsim/del_device
	nft flush ruleset
}

# Two flows as fast as each other and room for one: with its rule for TTL 0 and 1.
full() {
	local first
	CASE="a full table"
	bed_down
	bed_up 2 2
	modprobe -a nf_conntrack nf_flow_table
	sysctl -qw net.netfilter.nf_flowtable_udp_timeout=5
	daemon_start
	ruleset
	stream
	until_true 30 one_way || die "$CASE: not in hardware: $(nft-offload flows --json)"
	first=("$SENDER" "$RECEIVER")
	stream
	stays table_full
	flows '.[0].original.driver_text | test("full")' || die "$CASE: no words: $(nft-offload flows --json)"
	reap TERM "${first[@]}"
	until_true 120 one_way || die "$CASE: not in hardware: $(nft-offload flows --json)"
	all_arrived
}
one_way() { flows 'length == 1 and .[0].original.state == "in_hw"'; }

bed_up
DEBUG=/sys/kernel/debug/eswsim/eswsim0
[ -e $DEBUG ] || mount -t debugfs debugfs /sys/kernel/debug
daemon_start
neighbour
mtu
qdisc
ifb
bypass
refused
two_nics
full
bed_down
