#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock 7.2
# group: flow
# timeout: 600
#
# GRE between two VMs, routed by hardware: their tunnel's outer packets are a
# connection without ports. IPv4 and IPv6. What is inside comes out unchanged.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

bed_up
modprobe -a ip_gre ip6_gre
daemon_start
offload "$(rep 0)" "$(rep 1)"

# gre NAME TYPE NET: a tunnel of this type, 10.NET.0.0/24 in it.
gre() {
	local name=$1 type=$2 net=$3 hit back n
	for n in 0 1; do
		local own=10.0.$n.2 far=10.0.$((1 - n)).2
		local more=
		[ "$type" = gre ] || own=fd00:$n::2 far=fd00:$((1 - n))::2 more="encaplimit none"
		# shellcheck disable=SC2086 # words
		ip -n vm$n link add "tun$net" type "$type" local "$own" remote "$far" ttl 64 $more
		ip -n vm$n addr add "10.$net.0.$((n + 1))/24" dev "tun$net"
		ip -n vm$n link set "tun$net" up
	done
	echo_begin vm0 "10.$net.0.2" 5001
	until_true 60 sides_are 2 ".protocol == \"gre\" and .original.src == \"$4\"" || die "$name: not in hardware: $(said)"
	vm 1 tcpdump -n -v -c 20 -i eth0 'ip proto 47 or ip6 proto 47' > "$WORK/gre" 2> "$WORK/tcpdump" &
	local capture=$!
	until_true 60 grep -qs "listening on" "$WORK/tcpdump"
	hit=$(hits "$(rep 0)") back=$(hits "$(rep 1)")
	echo_run "$name"
	wait $capture
	hit=$(($(hits "$(rep 0)") - hit)) back=$(($(hits "$(rep 1)") - back))
	echo "$name: NIC carried $hit there, $back back; $(cat "$WORK/echo")"
	[ $hit -ge "$COUNT" ] && [ $back -ge "$COUNT" ] || die "$name: only $hit and $back in hardware: $(said)"
	# Inside nothing was routed, outside once.
	grep -q 'there=64\.\.64 ttl=64\.\.64$' "$WORK/echo" || die "$name: TTL inside: $(cat "$WORK/echo")"
	grep -q 'ttl 63\|hlim 63' "$WORK/gre" || die "$name: TTL outside: $(cat "$WORK/gre")"
	! grep -q 'bad cksum' "$WORK/gre" || die "$name: checksum: $(cat "$WORK/gre")"
}

serve vm1 5001
gre "GRE over IPv4" gre 64 10.0.0.2
gre "GRE over IPv6" ip6gre 65 fd00::2
bed_down
