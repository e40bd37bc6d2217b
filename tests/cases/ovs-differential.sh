#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# ovs: yes
# full: yes
# group: judge
# timeout: 2400
#
# The judge, of Open vSwitch: random packets through random rules of OpenFlow in two
# bridges, one in hardware by the provider, the other in the kernel's datapath.
# Another seed each time; what differs is told, and that seed. With --full more of
# them, and the default seed besides.
set -euo pipefail
RUN=${NFT_OFFLOAD_SRC:-/src}/tests/differential.d/run.sh

if [ -n "${NFT_OFFLOAD_FULL:-}" ]; then
	"$RUN" openflow full --seed 1 --packets 20000
	"$RUN" openflow full --seed "$SRANDOM" --packets 20000
else
	"$RUN" openflow full --seed "$SRANDOM" --packets 3000
fi
