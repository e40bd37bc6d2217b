#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: flow
# timeout: 600
#
# PPPoE: TC cannot take it off or put it on, so both directions stay in software,
# each with its reason, and the traffic goes on; what is not PPPoE on the same port
# is in hardware.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

bed_up
modprobe -qa ppp_generic pppoe || :
[ -e /dev/ppp ] || mknod /dev/ppp c 108 0
PPPOE=${ECHO%/*}/pppoe.py
here() { [ -e /sys/class/net/ppp0 ]; }
there() { ip -n vm0 link show ppp0 > /dev/null 2>&1; }
"$PPPOE" "$(rep 0)" "$(vm 0 cat /sys/class/net/eth0/address)" 77 &
disown
ip netns exec vm0 "$PPPOE" eth0 "$(cat "/sys/class/net/$(rep 0)/address")" 77 &
disown
until_true 20 here || die "no PPPoE session here"
until_true 20 there || die "no PPPoE session in the VM"
ip link set ppp0 up mtu 1492
ip addr add 10.64.0.1 peer 10.64.0.2/32 dev ppp0
ip -n vm0 link set ppp0 up mtu 1492
ip -n vm0 addr add 10.64.0.2 peer 10.64.0.1/32 dev ppp0
ip -n vm0 route add 10.0.1.2/32 dev ppp0 src 10.64.0.2

serve vm1 5001
daemon_start
offload "$(rep 0)" "$(rep 1)"
echo_sw "PPPoE" vm0 10.0.1.2 5001 "$(rep 0) $(rep 1)" match_unsupported action_unsupported
nft-offload flows --json | jq -r ".original, .reply | .driver_text?" > "$WORK/words"
grep -q 'comes in as PPPoE' "$WORK/words" && grep -q 'leaves as PPPoE' "$WORK/words" ||
	die "no words: $(said)"
echo_hw "beside it" vm0 fd00:1::2 5001 "$(rep 0)" "$(rep 1)"
bed_down
