#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# ovs: yes
# group: ovs
# timeout: 900
#
# A NIC with far fewer rules than Open vSwitch has flows: the hottest ones are in
# hardware, the others in TC's software, and none is without a rule when they change;
# no packet is lost.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"
. "$(dirname "$0")/lib/ovs.sh"
. "$(dirname "$0")/lib/hot.sh"

SIZE=40

# rules_of DEV FIELD FIRST END CONDITION: TC rules by the port that a flow has at VM 0.
rules_of() {
	tc -j filter show dev "$1" ingress |
		jq "[.[] | .options? | select((.keys?.$2 // 0) >= $((HOT_FROM + $3)) and .keys.$2 < $((HOT_FROM + $4)) and ($5))] | length"
}
hot_in_hw() { echo $(($(rules_of "$(rep 0)" src_port "$1" "$2" .in_hw) + $(rules_of "$(rep 1)" dst_port "$1" "$2" .in_hw))); }
all_in_tc() { [ $(($(rules_of "$(rep 0)" src_port 0 $HOT_FLOWS true) + $(rules_of "$(rep 1)" dst_port 0 $HOT_FLOWS true))) = $((2 * HOT_FLOWS)) ]; }
said() { ovs-appctl nft-offload/stats; tc filter show dev "$(rep 0)" ingress | tail -n 40; }
packets() { ovs-appctl dpctl/dump-flows -m | sed -n 's/.*udp.*packets:\([0-9]*\),.*/\1/p' | awk '{ n += $1 } END { print n + 0 }'; }

nic_up 2 legacy
nic_holds $SIZE
# shellcheck disable=SC2086
ovs_up $OVS_OURS tc-policy=none
ovs-vsctl set Open_vSwitch . other_config:max-idle=600000
# What people may set: taken, or named, and what was so before stays.
ovs-vsctl set Open_vSwitch . other_config:nft-offload-share-ovs=40
until_true 30 grep -q 'other_config:nft-offload-share-ovs is 40 now' $OVS_LOG || die "not taken: $(tail $OVS_LOG)"
ovs-vsctl set Open_vSwitch . other_config:nft-offload-share-ovs=99 other_config:nft-offload-shares=1
until_true 30 grep -q 'nft-offload-share-ovs=99: give .*; it is 40 still' $OVS_LOG || die "not refused: $(tail $OVS_LOG)"
until_true 30 grep -q 'other_config:nft-offload-shares is no key of the provider' $OVS_LOG || die "not named: $(tail $OVS_LOG)"
ovs-vsctl remove Open_vSwitch . other_config nft-offload-share-ovs -- remove Open_vSwitch . other_config nft-offload-shares
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
until_true 120 all_in_tc || die "not all flows are there: $(said)"
becomes_hot 'the last ones' $((HOT_FLOWS - 10)) $HOT_FLOWS
[ "$(nic_rules)" -le $SIZE ] || die "more rules than fit"
before=$(packets)
percent=$(share 10)
echo "hardware carries $percent % of all packets"
[ "$percent" -ge $HOT_SHARE ] || die "hardware carries too little: $(said)"
becomes_hot 'others' 20 30
all_in_tc || die "flows are without a rule: $(said)"
[ "$(packets)" -ge "$before" ] || die "counters run backwards"
becomes_hot 'the first ones' 0 10
ovs-appctl nft-offload/stats | grep -E '^(waiting|limit|evicted|recalled)'
[ "$(ovs-appctl nft-offload/stats | awk '$1 ~ /^waiting/ { print $2 }')" -ge 50 ] || die "nobody waits: $(said)"
talk_end 'flows'
ovs_log_clean 'nft-offload-share'
ovs_off
