#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev 6.1 7.2
# group: flow
# full: yes
# timeout: 900
#
# A TCP connection and a UDP flow that only the hardware sees live past 300 s,
# at which the kernel's own extension of conntrack's timeouts would run out, and
# past conntrack's timeouts (60 s established, 30 s UDP); none of their packets
# takes the slow path meanwhile. Idle, they leave hardware, and conntrack after
# its own time.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

BUSY=${BUSY:-330}

bed_up
modprobe -a nf_conntrack nf_flow_table
sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_established=60 \
	net.netfilter.nf_conntrack_udp_timeout=30 net.netfilter.nf_conntrack_udp_timeout_stream=30 \
	net.netfilter.nf_conntrack_acct=1
daemon_start
ruleset

vm 1 udpflow recv 5001 --for 850 > "$WORK/recv" &
receiver=$!
vm 0 udpflow send 10.0.1.2 5001 1000000 --pps 20 --from 7001 --warmup 1 --stop "$WORK/stop" > /dev/null &
sender=$!
vm 1 timeout 850 nc -l -d 5003 > "$WORK/got" &
server=$!
vm 0 python3 - "$WORK/stop" "$WORK/end" <<'PY' &
import os, socket, sys, time
for _ in range(100):
    try:
        s = socket.create_connection(("10.0.1.2", 5003))
        break
    except OSError:
        time.sleep(0.2)
sent = 0
while not os.path.exists(sys.argv[1]):
    s.sendall(b"t" * 500)
    sent += 500
    time.sleep(0.05)
print("TCP sent", sent, flush=True)
# Idle, not closed.
while not os.path.exists(sys.argv[2]):
    time.sleep(0.2)
s.close()
PY
client=$!
four() { [ "$(nft-offload flows --json --in-hw | jq -s '[.[] | .original, .reply | select(.state == "in_hw")] | length')" = 4 ]; }
listed() { conntrack -L -p "$1" --dport "$2" 2> /dev/null | sees "$3"; }
until_true 30 four || die "not in hardware: $(nft-offload flows)"
ids=$(conntrack -L -o id 2> /dev/null | grep -E 'dport=500[13]' | grep -o ' id=[0-9]*' | sort)
sleep 4
miss=$(hw "$(rep 0)" hw_rx_miss_packets)
end=$((SECONDS + BUSY))
while [ $SECONDS -lt $end ]; do
	sleep 5
	listed tcp 5003 HW_OFFLOAD || die "TCP is not in hardware $((end - SECONDS)) s before the end: $(nft-offload flows; conntrack -L 2>&1)"
	listed udp 5001 HW_OFFLOAD || die "UDP is not in hardware $((end - SECONDS)) s before the end: $(nft-offload flows; conntrack -L 2>&1)"
done
missed=$(($(hw "$(rep 0)" hw_rx_miss_packets) - miss))
# Neighbours are looked after in software.
[ $missed -le $((BUSY / 4 + 30)) ] || die "$missed packets took the slow path"
[ "$(conntrack -L -o id 2> /dev/null | grep -E 'dport=500[13]' | grep -o ' id=[0-9]*' | sort)" = "$ids" ] ||
	die "other connections than before: $(conntrack -L -o id 2>&1)"
echo "busy for $BUSY s, $missed packets on the slow path: $(conntrack -L 2> /dev/null | grep -E 'dport=500[13]')"

touch "$WORK/stop"
wait $sender
wait $receiver
grep -q ' lost=0 ' "$WORK/recv" || die "UDP: $(cat "$WORK/recv")"
none() { ! nft-offload flows --json | sees . && [ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ]; }
until_true 100 none || die "idle flows are still there: $(nft-offload flows)"
listed tcp 5003 ESTABLISHED || die "the idle TCP connection has gone at once: $(conntrack -L 2>&1)"
until_true 150 eval '! listed tcp 5003 ESTABLISHED' || die "the idle TCP connection stays: $(conntrack -L 2>&1)"
until_true 150 eval '! listed udp 5001 dport' || die "the idle UDP flow stays: $(conntrack -L 2>&1)"
touch "$WORK/end"
wait $client
reap TERM $server
bed_down
