#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan 6.1 7.2
# group: fault
# timeout: 600
#
# The NIC forgets all its rules and tells nobody, not even TC. Connections go on
# in software at once, and are back in hardware in time, guards included; counters
# do not run backwards. A flow whose packets all pass in hardware again is left in
# peace.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"

bed_up
daemon_start
ruleset
hold_start tcp 6000 20
settled 20
packets() { nft-offload flows --json | jq -s '[.. | .packets? // empty] | add // 0'; }
doubted() { nft-offload stats | awk '$1 == "doubted" { print $2 }'; }

for round in 1 2 3; do
	# So that the rules are not new any more, which a packet under way may miss.
	sleep 5
	before=$(packets) doubts=$(doubted)
	at=$(now_ms)
	echo 1 > $DEBUG/forget_rules
	converges "forgotten, round $round" 42 "$at"
	# Each was put again, or it would not be there.
	doubts=$(($(doubted) - doubts))
	[ $doubts -ge 42 ] || die "only $doubts rules were put again"
	[ "$(packets)" -ge "$before" ] || die "counters run backwards: $(packets) after $before"
done
sleep 3
before=$(doubted)
sleep 5
[ "$(doubted)" = "$before" ] || die "rules are put again and again: $(doubted) after $before"
hold_end tcp
until_true 60 nic_has 0 || die "rules are left: $(cat $DEBUG/rules)"
bed_down
