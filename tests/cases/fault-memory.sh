#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan
# group: fault
# timeout: 900
#
# Of what the kernel allocates every third time fails, first in the threads that
# hand flows to the module and let it work, then every tenth time in what the
# daemon asks for: no connection is hurt, and when there is memory again hardware
# has what it should have, no more and no less.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"

FAIL=/sys/kernel/debug/failslab

# fail_in PID...: of what these tasks allocate, from now on.
fail_in() {
	local pid
	for pid; do
		{ echo 1 > "/proc/$pid/make-it-fail"; } 2> /dev/null || :
	done
}
fail_on() { # PERCENT
	echo Y > $FAIL/task-filter
	echo N > $FAIL/ignore-gfp-wait
	echo 0 > $FAIL/verbose
	echo 1 > $FAIL/interval
	echo "$1" > $FAIL/probability
}
# With a lock held that the console takes, too, kmemleak complains if it gets no
# memory itself: add_scan_area() in mm/kmemleak.c.
spare_kmemleak() {
	local cache
	for cache in /sys/kernel/slab/[!k]* /sys/kernel/slab/k[!m]* /sys/kernel/slab/kmalloc*; do
		# One that others share cannot be chosen.
		{ echo 1 > "$cache/failslab"; } 2> /dev/null || :
	done
	[ "$(cat /sys/kernel/slab/kmalloc-64/failslab)" = 1 ] || die "no cache can be chosen to fail"
	echo Y > $FAIL/cache-filter
}
# The flowtable's work queues are unbound (nf_flow_table_offload_init()).
workers() { pgrep '^kworker/u'; }
fail_off() { # WHAT
	echo 0 > $FAIL/probability
	local n=$((1000000000 - $(cat $FAIL/times)))
	echo 1000000000 > $FAIL/times
	echo "$1: $n allocations have failed"
	[ $n -ge 50 ] || die "$1: too few have failed to show anything"
}
# load: connections that stay, that end, that are closed by conntrack.
load() { # NAME
	hold_start "$1" 7000 20
	vm 0 tcpload churn 10.0.1.2 8000 $((100 / SLOW)) 10 --ports 16 > "$WORK/churn" || die "$1: connections failed: $(cat "$WORK/churn")"
	echo "$1: $(cat "$WORK/churn")"
}

bed_up
daemon_start
echo 1000000000 > $FAIL/times
modprobe -a nf_conntrack nf_flow_table
sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_time_wait=5
ruleset
serve vm1 8000 16
server=$SERVING
hold_start old 6000 20
settled 20

[ ! -e /sys/kernel/debug/kmemleak ] || spare_kmemleak
fail_on 33
# Threads come and go.
while [ ! -e "$WORK/enough" ]; do
	# shellcheck disable=SC2046
	fail_in $(workers)
	sleep 0.2
done &
marker=$!
load module
hold_start ends 6500 10
hold_end ends
touch "$WORK/enough"
wait $marker
fail_off module
converges module 82
hold_end module
until_true 60 nic_has 42 || die "rules are left: $(nft-offload stats)"

# What the daemon asks the kernel for.
for pid in $(workers); do
	{ echo 0 > "/proc/$pid/make-it-fail"; } 2> /dev/null || :
done
# shellcheck disable=SC2046
fail_in $(ls "/proc/$DAEMON/task")
fail_on 10
load daemon
fail_off daemon
kill -0 "$DAEMON" || die "the daemon has ended: $(cat "$WORK/daemon.log")"
converges daemon 82
hold_end daemon
hold_end old
reap TERM $server
until_true 60 agree 0 || die "rules are left: $(cat $DEBUG/rules)"
echo N > $FAIL/task-filter
bed_down
