#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# ovs: yes
# group: ovs
# timeout: 900
#
# Open vSwitch's own other_config:offload-rebalance with rules for hardware only
# (tc-policy=skip_sw, as is usual): a NIC with far fewer rules than there are
# flows; it is told that the NIC is full, and has the hot ones change places with
# the others, which are in its datapath; no packet is lost.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"
. "$(dirname "$0")/lib/ovs.sh"
. "$(dirname "$0")/lib/hot.sh"

SIZE=40

# flows_of TYPE PORT FIRST END: by the port that a flow has at VM 0, "src" or "dst".
flows_of() {
	ovs-appctl dpctl/dump-flows "type=$1" |
		sed -n "s/.*udp(.*$2=\([0-9]*\).*/\1/p" |
		awk -v a=$((HOT_FROM + $3)) -v b=$((HOT_FROM + $4)) '$1 >= a && $1 < b { n++ } END { print n + 0 }'
}
both() { echo $(($(flows_of "$1" src "$2" "$3") + $(flows_of "$1" dst "$2" "$3"))); }
hot_in_hw() { both tc "$@"; }
all_there() { [ $(($(both tc 0 $HOT_FLOWS) + $(both ovs 0 $HOT_FLOWS))) -ge $((2 * HOT_FLOWS)) ]; }
said() { ovs-appctl nft-offload/stats; ovs-appctl dpctl/dump-flows | tail -n 40; }

nic_up 2 legacy
nic_holds $SIZE
# shellcheck disable=SC2086
ovs_up $OVS_OURS offload-rebalance=true
ovs-vsctl set Open_vSwitch . other_config:max-idle=600000
ovs_vm 0
ovs_vm 1
# A datapath flow for each connection, both ways.
for ((n = 0; n < HOT_FLOWS; n++)); do
	echo "priority=10,udp,tp_src=$((20000 + n)),tp_dst=$HOT_PORT,actions=normal"
	echo "priority=10,udp,tp_dst=$((20000 + n)),tp_src=$HOT_PORT,actions=normal"
done | ovs-ofctl add-flows br0 -
until_true 60 vm 0 ping -q -c 1 -W 2 10.1.0.2 > "$WORK/ping" || die "vm0 does not reach vm1: $(cat "$WORK/ping")"
hot_serve

hot $((HOT_FLOWS - 10)) $HOT_FLOWS $HOT_PPS
talk 10.1.0.2 20000
until_true 120 all_there || die "not all flows are there: $(said)"
becomes_hot 'the last ones' $((HOT_FLOWS - 10)) $HOT_FLOWS
[ "$(nic_rules)" -le $SIZE ] || die "more rules than fit"
percent=$(share 10)
echo "hardware carries $percent % of all packets"
[ "$percent" -ge $HOT_SHARE ] || die "hardware carries too little: $(said)"
becomes_hot 'others' 20 30
becomes_hot 'the first ones' 0 10
[ "$(ovs-appctl nft-offload/stats | awk '$1 == "table_full" { print $2 }')" -gt 0 ] || die "nobody was refused: $(said)"
talk_end 'flows'
# Nothing but that: it asks until it hears so.
ovs_log_clean 'failed to put.create. .No space left on device.'
ovs_off
