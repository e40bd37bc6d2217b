#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock kasan 6.1
# group: eswsim
# timeout: 400
#
# Connection tracking in the virtual NIC, by plain tc: a rule with ct in front,
# rules on its result behind. New connections begin in software; once conntrack
# has established them hardware carries them, with and without NAT, UDP and
# TCP, IPv4 and IPv6, and the receiver gets every packet with right checksums.
# Then marks, labels and zones, ct clear, an action before ct, what the host
# knows of a connection that comes to it late, commit, FIN, idle and busy
# connections, rules deleted and the module unloaded under traffic, refusals.
# shellcheck disable=SC2086 # words are split on purpose
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

DEBUG=/sys/kernel/debug/eswsim/eswsim0
ZONE=5

# Two VMs in one subnet that know each other's addresses, and no host between.
setup() {
	local n mac0 mac1
	nic_up 2
	[ -e $DEBUG ] || mount -t debugfs debugfs /sys/kernel/debug
	for n in 0 1; do
		ip netns add vm$n
		ip link set "$(vf $n)" netns vm$n name eth0
		ip -n vm$n link set lo up
		ip netns exec vm$n sysctl -qw net.ipv6.conf.eth0.accept_dad=0
		ip -n vm$n link set eth0 up
		ip -n vm$n addr add 10.0.0.$((n + 1))/24 dev eth0
		ip -n vm$n addr add fd00::$((n + 1))/64 dev eth0 nodad
		ip link set "$(rep $n)" up
		tc qdisc add dev "$(rep $n)" clsact
	done
	rep0=$(rep 0) rep1=$(rep 1)
	mac0=$(vm 0 cat /sys/class/net/eth0/address)
	mac1=$(vm 1 cat /sys/class/net/eth0/address)
	for n in 10.0.0.2 10.0.0.100 fd00::2 fd00::100; do
		ip -n vm0 neigh replace "$n" lladdr "$mac1" dev eth0 nud permanent
	done
	for n in 10.0.0.1 10.0.0.77 fd00::1 fd00::77; do
		ip -n vm1 neigh replace "$n" lladdr "$mac0" dev eth0 nud permanent
	done
	modprobe -a nf_conntrack act_ct
	sysctl -qw net.netfilter.nf_conntrack_acct=1
	restore=
	if zcat /proc/config.gz 2>/dev/null | grep -q '^CONFIG_NET_TC_SKB_EXT=y'; then
		restore=yes
	fi
}

# rule DEV CHAIN PRIO PROTOCOL WORDS...: which hardware must take.
rule() {
	local dev=$1 chain=$2 prio=$3 protocol=$4
	shift 4
	tc filter add dev "$dev" ingress chain "$chain" prio "$prio" protocol "$protocol" flower verbose "$@" ||
		die "$CASE: not taken: chain $chain: $*"
	tc filter show dev "$dev" ingress chain "$chain" prio "$prio" > "$WORK/rule"
	! grep -q not_in_hw "$WORK/rule" || die "$CASE: not in hardware: chain $chain: $*"
}

# software DEV CHAIN PRIO PROTOCOL WORDS...: a rule that hardware does not get.
software() {
	local dev=$1 chain=$2 prio=$3 protocol=$4
	shift 4
	tc filter add dev "$dev" ingress chain "$chain" prio "$prio" protocol "$protocol" flower skip_hw "$@"
}

clear_rules() {
	local dev
	for dev in "$rep0" "$rep1"; do
		tc qdisc del dev "$dev" clsact
		tc qdisc add dev "$dev" clsact
	done
	! grep . $DEBUG/rules || die "$CASE: rules are left"
	! grep . $DEBUG/connections || die "$CASE: connections are left"
	conntrack -F > "$WORK/flush" 2>&1
}

# tracked NAT COMMIT: both ports, both families: chain 0 asks conntrack, chain 1
# lets new connections of VM 0 and established ones through. NAT: "nat" or
# nothing; COMMIT: words of the commit, with @ADDRESS words by family.
tracked() {
	local nat=$1 family protocol prio=1 other dev
	for family in ip ipv6; do
		local commit=$2
		[ -z "$commit" ] || commit=$3
		[ $family = ip ] && commit=$2
		for dev in "$rep0" "$rep1"; do
			other=$rep1
			[ "$dev" = "$rep0" ] || other=$rep0
			rule "$dev" 0 $prio $family ct_state -trk \
				action ct zone $ZONE $nat pipe action goto chain 1
			rule "$dev" 1 $prio $family ct_state +trk+est ct_zone $ZONE \
				action mirred egress redirect dev "$other"
		done
		rule "$rep0" 1 $prio $family ct_state +trk+new \
			action ct commit zone $ZONE $commit pipe action mirred egress redirect dev "$rep1"
		prio=$((prio + 1))
	done
}

