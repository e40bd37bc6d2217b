#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan 6.1
# group: eswsim
# timeout: 600
#
# What the virtual NIC's ASIC does with frames. Each match gets a frame that
# hits and one that misses, each action the bytes that it must make; both are
# done twice, by a rule in hardware only and by the same rule in software only,
# and both must give the same frames. Hits must not be seen on representors.
# Then chains, priorities, replacement, shared blocks, and what is refused.
# shellcheck disable=SC2086 # words are split on purpose
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/asic.sh"

matches() {
	local u=eth/ip/udp/data t=eth/ip/tcp/data u6=eth/ip6/udp/data a=eth/arp
	match all "dst_mac 02:00:00:00:00:02" $u eth,dst=02:00:00:00:00:03/ip/udp/data
	match all "src_mac 02:00:00:00:00:01" $u eth,src=02:00:00:00:01:01/ip/udp/data
	match all "dst_mac 01:00:00:00:00:00/01:00:00:00:00:00" \
		eth,dst=33:33:00:00:00:01/ip6/udp $u
	match 0x88b5 "" eth/data $u
	match ip "" $u $u6
	match 802.1q "vlan_id 5" eth/vlan,id=5/ip/udp eth/vlan,id=6/ip/udp
	match 802.1q "vlan_prio 3" eth/vlan,id=5,prio=3/ip/udp eth/vlan,id=5,prio=2/ip/udp
	match 802.1q "vlan_id 5 vlan_ethtype ip dst_ip 10.0.0.2" eth/vlan,id=5/ip/udp eth/vlan,id=5/ip6/udp
	match 802.1ad "vlan_id 5" eth/vlan,id=5,tpid=0x88a8/ip/udp eth/vlan,id=5/ip/udp
	match 802.1ad "vlan_id 5 vlan_ethtype 802.1q cvlan_id 7 cvlan_prio 2 cvlan_ethtype ip ip_proto udp dst_port 2000" \
		eth/vlan,id=5,tpid=0x88a8/vlan,id=7,prio=2/ip/udp/data \
		eth/vlan,id=5,tpid=0x88a8/vlan,id=8,prio=2/ip/udp/data
	match ip "src_ip 10.0.0.1" $u eth/ip,src=10.0.0.9/udp/data
	match ip "dst_ip 10.0.0.0/30" $u eth/ip,dst=10.0.0.4/udp/data
	match ipv6 "src_ip fd00::1" $u6 eth/ip6,src=fd00::3/udp/data
	match ipv6 "dst_ip fd00::/64" $u6 eth/ip6,dst=fd01::2/udp/data
	match ip "ip_tos 0x10" eth/ip,tos=0x10/udp eth/ip,tos=0x14/udp
	match ip "ip_tos 0x10/0x10" eth/ip,tos=0x1c/udp eth/ip,tos=0x0c/udp
	match ipv6 "ip_tos 0x20/0xfc" eth/ip6,tc=0x21/udp eth/ip6,tc=0x24/udp
	match ip "ip_ttl 64" $u eth/ip,ttl=63/udp/data
	match ip "ip_ttl 0/0xfe" eth/ip,ttl=1/udp eth/ip,ttl=2/udp
	match ipv6 "ip_ttl 1" eth/ip6,hl=1/udp $u6
	match ip "ip_proto tcp" $t $u
	match ip "ip_proto 2f" eth/ip,proto=47/data,len=8 $u
	match ip "ip_proto udp dst_port 2000" $u eth/ip/udp,dport=2001/data
	match ip "ip_proto tcp src_port 1000 dst_port 2000" $t eth/ip/tcp,sport=999/data
	match ip "ip_proto sctp dst_port 2000" eth/ip/sctp eth/ip/sctp,dport=1
	match ipv6 "ip_proto tcp dst_port 2000/0xfff0" eth/ip6/tcp,dport=2015 eth/ip6/tcp,dport=2016
	# Options and extension headers are passed over, ports found behind them.
	match ip "ip_proto udp dst_port 2000" eth/ip,opt=94040000/udp eth/ip,opt=94040000/udp,dport=3
	match ipv6 "ip_proto udp dst_port 2000" eth/ip6/hop/udp eth/ip6/hop/udp,dport=3
	match ip "ip_proto tcp tcp_flags 0x2/0x7" eth/ip/tcp,flags=0x12 eth/ip/tcp,flags=0x11
	match ip "ip_proto tcp tcp_flags 0/0x5" $t eth/ip/tcp,flags=0x4
	match ip "ip_proto icmp type 8 code 0" eth/ip/icmp/data eth/ip/icmp,type=0/data
	match ipv6 "ip_proto icmpv6 type 135" eth/ip6/icmp6,type=135 eth/ip6/icmp6,type=136
	match arp "arp_op request arp_tip 10.0.0.2" $a eth/arp,op=2
	match arp "arp_sip 10.0.0.0/24 arp_sha 02:00:00:00:00:01" $a eth/arp,sip=10.1.0.1
	match arp "arp_tha 02:00:00:00:00:07" eth/arp,op=2,tha=02:00:00:00:00:07 $a
	match ip "ip_flags frag" eth/ip,frag=0x2000/udp/data $u
	match ip "ip_flags nofrag" $u eth/ip,frag=0x2003/data
	match ip "ip_flags frag/firstfrag" eth/ip,frag=0x2000/udp/data eth/ip,frag=0x2003/data
	match ip "ip_flags frag/nofirstfrag" eth/ip,frag=0x0003/data eth/ip,frag=0x2000/udp/data
	match ipv6 "ip_flags frag" eth/ip6/frag6,off=2/data $u6
	# No fragment has ports; a header cut short has none either.
	match ip "ip_proto udp dst_port 2000" $u eth/ip,frag=0x2003,proto=17/hex,03e807d000080000
	match ip "ip_proto udp dst_port 2000" $u eth/ip,frag=0x2000/udp
	match ip "ip_proto udp dst_port 2000" $u eth/ip/udp/cut,36
	match ipv6 "ip_proto udp dst_port 2000" eth/ip6/udp eth/ip6/frag6,more=1/udp
	match ip "ip_proto tcp tcp_flags 0x10/0x10" eth/ip/tcp eth/ip/tcp/cut,50
	match ip "ip_proto udp" eth/ip/udp/data/cut,36 eth/ip/tcp/data/cut,36
}

