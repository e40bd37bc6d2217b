#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev 6.1 7.2
# quick: yes
# group: tc
# timeout: 600
#
# Rules as TC bytes against the real cls_flower: every field and action is
# taken, comes back equal, is replaced and deleted; `tc` reads some of them as
# they are meant; packets are changed as they say. In software, no NIC.
set -euo pipefail

die() {
	echo "tc-flower: $*" >&2
	exit 1
}
PROBE=${PROBE:-tc_flower_probe}
command -v "$PROBE" > /dev/null || PROBE=/usr/lib/nft-offload/tests/tc_flower_probe
command -v "$PROBE" > /dev/null || die "no tc_flower_probe: configure with --enable-test-tools"

# No router solicitations between the frames.
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add in0 type veth peer name in0-far
ip link add out0 type veth peer name out0-far
for dev in in0 in0-far out0 out0-far; do
	ip link set $dev mtu 2000 up
done
tc qdisc add dev in0 clsact
# A rule of the corpus refers to it: 0x20000001. TC wants a shared action to
# skip what the rule skips.
tc actions add action police rate 1mbit burst 10k conform-exceed drop/pipe index 536870913 skip_hw

"$PROBE" all in0 out0 || die "a rule did not come back as it was put"
[ -z "$(tc filter show dev in0 ingress)" ] || die "rules are left: $(tc filter show dev in0 ingress)"

case $(uname -r) in
6.1.*) known="enc_flags=0 enc_df=0" ;;
*) known="enc_flags=1 enc_df=1" ;;
esac
said=$("$PROBE" kernel in0)
[ "$said" = "$known" ] || die "what the kernel does is $known, not $said"
[ -z "$(tc filter show dev in0 ingress)" ] || die "the question is left: $(tc filter show dev in0 ingress)"

# tc's view of the rule NAME, as JSON without counters and times.
view() {
	"$PROBE" put "$1" in0 out0
	tc -j filter show dev in0 ingress prio 9
	tc filter del dev in0 ingress prio 9
}
# NAME, a jq expression that must be true of its options.
expect() {
	local json
	json=$(view "$1")
	jq -e "[.[] | select(.options.handle)][0].options | $2" <<< "$json" > /dev/null ||
		die "$1: not as tc sees it ($2): $json"
}
if command -v jq > /dev/null; then
	expect tcp '.keys.eth_type == "ipv4" and .keys.ip_proto == "tcp" and .keys.src_ip == "10.0.1.2" and .keys.dst_ip == "192.168.3.0/24" and .keys.src_port == 4660'
	expect qinq '.keys.vlan_id == 1110 and .keys.vlan_prio == 3 and .keys.cvlan_id == 1929'
	expect ipv4 '.keys.ip_flags.frag == false'
	expect conntrack '.keys.ct_state == "+trk+est+rpl-new-inv" or (.keys.ct_state | test("est"))'
	expect route_ipv4 '.actions[0].kind == "pedit" and .actions[0].nkeys == 4 and .actions[1].kind == "csum" and .actions[2].mirred_action == "redirect" and .actions[2].to_dev == "out0"'
	expect route_ipv4 '.actions[0].keys[3] | .htype == "ipv4" and .cmd == "add" and .offset == 8 and .val == "ff000000" and .mask == "ffffff"'
	expect vlan_actions '[.actions[].vlan_action] == ["modify", "modify", "pop", "push", "push", null]'
	expect goto_chain '.actions[0].control_action == {"type": "goto", "chain": 268435455}'
	expect check_join '.actions[0].kind == "police" and (.actions | length) == 7 and .actions[2].control_action.jump == 4'
fi
echo "rules are what tc calls them"

# Frames through the rule NAME: reads pkt.py's commands; each must be ok.
frames() {
	local answer
	"$PROBE" put "$1" in0 out0
	answer=$(python3 "$(dirname "$0")/lib/pkt.py" in0-far=in0-far out0-far=out0-far)
	tc filter del dev in0 ingress prio 9
	if grep -v '^ok' <<< "$answer"; then
		die "$1: frames did not come out as they should"
	fi
}
ETH=eth,src=02:00:00:00:00:01,dst=02:00:00:00:00:02
NEW=eth,src=02:aa:bb:cc:dd:ee,dst=02:01:03:05:07:09
FLOW=src=10.0.1.2,dst=192.168.3.9
UDP=udp,sport=4660,dport=22030
frames route_ipv4 <<- EOF
	try in0-far $ETH/ip,$FLOW,ttl=64/tcp,sport=4660,dport=22030,flags=0x10/data,len=33 out0-far=$NEW/ip,$FLOW,ttl=63/tcp,sport=4660,dport=22030,flags=0x10/data,len=33
	try in0-far $ETH/ip,$FLOW,ttl=64/tcp,sport=4660,dport=22030,flags=0x12/data,len=33
	try in0-far $ETH/ip,$FLOW,ttl=64,frag=0x2000/tcp,sport=4660,dport=22030,flags=0x10/data,len=32
EOF
frames nat_ipv4 <<- EOF
	try in0-far $ETH/ip,$FLOW,tos=3,ttl=64/udp,sport=4660,dport=22030/data,len=33 out0-far=$ETH/ip,src=203.0.113.1,dst=10.168.3.9,tos=0x4b,ttl=33/udp,sport=4660,dport=22102/data,len=33
EOF
frames nat_ipv6 <<- EOF
	try in0-far $ETH/ip6,src=2001:db8:1:2:3:4:5:6,dst=2001:db8:7:8::9,tc=0x12,hl=64/tcp,sport=80,dport=443/data,len=21 out0-far=eth,src=02:a1:a3:a5:a7:a9,dst=02:01:03:05:07:09/ip6,src=2001:db8:a:b:c:d:e:f,dst=2001:db8:a1:b1:c1:d1:e1:f1,tc=0xa5,hl=6/tcp,sport=17185,dport=443/data,len=21
EOF
# 1514 bytes are not longer than 1514: 14 + 20 + 8 + 1472.
frames check_join <<- EOF
	try in0-far $ETH/ip,$FLOW,ttl=9/$UDP/data,len=1472 out0-far=$NEW/ip,$FLOW,ttl=8/$UDP/data,len=1472
	try in0-far $ETH/ip,$FLOW,ttl=9/$UDP/data,len=1473 out0-far=$ETH/ip,$FLOW,ttl=9/$UDP/data,len=1473 out0-far=$ETH/ip,$FLOW,ttl=9/$UDP/data,len=1473 out0-far=$ETH/ip,$FLOW,ttl=8/$UDP/data,len=1473
EOF
frames check_open_end <<- EOF
	try in0-far $ETH/ip,$FLOW,ttl=9/$UDP/data,len=1000 out0-far=$ETH/ip,$FLOW,ttl=9/$UDP/data,len=1000
	try in0-far $ETH/ip,$FLOW,ttl=9/$UDP/data,len=100 out0-far=$ETH/ip,$FLOW,ttl=9/$UDP/data,len=100
EOF
echo "packets are changed as the rules say"
