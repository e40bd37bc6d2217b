#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev kasan
# group: flow
# timeout: 900
#
# A NIC with far fewer rules than there are connections: the hottest ones are in
# hardware, whoever came first, and when others become hot, these; no packet is lost
# by that, no counter runs backwards, and people can see why the others are not. Also
# where nobody counts what software forwards: those that send at all then.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"
. "$(dirname "$0")/lib/hot.sh"

SIZE=42		# two for TTL 0 and 1

hot_in_hw() { # FIRST END
	nft-offload flows --json > "$WORK/flows"
	jq -s --argjson a $((HOT_FROM + $1)) --argjson b $((HOT_FROM + $2)) \
		'[.[] | select(.original.sport >= $a and .original.sport < $b) | .original, .reply | select(.state? == "in_hw")] | length' "$WORK/flows"
}
said() { nft-offload flows; nft-offload stats; }
all_there() { [ "$(nft-offload flows --json | wc -l)" = $HOT_FLOWS ]; }
# packets: all that hardware has carried, as the daemon counts.
packets() { nft-offload flows --json | jq -s '[.[] | .original.packets, .reply.packets] | add'; }

modprobe -a nf_conntrack nf_flow_table
sysctl -qw net.netfilter.nf_flowtable_udp_timeout=600 net.netfilter.nf_conntrack_acct=1
bed_up 2 $SIZE
daemon_start
ruleset
hot_serve

# The last ones are hot, and the table is full before they come.
hot $((HOT_FLOWS - 10)) $HOT_FLOWS $HOT_PPS
talk 10.0.1.2 20000
until_true 120 all_there || die "not all connections are there: $(said)"
becomes_hot 'the last ones' $((HOT_FLOWS - 10)) $HOT_FLOWS
[ "$(nic_rules)" -le $SIZE ] || die "more rules than fit"
nft-offload flows --json > "$WORK/flows"
jq -se 'any(.[] | .original, .reply; .reason? == "table_full" and (.driver_text | test("full|taken")))' "$WORK/flows" > /dev/null ||
	die "nothing says that the NIC is full: $(cat "$WORK/flows")"
before=$(packets)
percent=$(share 10)
echo "hardware carries $percent % of all packets"
[ "$percent" -ge $HOT_SHARE ] || die "hardware carries too little: $(said)"
becomes_hot 'others' 20 30
[ "$(packets)" -ge "$before" ] || die "counters run backwards"
becomes_hot 'the first ones' 0 10
nft-offload stats | sed -n '/places/,/recalled/p'
talk_end 'counted'

# Nobody counts: a flowtable without "counter".
conntrack -F 2> /dev/null
nft flush ruleset
until_true 60 nic_has 0 || die "rules are left: $(cat $DEBUG/rules)"
ruleset
sed -i '/^[[:space:]]*counter$/d' "$WORK/router.nft"
nft -f "$WORK/router.nft"
if nft list flowtables | sees counter; then die "still counted"; fi
hot 0 1 1 0
talk 10.0.1.2 30000
until_true 120 all_there || die "not all connections are there: $(said)"
becomes_hot 'those that send' $((HOT_FLOWS - 10)) $HOT_FLOWS 0
talk_end 'uncounted'
bed_down
