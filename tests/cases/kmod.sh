#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan 6.1 7.2
# group: kmod
# timeout: 600
#
# nft_offload.ko by itself, with a provider that has no NIC (provider_probe):
#
#    netns a                  the guest = router                  netns b
#   +-----------+          +-----------------------+          +-----------+
#   | eth0      |   veth   | ra                 rb |   veth   | eth0      |
#   | 10.0.0.2  |~~~~~~~~~~| 10.0.0.1     10.0.1.1 |~~~~~~~~~~| 10.0.1.2  |
#   | fd00::2   |          | fd00::1       fd01::1 |          | fd01::2   |
#   +-----------+          +-----------------------+          +-----------+
#
# Each part starts from a fresh module and ends without it.
set -Eeuo pipefail
. "$(dirname "$0")/lib/testbed.sh"
LIB=$(realpath "$(dirname "$0")/lib")
trap 'echo "FAILED: line $LINENO: $BASH_COMMAND" >&2' ERR

# --- the bed ---

# end SIGNAL PID: ends a child of the test and waits for it.
end() {
	kill "-$1" "$2" 2> /dev/null || :
	wait "$2" 2> /dev/null || :
}

# side NAME NUMBER: namespace NAME behind r$NAME.
side() {
	ip netns add "$1"
	ip link add "r$1" type veth peer name eth0 netns "$1"
	ip addr add "10.0.$2.1/24" dev "r$1"
	ip addr add "fd0$2::1/64" dev "r$1" nodad
	ip link set "r$1" up
	ip -n "$1" link set lo up
	ip -n "$1" link set eth0 up
	ip -n "$1" addr add "10.0.$2.2/24" dev eth0
	ip -n "$1" addr add "fd0$2::2/64" dev eth0 nodad
	ip -n "$1" route add default via "10.0.$2.1"
	ip -n "$1" route add default via "fd0$2::1"
}

routed() {
	modprobe -a nf_conntrack nft_offload
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	sysctl -qw net.netfilter.nf_conntrack_acct=1
	side a 0
	side b 1
	ip netns exec b python3 "$LIB/udpmany.py" echo 5000 &
	ECHO=$!
	until_true 30 grep -q :1388 "/proc/$ECHO/net/udp6" || die "no echo in b"
}

unrouted() {
	nft flush ruleset
	end KILL "$ECHO"
	conntrack -F 2>/dev/null
	ip netns del a
	ip netns del b
	until_true 30 eval '! ip link show ra > /dev/null 2>&1' || die "ra is left"
	until_true 30 eval '! ip link show rb > /dev/null 2>&1' || die "rb is left"
}

# load [DEVICES]: the ruleset, anew.
load() {
	nft -f - <<-RULES
		table inet x
		delete table inet x
		table inet x {
			flowtable f {
				hook ingress priority ${PRIORITY:--5}
				devices = { ${1:-ra, rb} }
				flags offload
				counter
			}
			chain forward {
				type filter hook forward priority 0
				meta l4proto { tcp, udp } flow add @f
			}
		}
	RULES
}

# talk [FROM [COUNT [ROUNDS [SECONDS]]]]: UDP flows from a to b and back.
talk() {
	ip netns exec a python3 "$LIB/udpmany.py" send "${TO:-10.0.1.2}" 5000 \
		"${1:-6000}" "${2:-1}" "${3:-4}" "${4:-0.1}" > /dev/null
}

# --- the provider ---

# probe OPTION...: binds; its lines go to $WORK/probe, say gives it commands.
probe() {
	rm -f "$WORK/say"
	mkfifo "$WORK/say"
	exec 3<> "$WORK/say"
	# shellcheck disable=SC2094
	provider_probe bind "$@" < "$WORK/say" > "$WORK/probe" 2>&1 3>&- &
	PROBE=$!
	until_true 30 said '^bound' || die "the probe does not bind: $(cat "$WORK/probe")"
}

# unprobe [SIGNAL]: it goes, by default as a crash would have it.
unprobe() {
	end "${1:-KILL}" "$PROBE"
	exec 3>&-
}

