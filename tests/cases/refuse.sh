#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# quick: yes
# group: refuse
# timeout: 600
#
# What can be missing or wrong: each gives one clear line that names cause and
# cure, the ruleset loads all the same, traffic flows in software.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

# says PATTERN COMMAND...: COMMAND fails, and says one line with PATTERN.
says() {
	local pattern=$1 out
	shift
	if out=$(timeout 20 "$@" 2>&1); then
		die "'$*' succeeded: $out"
	fi
	[ "$(wc -l <<< "$out")" = 1 ] || die "'$*' said more than one line: $out"
	grep -qiE -- "$pattern" <<< "$out" || die "'$*' said '$out', not '$pattern'"
	echo "ok: $out"
}

# flows_in_software REASON: a flow goes through, not in hardware, and the
# daemon names REASON.
flows_in_software() {
	vm 1 udpflow recv 5001 --for 500 > "$WORK/recv" &
	local receiver=$!
	vm 0 udpflow send 10.0.1.2 5001 100 --pps 50 --warmup 1 > /dev/null &
	local sender=$!
	if [ -n "$1" ]; then
		until_true 10 sh -c "nft-offload flows --json | grep -q '$1'" ||
			die "no reason '$1': $(nft-offload flows --json)"
		nft-offload flows
	fi
	wait $sender
	wait $receiver
	grep -q ' lost=0 ' "$WORK/recv" || die "packets lost: $(cat "$WORK/recv")"
	[ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ] || die "rules in hardware: $(tc filter show dev "$(rep 0)" ingress)"
	conntrack -F 2>/dev/null
	echo "ok: in software ${1:+because of $1}"
}

bed_up
mkdir -p /run/modprobe.d
# No module: asking for the family would load it, so it must not be loadable.
echo 'install nft_offload /bin/false' > /run/modprobe.d/none.conf
says 'nft_offload.*(modprobe|load)' nft-offloadd
says 'nft-offloadd|daemon' nft-offload flows
rm /run/modprobe.d/none.conf

modprobe nft_offload
says 'CAP_NET_ADMIN' setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all nft-offloadd
ruleset
flows_in_software ''
nft flush ruleset

daemon_start
says 'already|another|running' nft-offloadd
says 'already|another|bound|provider' nft-offloadd --socket "$WORK/second.sock"
says 'permission|rights|group' setpriv --reuid 65534 --regid 65534 --clear-groups nft-offload flows
says 'usage|unknown|option' nft-offload flow
says 'usage|unknown|option' nft-offload flows --jason
says 'usage|unknown|option|argument' nft-offloadd --grase 3

# hw-tc-offload off on the ports (which a NIC allows while it has no rules).
ethtool -K "$(rep 0)" hw-tc-offload off
ethtool -K "$(rep 1)" hw-tc-offload off
ruleset
flows_in_software hw_tc_offload_off
ethtool -K "$(rep 0)" hw-tc-offload on
ethtool -K "$(rep 1)" hw-tc-offload on
nft flush ruleset

# A table that is full.
echo 1000000 > /sys/kernel/debug/eswsim/eswsim0/fail_next
echo 28 > /sys/kernel/debug/eswsim/eswsim0/fail_errno
ruleset
flows_in_software table_full
echo 0 > /sys/kernel/debug/eswsim/eswsim0/fail_next
nft flush ruleset

# Devices that are no switchdev ports: a veth pair instead of VF 1.
ip netns add plain
ip link add veth0 type veth peer name eth0 netns plain
ip link set veth0 up
ip addr add 10.0.9.1/24 dev veth0
ip -n plain link set eth0 up
ip -n plain addr add 10.0.9.2/24 dev eth0
ip -n plain route add default via 10.0.9.1
sed "s/{ eth0, eth1 }/{ $(rep 0), veth0 }/" "${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft" > "$WORK/veth.nft"
nft -f "$WORK/veth.nft" || die "a ruleset with a veth in the flowtable does not load"
ip netns exec plain udpflow recv 5001 --for 500 > "$WORK/recv" &
receiver=$!
vm 0 udpflow send 10.0.9.2 5001 100 --pps 50 --warmup 1 > /dev/null &
sender=$!
until_true 10 sh -c "nft-offload flows --json | grep -q not_switchdev" || die "no reason: $(nft-offload flows --json)"
nft-offload flows
wait $sender
wait $receiver
grep -q ' lost=0 ' "$WORK/recv" || die "packets lost: $(cat "$WORK/recv")"
bed_down
