#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan 6.1
# group: eswsim
# timeout: 600
#
# Policers and samples in the virtual NIC's ASIC. What a policer lets pass is
# tried in hardware only and in software only, and must be the same: by bytes,
# by packets, by length with branches. Then policers that rules share, as
# actions of their own, with their counters; and psample's messages.
# shellcheck disable=SC2086 # words are split on purpose
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/asic.sh"

# 100 bytes behind the Ethernet header. Three of them fit into BUCKET, and the
# fourth does not for 11 seconds.
F=eth/ip/udp/data,len=72
BUCKET="rate 64bit burst 310"

# both WORDS FUNCTION ARG...: the rule in hardware, then in software; FUNCTION
# sends frames, with SEEN_BY the output of the host's side.
both() {
	local words=$1
	shift
	CASE="$words"
	words=${words//@1/mirred egress redirect dev $rep1}
	words=${words//@2/mirred egress redirect dev $rep2}
	rule "$rep0" 1 protocol all flower skip_sw action $words
	MODE=hw "$@"
	clear_rules
	rule "$rep0" 1 protocol all flower skip_hw action $words
	MODE=sw "$@"
	clear_rules
}

# one IN [OUT]: a frame through the rule of both.
one() {
	local in=$1
	shift
	if [ $MODE = sw ]; then
		frames vf0 "$in" "rep0=$in" "$@"
	else
		frames vf0 "$in" "$@"
	fi
}

three_pass() {
	local i
	for i in 1 2 3; do
		one $F vf1=$F
	done
	one $F
	one $F
}

by_length() {
	one eth/data,len=86 vf1=eth/data,len=86
	one eth/data,len=87
	# A VLAN tag does not count, the second one does.
	one eth/vlan/data,len=86 vf1=eth/vlan/data,len=86
	one eth/vlan/data,len=87
	one eth/vlan/vlan/data,len=82 vf1=eth/vlan/vlan/data,len=82
	one eth/vlan/vlan/data,len=83
}

branches() {
	one eth/data,len=86 vf1=eth/data,len=86
	one eth/data,len=87 vf2=eth/data,len=87
}

changed_branches() {
	one eth/data,len=86 vf1=eth/data,len=86
	one eth/data,len=87 vf2=eth,dst=02:aa:bb:cc:dd:ee,src=02:11:22:33:44:55/data,len=87
}

limits() {
	both "police $BUCKET conform-exceed drop/pipe action @1" three_pass
	both "police mtu 100 conform-exceed drop/pipe action @1" by_length
	both "police mtu 100 conform-exceed pipe / jump 2 action @2 action @1" branches
	both "police mtu 100 conform-exceed jump 2 / pipe action @1 action @2" branches
	both "police mtu 100 conform-exceed pipe / jump 3
	      action pedit ex munge eth dst set 02:aa:bb:cc:dd:ee munge eth src set 02:11:22:33:44:55
	      pipe action @2 action @1" changed_branches
	# The second policer is the first that is full.
	both "police rate 1mbit burst 10000 conform-exceed drop/pipe action police $BUCKET
	      conform-exceed drop/pipe action @1" three_pass
}

# Drops in the last policer of a filter's statistics.
dropped() {
	tc -s filter show dev "$rep0" ingress | grep -o "dropped [0-9]*" | head -1 | cut -d' ' -f2
}

counters() {
	local before passed seconds
	CASE="drops are counted"
	rule "$rep0" 1 protocol all flower skip_sw action police $BUCKET conform-exceed drop/pipe \
		action mirred egress redirect dev "$rep1"
	before=$(hw "$rep0" hw_rx_drop_packets)
	for _ in 1 2 3; do
		frames vf0 $F vf1=$F
	done
	frames vf0 $F
	frames vf0 $F
	[ "$(dropped)" = 2 ] || die "$CASE: $(tc -s filter show dev "$rep0" ingress)"
	tc -s filter show dev "$rep0" ingress | sees "Sent hardware 570 bytes 5 pkt" ||
		die "$CASE: $(tc -s filter show dev "$rep0" ingress)"
	[ $(($(hw "$rep0" hw_rx_drop_packets) - before)) = 2 ] || die "$CASE: by the port"
	clear_rules
	CASE="packets per second"
	rule "$rep0" 1 protocol all flower skip_sw action police pkts_rate 1 pkts_burst 3 conform-exceed drop/pipe \
		action mirred egress redirect dev "$rep1"
	before=$(hw "$rep1" hw_tx_packets)
	ask burst vf0 $F 200
	seconds=${answer#ok }
	passed=$(($(hw "$rep1" hw_tx_packets) - before))
	[ $passed -ge 3 ] && [ $passed -le $((${seconds%.*} + 5)) ] || die "$CASE: $passed passed in $seconds s"
	[ "$(dropped)" = $((200 - passed)) ] || die "$CASE: $passed passed, $(dropped) dropped"
	ask drain 0.5
	clear_rules
}

# policer INDEX: one of its own. The kernel asks hardware for the counters only
# in a dump (tcf_dump_walker()); what "get" says is what was asked last.
policer() {
	tc -s actions list action police > "$WORK/policers"
	tc -s actions get action police index "$1"
}

own_actions() {
	local to="action mirred egress redirect dev"
	CASE="a policer that two rules share"
	tc actions add action police index 77 $BUCKET conform-exceed drop/pipe skip_sw || die "$CASE"
	policer 77 | sees "in_hw in_hw_count 1" || die "$CASE: $(policer 77)"
	grep -q police $DEBUG/rules && die "$CASE: rules: $(cat $DEBUG/rules)"
	rule "$rep0" 1 protocol all flower skip_sw action police index 77 $to "$rep2"
	rule "$rep1" 1 protocol all flower skip_sw action police index 77 $to "$rep2"
	frames vf0 $F vf2=$F
	frames vf1 $F vf2=$F
	frames vf0 $F vf2=$F
	frames vf1 $F
	policer 77 | sees "Sent hardware 456 bytes 4 pkt" || die "$CASE: $(policer 77)"
	policer 77 | sees "dropped 1," || die "$CASE: $(policer 77)"
	CASE="its limits change under the rules"
	tc actions replace action police index 77 rate 1gbit burst 100000 conform-exceed drop/pipe skip_sw
	frames vf1 $F vf2=$F
	frames vf0 $F vf2=$F
	policer 77 | sees "Sent hardware 684 bytes 6 pkt" || die "$CASE: $(policer 77)"
	CASE="it outlives the rules, and the rules it"
	clear_rules "$rep0"
	clear_rules "$rep1"
	policer 77 | sees "in_hw in_hw_count 1" || die "$CASE: $(policer 77)"
	rule "$rep0" 1 protocol all flower skip_sw action police index 77 $to "$rep2"
	frames vf0 $F vf2=$F
	clear_rules
	tc actions del action police index 77
	CASE="in hardware only"
	tc actions add action police index 78 $BUCKET conform-exceed drop/pipe skip_sw || die "$CASE"
	rule "$rep0" 1 protocol all flower skip_sw action police index 78 $to "$rep2"
	frames vf0 $F vf2=$F
	clear_rules
	CASE="other actions of their own"
	! tc actions add action gact drop index 9 skip_sw 2> "$WORK/gact" || die "$CASE: taken"
	tc actions add action gact drop index 9
	tc -s actions get action gact index 9 | sees not_in_hw || die "$CASE: in hardware"
	tc actions del action gact index 9
}

samples() {
	local line sampler
	CASE=sample
	coproc SAMPLES { "$(dirname "$0")/lib/psample.py" 3 20; }
	sampler=$SAMPLES_PID	# bash forgets it when the helper ends
	read -r line <&"${SAMPLES[0]}"
	[ "$line" = ready ] || die "$CASE: $line"
	rule "$rep0" 1 protocol all flower skip_sw action sample rate 1 group 12 action vlan push id 9 pipe \
		action sample rate 1 group 13 trunc 18 action mirred egress redirect dev "$rep1"
	frames vf0 $F vf1=eth/vlan,id=9/ip/udp/data,len=72
	local n
	n=$(cat "/sys/class/net/$rep0/ifindex")
	read -r line <&"${SAMPLES[0]}"
	[[ $line = "group=12 iif=$n rate=1 size=114 data=0200000000020200000000010800"* && ${#line} -gt 250 ]] || die "$CASE: $line"
	read -r line <&"${SAMPLES[0]}"
	[ "$line" = "group=13 iif=$n rate=1 size=118 data=020000000002020000000001810000090800" ] || die "$CASE: $line"
	clear_rules
	# The same in software ends the helper, and says the same.
	rule "$rep0" 1 protocol all flower skip_hw action sample rate 1 group 12 trunc 14 action mirred egress redirect dev "$rep1"
	frames vf0 $F rep0=$F vf1=$F
	read -r line <&"${SAMPLES[0]}"
	[ "$line" = "group=12 iif=$n rate=1 size=114 data=0200000000020200000000010800" ] || die "$CASE: software: $line"
	clear_rules
	wait "$sampler" || die "$CASE: psample.py ended with $?"
	CASE="one of ten is sampled"
	coproc MANY { "$(dirname "$0")/lib/psample.py" 1000 4; }
	read -r line <&"${MANY[0]}"
	rule "$rep0" 1 protocol all flower skip_sw action sample rate 10 group 14 action mirred egress redirect dev "$rep1"
	ask burst vf0 $F 500
	line=$(grep -c "^group=14 .* rate=10 " <&"${MANY[0]}")
	[ "$line" -gt 5 ] && [ "$line" -lt 250 ] || die "$CASE: $line of 500"
	ask drain 0.5
	clear_rules
}

refusals() {
	local f="protocol all flower skip_sw" to="action mirred egress redirect dev $rep1"
	CASE=refusals
	refused "reclassify" $f action police $BUCKET $to
	refused "pipe, drop or jump" $f action police $BUCKET conform-exceed drop/ok $to
	refused "peakrate" $f action police rate 1mbit burst 10k peakrate 2mbit mtu 2000 conform-exceed drop/pipe $to
	refused "must end in" $f action police $BUCKET conform-exceed drop/pipe
	refused "only forward" $f action vlan push id 5 pipe action police mtu 100 conform-exceed drop / jump 1 $to
	refused "only forward" $f action police mtu 100 conform-exceed drop / jump 2 $to
	refused "before the target of a jump" $f action police mtu 100 conform-exceed pipe / jump 2 \
		action mirred egress mirror dev "$rep2" jump 3 $to
	refused "nothing can follow" $f action police mtu 100 conform-exceed drop / pipe $to action drop
	! grep -q . $DEBUG/rules || die "rules are left: $(cat $DEBUG/rules)"
}

# What was to be in hardware only is gone with it.
hardware_goes() {
	CASE="the hardware goes"
	devlink dev eswitch set eswsim/eswsim0 mode legacy
	! policer 78 > "$WORK/gone" 2>&1 || die "$CASE: $(cat "$WORK/gone")"
}

# With arguments only these parts; hardware_goes needs own_actions before it.
[ $# -gt 0 ] || set -- limits counters own_actions samples refusals hardware_goes
setup
for part; do
	$part
done
cleanup
rmmod eswsim
echo "$SEEN exchanges with the switch, all as expected"
