# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# testbed: the virtual NIC, two VMs and the router between them, for the guest
# tests and the demonstration. To be sourced.
#
#    netns vm0                       the guest = hypervisor and router                   netns vm1
#   +------------+                +-----------------------------------+                +------------+
#   | VF 0       |    eswsim0     | representor          representor  |    eswsim0     | VF 1       |
#   | 10.0.0.2   |~~~~~~~~~~~~~~~~| pf0vf0, 10.0.0.1  pf0vf1, 10.0.1.1|~~~~~~~~~~~~~~~~| 10.0.1.2   |
#   | fd00:0::2  |                | fd00:0::1             fd00:1::1   |                | fd00:1::2  |
#   +------------+                +-----------------------------------+                +------------+
#
# VF N: namespace vmN, addresses 10.0.N.2/24 and fd00:N::2/64; representor:
# 10.0.N.1 and fd00:N::1. Ports are found by phys_port_name, never by name.

NIC=/sys/bus/eswsim/devices/eswsim0
TOOLS=${NFT_OFFLOAD_TOOLS:-/usr/lib/nft-offload/tests}
WORK=${WORK:-$(mktemp -d)}
PATH=$TOOLS:$PATH
# How many times slower checks of locks, and of memory, make the guest.
SLOW=1
[ ! -e /proc/lockdep ] || SLOW=2
[ ! -e /sys/kernel/debug/kmemleak ] || SLOW=12

# die TEXT...: ends the test with one line.
die() {
	echo "FAILED: $*" >&2
	exit 1
}

# COMMAND | sees [OPTION...] PATTERN: like grep -q, but reads to the end: one who
# writes on is ended by SIGPIPE, and that is a failure to pipefail.
sees() { [ "$(grep -c "$@")" -gt 0 ]; }

# until_true SECONDS COMMAND...: waits until COMMAND succeeds; fails after
# SECONDS, or as many times more as the guest is slower, and says so. The limits are
# generous: nothing here measures time.
until_true() {
	local limit=$(($1 * SLOW)) end=$((SECONDS + $1 * SLOW))
	shift
	until "$@"; do
		if [ $SECONDS -ge $end ]; then
			echo "not after $limit s: $*" >&2
			return 1
		fi
		sleep 0.1
	done
}

# now_ms: milliseconds of the guest's clock.
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# nic_up [VFS] [MODE]: the module, one NIC (of profile $PROFILE), its VFs,
# switchdev mode.
nic_up() {
	modprobe eswsim
	echo "0 ${1:-2} ${PROFILE:-full}" > /sys/bus/eswsim/new_device
	devlink dev eswitch set eswsim/eswsim0 mode "${2:-switchdev}"
	echo "${1:-2}" > $NIC/sriov_numvfs
}

# nic_holds RULES: so many and no more; the NIC is in legacy mode, and goes to
# switchdev.
nic_holds() {
	devlink resource set eswsim/eswsim0 path rules size "$1"
	devlink dev reload eswsim/eswsim0 > "$WORK/reload"
	devlink dev eswitch set eswsim/eswsim0 mode switchdev
}

# port NAME: the netdev with this phys_port_name (p0, wire, pf0vfN).
port() {
	local f name
	for f in /sys/class/net/*/phys_port_name; do
		if { read -r name < "$f"; } 2>/dev/null && [ "$name" = "$1" ]; then
			f=${f%/phys_port_name}
			echo "${f##*/}"
			return 0
		fi
	done
	return 1
}

# rep N, vf N: the representor of VF N; the netdev of VF N (while it is here).
rep() { port "pf0vf$1"; }
vf() { basename "$NIC/virtfn$1/net/"*; }

# vm_netns N: namespace vmN with VF N in it as eth0, without addresses.
vm_netns() {
	local n=$1 dev
	dev=$(vf "$n")
	ip netns add "vm$n"
	ip link set "$dev" netns "vm$n" name eth0
	ip -n "vm$n" link set lo up
	ip netns exec "vm$n" sysctl -qw net.ipv6.conf.eth0.accept_dad=0
	ip -n "vm$n" link set eth0 up
}

# vm_up N: namespace vmN with VF N in it, and the router's side.
vm_up() {
	local n=$1 dev
	vm_netns "$n"
	ip -n "vm$n" addr add "10.0.$n.2/24" dev eth0
	ip -n "vm$n" addr add "fd00:$n::2/64" dev eth0 nodad
	ip -n "vm$n" route add default via "10.0.$n.1"
	ip -n "vm$n" route add default via "fd00:$n::1"
	dev=$(rep "$n")
	ip link set "$dev" up
	ip addr add "10.0.$n.1/24" dev "$dev"
	ip addr add "fd00:$n::1/64" dev "$dev" nodad
}

