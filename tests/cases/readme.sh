#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# quick: yes
# group: readme
# timeout: 600
#
# The script that the README gives for a guest does what it says: the flows are
# in hardware, and the NIC has carried them.
set -euo pipefail

out=$(mktemp)
die() { cat "$out"; echo "$*"; exit 1; }

awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' /src/README.md > "$out.sh"
# The daemon goes on, with this file as its output.
bash -ux "$out.sh" > "$out" 2>&1 || die "status $?"
grep -q '^udp *original .* yes ' "$out" || die "no flow is in hardware"
grep -q 'udp .*\[HW_OFFLOAD\]' "$out" || die "conntrack does not show it"
carried=$(awk '$1 == "hw_rx_hit_packets:" { print $2 }' "$out")
[ "$carried" -ge 500 ] || die "the NIC carried $carried packets"
echo "the NIC carried $carried packets"
pkill -o nft-offloadd
