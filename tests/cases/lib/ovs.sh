# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# ovs: Open vSwitch with the provider in it, on the ports of testbed.sh's NIC.
# To be sourced after testbed.sh, in a case with "# ovs: yes".
#
#    netns vm0                            the guest = hypervisor                             netns vm1
#   +------------+                +-----------------------------------+                +------------+
#   | VF 0       |    eswsim0     | representor    br0    representor |    eswsim0     | VF 1       |
#   | 10.1.0.1   |~~~~~~~~~~~~~~~~| pf0vf0 --(OpenFlow rules)-- pf0vf1|~~~~~~~~~~~~~~~~| 10.1.0.2   |
#   | fd01::1    |                |        ovs-vswitchd + provider    |                | fd01::2    |
#   +------------+                +-----------------------------------+                +------------+

OVS_PRELOAD=/usr/lib/nft-offload/nft_offload_ovs.so
OVS_RUN=/var/run/openvswitch
OVS_LOG=/var/log/openvswitch/ovs-vswitchd.log
OVS_OURS="hw-offload=true hw-offload-priority=nft_offload,tc"

# What ovs-vswitchd warns of in any guest.
OVS_LOG_ALLOWED='cannot get R?STP status on nonexistent port|Unreasonably long|poll interval|context switches|faults: |disk: |Dropped .* log messages|extended ack support failed|blocked .* ms waiting|dumping flows'

# ovsdb_start [KEY=VALUE...]: an empty database, with other_config set so, and no
# log of a case before.
ovsdb_start() {
	local word
	mkdir -p $OVS_RUN "${OVS_LOG%/*}" /etc/openvswitch
	rm -f /etc/openvswitch/conf.db $OVS_LOG
	ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
	ovsdb-server --detach --pidfile --log-file --remote=punix:$OVS_RUN/db.sock 2> "$WORK/ovsdb.err" ||
		die "ovsdb-server: $(cat "$WORK/ovsdb.err")"
	ovs-vsctl --no-wait init
	for word; do
		ovs-vsctl --no-wait set Open_vSwitch . "other_config:$word"
	done
}

# vswitchd_start [COMMAND...]: ovs-vswitchd with the provider; COMMAND, such as
# env with a variable, is put before it. What it says goes to $WORK/vswitchd.err.
vswitchd_start() {
	modprobe openvswitch
	env "LD_PRELOAD=$OVS_PRELOAD" "$@" ovs-vswitchd --detach --no-chdir --pidfile --log-file \
		2> "$WORK/vswitchd.err" || die "ovs-vswitchd: $(cat "$WORK/vswitchd.err")"
}

# vswitchd_pid: fails if there is none.
vswitchd_pid() {
	local pid
	{ read -r pid < $OVS_RUN/ovs-vswitchd.pid; } 2>/dev/null && kill -0 "$pid" && echo "$pid"
}

# vswitchd_stop [SIGNAL]: ends it and waits for it; without SIGNAL as OVS's own
# scripts do, which leaves flows as they are.
vswitchd_stop() {
	local pid
	pid=$(vswitchd_pid) || return 0
	if [ -n "${1:-}" ]; then
		kill "-$1" "$pid"
	else
		ovs-appctl exit
	fi
	until_true 20 vswitchd_gone "$pid" || die "ovs-vswitchd does not end"
}

vswitchd_gone() {
	! kill -0 "$1" 2>/dev/null
}

