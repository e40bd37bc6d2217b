#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: flow
# timeout: 600
#
# The flag "counter" of a flowtable: with it conntrack counts what hardware has
# carried, both ways; without it only what software has.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

# counted: packets of the connection in conntrack: "ORIGINAL REPLY".
counted() {
	conntrack -L -p udp --orig-port-src $FROM 2>/dev/null |
		sed -n 's/.* packets=\([0-9]*\) .* packets=\([0-9]*\) .*/\1 \2/p' > "$WORK/counted"
	read -r ORIGINAL REPLY < "$WORK/counted"
}
all_counted() { counted && [ "$ORIGINAL" -ge "$COUNT" ] && [ "$REPLY" -ge "$COUNT" ]; }
# The daemon has heard of all that the NIC has carried.
all_known() { [ "$(sides ".original.sport == $FROM" | jq -s 'map(.packets) | min')" -ge "$COUNT" ]; }

bed_up
conntrack -F 2>/dev/null	# what others have left has no counters
sysctl -qw net.netfilter.nf_conntrack_acct=1
# The kernel asks for counters when a tenth of this is over.
sysctl -qw net.netfilter.nf_flowtable_udp_timeout=20
serve vm1 5001
daemon_start

offload "$(rep 0)" "$(rep 1)"
echo_hw "with the flag" vm0 10.0.1.2 5001 "$(rep 0)" "$(rep 1)"
until_true 30 all_counted || die "conntrack has not counted what hardware carried: $(cat "$WORK/counted"; said)"
echo "conntrack with the flag: $ORIGINAL $REPLY"
[ "$ORIGINAL" -le $((2 * COUNT)) ] || die "counted twice: $ORIGINAL"

nft list ruleset | sed '/^\t\tcounter$/d' > "$WORK/without.nft"
nft flush ruleset
nft -f "$WORK/without.nft"
! nft list flowtables | sees counter || die "the flag is still there: $(nft list flowtables)"
echo_up "without the flag" vm0 10.0.1.2 5001 2
echo_run "without the flag"
until_true 30 all_known || die "the daemon does not know: $(said)"
# Twice the time in which the kernel asks.
sleep 6
counted
echo "conntrack without the flag: $ORIGINAL $REPLY"
[ "$ORIGINAL" -lt $((COUNT / 2)) ] && [ "$REPLY" -lt $((COUNT / 2)) ] ||
	die "conntrack has counted without the flag: $ORIGINAL $REPLY"
bed_down
