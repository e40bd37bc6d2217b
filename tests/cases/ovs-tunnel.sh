#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: ovs
# ovs: yes
# timeout: 600
#
# Open vSwitch with the provider, tunnels: a VM behind a representor and a host
# behind the uplink's wire, which has the other end of a VXLAN, Geneve or GRE
# tunnel in its own kernel. Both directions go by hardware, the encapsulation
# from the VM and the decapsulation from the wire, whichever is there first,
# switchdev mode or the tunnel, metered or not. What no driver takes stays in
# the datapath, with the reason.
#
#    vm0                     the guest = hypervisor                      out
#   +----------+   +--------------------------------------+   +---------------------+
#   | eth0     |~~~| rep --(br0)-- vxlan_sys_4789 ..  p0  |~~~| eth0   192.168.9.2  |
#   | 10.1.0.1 |   |                         192.168.9.1  |   | t0        10.1.0.2  |
#   +----------+   +--------------------------------------+   +---------------------+
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

# underlay: the uplink and the host behind it.
underlay() {
	ip netns add out
	ip link set "$(port wire)" netns out name eth0
	p0=$(port p0)
	ip netns exec out sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	sysctl -qw "net.ipv6.conf.$p0.disable_ipv6=1"
	ip link set "$p0" up mtu 2000
	ip addr add 192.168.9.1/24 dev "$p0"
	ip -n out link set lo up
	ip -n out link set eth0 up mtu 2000
	ip -n out addr add 192.168.9.2/24 dev eth0
	ip neigh replace 192.168.9.2 lladdr "$(ip netns exec out cat /sys/class/net/eth0/address)" dev "$p0"
	ip -n out neigh replace 192.168.9.1 lladdr "$(cat "/sys/class/net/$p0/address")" dev eth0
}

# tunnel NAME TYPE WORDS...: OVS's end, a port NAME of this type, and the other
# one, of these words of ip-link.
tunnel() {
	local name=$1 type=$2
	shift 2
	ovs-vsctl add-port br0 "$name" -- set Interface "$name" "type=$type" options:remote_ip=192.168.9.2 \
		options:key=42 ofport_request=2
	ip -n out link add t0 type "$@"
	ip netns exec out sysctl -qw net.ipv6.conf.t0.disable_ipv6=1
	ip -n out link set t0 up mtu 1400
	ip -n out addr add 10.1.0.2/24 dev t0
	ip -n out neigh replace 10.1.0.1 lladdr "$(vm 0 cat /sys/class/net/eth0/address)" dev t0
	vm 0 ip neigh replace 10.1.0.2 lladdr "$(ip netns exec out cat /sys/class/net/t0/address)" dev eth0
}

tunnel_gone() {
	ovs-vsctl del-port br0 "$1"
	ip -n out link del t0
}

# pings N: so many, of which none may be lost.
pings() {
	pinged 0 "$1" -i 0.1 -s 600 10.1.0.2 ||
		die "$CASE: $(cat "$WORK/ping"; flows tc; flows ovs; tail -n 20 "$OVS_LOG")"
}

missed() {
	echo "$(hw "$(rep 0)" hw_rx_miss_packets) $(hw "$p0" hw_rx_miss_packets)"
}

# in_hardware DEV: both directions, of which none by software; DEV is what the
# datapath calls the tunnel.
in_hardware() {
	local dev=$1 hit back miss
	pings 5
	flows > "$WORK/flows"
	grep "in_port($(rep 0))" "$WORK/flows" | sees "set(tunnel(.*actions:.*$dev\|actions:set(tunnel(.*),$dev" ||
		die "$CASE: no encapsulation in hardware: $(flows tc; flows ovs; ovs-appctl dpctl/offload-stats-show)"
	grep "in_port($dev)" "$WORK/flows" | sees 'offloaded:yes, dp:tc' ||
		die "$CASE: no decapsulation in hardware: $(flows tc; flows ovs; ovs-appctl dpctl/offload-stats-show)"
	hit=$(hw "$(rep 0)" hw_rx_hit_packets) back=$(hw "$p0" hw_rx_hit_packets) miss=$(missed)
	pings 20
	[ "$(missed)" = "$miss" ] || die "$CASE: missed were $miss, are $(missed): $(flows tc; flows ovs)"
	[ "$(hw "$(rep 0)" hw_rx_hit_packets)" -ge $((hit + 20)) ] || die "$CASE: not encapsulated by hardware"
	[ "$(hw "$p0" hw_rx_hit_packets)" -ge $((back + 20)) ] || die "$CASE: not decapsulated by hardware"
	# 600 bytes, ICMP, IP, and the inner Ethernet header where hardware counts.
	until_true 8 counted "$dev" || die "$CASE: counted: $(cat "$WORK/flows")"
}