# say WORD...: a command to the probe, until it has said ok; answer WORD...
# until it has said that it is an error.
say() {
	local before
	before=$(grep -c "^ok $1" "$WORK/probe" || true)
	echo "$*" >&3
	until_true 120 eval "[ \$(grep -c '^ok $1' $WORK/probe || true) -gt $before ]" ||
		die "'$*': $(tail -n 3 "$WORK/probe")"
}

said() { grep -q -- "$1" "$WORK/probe"; }
count() { grep -c -- "$1" "$WORK/probe" || true; }
state() { provider_probe get > "$WORK/get" && grep -qE -- "$1" "$WORK/get"; }
dumped() { provider_probe dump > "$WORK/dump" && grep -qE -- "$1" "$WORK/dump"; }
# wait_for COMMAND...: as until_true, but the test fails with what there is.
wait_for() {
	until_true 20 "$@" ||
		die "$*: $(tail -n 5 "$WORK/probe"; provider_probe get; provider_probe dump; conntrack -L 2>&1)"
}

gone() { state ' known=0 in_hw=0'; }
unload() { until_true 10 rmmod nft_offload 2> /dev/null || die "rmmod: $(rmmod nft_offload 2>&1)"; }

# --- the parts ---

# Whichever way it is asked for, ours is loaded first; if it comes too late it
# says so and stays away.
part_order() {
	! [ -d /sys/module/nft_offload ] && ! [ -d /sys/module/nf_flow_table_inet ] ||
		die "a module is there already: nothing would be shown"
	nft -f - <<< 'table inet o { flowtable f { hook ingress priority 0; devices = { lo }; flags offload; }; }'
	nft flush ruleset
	[ -d /sys/module/nft_offload ] || die "the ruleset has not loaded nft_offload"
	rmmod nf_flow_table_inet
	unload
	insmod "$(modinfo -n nf_flow_table_inet)"
	! modprobe nft_offload 2> "$WORK/modprobe" || die "loaded after nf_flow_table_inet"
	dmesg | sees "nft_offload: nf_flow_table_inet is already there" || die "no word about the order"
	nft -f - <<< 'table inet o { flowtable f { hook ingress priority 0; devices = { lo }; }; }'
	nft flush ruleset
	until_true 10 rmmod nf_flow_table_inet || die "nf_flow_table_inet stays"
	modprobe nft_offload
	unload
}

# Any device is taken, in each family; devices come and go in transactions;
# the module stays while there is a flowtable.
part_devices() {
	local family
	modprobe nft_offload
	ip link add d0 type dummy
	ip link add br0 type bridge
	ip link add v0 type veth peer name v1
	ip link add link v0 name v0.7 type vlan id 7
	for family in ip ip6 inet; do
		nft -f - <<< "table $family t { flowtable f { hook ingress priority 0; devices = { lo, d0, br0, v0, v1, v0.7 }; flags offload; }; }"
		nft delete table $family t
		nft -f - <<< "table $family t { flowtable f { hook ingress priority 0; devices = { lo, d0 }; }; }"
		nft delete table $family t
	done
	nft add table inet t
	nft 'add flowtable inet t f { hook ingress priority 0; devices = { d0, v0 }; flags offload; }'
	! rmmod nft_offload 2> /dev/null || die "rmmod with a flowtable"
	nft 'add flowtable inet t f { devices = { v1 }; flags offload; }'
	nft 'delete flowtable inet t f { devices = { v0 }; }'
	nft -f - <<-RULES
		delete flowtable inet t f { devices = { v1 }; }
		add flowtable inet t f { devices = { v1, br0 }; flags offload; }
	RULES
	nft -f - <<-RULES
		delete table inet t
		add table inet t
		add flowtable inet t f { hook ingress priority 0; devices = { d0, v0 }; flags offload; }
		delete table inet t
		add table inet t
		add flowtable inet t g { hook ingress priority 0; devices = { d0, v0, v0.7 }; flags offload; }
	RULES
	! nft 'add flowtable inet t h { hook ingress priority 0; devices = { br0, d0 }; flags offload; }' 2> /dev/null ||
		die "one device in two flowtables"
	ip link del v0
	ip link del d0
	nft delete table inet t
	ip link del br0
	unload
}

