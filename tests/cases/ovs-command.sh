#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# ovs: yes
# full: yes
# group: ovs
# timeout: 600
#
# ovs-appctl nft-offload/...: each flow with its state, why one is not in
# hardware, figures by reason; in text and in JSON.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

# cmd NAME ARG...: nft-offload/NAME; cmdj: in JSON.
cmd() { ovs-appctl "nft-offload/$@"; }
cmdj() { ovs-appctl --format json "nft-offload/$@"; }

# Before hardware offload is on there is nothing to tell.
nic_up 2
ovs_up hw-offload-priority=nft_offload,tc
if out=$(cmd stats 2>&1); then
	die "stats while hw-offload is off: $out"
fi
grep -q 'hw-offload=true' <<< "$out" || die "no cure named: $out"
ovs-vsctl set Open_vSwitch . other_config:hw-offload=true
until_true 10 cmd stats > "$WORK/stats" || die "hw-offload was turned on and there are no stats"
ovs_vm 0
ovs_vm 1

# One flow in hardware, one that is not: what groups do by hash cannot be.
ovs-ofctl -O OpenFlow13 add-flow br0 "priority=10,ip,nw_dst=10.1.0.2,actions=normal"
ip netns exec vm0 ping -q -i 0.1 -c 600 10.1.0.2 > /dev/null &
PING=$!
hw_flow() { cmdj flows ovs | jq -e 'any(.[]; .in_hw and .packets > 0 and (.flow | contains("0x0800")))' > /dev/null; }
until_true 20 hw_flow || die "no flow is in hardware: $(cmd flows)"

cmdj flows ovs | jq -e '.[] | select(.in_hw and (.flow | contains("0x0800"))) |
	.state == "in_hw" and .path == "hardware" and .reason == "none" and .place.prio >= 17 and
	.place.handle >= 268435456 and (.rule | contains("redirect")) and (.actions | length) > 0' > "$WORK/jq" ||
	die "flows: $(cmdj flows ovs)"
cmd flows | sees 'source:ovs, state:in_hw, path:hardware, port:' || die "text of flows: $(cmd flows)"
if out=$(cmd flows nobody 2>&1); then
	die "a source that is none: $out"
fi

# By ufid, by ufid alone, by the flow as OVS prints it, words and all.
line=$(flows | grep 'eth_type(0x0800)' | head -n 1)
ufid=$(sed 's/,.*//' <<< "$line")
cmd why "$ufid" > "$WORK/why" || die "why $ufid: $(cat "$WORK/why")"
grep -q 'state: in hardware' "$WORK/why" && grep -q 'place: dev ' "$WORK/why" &&
	grep -q 'rule: .*redirect' "$WORK/why" || die "why: $(cat "$WORK/why")"
[ "$(cmdj why "${ufid#ufid:}" | jq -r .id)" = "$ufid" ] || die "why by a bare ufid: $(cmdj why "${ufid#ufid:}")"
flow=${line#*, }
# shellcheck disable=SC2086
[ "$(cmdj why ${flow%%, packets:*} | jq -r .id)" = "$ufid" ] ||
	die "why by the flow: $(cmd why ${flow%%, packets:*} 2>&1)"
[ "$(cmdj why "$flow" | jq -r .id)" = "$ufid" ] || die "why by the whole line: $(cmd why "$flow" 2>&1)"
for bad in ufid:12 ufid:00000000-0000-0000-0000-000000000001 nonsense; do
	if out=$(cmd why "$bad" 2>&1); then
		die "why $bad: $out"
	fi
done

# A flow that hardware cannot carry: sampled.
ovs-ofctl -O OpenFlow13 add-flow br0 "priority=20,ip,nw_dst=10.1.0.2,actions=sample(probability=65535,collector_set_id=1,obs_domain_id=1,obs_point_id=1),normal"
ovs-vsctl -- --id=@br get Bridge br0 -- --id=@i create IPFIX targets=\"127.0.0.1:4739\" -- \
	create Flow_Sample_Collector_Set id=1 bridge=@br ipfix=@i > /dev/null
refused() { cmdj flows ovs | jq -e 'any(.[]; .reason == "action_unsupported" and .path == "datapath")' > /dev/null; }
until_true 20 refused || die "the sampled flow is in hardware: $(cmd flows)"
ufid=$(cmdj flows ovs | jq -r 'map(select(.reason == "action_unsupported"))[0].id')
cmd why "$ufid" > "$WORK/why"
grep -q 'state: not in hardware' "$WORK/why" && grep -q '^  reason: action_unsupported: [A-Z]' "$WORK/why" &&
	grep -q '^  actions: .*sample' "$WORK/why" || die "why of a refused flow: $(cat "$WORK/why")"

# Figures.
cmdj stats | jq -e '.flows >= 1 and .added >= 1 and .reasons.action_unsupported.now >= 1 and
	.reasons.action_unsupported.so_far >= 1 and (.reasons | length) > 20' > "$WORK/jq" || die "stats: $(cmdj stats)"
cmd stats | sees -E '^action_unsupported +[1-9][0-9]* +[1-9]' || die "stats: $(cmd stats)"
cmdj table | jq -e --arg rep "$(rep 1)" 'any(.[]; .source == "ovs" and .port == $rep and .in_hw >= 1)' > "$WORK/jq" ||
	die "table: $(cmdj table)"
cmd table | sees -E "^ovs +$(rep 1) +[1-9]" || die "table: $(cmd table)"

# What OVS's own commands show.
ovs-appctl dpctl/offload-stats-show | sees 'Refused: action_unsupported' ||
	die "dpctl/offload-stats-show: $(ovs-appctl dpctl/offload-stats-show)"
ovs-appctl dpif/offload/show | sees nft_offload || die "dpif/offload/show: $(ovs-appctl dpif/offload/show)"
reap TERM $PING
ovs_log_clean 'sending to collector failed'
ovs_down
