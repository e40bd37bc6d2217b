# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# flow: connections whose both directions are looked at. To be sourced after
# testbed.sh.

ECHO=$(dirname "${BASH_SOURCE[0]}")/udpecho.py
COUNT=${COUNT:-300}

# Where the router is: nothing, or ip netns exec and a namespace; its daemon's socket.
AT=()
SOCKET=/run/nft-offload/nft-offload.sock

# offload DEVICE...: a flowtable with these devices, for all TCP, UDP and GRE.
offload() {
	local IFS=,
	local devices="$*"
	"${AT[@]}" nft -f - <<-NFT
	flush ruleset
	table inet filter {
		flowtable fast {
			hook ingress priority filter
			devices = { $devices }
			flags offload
			counter
		}
		chain forward {
			type filter hook forward priority filter
			meta l4proto { tcp, udp, gre } flow add @fast
		}
	}
	NFT
}

flows_json() { nft-offload --socket "$SOCKET" flows --json; }

# sides JQ-CONDITION: the directions in hardware of the connections that meet it,
# one JSON object a line.
sides() {
	flows_json | jq -c "select($1) | .original, .reply | select(.state? == \"in_hw\")"
}

sides_are() { [ "$(sides "$2" | wc -l)" = "$1" ]; }

# said: what there is to know where a flow is not where it should be.
said() {
	flows_json | jq -c '.original, .reply'
	"${AT[@]}" conntrack -L 2>/dev/null
	"${AT[@]}" nft list ruleset
}

# serve NETNS PORT: the other end of echo, until the test ends.
serve() {
	ip netns exec "$1" "$ECHO" serve "$2" &
	disown
	until_true 30 listens "$1" "$2"
}

listens() { [ -n "$(ip netns exec "$1" ss -Hlun "sport = :$2")" ]; }

# echo_begin NETNS ADDRESS PORT: begins a UDP connection from a port of its own, $FROM.
# echo_run NAME sends COUNT datagrams both ways, of which none may be lost or wrong.
FROM=20000
echo_begin() {
	rm -f "$WORK/go"
	FROM=$((FROM + 1))
	ip netns exec "$1" "$ECHO" ask "$2" "$3" "$COUNT" --from $FROM --until "$WORK/go" > "$WORK/echo" &
	ASKER=$!
}

echo_run() {
	touch "$WORK/go"
	wait $ASKER || die "$1: $(cat "$WORK/echo"; said)"
}

# echo_up NAME NETNS ADDRESS PORT SIDES: begins one and waits until so many of its
# directions, 1 or 2, are in hardware.
echo_up() {
	echo_begin "$2" "$3" "$4"
	until_true 60 sides_are "$5" ".original.sport == $FROM" || die "$1: not in hardware: $(said)"
}

# hits "PORT...": what hardware has carried from all of these.
hits() {
	local dev n=0
	for dev in $1; do
		n=$((n + $("${AT[@]}" ethtool -S "$dev" | awk '$1 == "hw_rx_hit_packets:" { print $2 }')))
	done
	echo $n
}

# taken_out: how many connections had to leave hardware since the daemon started,
# for something about routes, neighbours or the ruleset had changed.
taken_out() { nft-offload --socket "$SOCKET" stats --json | jq .changes.teardowns; }

# echo_hw NAME NETNS ADDRESS PORT "THERE..." ["BACK..."]: a UDP connection that
# hardware carries from the ports THERE and back from the ports BACK; without BACK
# only one way, and back in software. TTL is one less both ways. The test's own
# set-up may still be on its way as a change that takes the connection out of
# hardware for a moment: then another one has to do without.
echo_hw() {
	local name=$1 there=$5 back=${6:-} hit back_hit=0 sides=2 tries changes
	[ -n "$back" ] || sides=1
	for tries in 1 2 3; do
		echo_up "$name" "$2" "$3" "$4" $sides
		changes=$(taken_out)
		hit=$(hits "$there") back_hit=$(hits "$back")
		echo_run "$name"
		hit=$(($(hits "$there") - hit)) back_hit=$(($(hits "$back") - back_hit))
		echo "$name: NIC carried $hit from $there, $back_hit from ${back:-nowhere}; $(cat "$WORK/echo")"
		[ "$(taken_out)" != "$changes" ] || break
		echo "$name: something changed meanwhile, again (try $tries)"
	done
	[ "$hit" -ge "$COUNT" ] || die "$name: only $hit of $COUNT packets in hardware: $(said)"
	[ -z "$back" ] || [ "$back_hit" -ge "$COUNT" ] ||
		die "$name: only $back_hit of $COUNT packets in hardware on the way back: $(said)"
	sides_are $sides ".original.sport == $FROM" || die "$name: not the directions that it was: $(said)"
	grep -q "there=63\.\.63 ttl=63\.\.63\$" "$WORK/echo" || die "$name: TTL: $(cat "$WORK/echo")"
}

# echo_late NAME NETNS ADDRESS PORT THERE BACK COMMAND...: one whose port THERE is not
# found when it enters the flowtable, so that it is in software until COMMAND has been
# run, and then in hardware both ways.
echo_late() {
	local name=$1 there=$5 back=$6 hit back_hit
	echo_begin "$2" "$3" "$4"
	shift 6
	until_true 60 refused_for port_gone || die "$name: not in software: $(said)"
	"$@"
	until_true 60 sides_are 2 ".original.sport == $FROM" || die "$name: not in hardware: $(said)"
	hit=$(hits "$there") back_hit=$(hits "$back")
	echo_run "$name"
	hit=$(($(hits "$there") - hit)) back_hit=$(($(hits "$back") - back_hit))
	echo "$name: NIC carried $hit there, $back_hit back; $(cat "$WORK/echo")"
	if [ $hit -lt "$COUNT" ] || [ $back_hit -lt "$COUNT" ]; then
		die "$name: only $hit and $back_hit in hardware: $(said)"
	fi
}

# echo_sw NAME NETNS ADDRESS PORT "PORT..." REASON...: one that stays in software both
# ways, with these reasons; hardware carries nothing from these ports.
echo_sw() {
	local name=$1 there=$5 hit reason
	echo_begin "$2" "$3" "$4"
	shift 5
	for reason; do
		until_true 60 refused_for "$reason" || die "$name: no reason $reason: $(said)"
	done
	hit=$(hits "$there")
	echo_run "$name"
	hit=$(($(hits "$there") - hit))
	echo "$name: NIC carried $hit; $(cat "$WORK/echo"); $*"
	[ $hit = 0 ] || die "$name: $hit packets in hardware: $(said)"
}

# With -s, for jq 1.6 says yes where there is no flow at all.
refused_for() {
	flows_json | jq -es "any(.[] | select(.original.sport == $FROM) | .original, .reply;
		.state? != \"in_hw\" and .reason? == \"$1\")" > /dev/null
}
