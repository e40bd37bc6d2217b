#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev
# group: eswsim
# timeout: 600
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
. "$(dirname "$0")/lib/ct.sh"

# Two VMs in one subnet that know each other's addresses, and no host between.
setup() {
	local n mac0 mac1
	nic_up 2
	[ -e $DEBUG ] || mount -t debugfs debugfs /sys/kernel/debug
	for n in 0 1; do
		vm_netns $n
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
	if zcat /proc/config.gz 2>/dev/null | sees '^CONFIG_NET_TC_SKB_EXT=y'; then
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

# begin DEV WORDS...: IPv4 of DEV asks conntrack, by these words.
begin() {
	local dev=$1
	shift
	rule "$dev" 0 1 ip ct_state -trk "$@" action goto chain 1
}

# back WORDS...: what VM 1 answers passes (ANSWER: "nat" or nothing); new connections
# of VM 0 too, committed by these words.
back() {
	rule "$rep0" 1 9 ip ct_state +trk+new \
		action ct commit zone $ZONE "$@" pipe action mirred egress redirect dev "$rep1"
	begin "$rep1" action ct zone $ZONE ${ANSWER:-} pipe
	rule "$rep1" 1 1 ip ct_state +trk+est action mirred egress redirect dev "$rep0"
}

# Rules that must not match stand before those that must.
matches() {
	local label=0123456789abcdef00000000000000ff to="action mirred egress redirect dev $rep1" words
	CASE="marks, labels, zones"
	begin "$rep0" action ct zone $ZONE pipe
	back mark 0x11/0xff label $label
	for words in "1 +trk+est ct_mark 0x22/0xff" "2 +trk+est ct_zone 6" "4 -trk" \
	    "5 +trk+est+rpl" "6 +trk+inv" "7 +trk+est ct_label ff00000000000000/ff00000000000000"; do
		rule "$rep0" 1 ${words%% *} ip ct_state ${words#* } action drop
	done
	rule "$rep0" 1 8 ip ct_state +trk+est-rpl-inv ct_zone 5 ct_mark 0x11/0xf ct_label $label $to
	udp "$CASE" 10.0.0.2 5001 5001
	clear_rules
}

clearing() {
	local to="action mirred egress redirect dev $rep1"
	CASE="ct clear"
	begin "$rep0" action ct zone $ZONE pipe
	back
	rule "$rep0" 1 1 ip ct_state +trk+est action ct clear pipe action goto chain 2
	rule "$rep0" 2 1 ip ct_state +trk action drop
	rule "$rep0" 2 2 ip ct_state -trk $to
	udp "$CASE" 10.0.0.2 5001 5001
	clear_rules
}

# Of a rule that is not for software the host does nothing, also where hardware
# has it go on with an action of that rule (tcf_action_exec()): so it is with all
# NICs. No connection comes of it, and no packet is lost on the way to the host.
hardware_only() {
	local miss
	CASE="skip_sw"
	begin "$rep0" skip_sw action ct zone $ZONE pipe
	back
	rule "$rep0" 1 1 ip skip_sw ct_state +trk+est action mirred egress redirect dev "$rep1"
	miss=$(hw "$rep0" hw_rx_miss_packets)
	vm 0 bash -c 'for _ in 1 2 3 4 5; do echo hello > /dev/udp/10.0.0.2/5001; done'
	until_true 10 more "$rep0" hw_rx_miss_packets $((miss + 4)) || die "$CASE: the host does not get them"
	[ "$(sent software "$rep0" chain 1 prio 9)" = 0 ] || die "$CASE: the host went on: $(cat "$WORK/sent")"
	! ct "dport=5001 " || die "$CASE: $(cat "$WORK/conntrack")"
	! grep . $DEBUG/connections || die "$CASE: a connection in hardware"
	clear_rules
}

# What comes before ct is done once, by hardware, also where the host goes on.
edited() {
	CASE="edit before ct"
	begin "$rep0" action pedit ex munge ip ttl add 0xff pipe csum ip pipe action ct zone $ZONE pipe
	back
	rule "$rep0" 1 1 ip ct_state +trk+est action mirred egress redirect dev "$rep1"
	udp "$CASE" 10.0.0.2 5001 5001 63
	clear_rules
}

# Hardware finds the connection, the host has the rule for it.
late() {
	local miss before receiver
	CASE="the host's rule"
	begin "$rep0" action ct zone $ZONE pipe
	back mark 7
	rule "$rep0" 1 1 ip ct_state +trk+est action goto chain 3
	software "$rep0" 3 1 ip ct_state +trk+est ct_zone $ZONE ct_mark 7 action mirred egress redirect dev "$rep1"
	software "$rep0" 3 2 ip action drop
	vm 1 udpflow recv 5001 --for 500 > "$WORK/recv" &
	receiver=$!
	rm -f "$WORK/go"
	vm 0 udpflow send 10.0.0.2 5001 2000 --pps 2000 --warmup 1 --until "$WORK/go" > "$WORK/send" &
	until_true 60 established || die "$CASE: not in hardware"
	miss=$(hw "$rep0" hw_rx_miss_packets)
	before=$(sent software "$rep0" chain 0 prio 1)
	touch "$WORK/go"
	wait $receiver
	miss=$(($(hw "$rep0" hw_rx_miss_packets) - miss))
	before=$(($(sent software "$rep0" chain 0 prio 1) - before))
	echo "$CASE: hardware missed $miss, of which the host began $before anew; $(cat "$WORK/recv")"
	grep -q ' lost=0 ' "$WORK/recv" || die "$CASE: $(cat "$WORK/recv")"
	[ "$miss" -ge 2000 ] || die "$CASE: only $miss misses"
	[ -z "$restore" ] || [ "$before" -le 40 ] || die "$CASE: $before packets began anew in software"
	clear_rules
}

# A commit is the host's, also of an established connection: it sets the mark.
commits() {
	local receiver
	CASE=commit
	begin "$rep0" action ct zone $ZONE pipe
	back mark 1
	rule "$rep0" 1 1 ip ct_state +trk+est \
		action ct commit zone $ZONE mark 51 pipe action mirred egress redirect dev "$rep1"
	vm 1 udpflow recv 5001 --for 500 > "$WORK/recv" &
	receiver=$!
	vm 0 udpflow send 10.0.0.2 5001 500 --pps 500 > "$WORK/send"
	wait $receiver
	grep -q ' lost=0 ' "$WORK/recv" || die "$CASE: $(cat "$WORK/recv")"
	ct "dport=5001 .*mark=51 " || die "$CASE: $(cat "$WORK/conntrack")"
	clear_rules
}

# packets WORDS...: what conntrack has counted in the first direction.
packets() {
	conntrack -L "$@" > "$WORK/conntrack" 2>/dev/null
	sed -n 's/^[^=]*=[^=]*=[^=]*=[^=]*=[0-9]* packets=\([0-9]*\) .*/\1/p' "$WORK/conntrack"
}

# Longer than the timeout, a packet now and then: stays. Then none: goes, all counted.
ageing() {
	local miss n receiver sender
	CASE=ageing
	begin "$rep0" action ct zone $ZONE pipe
	back
	rule "$rep0" 1 1 ip ct_state +trk+est action mirred egress redirect dev "$rep1"
	sysctl -qw net.netfilter.nf_flowtable_udp_timeout=4
	vm 1 udpflow recv 5001 --for 500 > "$WORK/recv" &
	receiver=$!
	rm -f "$WORK/go"
	vm 0 udpflow send 10.0.0.2 5001 1 --until "$WORK/go" > "$WORK/send" &
	sender=$!
	until_true 60 established || die "$CASE: not in hardware"
	miss=$(hw "$rep0" hw_rx_miss_packets)
	for n in 1 2 3 4 5; do
		sleep 3
		established || die "$CASE: a busy connection left after $n times 3 s"
	done
	miss=$(($(hw "$rep0" hw_rx_miss_packets) - miss))
	touch "$WORK/go"
	wait $sender
	wait $receiver
	until_true 30 connections 0 || die "$CASE: an idle connection stays: $(cat $DEBUG/connections)"
	n=$(sed -n 's/^sent=//p' "$WORK/send")
	echo "$CASE: host $miss packets; conntrack counts $(packets -p udp --dport 5001) of $n and a few"
	[ "$miss" -le 10 ] || die "$CASE: the host got $miss packets of a connection in hardware"
	[ "$(packets -p udp --dport 5001)" -ge "$n" ] || die "$CASE: packets not counted: $(cat "$WORK/conntrack")"
	sysctl -qw net.netfilter.nf_flowtable_udp_timeout=30
	clear_rules
}

# Rules, connections, the whole table and in the end the NIC go under traffic.
under_traffic() {
	local n hit sender receiver
	CASE="under traffic"
	ip netns exec vm1 udpflow recv 5001 --for 300 > "$WORK/recv" &
	receiver=$!
	ANSWER=nat
	for n in rule flush forget chain all unload; do
		rm -f "$WORK/stop"
		begin "$rep0" action ct zone $ZONE nat pipe
		back nat src addr 10.0.0.77 port 2000-3000
		rule "$rep0" 1 1 ip ct_state +trk+est action mirred egress redirect dev "$rep1"
		ip netns exec vm0 udpflow send 10.0.0.2 5001 9000000 --pps 3000 --warmup 0 --stop "$WORK/stop" > "$WORK/send" 2>&1 &
		sender=$!
		until_true 60 established || die "$CASE: $n: not in hardware: $(conntrack -L 2>&1; cat "$WORK/send")"
		hit=$(hw "$rep0" hw_rx_hit_packets)
		until_true 10 more "$rep0" hw_rx_hit_packets $((hit + 100)) || die "$CASE: $n: no packets in hardware"
		case $n in
		rule) tc filter del dev "$rep0" ingress chain 0 prio 1 ;;
		flush) conntrack -F > "$WORK/flush" 2>&1 ;;
		forget)
			echo 1 > $DEBUG/forget_rules
			! grep . $DEBUG/connections || die "$CASE: not forgotten"
			;;
		chain) tc filter del dev "$rep0" ingress chain 1 ;;
		all) clear_rules ;;
		unload) rmmod eswsim ;;
		esac
		sleep 0.5
		touch "$WORK/stop"
		[ $n != unload ] || break
		clear_rules
		reap TERM $sender
	done
	reap TERM $sender $receiver
	conntrack -F > "$WORK/flush" 2>&1
	ip netns del vm0
	ip netns del vm1
}

# more DEV COUNTER N: has the counter come beyond N?
more() { [ "$(hw "$1" "$2")" -gt "$3" ]; }

refusals() {
	local said
	CASE=refusals
	if said=$(tc filter add dev "$rep0" ingress protocol ip prio 2 flower skip_sw action ct zone $ZONE 2>&1); then
		die "taken: ct as the last action"
	fi
	[[ $said = *"must end in"* ]] || die "ct as the last action: $said"
	clear_rules
}

# With arguments only these parts, all of them with --full; under_traffic, in which
# the module goes, is the last.
setup
head -c 10M /dev/urandom > "$WORK/data"
if [ $# = 0 ] && [ -n "${NFT_OFFLOAD_FULL:-}" ]; then
	set -- plain nat matches clearing hardware_only edited late commits ageing refusals under_traffic
elif [ $# = 0 ]; then
	set -- plain refusals under_traffic
fi
for part; do
	$part
done
