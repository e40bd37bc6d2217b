#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan
# group: fault
# timeout: 600
#
# The NIC answers nothing for 10 s, and with it TC and whoever asks TC.
# Connections in hardware go on there, new ones in software, some end; after it
# hardware has what it should have.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"

bed_up
daemon_start
ruleset
hold_start old 6000 10
hold_start ends 6500 5
settled 15
hit=$(hw "$(rep 0)" hw_rx_hit_packets)
at=$(now_ms)
echo 10000 > $DEBUG/stall_ms
hold_start new 7000 10
hold_end ends
# Nothing here may wait for RTNL until the stall is over.
left=$((10000 - ($(now_ms) - at)))
[ $left -le 0 ] || sleep "$(printf '%d.%03d' $((left / 1000)) $((left % 1000)))"
converges stall 42 $((at + 10000))
hit=$(($(hw "$(rep 0)" hw_rx_hit_packets) - hit))
[ $hit -ge 200 ] || die "hardware stood still: $hit packets in 10 s"
hold_end old
hold_end new
until_true 60 nic_has 0 || die "rules are left: $(cat $DEBUG/rules)"
bed_down
