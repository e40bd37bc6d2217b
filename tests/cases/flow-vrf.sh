#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: flow
# timeout: 600
#
# Two VRFs with the same addresses in both, in hardware: VMs 0 and 1 in one, 2 and
# 3 in the other; what is sent in one comes out in the same.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

nic_up 4
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for vrf in 0 1; do
	ip link add vrf$vrf type vrf table $((100 + vrf))
	ip link set vrf$vrf up
	for side in 0 1; do
		n=$((2 * vrf + side))
		vm_netns $n
		ip link set "$(rep $n)" master vrf$vrf up
		ip addr add 10.0.$side.1/24 dev "$(rep $n)"
		ip addr add fd00:$side::1/64 dev "$(rep $n)" nodad
		ip -n vm$n addr add 10.0.$side.2/24 dev eth0
		ip -n vm$n addr add fd00:$side::2/64 dev eth0 nodad
		ip -n vm$n route add default via 10.0.$side.1
		ip -n vm$n route add default via fd00:$side::1
	done
done
daemon_start
offload "$(rep 0)" "$(rep 1)" "$(rep 2)" "$(rep 3)"
serve vm1 5001
serve vm3 5001
# The same addresses in two zones, for conntrack.
nft -f - <<-NFT
table inet zones {
	chain pre {
		type filter hook prerouting priority raw
		iifname { vrf0, $(rep 0), $(rep 1) } ct zone set 1
		iifname { vrf1, $(rep 2), $(rep 3) } ct zone set 2
	}
}
NFT
echo_hw "first VRF" vm0 10.0.1.2 5001 "$(rep 0)" "$(rep 1)"
echo_hw "second VRF" vm2 10.0.1.2 5001 "$(rep 2)" "$(rep 3)"
echo_hw "first VRF, IPv6" vm0 fd00:1::2 5001 "$(rep 0)" "$(rep 1)"
echo_hw "second VRF, IPv6" vm2 fd00:1::2 5001 "$(rep 2)" "$(rep 3)"
bed_down
ip link del vrf0
ip link del vrf1
