#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# quick: yes
# group: judge
# timeout: 2400
#
# The judge: random packets through random rules of TC, and around connections
# through a router with a flowtable, in hardware and in software. Another seed
# each time; what differs is told, and that seed. With --full a million packets of
# each shape with the default seed, and a million more.
set -euo pipefail
RUN=${NFT_OFFLOAD_SRC:-/src}/tests/differential.d/run.sh

# A judge that finds nothing where there is something is none: with rules that
# differ at the two sides it must tell one of them, and no more than that one.
if "$RUN" tc deep --seed 7 --packets 50000 --mistake > /tmp/mistake; then
	echo "FAILED: the mistake was not found: $(cat /tmp/mistake)" >&2
	exit 1
fi
awk '/^difference/ { n++ } n == 1' /tmp/mistake | tee /tmp/first
[ "$(grep -c '^  rule:.*dec_ttl' /tmp/first)" = 1 ] && [ "$(grep -c '^  rule:' /tmp/first)" -le 2 ] || {
	echo "FAILED: the mistake was not shrunk" >&2
	exit 1
}
# What is told is a test: it differs again with the mistake, and not without.
word=$(sed -n 's/^  again: --again //p' /tmp/first)
status=0
"$RUN" tc deep --mistake --again "$word" > /tmp/again || status=$?
if [ $status != 1 ] || ! "$RUN" tc deep --again "$word" >> /tmp/again; then
	echo "FAILED: the mistake, told as $word, is not found again: $(cat /tmp/again)" >&2
	exit 1
fi

# judge SHAPE PROFILE PACKETS
judge() {
	if [ -n "${NFT_OFFLOAD_FULL:-}" ]; then
		"$RUN" "$1" "$2" --seed 1 --packets 1000000
		"$RUN" "$1" "$2" --seed "$SRANDOM" --packets 1000000
	else
		"$RUN" "$1" "$2" --seed "$SRANDOM" --packets "$3"
	fi
}

judge tc deep 35000
judge flowtable full 20000
