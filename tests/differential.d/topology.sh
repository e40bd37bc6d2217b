# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# topology: the two sides that are compared, each a NIC of its own. To be
# sourced, in the guest, after tests/cases/lib/testbed.sh.
#
#   far ends          hport0   hport1   hport2   hport3          sport0 ... sport3
#                     VF 0     VF 1     VF 2     the wire
#                       |        |        |        |
#   hardware (eswsim0)  |        |        |        |             software (eswsim1)
#                       |        |        |        |
#   representors      hrep0    hrep1    hrep2    hrep3 (uplink)  srep0 ... srep3
#                       +--------+---+----+--------+
#                                    | what TC does not take
#   slow path                     hslow                          sslow
#
# And of each side one VF more: what hbell sends, hbellrep gives back.

SIDE_VFS=3
SIDE_MTU=2000

# side_rename DEVICE NAME [MTU]
side_rename() {
	ip link set "$1" down
	ip link set "$1" name "$2" mtu "${3:-$SIDE_MTU}" addrgenmode none arp off
	ip link set "$2" up
}

# side_port NUMBER NAME: the device of NIC NUMBER with this phys_port_name.
side_port() {
	local f
	for f in /sys/bus/eswsim/devices/eswsim"$1"/net/*; do
		if [ "$(cat "$f/phys_port_name" 2>/dev/null)" = "$2" ]; then
			basename "$f"
			return
		fi
	done
	die "NIC $1 has no $2"
}

side_vf() { basename /sys/bus/eswsim/devices/eswsim"$1"/virtfn"$2"/net/*; }

# side_bell LETTER: what comes to the bell's representor goes back.
side_bell() {
	tc qdisc add dev "$1bellrep" clsact
	tc filter add dev "$1bellrep" ingress matchall skip_hw \
		action mirred egress redirect dev "$1bellrep"
}

# side_nic LETTER NUMBER [PROFILE]: the NIC, its devices named and up.
side_nic() {
	local l=$1 nic=$2 n
	echo "$nic $((SIDE_VFS + 1)) ${3:-}" > /sys/bus/eswsim/new_device
	devlink dev eswitch set "eswsim/eswsim$nic" mode switchdev
	echo $((SIDE_VFS + 1)) > "/sys/bus/eswsim/devices/eswsim$nic/sriov_numvfs"
	for ((n = 0; n < SIDE_VFS; n++)); do
		side_rename "$(side_port "$nic" "pf0vf$n")" "${l}rep$n"
		side_rename "$(side_vf "$nic" "$n")" "${l}port$n"
	done
	side_rename "$(side_port "$nic" p0)" "${l}rep$SIDE_VFS"
	side_rename "$(side_port "$nic" wire)" "${l}port$SIDE_VFS"
	side_rename "$(side_port "$nic" "pf0vf$SIDE_VFS")" "${l}bellrep"
	side_rename "$(side_vf "$nic" "$SIDE_VFS")" "${l}bell"
	side_bell "$l"
	# One port that cannot send what others may.
	ip link set "${l}port1" mtu 1500
	for ((n = 0; n <= SIDE_VFS; n++)); do
		# Nobody there takes what has been seen to come out.
		tc qdisc add dev "${l}port$n" clsact
		tc filter add dev "${l}port$n" ingress matchall action drop
		tc qdisc add dev "${l}rep$n" clsact
	done
}

# side_slow LETTER CHAINS: what TC's rules do not take, in chains 0 to CHAINS.
side_slow() {
	local l=$1 n chain
	ip link add "${l}slow" type dummy
	side_rename "${l}slow" "${l}slow" 3000
	for ((n = 0; n <= SIDE_VFS; n++)); do
		for ((chain = 0; chain <= $2; chain++)); do
			tc filter add dev "${l}rep$n" ingress chain $chain prio 65000 \
				protocol all matchall skip_hw action mirred egress redirect dev "${l}slow"
		done
	done
}

# side_policers FIRST WORD: three policers, with indices from FIRST on, that drop by
# nothing but length, WORD: skip_sw or skip_hw.
side_policers() {
	local index=$1 mtu
	for mtu in 256 400 1400; do
		tc actions add action police rate 100gbit burst 100m mtu $mtu \
			conform-exceed drop/pipe index $index "$2"
		index=$((index + 1))
	done
}

# sides_quiet: nothing but what is compared is on its way.
sides_quiet() {
	sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1 \
		net.core.netdev_max_backlog=100000
}

# sides_down: everything of this file goes; fails if the NICs do not.
sides_down() {
	local l
	for l in h s; do
		[ ! -d "/sys/class/net/${l}slow" ] || ip link del "${l}slow"
	done
	rmmod eswsim
}