forwarding() {
	local u=eth/ip/udp/data
	act all "" "@1" $u vf1=$u
	act all "" "@p" $u wire=$u
	act all "" "@2 pipe @1" $u vf2=$u vf1=$u
	act all "" "@2 pipe mirred egress mirror dev $p0 pipe @1" $u vf2=$u wire=$u vf1=$u
	act all "" "drop" $u
	# A mirrored frame has the bytes of its place in the list.
	act all "" "@2 pipe vlan push id 9 pipe @1" $u vf2=$u vf1=eth/vlan,id=9/ip/udp/data
	act all "" "vlan push id 9 pipe @2 pipe vlan pop pipe @1" $u \
		vf2=eth/vlan,id=9/ip/udp/data vf1=$u
	CASE="from the wire"
	rule "$p0" 1 protocol all flower skip_sw action mirred egress redirect dev "$rep2"
	frames wire $u vf2=$u
	clear_rules "$p0"
	frames wire $u p0=$u
	CASE="back where it came from"
	rule "$rep0" 1 protocol all flower skip_sw action mirred egress redirect dev "$rep0"
	frames vf0 $u vf0=$u
	clear_rules
	CASE="pass and trap are for the host"
	for action in pass trap; do
		rule "$rep0" 1 protocol all flower skip_sw action $action
		rule "$rep0" 2 protocol all flower skip_sw action mirred egress redirect dev "$rep1"
		frames vf0 $u rep0=$u
		clear_rules
	done
}