# Only the admin of the namespace, one provider, only the provider.
part_rights() {
	local nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	modprobe nft_offload
	! "${nobody[@]}" "$(command -v provider_probe)" get 2> "$WORK/err" || die "get without rights"
	grep -q 'not permitted' "$WORK/err" || die "$(cat "$WORK/err")"
	! "${nobody[@]}" "$(command -v provider_probe)" bind 2> "$WORK/err" < /dev/null || die "bind without rights"
	! "${nobody[@]}" "$(command -v provider_probe)" observe 2> "$WORK/err" || die "observe without rights"
	probe
	! provider_probe bind 2> "$WORK/err" < /dev/null || die "two providers"
	grep -q 'busy: another provider is bound' "$WORK/err" || die "$(cat "$WORK/err")"
	# Another namespace has a provider of its own, and its own admin.
	unshare -Urn "$(command -v provider_probe)" bind < /dev/null > "$WORK/other"
	grep -q bound "$WORK/other"
	say unbind
	echo unbind >&3
	wait_for said 'error unbind: Operation not permitted: this socket is not the provider'
	echo 'count 1 1 1' >&3
	say bind
	unprobe
	unload
}

# Both directions are told, once, with what is to be placed.
part_flows() {
	local a b
	routed
	a=$(cat /sys/class/net/ra/ifindex) b=$(cat /sys/class/net/rb/ifindex)
	modprobe nft_offload
	provider_probe observe > "$WORK/observed" &
	local observer=$!
	probe --answer in_hw
	load
	talk 6000 1 30 0.1
	[ "$(count '^new .* state=0')" = 2 ] || die "not one message per direction: $(cat "$WORK/probe")"
	# There is no NIC: packets that hardware is said to carry pass here.
	[ "$(count '^new .* gen=1 state=1')" -ge 1 ] || die "not told that packets are missed: $(cat "$WORK/probe")"
	said "gen=1 state=0 .* table=x flowtable=f priority=-5 mtu=1500 match: iif=$a eth_type=0800 proto=17 src=10.0.0.2 dst=10.0.1.2 sport=6000 dport=5000 actions: .* redirect=$b packets=0 bytes=0" ||
		die "original direction: $(cat "$WORK/probe")"
	said "match: iif=$b .* src=10.0.1.2 dst=10.0.0.2 sport=5000 dport=6000 actions: .* redirect=$a packets=0" ||
		die "reply direction: $(cat "$WORK/probe")"
	said " ct=$(conntrack -L -o id 2> /dev/null | sed -n 's/.* id=//p') " || die "wrong conntrack id"
	wait_for ct HW_OFFLOAD
	state ' known=2 in_hw=2' || die "$(cat "$WORK/get")"
	TO=fd01::2 talk 6001
	wait_for said 'eth_type=86dd proto=17 src=fd00::2 dst=fd01::2 sport=6001'
	grep -q '^bind portid' "$WORK/observed" || die "the observer has not seen the bind"
	[ "$(grep -c '^new .* state=0' "$WORK/observed")" = 4 ] || die "$(cat "$WORK/observed")"
	grep -q '^result id=.* state=1' "$WORK/observed" || die "$(cat "$WORK/observed")"
	# NAT: rewrites of addresses and ports, checksums.
	nft -f - <<< 'table ip n { chain c { type nat hook postrouting priority 100; oifname rb meta l4proto udp masquerade to :7000-8000; }; }'
	talk 6002
	wait_for said "sport=6002 dport=5000 actions: .* mangle=2+12:0a000101/00000000 mangle=5+0:.* csum=.* redirect=$b"
	wait_for said "dport=7[0-9]* actions: .* mangle=2+16:0a000002/00000000 mangle=5+0:.* redirect=$a"
	# From a device that is not the flowtable's: stays in software (kernel
	# 7.2 does not take such a connection into the flowtable at all).
	load ra
	wait_for gone
	talk 6003
	if ct OFFLOAD; then
		# The provider hears of it too: it is whom people ask why.
		wait_for said "reason=11 text=the input device is not one of the flowtable's .* sport=5000 dport="
		wait_for dumped "reason=11 text=the input device is not one of the flowtable's .* sport=5000 dport="
		! grep -q 'sport=5000 .* actions' "$WORK/dump" || die "actions of a flow that cannot be placed"
	fi
	end TERM $observer
	unprobe
	unrouted
	unload
}

