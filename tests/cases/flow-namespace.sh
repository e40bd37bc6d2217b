#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: flow
# timeout: 600
#
# Two routers in two network namespaces, each with its daemon, its flowtable and its
# ports of the one NIC, the same addresses in both: each carries its own connections
# in hardware, and the end of one leaves the other alone.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

# at R: router R is meant from now on.
at() { AT=(ip netns exec "router$1") SOCKET=$WORK/router$1.sock; }

nic_up 4
modprobe nft_offload
reps=("$(rep 0)" "$(rep 1)" "$(rep 2)" "$(rep 3)")
for r in 0 1; do
	ip netns add router$r
	ip -n router$r link set lo up
	ip netns exec router$r sysctl -qw net.ipv4.ip_forward=1 net.netfilter.nf_conntrack_acct=1
	for side in 0 1; do
		n=$((2 * r + side))
		vm_netns $n
		ip link set "${reps[n]}" netns router$r
		ip -n router$r link set "${reps[n]}" up
		ip -n router$r addr add 10.0.$side.1/24 dev "${reps[n]}"
		ip -n vm$n addr add 10.0.$side.2/24 dev eth0
		ip -n vm$n route add default via 10.0.$side.1
	done
	serve vm$((2 * r + 1)) 5001
	ip netns exec router$r nft-offloadd --socket "$WORK/router$r.sock" > "$WORK/router$r.log" 2>&1 &
	daemons[r]=$!
	at $r
	until_true 20 nft-offload --socket "$SOCKET" stats > "$WORK/stats" 2>&1 ||
		die "the daemon of router $r does not answer: $(cat "$WORK/router$r.log" "$WORK/stats")"
	offload "${reps[2 * r]}" "${reps[2 * r + 1]}"
done

flows_of() { nft-offload --socket "$WORK/router$1.sock" flows --json | wc -l; }

at 0
echo_hw "first router" vm0 10.0.1.2 5001 "${reps[0]}" "${reps[1]}"
at 1
echo_hw "second router" vm2 10.0.1.2 5001 "${reps[2]}" "${reps[3]}"
[ "$(flows_of 0)" = 1 ] && [ "$(flows_of 1)" = 1 ] || die "flows: $(flows_of 0) and $(flows_of 1)"

echo "--- the first one goes, daemon, ruleset and namespace, while the second works"
echo_up "second router, again" vm2 10.0.1.2 5001 2
reap TERM "${daemons[0]}"
ip netns del router0
back_here() { port pf0vf0 > /dev/null && port pf0vf1 > /dev/null; }
until_true 60 back_here || die "the ports of a namespace that has gone are not here: $(ip link)"
echo_run "second router, again"
sides_are 2 ".original.sport == $FROM" || die "its flow is not in hardware any more: $(said)"
echo_hw "second router, a new one" vm2 10.0.1.2 5001 "${reps[2]}" "${reps[3]}"
reap TERM "${daemons[1]}"
AT=()
bed_down
