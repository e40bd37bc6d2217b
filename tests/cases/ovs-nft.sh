#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# ovs: yes
# full: yes
# group: ovs
# timeout: 600
#
# Both sources in one table: nftables routes between two VMs and OVS switches
# between two others, all in hardware; what one does leaves the other alone.
# The daemon beside ovs-vswitchd, before it and after it.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

# VMs 0 and 1 behind the router (testbed.sh), 2 and 3 on br0 (lib/ovs.sh).
both_bed
modprobe nft_offload
ovs_up
for n in 2 3; do
	ovs-vsctl add-port br0 "$(rep $n)"
done
until_true 10 vm 2 ping -q -c 1 -W 2 10.1.0.2 > "$WORK/ping" || die "vm2 does not reach vm3: $(cat "$WORK/ping")"

in_hw() { ovs-appctl --format json nft-offload/stats | jq ".in_hw_$1"; }
log_says() { grep -q "$1" $OVS_LOG; }
until_true 15 log_says 'connections of nftables flowtables go to hardware' ||
	die "the provider is not bound to nft_offload: $(grep nft_offload $OVS_LOG)"

# The daemon says who is in its way.
if nft-offloadd > "$WORK/second" 2>&1; then
	die "a daemon runs beside the provider in ovs-vswitchd"
fi
grep -q 'ovs-vswitchd' "$WORK/second" || die "the daemon does not say who is bound: $(cat "$WORK/second")"
[ "$(wc -l < "$WORK/second")" = 1 ] || die "the daemon says more than one line: $(cat "$WORK/second")"

routed() { # an endless flow from vm0 to vm1, through the router
	ip netns exec vm1 udpflow recv 5001 --for 400 > "$WORK/routed" &
	RECEIVER=$!
	ip netns exec vm0 udpflow send 10.0.1.2 5001 1000000 --pps 100 --from 7001 > /dev/null 2>&1 &
	SENDER=$!
}
switched() { # one from vm2 to vm3, through br0
	ip netns exec vm2 ping -q -i 0.05 -c 100000 10.1.0.2 > "$WORK/switched" &
	PING=$!
}
# Packets from VF N that the representor, and so software, did not see.
both() { [ "$(in_hw flowtable)" -ge 2 ] && [ "$(in_hw ovs)" -ge 2 ]; }
ruleset
routed
switched
until_true 30 both || die "not both sources are in hardware: $(ovs-appctl nft-offload/flows)"
ct 'HW_OFFLOAD' || die "conntrack does not show HW_OFFLOAD: $(cat "$WORK/conntrack")"
ovs-appctl nft-offload/table | sees -E "^flowtable +$(rep 0) " || die "table: $(ovs-appctl nft-offload/table)"

# The priorities are each source's own.
prios() { tc -j filter show dev "$1" ingress | jq -c '[.[] | select(.options.handle?) | .pref] | unique'; }
jq -e 'all(. >= 9 and . <= 16)' <<< "$(prios "$(rep 0)")" > /dev/null || die "router's port: $(prios "$(rep 0)")"
jq -e 'all(. >= 17 and . <= 24)' <<< "$(prios "$(rep 2)")" > /dev/null || die "switch's port: $(prios "$(rep 2)")"

# Packets take the hardware, and are counted: those of connections in conntrack.
counted() { ovs-appctl --format json nft-offload/flows "$1" | jq '[.[].packets] | add'; }
a=$(counted flowtable) b=$(counted ovs)
more() { [ "$(counted flowtable)" -ge $((a + 100)) ] && [ "$(counted ovs)" -ge $((b + 40)) ]; }
until_true 20 more || die "hardware does not count: $a $b, now $(counted flowtable) $(counted ovs)"

# OVS's flows go; the connections stay.
kept=$(tc filter show dev "$(rep 0)" ingress | grep -c 'handle 0x')
ovs-appctl revalidator/purge
[ "$(tc filter show dev "$(rep 0)" ingress | grep -c 'handle 0x')" = "$kept" ] ||
	die "OVS's purge took rules of connections: $(tc filter show dev "$(rep 0)" ingress)"
until_true 20 both || die "OVS's flows did not come back: $(ovs-appctl nft-offload/flows)"

# The flowtable goes; OVS's flows stay.
nft flush ruleset
none_nft() { [ "$(in_hw flowtable)" = 0 ] && [ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ]; }
until_true 20 none_nft || die "rules of connections are left: $(ovs-appctl nft-offload/flows)"
[ "$(in_hw ovs)" -ge 2 ] || die "OVS's flows went with the flowtable's: $(ovs-appctl nft-offload/flows)"

# The module goes and comes back.
until_true 10 rmmod nft_offload || die "the module does not go while the provider is bound"
until_true 10 log_says 'was unloaded' || die "the provider did not see the module go"
modprobe nft_offload
ruleset
conntrack -F 2>/dev/null
until_true 30 both || die "after the module came back: $(ovs-appctl nft-offload/flows)"

# OVS ends: connections are software's again, with no rule left; OVS's own
# rules stay and go on.
vswitchd_stop
[ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ] || die "rules of connections are left behind: $(tc filter show dev "$(rep 0)" ingress)"
[ "$(rules "$(rep 2)")" -ge 1 ] || die "OVS's rules went with ovs-vswitchd"

# The daemon has the module now; ovs-vswitchd says so and serves OVS alone, and
# leaves the daemon's rules where they are.
daemon_start
two() { [ "$(rules "$(rep 0)")" -ge 1 ] && [ "$(rules "$(rep 1)")" -ge 1 ]; }
until_true 20 two || die "the daemon does not place the flow: $(nft-offload flows)"
vswitchd_start
until_true 20 log_says 'left to another provider' || die "no word of the daemon: $(grep nft_offload $OVS_LOG | tail -n 5)"
[ "$(grep -c 'left to another provider' $OVS_LOG)" = 1 ] || die "more than one word of the daemon"
ovs_hw() { [ "$(in_hw ovs)" -ge 2 ]; }
until_true 30 ovs_hw || die "OVS's flows are not in hardware beside the daemon: $(ovs-appctl nft-offload/flows)"
sleep 12
two || die "ovs-vswitchd took the daemon's rules: $(nft-offload flows)"

# The daemon ends, and the provider takes over.
daemon_stop
until_true 30 both || die "the provider does not take over from the daemon: $(ovs-appctl nft-offload/flows)"

reap TERM $SENDER $RECEIVER $PING
ovs_log_clean 'left to another provider'
nft flush ruleset
ovs_down