# ovs_up [KEY=VALUE...]: database, ovs-vswitchd, bridge br0 that switches
# normally; other_config as given, hardware offload by the provider without.
ovs_up() {
	[ $# -gt 0 ] || set -- $OVS_OURS
	ovsdb_start "$@"
	vswitchd_start
	ovs-vsctl add-br br0
}

# ovs_down: all of ovs_up goes, the datapath too, and the policers that OVS's own
# provider makes of meters and leaves there when it is killed.
ovs_down() {
	vswitchd_stop
	nft-offload flush ovs > /dev/null	# rules hold policers
	[ -z "$(tc actions ls action police 2>/dev/null)" ] || tc actions flush action police
	if [ -e $OVS_RUN/ovsdb-server.pid ]; then
		ovs-appctl -t ovsdb-server exit
	fi
	if ovs-dpctl dump-dps | sees ovs-system; then
		ovs-dpctl del-dp ovs-system
	fi
}

# ovs_vm N: namespace vmN with VF N in it, its representor a port of br0.
ovs_vm() {
	local n=$1 dev
	vm_netns "$n"
	ip -n "vm$n" addr add "10.1.0.$((n + 1))/24" dev eth0
	ip -n "vm$n" addr add "fd01::$((n + 1))/64" dev eth0 nodad
	dev=$(rep "$n")
	ip link set "$dev" up
	ovs-vsctl add-port br0 "$dev"
}

# ovs_bed [KEY=VALUE...]: NIC, two VMs on br0, who reach each other.
ovs_bed() {
	nic_up 2
	ovs_up "$@"
	ovs_vm 0
	ovs_vm 1
	until_true 60 vm 0 ping -q -c 1 -W 2 10.1.0.2 > "$WORK/ping" ||
		die "vm0 does not reach vm1: $(cat "$WORK/ping"; tail -n 20 $OVS_LOG)"
}

# both_bed: VMs 0 and 1 behind the router of testbed.sh, 2 and 3 with the addresses
# 10.1.0.1 and 10.1.0.2, for br0.
both_bed() {
	local n
	bed_up 4 > /dev/null
	for n in 2 3; do
		ip addr flush dev "$(rep $n)"
		ip -n vm$n addr flush dev eth0
		ip -n vm$n addr add 10.1.0.$((n - 1))/24 dev eth0
	done
}

# vms_bare VMS: namespaces with VFs without addresses, and with nothing to say
# but what a test sends.
vms_bare() {
	local n
	sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	for ((n = 0; n < $1; n++)); do
		vm_netns "$n"
		vm "$n" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
		ip link set "$(rep "$n")" up
	done
}

# wire_netns: the wire's end in namespace out, as silent as the VMs.
wire_netns() {
	ip netns add out
	ip link set "$(port wire)" netns out name eth0
	ip netns exec out sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	ip -n out link set eth0 up
}

# wire_bare US PEER PEER-MAC: wire_netns; the uplink has address US and knows PEER
# behind it.
wire_bare() {
	wire_netns
	ip link set "$(port p0)" up
	ip addr add "$1/24" dev "$(port p0)"
	ip neigh replace "$2" lladdr "$3" dev "$(port p0)" nud permanent
}

# ports_bare VMS: representor N becomes port N + 1 of br0, which forwards nothing
# that no rule says.
ports_bare() {
	local n
	ovs-vsctl set-fail-mode br0 secure
	for ((n = 0; n < $1; n++)); do
		ovs-vsctl add-port br0 "$(rep "$n")" -- set Interface "$(rep "$n")" ofport_request=$((n + 1))
	done
}

# bridge_bare VMS KEY=VALUE...: as ovs_up, with these ports.
bridge_bare() {
	local vms=$1
	shift
	ovs_up "$@"
	ports_bare "$vms"
}

# ovs_off: ovs_down, with no rule of the provider left behind.
ovs_off() {
	vswitchd_stop
	ovs-vsctl --no-wait set Open_vSwitch . other_config:hw-offload=false
	vswitchd_start
	until_true 20 ovs_off_clean || die "rules are left behind: $(tc filter show dev "$(rep 0)" ingress)"
	ovs_down
}

ovs_off_clean() {
	[ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ]
}

# ovs_log_clean [PATTERN]: nothing that ovs-vswitchd warned of but what matches.
ovs_log_clean() {
	local said
	said=$(grep -E '\|(WARN|ERR|EMER)\|' $OVS_LOG | grep -vE "$OVS_LOG_ALLOWED${1:+|$1}" || :)
	[ -z "$said" ] || die "ovs-vswitchd says: $said"
}

# stat_of NAME: this one of the provider's figures.
stat_of() {
	ovs-appctl dpctl/offload-stats-show | sed -n "s/^ *$1: *//p"
}

# flows [TYPE]: the flows of the datapath of this type (offloaded).
flows() {
	ovs-appctl dpctl/dump-flows -m "type=${1:-offloaded}"
}