vlans() {
	local u=eth/ip/udp/data v=eth/vlan,id=5,prio=3,dei=1/ip/udp/data
	act ip "" "vlan push id 100 priority 6 pipe @1" $u vf1=eth/vlan,id=100,prio=6/ip/udp/data
	act ip "" "vlan push id 7 protocol 802.1ad pipe @1" $u vf1=eth/vlan,id=7,tpid=0x88a8/ip/udp/data
	act 802.1q "" "vlan push id 7 protocol 802.1ad pipe @1" $v \
		vf1=eth/vlan,id=7,tpid=0x88a8/vlan,id=5,prio=3,dei=1/ip/udp/data
	act 802.1q "" "vlan pop pipe @1" $v vf1=$u
	act 802.1ad "" "vlan pop pipe @1" eth/vlan,id=2,tpid=0x88a8/vlan,id=3/ip/udp vf1=eth/vlan,id=3/ip/udp
	act 802.1ad "" "vlan pop pipe vlan pop pipe @1" eth/vlan,id=2,tpid=0x88a8/vlan,id=3/ip/udp vf1=eth/ip/udp
	act 802.1q "" "vlan modify id 8 pipe @1" $v vf1=eth/vlan,id=8,prio=3,dei=1/ip/udp/data
	act 802.1q "" "vlan modify id 8 priority 1 protocol 802.1ad pipe @1" $v \
		vf1=eth/vlan,id=8,prio=1,dei=1,tpid=0x88a8/ip/udp/data
	# Software never sees a frame that ends with its tag; nor may a rule.
	act 802.1q "" "vlan pop pipe @1" eth/vlan,id=5/ip/udp/cut,20 vf1=eth/ip/udp/cut,16
	CASE="a frame that ends with its tag"
	rule "$rep0" 1 protocol 802.1q flower skip_sw action vlan pop pipe \
		action mirred egress redirect dev "$rep1"
	frames vf0 eth/vlan,id=5/ip/udp/cut,19
	clear_rules
	act ip "" "vlan pop pipe @1" $u vf1=$u
	act ip "" "vlan modify id 8 pipe @1" $u vf1=$u
}

edits() {
	local u=eth/ip/udp/data t=eth/ip/tcp/data u6=eth/ip6/udp/data
	act all "" "pedit ex munge eth dst set 02:aa:bb:cc:dd:ee munge eth src set 02:11:22:33:44:55 pipe @1" \
		$u vf1=eth,dst=02:aa:bb:cc:dd:ee,src=02:11:22:33:44:55/ip/udp/data
	act ip "" "pedit ex munge ip ttl add 0xff pipe csum ip pipe @1" $u vf1=eth/ip,ttl=63/udp/data
	act ip "" "pedit ex munge ip ttl set 9 pipe csum ip pipe @1" $u vf1=eth/ip,ttl=9/udp/data
	# No underflow check, as in software.
	act ip "" "pedit ex munge ip ttl add 0xff pipe csum ip pipe @1" eth/ip,ttl=0/udp vf1=eth/ip,ttl=255/udp
	act ip "" "pedit ex munge ip tos set 0x48 pipe csum ip pipe @1" $u vf1=eth/ip,tos=0x48/udp/data
	act ipv6 "" "pedit ex munge ip6 hoplimit add 0xff pipe @1" $u6 vf1=eth/ip6,hl=63/udp/data
	act ipv6 "" "pedit ex munge ip6 traffic_class set 0xb8 pipe @1" \
		eth/ip6,label=0x12345/udp vf1=eth/ip6,label=0x12345,tc=0xb8/udp
	act ip "ip_proto udp" "pedit ex munge ip src set 192.0.2.1 munge udp sport set 77 pipe csum ip and udp pipe @1" \
		$u vf1=eth/ip,src=192.0.2.1/udp,sport=77/data
	act ip "ip_proto tcp" "pedit ex munge ip dst set 192.0.2.1 munge tcp dport set 77 pipe csum ip and tcp pipe @1" \
		$t vf1=eth/ip,dst=192.0.2.1/tcp,dport=77/data
	act ipv6 "ip_proto udp" "pedit ex munge ip6 dst set fd00::99 munge udp dport set 77 pipe csum udp pipe @1" \
		$u6 vf1=eth/ip6,dst=fd00::99/udp,dport=77/data
	act ipv6 "ip_proto tcp" "pedit ex munge ip6 src set fd00::99 munge tcp sport set 77 pipe csum tcp pipe @1" \
		eth/ip6/hop/tcp/data vf1=eth/ip6,src=fd00::99/hop/tcp,sport=77/data
	act ip "ip_proto icmp" "pedit ex munge ip src set 192.0.2.1 pipe csum ip and icmp pipe @1" \
		eth/ip/icmp/data vf1=eth/ip,src=192.0.2.1/icmp/data
	act ipv6 "ip_proto icmpv6" "pedit ex munge ip6 src set fd00::99 pipe csum icmp pipe @1" \
		eth/ip6/icmp6/data vf1=eth/ip6,src=fd00::99/icmp6/data
	act 802.1q "vlan_ethtype ip" "pedit ex munge ip ttl add 0xff pipe csum ip pipe @1" \
		eth/vlan,id=5/ip/udp vf1=eth/vlan,id=5/ip,ttl=63/udp
	act ip "ip_proto udp" "pedit ex munge udp dport set 77 pipe csum udp pipe @1" \
		eth/ip,opt=94040000/udp/data vf1=eth/ip,opt=94040000/udp,dport=77/data
	act ip "ip_proto udp" "pedit ex munge ip ttl add 0xff pipe vlan push id 4 pipe csum ip pipe @1" \
		$u vf1=eth/vlan,id=4/ip,ttl=63/udp/data
}

