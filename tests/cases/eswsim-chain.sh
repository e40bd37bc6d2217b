#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev
# group: eswsim
# timeout: 600
#
# A frame that leaves the virtual NIC's table in a later chain, or in the
# middle of a rule, comes out as if software had done all of it: with
# NET_TC_SKB_EXT the host goes on where the hardware left off and gets the frame
# as changed so far; without it, it starts over with the frame as it came, and
# what it would then do twice is refused.
# shellcheck disable=SC2086,SC2154 # words are split on purpose; asic.sh sets rep0 ...
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/asic.sh"

u=eth/ip/udp/data
ttl="pedit ex munge ip ttl add 0xff pipe csum ip pipe"

# hw_rule, sw_rule CHAIN PRIO WORDS...: a rule for both, for the host alone.
hw_rule() {
	local chain=$1 prio=$2
	shift 2
	rule "$rep0" $prio chain $chain "$@"
}
sw_rule() {
	local chain=$1 prio=$2 protocol=$4
	shift 4
	rule "$rep0" $prio chain $chain protocol $protocol flower skip_hw "$@"
}

# host_sees CHANGED: what comes to the representor when hardware has changed the
# frame to that.
host_sees() {
	if [ -n "$restore" ]; then
		echo "rep0=$1"
	else
		echo "rep0=$u"
	fi
}

# all_rules_gone: chains other than 0 are not deleted with the rest.
all_rules_gone() {
	tc qdisc del dev "$rep0" clsact
	tc qdisc add dev "$rep0" clsact
	! grep . $DEBUG/rules || die "$CASE: rules are left"
}

chains() {
	CASE="a miss in a later chain"
	hw_rule 0 1 protocol ip flower ip_ttl 64 action $ttl action goto chain 5
	sw_rule 5 1 protocol ip ip_ttl 63 action mirred egress redirect dev "$rep1"
	frames vf0 $u "$(host_sees eth/ip,ttl=63/udp/data)" vf1=eth/ip,ttl=63/udp/data
	if [ -n "$restore" ]; then
		[ "$(sent software "$rep0" chain 0)" = 0 ] || die "$CASE: the host began anew"
		[ "$(sent hardware "$rep0" chain 0)" = 1 ] || die "$CASE: not counted"
	fi
	CASE="the host's rule comes to hardware"
	hw_rule 5 2 protocol ip flower skip_sw ip_ttl 63 action mirred egress redirect dev "$rep2"
	frames vf0 $u vf2=eth/ip,ttl=63/udp/data
	all_rules_gone

	CASE="a tag put on before the miss"
	hw_rule 0 1 protocol ip flower action vlan push id 9 pipe action goto chain 268435455
	sw_rule 268435455 1 protocol 802.1q vlan_id 9 \
		action vlan modify id 10 pipe action mirred egress redirect dev "$rep1"
	frames vf0 $u "$(host_sees eth/vlan,id=9/ip/udp/data)" vf1=eth/vlan,id=10/ip/udp/data
	all_rules_gone

	CASE="four chains"
	hw_rule 0 1 protocol ip flower action $ttl action goto chain 1
	hw_rule 1 1 protocol ip flower ip_ttl 63 action $ttl action goto chain 2
	hw_rule 2 1 protocol ip flower ip_ttl 62 action pedit ex munge ip tos set 8 pipe csum ip pipe action goto chain 3
	sw_rule 3 1 protocol ip ip_ttl 62 ip_tos 8 action mirred egress redirect dev "$rep1"
	frames vf0 $u "$(host_sees eth/ip,ttl=62,tos=8/udp/data)" vf1=eth/ip,ttl=62,tos=8/udp/data
	all_rules_gone

	CASE="a chain that the host has no rule of"
	hw_rule 0 1 protocol ip flower action $ttl action goto chain 7
	frames vf0 $u "$(host_sees eth/ip,ttl=63/udp/data)"
	all_rules_gone
}

tracking() {
	CASE="a miss at ct"
	hw_rule 0 1 protocol ip flower ip_ttl 64 action $ttl action ct zone 9 pipe action goto chain 5
	sw_rule 5 1 protocol ip ct_state +trk+new ct_zone 9 ip_ttl 63 action mirred egress redirect dev "$rep1"
	frames vf0 $u "$(host_sees eth/ip,ttl=63/udp/data)" vf1=eth/ip,ttl=63/udp/data
	[ -z "$restore" ] || [ "$(sent hardware "$rep0" chain 0)" = 0 ] || die "$CASE: counted twice"
	# Neither IP nor an unfragmented packet: the host's, as it is.
	CASE="no IP at ct"
	hw_rule 0 2 protocol 0x88b5 flower action ct zone 9 pipe action goto chain 5
	frames vf0 eth/data rep0=eth/data
	all_rules_gone

	CASE="a miss at the second ct"
	hw_rule 0 1 protocol ip flower action $ttl action ct clear pipe $ttl action ct zone 9 pipe action goto chain 5
	sw_rule 5 1 protocol ip ct_state +trk ip_ttl 62 action mirred egress redirect dev "$rep1"
	frames vf0 $u "$(host_sees eth/ip,ttl=62/udp/data)" vf1=eth/ip,ttl=62/udp/data
	all_rules_gone

	CASE="ct in a later chain"
	hw_rule 0 1 protocol ip flower action $ttl action goto chain 4
	hw_rule 4 1 protocol ip flower action ct zone 9 pipe action goto chain 5
	sw_rule 5 1 protocol ip ct_state +trk ip_ttl 63 action mirred egress redirect dev "$rep1"
	frames vf0 $u "$(host_sees eth/ip,ttl=63/udp/data)" vf1=eth/ip,ttl=63/udp/data
	all_rules_gone
}

# What is sent before the host takes over is sent once, or the rule is refused.
copies() {
	local next
	for next in "action goto chain 5" "action ct zone 9 pipe action goto chain 5"; do
		CASE="mirror, $next"
		if [ -z "$restore" ]; then
			refused NET_TC_SKB_EXT protocol ip flower verbose skip_sw \
				action mirred egress mirror dev "$rep2" pipe $next
			continue
		fi
		hw_rule 0 1 protocol ip flower action mirred egress mirror dev "$rep2" pipe $next
		sw_rule 5 1 protocol ip action vlan push id 3 pipe action mirred egress redirect dev "$rep1"
		frames vf0 $u vf2=$u rep0=$u vf1=eth/vlan,id=3/ip/udp/data
		all_rules_gone
	done
}

# Rules come and go under traffic.
churn() {
	local n
	CASE=churn
	for ((n = 0; n < 20; n++)); do
		hw_rule 0 1 protocol ip flower action $ttl action ct zone 9 pipe action goto chain 5
		hw_rule 5 1 protocol ip flower ct_state +trk action mirred egress redirect dev "$rep1"
		ask burst vf0 $u 50
		tc filter del dev "$rep0" ingress chain $((n % 2 * 5)) prio 1
		ask burst vf0 $u 50
		all_rules_gone
	done
	ask drain 1
}

setup
modprobe act_ct
# Whether the kernel restores, by what hardware says to a rule that needs it.
restore=yes
if ! tc filter add dev "$rep0" ingress prio 1 protocol ip flower skip_sw \
	action mirred egress mirror dev "$rep1" pipe action goto chain 5 2> "$WORK/refused"; then
	restore=
fi
CASE=setup
all_rules_gone
chains
tracking
copies
churn
cleanup
rmmod eswsim
echo "$SEEN exchanges with the switch, all as expected; chain restored: ${restore:-no}"
