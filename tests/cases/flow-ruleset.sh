#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev stock
# group: flow
# timeout: 900
#
# The forms of rulesets that people write: many devices, a priority behind the
# filter's, "flow add" behind protocols, a subnet, an interface or a direction, one
# device only (then only what comes in by it is in hardware), families ip, ip6 and
# inet, and several flowtables at once. What no rule admits stays in software.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

bed_up 4
for n in 0 1 2 3; do
	dev=$(rep $n)
	ip link set "$dev" down
	ip link set "$dev" name lan$n
	ip link set lan$n up
	ip addr replace fd00:$n::1/64 dev lan$n nodad
	serve vm$n 5001
done
p0=$(port p0)
ip link set "$p0" name eth1
ip link set eth1 up
daemon_start

# form FAMILY FLOWTABLE-LINES RULES: a ruleset.
form() {
	printf 'flush ruleset\ntable %s t {\n%s\nchain forward {\ntype filter hook forward priority filter;\n%s\n}\n}\n' \
		"$1" "$2" "$3" > "$WORK/form.nft"
	nft -f "$WORK/form.nft" || die "the ruleset does not load: $(cat "$WORK/form.nft")"
	conntrack -F 2>/dev/null
}

# not_here NAME NETNS ADDRESS "PORT...": a connection that no rule admits.
not_here() {
	local hit
	echo_begin "$2" "$3" 5001
	# Others would be in hardware by then.
	sleep 3
	hit=$(hits "$4")
	echo_run "$1"
	hit=$(($(hits "$4") - hit))
	echo "$1: NIC carried $hit"
	[ $hit = 0 ] || die "$1: $hit packets in hardware: $(said)"
	! nft-offload flows --json | jq -es "any(.[]; .original.sport == $FROM)" > "$WORK/some" || die "$1: it is in the flowtable: $(said)"
}

ALL="devices = { lan0, lan1, lan2, lan3, eth1 }; flags offload;"

echo "--- many devices, a priority behind the filter's, by protocol"
form inet "flowtable f { hook ingress priority filter + 1; $ALL }" "ip protocol { tcp, udp } flow add @f"
echo_hw "many devices" vm0 10.0.1.2 5001 lan0 lan1
echo_hw "others of them" vm2 10.0.3.2 5001 lan2 lan3
not_here "IPv6 behind ip protocol" vm0 fd00:1::2 "lan0 lan1"
form inet "flowtable f { hook ingress priority -5; $ALL }" "ip6 nexthdr { tcp, udp } flow add @f"
echo_hw "ip6 nexthdr" vm0 fd00:1::2 5001 lan0 lan1
not_here "IPv4 behind ip6 nexthdr" vm0 10.0.1.2 "lan0 lan1"

echo "--- by subnet, interface, direction"
form inet "flowtable f { hook ingress priority 0; $ALL }" "ip daddr 10.0.1.0/24 flow add @f"
echo_hw "to the subnet" vm0 10.0.1.2 5001 lan0 lan1
not_here "to another one" vm0 10.0.2.2 "lan0 lan2"
form inet "flowtable f { hook ingress priority 0; $ALL }" "iifname lan0 oifname lan1 flow add @f"
echo_hw "by the interfaces" vm0 10.0.1.2 5001 lan0 lan1
not_here "by others" vm2 10.0.3.2 "lan2 lan3"
form inet "flowtable f { hook ingress priority 0; $ALL }" "ct direction reply meta l4proto udp flow add @f"
echo_hw "by a packet of the way back" vm0 10.0.1.2 5001 lan0 lan1

echo "--- one device: download and not upload"
form inet "flowtable f { hook ingress priority 0; devices = { lan1 }; flags offload; }" "meta l4proto udp flow add @f"
up=$(hits lan0)
# The way back of a connection that is opened from lan0.
back_only() {
	echo_up "$1" "$2" "$3" 5001 1
	local hit
	hit=$(hits lan1)
	echo_run "$1"
	hit=$(($(hits lan1) - hit)) up=$(($(hits lan0) - up))
	echo "$1: NIC carried $hit down, $up up; $(cat "$WORK/echo")"
	[ $hit -ge "$COUNT" ] || die "$1: only $hit of $COUNT: $(said)"
	[ $up = 0 ] || die "$1: $up packets in hardware that came in by a device that is not listed: $(said)"
	grep -q 'there=63\.\.63 ttl=63\.\.63$' "$WORK/echo" || die "$1: TTL: $(cat "$WORK/echo")"
}
back_only "download" vm0 10.0.1.2
up=$(hits lan0)
back_only "download, IPv6" vm0 fd00:1::2

echo "--- families, several flowtables"
form ip "flowtable f { hook ingress priority 0; $ALL }" "meta l4proto udp flow add @f"
echo_hw "family ip" vm0 10.0.1.2 5001 lan0 lan1
form ip6 "flowtable f { hook ingress priority 0; $ALL }" "meta l4proto udp flow add @f"
echo_hw "family ip6" vm0 fd00:1::2 5001 lan0 lan1
nft -f - <<'NFT'
flush ruleset
table ip four {
	flowtable f { hook ingress priority 0; devices = { lan0, lan1 }; flags offload; }
	flowtable g { hook ingress priority 1; devices = { lan2, lan3 }; flags offload; }
	chain forward {
		type filter hook forward priority 0
		iifname { lan0, lan1 } meta l4proto udp flow add @f
		iifname { lan2, lan3 } meta l4proto udp flow add @g
	}
}
table ip6 six {
	flowtable f { hook ingress priority 0; devices = { lan0, lan1, lan2, lan3 }; flags offload; counter; }
	chain forward {
		type filter hook forward priority 0
		meta l4proto udp flow add @f
	}
}
NFT
conntrack -F 2>/dev/null
of() { nft-offload flows --json | jq -r "select(.original.sport == $FROM) | .table + \" \" + .flowtable"; }
echo_hw "first of table four" vm0 10.0.1.2 5001 lan0 lan1
[ "$(of)" = "four f" ] || die "it is in $(of)"
echo_hw "second of table four" vm2 10.0.3.2 5001 lan2 lan3
[ "$(of)" = "four g" ] || die "it is in $(of)"
echo_hw "table six" vm0 fd00:1::2 5001 lan0 lan1
[ "$(of)" = "six f" ] || die "it is in $(of)"
# One goes, the others stay.
in_hw() { sides "$1" | wc -l; }
echo_up "one that stays" vm0 fd00:1::2 5001 2
nft delete table ip four
none_four() { [ "$(in_hw '.table == "four"')" = 0 ]; }
until_true 20 none_four || die "flows of a table that has gone: $(said)"
[ "$(in_hw ".original.sport == $FROM")" = 2 ] || die "another table's flow went, too: $(said)"
echo_run "one that stays"
bed_down