checksums() {
	local u=eth/ip/udp/data
	# Without csum the checksums are left alone, and become wrong.
	act ip "" "pedit ex munge ip ttl add 0xff pipe @1" eth/ip,csum=0x1234/udp/data vf1=eth/ip,ttl=63,csum=0x1234/udp/data
	act ip "" "csum ip pipe @1" eth/ip,csum=0/udp vf1=eth/ip/udp
	act ip "" "csum udp pipe @1" eth/ip/udp,csum=0x1234/data vf1=$u
	act ip "" "csum tcp pipe @1" eth/ip/udp,csum=0x1234/data vf1=eth/ip/udp,csum=0x1234/data
	# UDP without a checksum has none afterwards either; in IPv6 it gets one.
	act ip "" "csum udp pipe @1" eth/ip/udp,csum=0/data vf1=eth/ip/udp,csum=0/data
	act ipv6 "" "csum udp pipe @1" eth/ip6/udp,csum=0/data vf1=eth/ip6/udp/data
	# This sum is zero, which goes as all ones.
	act ip "" "csum udp pipe @1" eth/ip/udp,csum=1/hex,e01f vf1=eth/ip/udp,csum=0xffff/hex,e01f
	# Odd lengths, Ethernet padding, UDP lengths that lie, later fragments.
	act ip "" "csum udp pipe @1" eth/ip/udp,csum=1/data,len=33 vf1=eth/ip/udp/data,len=33
	act ip "" "csum tcp pipe @1" eth/ip,len=40/tcp,csum=1/hex,000000 \
		vf1=eth/ip,len=40/tcp,csum=0x8e17/hex,000000
	act ip "" "csum udp pipe @1" eth/ip/udp,len=20,csum=7/data vf1=eth/ip/udp,len=20,csum=0/data
	act ip "" "csum udp and ip pipe @1" eth/ip,frag=3,proto=17,csum=0/data vf1=eth/ip,frag=3,proto=17/data
	# A header that says to have no words is none to drop, in software. What their sum
	# is, assembler and C do not agree; with KASAN it is C (GENERIC_CSUM).
	local none=0000
	[ ! -e /sys/kernel/debug/kmemleak ] || none=ffff
	act ip "" "csum ip pipe @1" eth,type=0x0800/hex,0000000000000000000000000000000000000000 \
		vf1=eth,type=0x0800/hex,00000000000000000000${none}0000000000000000
	# A frame shorter than its headers say is dropped.
	act ip "" "csum udp pipe @1" eth/ip/udp/data/cut,60
	act ipv6 "" "csum udp pipe @1" eth/ip6/udp/data/cut,60
}

