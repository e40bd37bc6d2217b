#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: flow
# timeout: 600
#
# Static hardware rules of a netdev chain with "flags offload" on a port of a
# flowtable. A driver takes one block of rules for a port: those that are there go on
# working and are left alone, connections from that port stay in software with the
# reason, until the chain has gone; a chain that comes later is refused by the kernel,
# and connections go on in hardware.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

bed_up
serve vm1 5001
serve vm1 5009
static_rules() {
	nft -f - <<-NFT
	table netdev static {
		chain in {
			type filter hook ingress device "$(rep 0)" priority 1
			flags offload
			ip daddr 10.0.1.2 udp dport 5009 drop
		}
	}
	NFT
}

# dropped: by the NIC, and seen by nobody.
dropped() {
	local hit miss
	hit=$(hits "$(rep 0)") miss=$(hw "$(rep 0)" hw_rx_miss_packets)
	vm 0 python3 - <<-'PY'
	import socket
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	for i in range(50):
	    s.sendto(bytes(100), ("10.0.1.2", 5009))
	PY
	hit=$(($(hits "$(rep 0)") - hit)) miss=$(($(hw "$(rep 0)" hw_rx_miss_packets) - miss))
	echo "$1: NIC took $hit, left $miss"
	[ $hit -ge 50 ] && [ $miss -lt 50 ] || die "$1: the static rule is not in hardware: $hit taken, $miss left"
	[ -z "$(conntrack -L -p udp --orig-port-dst 5009 2>/dev/null)" ] || die "$1: a packet was seen"
}

modprobe nft_offload
offload "$(rep 0)" "$(rep 1)"
static_rules
dropped "before the daemon"
daemon_start
dropped "beside the daemon"

# One way is in hardware: only the port of the static rules is taken.
echo_up "beside static rules" vm0 10.0.1.2 5001 1
until_true 20 refused_for busy || die "no reason: $(said)"
dropped "beside a connection"
back=$(hits "$(rep 1)")
echo_run "beside static rules"
back=$(($(hits "$(rep 1)") - back))
[ $back -ge "$COUNT" ] || die "the other way is not in hardware: $(said)"
refused_for busy || die "no reason any more: $(said)"
flows_json | sees 'netdev chain' || die "no words: $(said)"
dropped "after a connection"
daemon_stop
dropped "without the daemon"
daemon_start

echo "--- the chain goes"
nft delete table netdev static
# Tried again after a minute at the most.
echo_begin vm0 10.0.1.2 5001
until_true 90 sides_are 2 ".original.sport == $FROM" || die "not in hardware without the chain: $(said)"
echo_run "after static rules"
echo_hw "after static rules" vm0 10.0.1.2 5001 "$(rep 0)" "$(rep 1)"

echo "--- a chain that comes later"
echo_up "before the chain" vm0 10.0.1.2 5001 2
if static_rules 2> "$WORK/nft"; then
	die "the kernel took a second block"
fi
grep -q busy "$WORK/nft" || die "nft says: $(cat "$WORK/nft")"
echo_run "before the chain"
sides_are 2 ".original.sport == $FROM" || die "not in hardware any more: $(said)"
bed_down
