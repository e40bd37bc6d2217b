# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# fault: TCP connections that have to outlive a fault, and how long it takes until
# hardware is as it should be. To be sourced after testbed.sh.
#
# What is in hardware the virtual NIC itself says, not TC and not the daemon.

DEBUG=/sys/kernel/debug/eswsim/eswsim0
# Hardware is to be right 2 s after a fault; the machine is emulated.
CONVERGE_MS=$((${CONVERGE_MS:-5000} * SLOW))

# nic_rules: how many rules the NIC has, guards included.
nic_rules() { grep -c . "$DEBUG/rules" || :; }

# nic_has N: exactly so many?
nic_has() { [ "$(nic_rules)" = "$1" ]; }

declare -A HOLDER SERVER

# serve NAMESPACE PORT [PORTS]: tcpload as server, its process $SERVING.
serve() {
	local last=$(($2 + ${3:-1} - 1))
	ip netns exec "$1" tcpload serve "$2" --ports "${3:-1}" &
	SERVING=$!
	until_true 60 sh -c "ip netns exec $1 ss -tln | grep -q ':$last '" || die "no server at port $2"
}

# hold_start NAME PORT COUNT [FROM TO ADDRESS]: so many TCP connections, from VM 0
# to VM 1 or between these namespaces, a record and its echo 10 times a second in
# each, until hold_end.
hold_start() {
	rm -f "$WORK/$1.stop"
	serve "${5:-vm1}" "$2"
	SERVER[$1]=$SERVING
	ip netns exec "${4:-vm0}" tcpload hold "${6:-10.0.1.2}" "$2" "$3" --stop "$WORK/$1.stop" > "$WORK/$1.hold" &
	HOLDER[$1]=$!
}

# hold_end NAME: they end; fails if one was lost or a byte was wrong.
hold_end() {
	touch "$WORK/$1.stop"
	wait "${HOLDER[$1]}" || die "$1: connections were lost: $(cat "$WORK/$1.hold")"
	echo "$1: $(cat "$WORK/$1.hold")"
	reap TERM "${SERVER[$1]}"
}

# settled N: N TCP connections in hardware, both ways: a rule each way, and a
# guard on both ports. Generous, for before a fault.
settled() {
	until_true 120 nic_has $((2 * $1 + 2)) ||
		die "$1 connections, and the NIC has $(nic_rules) rules: $(nft-offload stats; nft-offload flows | head -n 20)"
}

# converges FAULT RULES [FROM]: the fault has ended now (or at FROM, now_ms): the
# NIC has so many rules in time, and TC and the daemon agree.
converges() {
	local fault=$1 wanted=$2 from=${3:-$(now_ms)} took
	until_true 120 nic_has "$wanted" ||
		die "$fault: the NIC has $(nic_rules) rules and not $wanted: $(nft-offload stats; nft-offload flows | head -n 20)"
	took=$(($(now_ms) - from))
	echo "$fault: as it should be after $took ms"
	[ "$took" -le "$CONVERGE_MS" ] || die "$fault: it took $took ms until hardware was right"
	until_true 60 agree "$wanted" ||
		die "$fault: TC has $(rules "$(rep 0)" "$(rep 1)") rules, not $wanted: $(nft-offload stats)"
}
agree() { [ "$(rules "$(rep 0)" "$(rep 1)")" = "$1" ] && nic_has "$1"; }

# has_reason NAME: does a flow stay in software for it? Not by a pipe: grep would
# leave while there is more to come.
has_reason() {
	nft-offload flows --json > "$WORK/flows" && grep -q "\"$1\"" "$WORK/flows"
}

# in_hw: is there a flow in hardware, as the daemon says?
in_hw() {
	nft-offload flows --json --in-hw > "$WORK/flows" && [ -s "$WORK/flows" ]
}
