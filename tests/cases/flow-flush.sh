#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan stock 6.1 7.2
# quick: yes
# group: flow
# timeout: 600
#
# What is deleted leaves no rule behind: the table, the chain with the
# flowtable, one device of the flowtable, a VM with its namespace, the whole
# NIC. Traffic runs all the while.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

bed_up 3
daemon_start

stream() { # starts an endless flow from vm0 to vm1
	ip netns exec vm1 udpflow recv 5001 --for 170 > /dev/null &
	RECEIVER=$!
	ip netns exec vm0 udpflow send 10.0.1.2 5001 1000000 --pps 200 --from 7001 > /dev/null 2>&1 &
	SENDER=$!
}
stream_end() { reap TERM $SENDER $RECEIVER; }
two() { [ "$(rules "$(rep 0)")" -ge 1 ] && [ "$(rules "$(rep 1)")" -ge 1 ]; }
none() { [ "$(rules "$(rep 0)" "$(rep 1)" "$(rep 2)")" = 0 ] && ! nft-offload flows --json | sees .; }

ruleset
stream
until_true 10 two || die "the flow is not in hardware: $(nft-offload flows)"

nft delete table inet filter
until_true 10 none || die "deleting the table left rules: $(nft-offload flows)"

ruleset
until_true 10 two || die "the flow did not come back: $(nft-offload flows)"
nft -f - <<'NFT'
flush chain inet filter forward
delete flowtable inet filter fast
NFT
until_true 10 none || die "deleting the flowtable left rules: $(nft-offload flows)"

# Only the chain with "flow add": nothing says "offload" any more.
ruleset
until_true 10 two || die "the flow did not come back: $(nft-offload flows)"
nft delete chain inet filter forward
until_true 20 none || die "deleting the chain left rules: $(nft-offload flows)"

ruleset
until_true 10 two || die "the flow did not come back: $(nft-offload flows)"
nft delete flowtable inet filter fast "{ devices = { $(rep 0) }; }"
until_true 10 none || die "deleting a device left rules: $(nft-offload flows)"
stream_end
nft flush ruleset

ruleset
conntrack -F 2>/dev/null
stream
until_true 10 two || die "the flow did not come back: $(nft-offload flows)"
stream_end
ip netns del vm0
devlink dev eswitch set eswsim/eswsim0 mode legacy
until_true 10 sh -c '! nft-offload flows --json --in-hw | grep -q .' ||
	die "representors are gone and flows are still in hardware: $(nft-offload flows)"
bed_down
