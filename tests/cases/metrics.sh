#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# group: check
# timeout: 300
#
# nft-offload metrics: OpenMetrics text that says what stats says; all that the
# dashboard asks for is there; over the socket the same.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
DASHBOARD=${NFT_OFFLOAD_SRC:-/src}/docs/grafana/nft-offload.json

# value SAMPLE: of a sample with its labels; "" if there is none.
value() { awk -v sample="$1" '$1 == sample { print $2 }' "$WORK/metrics"; }

# grammar FILE: families in one block, with a type before the samples, no sample
# twice, counters end with _total, # EOF at the end and nowhere else.
grammar() {
	awk '
	function bad(text) { print NR ": " text ": " $0; failed = 1 }
	ended { bad("text after # EOF") }
	/^# EOF$/ { ended = 1; next }
	/^# TYPE / { if ($3 in type) bad("a family twice"); type[$3] = $4; family = $3; next }
	/^# HELP / { if ($3 != family) bad("help of another family"); next }
	/^#/ { bad("neither TYPE, HELP nor EOF") }
	!/^[a-z_]+({[a-z]+="[^"\\]*"})? [0-9]+$/ { bad("no sample") }
	{
		name = $1
		sub(/{.*/, "", name)
		wanted = family (type[family] == "counter" ? "_total" : type[family] == "info" ? "_info" : "")
		if (name != wanted) bad("not of the family " family)
		if ($1 in seen) bad("twice")
		seen[$1] = 1
	}
	END { if (!ended) { print "no # EOF"; failed = 1 }; exit failed }' "$1"
}

bed_up
daemon_start
ruleset
ip netns exec vm1 udpflow recv 5001 --for 600 > /dev/null &
until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :5001' | grep -q ."
ip netns exec vm0 udpflow send 10.0.1.2 5001 100000 --pps 20 --warmup 3 > /dev/null 2>&1 &
in_hw() { nft-offload metrics > "$WORK/metrics" && [ "$(value 'nft_offload_flows{state="in_hw"}')" = 2 ]; }
until_true 60 in_hw || die "not in hardware: $(cat "$WORK/metrics")"
# And one that is refused.
echo 28 > /sys/kernel/debug/eswsim/eswsim0/fail_errno
echo 1000000 > /sys/kernel/debug/eswsim/eswsim0/fail_next
ip netns exec vm1 udpflow recv 5002 --for 600 > /dev/null &
until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :5002' | grep -q ."
ip netns exec vm0 udpflow send 10.0.1.2 5002 100000 --pps 20 --warmup 3 > /dev/null 2>&1 &
refused() { nft-offload metrics > "$WORK/metrics" && [ "$(value 'nft_offload_flows_refused{reason="table_full"}')" -ge 1 ]; }
until_true 60 refused || die "no refusal: $(cat "$WORK/metrics")"
[ "$(value 'nft_offload_rules_refused_total{reason="table_full"}')" -ge 1 ] || die "$(cat "$WORK/metrics")"
[ "$(value nft_offload_rules_placed_total)" -ge 4 ] || die "$(cat "$WORK/metrics")"
[ "$(value nft_offload_connections)" = 2 ] || die "$(cat "$WORK/metrics")"
grammar "$WORK/metrics" || die "$(cat "$WORK/metrics")"
cat "$WORK/metrics"

# Of each reason there is a sample, from the first day on.
[ "$(grep -c '^nft_offload_flows_refused{' "$WORK/metrics")" = "$(nft-offload stats --json | jq '.reasons | length')" ] ||
	die "reasons are missing"
# By the socket, without the command.
python3 - <<'PY' > "$WORK/socket"
import socket
s = socket.socket(socket.AF_UNIX)
s.connect("/run/nft-offload/nft-offload.sock")
s.sendall(b"metrics\n")
while data := s.recv(65536):
    print(data.decode(), end="")
PY
grammar "$WORK/socket" || die "by the socket: $(cat "$WORK/socket")"
diff <(sed 's/ .*//' "$WORK/metrics") <(sed 's/ .*//' "$WORK/socket") || die "by the socket it is another text"

# The dashboard asks for nothing that is not there.
jq -r '.panels[].targets[].expr' "$DASHBOARD" | grep -oE 'nft_offload_[a-z_]+' | sort -u > "$WORK/asked"
[ "$(wc -l < "$WORK/asked")" -ge 10 ] || die "the dashboard asks for nothing: $(cat "$WORK/asked")"
while read -r name; do
	grep -qE "^$name[{ ]" "$WORK/metrics" || die "the dashboard asks for $name, which there is not"
done < "$WORK/asked"
# Nor for a label that its metric does not have.
jq -r '.panels[].targets[].expr' "$DASHBOARD" | sed -nE 's/.*by \(([a-z]+)\).*(nft_offload_[a-z_]+)\{.*/\1 \2/p' |
	while read -r label name; do
		grep -q "^$name{$label=" "$WORK/metrics" || die "the dashboard groups $name by $label"
	done
echo "the dashboard: $(wc -l < "$WORK/asked") metrics, all there"
reap KILL $(jobs -p | grep -vx "$DAEMON")
bed_down
