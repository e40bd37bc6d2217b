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
# And of each side one VF more: what hbell sends, hbellrep gives back. The switch of
# the software's side can be in a namespace of its own, "soft", where it has addresses
# and tunnel devices like those of the hardware's:
#
#   rep3      192.168.9.1/24, MAC 02:00:00:01:00:03; the peer is 192.168.9.2, MAC
#             02:00:00:00:09:02
#   vx, gnv   a VXLAN and a Geneve device for it (hvx, hgnv; svx, sgnv)

SIDE_VFS=3
SIDE_MTU=2000

# in_side LETTER COMMAND...: where the switch of that side is.
in_side() {
	local l=$1
	shift
	if [ "$l" = s ] && [ -e /run/netns/soft ]; then
		ip netns exec soft "$@"
	else
		"$@"
	fi
}

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

# side_soft: the software's switch goes into namespace "soft".
side_soft() {
	local n dev
	ip netns add soft
	in_side s sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1
	in_side s ip link set lo up
	for ((n = 0; n <= SIDE_VFS; n++)); do
		dev=srep$n
		ip link set "$dev" netns soft
		in_side s ip link set "$dev" addrgenmode none arp off up
		in_side s tc qdisc add dev "$dev" clsact
	done
}

soft_gone() { [ -d "/sys/class/net/srep$SIDE_VFS" ]; }

# side_hard: and comes back.
side_hard() {
	ip netns del soft
	until_true 20 soft_gone
}

# side_catch LETTER DEVICE CHAINS: what TC's rules do not take, in chains 0 to CHAINS.
side_catch() {
	local chain
	for ((chain = 0; chain <= $3; chain++)); do
		in_side "$1" tc filter add dev "$2" ingress chain $chain prio 65000 \
			protocol all matchall skip_hw action mirred egress redirect dev "${1}slow"
	done
}

# side_slow LETTER CHAINS: the slow path, and that of all ports.
side_slow() {
	local l=$1 n
	in_side "$l" ip link add "${l}slow" type dummy
	in_side "$l" ip link set "${l}slow" mtu 3000 addrgenmode none arp off up
	for ((n = 0; n <= SIDE_VFS; n++)); do
		side_catch "$l" "${l}rep$n" "$2"
	done
}

# side_policers LETTER FIRST WORD: three policers, with indices from FIRST on, that
# drop by nothing but length, WORD: skip_sw or skip_hw.
side_policers() {
	local index=$2 mtu
	for mtu in 256 400 1400; do
		in_side "$1" tc actions add action police rate 100gbit burst 100m mtu $mtu \
			conform-exceed drop/pipe index $index "$3"
		index=$((index + 1))
	done
}

# side_tunnels LETTER CHAINS: addresses and tunnel devices; only what is for these
# comes up to the host.
side_tunnels() {
	local l=$1 up=${1}rep$SIDE_VFS dev port
	in_side "$l" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		"net.ipv4.conf.$up.rp_filter=0" net.ipv4.icmp_ratelimit=0 net.ipv4.ipfrag_time=3600
	in_side "$l" ip link set "$up" address "02:00:00:01:00:0$SIDE_VFS"
	in_side "$l" ip addr add 192.168.9.1/24 dev "$up"
	in_side "$l" ip neigh add 192.168.9.2 lladdr 02:00:00:00:09:02 dev "$up" nud permanent
	in_side "$l" ip link add "${l}vx" type vxlan external dstport 4789
	in_side "$l" ip link add "${l}gnv" type geneve external dstport 6081
	for dev in "${l}vx" "${l}gnv"; do
		in_side "$l" ip link set "$dev" mtu 3000 addrgenmode none arp off up
		in_side "$l" tc qdisc add dev "$dev" clsact
		side_catch "$l" "$dev" "$2"
	done
	for port in 4789 6081; do
		in_side "$l" tc filter add dev "$up" ingress prio 64000 protocol ip flower skip_hw \
			dst_mac "02:00:00:01:00:0$SIDE_VFS" dst_ip 192.168.9.1 ip_proto udp dst_port $port \
			action pass
	done
}

# side_track LETTER: connections live as long as they are looked at.
side_track() {
	in_side "$1" sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1 \
		net.netfilter.nf_conntrack_udp_timeout=3600 \
		net.netfilter.nf_conntrack_udp_timeout_stream=3600
}

# sides_quiet: nothing but what is compared is on its way.
sides_quiet() {
	sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1 \
		net.core.netdev_max_backlog=100000
}

# sides_down: everything of this file goes; fails if the NICs do not.
sides_down() {
	local l
	for l in hslow sslow hvx hgnv; do
		[ ! -d "/sys/class/net/$l" ] || ip link del "$l"
	done
	rmmod eswsim
}
