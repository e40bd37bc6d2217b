#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev
# group: eswsim
# timeout: 600
# smp: 1
#
# The virtual NIC as the host sees it: creation, names, devlink, ethtool, both
# eswitch modes, net namespaces, and all of it taken away under traffic.
#
# One processor: packet timestamps and clsact coming and going have the kernel
# patch its receive path, and an emulated second processor trips over that.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

BUS=/sys/bus/eswsim
DEBUG=/sys/kernel/debug/eswsim/eswsim0
PINGS=()

# eq WHAT IS SHOULD
eq() { [ "$2" = "$3" ] || die "$1 is '$2', should be '$3'"; }

# refused FILE VALUE ERROR LINE: writing fails with this error and says one
# line in the kernel log, with this text.
refused() {
	local said log
	dmesg -C
	! said=$( (echo "$2" > "$1") 2>&1) || die "'$2' is taken by $1"
	[[ $said == *": $3" ]] || die "'$2' to $1: '$said', should be $3"
	log=$(dmesg -t)
	eq "lines in the kernel log after '$2' to $1" "$(wc -l <<< "$log")" 1
	[[ $log == *"$4"* ]] || die "'$2' to $1: the kernel says '$log', should say '$4'"
}

# Nothing is left on the bus.
nic_gone() {
	[ ! -e $NIC ] || die "$NIC is left"
	! grep -qs . /sys/bus/eswsim/devices/*/uevent || die "devices are left on the bus"
}

# vms N: VFs 0 to N-1 go into namespaces, their representors and the uplink
# into a bridge.
vms() {
	local n dev
	ip link add br0 type bridge
	ip link set br0 up
	for dev in "$(port p0)" "$(port wire)"; do
		ip link set "$dev" up
	done
	ip link set "$(port p0)" master br0
	for ((n = 0; n < $1; n++)); do
		ip netns add "vm$n"
		vm_join $n
		ip link set "$(rep $n)" up master br0
	done
}

vm_join() {
	ip link set "$(vf "$1")" netns "vm$1" name eth0
	ip -n "vm$1" link set eth0 up
	ip -n "vm$1" addr add "10.1.0.$(($1 + 1))/24" dev eth0
}

vf_here() { test -e "$NIC/virtfn$1/net/$(vf "$1")"; }

vms_down() {
	local n
	ip link del br0
	for ((n = 0; n < $1; n++)); do
		ip netns del "vm$n"
	done
}

ping_ok() { vm "$1" ping -q -c 3 -i 0.05 -W 5 "10.1.0.$(($2 + 1))" > "$WORK/ping" || die "vm$1 does not reach vm$2: $(cat "$WORK/ping")"; }
ping_ready() { vm 0 ping -q -c 1 -W 1 10.1.0.2 > /dev/null; }

# Traffic that runs, processes of its own that can be killed, till traffic_stop, whatever becomes of the NIC.
traffic() {
	ip netns exec vm0 ping -q -i 0.01 -s 1000 10.1.0.2 > /dev/null 2>&1 &
	PINGS+=($!)
	ip netns exec vm1 ping -q -i 0.01 -b 10.1.0.255 > /dev/null 2>&1 &
	PINGS+=($!)
}

traffic_stop() {
	reap KILL "${PINGS[@]}" || :
	PINGS=()
}

bad_input() {
	local usage='write "ID MAX_VFS [PROFILE]"' invalid="Invalid argument"
	refused $BUS/new_device "" "$invalid" "$usage"
	refused $BUS/new_device "x" "$invalid" "$usage"
	refused $BUS/new_device "0" "$invalid" "$usage"
	refused $BUS/new_device "-1 4" "$invalid" "$usage"
	refused $BUS/new_device "0 4 full more" "$invalid" "$usage"
	refused $BUS/new_device "0 65" "$invalid" "65 VFs are too many, at most 64"
	refused $BUS/new_device "0 4294967296" "$invalid" "$usage"
	refused $BUS/new_device "99999999999 1" "$invalid" "$usage"
	refused $BUS/new_device "0 4 nosuch" "$invalid" 'unknown profile "nosuch"'
	refused $BUS/new_device "0 4 fullandmuchlongerthananyname" "$invalid" "unknown profile"
	refused $BUS/del_device "0" "No such file or directory" "there is no NIC with id 0"
	refused $BUS/del_device "all" "$invalid" "write the ID of a NIC"
	nic_gone

	echo "0 8 full" > $BUS/new_device
	refused $BUS/new_device "0 8" "File exists" "id 0 is taken"
	refused $NIC/sriov_numvfs 9 "Numerical result out of range" "9 VFs are too many, at most 8"
	refused $NIC/sriov_numvfs many "$invalid" "write 0 to 8"
	refused $NIC/sriov_numvfs -1 "$invalid" "write 0 to 8"
	echo 4 > $NIC/sriov_numvfs
	echo 4 > $NIC/sriov_numvfs
	refused $NIC/sriov_numvfs 2 "Device or resource busy" "4 VFs exist; write 0 before 2"
	eq sriov_numvfs "$(cat $NIC/sriov_numvfs)" 4
	eq sriov_totalvfs "$(cat $NIC/sriov_totalvfs)" 8
	echo 0 > $NIC/sriov_numvfs
	[ ! -e $NIC/virtfn0 ] || die "virtfn0 is left"
	echo 0 > $BUS/del_device
	nic_gone
}

# What tools find a port by.
names() {
	local id dev
	nic_up 2
	id=$(cat "/sys/class/net/$(port p0)/phys_switch_id")
	[[ $id =~ ^[0-9a-f]{16}$ ]] || die "switch id '$id'"
	for dev in "$(rep 0)" "$(rep 1)"; do
		eq "switch id of $dev" "$(cat "/sys/class/net/$dev/phys_switch_id")" "$id"
	done
	! cat "/sys/class/net/$(port wire)/phys_switch_id" 2> /dev/null || die "the wire has a switch id"
	! cat "/sys/class/net/$(vf 0)/phys_switch_id" 2> /dev/null || die "a VF has a switch id"
	eq "device of VF 1" "$(basename "$(realpath $NIC/virtfn1)")" eswsim0.vf1
	eq "physfn of VF 1" "$(realpath $NIC/virtfn1/physfn)" "$(realpath $NIC)"
	eq "driver" "$(basename "$(realpath $NIC/driver)")" eswsim
	for dev in "$(port p0)" "$(rep 0)" "$(vf 0)" "$(port wire)"; do
		ethtool -i "$dev" | sees -x "driver: eswsim" || die "ethtool -i $dev: $(ethtool -i "$dev")"
	done
	devlink dev info eswsim/eswsim0 > "$WORK/info"
	grep -q "driver eswsim" "$WORK/info" || die "devlink info: $(cat "$WORK/info")"
	grep -q "asic.id eswsim" "$WORK/info" || die "devlink info: $(cat "$WORK/info")"
	devlink port show > "$WORK/ports"
	grep -q "eswsim/eswsim0/0: type eth netdev $(port p0) flavour physical port 0" "$WORK/ports" || die "devlink port: $(cat "$WORK/ports")"
	grep -q "eswsim/eswsim0/2: type eth netdev $(rep 1) flavour pcivf .*pfnum 0 vfnum 1" "$WORK/ports" || die "devlink port: $(cat "$WORK/ports")"
	eq "mode of rep MAC addresses" "$(($(cut -c 2 "/sys/class/net/$(vf 0)/address" | tr a-f A-F | sed 's/^/0x/') & 3))" 2
	echo 0 > $NIC/sriov_numvfs
	! rep 0 || die "the representor is left"
	echo 0 > $BUS/del_device
	nic_gone
}

features() {
	local dev reps
	nic_up 1
	for dev in "$(port p0)" "$(rep 0)"; do
		ethtool -k "$dev" | sees -x "hw-tc-offload: on" || die "hw-tc-offload of $dev is not on"
		tc qdisc add dev "$dev" clsact
		ethtool -K "$dev" hw-tc-offload off
		! tc filter add dev "$dev" ingress protocol ip flower skip_sw action drop 2> "$WORK/err" || die "a rule is taken with hw-tc-offload off"
		grep -q "hw-tc-offload is off" "$WORK/err" || die "tc says: $(cat "$WORK/err")"
		ethtool -K "$dev" hw-tc-offload on
		tc filter add dev "$dev" ingress protocol ip flower skip_sw action drop
		dmesg -C
		ethtool -K "$dev" hw-tc-offload off > /dev/null 2>&1 || :
		ethtool -k "$dev" | sees "^hw-tc-offload: on" || die "hw-tc-offload of $dev goes off under a rule"
		dmesg | sees "remove the 1 TC rules first" || die "no reason given: $(dmesg)"
		[ "$(grep -c . "$DEBUG/rules")" -ge 1 ] || die "the rule is not in the table"
		ethtool -K "$dev" hw-tc-offload on
		tc qdisc del dev "$dev" clsact
		ethtool -K "$dev" hw-tc-offload off
		ethtool -k "$dev" | sees -x "hw-tc-offload: off" || die "hw-tc-offload of $dev stays on without rules"
	done
	for dev in hit miss drop; do
		ethtool -S "$(rep 0)" | sees "hw_rx_${dev}_packets: 0" || die "ethtool -S: $(ethtool -S "$(rep 0)")"
	done
	ip link set "$(vf 0)" address 02:00:00:00:00:07 mtu 9000
	eq "MTU" "$(cat "/sys/class/net/$(vf 0)/mtu")" 9000
	! ip link set "$(vf 0)" mtu 9217 2> /dev/null || die "an MTU of 9217 is taken"
	reps=$(ls /sys/class/net)
	devlink dev eswitch set eswsim/eswsim0 mode switchdev
	eq "netdevs after setting the mode that is" "$(ls /sys/class/net)" "$reps"
	echo 0 > $BUS/del_device
}

# Table size and profile come into force by a reload, which keeps the VFs.
reload() {
	nic_up 2
	devlink resource show eswsim/eswsim0 | sees "name rules size [0-9]* .*occ 0" || die "resource: $(devlink resource show eswsim/eswsim0)"
	devlink resource set eswsim/eswsim0 path rules size 2
	! devlink dev param set eswsim/eswsim0 name profile value nosuch cmode driverinit 2> "$WORK/err" || die "an unknown profile is taken"
	grep -q "unknown profile" "$WORK/err" || die "devlink says: $(cat "$WORK/err")"
	devlink dev param set eswsim/eswsim0 name profile value full cmode driverinit
	devlink dev reload eswsim/eswsim0
	eq "mode after reload" "$(devlink -j dev eswitch show eswsim/eswsim0 | jq -r '.[][].mode')" switchdev
	eq "profile" "$(cat $DEBUG/profile)" full
	tc qdisc add dev "$(rep 0)" clsact
	tc filter add dev "$(rep 0)" ingress protocol ip pref 1 flower skip_sw action drop
	tc filter add dev "$(rep 0)" ingress protocol arp pref 2 flower skip_sw action drop
	! tc filter add dev "$(rep 0)" ingress protocol ipv6 pref 3 flower skip_sw action drop 2> "$WORK/err" || die "three rules in a table of two"
	grep -q "the table is full" "$WORK/err" || die "tc says: $(cat "$WORK/err")"
	devlink resource show eswsim/eswsim0 | sees "size 2 .*occ 2" || die "resource: $(devlink resource show eswsim/eswsim0)"
	echo 1 > $DEBUG/forget_rules
	devlink resource show eswsim/eswsim0 | sees "size 2 .*occ 0" || die "rules are left: $(devlink resource show eswsim/eswsim0)"
	devlink dev reload eswsim/eswsim0
	rep 1 > /dev/null || die "no representor after a reload"
	ip netns add other
	! devlink dev reload eswsim/eswsim0 netns other 2> "$WORK/err" || die "the NIC moves to another namespace"
	grep -q "stays in its net namespace" "$WORK/err" || die "devlink says: $(cat "$WORK/err")"
	ip netns del other
	vf 1 > /dev/null || die "a refused reload harms"
	echo 0 > $BUS/del_device
}

# Software path of switchdev mode: VF, representor, bridge, representor, VF.
slow_path() {
	local before
	nic_up 2
	vms 2
	until_true 30 ping_ready || die "no way through the bridge"
	before=$(hw "$(rep 0)" hw_rx_miss_packets)
	ping_ok 0 1
	[ "$(hw "$(rep 0)" hw_rx_miss_packets)" -ge $((before + 3)) ] || die "misses are not counted: $(ethtool -S "$(rep 0)")"
	ethtool -S "$(rep 0)" | sees "hw_rx_hit_packets: 0" || die "hits without a rule"

	# The priority is the VM's own affair (by TOS it is 6), as on a wire.
	nft -f - <<-NFT
		table netdev t {
			chain c {
				type filter hook ingress device $(rep 0) priority 0
				ip dscp 4 meta priority 0:6 counter comment "leaked"
				ip dscp 4 meta priority 0:0 counter comment "clean"
			}
		}
	NFT
	vm 0 ping -q -Q 0x10 -c 1 -W 5 10.1.0.2 > /dev/null
	nft list table netdev t > "$WORK/nft"
	nft delete table netdev t
	grep -q 'counter packets 0 .*leaked' "$WORK/nft" || die "the priority comes along: $(cat "$WORK/nft")"
	grep -q 'counter packets [1-9].*clean' "$WORK/nft" || die "no packet with priority 0: $(cat "$WORK/nft")"

	# Each end shows the other's state.
	ip link set "$(rep 0)" down
	eq "carrier of the VF" "$(vm 0 cat /sys/class/net/eth0/carrier)" 0
	ip link set "$(rep 0)" up
	vm 0 ip link set eth0 down
	eq "carrier of the representor" "$(cat "/sys/class/net/$(rep 0)/carrier")" 0
	vm 0 ip link set eth0 up
	until_true 30 ping_ready || die "no way after down and up"
	# The wire is the other end of the uplink.
	ip netns add outside
	ip link set "$(port wire)" netns outside name wire
	ip -n outside link set wire up
	ip -n outside addr add 10.1.0.100/24 dev wire
	until_true 30 ip netns exec outside ping -q -c 1 -W 1 10.1.0.1 > /dev/null || die "no way from the wire to vm0"
	ip netns del outside
	until_true 30 port wire > /dev/null || die "the wire does not come back"
	vms_down 2
	echo 0 > $BUS/del_device
}

# What rules carry is counted by the hardware and never seen by the host.
fast_path() {
	local r0 r1 seen
	nic_up 2
	vms 2
	until_true 30 ping_ready || die "no way through the bridge"
	r0=$(rep 0)
	r1=$(rep 1)
	tc qdisc add dev "$r0" clsact
	tc qdisc add dev "$r1" clsact
	tc filter add dev "$r0" ingress protocol ip flower skip_sw action mirred egress redirect dev "$r1"
	tc filter add dev "$r1" ingress protocol ip flower skip_sw action mirred egress redirect dev "$r0"
	pinged 0 50 -i 0.02 10.1.0.2 || die "packets are lost: $(cat "$WORK/ping")"
	eq "hits on the way there" "$(hw "$r0" hw_rx_hit_packets)" 50
	eq "bytes of them" "$(hw "$r0" hw_rx_hit_bytes)" $((50 * 98))
	eq "hits on the way back" "$(hw "$r1" hw_rx_hit_packets)" 50
	eq "packets to vm1" "$(hw "$r1" hw_tx_packets)" 50
	vm 1 ip link set eth0 down
	seen=$(cat "/sys/class/net/$r0/statistics/rx_packets")
	! vm 0 ping -q -c 5 -i 0.02 -W 1 10.1.0.2 > /dev/null || die "a VF that is down answers"
	eq "drops at a VF that is down" "$(hw "$r1" hw_tx_drop_packets)" 5
	[ $(($(cat "/sys/class/net/$r0/statistics/rx_packets") - seen)) -lt 5 ] || die "hits are seen by the representor"
	vms_down 2
	echo 0 > $BUS/del_device
}

# Legacy mode has no representors and forwards by address.
legacy() {
	nic_up 2 legacy
	! rep 0 || die "a representor in legacy mode"
	ip netns add vm0
	ip netns add vm1
	vm_join 0
	vm_join 1
	until_true 30 ping_ready || die "no way from VF to VF in legacy mode"
	ip link set "$(port p0)" up
	ip link set "$(port wire)" up
	ip addr add 10.1.0.50/24 dev "$(port p0)"
	until_true 30 vm 0 ping -q -c 1 -W 1 10.1.0.50 > /dev/null || die "no way from VF to PF in legacy mode"
	ip netns del vm0
	ip netns del vm1
	echo 0 > $BUS/del_device
}

# Mode and VFs come and go under traffic, with rules in the table.
mode_switch() {
	local i dev
	nic_up 2
	vms 2
	traffic
	for ((i = 0; i < 5; i++)); do
		for dev in "$(rep 0)" "$(port p0)"; do
			tc qdisc replace dev "$dev" clsact
			tc filter add dev "$dev" ingress protocol arp pref $((i + 1)) flower skip_sw \
				action mirred egress redirect dev "$(rep 1)"
		done
		devlink dev eswitch set eswsim/eswsim0 mode legacy
		devlink dev eswitch set eswsim/eswsim0 mode switchdev
		ip link set "$(rep 0)" up master br0
		ip link set "$(rep 1)" up master br0
	done
	until_true 30 ping_ready || die "no way after switching modes"
	echo 0 > $NIC/sriov_numvfs
	echo 2 > $NIC/sriov_numvfs
	traffic_stop
	vms_down 2
	echo 0 > $BUS/del_device
	nic_gone
}

# A namespace that dies with VF and representor in it gives them back.
netns_deletion() {
	nic_up 2
	vms 2
	ip link set "$(rep 1)" netns vm0
	traffic
	ip netns del vm1
	ip netns del vm0
	traffic_stop
	until_true 30 rep 1 > /dev/null || die "the representor does not come back"
	until_true 30 vf_here 0 || die "the VF does not come back"
	ip link del br0
	echo 0 > $BUS/del_device
	nic_gone
}

# The module goes with devices, rules and namespaces alive, under traffic.
unload() {
	nic_up 2
	echo "7 1" > $BUS/new_device
	vms 2
	tc qdisc add dev "$(rep 0)" clsact
	tc filter add dev "$(rep 0)" ingress protocol arp flower skip_sw action mirred egress redirect dev "$(rep 1)"
	tc qdisc add dev "$(port p0)" clsact
	tc filter add dev "$(port p0)" ingress protocol arp flower skip_sw action mirred egress redirect dev "$(rep 1)"
	traffic
	rmmod eswsim
	traffic_stop
	vms_down 2
	modprobe eswsim
	nic_gone
}

# Everybody changes everything at once; what fails does not matter, what
# hangs or what the kernel says does.
race() {
	local what work=() end=$((SECONDS + ${RACE:-15}))
	nic_up 2
	forever() { while [ $SECONDS -lt $end ]; do "$@" || :; done > /dev/null 2>&1; }
	set_vfs() { echo $((RANDOM % 2 * (RANDOM % 9))) > $NIC/sriov_numvfs; }
	set_mode() { devlink dev eswitch set eswsim/eswsim0 mode switchdev; devlink dev eswitch set eswsim/eswsim0 mode legacy; }
	reset() { sleep 0.5; devlink dev reload eswsim/eswsim0; }
	remake() { sleep 2; echo 0 > $BUS/del_device; echo "0 8" > $BUS/new_device; }
	look() { devlink port show; cat $DEBUG/*; ip -d link; ethtool -S "$(rep 0)"; }
	rule() {
		local dev
		dev=$(rep 0)
		ip link set "$dev" up
		tc qdisc add dev "$dev" clsact
		tc filter add dev "$dev" ingress protocol ip flower skip_sw action mirred egress redirect dev "$(port p0)"
		tc filter add dev "$(port p0)" ingress protocol ip flower skip_sw action mirred egress redirect dev "$dev"
	}
	send() { ip link set "$(vf 0)" up; ip link set "$(port p0)" up; }
	for what in set_vfs set_mode reset remake look rule send; do
		forever $what &
		work+=($!)
	done
	wait "${work[@]}"
	[ -e $NIC ] || echo "0 8" > $BUS/new_device
	echo 0 > $NIC/sriov_numvfs
	echo 2 > $NIC/sriov_numvfs
	echo 0 > $BUS/del_device
	nic_gone
}

# PORT[NAME]: all netdevs that have a phys_port_name, found without a fork.
declare -A PORT
find_ports() {
	local file name
	PORT=()
	for file in /sys/class/net/*/phys_port_name; do
		{ read -r name < "$file"; } 2> /dev/null || continue
		file=${file%/phys_port_name}
		PORT[$name]=${file##*/}
	done
}

# One cycle with traffic: VF to VF by a bridge and by a rule of its own.
cycle() {
	echo "0 2" > $BUS/new_device
	if [ $(($1 % 2)) = 0 ]; then
		devlink dev eswitch set eswsim/eswsim0 mode switchdev
		echo 2 > $NIC/sriov_numvfs
	else
		echo 2 > $NIC/sriov_numvfs
		devlink dev eswitch set eswsim/eswsim0 mode switchdev
	fi
	find_ports
	ip -b - <<- END
		link set $(vf 0) netns vm0 name vf up
		link set $(vf 1) netns vm1 name vf up
		link set ${PORT[pf0vf0]} up master br0
		link set ${PORT[pf0vf1]} up master br0
		link set ${PORT[p0]} up master br0
		link set ${PORT[wire]} up
	END
	ip -n vm0 addr add 10.1.0.1/24 dev vf
	ip -n vm1 addr add 10.1.0.2/24 dev vf
	tc -b - <<- END
		qdisc add dev ${PORT[pf0vf0]} clsact
		filter add dev ${PORT[pf0vf0]} ingress protocol ip flower skip_sw action mirred egress redirect dev ${PORT[pf0vf1]}
	END
	traffic
	[ $(($1 % 10)) != 0 ] || until_true 30 ping_ready || die "cycle $1: no traffic"
	[ $(($1 % 3)) != 0 ] || devlink dev eswitch set eswsim/eswsim0 mode legacy
	echo 0 > $BUS/del_device
	traffic_stop
}

# What would embarrass it: NICs come and go under traffic, $CYCLES of them.
cycles() {
	local i
	ip link add br0 up type bridge
	ip netns add vm0
	ip netns add vm1
	for ((i = 0; i < ${CYCLES:-20}; i++)); do
		cycle $i
	done
	ip netns del vm0
	ip netns del vm1
	ip link del br0
	nic_gone
	# A bridge says so when it gets its own frames back.
	! dmesg | sees 'own address as source' || die "frames go round: $(dmesg | grep -c 'own address as source')"
}

modprobe eswsim
for case in ${*:-bad_input names features reload slow_path fast_path legacy mode_switch netns_deletion unload race cycles}; do
	start=$SECONDS
	$case
	echo "$case: $((SECONDS - start)) s"
done
rmmod eswsim