# What the provider says shows in conntrack, and how long a flow lives.
part_answers() {
	routed
	modprobe nft_offload
	probe --answer refused
	load
	talk
	wait_for dumped 'state=2 reason=16 text=the probe refuses'
	ct '\[OFFLOAD\]' || die "not in the flowtable: $(conntrack -L 2>&1)"
	say answer in_hw
	wait_for ct HW_OFFLOAD
	say answer refused
	wait_for ct '\[OFFLOAD\]'
	say answer in_hw
	wait_for ct HW_OFFLOAD
	# Hardware alone keeps it for longer than the timeout, which the next
	# packets in software set.
	sysctl -qw net.netfilter.nf_flowtable_udp_timeout=15
	talk
	local i
	for i in {1..12}; do
		say count $((i * 1000)) $((i * 6000000000)) 100
		sleep 2
		ct HW_OFFLOAD || die "a busy flow has gone after $i times 2 s: $(conntrack -L 2>&1)"
	done
	# Both directions were told the same totals; a few packets are software's.
	wait_for eval 'conntrack -L 2>/dev/null | sees -E "packets=120[0-9]{2} bytes=720000[0-9]{5} .*packets=120[0-9]{2} bytes=720000[0-9]{5} "'
	# Totals do not go back, an unknown flow is answered.
	say count 1 1 0
	state ' stale=2 ' || die "$(cat "$WORK/get")"
	# However large they are, they are taken in one go.
	say count 20000 9000000000000000000 100
	wait_for eval 'conntrack -L 2>/dev/null | sees -E "bytes=90000000000000[0-9]{5} .*bytes=90000000000000[0-9]{5} "'
	say unknown 12345678
	wait_for said '^del id=12345678'
	# Idle: gone after the timeout.
	wait_for gone
	[ "$(count '^del')" = 3 ] || die "$(cat "$WORK/probe")"
	sysctl -qw net.netfilter.nf_flowtable_udp_timeout=30
	unprobe
	unrouted
	unload
}

# Whatever takes a flowtable or a device away takes the flows away at once.
part_drop() {
	routed
	modprobe nft_offload
	probe --answer in_hw
	# nft 1.0.6 can take a device away only where the priority is 0.
	PRIORITY=0 load
	talk 6000 10
	wait_for state ' in_hw=20'
	nft 'delete flowtable inet x f { devices = { rb }; }'
	wait_for gone
	[ "$(count '^del')" = 20 ] || die "$(cat "$WORK/probe")"
	! ct HW_OFFLOAD || die "[HW_OFFLOAD] is left: $(conntrack -L 2>&1)"
	conntrack -F 2> /dev/null
	load
	talk 6010 10
	wait_for state ' in_hw=20'
	nft delete table inet x
	gone || die "flows after the table's end: $(cat "$WORK/get")"
	! ct HW_OFFLOAD || die "[HW_OFFLOAD] is left: $(conntrack -L 2>&1)"
	conntrack -F 2> /dev/null
	load
	talk 6020 10
	wait_for state ' in_hw=20'
	# Another rule in place of the one that adds flows changes nothing.
	nft -f - <<-RULES
		flush chain inet x forward
		add rule inet x forward ip protocol udp flow add @f
	RULES
	sleep 3
	state ' in_hw=20' || die "gone with a rule in place: $(cat "$WORK/get")"
	nft delete chain inet x forward
	wait_for gone
	conntrack -F 2> /dev/null
	load
	talk 6020 10
	wait_for state ' in_hw=20'
	conntrack -D -p udp --orig-port-src 6020 > /dev/null 2>&1
	wait_for state ' in_hw=18'
	ip link del rb
	wait_for gone
	unprobe
	unrouted
	unload
}

