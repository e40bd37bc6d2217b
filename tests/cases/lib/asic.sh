# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# asic: three VFs, a wire and pkt.py at every netdev, for the tests of the
# virtual NIC's ASIC. To be sourced after testbed.sh.
#
#    vm0: vf0   vm1: vf1   vm2: vf2   out: wire
#         rep0       rep1       rep2        p0

DEBUG=/sys/kernel/debug/eswsim/eswsim0
SEEN=0

# setup: all of the above, without IPv6's own packets, clsact on the host's side.
setup() {
	local n
	# What TC matches in software is matched in hardware, too.
	PROFILE=${PROFILE:-deep} nic_up 3
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	for n in 0 1 2; do
		ip netns add "vm$n"
		ip link set "$(vf $n)" netns "vm$n" name eth0
		ip link set "$(rep $n)" up
	done
	ip netns add out
	ip link set "$(port wire)" netns out name eth0
	ip link set "$(port p0)" up
	for n in vm0 vm1 vm2 out; do
		ip netns exec "$n" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
		ip -n "$n" link set eth0 up mtu 9000
	done
	rep0=$(rep 0) rep1=$(rep 1) rep2=$(rep 2) p0=$(port p0)
	for n in "$rep0" "$rep1" "$rep2" "$p0"; do
		ip link set "$n" mtu 9000
		tc qdisc add dev "$n" clsact
	done
	[ -e $DEBUG ] || mount -t debugfs debugfs /sys/kernel/debug
	pkt_start vf0=eth0@vm0 vf1=eth0@vm1 vf2=eth0@vm2 \
		wire=eth0@out "rep0=$rep0" "rep1=$rep1" "rep2=$rep2" "p0=$p0"
	ask drain 0.5
}

# pkt_start NAME=DEVICE...: pkt.py with these devices, for ask.
pkt_start() {
	coproc PKT { "$(dirname "${BASH_SOURCE[0]}")/pkt.py" "$@"; }
	PKT_HELPER=$PKT_PID	# bash forgets that one when it ends
}

# ask COMMAND...: a command to pkt.py that must succeed.
ask() {
	echo "$*" >&"${PKT[1]}"
	read -r answer <&"${PKT[0]}"
	[[ $answer = ok* ]] || die "${CASE:-}: $*: $answer"
	SEEN=$((SEEN + 1))
}

# frames IN SPEC [OUT=SPEC...]: see try of pkt.py.
frames() { ask try "$@"; }

# rule DEV PRIO WORDS...: adds a filter.
rule() {
	local dev=$1 prio=$2
	shift 2
	tc filter add dev "$dev" ingress prio "$prio" "$@" || die "$CASE: not taken: $*"
}

# clear_rules [DEV...]: all filters of the ingress side.
clear_rules() {
	local dev
	for dev in "${@:-$rep0}"; do
		tc filter del dev "$dev" ingress
	done
}

# match PROTOCOL WORDS HIT MISS
match() {
	CASE="match $1 $2"
	rule "$rep0" 1 protocol $1 flower skip_sw $2 action mirred egress redirect dev "$rep1"
	frames vf0 "$3" "vf1=$3"
	frames vf0 "$4" "rep0=$4"
	clear_rules
	rule "$rep0" 1 protocol $1 flower skip_hw $2 action mirred egress redirect dev "$rep1"
	frames vf0 "$3" "rep0=$3" "vf1=$3"
	frames vf0 "$4" "rep0=$4"
	clear_rules
}

# act PROTOCOL WORDS ACTIONS IN [OUT=SPEC...]: ACTIONS may name @1, @2, @p for
# the representors 1, 2 and the uplink.
act() {
	local proto=$1 words=$2 actions=$3 in=$4
	shift 4
	CASE="act $actions"
	actions=${actions//@1/mirred egress redirect dev $rep1}
	actions=${actions//@2/mirred egress mirror dev $rep2}
	actions=${actions//@p/mirred egress redirect dev $p0}
	rule "$rep0" 1 protocol $proto flower skip_sw $words action $actions
	frames vf0 "$in" "$@"
	clear_rules
	rule "$rep0" 1 protocol $proto flower skip_hw $words action $actions
	frames vf0 "$in" "rep0=$in" "$@"
	clear_rules
}

# refused TEXT WORDS...: the rule must be refused, and the reason be told.
refused() {
	local text=$1 said
	shift
	if said=$(tc filter add dev "$rep0" ingress prio 1 "$@" 2>&1); then
		die "taken: $*"
	fi
	[[ $said = *"$text"* ]] || die "refused without '$text': $*: $said"
}

# cleanup: ends pkt.py and the namespaces; the VFs come back.
cleanup() {
	local n
	eval "exec ${PKT[1]}>&-"
	wait "$PKT_HELPER" || die "pkt.py ended with $?"
	for n in vm0 vm1 vm2 out; do
		ip netns del $n
	done
}
