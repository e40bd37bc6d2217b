#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# group: flow
# timeout: 1800
#
# Each NIC is told a rule in the words of its driver, or not asked at all: for
# each profile of the virtual NIC connections of a flowtable, UDP and TCP, with
# and without NAT, go to hardware or stay in software for the right reason, and
# arrive whole, with TTL one less and right checksums, in either case. Without
# --full for mlx5 and another one, by chance.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/flow.sh"

COUNT=100

# masquerade of port 5011, UDP and TCP.
nat() {
	ip addr add 10.0.1.77/24 dev "$(rep 1)"
	nft -f - <<-NFT
	table ip nat {
		chain post {
			type nat hook postrouting priority srcnat;
			ip daddr 10.0.1.2 udp dport 5011 snat to 10.0.1.77
			ip daddr 10.0.1.2 tcp dport 5011 snat to 10.0.1.77
		}
	}
	NFT
}

# echoes NAME PORT [WORDS]: TCP through port PORT of vm1 and back, whole; $HIT is what
# the NIC carried of it. A flow says WORDS meanwhile.
echoes() {
	rm -f "$WORK/unsaid"
	HIT=$(($(hits "$(rep 0)") + $(hits "$(rep 1)")))
	{
		head -c 10K "$WORK/sent"
		sleep 3
		[ -z "${3:-}" ] || until_true 30 says "$3" >&2 || said > "$WORK/unsaid"
		tail -c +10241 "$WORK/sent"
	} |
		vm 0 timeout 300 nc -N 10.0.1.2 "$2" > "$WORK/came" || die "$1: the connection broke: $(said)"
	cmp "$WORK/sent" "$WORK/came" || die "$1: the data differ"
	[ ! -e "$WORK/unsaid" ] || die "$1: no flow says '$3': $(cat "$WORK/unsaid")"
	HIT=$(($(hits "$(rep 0)") + $(hits "$(rep 1)") - HIT))
	echo "$1: $(stat -c %s "$WORK/came") bytes there and back, NIC carried $HIT packets"
}

# begin PROFILE: NIC, VMs, daemon, ruleset, servers; the NIC is known for what it is.
begin() {
	PROFILE=$1 bed_up
	daemon_start
	ruleset
	nat
	nft-offload ports > "$WORK/ports"
	[ "$(nft-offload ports --json | jq -r "select(.name == \"$(rep 0)\") | .dialect")" = "${2:-$1}" ] ||
		die "$1: taken for another NIC: $(cat "$WORK/ports")"
	# What is said to it, it takes; other tests make sure that this does what it means.
	[ "$1" = full ] || dialect_probe "$(rep 0)" "$(rep 1)" || die "$1: does not take what it is told"
	serve vm1 5010
	serve vm1 5011
	local port
	for port in 5010 5011; do
		ip netns exec vm1 socat "TCP-LISTEN:$port,fork,reuseaddr" EXEC:cat &
		disown
	done
	head -c 300K /dev/urandom > "$WORK/sent"
}

# says TEXT: a flow in software that says so.
says() {
	flows_json | jq -es "any(.[] | .original, .reply; .reason? == \"nic_unable\" and .driver_text? == \"$1\")" > /dev/null
}

# checked: check says of every port what its NIC cannot do.
checked() {
	local n
	if nft-offload check --json > "$WORK/check"; then
		die "check finds nothing: $(cat "$WORK/check")"
	fi
	n=$(jq -s "map(select(.check == \"nic_unable\" and .verdict == \"error\")) | length" "$WORK/check")
	[ "$n" = 2 ] || die "check: $(cat "$WORK/check")"
}

in_hardware() { # PROFILE [DIALECT]
	begin "$@"
	echo_hw "$1: UDP" vm0 10.0.1.2 5010 "$(rep 0)" "$(rep 1)"
	echo_hw "$1: UDP with NAT" vm0 10.0.1.2 5011 "$(rep 0)" "$(rep 1)"
	echoes "$1: TCP" 5010
	[ $HIT -ge 50 ] || die "$1: TCP stayed in software: $(said)"
	echoes "$1: TCP with NAT" 5011
	[ $HIT -ge 50 ] || die "$1: TCP with NAT stayed in software: $(said)"
	bed_down
}

in_software() { # PROFILE UDP-WORDS TCP-WORDS
	local dev
	begin "$1"
	checked
	echo_sw "$1: UDP" vm0 10.0.1.2 5010 "$(rep 0) $(rep 1)" nic_unable
	says "$2" || die "$1: no flow says '$2': $(said)"
	[ "$(nft-offload stats --json | jq .refusals.nic_unable)" -gt 0 ] || die "nic_unable is not counted: $(nft-offload stats --json)"
	echo_sw "$1: UDP with NAT" vm0 10.0.1.2 5011 "$(rep 0) $(rep 1)" nic_unable
	echoes "$1: TCP" 5010 "$3"
	[ $HIT = 0 ] || die "$1: TCP was in hardware: $(said)"
	echoes "$1: TCP with NAT" 5011
	[ $HIT = 0 ] || die "$1: TCP with NAT was in hardware: $(said)"
	# The driver was not even asked.
	for dev in "$(rep 0)" "$(rep 1)"; do
		tc filter show dev "$dev" ingress > "$WORK/tc"
		[ ! -s "$WORK/tc" ] || die "$1: rules: $(cat "$WORK/tc")"
	done
	bed_down
}

# How each profile is offloaded, and if not, the words for UDP and for TCP.
profile() {
	local no='sfc: has no priorities, so nothing keeps TTL 1 from being decremented'
	case $1 in
	mlx5) in_hardware mlx5 ;;
	ice) in_software ice 'ice: cannot rewrite headers' 'ice: cannot match tcp_flags' ;;
	bnxt) in_software bnxt 'bnxt: cannot decrement the TTL' 'bnxt: would take no notice of tcp_flags' ;;
	sfc) in_software sfc "$no" "$no" ;;
	nfp) in_software nfp 'nfp: cannot decrement the TTL' 'nfp: cannot decrement the TTL' ;;
	octeontx2) in_software octeontx2 'octeontx2: cannot rewrite headers' 'octeontx2: cannot rewrite headers' ;;
	full) in_hardware full generic ;;
	esac
}

PROFILES=(mlx5 ice bnxt sfc nfp octeontx2 full)
# One of them takes half a minute.
[ -n "${NFT_OFFLOAD_FULL:-}" ] || PROFILES=(mlx5 "${PROFILES[SRANDOM % 6 + 1]}")
for name in "${PROFILES[@]}"; do
	profile "$name"
done
