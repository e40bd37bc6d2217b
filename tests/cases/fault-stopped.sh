#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan
# full: yes
# group: fault
# timeout: 900
#
# The daemon is stopped (SIGSTOP) for 30 s, while 1,000 connections a second, or
# as many as the guest can do, are opened and closed. None fails; when the daemon
# goes on, hardware is as it should be in time.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"

RATE=${RATE:-1000}
SECS=${SECS:-30}

bed_up
daemon_start
modprobe -a nf_conntrack nf_flow_table
sysctl -qw net.netfilter.nf_conntrack_max=1000000 net.netfilter.nf_conntrack_tcp_timeout_time_wait=5
ruleset
hold_start old 6000 20
settled 20
serve vm1 8000 16
server=$SERVING

# A guest that does fewer connections also fills the socket with fewer.
vm 0 tcpload churn 10.0.1.2 8000 "$RATE" 5 --ports 16 > "$WORK/churn" || die "connections failed: $(cat "$WORK/churn")"
rate=$(($(sed 's/opened=\([0-9]*\).*/\1/' "$WORK/churn") / 5))
until_true 60 nic_has 42 || die "rules are left: $(nic_rules)"
python3 "$(dirname "$0")/lib/rcvbuf.py" "$DAEMON" $((8388608 * rate / RATE)) generic
kill -STOP "$DAEMON"
vm 0 tcpload churn 10.0.1.2 8000 "$RATE" "$SECS" --ports 16 > "$WORK/churn" || die "connections failed: $(cat "$WORK/churn")"
# The old ones are to be the only ones.
until_true 60 sh -c '! conntrack -L -p tcp 2>/dev/null | grep -q "dport=80.*OFFLOAD"' ||
	die "connections that have ended are in the flowtable: $(conntrack -L -p tcp 2>/dev/null | grep OFFLOAD | head)"
opened=$(sed 's/opened=\([0-9]*\).*/\1/' "$WORK/churn")
kill -CONT "$DAEMON"
converges "stopped under $((opened / SECS)) new connections a second" 42
echo "$(cat "$WORK/churn"), in $SECS s"
nft-offload stats
[ "$(nft-offload stats | awk '$1 == "messages_lost" { print $2 }')" -ge 1 ] ||
	die "the daemon's socket has taken all messages: too few to show anything"
reap TERM $server
hold_end old
until_true 60 agree 0 || die "rules are left: $(cat $DEBUG/rules)"
bed_down
