#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: flow
# timeout: 600
#
# VLAN sub-interfaces of a representor and of the uplink, routed by hardware: one
# tag, two tags (802.1Q in 802.1Q, and in 802.1ad), tags on one side and on both.
# The other end takes only what has the right tags in the right order.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

# vlan NETNS DEV NAME PROTO ID: a sub-interface; NETNS - is here.
vlan() {
	local at=()
	[ "$1" = - ] || at=(-n "$1")
	ip "${at[@]}" link add link "$2" name "$3" type vlan proto "$4" id "$5"
	ip "${at[@]}" link set dev "$3" up
}

# net NETNS DEV OUR-DEV N: addresses 10.1.N.0/24 and fd01:N::/64 between them.
net() {
	ip -n "$1" addr add "10.1.$4.2/24" dev "$2"
	ip -n "$1" addr add "fd01:$4::2/64" dev "$2" nodad
	ip addr add "10.1.$4.1/24" dev "$3"
	ip addr add "fd01:$4::1/64" dev "$3" nodad
}

bed_up
ip netns add out
ip link set "$(port wire)" netns out name eth0
ip netns exec out sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
ip -n out link set lo up
ip -n out link set eth0 up
ip link set "$(port p0)" up

# VM 0: one tag (net 10), two of 802.1Q (11), 802.1Q in 802.1ad (12).
rep=$(rep 0)
vlan vm0 eth0 q 802.1Q 10
vlan - "$rep" q 802.1Q 10
net vm0 q q 10
vlan vm0 eth0 outer 802.1Q 20
vlan vm0 outer qq 802.1Q 21
vlan - "$rep" outer 802.1Q 20
vlan - outer qq 802.1Q 21
net vm0 qq qq 11
vlan vm0 eth0 service 802.1ad 30
vlan vm0 service stacked 802.1Q 31
vlan - "$rep" service 802.1ad 30
vlan - service stacked 802.1Q 31
net vm0 stacked stacked 12

# The host on the wire: one tag (net 20), two (21).
up=$(port p0)
vlan out eth0 q 802.1Q 40
vlan - "$up" upq 802.1Q 40
net out q upq 20
vlan out eth0 outer 802.1Q 50
vlan out outer qq 802.1Q 51
vlan - "$up" upouter 802.1Q 50
vlan - upouter upqq 802.1Q 51
net out qq upqq 21

# route NETNS DEV N FAR: from net N to net FAR.
route() {
	ip -n "$1" route replace "10.1.$4.0/24" via "10.1.$3.1" dev "$2"
	ip -n "$1" route replace "fd01:$4::/64" via "fd01:$3::1" dev "$2"
}

serve vm1 5001
serve out 5001
daemon_start
offload "$rep" "$(rep 1)" "$up"

# VM 1 has no tag; it answers by its default route.
for n in 10 11 12; do
	dev=$(ip -n vm0 -o addr show to "10.1.$n.2/32" | awk '{ print $2 }')
	ip -n vm0 route replace default via "10.1.$n.1" dev "$dev"
	echo_hw "$dev to no tag" vm0 10.0.1.2 5001 "$rep" "$(rep 1)"
	ip -n vm0 -6 route replace default via "fd01:$n::1" dev "$dev"
	echo_hw "$dev to no tag, IPv6" vm0 fd00:1::2 5001 "$rep" "$(rep 1)"
done

echo "--- a connection from before the router knows who has the tag"
ip -n vm0 neigh replace 10.1.10.1 lladdr "$(cat /sys/class/net/q/address)" dev q
vm 0 sysctl -qw net.ipv4.conf.q.arp_ignore=8
ip neigh flush dev q
ip -n vm0 route replace default via 10.1.10.1 dev q
echo_late "the neighbour came later" vm0 10.0.1.2 5001 "$rep" "$(rep 1)" vm 0 sysctl -qw net.ipv4.conf.q.arp_ignore=0

echo "--- tags on both sides"
for far in 20 21; do
	dev=$(ip -n out -o addr show to "10.1.$far.2/32" | awk '{ print $2 }')
	for n in 10 11 12; do
		near=$(ip -n vm0 -o addr show to "10.1.$n.2/32" | awk '{ print $2 }')
		route vm0 "$near" $n $far
		route out "$dev" $far $n
		echo_hw "$near to $dev of the uplink" vm0 10.1.$far.2 5001 "$rep" "$up"
	done
	echo_hw "$near to $dev of the uplink, IPv6" vm0 fd01:$far::2 5001 "$rep" "$up"
done
bed_down
