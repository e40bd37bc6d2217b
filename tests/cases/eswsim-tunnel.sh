#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan 6.1
# group: eswsim
# timeout: 600
#
# Tunnels in the virtual NIC's ASIC: VXLAN, Geneve and GRE over IPv4 and IPv6,
# put on and taken off. Each rule is tried in hardware and in software only,
# where the kernel's own tunnel netdevs do the work: the same bytes must come
# out, down to the source port. Then next hops that change, what has to be left
# to software, chains, and what is refused. The kernel takes no skip_sw rule on
# a netdev that is no port of a driver (tc_setup_cb_add()), so that rules on
# tunnel netdevs are in both; that hardware did the work shows in what the host
# did not see.
# shellcheck disable=SC2086 # words are split on purpose
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/asic.sh"

US=192.168.9.1 PEER=192.168.9.2 PEER_MAC=02:00:00:00:09:02
US6=fd09::1 PEER6=fd09::2
U=eth/ip/udp/data

# The uplink as underlay, and a tunnel netdev of each kind.
underlay() {
	local n
	p0mac=$(cat "/sys/class/net/$p0/address")
	sysctl -qw "net.ipv6.conf.$p0.accept_dad=0" "net.ipv6.conf.$p0.router_solicitations=0" \
		"net.ipv6.conf.$p0.addr_gen_mode=1" "net.ipv6.conf.$p0.disable_ipv6=0" \
		net.ipv6.conf.lo.disable_ipv6=0 "net.ipv4.neigh.$p0.mcast_solicit=1" \
		"net.ipv4.neigh.$p0.app_solicit=0" net.ipv4.ipfrag_time=900
	ip addr add $US/24 dev "$p0"
	ip addr add $US6/64 dev "$p0" nodad
	ip neigh replace $PEER lladdr $PEER_MAC dev "$p0" nud permanent
	ip neigh replace $PEER6 lladdr $PEER_MAC dev "$p0" nud permanent
	ip link add vx type vxlan external dstport 4789 udp6zerocsumrx gbp
	ip link add gnv type geneve external dstport 6081 udp6zerocsumrx
	ip link add gre4 type gretap external
	ip link add gre6 type ip6gretap external
	for n in vx gnv gre4 gre6; do
		sysctl -qw "net.ipv6.conf.$n.disable_ipv6=1"
		ip link set $n up mtu 8000
		tc qdisc add dev $n clsact
	done
	ask drain 2
	OUT="eth,dst=$PEER_MAC,src=$p0mac" IN="eth,dst=$p0mac,src=$PEER_MAC"
	OUT4="$OUT/ip,src=$US,dst=$PEER,id=?" OUT6="$OUT/ip6,src=$US6,dst=$PEER6"
	IN4="$IN/ip,src=$PEER,dst=$US" IN6="$IN/ip6,src=$PEER6,dst=$US6"
	SET="tunnel_key set src_ip $US dst_ip $PEER id 42" SET6="tunnel_key set src_ip $US6 dst_ip $PEER6 id 42"
}

# on_tunnel DEV PRIO WORDS...: adds a filter that hardware must take, too.
on_tunnel() {
	rule "$@"
	tc filter show dev "$1" ingress > "$WORK/filters"
	if ! grep -q '^ *in_hw' "$WORK/filters" || grep -q not_in_hw "$WORK/filters"; then
		die "$CASE: not in hardware: $(cat "$WORK/filters")"
	fi
}