# A namespace of its own, with all in it, ends under its flows.
part_netns() {
	modprobe nft_offload
	ip netns add r
	ip netns exec r "$0" inside_netns
	ip netns del r
	unload
}
part_inside_netns() {
	routed
	load
	probe --answer in_hw --grace 600000
	talk 6000 50
	wait_for state ' in_hw=100'
	unprobe
	end KILL "$ECHO"
	ip netns del a
	ip netns del b
}

# The provider dies: its flows stand for the grace period.
part_grace() {
	routed
	modprobe nft_offload
	load
	talk 6000
	wait_for dumped 'state=2 reason=1 '
	probe --answer none --grace 3000
	wait_for dumped 'state=0 ct'
	say dump
	say answer in_hw
	say count 7 700 0
	wait_for ct HW_OFFLOAD
	unprobe
	state 'get grace_ms=[0-9]+ known=2 in_hw=2' || die "$(cat "$WORK/get")"
	probe --answer none --grace 1000
	say dump
	said 'new dumped .* gen=1 state=1 .* packets=7 bytes=700' || die "$(cat "$WORK/probe")"
	sleep 3
	ct HW_OFFLOAD || die "taken over, and yet given up"
	dmesg -C
	unprobe
	wait_for dumped 'state=2 reason=2 '
	wait_for ct '\[OFFLOAD\]'
	[ "$(dmesg | grep -c 'no provider has come back within 1000 ms: 2 flows')" = 1 ] || die "$(dmesg)"
	probe --answer in_hw --grace 0
	say dump
	wait_for ct HW_OFFLOAD
	unprobe TERM
	wait_for ct '\[OFFLOAD\]'
	probe --answer in_hw
	say dump
	wait_for ct HW_OFFLOAD
	say flush
	ct '\[OFFLOAD\]' || die "flush: $(conntrack -L 2>&1)"
	dumped 'state=2 reason=1 ' || die "$(cat "$WORK/dump")"
	unprobe
	unrouted
	unload
}

# A provider that does not read: it is told so when it does, what it has
# missed comes by dump or by itself, and nobody waits for it.
part_overrun() {
	routed
	modprobe nft_offload
	probe --answer in_hw --rcvbuf 32768
	load
	say stop
	talk 6000 100
	state 'known=200 in_hw=0 stale=0 lost=[1-9]' || die "$(cat "$WORK/get")"
	say start
	wait_for said '^overrun'
	say dump
	wait_for state 'known=200 in_hw=200'
	# Ends that were lost are told when the flow is spoken of.
	say stop
	nft delete table inet x
	gone
	say start
	# shellcheck disable=SC2016
	wait_for eval '[ $(count "^overrun") = 2 ]'
	# shellcheck disable=SC2016
	until_true 30 eval 'say count 1 1 1; [ $(grep -o "^del id=[0-9]*" "$WORK/probe" | sort -u | wc -l) = 200 ]' ||
		die "ends are missing: $(grep -c ^del "$WORK/probe")"
	unprobe
	unrouted
	unload
}

# Broken messages, from anybody and from the provider, beside real flows.
part_fuzz() {
	local messages=3000
	[ -z "${NFT_OFFLOAD_FULL:-}" ] || messages=10000
	routed
	modprobe nft_offload
	load
	talk 6000 10
	provider_probe fuzz 1 $messages
	probe --answer none
	say fuzz 2 $messages
	grep ^fuzz: "$WORK/probe"
	unprobe
	probe --answer in_hw
	say dump
	wait_for state ' in_hw=20'
	unprobe
	unrouted
	unload
}

# The module goes although a provider is bound and flows were there.
part_unload() {
	routed
	modprobe nft_offload
	load
	probe --answer in_hw
	talk 6000 100
	wait_for state 'in_hw=200'
	! rmmod nft_offload 2> /dev/null || die "rmmod with a flowtable and flows"
	nft flush ruleset
	unload
	unprobe
	probe 2> /dev/null --answer in_hw
	unprobe
	unload
	unrouted
}

PARTS=${*:-order devices rights flows answers drop netns grace overrun fuzz unload}
for part in $PARTS; do
	SECONDS=0
	"part_$part"
	echo "$part: ok, $SECONDS s"
done
