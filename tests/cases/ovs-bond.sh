#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: ovs
# ovs: yes
# timeout: 600
#
# A bond as a port of Open vSwitch: what comes in by a member and what goes out by
# the bond does so in hardware, by one rule in the block that the members share;
# it follows the members, is adopted after a kill -9, and goes.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

# enslave, release: the uplink is a member, or none.
enslave() {
	ip link set "$(port p0)" down
	ip link set "$(port p0)" master bond9
	ip link set "$(port p0)" up
}

release() {
	ip link set "$(port p0)" nomaster
	ip link set "$(port p0)" up
}

# block_rules: how many rules there are in the bond's block.
block_rules() {
	{ tc filter show block "$BLOCK" 2>/dev/null || :; } | grep -c 'handle 0x' || :
}

block_rules_are() { [ "$(block_rules)" = "$1" ]; }

# ping_hw WHAT: packets pass, and in the end by hardware alone.
ping_hw() {
	local rep0=$1 miss uplink
	rep0=$(rep 0)
	until_true 60 vm 0 ping -q -c 1 -W 2 10.1.0.9 > "$WORK/ping" || die "$1: no ping: $(tail -n 20 $OVS_LOG)"
	until_true 60 block_rules_are 1 ||
		die "$1: in the block: $(tc filter show block "$BLOCK"; ovs-appctl nft-offload/flows)"
	miss=$(hw "$rep0" hw_rx_miss_packets) uplink=$(hw "$(port p0)" hw_rx_miss_packets)
	pinged 0 20 -i 0.05 10.1.0.9 || die "$1: lost: $(cat "$WORK/ping")"
	[ "$(hw "$rep0" hw_rx_miss_packets)" = "$miss" ] || die "$1: to the bond in software: $(flows; ovs-appctl nft-offload/flows)"
	[ "$(hw "$(port p0)" hw_rx_miss_packets)" = "$uplink" ] || die "$1: from the bond in software: $(flows)"
}

nic_up 2
vms_bare 1
wire_netns
ip -n out addr add 10.1.0.9/24 dev eth0
ip -n vm0 addr add 10.1.0.1/24 dev eth0
# By hand, so that no ARP needs a rule.
ip -n vm0 neigh replace 10.1.0.9 lladdr "$(ip netns exec out cat /sys/class/net/eth0/address)" dev eth0
ip -n out neigh replace 10.1.0.1 lladdr "$(vm 0 cat /sys/class/net/eth0/address)" dev eth0
ip link add bond9 type bond mode active-backup miimon 100
enslave
ip link set bond9 up
BLOCK=$(cat /sys/class/net/bond9/ifindex)

bridge_bare 1
ovs-vsctl add-port br0 bond9 -- set Interface bond9 ofport_request=9
ovs-ofctl add-flow br0 in_port=1,actions=9
ovs-ofctl add-flow br0 in_port=9,actions=1

echo "--- both ways"
ping_hw "both ways"
tc qdisc show dev "$(port p0)" | sees "ingress_block $BLOCK" || die "p0 is not bound: $(tc qdisc show dev "$(port p0)")"
flows | sees 'in_port(bond9).*packets:[1-9]' || die "not counted: $(flows)"

echo "--- the member goes and comes"
# Open vSwitch forgets a flow without packets after 10 s, and its reason with it.
ip netns exec vm0 ping -q -i 0.5 10.1.0.9 > /dev/null &
pinging=$!
release
until_true 20 block_rules_are 0 || die "rules stay: $(tc filter show block "$BLOCK")"
free() { ! tc qdisc show dev "$(port p0)" | sees ingress_block; }
until_true 20 free || die "p0 is bound still: $(tc qdisc show dev "$(port p0)"; grep -i lag $OVS_LOG)"
until_true 20 eval 'ovs-appctl nft-offload/flows | sees "has no member"' ||
	die "no reason: $(ovs-appctl nft-offload/flows)"
reap TERM $pinging
enslave
ovs-appctl revalidator/purge
ping_hw "the member is back"

echo "--- kill -9"
vswitchd_stop KILL
ovs-vsctl --no-wait set Open_vSwitch . other_config:flow-restore-wait=true
vswitchd_start
rules_again() { ovs-ofctl add-flow br0 in_port=1,actions=9 && ovs-ofctl add-flow br0 in_port=9,actions=1; }
until_true 60 rules_again
ovs-vsctl --no-wait remove Open_vSwitch . other_config flow-restore-wait
until_true 60 eval '[ "$(stat_of "Rules adopted")" -ge 2 ]' || die "not adopted: $(ovs-appctl dpctl/offload-stats-show)"
ping_hw "after kill -9"
# Of an uplink that it finds bound already.
ovs_log_clean 'failed to bind LAG member'

echo "--- no hw-offload"
ovs_off
block_rules_are 0 || die "rules stay: $(tc filter show block "$BLOCK")"
ip link del bond9
