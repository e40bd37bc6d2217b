#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock kasan
# group: eswsim
# timeout: 900
#
# The rule table of the virtual NIC: counters, idle time, a full table, injected
# faults, writers in parallel under traffic, 100,000 rules, ports that go away.
# shellcheck disable=SC2086 # words are split on purpose
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/asic.sh"

# told WORD: what `tc -s` says of the only rule: packets or bytes.
told() { tc -s -j filter show dev "$rep0" ingress | jq -r "[.. | .$1? // empty] | max"; }

counters() {
	local hit miss drop tx i
	CASE=counters
	hit=$(hw "$rep0" hw_rx_hit_packets) miss=$(hw "$rep0" hw_rx_miss_packets)
	drop=$(hw "$rep0" hw_rx_drop_packets) tx=$(hw "$rep1" hw_tx_packets)
	rule "$rep0" 1 protocol ip flower skip_sw action mirred egress redirect dev "$rep1"
	for i in 1 2 3; do
		frames vf0 eth/ip/udp/data,len=58 vf1=eth/ip/udp/data,len=58
		[ "$(told hw_packets)" = $i ] || die "$CASE: $(told hw_packets) packets told, $i sent"
	done
	[ "$(told hw_bytes)" = 300 ] || die "$CASE: $(told hw_bytes) bytes of 300"
	[ "$(told in_hw_count)" = 1 ] || die "$CASE: in_hw_count $(told in_hw_count)"
	grep -q 'packets 3 bytes 300 ' $DEBUG/rules || die "$CASE: $(cat $DEBUG/rules)"
	frames vf0 eth/ip6/udp rep0=eth/ip6/udp
	clear_rules
	rule "$rep0" 1 protocol ip flower skip_sw action drop
	frames vf0 eth/ip/udp
	clear_rules
	[ $(($(hw "$rep0" hw_rx_hit_packets) - hit)) = 4 ] || die "$CASE: hits"
	[ $(($(hw "$rep0" hw_rx_miss_packets) - miss)) = 1 ] || die "$CASE: misses"
	[ $(($(hw "$rep0" hw_rx_drop_packets) - drop)) = 1 ] || die "$CASE: drops"
	[ $(($(hw "$rep1" hw_tx_packets) - tx)) = 3 ] || die "$CASE: sent"
}

# idle: seconds since the rule was used, as tc tells it.
idle() { tc -s -j filter show dev "$rep0" ingress | jq -r '[.. | .last_used? // empty] | min'; }

faults() {
	local to="action mirred egress redirect dev $rep1" f="protocol ip flower skip_sw" start seconds
	CASE="idle time"
	rule "$rep0" 1 $f $to
	sleep 2
	[ "$(idle)" -ge 1 ] || die "$CASE: $(idle) s"
	start=$SECONDS
	frames vf0 eth/ip/udp vf1=eth/ip/udp
	seconds=$(idle)
	# However long the look has taken.
	[ "$seconds" -le $((SECONDS - start + 1)) ] || die "$CASE: $seconds s after a packet"
	CASE="forget all rules"
	echo 1 > $DEBUG/forget_rules
	frames vf0 eth/ip/udp rep0=eth/ip/udp
	clear_rules
	CASE="fail the next"
	echo 2 > $DEBUG/fail_next
	echo 12 > $DEBUG/fail_errno
	refused fail_next $f $to
	refused fail_next $f $to
	rule "$rep0" 1 $f $to
	clear_rules
	CASE=stall
	echo 1500 > $DEBUG/stall_ms
	start=$(date +%s%N)
	rule "$rep0" 1 $f $to
	[ $((($(date +%s%N) - start) / 1000000)) -ge 1000 ] || die "no stall"
	clear_rules
	CASE="slow insertion"
	echo 300000 > $DEBUG/insert_delay_us
	start=$(date +%s%N)
	rule "$rep0" 1 $f $to
	[ $((($(date +%s%N) - start) / 1000000)) -ge 300 ] || die "no delay"
	echo 0 > $DEBUG/insert_delay_us
	clear_rules
}

# A table of two rules; the size comes into force with a reload, which also
# falls back to legacy mode.
full_table() {
	local n f="protocol ip flower skip_sw" to
	nic_up 2
	devlink resource set eswsim/eswsim0 path rules size 2
	devlink dev reload eswsim/eswsim0 > "$WORK/reload"
	devlink dev eswitch set eswsim/eswsim0 mode switchdev
	rep0=$(rep 0) to="action mirred egress redirect dev $(rep 1)"
	tc qdisc add dev "$rep0" clsact
	CASE="a full table"
	rule "$rep0" 1 $f dst_ip 10.0.0.1 $to
	rule "$rep0" 1 $f dst_ip 10.0.0.2 $to
	refused "table is full" $f dst_ip 10.0.0.3 $to
	devlink -j resource show eswsim/eswsim0 | jq -e '[.. | .occ? // empty] | max == 2' > /dev/null ||
		die "$CASE: $(devlink resource show eswsim/eswsim0)"
	# A rule that hardware has no room for stays in software.
	rule "$rep0" 1 protocol ip flower dst_ip 10.0.0.4 $to
	tc filter show dev "$rep0" ingress | sees not_in_hw || die "$CASE: not_in_hw"
	clear_rules
	rule "$rep0" 1 $f dst_ip 10.0.0.3 $to
	rmmod eswsim
}

