#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev
# ovs: yes
# group: ovs
# timeout: 2400
#
# Open vSwitch's own offload tests with our provider: so many of the 22 of
# system-offloads-traffic.at, and of the others, drawn by lot from those that
# pass with its tc provider in this guest (lib/ovs-suite.tc). One takes 20 s: all
# of the former and ten of the others with --full, without it a few.
#
#   ovs-suite.sh [OFFLOADS TRAFFIC [SEED]]
set -euo pipefail
here=$(realpath "$(dirname "$0")")
WORK=$(mktemp -d)
FROM_OFFLOADS=${1:-${NFT_OFFLOAD_FULL:+22}}
FROM_OFFLOADS=${FROM_OFFLOADS:-3}
FROM_TRAFFIC=${2:-${NFT_OFFLOAD_FULL:+10}}
FROM_TRAFFIC=${FROM_TRAFFIC:-1}
SEED=${3:-$(date +%s)}
OFFLOADS=22	# numbers 1 to this are system-offloads-traffic.at

# draw COUNT FROM TO: numbers of tests that pass with tc.
draw() {
	awk -v from="$2" -v to="$3" '$1 >= from && $1 <= to && $2 == "ok" { print $1 }' "$here/lib/ovs-suite.tc" |
		shuf -n "$1" --random-source=<(awk -v s="$SEED" 'BEGIN { srand(s); for (;;) printf "%s", rand() }') | sort -n
}

echo "seed $SEED"
{
	draw "$FROM_OFFLOADS" 1 $OFFLOADS
	draw "$FROM_TRAFFIC" $((OFFLOADS + 1)) 100000
} > "$WORK/numbers"
[ -s "$WORK/numbers" ] || { echo "FAILED: lib/ovs-suite.tc names no test that passes"; exit 1; }
mapfile -t numbers < "$WORK/numbers"
"$here/lib/ovs-suite.sh" nft_offload "${numbers[@]}" | tee "$WORK/results" || :
[ "$(wc -l < "$WORK/results")" = ${#numbers[@]} ] ||
	{ echo "FAILED: not all of ${#numbers[@]} tests were run"; exit 1; }
! grep -qv '^[0-9]* ok ' "$WORK/results" ||
	{ echo "FAILED: with tc these pass: $(grep -v '^[0-9]* ok ' "$WORK/results")"; exit 1; }
