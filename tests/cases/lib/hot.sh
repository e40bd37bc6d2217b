# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# hot: many UDP flows from VM 0 to VM 1 and back, of which some are hot, for NICs that
# hold fewer. To be sourced after testbed.sh and fault.sh. A case defines
# hot_in_hw FIRST END: how many directions of the flows [FIRST, END) hardware has.

HOT_LIB=$(dirname "${BASH_SOURCE[0]}")
HOT_FLOWS=60
HOT_PORT=7000		# of VM 1
HOT_FROM=		# the first flow's port at VM 0
HOT_PPS=20
HOT_SHARE=85		# percent that hardware is to carry; by chance a third
# A slow sender sends the hot ones less often.
[ $SLOW = 1 ] || HOT_SHARE=60
[ $SLOW -lt 10 ] || HOT_PPS=10

# hot_serve: who answers.
hot_serve() {
	ip netns exec vm1 python3 "$HOT_LIB/udpmany.py" echo $HOT_PORT &
	disown
	until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :$HOT_PORT' | grep -q ."
}

# hot FIRST END PPS [0]: these are hot now: see udphot.py.
hot() { echo "$*" > "$WORK/hot.new" && mv "$WORK/hot.new" "$WORK/hot"; }

# talk ADDRESS FROM: the flows begin.
talk() {
	HOT_FROM=$2
	rm -f "$WORK/stop"
	ip netns exec vm0 python3 "$HOT_LIB/udphot.py" "$1" $HOT_PORT "$2" $HOT_FLOWS "$WORK/hot" "$WORK/stop" > "$WORK/talk" &
	TALKER=$!
}

# talk_end NAME: they end, and no packet was lost.
talk_end() {
	local sent answered
	touch "$WORK/stop"
	wait $TALKER || die "$1: the sender failed"
	echo "$1: $(cat "$WORK/talk")"
	sent=$(sed 's/sent=\([0-9]*\).*/\1/' "$WORK/talk") answered=$(sed 's/.*answered=//' "$WORK/talk")
	[ "$sent" -ge 200 ] || die "$1: too few packets to show anything"
	[ "$sent" = "$answered" ] || die "$1: $((sent - answered)) packets were lost"
}

# becomes_hot NAME FIRST END [0]: these are hot from now on, and come into hardware.
becomes_hot() {
	local start
	start=$(now_ms)
	hot "$2" "$3" $HOT_PPS ${4:+"$4"}
	until_true 60 hot_all_in_hw "$2" "$3" || die "$1: $(hot_in_hw "$2" "$3") of $((2 * ($3 - $2))) are in hardware: $(said)"
	echo "$1: in hardware after $(($(now_ms) - start)) ms"
}
hot_all_in_hw() { [ "$(hot_in_hw "$@")" = $((2 * ($2 - $1))) ]; }

# share SECONDS: the part of all packets from the VMs that hardware carries in that
# time, in percent.
share() {
	local dev hit=0 miss=0
	for dev in $(rep 0) $(rep 1); do
		hit=$((hit - $(hw "$dev" hw_rx_hit_packets))) miss=$((miss - $(hw "$dev" hw_rx_miss_packets)))
	done
	sleep "$1"
	for dev in $(rep 0) $(rep 1); do
		hit=$((hit + $(hw "$dev" hw_rx_hit_packets))) miss=$((miss + $(hw "$dev" hw_rx_miss_packets)))
	done
	echo $((100 * hit / (hit + miss)))
}
