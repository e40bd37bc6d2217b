#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan 6.1 7.2
# group: fault
# timeout: 900
#
# Under traffic the VFs are taken away and come back as another number of them;
# then the eswitch goes to legacy mode and back. Nothing of the old ports is left
# in hardware or shown to be there, what has nothing to do with them goes on, and
# the connections of before are in hardware again when ports and ruleset are back.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"

# plain N: namespace plainN behind a veth, no port of any switch.
plain() {
	ip netns add "plain$1"
	ip link add "veth$1" type veth peer name eth0 netns "plain$1"
	ip link set "veth$1" up
	ip addr add "10.0.8$1.1/24" dev "veth$1"
	ip -n "plain$1" link set eth0 up
	ip -n "plain$1" addr add "10.0.8$1.2/24" dev eth0
	ip -n "plain$1" route add default via "10.0.8$1.1"
}
rep_plug() { # N: a new representor is the router's
	local dev
	dev=$(rep "$1")
	ip link set "$dev" up
	ip addr add "10.0.$1.1/24" dev "$dev"
}
vf_plug() { # N: a new VF is that of VM N
	local dev
	dev=$(vf "$1")
	ip link set "$dev" netns "vm$1" name eth0
	ip -n "vm$1" link set eth0 up
	ip -n "vm$1" addr add "10.0.$1.2/24" dev eth0
	ip -n "vm$1" route add default via "10.0.$1.1"
}
rules_load() {
	sed "s/{ eth0, eth1 }/{ $(rep 0), $(rep 1), veth0, veth1 }/" \
		"${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft" > "$WORK/router.nft"
	nft -f "$WORK/router.nft"
}
none_in_hw() { ! in_hw && ! ct HW_OFFLOAD && nic_has 0; }
without() { # WHAT: the ports are away
	until_true 10 none_in_hw || die "$1: flows are still in hardware: $(nft-offload flows; cat $DEBUG/rules)"
	nft-offload flows --json > "$WORK/flows"
	[ "$(grep -c '"reason"' "$WORK/flows")" = "$(grep -c 'not_switchdev\|port_gone\|other_switch' "$WORK/flows")" ] ||
		die "$1: flows without the right reason: $(cat "$WORK/flows")"
}

bed_up
plain 0
plain 1
daemon_start
rules_load
hold_start tcp 6000 20
hold_start plain 6500 5 plain0 plain1 10.0.81.2
settled 20
until_true 60 sh -c 'nft-offload flows --json | grep -q not_switchdev' || die "no reason: $(nft-offload flows)"

echo 0 > $NIC/sriov_numvfs
without 'no VFs'
sleep 3
echo 2 > $NIC/sriov_numvfs
for n in 0 1; do
	vf_plug $n
	rep_plug $n
done
rules_load
settled 20

devlink dev eswitch set eswsim/eswsim0 mode legacy
without 'legacy mode'
sleep 3
devlink dev eswitch set eswsim/eswsim0 mode switchdev
for n in 0 1; do
	rep_plug $n
done
rules_load
settled 20
hit=$(hw "$(rep 0)" hw_rx_hit_packets)
sleep 2
[ "$(hw "$(rep 0)" hw_rx_hit_packets)" -gt "$hit" ] || die "nothing passes in hardware"
hold_end tcp
hold_end plain
until_true 60 nic_has 0 || die "rules are left: $(cat $DEBUG/rules)"
bed_down
