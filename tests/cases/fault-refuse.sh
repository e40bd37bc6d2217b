#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan
# group: fault
# timeout: 900
#
# The NIC refuses every new rule for some seconds, with each errno that a driver
# may have: old connections stay in hardware, new ones go on in software, with a
# reason, and are in hardware in time when the NIC takes rules again.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"

bed_up
daemon_start
ruleset
hold_start old 6000 5
settled 5

refuse() { # NAME ERRNO REASON
	echo "$2" > $DEBUG/fail_errno
	echo 2000000000 > $DEBUG/fail_next
	hold_start "$1" 7000 10
	# TC asks a driver that says EAGAIN again and again, and the daemon waits
	# for TC (net/sched/cls_api.c, tc_new_tfilter()).
	[ -z "$3" ] || until_true 60 has_reason "$3" || die "$1: no reason '$3': $(nft-offload flows --json)"
	# Long enough that it is tried again rarely.
	sleep 5
	[ "$(nic_rules)" -le 12 ] || die "$1: a rule was taken: $(cat $DEBUG/rules)"
	# Of a NIC that is full a hotter connection gets the place of another.
	[ "$3" = table_full ] || nic_has 12 || die "$1: old ones have left: $(cat $DEBUG/rules)"
	echo 0 > $DEBUG/fail_next
	converges "$1" 32
	hold_end "$1"
	until_true 60 nic_has 12 || die "$1: rules are left: $(cat $DEBUG/rules)"
}

refuse ENOSPC 28 table_full
refuse EAGAIN 11 ''
refuse ENOMEM 12 no_memory
refuse EINVAL 22 driver_refused
refuse EEXIST 17 busy
hold_end old
until_true 60 nic_has 0 || die "rules are left: $(cat $DEBUG/rules)"

# The very first rules, those of the guards, are refused as well.
echo 22 > $DEBUG/fail_errno
echo 2000000000 > $DEBUG/fail_next
hold_start first 6000 5
until_true 60 has_reason driver_refused || die "no reason: $(nft-offload flows --json)"
sleep 5
nic_has 0 || die "a rule was taken: $(cat $DEBUG/rules)"
echo 0 > $DEBUG/fail_next
converges first 12
hold_end first
until_true 60 nic_has 0 || die "rules are left: $(cat $DEBUG/rules)"
bed_down
