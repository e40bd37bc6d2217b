# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# ct: connections between VM 0 and VM 1 in the NIC's table of zone $ZONE. To be
# sourced after testbed.sh.

DEBUG=/sys/kernel/debug/eswsim/eswsim0
ZONE=5

# The direction of VM 0 is enough: conntrack lets the answers of UDP into
# hardware only when it has seen them for a while.
established() { grep -q "^zone $ZONE .* state a " $DEBUG/connections; }

# connections N [ZONE]: are there so many?
connections() { [ "$(grep -c "^zone ${2:-$ZONE} " $DEBUG/connections)" = "$1" ]; }

# udp NAME ADDRESS PORT RECEIVE-PORT [TTL]: a flow of 4000 packets after it is in hardware.
udp() {
	local name=$1 hit miss receiver sender
	vm 1 udpflow recv "$4" --for 500 > "$WORK/recv" &
	receiver=$!
	rm -f "$WORK/go"
	vm 0 udpflow send "$2" "$3" 4000 --pps "${PPS:-4000}" --warmup 1 --until "$WORK/go" > "$WORK/send" &
	sender=$!
	until_true "${PATIENCE:-20}" established || die "$name: not in hardware: $(cat $DEBUG/connections; conntrack -L 2>&1; udp_tell)"
	until_true 10 ct HW_OFFLOAD || die "$name: no [HW_OFFLOAD]: $(cat "$WORK/conntrack")"
	hit=$(hw "$(rep 0)" hw_rx_hit_packets)
	miss=$(hw "$(rep 0)" hw_rx_miss_packets)
	touch "$WORK/go"
	wait $sender || die "$name: $(cat "$WORK/send")"
	wait $receiver
	hit=$(($(hw "$(rep 0)" hw_rx_hit_packets) - hit))
	miss=$(($(hw "$(rep 0)" hw_rx_miss_packets) - miss))
	echo "$name: NIC carried $hit, host $miss; $(cat "$WORK/recv")"
	grep -q " lost=0 .*ttl=${5:-64}\.\.${5:-64}" "$WORK/recv" || die "$name: $(cat "$WORK/recv")"
	[ "$hit" -ge 4000 ] || die "$name: only $hit packets in hardware: $(udp_tell)"
	[ "$miss" -le 40 ] || die "$name: $miss packets by the host: $(udp_tell)"
	conntrack -F > "$WORK/flush" 2>&1
	until_true 20 connections 0 || die "$name: the deleted connection stays: $(cat $DEBUG/connections)"
}

# udp_tell: what else is there to say when it fails; a case may know more.
udp_tell() { :; }
