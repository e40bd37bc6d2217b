#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# story: what tests/demo shows, run in the guest. Every figure is read from
# the kernel or the NIC while it runs; the script ends with an error if what
# it says is not so.
set -euo pipefail
. "${NFT_OFFLOAD_SRC:-/src}/tests/cases/lib/testbed.sh"

step=0
bold= blue= plain=
if [ "${1:-}" = colour ]; then
	bold=$'\033[1m' blue=$'\033[36m' plain=$'\033[0m'
fi
say() { printf '\n%s%d. %s%s\n' "$bold" $((++step)) "$*" "$plain"; }
show() { # COMMAND...: the command as a user would type it, and what it prints
	printf '   %s$ %s%s\n' "$blue" "$*" "$plain"
	"$@" 2>&1 | sed 's/^/   /'
}

# udp COUNT: one flow from vm0 to vm1; sets $hits, $misses, $got.
udp() {
	local h m receiver
	h=$(hw "$(rep 0)" hw_rx_hit_packets)
	m=$(hw "$(rep 0)" hw_rx_miss_packets)
	vm 1 udpflow recv 5001 --for 60 > "$WORK/recv" &
	receiver=$!
	vm 0 udpflow send 10.0.1.2 5001 "$1" --pps 10000 --warmup 2 > /dev/null &
	sender=$!
	if [ "${2:-}" ]; then
		sleep 2.2
		"$2"
	fi
	wait $sender
	wait $receiver
	hits=$(($(hw "$(rep 0)" hw_rx_hit_packets) - h))
	misses=$(($(hw "$(rep 0)" hw_rx_miss_packets) - m))
	got=$(sed 's/^received=\([0-9]*\) .*/\1/' "$WORK/recv")
}
words() { # FILE: what the receiver saw
	sed 's/received=\([0-9]*\) lost=\([0-9-]*\) .* ttl=\([0-9]*\)\.\..*/\1 packets arrived, \2 lost, with TTL \3 (sent with 64)/' "$WORK/recv"
}

say "A switchdev NIC with two VFs, each given to a VM (a network namespace)"
bed_up
show devlink dev eswitch show eswsim/eswsim0
for n in 0 1; do
	echo "   VM $n: 10.0.$n.2 on VF $n, behind representor $(rep $n)"
done

say "An nftables router between them, in software only (no provider is running)"
modprobe nft_offload
ruleset
show cat "$WORK/router.nft" | grep -v '# \|#!/\|#$\|^ *$'
udp 20000
echo "   A UDP flow: $(words)."
echo "   Who carried it:  NIC $hits packets,  software (slow path) $misses packets"
[ "$hits" = 0 ]
nft flush ruleset
conntrack -F 2>/dev/null

say "The same with the offload daemon"
daemon_start
ruleset
in_flight() {
	show conntrack -L -p udp | grep -v '^   conntrack v'
	ct HW_OFFLOAD
	show nft-offload flows
	printf '   %s$ tc -s filter show dev %s ingress%s\n' "$blue" "$(rep 0)" "$plain"
	tc -s filter show dev "$(rep 0)" ingress | grep -E 'flower|eth_type|_ip |_port|in_hw|ttl|mirred|Sent hardware' | sed 's/^/   /'
}
udp 20000 in_flight
echo "   The flow: $(words)."
echo "   Who carried it:  NIC $hits packets,  software (slow path) $misses packets"
[ "$hits" -ge 20000 ]

say "A bulk TCP connection"
h=$(hw "$(rep 0)" hw_rx_hit_packets)
m=$(hw "$(rep 0)" hw_rx_miss_packets)
vm 1 iperf3 -s -1 > /dev/null &
sleep 0.5
vm 0 iperf3 -c 10.0.1.2 -t 4 > "$WORK/iperf"
grep -E 'sender|receiver' "$WORK/iperf" | sed 's/^/   /'
h=$(($(hw "$(rep 0)" hw_rx_hit_packets) - h))
m=$(($(hw "$(rep 0)" hw_rx_miss_packets) - m))
echo "   Who carried it:  NIC $h packets,  software (slow path) $m packets"
[ "$h" -gt "$m" ]
gone() { ! tc filter show dev "$(rep 0)" ingress | sees 'ip_proto tcp'; }
until_true 10 gone
echo "   The connection was closed (FIN), and its rules have left the NIC."

say "Slow path against hardware path, packets a second through the router (virtual CPU, virtual NIC: a ratio, not a rate)"
speed() {
	vm 1 udpflow recv 5009 --for 30 > "$WORK/recv" &
	local receiver=$! t
	t=$(date +%s%N)
	vm 0 udpflow send 10.0.1.2 5009 30000 --warmup "$1" --from "$2" > /dev/null
	t=$((($(date +%s%N) - t) / 1000000 - $1 * 1000 - 360))
	reap TERM $receiver
	echo $((30000 * 1000 / t))
}
hard=$(speed 2 7001)
daemon_stop
nft flush ruleset
conntrack -F 2>/dev/null
sed 's/flags offload//; /counter/d; /flow add/d' "$WORK/router.nft" > "$WORK/slow.nft"
nft -f "$WORK/slow.nft"
slow=$(speed 2 7002)
awk -v h="$hard" -v s="$slow" 'BEGIN { printf "   forwarded by the NIC %d/s, by the kernel %d/s: %.1f times\n", h, s, h / s }'
bed_down
printf '\nThat was it: nothing is left behind. Next: sudo tests/check\n'