chains() {
	local u=eth/ip/udp/data
	CASE="goto chain"
	rule "$rep0" 1 chain 0 protocol ip flower skip_sw dst_ip 10.0.0.2 action goto chain 5
	frames vf0 $u rep0=$u
	rule "$rep0" 1 chain 5 protocol ip flower skip_sw ip_proto udp action mirred egress redirect dev "$rep1"
	frames vf0 $u vf1=$u
	frames vf0 eth/ip/tcp rep0=eth/ip/tcp
	tc filter del dev "$rep0" ingress chain 5
	clear_rules
	CASE="a later chain matches what an earlier one wrote"
	rule "$rep0" 1 chain 0 protocol ip flower skip_sw ip_ttl 64 \
		action pedit ex munge ip ttl set 7 pipe csum ip pipe action goto chain 70000
	rule "$rep0" 1 chain 70000 protocol ip flower skip_sw ip_ttl 7 action mirred egress redirect dev "$rep1"
	frames vf0 $u vf1=eth/ip,ttl=7/udp/data
	CASE="a miss after that"
	tc filter del dev "$rep0" ingress chain 70000
	# With the chain to go on with the host gets what was written so far, without it the original.
	if tc filter add dev "$rep0" ingress prio 2 chain 0 protocol ip flower skip_sw \
		action mirred egress mirror dev "$rep1" action goto chain 70000 2> "$WORK/no-ext"; then
		frames vf0 $u rep0=eth/ip,ttl=7/udp/data
		tc filter add dev "$rep0" ingress chain 70000 prio 1 protocol ip flower skip_hw ip_ttl 7 \
			action vlan push id 3 pipe action mirred egress redirect dev "$rep1"
		frames vf0 $u rep0=eth/ip,ttl=7/udp/data vf1=eth/vlan,id=3/ip,ttl=7/udp/data
		tc filter del dev "$rep0" ingress chain 70000
	else
		grep -q NET_TC_SKB_EXT "$WORK/no-ext" || die "$CASE: $(cat "$WORK/no-ext")"
		frames vf0 $u rep0=$u
	fi
	clear_rules
	CASE="endless goto is dropped"
	rule "$rep0" 1 chain 0 protocol ip flower skip_sw action goto chain 1
	rule "$rep0" 1 chain 1 protocol ip flower skip_sw action goto chain 0
	frames vf0 $u
	tc filter del dev "$rep0" ingress chain 1
	clear_rules
}

priorities() {
	local u=eth/ip/udp/data
	CASE="the lowest priority number wins"
	rule "$rep0" 20 protocol ip flower skip_sw action mirred egress redirect dev "$rep2"
	rule "$rep0" 10 protocol ip flower skip_sw dst_ip 10.0.0.2 action mirred egress redirect dev "$rep1"
	rule "$rep0" 30 protocol ip flower skip_sw ip_proto udp action drop
	frames vf0 $u vf1=$u
	tc filter del dev "$rep0" ingress prio 10
	frames vf0 $u vf2=$u
	tc filter del dev "$rep0" ingress prio 20
	frames vf0 $u
	clear_rules
	CASE="of several masks in one priority the first wins"
	rule "$rep0" 1 handle 1 protocol ip flower skip_sw dst_ip 10.0.0.0/24 action mirred egress redirect dev "$rep1"
	rule "$rep0" 1 handle 2 protocol ip flower skip_sw dst_ip 10.0.0.2 action mirred egress redirect dev "$rep2"
	frames vf0 $u vf1=$u
	CASE="replacing a rule"
	tc filter replace dev "$rep0" ingress prio 1 handle 1 protocol ip flower skip_sw dst_ip 10.0.0.0/24 \
		action mirred egress redirect dev "$p0"
	frames vf0 $u wire=$u
	[ "$(grep -c . $DEBUG/rules)" = 2 ] || die "$CASE: $(cat $DEBUG/rules)"
	clear_rules
	! grep -q . $DEBUG/rules || die "rules are left: $(cat $DEBUG/rules)"
}

