#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan
# group: fault
# timeout: 600
#
# The router is a network namespace, with the representors, the ruleset and the
# daemon in it, and is deleted with connections in hardware; then the daemon is
# killed, and with it the namespace goes. Nothing is left of it, and the
# connections go on, in hardware, when there is a router again.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"

# vm_plain N: VM N with addresses, its router being nobody yet.
vm_plain() {
	vm_netns "$1"
	ip -n "vm$1" addr add "10.0.$1.2/24" dev eth0
	ip -n "vm$1" route add default via "10.0.$1.1"
}
# router NAMESPACE: is there now, the representors with it; "" is the first one.
router() {
	local n dev in=()
	[ -z "$1" ] || in=(-n "$1")
	for n in 0 1; do
		dev=$(rep $n)
		[ -z "$1" ] || ip link set "$dev" netns "$1"
		ip "${in[@]}" link set "$dev" up
		ip "${in[@]}" addr add "10.0.$n.1/24" dev "$dev"
	done
}
in_gw() { ip netns exec gw "$@"; }

nic_up 2
vm_plain 0
vm_plain 1
ip netns add gw
sed "s/{ eth0, eth1 }/{ $(rep 0), $(rep 1) }/" "${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft" > "$WORK/router.nft"
router gw
in_gw sysctl -qw net.ipv4.ip_forward=1
vm 0 ping -q -c 1 -W 5 10.0.1.2 > "$WORK/ping" || die "vm0 does not reach vm1: $(cat "$WORK/ping")"
modprobe nft_offload
ip netns exec gw nft-offloadd --grace 3 > "$WORK/daemon.log" 2>&1 &
# shellcheck disable=SC2034 # daemon_stop takes it
DAEMON=$!
until_true 30 nft-offload stats > "$WORK/stats" 2>&1 || die "no daemon: $(cat "$WORK/daemon.log")"
in_gw nft -f "$WORK/router.nft"
hold_start tcp 6000 20
settled 20

# Its name goes; the daemon is still in it.
ip netns del gw
sleep 3
nic_has 42 || die "rules went with the name of the namespace: $(nic_rules)"
hit=$(nft-offload flows --json | jq -s '[.. | .packets? // empty] | add // 0')
sleep 2
[ "$(nft-offload flows --json | jq -s '[.. | .packets? // empty] | add // 0')" -gt "$hit" ] ||
	die "hardware stands still: $(nft-offload flows)"

daemon_stop KILL
back() { rep 0 > /dev/null && rep 1 > /dev/null; }
until_true 60 back || die "the representors do not come back: $(ip -br link)"
until_true 30 nic_has 0 || die "rules outlived the namespace: $(cat $DEBUG/rules)"

# Somebody else is the router.
sysctl -qw net.ipv4.ip_forward=1
daemon_start
nft -f "$WORK/router.nft"
router ''
settled 20
hold_end tcp
until_true 60 nic_has 0 || die "rules are left: $(cat $DEBUG/rules)"
bed_down
