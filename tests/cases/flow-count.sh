#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev 6.1 7.2
# group: flow
# timeout: 600
#
# Counters: what conntrack has counted never gets less while a flow goes into
# hardware and out of it again (ruleset loaded anew, a smaller MTU, another
# daemon), and in the end it is every packet of the flow once.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

bed_up
modprobe nf_conntrack
sysctl -qw net.netfilter.nf_conntrack_acct=1
daemon_start
# Conntrack goes on while there is no flowtable.
conntrack -E -p udp --orig-port-dst 5001 -o timestamp,id > "$WORK/events" 2>&1 &
events=$!
ruleset
again() { sed '/^flush ruleset/d' "$WORK/router.nft" | nft -f -; }
nft 'add table inet track; add chain inet track c { type filter hook forward priority 1; }; add rule inet track c ct state invalid counter'

# counted: "packets bytes" of the way out, as conntrack has them.
counted() {
	conntrack -L -p udp --orig-port-dst 5001 2> /dev/null |
		sed -n 's/.*dport=5001 packets=\([0-9]*\) bytes=\([0-9]*\) .*src=.*/\1 \2/p'
}
vm 1 udpflow recv 5001 --for 500 > "$WORK/recv" &
receiver=$!
# The kernel offloads UDP from the second packet on. One that it has seen no
# answer to ends with its flowtable entry, and another one counts from 0.
until_true 30 vm 1 grep -q :1389 /proc/net/udp6 || die "no receiver"
vm 0 udpflow send 10.0.1.2 5001 1000000 --pps 100 --from 7001 --warmup 1 --stop "$WORK/stop" > "$WORK/sent" &
sender=$!

# watch: once a quarter of a second; less than before ends the test.
watch() {
	local before=0 now
	while ! [ -e "$WORK/stop" ]; do
		now=$(counted)
		if [ -n "$now" ]; then
			[ "${now% *}" -ge "$before" ] || echo "$now packets and bytes after $before" >> "$WORK/backwards"
			before=${now% *}
		fi
		sleep 0.25
	done
}
watch &
watcher=$!

in_hw() { nft-offload flows --json --in-hw | sees .; }
none() { ! in_hw; }
carried() { # the NIC has got 200 packets since: $1
	[ "$(hw "$(rep 0)" hw_rx_hit_packets)" -ge $(($1 + 200)) ]
}
# round WHAT OUT BACK: it goes out of hardware, and comes back.
round() {
	until_true 30 in_hw || die "before $1: not in hardware: $(nft-offload flows)"
	until_true 60 carried "$(hw "$(rep 0)" hw_rx_hit_packets)" || die "before $1: hardware carries nothing"
	eval "$2"
	[ -z "$3" ] || until_true 20 none || die "$1: still in hardware: $(nft-offload flows)"
	sleep 2
	eval "$3"
	until_true 60 in_hw || die "after $1: not in hardware: $(nft-offload flows)"
	until_true 60 carried "$(hw "$(rep 0)" hw_rx_hit_packets)" || die "after $1: hardware carries nothing"
	echo "ok: $1: $(counted)"
}
round "the ruleset anew" "nft delete table inet filter" again
round "a smaller MTU for a while" "ip link set $(rep 1) mtu 1280" "ip link set $(rep 1) mtu 1500"
round "the daemon restarted" "daemon_stop USR2" daemon_start

touch "$WORK/stop"
reap TERM $events
wait $sender
wait $receiver
wait $watcher
grep -q ' lost=0 ' "$WORK/recv" || die "packets lost: $(cat "$WORK/recv")"
[ ! -e "$WORK/backwards" ] || die "counters ran backwards: $(cat "$WORK/backwards" "$WORK/events")"
# All that were sent: the data, three that say it is the end, one or more
# that ask for an answer at the beginning. What comes between the kernel's last
# look at a rule's counters and its end nobody counts (tfilter_del_notify() in
# net/sched/cls_api.c): on a busy host a tenth of a second each time. Without the last
# figures it would be up to a second, 100 packets.
sent=$(sed -n 's/^sent=//p' "$WORK/sent")
right() { local n; n=$(counted); n=${n% *}; [ "$n" -ge $((sent + 4 - 40)) ] && [ "$n" -le $((sent + 60)) ]; }
until_true 30 right || die "$sent packets were sent, conntrack has counted $(counted)"
echo "$sent packets and a few to begin and end: $(counted)"
bed_down
