#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan
# ovs: yes
# full: yes
# group: ovs
# timeout: 600
#
# Packets where hardware and the kernel's datapath could differ: fragments and
# the ports that they have or seem to have, a packet as long as check_pkt_len
# says and one byte longer, GRE with a key of 0 and without one. Each is tried
# with hardware offload off, and then in hardware.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"
. "$(dirname "$0")/lib/asic.sh"

PEER=192.168.9.2 PEER_MAC=02:00:00:00:09:02 US=192.168.9.1

# rules_are FLOW...: the OpenFlow rules from now on, and no flow of before.
rules_are() {
	printf '%s\n' "$@" > "$WORK/rules"
	ovs-ofctl -O OpenFlow13 replace-flows br0 "$WORK/rules"
	ovs-appctl revalidator/purge
}

# missed: how many packets from VM 0 and the wire hardware has left to software.
missed() { echo $(($(hw "$(rep 0)" hw_rx_miss_packets) + $(hw "$(port p0)" hw_rx_miss_packets))); }

# carried IN SPEC OUT...: does it come out so, without software?
carried() {
	local miss
	miss=$(missed)
	frames "$@"
	[ "$(missed)" = "$miss" ]
}

# same IN SPEC [OUT...]: it comes out so; once more, as a flow that is known.
same() {
	CASE="$MODE: $*"
	frames "$@"
	frames "$@"
}

# offloaded IN SPEC OUT...: the same, and in hardware if it is on.
offloaded() {
	same "$@"
	[ $MODE = software ] || until_true 20 carried "$@" ||
		die "$CASE: not in hardware: $(flows tc; flows ovs; ovs-appctl nft-offload/flows)"
}

# To OpenFlow a fragment has no ports, the first one neither, whatever its payload
# looks like (frags=normal).
fragments() {
	local whole=eth/ip/udp,dport=2000/data,len=64 other=eth/ip/udp,dport=2001/data,len=64
	local first=eth/ip,frag=0x2000/udp,dport=2000/data,len=64
	local later=eth/ip,frag=8,proto=17/hex,03e807d000480000/data,len=64
	local middle=eth/ip,frag=0x2008,proto=17/hex,03e807d000480000/data,len=64
	local port="priority=20,in_port=1,udp,tp_dst=2000,actions=output:2" rest="priority=10,in_port=1,ip,actions=output:3"
	rules_are "$port" "$rest"
	offloaded vf0 $whole vf1=$whole
	same vf0 $later vf2=$later
	same vf0 $middle vf2=$middle
	same vf0 $first vf2=$first
	offloaded vf0 $other vf2=$other
	offloaded vf0 $whole vf1=$whole
	# The other way round.
	rules_are "$port" "$rest"
	same vf0 $later vf2=$later
	same vf0 $first vf2=$first
	offloaded vf0 $whole vf1=$whole
	same vf0 $middle vf2=$middle
	# 0 is a port, too, and what fragments have for one.
	rules_are "priority=20,in_port=1,udp,tp_dst=0,actions=output:2" "$rest"
	offloaded vf0 ${whole/2000/0} vf1=${whole/2000/0}
	same vf0 $later vf1=$later
	same vf0 $first vf1=$first
	offloaded vf0 $whole vf2=$whole
	# Where only addresses are asked for all are equal.
	rules_are "in_port=1,ip,nw_dst=10.0.0.2,actions=output:2"
	same vf0 $later vf1=$later
	same vf0 $first vf1=$first
	offloaded vf0 $whole vf1=$whole
}

# 1000 bytes with their Ethernet header are not larger than 1000; a tag does not count.
lengths() {
	local n
	rules_are "table=0,in_port=1,actions=check_pkt_larger(1000)->NXM_NX_REG0[0],resubmit(,1)" \
		"table=1,reg0=1,actions=output:3" "table=1,reg0=0,actions=output:2"
	for n in 957 958; do
		offloaded vf0 eth/ip/udp/data,len=$n vf1=eth/ip/udp/data,len=$n
	done
	for n in 959 960 1400; do
		offloaded vf0 eth/ip/udp/data,len=$n vf2=eth/ip/udp/data,len=$n
	done
	offloaded vf0 eth/vlan,id=7/ip/udp/data,len=958 vf1=eth/vlan,id=7/ip/udp/data,len=958
	offloaded vf0 eth/vlan,id=7/ip/udp/data,len=959 vf2=eth/vlan,id=7/ip/udp/data,len=959
}

# Without a key nothing is said about keys: a packet with one of 0 is the same.
keys() {
	local u=eth/ip/udp/data p0mac out back
	p0mac=$(cat "/sys/class/net/$(port p0)/address")
	out=eth,dst=$PEER_MAC,src=$p0mac/ip,src=$US,dst=$PEER,id=?,frag=0x4000
	back=eth,dst=$p0mac,src=$PEER_MAC/ip,src=$PEER,dst=$US
	ovs-vsctl add-port br0 gre0 -- set Interface gre0 type=gre ofport_request=9 \
		options:remote_ip=$PEER options:local_ip=$US
	rules_are in_port=1,actions=output:9 in_port=9,actions=output:2
	offloaded vf0 $u wire=$out/gre/$u
	same wire $back/gre/$u vf1=$u
	same wire $back/gre,key=0/$u vf1=$u
	same wire $back/gre,key=1/$u
	ovs-vsctl set Interface gre0 options:key=5
	rules_are in_port=1,actions=output:9 in_port=9,actions=output:2
	offloaded vf0 $u wire=$out/gre,key=5/$u
	same wire $back/gre,key=5/$u vf1=$u
	same wire $back/gre/$u
	ovs-vsctl del-port gre0
}

# What comes out at representors is what hardware misses: it is not listened to.
nic_up 3
vms_bare 3
wire_bare $US $PEER $PEER_MAC
pkt_start vf0=eth0@vm0 vf1=eth0@vm1 vf2=eth0@vm2 wire=eth0@out
ask drain 1

[ $# -gt 0 ] || set -- fragments lengths keys
for MODE in software hardware; do
	echo "--- $MODE"
	if [ $MODE = software ]; then
		bridge_bare 3 hw-offload=false
	else
		# A look may take longer than a flow lives, in a slow guest.
		# shellcheck disable=SC2086 # words are split on purpose
		bridge_bare 3 $OVS_OURS max-idle=3600000 min-revalidate-pps=0
	fi
	for part; do
		echo "$part"
		$part
	done
	# A key of no tunnel is told of.
	ovs_log_clean 'receive tunnel port not found'
	ovs_off
done
echo "$SEEN frames as they should be"
cleanup
