# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# many: as many datapath flows as wanted, made by packets. To be sourced after
# ovs.sh.
#
# VM 0 sends to ports of addresses that VM 1 does not have (spray.c), each address
# and port in turn. The OpenFlow rule moves both to registers, so that each pair is
# a datapath flow of its own.

MANY_NET=10.128.0.1
MANY_MATCHED="move:NXM_OF_UDP_DST[]->NXM_NX_REG0[0..15],move:NXM_OF_IP_DST[]->NXM_NX_REG1[]"
MANY_SPRAY=

# many_vms: two VMs that send nothing by themselves.
many_vms() {
	vms_bare 2
	vm 0 ip addr add 10.1.0.1/24 dev eth0
	vm 1 ip addr add 10.1.0.2/24 dev eth0
	vm 0 ip neigh replace 10.1.0.2 lladdr "$(vm 1 cat /sys/class/net/eth0/address)" dev eth0
	vm 0 ip route add 10.128.0.0/24 via 10.1.0.2
}

# many_bridge: their representors in br0, and the rule.
many_bridge() {
	ports_bare 2
	many_rule
}

many_rule() {
	ovs-ofctl add-flow br0 "udp,in_port=1,actions=$MANY_MATCHED,output:2"
}

# many_spray FLOWS PPS, many_quiet: packets from now on; no more.
many_spray() {
	ip netns exec vm0 "$TOOLS/spray" $MANY_NET "$1" "$2" &
	MANY_SPRAY=$!
}

many_quiet() {
	[ -z "$MANY_SPRAY" ] || reap TERM "$MANY_SPRAY"
	MANY_SPRAY=
}

# many_show current|limit: of the flows, as upcall/show has them.
many_show() {
	ovs-appctl upcall/show > "$WORK/upcall"
	sed -n "s/.*($1 \([0-9]*\)).*/\1/p" "$WORK/upcall" | head -n 1
}

# many_fill FLOWS SECONDS [PPS]: packets until there are so many flows; fails if
# they do not come in time. More packets than handlers keep up with starve
# revalidators, which then take the limit down.
many_fill() {
	local status=0
	many_spray "$1" "${3:-1000}"
	until_true "$2" eval "[ \"\$(many_show current)\" -ge $1 ]" || status=1
	many_quiet
	return $status
}
