#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: 7.2
# group: flow
# timeout: 600
#
# A flowtable for devices by the beginning of their name, also for those that come
# later. By netlink, for the guest's nft has no word for it.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

bed_up 3
for n in 0 1; do
	dev=$(rep $n)
	ip link set "$dev" down
	ip link set "$dev" name lan$n
	ip link set lan$n up
	ip addr replace fd00:$n::1/64 dev lan$n nodad
done
serve vm1 5001
serve vm2 5001
daemon_start
nft -f - <<-NFT
flush ruleset
table inet t { }
NFT
"${ECHO%/*}/wildcard.py" t f lan
nft -f - <<-NFT
table inet t {
	chain forward {
		type filter hook forward priority 0
		meta l4proto udp flow add @f
	}
}
NFT
echo_hw "by the beginning of the name" vm0 10.0.1.2 5001 lan0 lan1

# One that comes to have such a name.
dev=$(rep 2)
ip link set "$dev" down
ip link set "$dev" name lan2
ip link set lan2 up
ip addr replace fd00:2::1/64 dev lan2 nodad
echo_hw "one that came later" vm0 10.0.2.2 5001 lan0 lan2
bed_down
