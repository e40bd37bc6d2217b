#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: kasan dev
# full: yes
# group: cycles
# timeout: 3600
#
# 200 cycles of load ruleset, traffic, delete: no kernel report (the runner
# looks), no memory left in the module, the virtual NIC and the daemon.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

CYCLES=${CYCLES:-200}

bed_up
daemon_start
ruleset
REP0=$(rep 0) REP1=$(rep 1)
nft flush ruleset
mod_memory() { # KiB in slab and vmalloc, after all grace periods
	echo 3 > /proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|VmallocUsed|Percpu):/ { n += $2 } END { print n }' /proc/meminfo
}
user_memory() { awk '/^VmRSS/ { print $2 }' "/proc/$DAEMON/status"; }
none() { [ "$(rules "$REP0" "$REP1")" = 0 ]; }

cycle() {
	nft -f "$WORK/router.nft"
	vm 1 udpflow recv 5001 --for 300 > "$WORK/recv" &
	local receiver=$!
	vm 0 udpflow send 10.0.1.2 5001 200 --pps 400 --warmup 0.4 > /dev/null
	wait $receiver
	grep -q ' lost=0 ' "$WORK/recv" || die "cycle $1: $(cat "$WORK/recv")"
	nft delete table inet filter
	until_true 20 none || die "cycle $1: rules are left: $(nft-offload flows)"
	conntrack -F 2> "$WORK/flushed" || die "conntrack -F: $(cat "$WORK/flushed")"
}

for ((i = 1; i <= CYCLES; i++)); do
	cycle "$i"
	if [ "$i" = $((CYCLES / 10)) ]; then
		kernel=$(mod_memory)
		user=$(user_memory)
	fi
	[ $((i % 20)) != 0 ] || echo "cycle $i: kernel $(mod_memory) KiB, daemon $(user_memory) KiB"
done
hits=$(hw "$REP0" hw_rx_hit_packets)
[ "$hits" -ge $((CYCLES * 50)) ] || die "only $hits packets in hardware over all cycles"
grew=$(($(mod_memory) - kernel))
ugrew=$(($(user_memory) - user))
echo "after $CYCLES cycles: kernel $grew KiB more, daemon $ugrew KiB more than after the first tenth"
[ $grew -le 4096 ] || die "kernel memory grew by $grew KiB"
[ $ugrew -le 512 ] || die "the daemon grew by $ugrew KiB"
bed_down