# bed_up [VFS [RULES]]: NIC, which holds so many rules, VMs, routing.
bed_up() {
	local n vfs=${1:-2} rules=${2:-}
	if [ -z "$rules" ]; then
		nic_up "$vfs"
	else
		nic_up "$vfs" legacy
		nic_holds "$rules"
	fi
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	for ((n = 0; n < vfs; n++)); do
		vm_up $n
	done
	# A route by a device that has no carrier yet is unreachable for a moment.
	until_true 30 answers 10.0.1.2 || die "vm0 does not reach vm1: $(cat "$WORK/ping")"
	until_true 30 answers fd00:1::2 || die "vm0 does not reach vm1 by IPv6: $(cat "$WORK/ping")"
}

# answers ADDRESS: to VM 0?
answers() { vm 0 ping -q -c 1 -W 5 "$1" > "$WORK/ping"; }

# echo_replies VM: answers to pings that got to the VM, whoever still waits for them.
echo_replies() {
	vm "$1" awk '$1 != "Icmp:" { next }
		!at { while ($(++at) != "InEchoReps"); next }
		{ print $at }' /proc/net/snmp
}

# answered VM N: so many of them by now?
answered() { [ "$(echo_replies "$1")" -ge "$2" ]; }

# pinged VM N [OPTION...] ADDRESS: N echo requests from the VM, every one answered.
# By the VM's own count: ping gives up two round trips after its last request, and
# a slow guest is late then, no packet lost. In the background: reap by wait.
pinged() {
	local vm=$1 n=$2 want
	want=$(($(echo_replies "$vm") + n))
	shift 2
	vm "$vm" ping -q -c "$n" "$@" > "$WORK/ping" || true
	grep -q "^$n packets transmitted" "$WORK/ping" && until_true 20 answered "$vm" "$want"
}

# vm_kill NAMESPACE: who runs in it. One that ends by itself meanwhile is no failure.
vm_kill() { ip netns pids "$1" | xargs -r kill -9 2> /dev/null || :; }

# bed_down: everything of bed_up goes; fails if a module does not.
bed_down() {
	daemon_stop
	nft flush ruleset
	local ns
	for ns in $(ip netns list | awk '{print $1}'); do
		vm_kill "$ns"
		ip netns del "$ns"
	done
	! [ -d /sys/module/nft_offload ] || until_true 10 rmmod nft_offload
	rmmod eswsim
}

# vm N COMMAND...: runs COMMAND in VM N. Not for what is to be reaped: in the
# background $! would be a shell, and COMMAND live on. `ip netns exec` then.
vm() {
	local n=$1
	shift
	ip netns exec "vm$n" "$@"
}

# ruleset [EXTRA-FLOWTABLE-WORDS]: the ruleset of docs/examples/router.nft for
# the representors at hand.
ruleset() {
	local src=${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft
	sed "s/{ eth0, eth1 }/{ $(rep 0), $(rep 1) }/" "$src" > "$WORK/router.nft"
	nft -f "$WORK/router.nft"
}

# daemon_start [OPTION...]: nft-offloadd in the background, until it answers.
daemon_start() {
	modprobe nft_offload
	nft-offloadd "$@" > "$WORK/daemon.log" 2>&1 &
	DAEMON=$!
	until_true 10 nft-offload stats > "$WORK/stats" 2>&1 ||
		die "the daemon does not answer: $(cat "$WORK/daemon.log" "$WORK/stats")"
}

# reap SIGNAL PID...: ends children of the test and waits for them; how they
# end does not matter.
reap() {
	local signal=$1
	shift
	if kill "-$signal" "$@" 2>/dev/null; then :; fi
	if wait "$@" 2>/dev/null; then :; fi
}

# daemon_stop [SIGNAL]: ends it and waits for it.
daemon_stop() {
	[ -n "${DAEMON:-}" ] || return 0
	reap "${1:-TERM}" "$DAEMON"
	DAEMON=
}

# hw PORT COUNTER: a counter of ethtool -S, 0 if there is none.
hw() {
	ethtool -S "$1" | awk -v c="$2:" '$1 == c { n = $2 } END { print n + 0 }'
}

# sent WHO DEV WORDS...: packets that "software" or "hardware" counted at the
# first action of DEV's first rule, of those that WORDS choose.
sent() {
	local who=$1 dev=$2
	shift 2
	tc -s filter show dev "$dev" ingress "$@" > "$WORK/sent"
	awk -v who="$who" '$1 == "Sent" && $2 == who { n = $5; exit } END { print n + 0 }' "$WORK/sent"
}

# rules [DEV...]: how many TC rules of ours (prio of a flow, in_hw) there are.
rules() {
	local dev n=0
	for dev in "${@:-$(rep 0)}"; do
		n=$((n + $(tc -s filter show dev "$dev" ingress | grep -c '^ *in_hw')))
	done
	echo "$n"
}

# ct STATE-PATTERN: does a conntrack entry show it?
ct() {
	conntrack -L > "$WORK/conntrack" 2>/dev/null
	conntrack -L -f ipv6 >> "$WORK/conntrack" 2>/dev/null
	grep -q -- "$1" "$WORK/conntrack"
}