shared_block() {
	local u=eth/ip/udp/data n
	CASE="a shared block"
	for n in "$rep0" "$rep1"; do
		tc qdisc del dev "$n" clsact
	done
	tc qdisc add dev "$rep0" ingress_block 22 clsact
	tc filter add block 22 protocol ip prio 1 flower skip_sw action mirred egress redirect dev "$rep2"
	frames vf0 $u vf2=$u
	tc qdisc add dev "$rep1" ingress_block 22 clsact
	frames vf1 $u vf2=$u
	[ "$(grep -c . $DEBUG/rules)" = 1 ] || die "$CASE: $(cat $DEBUG/rules)"
	tc filter add block 22 protocol ip pref 2 flower skip_sw indev "$rep1" ip_proto tcp \
		action mirred egress redirect dev "$rep0" || die "$CASE: indev"
	tc filter del block 22 prio 1
	frames vf1 eth/ip/tcp vf0=eth/ip/tcp
	frames vf0 eth/ip/tcp rep0=eth/ip/tcp
	tc qdisc del dev "$rep1" clsact
	frames vf1 eth/ip/tcp rep1=eth/ip/tcp
	[ "$(grep -c . $DEBUG/rules)" = 1 ] || die "$CASE: $(cat $DEBUG/rules)"
	tc qdisc del dev "$rep0" clsact
	! grep -q . $DEBUG/rules || die "$CASE: left: $(cat $DEBUG/rules)"
	for n in "$rep0" "$rep1"; do
		tc qdisc add dev "$n" clsact
	done
}

refusals() {
	local to="action mirred egress redirect dev $rep1" f="protocol ip flower skip_sw"
	ip link add stranger type dummy
	CASE=refusals
	refused "range of ports" $f ip_proto tcp dst_port 10-20 $to
	refused "tunnel key" $f enc_key_id 5 $to
	refused "no port of this NIC" $f action mirred egress redirect dev stranger
	refused "cannot do" $f action mirred ingress redirect dev "$rep1"
	refused "cannot do" $f action skbedit mark 7
	refused "must end in" $f action vlan push id 5
	refused "must end in" $f action mirred egress mirror dev "$rep1"
	refused "nothing can follow" $f $to action mirred egress redirect dev "$rep2"
	refused "match on its protocol" protocol all flower skip_sw action pedit ex munge ip ttl set 1 pipe $to
	refused "match on its protocol" $f action pedit ex munge tcp dport set 1 pipe $to
	refused "is fixed" $f action pedit ex munge ip protocol set 6 pipe $to
	refused "checksums only" $f action csum sctp pipe $to
	refused "stats" $f action pass hw_stats disabled
	refused "stats" $f action drop hw_stats delayed
	refused "matchall" protocol ip matchall skip_sw $to
	ip link del stranger
	CASE="hw-tc-offload"
	ethtool -K "$rep0" hw-tc-offload off
	refused "hw-tc-offload" $f $to
	ethtool -K "$rep0" hw-tc-offload on
	rule "$rep0" 1 $f $to
	! ethtool -K "$rep0" hw-tc-offload off > "$WORK/off" 2>&1 || die "turned off with a rule in place"
	clear_rules
	! grep -q . $DEBUG/rules || die "refused rules are left: $(cat $DEBUG/rules)"
}

setup
matches
forwarding
vlans
edits
checksums
chains
priorities
shared_block
refusals
cleanup
rmmod eswsim
echo "$SEEN exchanges with the switch, all as expected"
