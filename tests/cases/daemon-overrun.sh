#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock kasan
# smp: 1
# group: daemon
# timeout: 600
#
# The daemon is stopped (SIGSTOP) while more connections begin and end than
# its socket, made small for that, holds messages for. No packet is lost meanwhile; when it goes on
# it has missed messages, and still comes to know exactly the flows there are,
# places them, and removes what has ended.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

FLOWS=${FLOWS:-1500}
LIB=$(dirname "$0")/lib

bed_up
daemon_start
modprobe -a nf_conntrack nf_flow_table
sysctl -qw net.netfilter.nf_flowtable_udp_timeout=600 \
	net.netfilter.nf_conntrack_udp_timeout=600 net.netfilter.nf_conntrack_udp_timeout_stream=600
ruleset

many() { # FIRST-PORT COUNT PACKETS: so many in each flow, each answered at the first try
	vm 0 python3 "$LIB/udpmany.py" send 10.0.1.2 5001 "$1" "$2" "$3" 0 1
}
ip netns exec vm1 python3 "$LIB/udpmany.py" echo 5001 &
until_true 60 sh -c "ip netns exec vm1 ss -uln | grep -q :5001"

placed() { # all of them, both directions: a rule each, and a guard
	[ "$(nft-offload flows --json --in-hw | wc -l)" -ge "$1" ] &&
		[ "$(rules "$(rep 0)")" -gt "$1" ] && [ "$(rules "$(rep 1)")" -gt "$1" ]
}

many 10000 200 3 || die "packets lost while the first rules were placed"
until_true 60 placed 200 || die "200 flows are not all in hardware: $(nft-offload stats)"

python3 "$LIB/rcvbuf.py" "$DAEMON" 65536
# Stopped. The first 200 end (their conntrack entries are deleted), many come.
kill -STOP "$DAEMON"
conntrack -F 2>/dev/null
many 20000 "$FLOWS" 1 || die "packets lost while the daemon was stopped"
sleep 3
kill -CONT "$DAEMON"
until_true 60 placed "$FLOWS" || die "not all $FLOWS flows are in hardware: $(nft-offload stats)"
exact() { # the old ones have gone: as many rules as flows, and one guard
	[ "$(rules "$(rep 0)")" = $((FLOWS + 1)) ] && [ "$(rules "$(rep 1)")" = $((FLOWS + 1)) ]
}
until_true 60 exact || die "rules of flows that have ended are left: $(rules "$(rep 0)") of $((FLOWS + 1)): $(nft-offload stats)"
nft-offload stats
lost=$(nft-offload stats | awk '$1 == "messages_lost" { print $2 }')
echo "messages that the daemon missed: $lost"
[ "$lost" -ge 1 ] || die "nothing was missed: the test is too small to show anything"
many 20000 50 3 || die "placed flows lose packets"
nft flush ruleset
none() { [ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ]; }
until_true 60 none || die "rules are left: $(rules "$(rep 0)" "$(rep 1)")"
bed_down
