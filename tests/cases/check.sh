#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# group: check
# timeout: 600
#
# nft-offload check: each thing that is wrong is named, with a cure; the cure is
# carried out as it is printed, and then the finding is gone. In the end a flow
# goes to hardware.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

# findings: all of them, one JSON object a line; STATUS is check's own.
findings() {
	STATUS=0
	nft-offload check --json > "$WORK/findings" || STATUS=$?
	# That the answer is whole.
	tail -n 1 "$WORK/findings" | jq -e '.type == "end"' > /dev/null || die "check broke off: $(cat "$WORK/findings")"
}

# found CHECK SUBJECT: this finding, "" if there is none that is not fine.
found() {
	jq -c "select(.type == \"finding\" and .check == \"$1\" and .verdict != \"ok\" and
		(.subject | test(\"$2\")))" "$WORK/findings" | head -n 1
}

# finds STATUS CHECK SUBJECT: now, and check exits with STATUS (1: at least so).
finds() {
	findings
	FOUND=$(found "$2" "$3")
	[ -n "$FOUND" ] || die "no finding $2 of $3: $(nft-offload check)"
	[ $STATUS -ge "$1" ] || die "exit status $STATUS with $FOUND"
	echo "ok: $(jq -r '.verdict + " " + .subject + ": " + .text' <<< "$FOUND")"
}

# gone CHECK SUBJECT: not any more.
gone() {
	findings
	[ -z "$(found "$1" "$2")" ] || die "still there: $(found "$1" "$2")"
}

# cure: what was printed with the last finding, as a command.
cure() {
	local text
	text=$(jq -r '.cure' <<< "$FOUND")
	echo "    $text"
	eval "$text"
}

# --- rights ---
status=0
setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
	nft-offload check > "$WORK/out" 2>&1 || status=$?
[ $status = 3 ] && grep -q CAP_NET_ADMIN "$WORK/out" || die "without rights: status $status, $(cat "$WORK/out")"

# --- the kernel's options, here from a file that lacks one ---
config=/boot/config-$(uname -r)
mkdir -p /boot
[ ! -e "$config" ] || mv "$config" "$config.real"
for option in NET_SWITCHDEV NET_CLS_FLOWER NET_SCH_INGRESS NET_ACT_{MIRRED,PEDIT,GACT,VLAN,TUNNEL_KEY} NF_FLOW_TABLE; do
	echo "CONFIG_$option=m"
done > "$config"
finds 1 kernel_options kernel
[[ "$FOUND" == *CONFIG_NET_ACT_CSUM* ]] || die "another option: $FOUND"
echo 'CONFIG_NET_ACT_CSUM=y' >> "$config"
gone kernel_options kernel
rm "$config"
[ ! -e "$config.real" ] || mv "$config.real" "$config"

# --- the NIC ---
finds 2 switchdev NICs
nic_up 2 legacy
finds 2 eswitch_mode eswsim/eswsim0
cure
until_true 10 rep 0 > /dev/null
gone eswitch_mode .
gone switchdev NICs
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
vm_up 0
vm_up 1
vm 0 ping -q -c 1 -W 5 10.0.1.2 > /dev/null

# --- module, order, provider ---
mkdir -p /run/modprobe.d
finds 1 no_flowtable ruleset
finds 2 'module' nft_offload
# The kernel's own flowtable first: as on a host that does not have our modprobe.d.
modprobe --ignore-install nf_flow_table
insmod "$(modinfo -n nf_flow_table_inet)"
finds 2 module_order nft_offload
rmmod nf_flow_table_inet
finds 2 'module' nft_offload
modprobe nft_offload
finds 2 provider nft_offload
daemon_start
gone provider nft_offload

# --- flowtables ---
nft add table inet t
nft add flowtable inet t f "{ hook ingress priority filter; devices = { $(rep 0), $(rep 1) }; }"
finds 1 flags_offload 'flowtable inet t f'
nft delete flowtable inet t f
nft add flowtable inet t f "{ hook ingress priority filter; devices = { lo }; flags offload; }"
finds 2 no_port 'flowtable inet t f'
finds 1 not_switchdev 'flowtable inet t f'
nft flush ruleset
sed "s/{ eth0, eth1 }/{ $(rep 0), $(rep 1) }/; /flow add/d" "${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft" | nft -f -
finds 2 flow_add flowtable
nft flush ruleset
ruleset
findings
[ $STATUS = 0 ] || die "all is right, and check says $STATUS: $(nft-offload check)"
nft-offload check

# --- ports ---
nft flush ruleset
ethtool -K "$(rep 0)" hw-tc-offload off
ruleset
finds 2 hw_tc_offload "$(rep 0)"
cure
gone hw_tc_offload .
ip link set "$(rep 1)" down
finds 1 down "$(rep 1)"
cure
gone down .
ip addr replace fd00:1::1/64 dev "$(rep 1)" nodad
sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
finds 2 forwarding kernel
cure > /dev/null
gone forwarding kernel

# --- what is in the way ---
tc qdisc add dev "$(rep 1)" root tbf rate 1mbit burst 10k latency 50ms
finds 1 qdisc "$(rep 1)"
tc qdisc del dev "$(rep 1)" root
gone qdisc .
tc qdisc add dev "$(rep 0)" clsact 2> /dev/null || :
tc filter add dev "$(rep 0)" ingress pref 3 protocol ip flower skip_hw dst_ip 192.0.2.1 action drop
finds 1 foreign_rules "$(rep 0)"
tc filter del dev "$(rep 0)" ingress pref 3
gone foreign_rules .
# A chain with hardware rules of its own: while no provider has the port.
daemon_stop
until_true 30 tc qdisc del dev "$(rep 0)" clsact
nft -f - <<-NFT
table netdev static {
	chain in {
		type filter hook ingress device "$(rep 0)" priority 1
		flags offload
		ip daddr 192.0.2.9 udp dport 9 drop
	}
}
NFT
finds 1 static_rules "$(rep 0)"
cure
gone static_rules .
nft delete table netdev static
daemon_start
ip link add bond9 type bond mode active-backup
ip link set bond9 up
nft -f - <<-'NFT'
table inet bonds {
	flowtable f {
		hook ingress priority filter; devices = { bond9 }; flags offload;
	}
}
NFT
finds 1 bond bond9
[[ "$FOUND" == *"no member"* ]] || die "another thing: $FOUND"
ip link add veth9 type veth peer name veth8
ip link set veth9 master bond9
finds 1 bond bond9
[[ "$FOUND" == *"veth9 is no port of a switch"* ]] || die "another thing: $FOUND"
nft delete table inet bonds
gone bond .
ip link del veth9
ip link del bond9
nft -f - <<-'NFT'
table inet helpers {
	ct helper ftp { type "ftp" protocol tcp; }
}
NFT
finds 1 helper ruleset
nft delete table inet helpers
gone helper .
modprobe xfrm_user
ip xfrm policy add src 198.51.100.1 dst 198.51.100.2 dir out tmpl proto esp mode transport
finds 1 xfrm IPsec
ip xfrm policy flush
gone xfrm .
old=$(sysctl -n net.netfilter.nf_flowtable_udp_timeout)
sysctl -qw net.netfilter.nf_flowtable_udp_timeout=1
finds 1 timeout nf_flowtable_udp_timeout
cure > /dev/null
gone timeout .
sysctl -qw net.netfilter.nf_flowtable_udp_timeout="$old"

# --- in the end ---
findings
[ $STATUS = 0 ] || die "everything is cured, and check says $STATUS: $(nft-offload check)"
ip netns exec vm1 udpflow recv 5001 --for 500 > "$WORK/recv" &
receiver=$!
vm 0 udpflow send 10.0.1.2 5001 200 --pps 100 --warmup 3 > /dev/null &
sender=$!
until_true 30 sh -c 'nft-offload flows --json --in-hw | grep -q in_hw' || die "not in hardware: $(nft-offload flows)"
# Rules that nobody looks after any more: the daemon and its guard are killed.
wait $sender $receiver
pkill -KILL nft-offloadd
wait "$DAEMON" 2> /dev/null || :
DAEMON=
# The module sends the flows back to software after its grace.
until_true 60 sh -c 'nft-offload check --json | grep -q \"provider\".*nobody' || die "$(nft-offload check)"
if [ "$(rules "$(rep 0)")" != 0 ]; then
	finds 1 orphans "$(rep 0)"
	cure
	gone orphans .
fi
bed_down
