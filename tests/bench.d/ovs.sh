#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ovs: runs in the guest, for tests/bench ovs. Each figure is measured for the
# two providers in turn, so that what else the machine does meets both.
set -euo pipefail
. "${NFT_OFFLOAD_SRC:-/src}/tests/cases/lib/testbed.sh"
. "${NFT_OFFLOAD_SRC:-/src}/tests/cases/lib/ovs.sh"
. "${NFT_OFFLOAD_SRC:-/src}/tests/cases/lib/many.sh"
HERE=${NFT_OFFLOAD_SRC:-/src}/tests/bench.d
SAMPLES=/job/out/samples
ROUNDS=5 FLOWS=8192 DUMPS="1000 10000 100000" CPU_SECONDS=60 MANY=yes
[ "${1-}" != quick ] || ROUNDS=2 FLOWS=2048 DUMPS="1000 10000" CPU_SECONDS=15 MANY=

. "$HERE/loads.sh"
. "$HERE/vswitchd.sh"

# What has been measured, also where something else could not be.
trap 'python3 "$HERE/report.py" "$SAMPLES" /job/out/bench.json' EXIT

: > "$SAMPLES"
nic_up 10
loads_up
loads_puts
loads_dumps
loads_down
vswitchd_runs
