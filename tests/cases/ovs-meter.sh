#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# ovs: yes
# full: yes
# group: ovs
# timeout: 600
#
# OpenFlow meters as TC policers: traffic is policed in hardware at the rate,
# counters come back, changes hold; restart takes the policers over; nothing
# that is not ours is touched.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

of() { ovs-ofctl -O OpenFlow13 "$@"; }

# The policers with our mark: index, meter; how many.
policers() { tc -j actions list action police | jq -c '[.[].actions[]? | select((.cookie // "") | startswith("6e66746f0103")) |
	{index, meter: .cookie[16:24]}]'; }
n_policers() { policers | jq length; }
policers_are() { [ "$(n_policers)" = "$1" ]; }

# burst SECONDS PPS: sends so many packets; what arrives is in $WORK/recv. Its
# last packet, which ends the receiver, may be one that is dropped.
burst() {
	vm 1 udpflow recv 5001 --for $(($1 + 15)) > "$WORK/recv" &
	local receiver=$!
	vm 0 udpflow send 10.1.0.2 5001 $(($1 * $2)) --pps "$2" --warmup 2 > "$WORK/send"
	wait $receiver
}
received() { sed -n 's/.*received=\([0-9]*\).*/\1/p' "$WORK/recv"; }
metered() { ovs-appctl --format json nft-offload/flows ovs |
	jq -e 'any(.[]; .in_hw and (.rule | contains("police")))' > /dev/null; }

# Somebody else's, in the range of OVS's tc provider and in ours.
nic_up 2
tc actions add action police rate 1mbit burst 10k conform-exceed drop/pipe index 536870911
tc actions add action police rate 1mbit burst 10k conform-exceed drop/pipe index 536870912
ovs_up hw-offload-priority=nft_offload,tc
ovs_vm 0
ovs_vm 1
until_true 10 vm 0 ping -q -c 1 -W 2 10.1.0.2 > "$WORK/ping" || die "vm0 does not reach vm1"

# One that OVS set before hardware offload was on is not known: its flows stay
# in the datapath, which polices them.
of add-meter br0 meter=1,pktps,bands=type=drop,rate=100000
of add-flow br0 "priority=10,udp,nw_dst=10.1.0.2,actions=meter:1,normal"
ovs-vsctl set Open_vSwitch . other_config:hw-offload=true
until_true 10 ovs-appctl nft-offload/stats > "$WORK/stats" || die "hw-offload was turned on and there are no stats"
burst 1 200
unknown() { ovs-appctl --format json nft-offload/stats | jq -e '.reasons.meter_unknown.so_far >= 1' > /dev/null; }
until_true 10 unknown || die "no flow was refused for its meter: $(ovs-appctl nft-offload/stats)"
[ "$(n_policers)" = 0 ] || die "an unknown meter has a policer: $(policers)"
of del-flows br0 udp

# 100 packets a second, 20 at once; far more come.
of mod-meter br0 meter=1,pktps,burst,bands=type=drop,rate=100,burst_size=20
[ "$(n_policers)" = 1 ] || die "one meter, policers: $(policers)"
of add-flow br0 "priority=10,udp,nw_dst=10.1.0.2,actions=meter:1,normal"
burst 5 1000
metered || die "the metered flow is not in hardware: $(ovs-appctl nft-offload/flows ovs)"
n=$(received)
[ "$n" -ge 100 ] && [ "$n" -le 2500 ] || die "a policer of 100/s let $n of 5000 packets pass: $(cat "$WORK/recv")"
of meter-stats br0 meter=1 > "$WORK/stats"
in=$(sed -n 's/.*packet_in_count:\([0-9]*\).*/\1/p' "$WORK/stats")
dropped=$(sed -n 's/.*0: packet_count:\([0-9]*\).*/\1/p' "$WORK/stats")
[ "$in" -ge 4000 ] && [ "$dropped" -ge 2000 ] || die "the meter counted $in in, $dropped dropped: $(cat "$WORK/stats")"

# Ten times the rate: changed in place.
index=$(policers | jq '.[0].index')
of mod-meter br0 meter=1,pktps,burst,bands=type=drop,rate=100000,burst_size=100000
[ "$(policers | jq '.[0].index')" = "$index" ] || die "a changed meter has another policer: $(policers)"
burst 2 500
n=$(received)
[ "$n" -ge 1000 ] || die "a policer of 100000/s dropped: $(cat "$WORK/recv")"

# Kilobits; a second meter; deletion takes both policers away.
of mod-meter br0 meter=1,kbps,bands=type=drop,rate=8000
of add-meter br0 meter=2,kbps,burst,bands=type=drop,rate=1000,burst_size=2000
until_true 10 sh -c "[ \"\$(tc actions list action police | grep -c 'police 0x2.* rate 8Mbit')\" = 1 ]" ||
	die "8000 kbps are not 8 Mbit: $(tc actions list action police)"
[ "$(n_policers)" = 2 ] || die "two meters, policers: $(policers)"

# A new process finds them; what is set again is taken over, the rest goes.
index=$(policers | jq -c 'sort_by(.meter)[0]')
vswitchd_stop KILL
vswitchd_start
of add-meter br0 meter=1,kbps,bands=type=drop,rate=8000
until_true 20 policers_are 1 ||
	die "policers of the former process are left: $(policers)"
[ "$(policers | jq -c '.[0]')" = "$index" ] || die "the policer $index was not taken over: $(policers)"
of del-flows br0 udp
of del-meters br0
until_true 20 policers_are 0 ||
	die "policers are left of deleted meters: $(policers)"

# Those of others are there all the same; among them are what OVS's own provider
# has made of the meters in the killed process.
tc -j actions list action police | jq -e '[.[].actions[]?.index] | contains([536870911, 536870912])' > "$WORK/jq" ||
	die "policers of others: $(tc actions list action police)"
# OVS's own provider does not clear away what it made before it was killed.
ovs_log_clean 'Failed to add police'
ovs_down
