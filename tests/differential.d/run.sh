#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run: what tests/differential does in the guest: run.sh SHAPE PROFILE OPTION...
# makes the topology, compares, and takes it away; the options are those of the
# program, and the exit code is its own.
set -euo pipefail
NFT_OFFLOAD_SRC=${NFT_OFFLOAD_SRC:-/src}
. "$NFT_OFFLOAD_SRC/tests/cases/lib/testbed.sh"
. "$NFT_OFFLOAD_SRC/tests/cases/lib/ovs.sh"
. "$NFT_OFFLOAD_SRC/tests/differential.d/topology.sh"
. "$NFT_OFFLOAD_SRC/tests/differential.d/router.sh"

shape=$1 profile=$2 differs=0
shift 2

# The kernel goes on in the chain that the NIC has left?
chains() {
	tc filter add dev hrep0 ingress prio 2 protocol ip flower skip_sw \
		action mirred egress mirror dev hrep1 action goto chain 1 2> "$WORK/chains" || return 1
	tc filter del dev hrep0 ingress prio 2
}

shape_tc() {
	local words=()
	sides_quiet
	side_nic h 0 "$profile"
	side_nic s 1
	if chains; then
		words+=(--chains)
	fi
	side_slow h 3
	side_slow s 3
	side_policers h 1 skip_sw
	side_policers s 4 skip_hw
	differential "${words[@]}" "$@" || differs=$?
	tc actions flush action police
	sides_down
}

shape_state() {
	local words=(--state) l
	modprobe -a nf_conntrack act_ct vxlan geneve
	echo 1000000 > /proc/sys/net/netfilter/nf_conntrack_max
	sides_quiet
	side_nic h 0 "$profile"
	side_nic s 1
	if chains; then
		words+=(--chains)
	fi
	side_soft
	for l in h s; do
		side_slow "$l" 3
		side_tunnels "$l" 3
		side_track "$l"
	done
	side_policers h 1 skip_sw
	side_policers s 4 skip_hw
	differential "${words[@]}" "$@" || differs=$?
	tc actions flush action police
	side_hard
	sides_down
}

# The kernel gives a flowtable back a moment after its ruleset.
module_leaves() { rmmod nft_offload 2> "$WORK/rmmod"; }

shape_flowtable() {
	sides_quiet
	side_nic h 0 "$profile"
	side_nic s 1
	modprobe -a nf_conntrack nf_flow_table
	echo 1000000 > /proc/sys/net/netfilter/nf_conntrack_max
	# Nothing of it ends.
	echo 131072 > /proc/sys/net/netfilter/nf_conntrack_buckets
	daemon_start --grace 10
	# Of a run before.
	conntrack -F 2> "$WORK/conntrack"
	router_up h "flags offload"
	router_up s
	differential --router "$@" || differs=$?
	daemon_stop
	nft flush ruleset
	ip netns del soft
	until_true 20 module_leaves
	sides_down
}

# bridge LETTER [SET...]: the representors in a bridge that does what rules say,
# SET for each of them.
bridge() {
	local l=$1 n
	shift
	ovs-vsctl add-br "${l}br" -- set-fail-mode "${l}br" secure \
		-- set Bridge "${l}br" protocols=OpenFlow10,OpenFlow15
	for ((n = 0; n <= SIDE_VFS; n++)); do
		tc qdisc del dev "${l}rep$n" clsact
		ovs-vsctl add-port "${l}br" "${l}rep$n" \
			-- set Interface "${l}rep$n" ofport_request=$((n + 1)) "$@"
	done
}

shape_openflow() {
	sides_quiet
	side_nic h 0 "$profile"
	side_nic s 1
	ovs_up
	bridge h
	bridge s other_config:hw-offload-priority=none
	differential --bridge "$@" || differs=$?
	ovs-vsctl del-br hbr -- del-br sbr
	ovs_down
	sides_down
}

[ -d /sys/module/eswsim ] || modprobe eswsim
"shape_$shape" "$@"
exit $differs
