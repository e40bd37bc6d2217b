#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev kasan
# full: yes
# group: fault
# timeout: 900
#
# Connections opened and closed for a minute, 5,000 a second or as many as the
# guest does with the kernel's own flowtable in software: with hardware none fails,
# and nothing is left: no rule, no memory of the module, the NIC or the daemon.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"

RATE=${RATE:-5000}
SECS=${SECS:-60}

field() { sed "s/.*$1=\([0-9]*\).*/\1/" "$WORK/churn"; }
churn() { # NAME RATE SECONDS
	local status=0
	vm 0 tcpload churn 10.0.1.2 8000 "$2" "$3" --ports 16 > "$WORK/churn" || status=1
	echo "$1: $(cat "$WORK/churn"), $(($(field opened) / $3)) a second"
	[ $status = 0 ] || die "$1: connections failed"
}
kernel_memory() { # KiB, after all grace periods
	conntrack -F 2> "$WORK/flushed" || die "conntrack -F: $(cat "$WORK/flushed")"
	sleep 5
	echo 3 > /proc/sys/vm/drop_caches
	awk '/^(SUnreclaim|VmallocUsed|Percpu):/ { n += $2 } END { print n }' /proc/meminfo
}
user_memory() { awk '/^VmRSS/ { print $2 }' "/proc/$DAEMON/status"; }
user_more() { echo $(($(user_memory) - user)); }
user_is_back() { [ "$(user_more)" -le 1024 ]; }
stat() { nft-offload stats | awk -v name="$1" '$1 == name { print $2 }'; }

bed_up
modprobe -a nf_conntrack nf_flow_table
sysctl -qw net.netfilter.nf_conntrack_max=1000000 net.netfilter.nf_conntrack_tcp_timeout_time_wait=10
ip netns exec vm0 sysctl -qw net.ipv4.tcp_fin_timeout=5
serve vm1 8000 16

# Without us: the same ruleset for software.
modprobe nf_flow_table_inet
sed "s/{ eth0, eth1 }/{ $(rep 0), $(rep 1) }/; s/flags offload//" \
	"${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft" > "$WORK/software.nft"
nft -f "$WORK/software.nft"
churn 'without us' "$RATE" 15
rate=$(($(field opened) / 15))
nft flush ruleset
conntrack -F 2> /dev/null
until_true 30 rmmod nf_flow_table_inet

daemon_start
ruleset
churn 'first' "$rate" 15
until_true 60 nic_has 0 || die "rules are left: $(cat $DEBUG/rules)"
user=$(user_memory) kernel=$(kernel_memory) added=$(stat added)
churn 'with us' "$rate" "$SECS"
until_true 60 nic_has 0 || die "rules are left: $(cat $DEBUG/rules)"
until_true 60 sh -c '! nft-offload flows --json | grep -q .' || die "flows are left: $(nft-offload flows | head)"
added=$(($(stat added) - added))
echo "$added rules were in hardware for a while"
[ $added -ge 100 ] || die "hardware had hardly a rule: $(nft-offload stats)"
kernel=$(($(kernel_memory) - kernel))
# It gives back what has ended some seconds ago.
until_true 30 user_is_back || die "the daemon grew by $(user_more) KiB"
echo "kernel $kernel KiB more, daemon $(user_more) KiB more"
# KASAN keeps what is freed in a quarantine of up to a 32nd of all memory; leaks
# are found by kmemleak there, after the case.
limit=8192
[ ! -e /sys/kernel/debug/kmemleak ] || limit=$((limit + $(awk '/^MemTotal/ { print $2 }' /proc/meminfo) / 32))
[ $kernel -le $limit ] || die "kernel memory grew by $kernel KiB"
reap TERM "$SERVING"
bed_down
