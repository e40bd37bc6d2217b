#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock kasan
# quick: yes
# group: daemon
# timeout: 600
#
# kill -9 of the daemon under traffic: no packet is lost, the hardware goes on;
# a restart within the grace period adopts the rules (same handles, counters
# go on). Without a restart the flows go back to software after the grace
# period, again without loss, and no rule is left.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

handles() { # prio and handle of every rule of ours on both representors
	local d
	for d in "$(rep 0)" "$(rep 1)"; do
		tc filter show dev "$d" ingress | awk '/ handle / { for (i = 1; i < NF; i++)
			if ($i == "pref" || $i == "handle") printf "%s ", $(i + 1); print "" }'
	done | sort
}
carried() { nft-offload flows --json --in-hw | jq -s '[.. | .packets? // empty] | add // 0'; }
# A kernel that checks memory needs longer for each look that is taken
# within the grace period.
grace=8
[ ! -e /sys/kernel/debug/kmemleak ] || grace=60
two() { [ "$(rules "$(rep 0)")" -ge 1 ] && [ "$(rules "$(rep 1)")" -ge 1 ]; }

bed_up
daemon_start --grace $grace
ruleset
vm 1 udpflow recv 5001 --for $((120 + 4 * grace)) > "$WORK/recv" &
receiver=$!
vm 0 udpflow send 10.0.1.2 5001 1000000 --pps 500 --stop "$WORK/stop" > "$WORK/send" &
sender=$!
until_true 10 two || die "the flow is not in hardware: $(nft-offload flows)"
until_true 60 sh -c '[ "$(nft-offload flows --json --in-hw | wc -l)" -ge 1 ]'
sleep 3
handles > "$WORK/before"
before=$(carried)
[ "$before" -ge 1 ] || die "no packets counted: $(nft-offload flows --json)"

daemon_stop KILL
sleep 2
hit=$(hw "$(rep 0)" hw_rx_hit_packets)
sleep 2
[ "$(hw "$(rep 0)" hw_rx_hit_packets)" -gt "$hit" ] || die "hardware stopped with the daemon"
ct HW_OFFLOAD || die "[HW_OFFLOAD] went with the daemon"
daemon_start --grace $grace
until_true 60 sh -c '[ "$(nft-offload flows --json --in-hw | wc -l)" -ge 1 ]' ||
	die "restarted, and the flow is not in hardware: $(nft-offload flows)"
handles > "$WORK/after"
cmp "$WORK/before" "$WORK/after" || die "rules were not adopted: $(diff "$WORK/before" "$WORK/after")"
sleep 2
after=$(carried)
echo "packets counted: $before before the kill, $after after the restart"
[ "$after" -gt "$before" ] || die "counters did not go on"
sleep $((grace + 2))
handles > "$WORK/later"
cmp "$WORK/before" "$WORK/later" || die "the grace period took adopted rules away"

daemon_stop KILL
none() { [ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ]; }
sleep 3
two || die "rules went before the grace period was over"
until_true $((grace + 22)) none || die "the grace period is over and rules are left: $(tc filter show dev "$(rep 0)" ingress)"
until_true 10 sh -c '! conntrack -L 2>/dev/null | grep -q HW_OFFLOAD' || die "[HW_OFFLOAD] without a provider"
miss=$(hw "$(rep 0)" hw_rx_miss_packets)
sleep 2
[ "$(hw "$(rep 0)" hw_rx_miss_packets)" -gt "$miss" ] || die "no packets in software after the grace period"
touch "$WORK/stop"
wait $sender
wait $receiver
cat "$WORK/recv"
grep -q ' lost=0 .*duplicates=0 ttl=63\.\.63' "$WORK/recv" || die "packets lost"
bed_down
