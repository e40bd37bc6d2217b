#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock 6.1
# group: flow
# timeout: 600
#
# A router whose side is a bridge: packets go by the representor behind it in
# hardware, with the tags that the bridge would give and take: without VLAN
# filtering, as a port's pvid, tagged on the port, and by a VLAN device of the bridge.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

bed_up 3
serve vm1 5001
daemon_start

# bridged N: representor N is a port of br0, and VM N's router is br0, which it has
# to ask for: a router that does not know the VM cannot know the port behind the bridge.
bridged() {
	ip -n "vm$1" neigh flush dev eth0
	ip addr flush dev "$(rep "$1")"
	ip link set "$(rep "$1")" master br0
}

echo "--- plain bridge"
ip link add br0 type bridge
ip link set br0 up
bridged 0
bridged 2
ip addr add 10.0.0.1/24 dev br0
ip addr add fd00:0::1/64 dev br0 nodad
ip -n vm2 addr flush dev eth0 scope global
ip -n vm2 addr add 10.0.0.3/24 dev eth0
ip -n vm2 route add default via 10.0.0.1
offload "$(rep 0)" "$(rep 1)" "$(rep 2)"
echo_hw "first port" vm0 10.0.1.2 5001 "$(rep 0)" "$(rep 1)"
echo_hw "second port" vm2 10.0.1.2 5001 "$(rep 2)" "$(rep 1)"
echo_hw "IPv6" vm0 fd00:1::2 5001 "$(rep 0)" "$(rep 1)"

echo "--- what is known of the VM only after the connection has begun"
ip -n vm0 neigh replace 10.0.0.1 lladdr "$(cat /sys/class/net/br0/address)" dev eth0
vm 0 sysctl -qw net.ipv4.conf.eth0.arp_ignore=8
ip neigh flush dev br0
echo_late "its Ethernet address" vm0 10.0.1.2 5001 "$(rep 0)" "$(rep 1)" vm 0 sysctl -qw net.ipv4.conf.eth0.arp_ignore=0
mac=$(vm 0 cat /sys/class/net/eth0/address)
ip neigh replace 10.0.0.2 lladdr "$mac" dev br0
bridge link set dev "$(rep 0)" learning off
bridge fdb del "$mac" dev "$(rep 0)" master
echo_late "its port" vm0 10.0.1.2 5001 "$(rep 0)" "$(rep 1)" bridge link set dev "$(rep 0)" learning on
ip neigh del 10.0.0.2 dev br0
ip -n vm0 neigh del 10.0.0.1 dev eth0

echo "--- pvid, untagged on the port"
ip link set br0 type bridge vlan_default_pvid 0
bridge vlan add dev "$(rep 0)" vid 10 pvid untagged
bridge vlan add dev "$(rep 2)" vid 10 pvid untagged
bridge vlan add dev br0 vid 10 pvid untagged self
ip link set br0 type bridge vlan_filtering 1
echo_hw "pvid" vm0 10.0.1.2 5001 "$(rep 0)" "$(rep 1)"

echo "--- pvid of the bridge, tagged on the port"
bridge vlan add dev "$(rep 0)" vid 10
ip -n vm0 link add link eth0 name q type vlan id 10
ip -n vm0 addr flush dev eth0 scope global
ip -n vm0 addr add 10.0.0.2/24 dev q
ip -n vm0 link set q up
ip -n vm0 route add default via 10.0.0.1
echo_hw "tagged" vm0 10.0.1.2 5001 "$(rep 0)" "$(rep 1)"
echo_hw "untagged beside it" vm2 10.0.1.2 5001 "$(rep 2)" "$(rep 1)"

echo "--- VLAN devices of the bridge, tagged and untagged on the port"
bridge vlan add dev br0 vid 20 self
bridge vlan add dev br0 vid 30 self
bridge vlan add dev "$(rep 0)" vid 20
bridge vlan add dev "$(rep 2)" vid 30 pvid untagged
for vid in 20 30; do
	ip link add link br0 name br0.$vid type vlan id $vid
	ip addr add 10.0.$vid.1/24 dev br0.$vid
	ip link set br0.$vid up
done
ip -n vm0 link add link eth0 name qb type vlan id 20
ip -n vm0 addr add 10.0.20.2/24 dev qb
ip -n vm0 link set qb up
ip -n vm0 route replace default via 10.0.20.1
ip -n vm2 addr flush dev eth0 scope global
ip -n vm2 addr add 10.0.30.2/24 dev eth0
ip -n vm2 route replace default via 10.0.30.1
echo_hw "VLAN device, tagged on the port" vm0 10.0.1.2 5001 "$(rep 0)" "$(rep 1)"
echo_hw "VLAN device, untagged on the port" vm2 10.0.1.2 5001 "$(rep 2)" "$(rep 1)"
serve vm2 5002
echo_hw "between two of them" vm0 10.0.30.2 5002 "$(rep 0)" "$(rep 2)"
bed_down
ip link del br0
