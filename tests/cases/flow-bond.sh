#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: flow
# timeout: 600
#
# Bonds: a VM with two VFs, whose representors are a bond of the router, and the
# uplink as the only member of another. What comes in by any member and what goes
# out by the bond does so in hardware, by one rule in the block that the members
# share; without a member it does not, and when there is one again it does.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

# bond NETNS NAME MODE MEMBER...: NETNS - is here.
bond() {
	local at=() name=$2 mode=$3 dev
	[ "$1" = - ] || at=(-n "$1")
	shift 3
	# shellcheck disable=SC2086 # words
	ip "${at[@]}" link add "$name" type bond mode $mode miimon 100
	for dev; do
		ip "${at[@]}" link set "$dev" down
		ip "${at[@]}" link set "$dev" master "$name"
		ip "${at[@]}" link set "$dev" up
	done
	ip "${at[@]}" link set "$name" up
}

XOR="balance-xor xmit_hash_policy layer3+4"

nic_up 3
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
daemon_start

# VM 0 has VF 0 and VF 1; VM 2 has VF 2; "out" has the wire.
vm_netns 0
dev=$(vf 1)
ip link set "$dev" netns vm0 name eth1
bond vm0 bond0 "$XOR" eth0 eth1
ip -n vm0 addr add 10.0.0.2/24 dev bond0
ip -n vm0 addr add fd00:0::2/64 dev bond0 nodad
ip -n vm0 route add default via 10.0.0.1
ip -n vm0 route add default via fd00:0::1
bond - bond8 "$XOR" "$(rep 0)" "$(rep 1)"
ip addr add 10.0.0.1/24 dev bond8
ip addr add fd00:0::1/64 dev bond8 nodad

vm_up 2

ip netns add out
ip link set "$(port wire)" netns out name eth0
ip -n out addr add 10.0.9.2/24 dev eth0
ip -n out link set eth0 up
ip -n out route add default via 10.0.9.1
bond - bond9 active-backup "$(port p0)"
ip addr add 10.0.9.1/24 dev bond9

shares() { tc qdisc show dev "$1" | sees "ingress_block $(cat "/sys/class/net/$2/ifindex")"; }
for dev in "$(rep 0)" "$(rep 1)"; do
	until_true 20 shares "$dev" bond8 || die "$dev has no share of the bond's block: $(tc qdisc show dev "$dev")"
done
until_true 20 shares "$(port p0)" bond9 || die "the uplink has no share of the bond's block"

serve vm2 5001
serve out 5001
offload bond8 bond9 "$(rep 2)"
# Several, so that both members have some to carry.
for i in 1 2 3; do
	echo_hw "bond to port $i" vm0 10.0.2.2 5001 "$(rep 0) $(rep 1)" "$(rep 2)"
done
echo_hw "bond to port, IPv6" vm0 fd00:2::2 5001 "$(rep 0) $(rep 1)" "$(rep 2)"
echo_hw "bond to bond" vm0 10.0.9.2 5001 "$(rep 0) $(rep 1)" "$(port p0)"
echo_hw "port to bond" vm2 10.0.9.2 5001 "$(rep 2)" "$(port p0)"

echo "--- a bond without a member, and with one again"
none_out() { [ "$(sides '.original.ingress == "bond9" or .original.egress == "bond9"' | wc -l)" = 0 ]; }
ip link set "$(port p0)" nomaster
until_true 20 none_out || die "in hardware by a bond without a member: $(said)"
ip link set "$(port p0)" down
ip link set "$(port p0)" master bond9
ip link set "$(port p0)" up
echo_hw "port to bond, again" vm2 10.0.9.2 5001 "$(rep 2)" "$(port p0)"
bed_down
ip link del bond8
ip link del bond9
