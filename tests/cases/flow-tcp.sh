#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev 6.1 7.2
# quick: yes
# group: flow
# timeout: 600
#
# A bulk TCP connection is carried by the NIC and arrives whole (checksum of
# the data); FIN takes its rules away within 2 s, and so does RST.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

bed_up
daemon_start
ruleset

# When the last rule went, by what the kernel tells listeners: looking again and
# again would add its own time. Milliseconds since the epoch.
tc -tshort monitor > "$WORK/monitor" 2>&1 &
monitor=$!
last_deleted() {
	date -d "$(grep '^\[.*deleted filter' "$WORK/monitor" | tail -n 1 | sed 's/^\[\([^]]*\)\].*/\1/')" +%s%3N
}

# When a connection began to end: FIN and RST take the slow path, so they are
# seen on the representor. Milliseconds since the epoch.
tcpdump -l -tt -n -i "$(rep 0)" 'tcp[13] & 5 != 0' > "$WORK/ends" 2> "$WORK/tcpdump" &
capture=$!
until_true 60 grep -qs 'listening on' "$WORK/tcpdump"
ended() { # PORT
	awk -v port="$1" '$0 ~ port { print int($1 * 1000); exit }' "$WORK/ends"
}

none() { [ "$(nft-offload flows --json | wc -l)" = 0 ] && [ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ]; }
two() { [ "$(rules "$(rep 0)")" -ge 2 ] && [ "$(rules "$(rep 1)")" -ge 2 ]; } # the flow's and a guard

# 200 MB whose digest is known on both sides. A kernel with lock checks takes
# minutes for that.
size=200M
[ ! -e /proc/lockdep ] || size=40M
head -c $size /dev/urandom > "$WORK/data"
vm 1 timeout 400 nc -l -d 5001 > "$WORK/got" &
receiver=$!
sleep 0.5
hit=$(hw "$(rep 0)" hw_rx_hit_packets)
miss=$(hw "$(rep 0)" hw_rx_miss_packets)
# The first KB, then the rest when the NIC has the connection.
{ head -c 1K "$WORK/data"; until [ -e "$WORK/go" ]; do sleep 0.1; done; tail -c +1025 "$WORK/data"; } |
	vm 0 nc -N 10.0.1.2 5001 &
sender=$!
until_true 20 two || die "the connection is not in hardware: $(nft-offload flows; conntrack -L 2>&1)"
ct HW_OFFLOAD || die "no [HW_OFFLOAD]: $(conntrack -L 2>&1)"
touch "$WORK/go"
wait $sender
wait $receiver
until_true 20 none || die "rules are left after FIN: $(nft-offload flows; tc -s filter show dev "$(rep 0)" ingress)"
took=$(($(last_deleted) - $(ended 5001)))
hit=$(($(hw "$(rep 0)" hw_rx_hit_packets) - hit))
miss=$(($(hw "$(rep 0)" hw_rx_miss_packets) - miss))
echo "bulk TCP: NIC carried $hit, slow path $miss; rules gone $took ms after FIN"
cmp "$WORK/data" "$WORK/got" || die "the data differ"
[ $((hit * 1000)) -ge $(((hit + miss) * 999)) ] || die "$miss of $((hit + miss)) packets took the slow path"
[ $took -le 2000 ] || die "the rules outlived FIN by $took ms"

# RST: a socket closed with linger 0.
vm 1 timeout 200 nc -l -d 5002 > /dev/null &
sleep 0.5
vm 0 python3 - <<'PY' &
import socket, struct, time
s = socket.create_connection(("10.0.1.2", 5002))
for _ in range(40):
    s.send(b"x" * 1000)
    time.sleep(0.1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
PY
sender=$!
until_true 10 two || die "second connection is not in hardware: $(nft-offload flows)"
wait $sender
until_true 20 none || die "rules are left after RST: $(nft-offload flows)"
took=$(($(last_deleted) - $(ended 5002)))
echo "rules gone $took ms after RST"
[ $took -le 2000 ] || die "the rules outlived RST by $took ms"
reap TERM $monitor $capture
bed_down