counted() {
	flows > "$WORK/flows"
	grep "in_port($1)" "$WORK/flows" | sed -n 's/.*packets:\([0-9]*\), bytes:\([0-9]*\),.*/\1 \2/p' > "$WORK/counted"
	read -r packets bytes < "$WORK/counted" && [ "$packets" -ge 20 ] &&
		[ "$bytes" -ge $((packets * 628)) ] && [ "$bytes" -le $((packets * 642)) ]
}

# metered: the meter has seen what hardware carried.
metered() {
	[ "$(ovs-ofctl -O OpenFlow13 meter-stats br0 | sed -n 's/.*packet_in_count:\([0-9]*\) .*/\1/p')" -ge 20 ]
}

nic_up 1
# On a slow machine OVS drops flows with few packets rather than judge them anew.
# shellcheck disable=SC2086 # words
ovs_up $OVS_OURS min-revalidate-pps=0 max-idle=60000
ovs_vm 0
vm 0 sysctl -qw net.ipv6.conf.all.disable_ipv6=1
underlay
ovs-vsctl set-fail-mode br0 secure -- set Interface "$(rep 0)" ofport_request=1
ovs-ofctl -O OpenFlow13 add-flow br0 in_port=1,actions=2
ovs-ofctl -O OpenFlow13 add-flow br0 in_port=2,actions=1

CASE=VXLAN
tunnel vx vxlan vxlan id 42 local 192.168.9.2 remote 192.168.9.1 dstport 4789 nolearning
in_hardware vxlan_sys_4789
tunnel_gone vx

CASE=GRE
tunnel gr gre gretap key 42 local 192.168.9.2 remote 192.168.9.1
in_hardware gre_sys
tunnel_gone gr

CASE=Geneve
tunnel gn geneve geneve id 42 remote 192.168.9.1
in_hardware genev_sys_6081

echo "--- the tunnel was there first"
CASE="the NIC comes back"
ovs-vsctl del-port br0 "$(rep 0)"
ip netns del vm0
devlink dev eswitch set eswsim/eswsim0 mode legacy
devlink dev eswitch set eswsim/eswsim0 mode switchdev
ovs_vm 0
vm 0 sysctl -qw net.ipv6.conf.all.disable_ipv6=1
ovs-vsctl set Interface "$(rep 0)" ofport_request=1
vm 0 ip neigh replace 10.1.0.2 lladdr "$(ip netns exec out cat /sys/class/net/t0/address)" dev eth0
ip -n out neigh replace 10.1.0.1 lladdr "$(vm 0 cat /sys/class/net/eth0/address)" dev t0
in_hardware genev_sys_6081

echo "--- a meter on what comes by a tunnel"
CASE=meter
ovs-ofctl -O OpenFlow13 add-meter br0 meter=1,kbps,band=type=drop,rate=100000
ovs-ofctl -O OpenFlow13 add-flow br0 in_port=2,actions=meter:1,1
ovs-appctl revalidator/wait
in_hardware genev_sys_6081
until_true 20 metered || die "$CASE: $(ovs-ofctl -O OpenFlow13 meter-stats br0)"
ovs-ofctl -O OpenFlow13 add-flow br0 in_port=2,actions=1
ovs-appctl revalidator/wait

echo "--- the driver refuses"
CASE="a driver that refuses"
refused=$(stat_of 'Refused: driver_refused')
echo 1000 > /sys/kernel/debug/eswsim/eswsim0/fail_next
ovs-appctl revalidator/purge
pings 5
[ "$(stat_of 'Refused: driver_refused')" -gt "${refused:-0}" ] || die "$CASE: $(ovs-appctl dpctl/offload-stats-show)"
! tc filter show dev genev_sys_6081 ingress | sees handle || die "$CASE: left in software: $(tc filter show dev genev_sys_6081 ingress)"
flows ovs | sees 'in_port(genev_sys_6081)' || die "$CASE: not in the datapath: $(flows ovs; flows tc)"

# Of a flow whose tunnel has just been taken away.
ovs_log_clean 'receive tunnel port not found'
ovs_down
