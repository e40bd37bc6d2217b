#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev
# ovs: yes
# full: yes
# group: ovs
# timeout: 600
#
# What packets go through, in hardware and in software: a long flow by OpenFlow
# rules with a meter, conntrack with NAT, a VLAN and a mirror, from VM to VM, and
# with a Geneve tunnel, from VM to the wire. 999 of 1000 packets are hardware's,
# and each one that comes out is byte for byte what the kernel's datapath makes.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

ROUNDS=${ROUNDS:-6000}
LIB=$(dirname "$0")/lib

US=192.168.9.1 PEER=192.168.9.2 PEER_MAC=02:00:00:00:09:02
THERE=eth,src=02:00:00:00:00:01,dst=02:00:00:00:00:02/ip,src=10.1.0.1,dst=10.1.0.100,id=%n,ttl=63/udp,sport=7001,dport=5001/data,len=200
BACK=eth,src=02:00:00:00:00:02,dst=02:00:00:00:00:01/vlan,id=7/ip,src=10.1.0.2,dst=10.1.0.1,id=%n,tos=4/udp,sport=5001,dport=7001/data,len=31

# replay NAME: the plan on standard input, what comes out to $WORK/NAME.
replay() {
	local dir=$WORK/$1
	mkdir -p "$dir"
	"$LIB/replay.py" "$dir" $ROUNDS vm0=eth0@vm0 vm1=eth0@vm1 vm2=eth0@vm2 out=eth0@out > "$WORK/replay" ||
		die "$1: $(cat "$WORK/replay"; flows tc; flows ovs; ovs-appctl nft-offload/flows; conntrack -L)"
	# Copies of both directions overtake each other.
	sort "$dir/vm2" > "$dir/mirror"
	# The identification of a tunnel's header, and with it the checksum, is anybody's
	# choice, and so is the port it comes from.
	sed 's/^\(.\{36\}\)....\(.\{8\}\)....\(.\{16\}\)..../\1----\2----\3----/' "$dir/out" > "$dir/wire"
}

# rules_are TO: VM 0 asks 10.1.0.100, which is 10.1.0.2 in VLAN 7 at port TO.
rules_are() {
	local there="push_vlan:0x8100,set_field:4103->vlan_vid,output:$1"
	ovs-ofctl -O OpenFlow13 add-meter br0 meter=1,pktps,burst,bands=type=drop,rate=1000000,burst_size=1000000
	cat > "$WORK/rules" <<-RULES
		table=0,in_port=1,udp,actions=meter:1,ct(zone=5,nat,table=1)
		table=0,in_port=$1,dl_vlan=7,udp,actions=strip_vlan,ct(zone=5,nat,table=1)
		table=1,in_port=1,ct_state=+trk+new,udp,nw_dst=10.1.0.100,actions=ct(commit,zone=5,nat(dst=10.1.0.2)),$there
		table=1,in_port=1,ct_state=+trk+est,udp,actions=$there
		table=1,in_port=$1,ct_state=+trk+est,udp,actions=output:1
	RULES
	ovs-ofctl -O OpenFlow13 replace-flows br0 "$WORK/rules"
}

# VM 2 sees all of it: what comes in, as it is and, as OVS does, once more when
# conntrack has changed it.
vms_rules() {
	rules_are 2
	ovs-vsctl -- --id=@a get port "$(rep 0)" -- --id=@b get port "$(rep 1)" -- --id=@p get port "$(rep 2)" -- \
		--id=@m create mirror name=m0 select_src_port=@a,@b output-port=@p -- set bridge br0 mirrors=@m > "$WORK/mirror"
}

vms_plan() {
	echo "vm0 $THERE vm1 vm2 vm2"
	echo "vm1 $BACK vm0 vm2 vm2"
}

geneve_rules() {
	ovs-vsctl add-port br0 gnv0 -- set Interface gnv0 type=geneve ofport_request=9 options:key=42 \
		options:remote_ip=$PEER options:local_ip=$US
	rules_are 9
}

geneve_plan() {
	echo "vm0 $THERE out"
	echo "out eth,src=$PEER_MAC,dst=$(cat "/sys/class/net/$(port p0)/address")/ip,src=$PEER,dst=$US,id=%n/udp,sport=50000,dport=6081,csum=0/geneve,vni=42/$BACK vm0"
}

# carried DEV: the packets that came by it, all but one in a thousand, were hardware's.
carried() {
	local hit miss
	hit=$(($(hw "$1" hw_rx_hit_packets) - ${HIT[$1]}))
	miss=$(($(hw "$1" hw_rx_miss_packets) - ${MISS[$1]}))
	echo "$1: $hit packets in hardware, $miss in software"
	[ $hit -ge $((ROUNDS * 999 / 1000)) ] && [ $miss -le $((ROUNDS / 1000)) ] ||
		die "$1: of $ROUNDS packets $hit in hardware, $miss in software: $(flows tc; flows ovs; ovs-appctl nft-offload/flows)"
}

# both PART DEV DEV: in software, then in hardware, where it comes in by these two.
both() {
	local part=$1 dev file in
	shift
	echo "--- $part in software"
	bridge_bare 3 hw-offload=false
	"${part}_rules"
	"${part}_plan" | replay software
	[ "$(hw "$1" hw_rx_hit_packets)" = "${HIT[$1]:-0}" ] || die "software: hardware carries packets"
	ovs_down
	conntrack -F 2> "$WORK/conntrack"

	echo "--- $part in hardware"
	# shellcheck disable=SC2086 # words are split on purpose
	bridge_bare 3 $OVS_OURS
	"${part}_rules"
	for dev; do
		HIT[$dev]=$(hw "$dev" hw_rx_hit_packets) MISS[$dev]=$(hw "$dev" hw_rx_miss_packets)
	done
	"${part}_plan" | replay hardware
	for dev; do
		carried "$dev"
		HIT[$dev]=$(hw "$dev" hw_rx_hit_packets)
	done
	for file in vm0 vm1 mirror wire; do
		# One that goes by software may be overtaken by the next in hardware.
		cmp <(sort "$WORK/software/$file") <(sort "$WORK/hardware/$file") ||
			die "$file: hardware's packets are not software's: $(diff "$WORK/software/$file" "$WORK/hardware/$file" | head -n 4)"
	done
	ovs-ofctl -O OpenFlow13 meter-stats br0 meter=1 > "$WORK/stats"
	in=$(sed -n 's/.*packet_in_count:\([0-9]*\).*/\1/p' "$WORK/stats")
	[ "$in" = $ROUNDS ] || die "the meter counted $in packets of $ROUNDS: $(cat "$WORK/stats")"
	ovs_log_clean
	ovs_off
	conntrack -F 2> "$WORK/conntrack"
}

declare -A HIT MISS
nic_up 3
vms_bare 3
wire_bare $US $PEER $PEER_MAC
[ $# -gt 0 ] || set -- vms geneve
for part; do
	case $part in
	vms) both vms "$(rep 0)" "$(rep 1)" ;;
	geneve) both geneve "$(rep 0)" "$(port p0)" ;;
	esac
done
