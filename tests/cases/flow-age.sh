#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock 6.1 7.2
# group: flow
# timeout: 600
#
# Time: an idle UDP flow leaves hardware at the flowtable's timeout; a flow
# that only the hardware sees lives longer than every timeout, its counters
# reach conntrack, and it never touches the slow path meanwhile.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

bed_up
modprobe -a nf_conntrack nf_flow_table
sysctl -qw net.netfilter.nf_flowtable_udp_timeout=5 \
	net.netfilter.nf_conntrack_udp_timeout=6 net.netfilter.nf_conntrack_udp_timeout_stream=7 \
	net.netfilter.nf_conntrack_acct=1
daemon_start
ruleset

gone() { ! nft-offload flows --json | sees . && [ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ]; }

# Busy for 24 s or more at 50 packets a second, with 5, 6 and 7 s timeouts.
vm 1 udpflow recv 5001 --for 500 > "$WORK/recv" &
receiver=$!
vm 0 udpflow send 10.0.1.2 5001 1000000 --pps 50 --warmup 3 --stop "$WORK/stop" &
sender=$!
until_true 10 ct HW_OFFLOAD || die "no [HW_OFFLOAD]"
sleep 4
miss=$(hw "$(rep 0)" hw_rx_miss_packets)
left=$(rules "$(rep 0)")
for i in 1 2 3 4; do
	sleep 5
	ct HW_OFFLOAD || die "the busy flow left hardware after $((4 + i * 5)) s"
done
missed=$(($(hw "$(rep 0)" hw_rx_miss_packets) - miss))
[ "$left" -ge 1 ] || die "no rule on the representor"
# ARP and neighbour discovery go on in software; the flow's packets do not.
[ $missed -le 30 ] || die "$missed packets took the slow path"
conntrack -L -p udp 2>/dev/null > "$WORK/ct"
packets=$(grep -o 'packets=[0-9]*' "$WORK/ct" | head -1 | cut -d= -f2)
echo "conntrack counts $packets packets: $(cat "$WORK/ct")"
[ "$packets" -ge 800 ] || die "conntrack has only $packets packets of a flow of more than 1,000"
touch "$WORK/stop"
wait $sender
wait $receiver
grep -q ' lost=0 ' "$WORK/recv" || die "packets lost: $(cat "$WORK/recv")"

# Idle from here: the flow goes at the timeout (5 s, a second of gc, a second
# until the counter is read, and as much again for a slow machine).
end=$SECONDS
until_true 40 gone || die "an idle flow is still there: $(nft-offload flows)"
took=$((SECONDS - end))
echo "idle flow gone after $took s"
[ $took -ge 3 ] || die "the idle flow was thrown out before its timeout"
[ $took -le 15 ] || die "the idle flow stayed $took s with a timeout of 5 s"
bed_down