# many N: N rules of one mask, of which the frame below matches the last.
many() {
	seq "$1" | awk -v r0="$rep0" -v r1="$rep1" -v n="$1" '{
		ip = sprintf("10.%d.%d.%d", $1 / 65536 + 1, $1 / 256 % 256, $1 % 256)
		if ($1 == n) ip = "10.0.0.2"
		printf "filter add dev %s ingress prio 1 protocol ip handle %d flower skip_sw dst_ip %s " \
			"ip_proto udp dst_port 2000 action mirred egress redirect dev %s\n", r0, $1, ip, r1
	}' | tc -batch -
	frames vf0 eth/ip/udp vf1=eth/ip/udp
	[ "$(grep -c . $DEBUG/rules)" = "$1" ] || die "$CASE: not all of $1 rules are in the table"
}

# cost: seconds that 3000 frames take, all of which must hit.
cost() {
	local hit
	hit=$(hw "$rep0" hw_rx_hit_packets)
	ask burst vf0 eth/ip/udp 3000
	cost=${answer#ok }
	[ $(($(hw "$rep0" hw_rx_hit_packets) - hit)) = 3000 ] || die "$CASE: not all frames hit"
	ask drain 0.5
}

scale() {
	local few cost rules
	CASE="many rules"
	many 10
	cost
	cost
	few=$cost
	clear_rules
	# With lock checks an insertion takes several times as long.
	rules=20000
	[ -z "${NFT_OFFLOAD_FULL:-}" ] || [ -e /proc/lockdep ] || rules=100000
	many $rules
	cost
	echo "3000 frames with 10 rules: $few s, with $rules: $cost s"
	# A walk over the rules would cost thousands of times as much; what is left
	# is noise of the machine.
	awk "BEGIN { exit !($cost < 20 * $few) }" || die "$CASE: slower in proportion"
	clear_rules
	! grep -q . $DEBUG/rules || die "$CASE: rules are left"
}

# Writers in parallel, blocks that come and go, rules that are forgotten, all
# under traffic: nothing to see but that the kernel has nothing to say.
churn() { # DEV
	local i
	for i in 1 2 3; do
		seq 1 150 | awk -v d="$1" -v t="$rep2" '{
			printf "filter add dev %s ingress prio %d protocol ip handle %d flower dst_ip 10.%d.0.0/%d " \
				"action pedit ex munge ip ttl add 0xff pipe csum ip pipe " \
				"action mirred egress redirect dev %s\n", d, 1 + $1 % 3, $1, $1, 16 + $1 % 9, t
			if ($1 % 3) printf "filter del dev %s ingress prio %d protocol ip handle %d flower\n",
				d, 1 + $1 % 3, $1
		}' | tc -batch - > /dev/null
		tc -s filter show dev "$1" ingress > /dev/null
		clear_rules "$1"
	done
}

parallel() {
	local n jobs=()
	CASE="writers in parallel"
	for n in "$rep0" "$rep1" "$p0"; do
		churn "$n" &
		jobs+=($!)
	done
	for n in 1 2 3 4 5 6; do
		ask burst vf0 eth/ip,dst=10.9.0.1/udp/data 500
		ask burst wire eth/ip,dst=10.30.0.1/udp/data 500
		echo 1 > $DEBUG/forget_rules
		cat $DEBUG/rules > /dev/null
		tc qdisc del dev "$rep2" clsact
		tc qdisc add dev "$rep2" clsact
	done
	wait "${jobs[@]}" || die "$CASE: a writer failed"
	ask drain 0.5
	! grep -q . $DEBUG/rules || die "$CASE: rules are left: $(cat $DEBUG/rules)"
}

# What names a port goes with the port, and a NIC goes with all its rules.
end() {
	CASE="a port goes"
	rule "$rep0" 1 protocol ip flower skip_sw action mirred egress redirect dev "$rep1"
	rule "$p0" 1 protocol ip flower skip_sw action mirred egress redirect dev "$p0"
	rule "$p0" 2 protocol ip flower skip_sw action mirred egress redirect dev "$rep1"
	cleanup
	echo 0 > $NIC/sriov_numvfs
	[ "$(grep -c . $DEBUG/rules)" = 1 ] || die "$CASE: $(cat $DEBUG/rules)"
	rmmod eswsim
}

full_table
setup
counters
faults
parallel
scale
end
echo "$SEEN exchanges with the switch, all as expected"
