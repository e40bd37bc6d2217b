#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev kasan 6.1 7.2
# group: eswsim
# timeout: 900
#
# The virtual NIC as other drivers are: what each of its profiles refuses, what it
# takes in words of its own, and what it takes and gets wrong without a word.
# shellcheck disable=SC2086 # words are split on purpose
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/asic.sh"

F="protocol ip flower skip_sw"
U=eth/ip/udp/data
UDP="$F ip_proto udp dst_port 2000"

# is PROFILE: the NIC as this one.
is() {
	CASE=$1
	PROFILE=$1 setup
	to="action mirred egress redirect dev $rep1"
	copy="action mirred egress mirror dev $rep2 pipe"
	[ "$(ethtool -i "$rep0" | sed -n 's/^driver: //p')" = "eswsim-$1" ] || die "$1: is called $(ethtool -i "$rep0")"
}

# was: it is no more.
was() {
	cleanup
	rmmod eswsim
}

# takes WORDS IN [OUT=SPEC...]: the rule is taken, and this is what it does.
takes() {
	local words=$1
	shift
	rule "$rep0" 1 $words
	frames vf0 "$@"
	clear_rules
}

is mlx5
refused "of flags only" $F ip_flags firstfrag $to
refused "ARP" protocol arp flower skip_sw arp_op request $to
refused "csum only behind" $UDP action csum ip4h pipe $to
refused "checksums only" $UDP action pedit ex munge ip dst set 10.0.0.9 pipe csum icmp pipe $to
refused "is fixed" $UDP action pedit ex munge ip tos set 3 pipe csum ip4h pipe $to
refused "ports only of TCP and UDP" $F ip_proto sctp dst_port 5 $to
takes "$UDP ip_ttl 0/0xfe action trap" eth/ip,ttl=1/udp/data rep0=eth/ip,ttl=1/udp/data
takes "$UDP ip_flags nofrag action pedit ex munge ip ttl dec pipe csum ip4h pipe $to" $U vf1=eth/ip,ttl=63/udp/data
was

is nfp
refused "cannot do" $UDP action pedit ex munge ip ttl dec pipe csum ip4h and udp pipe $to
refused "without csum of all" $UDP action pedit ex munge ip ttl set 7 pipe csum ip4h pipe $to
refused "csum of what was not" $UDP action csum ip4h pipe $to
refused "cannot do" $UDP action trap
refused "goto only behind ct" $UDP action goto chain 5
takes "$UDP action pedit ex munge ip ttl set 7 pipe csum ip4h and udp pipe $to" $U vf1=eth/ip,ttl=7/udp/data
was

is sfc
refused "cannot do" $UDP action pedit ex munge ip ttl dec pipe csum ip4h pipe $to
refused "one less" $UDP action pedit ex munge ip ttl set 63 pipe $to
refused "one less" $UDP ip_ttl 64 action pedit ex munge ip ttl set 62 pipe $to
refused "is fixed" $UDP action pedit ex munge ip dst set 10.0.0.9 pipe $to
refused "cannot do" $UDP action trap
# The NIC sees to the checksum.
takes "$UDP action pedit ex munge ip ttl dec pipe $to" $U vf1=eth/ip,ttl=63/udp/data
takes "$UDP ip_ttl 64 action pedit ex munge ip ttl set 63 pipe $to" $U vf1=eth/ip,ttl=63/udp/data
was

is ice
refused "of flags only" $F ip_flags nofrag $to
refused "TCP flags" $F ip_proto tcp tcp_flags 0/2 $to
refused "cannot do" $UDP action vlan push id 5 pipe $to
refused "cannot do" $UDP action pedit ex munge eth dst set 02:00:00:00:00:07 pipe $to
refused "cannot do" $UDP action trap
takes "$UDP $to" $U vf1=$U
# The last action wins; a value of 0 is none; a protocol without ports, too.
takes "$UDP $copy $to" $U vf1=$U
takes "$F ip_proto udp dst_port 0/0xff00 $to" $U vf1=$U
takes "$F ip_proto tcp $to" $U vf1=$U
# A fragment has no ports.
takes "$UDP $to" eth/ip,frag=0x2000/udp/data rep0=eth/ip,frag=0x2000/udp/data
# It counts nothing.
rule "$rep0" 1 $UDP $to
frames vf0 $U vf1=$U
[ "$(sent hardware "$rep0")" = 0 ] || die "ice counts: $(cat "$WORK/sent")"
clear_rules
was

is bnxt
refused "of flags only" $F ip_flags nofrag $to
refused "is fixed" $UDP action pedit ex munge ip ttl set 7 pipe $to
# What it takes no notice of.
takes "$UDP ip_ttl 5 $to" $U vf1=$U
takes "$F ip_proto tcp tcp_flags 0/0x7 $to" eth/ip/tcp,flags=0x2 vf1=eth/ip/tcp,flags=0x2
takes "$UDP $copy $to" $U vf1=$U
takes "$UDP action goto chain 5" $U rep0=$U
takes "$UDP action vlan push id 5 priority 3 pipe $to" $U vf1=eth/vlan,id=5/ip/udp/data
# Checksums come right by themselves, asked for or not.
takes "$UDP action pedit ex munge ip src set 10.0.0.9 pipe $to" $U vf1=eth/ip,src=10.0.0.9/udp/data
takes "$UDP action pedit ex munge ip src set 10.0.0.9 pipe csum ip4h and udp pipe $to" $U vf1=eth/ip,src=10.0.0.9/udp/data
# Of two addresses the last is rewritten, of ports the source's.
takes "$UDP action pedit ex munge ip src set 10.0.0.9 munge ip dst set 10.0.0.8 pipe $to" $U vf1=eth/ip,dst=10.0.0.8/udp/data
takes "$UDP action pedit ex munge ip dst set 10.0.0.8 munge udp dport set 9 pipe $to" $U vf1=eth/ip,dst=10.0.0.8/udp/data
takes "$UDP action pedit ex munge ip src set 10.0.0.9 munge udp sport set 9 pipe $to" $U vf1=eth/ip,src=10.0.0.9/udp,sport=9/data
was

is octeontx2
refused "cannot do" $UDP $to
takes "$UDP action mirred ingress redirect dev $rep1" $U vf1=$U
for n in $(seq 16); do
	rule "$rep0" 1 $F ip_proto udp dst_port $n action drop
done
refused "table is full" $F ip_proto udp dst_port 17 action drop
clear_rules
was
echo "$SEEN exchanges with the switch, all as expected"