# The direction of VM 0 is enough: conntrack lets the answers of UDP into
# hardware only when it has seen them for a while.
established() { grep -q "^zone $ZONE .* state a " $DEBUG/connections; }

connections() { [ "$(grep -c "^zone ${2:-$ZONE} " $DEBUG/connections)" = "$1" ]; }

# udp NAME ADDRESS PORT RECEIVE-PORT [TTL]: a flow of 4000 packets after it is in hardware.
udp() {
	local name=$1 hit miss receiver sender
	vm 1 udpflow recv "$4" --for 100 > "$WORK/recv" &
	receiver=$!
	rm -f "$WORK/go"
	vm 0 udpflow send "$2" "$3" 4000 --pps 4000 --warmup 1 --until "$WORK/go" > "$WORK/send" &
	sender=$!
	until_true 20 established || die "$name: not in hardware: $(cat $DEBUG/connections; conntrack -L 2>&1)"
	until_true 10 ct HW_OFFLOAD || die "$name: no [HW_OFFLOAD]: $(cat "$WORK/conntrack")"
	hit=$(hw "$rep0" hw_rx_hit_packets)
	miss=$(hw "$rep0" hw_rx_miss_packets)
	touch "$WORK/go"
	wait $sender || die "$name: $(cat "$WORK/send")"
	wait $receiver
	hit=$(($(hw "$rep0" hw_rx_hit_packets) - hit))
	miss=$(($(hw "$rep0" hw_rx_miss_packets) - miss))
	echo "$name: NIC carried $hit, host $miss; $(cat "$WORK/recv")"
	grep -q " lost=0 .*ttl=${5:-64}\.\.${5:-64}" "$WORK/recv" || die "$name: $(cat "$WORK/recv")"
	[ "$hit" -ge 4000 ] || die "$name: only $hit packets in hardware"
	[ "$miss" -le 40 ] || die "$name: $miss packets by the host"
	conntrack -F > "$WORK/flush" 2>&1
	until_true 20 connections 0 || die "$name: the deleted connection stays: $(cat $DEBUG/connections)"
}

# tcp NAME ADDRESS PORT RECEIVE-PORT: 10 MB, most of it by hardware, till FIN.
tcp() {
	local name=$1 hit receiver sender six=
	[[ $2 != *:* ]] || six=-6
	vm 1 timeout 100 nc $six -l "$4" > "$WORK/got" &
	receiver=$!
	sleep 0.5
	rm -f "$WORK/go"
	{ head -c 1K "$WORK/data"; until [ -e "$WORK/go" ]; do sleep 0.1; done; tail -c +1025 "$WORK/data"; } |
		vm 0 timeout 100 nc -N "$2" "$3" &
	sender=$!
	until_true 20 connections 2 || die "$name: not in hardware: $(cat $DEBUG/connections; conntrack -L 2>&1)"
	hit=$(($(hw "$rep0" hw_rx_hit_packets) + $(hw "$rep1" hw_rx_hit_packets)))
	touch "$WORK/go"
	wait $sender
	wait $receiver
	hit=$(($(hw "$rep0" hw_rx_hit_packets) + $(hw "$rep1" hw_rx_hit_packets) - hit))
	echo "$name: NIC carried $hit"
	cmp "$WORK/data" "$WORK/got" || die "$name: the data differ"
	[ "$hit" -ge 7000 ] || die "$name: only $hit packets in hardware"
	until_true 20 connections 0 || die "$name: outlives FIN: $(cat $DEBUG/connections)"
}

plain() {
	CASE=plain
	tracked "" "" ""
	udp "UDP" 10.0.0.2 5001 5001
	udp "UDP, IPv6" fd00::2 5001 5001
	tcp "TCP" 10.0.0.2 5002 5002
	tcp "TCP, IPv6" fd00::2 5002 5002
	clear_rules
}

nat() {
	CASE=dnat
	tracked nat "nat dst addr 10.0.0.2 port 5001" "nat dst addr fd00::2 port 5001"
	udp "UDP, DNAT" 10.0.0.100 6001 5001
	udp "UDP, IPv6, DNAT" fd00::100 6001 5001
	tcp "TCP, DNAT" 10.0.0.100 6001 5001
	tcp "TCP, IPv6, DNAT" fd00::100 6001 5001
	clear_rules
	CASE=snat
	tracked nat "nat src addr 10.0.0.77 port 2000-3000" "nat src addr fd00::77 port 2000-3000"
	udp "UDP, SNAT" 10.0.0.2 5001 5001
	udp "UDP, IPv6, SNAT" fd00::2 5001 5001
	tcp "TCP, SNAT" 10.0.0.2 5001 5001
	tcp "TCP, IPv6, SNAT" fd00::2 5001 5001
	clear_rules
}

setup
head -c 10M /dev/urandom > "$WORK/data"
plain
nat