# encap ACTIONS FRAME OUT...: what comes out of hardware, and out of software.
encap() {
	local actions=$1 in=$2 hw
	shift 2
	CASE="encap $actions"
	actions=${actions//@/mirred egress redirect dev }
	rule "$rep0" 1 protocol all flower skip_sw action $actions
	frames vf0 "$in" "$@"
	hw=$answer
	clear_rules
	rule "$rep0" 1 protocol all flower skip_hw action $actions
	frames vf0 "$in" "rep0=$in" "$@"
	[ "$hw" = "$answer" ] || die "$CASE: hardware: $hw, software: $answer"
	clear_rules
}

encaps() {
	local x=vxlan,vni=42 in6=eth/ip6,tc=0x2a/udp/data in
	encap "$SET nocsum ttl 64 dst_port 4789 pipe @vx" $U wire=$OUT4,ttl=64/udp,csum=0,sport=?,dport=4789/$x/$U
	encap "$SET csum ttl 9 tos 0x48 dst_port 4790 pipe @vx" $U \
		wire=$OUT4,ttl=9,tos=0x48/udp,sport=?,dport=4790/$x/$U
	encap "tunnel_key set src_ip 0.0.0.0 dst_ip $PEER id 16777215 nocsum pipe @vx" $U \
		wire=$OUT4/udp,csum=0,sport=?,dport=4789/vxlan,vni=0xffffff/$U
	encap "$SET6 nocsum ttl 64 pipe @vx" $U wire=$OUT6/udp,csum=0,sport=?,dport=4789/$x/$U
	encap "$SET6 csum ttl 64 tos 0x20 pipe @vx" $in6 wire=$OUT6,tc=0x22/udp,sport=?,dport=4789/$x/$in6
	encap "$SET nocsum ttl 64 vxlan_opts 0x480101 pipe @vx" $U \
		wire=$OUT4/udp,csum=0,sport=?,dport=4789/$x,gbp=0x480101/$U
	# That the inner packet knows of congestion is copied, not that there was any (RFC 3168, 9.1.1).
	encap "$SET csum ttl 64 pipe @vx" eth/ip,tos=3/udp/data wire=$OUT4,tos=2/udp,sport=?,dport=4789/$x/eth/ip,tos=3/udp/data
	encap "$SET csum ttl 64 pipe @vx" eth/ip,tos=1/tcp/data,len=33 \
		wire=$OUT4,tos=1/udp,sport=?,dport=4789/$x/eth/ip,tos=1/tcp/data,len=33
	# Others are not IP, or tagged, or odd.
	for in in eth/data,len=60 eth/arp eth/vlan,id=7,prio=2/ip/udp/data eth/mpls/ip/udp eth/ip6/tcp \
		eth/ip,frag=0x2000/udp/data,len=99; do
		encap "$SET csum ttl 64 pipe @vx" $in wire=$OUT4/udp,sport=?,dport=4789/$x/$in
	done
	encap "$SET nocsum ttl 64 pipe @gnv" $U wire=$OUT4/udp,csum=0,sport=?,dport=6081/geneve/$U
	encap "$SET csum ttl 64 geneve_opts 0102:80:0011223344556677,0102:03:aabbccdd pipe @gnv" $U \
		wire=$OUT4/udp,sport=?,dport=6081/geneve,opt=01028002001122334455667701020301aabbccdd/$U
	encap "$SET6 csum ttl 7 tos 0xb8 geneve_opts 0102:80:00112233 pipe @gnv" $U \
		wire=$OUT6,tc=0xb8,hl=7/udp,sport=?,dport=6081/geneve,opt=0102800100112233/$U
	encap "$SET6 nocsum ttl 64 pipe @gnv" eth/ip,tos=2/udp wire=$OUT6,tc=2/udp,csum=0,sport=?,dport=6081/geneve/eth/ip,tos=2/udp
	encap "$SET nocsum ttl 64 pipe @gre4" $U wire=$OUT4/gre,key=42/$U
	encap "$SET csum ttl 64 tos 4 pipe @gre4" eth/ip,tos=1/udp/data,len=7 \
		wire=$OUT4,tos=5/gre,key=42,csum/eth/ip,tos=1/udp/data,len=7
	encap "tunnel_key set src_ip $US dst_ip $PEER nocsum ttl 3 pipe @gre4" $U wire=$OUT4,ttl=3/gre/$U
	encap "$SET6 nocsum ttl 64 pipe @gre6" $U wire=$OUT6,label=?/gre,key=42/$U
	encap "$SET6 csum ttl 64 tos 0x20 pipe @gre6" eth/ip,tos=1/udp wire=$OUT6,tc=0x20,label=?/gre,key=42,csum/eth/ip,tos=1/udp
}

# Several outputs, and changes on the way to them.
outputs() {
	local u9=eth/vlan,id=9/ip/udp/data
	encap "$SET nocsum ttl 1 pipe mirred egress mirror dev vx pipe $SET6 nocsum ttl 2 pipe mirred egress mirror dev gnv pipe @$rep1" $U \
		wire=$OUT4,ttl=1/udp,csum=0,sport=?,dport=4789/vxlan/$U \
		wire=$OUT6,hl=2/udp,csum=0,sport=?,dport=6081/geneve/$U vf1=$U
	encap "vlan push id 9 pipe $SET nocsum ttl 1 pipe mirred egress mirror dev vx pipe vlan pop pipe @gnv" $U \
		wire=$OUT4,ttl=1/udp,csum=0,sport=?,dport=4789/vxlan/$u9 \
		wire=$OUT4,ttl=1/udp,csum=0,sport=?,dport=6081/geneve/$U
	encap "$SET nocsum ttl 1 pipe tunnel_key unset pipe @$rep1" $U vf1=$U
}

# decap DEV MATCH HIT INNER MISS: what hits must not be seen by the host.
decap() {
	local dev=$1 words=$2 hit=$3 inner=$4 miss=$5
	CASE="decap $dev $2"
	local to="action tunnel_key unset pipe action mirred egress redirect dev $rep1"
	on_tunnel $dev 1 protocol all flower $words $to
	frames wire "$hit" "vf1=$inner"
	[ "$miss" = - ] || frames wire "$miss" "p0=$miss"
	clear_rules $dev
	rule $dev 1 protocol all flower skip_hw $words $to
	frames wire "$hit" "p0=$hit" "vf1=$inner"
	[ "$miss" = - ] || frames wire "$miss" "p0=$miss"
	clear_rules $dev
}

decaps() {
	local v=udp,csum=0,dport=4789 g=udp,csum=0,dport=6081 o=010280020011223344556677
	decap vx "enc_key_id 42" $IN4/$v/vxlan,vni=42/$U $U $IN4/$v/vxlan,vni=43/$U
	decap vx "enc_key_id 42" $IN6/udp,dport=4789/vxlan,vni=42/$U $U $IN6/$v/vxlan,vni=43/$U
	decap vx "enc_key_id 42" $IN6/$v/vxlan,vni=42/$U $U -
	decap vx "enc_key_id 42 enc_dst_port 4789 enc_src_ip $PEER enc_dst_ip $US" $IN4/udp,dport=4789/vxlan/$U $U \
		$IN/ip,src=192.168.9.3,dst=$US/$v/vxlan/$U
	decap vx "enc_key_id 42 enc_src_ip $PEER6 enc_dst_ip $US6" $IN6/udp,dport=4789/vxlan/$U $U \
		$IN/ip6,src=fd09::3,dst=$US6/udp,dport=4789/vxlan/$U
	decap vx "enc_key_id 42 enc_tos 0x48 enc_ttl 7" $IN4,tos=0x48,ttl=7/$v/vxlan/$U $U $IN4,tos=0x48,ttl=8/$v/vxlan/$U
	decap vx "vxlan_opts 0x101/0xffffffff" $IN4/$v/vxlan,gbp=0x101/$U $U $IN4/$v/vxlan,gbp=0x102/$U
	decap vx "dst_mac 02:00:00:00:00:02" $IN4/$v/vxlan/$U $U $IN4/$v/vxlan/eth,dst=02:00:00:00:00:03/ip/udp
	decap gnv "enc_key_id 42" $IN4/$g/geneve,vni=42/$U $U $IN4/$g/geneve,vni=1/$U
	decap gnv "enc_key_id 42 geneve_opts 0102:80:0011223344556677/ffff:ff:ffffffffffffffff" \
		$IN6/$g/geneve,opt=$o/$U $U $IN6/$g/geneve,opt=${o/77/78}/$U
	decap gnv "enc_key_id 42 geneve_opts 0102:80:0011223344556677/ffff:ff:ffffffff00000000" \
		$IN4/$g/geneve,opt=${o/77/78},oam=1/$U $U $IN4/$g/geneve/$U
	decap gre4 "enc_key_id 42" $IN4/gre,key=42/$U $U $IN4/gre,key=43/$U
	decap gre4 "enc_src_ip $PEER" $IN4/gre/$U $U $IN/ip,src=192.168.9.3,dst=$US/gre/$U
	decap gre6 "enc_key_id 42" $IN6/gre,key=42/$U $U $IN6/gre/$U
	# Padding behind the outer packet goes, other inner frames stay as they are.
	decap vx "enc_key_id 42" $IN4,len=92/$v,len=72/vxlan/eth/ip,len=42/udp,csum=0,len=22/data,len=14/data,len=9 \
		eth/ip/udp,csum=0/data,len=14 -
	decap vx "enc_key_id 42" $IN4/$v/vxlan/eth/vlan,id=5/ip6/tcp eth/vlan,id=5/ip6/tcp -
	# Bits of the group policy, without the bit that says so.
	decap vx "enc_key_id 42" $IN4/$v/vxlan,flags=1/$U $U -
	decap vx "enc_key_id 42" $IN4,tos=2/$v/vxlan/eth/ip,tos=1/udp eth/ip,tos=1/udp -
}

# left FRAME [OUT...]: a rule for everything does not take it; software does what it does.
left() {
	local frame=$1
	shift
	CASE="left to software: $frame"
	frames wire "$frame" "p0=$frame" "$@"
}

# left_marked TOS: the host changes the inner header of such a packet in place,
# so that p0 shows it as it was or as it is then.
left_marked() {
	local out=$IN4,tos=$1/udp,csum=0,dport=4789/vxlan
	CASE="left to software: congestion mark $1"
	echo "try wire $out/eth/ip,tos=2/udp p0=$out/eth/ip,tos=2/udp vf1=eth/ip,tos=$1/udp" >&"${PKT[1]}"
	read -r answer <&"${PKT[0]}"
	[[ $answer = ok* ]] ||
		frames wire $out/eth/ip,tos=2/udp p0=$out/eth/ip,tos=$1/udp vf1=eth/ip,tos=$1/udp
}

# What the ASIC must not decapsulate; the same rule in software shows what the host makes of it.
left_to_software() {
	local v=udp,csum=0,dport=4789 dev hits
	local to="action tunnel_key unset pipe action mirred egress redirect dev $rep1"
	ip link add plain type vxlan id 42 dstport 4000
	ip link set plain up
	for dev in vx gnv gre4; do
		on_tunnel $dev 1 protocol all flower $to
	done
	CASE="hits are counted"
	hits=$(hw "$p0" hw_rx_hit_packets)
	frames wire $IN4/$v/vxlan/$U vf1=$U
	[ "$(hw "$p0" hw_rx_hit_packets)" = $((hits + 1)) ] || die "$CASE"
	left $IN4/udp,csum=0x1234,dport=4789/vxlan/$U
	left $IN4,csum=0x1234/$v/vxlan/$U
	left $IN4/$v/vxlan,flags=0x4000000/$U
	left $IN4/udp,csum=0,dport=4000/vxlan/$U
	left $IN/ip,src=$PEER,dst=192.168.9.77/$v/vxlan/$U
	left eth,src=$PEER_MAC,dst=02:00:00:00:00:77/ip,src=$PEER,dst=$US/$v/vxlan/$U
	left $IN4,opt=94040000/$v/vxlan/$U vf1=$U
	left_marked 3
	left_marked 1
	left $IN4,frag=0x2000/$v/vxlan/$U
	left $IN4/$v/vxlan/eth/ip/cut,80
	left $IN4/udp,csum=0,dport=6081/geneve,proto=0x800/ip/udp
	left $IN4/gre,key=42,csum/$U
	left $IN4/gre,key=42,seq=1/$U vf1=$U
	[ "$(hw "$p0" hw_rx_hit_packets)" = $((hits + 1)) ] || die "left to software, but counted as hits"
	ip link del plain
	CASE="a tunnel that is down"
	ip link set vx down
	echo "try wire $IN4/$v/vxlan/$U p0=$IN4/$v/vxlan/$U" >&"${PKT[1]}"
	read -r answer <&"${PKT[0]}"
	# The host may say that the port is closed; the frame must be there, and not at vf1.
	[[ $answer = ok* || ($answer = *"p0:"* && $answer != *"vf1:"*) ]] || die "$CASE: $answer"
	ip link set vx up
	frames wire $IN4/$v/vxlan/$U vf1=$U
	for dev in vx gnv gre4; do
		clear_rules $dev
	done
}

next_hops() {
	local set="$SET nocsum ttl 64 pipe action mirred egress redirect dev vx" out
	out=ip,src=$US,dst=$PEER,id=?,ttl=64/udp,csum=0,sport=?,dport=4789/vxlan/$U
	CASE="the neighbour moves"
	rule "$rep0" 1 protocol all flower skip_sw action $set
	frames vf0 $U wire=eth,src=$p0mac,dst=$PEER_MAC/$out
	ip neigh replace $PEER lladdr 02:00:00:00:09:99 dev "$p0" nud permanent
	frames vf0 $U wire=eth,src=$p0mac,dst=02:00:00:00:09:99/$out
	CASE="the neighbour is gone"
	ip neigh del $PEER dev "$p0"
	frames vf0 $U rep0=$U wire=eth,dst=ff:ff:ff:ff:ff:ff,src=$p0mac/arp,sha=$p0mac,sip=$US,tip=$PEER
	ask drain 1.5
	ip neigh replace $PEER lladdr $PEER_MAC dev "$p0" nud permanent
	frames vf0 $U wire=eth,src=$p0mac,dst=$PEER_MAC/$out
	CASE="the route leaves elsewhere"
	ip link add stranger up type dummy
	ip route add $PEER/32 dev stranger
	frames vf0 $U rep0=$U
	ip route del $PEER/32 dev stranger
	frames vf0 $U wire=eth,src=$p0mac,dst=$PEER_MAC/$out
	CASE="by a gateway"
	clear_rules
	ip route add 172.16.0.0/16 via $PEER
	encap "tunnel_key set src_ip 0.0.0.0 dst_ip 172.16.0.9 id 42 nocsum ttl 64 pipe @vx" $U \
		wire=$OUT/ip,src=$US,dst=172.16.0.9,id=?/udp,csum=0,sport=?,dport=4789/vxlan/$U
	CASE="too long for the uplink"
	rule "$rep0" 1 protocol all flower skip_sw action vlan push id 5 pipe action $set
	ip link set "$p0" mtu 1500
	frames vf0 eth/data,len=1446 "wire=$OUT4/udp,csum=0,sport=?,dport=4789/vxlan/eth/vlan,id=5/data,len=1446"
	frames vf0 eth/data,len=1447 rep0=eth/data,len=1447
	ip link set "$p0" mtu 9000
	CASE="the tunnel netdev goes down and up"
	ip link set vx down
	frames vf0 $U rep0=$U
	ip link set vx up
	frames vf0 $U wire=$OUT4/udp,csum=0,sport=?,dport=4789/vxlan/eth/vlan,id=5/ip/udp/data
	clear_rules
	ip link del stranger
}

chains() {
	local v=udp,csum=0,dport=4789 f
	f=$IN4/$v/vxlan/$U
	CASE="tunnel metadata in a later chain"
	on_tunnel vx 1 chain 0 protocol ip flower enc_key_id 42 action goto chain 7
	on_tunnel vx 1 chain 7 protocol ip flower enc_src_ip $PEER dst_ip 10.0.0.2 \
		action tunnel_key unset pipe action mirred egress redirect dev "$rep1"
	frames wire $f vf1=$U
	CASE="tunnel to tunnel"
	on_tunnel vx 1 chain 0 protocol ip flower enc_key_id 77 action tunnel_key unset pipe \
		action $SET6 nocsum ttl 5 pipe action mirred egress redirect dev gnv
	frames wire $IN4/$v/vxlan,vni=77/$U wire=$OUT6,hl=5/udp,csum=0,sport=?,dport=6081/geneve/$U
	CASE="a miss in a later chain"
	tc filter del dev vx ingress chain 7
	rule vx 1 chain 7 protocol ip flower skip_hw enc_key_id 42 \
		action tunnel_key unset pipe action mirred egress redirect dev "$rep2"
	if zgrep -q NET_TC_SKB_EXT=y /proc/config.gz 2> /dev/null; then
		# The host goes on behind the tunnel netdev.
		frames wire $f vf2=$U
	else
		frames wire $f p0=$f vf2=$U
	fi
	tc filter del dev vx ingress chain 7
	clear_rules vx
	CASE="the uplink's own rules come first"
	on_tunnel vx 1 protocol ip flower action mirred egress redirect dev "$rep1"
	rule "$p0" 1 protocol ip flower skip_sw ip_proto udp dst_port 4789 action mirred egress redirect dev "$rep2"
	frames wire $f vf2=$f
	clear_rules "$p0"
	frames wire $f vf1=$U
	clear_rules vx
}

no() {
	local dev=$rep0
	rep0=${DEV:-$rep0} refused "$@"
	rep0=$dev
}

refusals() {
	local f="protocol ip flower skip_sw" to="action mirred egress redirect dev"
	CASE=refusals
	no "tunnel_key set before" $f $to vx
	no "does not leave by the uplink" $f action tunnel_key set src_ip 0.0.0.0 dst_ip 10.99.0.1 id 1 $to vx
	no "does not leave by the uplink" $f action tunnel_key set src_ip 0.0.0.0 dst_ip $US id 1 $to vx
	no "no neighbour yet" $f action tunnel_key set src_ip 0.0.0.0 dst_ip 192.168.9.200 id 1 $to vx
	no "other version of IP" $f action $SET6 $to gre4
	no "other version of IP" $f action $SET $to gre6
	no "options that" $f action $SET geneve_opts 0102:80:00112233 $to vx
	no "options that" $f action $SET vxlan_opts 1 $to gnv
	no "followed by output" $f action $SET pipe action goto chain 1
	no "tunnel key" $f enc_key_id 5 $to "$rep1"
	ip link add plain type vxlan id 5 dstport 4800 remote $PEER
	ip link set plain up
	no "must be external" $f action $SET $to plain
	ip link del plain
	ip link set gnv down
	ip link add down0 type geneve external dstport 6090
	no "is down" $f action $SET $to down0
	ip link del down0
	ip link set gnv up
	ask drain 1.5
}

# The hardware goes, and its rules with it, on whatever they are.
removals() {
	CASE="a tunnel netdev goes"
	rule "$rep0" 1 protocol all flower skip_sw action $SET nocsum ttl 64 pipe action mirred egress redirect dev vx
	on_tunnel vx 1 protocol all flower action mirred egress redirect dev "$rep1"
	ip link del vx
	frames vf0 $U rep0=$U
	clear_rules
	! grep -q . $DEBUG/rules || die "$CASE: $(cat $DEBUG/rules)"
	CASE="the NIC goes"
	on_tunnel gnv 1 protocol all flower enc_key_id 42 action drop
	cleanup
	devlink dev eswitch set eswsim/eswsim0 mode legacy
	! tc filter show dev gnv ingress | sees "^ *in_hw" || die "$CASE: still in hardware"
	CASE="the NIC comes, the tunnel is there"
	devlink dev eswitch set eswsim/eswsim0 mode switchdev
	clear_rules gnv
	on_tunnel gnv 1 protocol all flower enc_key_id 42 action drop
	rmmod eswsim
	! tc filter show dev gnv ingress | sees "^ *in_hw" || die "$CASE: and is in hardware without a NIC"
	ip link del gnv
	ip link del gre4
	ip link del gre6
}

# With arguments only these parts, all of them with --full; removals, which takes
# the NIC, is the last.
if [ $# = 0 ] && [ -n "${NFT_OFFLOAD_FULL:-}" ]; then
	set -- encaps outputs decaps left_to_software next_hops chains refusals removals
elif [ $# = 0 ]; then
	set -- encaps decaps removals
fi
setup
underlay
for part; do
	$part
done
if [ "$part" != removals ]; then
	cleanup
	rmmod eswsim
fi
echo "$SEEN exchanges with the switch, all as expected"
