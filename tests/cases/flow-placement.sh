#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# group: flow
# timeout: 900
#
# A NIC with far fewer rules than there are connections: the hottest ones are in
# hardware, whoever came first, and when others become hot, these; no packet is lost
# by that, no counter runs backwards, and people can see why the others are not. Also
# where nobody counts what software forwards: those that send at all then.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"

LIB=$(dirname "$0")/lib
SIZE=42		# two for TTL 0 and 1
FLOWS=60

bed_up_small() {
	local n
	nic_up 2 legacy
	devlink resource set eswsim/eswsim0 path rules size $SIZE
	devlink dev reload eswsim/eswsim0 > "$WORK/reload"
	devlink dev eswitch set eswsim/eswsim0 mode switchdev
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	modprobe -a nf_conntrack nf_flow_table
	sysctl -qw net.netfilter.nf_flowtable_udp_timeout=600 net.netfilter.nf_conntrack_acct=1
	for n in 0 1; do
		vm_up $n
	done
}
# hot FIRST END PPS [0]: see udphot.py.
hot() { echo "$*" > "$WORK/hot.new" && mv "$WORK/hot.new" "$WORK/hot"; }
talk() { # FROM
	rm -f "$WORK/stop"
	ip netns exec vm0 python3 "$LIB/udphot.py" 10.0.1.2 7000 "$1" $FLOWS "$WORK/hot" "$WORK/stop" > "$WORK/talk" &
	TALKER=$!
}
talk_end() { # NAME
	touch "$WORK/stop"
	wait $TALKER || die "$1: the sender failed"
	echo "$1: $(cat "$WORK/talk")"
	local sent answered
	sent=$(sed 's/sent=\([0-9]*\).*/\1/' "$WORK/talk") answered=$(sed 's/.*answered=//' "$WORK/talk")
	[ "$sent" -ge 500 ] || die "$1: too few packets to show anything"
	[ "$sent" = "$answered" ] || die "$1: $((sent - answered)) packets were lost"
}
flows() { nft-offload flows --json > "$WORK/flows"; }
# in_hw FROM FIRST END: directions in hardware, of these connections.
in_hw() {
	flows
	jq -s --argjson a $(($1 + $2)) --argjson b $(($1 + $3)) \
		'[.[] | select(.original.sport >= $a and .original.sport < $b) | .original, .reply | select(.state? == "in_hw")] | length' "$WORK/flows"
}
all_in_hw() { [ "$(in_hw "$@")" = $((2 * ($3 - $2))) ]; }
# The part of all packets from the VMs that hardware carried, in percent, for a while.
share() {
	local dev hit=0 miss=0
	for dev in $(rep 0) $(rep 1); do
		hit=$((hit + $(hw "$dev" hw_rx_hit_packets))) miss=$((miss + $(hw "$dev" hw_rx_miss_packets)))
	done
	sleep "$1"
	for dev in $(rep 0) $(rep 1); do
		hit=$((hit - $(hw "$dev" hw_rx_hit_packets))) miss=$((miss - $(hw "$dev" hw_rx_miss_packets)))
	done
	echo $((100 * hit / (hit + miss)))
}
becomes_hot() { # NAME FROM FIRST END
	local start
	start=$(now_ms)
	hot "$3" "$4" 20 ${5:+"$5"}
	until_true 60 all_in_hw "$2" "$3" "$4" || die "$1: $(in_hw "$2" "$3" "$4") of $((2 * ($4 - $3))) are in hardware: $(cat "$WORK/flows"; nft-offload stats)"
	echo "$1: in hardware after $(($(now_ms) - start)) ms"
}
# packets: all that hardware has carried, as the daemon counts.
packets() { flows; jq -s '[.[] | .original.packets, .reply.packets] | add' "$WORK/flows"; }

bed_up_small
DEBUG=/sys/kernel/debug/eswsim/eswsim0
[ -e $DEBUG ] || mount -t debugfs debugfs /sys/kernel/debug
vm 0 ping -q -c 1 -W 5 10.0.1.2 > "$WORK/ping" || die "no way"
daemon_start
ruleset
ip netns exec vm1 python3 "$LIB/udpmany.py" echo 7000 &
disown
until_true 30 sh -c "ip netns exec vm1 ss -Hlun \"sport = :7000\" | grep -q ."

# The last ones are hot, and the table is full before they come.
hot 50 60 20
talk 20000
until_true 120 sh -c "[ \"\$(nft-offload flows --json | wc -l)\" = $FLOWS ]" || die "not all connections are there: $(nft-offload flows)"
becomes_hot 'the last ones' 20000 50 60
[ "$(nic_rules)" -le $SIZE ] || die "more rules than fit"
flows
jq -se 'any(.[] | .original, .reply; .reason? == "table_full" and (.driver_text | test("full|taken")))' "$WORK/flows" > /dev/null ||
	die "nothing says that the NIC is full: $(cat "$WORK/flows")"
before=$(packets)
percent=$(share 10)
echo "hardware carries $percent % of all packets"
[ "$percent" -ge 85 ] || die "hardware carries too little: $(nft-offload stats; cat "$WORK/flows")"
# Others.
becomes_hot 'others' 20000 20 30
[ "$(packets)" -ge "$before" ] || die "counters run backwards"
nft-offload stats
# All is as it was for those that stay: what was hot first leaves when it is needed.
becomes_hot 'the first ones' 20000 0 10
talk_end 'counted'

# Nobody counts: a flowtable without "counter".
echo '--- uncounted'
conntrack -F 2> /dev/null
nft flush ruleset
until_true 60 nic_has 0 || die "rules are left"
ruleset
sed -i '/^[[:space:]]*counter$/d' "$WORK/router.nft"
nft flush ruleset
nft -f "$WORK/router.nft"
! nft list flowtables | grep -q counter || die "still counted"
hot 0 1 1 0
talk 30000
until_true 120 sh -c "[ \"\$(nft-offload flows --json | wc -l)\" = $FLOWS ]" || die "not all connections are there"
becomes_hot 'those that send' 30000 50 60 0
talk_end 'uncounted'
bed_down
