#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# quick: yes
# group: table
# timeout: 600
#
# The library's table on the virtual NIC: flows placed in batches, counted,
# reconciled, replaced in place, adopted by the next process, purged; a rule of
# somebody else in the same priorities stays.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

nic_up 2
in=$(rep 0) out=$(rep 1)
ip link set "$in" up
ip link set "$out" up

table_probe all "$in" "$out" "${1:-1000}"
[ "$(tc filter show dev "$in" ingress | grep -c in_hw)" = $((${1:-1000} + 2)) ] ||
	die "tc sees $(tc filter show dev "$in" ingress | grep -c in_hw) rules in hardware"
tc filter add dev "$in" ingress prio 13 protocol ip handle 0x10000042 flower skip_sw dst_ip 192.0.2.1 \
	action drop cookie 00112233445566778899aabbccddeeff 2>/dev/null ||
	tc filter add dev "$in" ingress prio 13 protocol ip flower skip_sw dst_ip 192.0.2.1 \
		action drop cookie 00112233445566778899aabbccddeeff
table_probe purge
[ "$(tc filter show dev "$in" ingress | grep -c in_hw)" = 1 ] || die "purge: $(tc filter show dev "$in" ingress)"
rmmod eswsim
