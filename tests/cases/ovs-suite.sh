#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev
# ovs: yes
# group: ovs
# full: yes
# timeout: 3000
#
# Open vSwitch's own offload tests with our provider: the 22 of
# system-offloads-traffic.at and ten others drawn by lot. Judged are those that
# pass with its tc provider in this guest, lib/ovs-suite.tc.
#
#   ovs-suite.sh [SEED]
set -euo pipefail
here=$(realpath "$(dirname "$0")")
WORK=$(mktemp -d)
SEED=${1:-$(date +%s)}
OFFLOADS=22	# numbers 1 to this are system-offloads-traffic.at

# With tc: NUMBER RESULT NAME.
passing() {
	awk -v from="$1" -v to="$2" '$1 >= from && $1 <= to && $2 == "ok" { print $1 }' "$here/lib/ovs-suite.tc"
}

# Those not seen with tc may pass or fail: they are not drawn.
draw() {
	passing $((OFFLOADS + 1)) 100000 |
		shuf -n 10 --random-source=<(awk -v s="$SEED" 'BEGIN { srand(s); for (;;) printf "%s", rand() }') | sort -n
}

[ -e "$here/lib/ovs-suite.tc" ] || {
	echo "no results with tc: tests/ovs-suite tc > tests/cases/lib/ovs-suite.tc"
	exit 77
}
echo "seed $SEED"
{
	passing 1 $OFFLOADS
	draw
} > "$WORK/numbers"
[ -s "$WORK/numbers" ] || { echo "FAILED: lib/ovs-suite.tc names no test that passes"; exit 1; }
mapfile -t numbers < "$WORK/numbers"
"$here/lib/ovs-suite.sh" nft_offload "${numbers[@]}" | tee "$WORK/results"
[ "$(wc -l < "$WORK/results")" = ${#numbers[@]} ] ||
	{ echo "FAILED: not all of ${#numbers[@]} tests were run"; exit 1; }
! grep -qv '^[0-9]* ok ' "$WORK/results" ||
	{ echo "FAILED: with tc these pass: $(grep -v '^[0-9]* ok ' "$WORK/results")"; exit 1; }
