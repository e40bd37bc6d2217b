#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock 6.1
# group: flow
# timeout: 900
#
# Routes into tunnels (ip route ... encap ip id N dst ...): hardware puts the outer
# header on and takes it off. VXLAN, Geneve and GRE; over IPv4 and IPv6; inside
# IPv4 and IPv6. The other end is a kernel's tunnel device with an id and addresses
# of its own, which takes nothing else.
#
#    vm0                       the guest = router                          out
#   +-----------+   +---------------------------------------+   +---------------------+
#   | eth0      |~~~| rep ... route encap, dev tun0 ... p0   |~~~| eth0   192.168.9.2  |
#   | 10.0.0.2  |   |          10.9.0.1        192.168.9.1   |   | t0     10.9.0.2     |
#   +-----------+   +---------------------------------------+   +---------------------+
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

nic_up 1
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
vm_up 0
rep=$(rep 0) p0=$(port p0)
ip netns add out
ip link set "$(port wire)" netns out name eth0
ip netns exec out sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
ip -n out link set lo up
ip -n out link set eth0 up mtu 2000
ip -n out addr add 192.168.9.2/24 dev eth0
ip -n out addr add fd99::2/64 dev eth0 nodad
ip link set "$p0" up mtu 2000
ip addr add 192.168.9.1/24 dev "$p0"
ip addr add fd99::1/64 dev "$p0" nodad
ping -q -c 1 -W 5 192.168.9.2 > "$WORK/ping" || die "no underlay: $(cat "$WORK/ping")"
ping -q -c 1 -W 5 fd99::2 > "$WORK/ping" || die "no underlay by IPv6: $(cat "$WORK/ping")"
serve out 5001
daemon_start
offload "$rep" "$p0"

has_clsact() { tc qdisc show dev tun0 | sees clsact; }

# tunnel "OUR TYPE..." "ENCAP..." "THEIR TYPE...": both ends, and the routes.
tunnel() {
	# shellcheck disable=SC2086 # words
	ip link add tun0 type $1 external
	# Before a packet passes: to get it later costs some (see README.md).
	until_true 30 has_clsact || die "tun0 has no qdisc for rules: $(tc qdisc show dev tun0)"
	ip link set tun0 up mtu 1500
	ip addr add 10.9.0.1/24 dev tun0
	ip addr add fd09::1/64 dev tun0 nodad
	# shellcheck disable=SC2086
	ip -n out link add t0 type $3
	ip -n out link set t0 up mtu 1500
	ip -n out addr add 10.9.0.2/24 dev t0
	ip -n out addr add fd09::2/64 dev t0 nodad
	ip -n out addr add 10.9.1.2/32 dev lo
	ip -n out addr add fd09:1::2/128 dev lo nodad
	# ARP knows no route, and so no tunnel.
	ip neigh replace 10.9.0.2 lladdr "$(ip netns exec out cat /sys/class/net/t0/address)" dev tun0
	ip neigh replace fd09::2 lladdr "$(ip netns exec out cat /sys/class/net/t0/address)" dev tun0
	ip -n out neigh replace 10.9.0.1 lladdr "$(cat /sys/class/net/tun0/address)" dev t0
	ip -n out neigh replace fd09::1 lladdr "$(cat /sys/class/net/tun0/address)" dev t0
	ip -n out route replace default via 10.9.0.1 dev t0 src 10.9.1.2
	ip -n out route replace default via fd09::1 dev t0 src fd09:1::2
	# shellcheck disable=SC2086
	ip route add 10.9.1.0/24 encap $2 via 10.9.0.2 dev tun0
	# shellcheck disable=SC2086
	ip route add fd09:1::/64 encap $2 via fd09::2 dev tun0
}

tunnel_gone() {
	ip link del tun0
	ip -n out link del t0
	ip -n out addr flush dev lo scope global
}

# both NAME: IPv4 and IPv6 by the tunnel that there is; the quick run has IPv4 only.
both() {
	echo_hw "$1" vm0 10.9.1.2 5001 "$rep" "$p0"
	[ -z "$FULL" ] || echo_hw "$1, IPv6 in it" vm0 fd09:1::2 5001 "$rep" "$p0"
	tunnel_gone
}

FULL=${NFT_OFFLOAD_FULL:-}
V4="ip id 42 src 192.168.9.1 dst 192.168.9.2"
V6="ip6 id 43 src fd99::1 dst fd99::2"
tunnel "vxlan dstport 4789" "$V4 ttl 9 tos 8" "vxlan id 42 local 192.168.9.2 remote 192.168.9.1 dstport 4789 nolearning"
both VXLAN
tunnel "vxlan dstport 4789" "$V6" "vxlan id 43 local fd99::2 remote fd99::1 dstport 4789 nolearning udp6zerocsumrx"
both "VXLAN over IPv6"
tunnel geneve "$V4 ttl 64 csum" "geneve id 42 remote 192.168.9.1"
both Geneve
tunnel ip6gretap "$V6 key" "ip6gretap key 43 local fd99::2 remote fd99::1 encaplimit none"
both "GRE over IPv6"
if [ -n "$FULL" ]; then
	tunnel "vxlan dstport 8472" "ip id 42 dst 192.168.9.2" "vxlan id 42 local 192.168.9.2 remote 192.168.9.1 dstport 8472 nolearning"
	both "VXLAN by another port, without a source address"
	tunnel geneve "$V6 hoplimit 64 csum" "geneve id 43 remote fd99::1"
	both "Geneve over IPv6"
	tunnel gretap "$V4 key" "gretap key 42 local 192.168.9.2 remote 192.168.9.1"
	both GRE
fi

echo "--- what has no word in TC stays in software, with the reason"
tunnel gretap "$V4 key seq" "gretap key 42 oseq local 192.168.9.2 remote 192.168.9.1"
echo_sw "GRE with sequence numbers" vm0 10.9.1.2 5001 "$rep" action_unsupported
tunnel_gone
tunnel gretap "$V4" "gretap key 42 local 192.168.9.2 remote 192.168.9.1"
echo_begin vm0 10.9.1.2 5001
until_true 60 refused_for action_unsupported || die "GRE with an id but no key: $(said)"
reap TERM $ASKER
tunnel_gone
bed_down
