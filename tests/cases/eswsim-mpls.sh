#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan 6.1
# group: eswsim
# timeout: 600
#
# MPLS in the virtual NIC's ASIC: labels matched, pushed, popped and changed,
# each by a rule in hardware only and by the same rule in software only, with
# the same frames out of both; and labels between chains.
# shellcheck disable=SC2086 # words are split on purpose
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/asic.sh"

MPLS=mpls_uc

matches() {
	local m=eth/mpls,label=500,tc=3,ttl=9/ip/udp
	match $MPLS "" $m eth/ip/udp
	match $MPLS "mpls_label 500" $m eth/mpls,label=501/ip/udp
	match $MPLS "mpls_tc 3" $m eth/mpls,tc=2/ip/udp
	match $MPLS "mpls_bos 1" $m eth/mpls,label=500/mpls,label=1/ip/udp
	match $MPLS "mpls_bos 0" eth/mpls/mpls/ip/udp eth/mpls/ip/udp
	match $MPLS "mpls_ttl 9" $m eth/mpls,label=500,ttl=8/ip/udp
	match $MPLS "mpls_label 500 mpls_tc 3 mpls_bos 1 mpls_ttl 9" $m eth/mpls,label=500,tc=3,ttl=10/ip/udp
	match mpls_mc "mpls_label 500" eth,type=0x8848/mpls,label=500/ip/udp $m
	# Deeper in the stack, and a stack that is cut short.
	match $MPLS "mpls lse depth 2 label 7" eth/mpls/mpls,label=7/ip/udp eth/mpls,label=7/mpls,label=8/ip/udp
	match $MPLS "mpls lse depth 1 label 100 lse depth 2 bos 0" eth/mpls/mpls/mpls/ip eth/mpls/mpls/ip
	match $MPLS "mpls lse depth 2 label 0" eth/mpls/mpls,label=0/ip/udp eth/mpls/cut,18
	match 802.1q "vlan_id 5 vlan_ethtype $MPLS mpls_label 500" \
		eth/vlan,id=5/mpls,label=500/ip eth/vlan,id=5/mpls,label=4/ip
}

changes() {
	local u=eth/ip/udp/data v=eth/vlan,id=5,prio=3
	act ip "" "mpls push label 77 pipe @1" $u vf1=eth/mpls,label=77,ttl=255/ip/udp/data
	act ip "" "mpls push protocol mpls_mc label 77 tc 5 ttl 3 bos 0 pipe @1" $u \
		vf1=eth,type=0x8848/mpls,label=77,tc=5,ttl=3,bos=0/ip/udp/data
	act ip "" "mpls push label 1 pipe mpls push label 2 pipe @1" $u \
		vf1=eth/mpls,label=2,ttl=255/mpls,label=1,ttl=255/ip/udp/data
	act ip "" "mpls push label 1 pipe @2 pipe mpls push label 2 pipe @1" $u \
		vf2=eth/mpls,label=1,ttl=255/ip/udp/data vf1=eth/mpls,label=2,ttl=255/mpls,label=1,ttl=255/ip/udp/data
	# Behind the first VLAN tag, before the second.
	act 802.1q "" "mpls push label 77 pipe @1" $v/ip/udp vf1=$v/mpls,label=77,ttl=255/ip/udp
	act 802.1ad "" "mpls push label 77 pipe @1" eth/vlan,id=2,tpid=0x88a8/vlan,id=3/ip/udp \
		vf1=eth/vlan,id=2,tpid=0x88a8,type=0x8847/mpls,label=77,ttl=255/vlan,id=3/ip/udp
	act ip "" "vlan push id 9 pipe mpls push label 4 pipe @1" $u vf1=eth/vlan,id=9/mpls,label=4,ttl=255/ip/udp/data
	act $MPLS "" "mpls pop protocol ip pipe @1" eth/mpls/ip/udp/data vf1=$u
	act $MPLS "" "mpls pop protocol $MPLS pipe @1" eth/mpls/mpls,label=3/ip/udp vf1=eth/mpls,label=3/ip/udp
	act $MPLS "" "mpls pop protocol $MPLS pipe mpls pop protocol ipv6 pipe @1" eth/mpls/mpls/ip6/udp vf1=eth/ip6/udp
	act 802.1q "vlan_ethtype $MPLS" "mpls pop protocol ip pipe @1" $v/mpls/ip/udp vf1=$v/ip/udp
	act ip "" "mpls pop protocol ip pipe @1" $u vf1=$u
	act $MPLS "" "mpls modify label 9 pipe @1" eth/mpls,tc=2,ttl=7/ip vf1=eth/mpls,label=9,tc=2,ttl=7/ip
	act $MPLS "" "mpls modify tc 6 ttl 200 pipe @1" eth/mpls/mpls/ip vf1=eth/mpls,tc=6,ttl=200/mpls/ip
	act $MPLS "" "mpls pop protocol $MPLS pipe mpls modify label 9 pipe @1" eth/mpls/mpls,tc=4/ip vf1=eth/mpls,label=9,tc=4/ip
	# There is no label to change.
	act ip "" "mpls modify label 9 pipe @1" $u
	act $MPLS "" "mpls pop protocol ip pipe pedit ex munge eth dst set 02:aa:bb:cc:dd:ee pipe @1" \
		eth/mpls/ip/udp vf1=eth,dst=02:aa:bb:cc:dd:ee/ip/udp
}

between_chains() {
	CASE="what is under the label, after goto"
	rule "$rep0" 1 chain 0 protocol $MPLS flower skip_sw mpls_label 6 action mpls pop protocol ip pipe action goto chain 3
	rule "$rep0" 1 chain 3 protocol ip flower skip_sw dst_ip 10.0.0.2 ip_proto udp \
		action mpls push label 16 ttl 8 pipe action mirred egress redirect dev "$p0"
	frames vf0 eth/mpls,label=6/ip/udp/data wire=eth/mpls,label=16,ttl=8/ip/udp/data
	frames vf0 eth/mpls,label=7/ip/udp rep0=eth/mpls,label=7/ip/udp
	grep -q "mpls-push 00010008" $DEBUG/rules || die "$CASE: $(cat $DEBUG/rules)"
	tc filter del dev "$rep0" ingress chain 3
	clear_rules
}

setup
matches
changes
between_chains
refused "dec_ttl" protocol $MPLS flower skip_sw action mpls dec_ttl pipe action mirred egress redirect dev "$rep1"
! grep -q . $DEBUG/rules || die "rules are left: $(cat $DEBUG/rules)"
cleanup
rmmod eswsim
echo "$SEEN exchanges with the switch, all as expected"
