#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# ovs: yes
# group: readme
# timeout: 600
#
# docs/guide-router.md and docs/guide-ovs.md: who does what they say, block after
# block, has connections in hardware, by nftables and by Open vSwitch. systemctl is
# played: the guest has no systemd.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

DOCS=${NFT_OFFLOAD_SRC:-/src}/docs
DONE=0

mkdir -p "$WORK/bin" /etc/sysctl.d /etc/modules-load.d
PATH=$WORK/bin:$PATH
cat > "$WORK/bin/systemctl" <<SH
#!/bin/bash
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"
case "\$*" in
"enable --now nftables nft-offloadd")
	nft -f /etc/nftables.conf
	nft-offloadd > "$WORK/daemon.log" 2>&1 &
	until_true 30 nft-offload stats > "$WORK/stats"
	;;
"enable --now nft-offload-exporter")
	nft-offload-exporter > "$WORK/exporter" 2>&1 &
	until_true 30 grep -q 'answers at' "$WORK/exporter"
	;;
"restart openvswitch") vswitchd_stop && vswitchd_start ;;
*) echo "systemctl \$*: not played"; exit 1 ;;
esac
SH
chmod +x "$WORK/bin/systemctl"

# code GUIDE HEADING LANGUAGE N: the Nth block in it under the heading.
code() {
	awk -v heading="## $2" -v fence="\`\`\`$3" -v wanted="$4" '
		/^## / { here = index($0, heading) == 1; next }
		!here { next }
		/^```/ { inside = inside ? 0 : $0 == fence ? 1 : 2; n += inside == 1; next }
		inside == 1 && n == wanted' "$DOCS/$1" |
		sed "s,pci/0000:01:00.0,eswsim/eswsim0,
			s/enp1s0f0_0/$(rep 0)/g; s/enp1s0f0_1/$(rep 1)/g; s/enp1s0f0/$(port p0)/g"
}
# follow GUIDE HEADING N PATTERN: these commands are carried out, and what they print
# has the pattern. check's status says of the whole host.
follow() {
	echo "--- $1: $2, $3"
	{
		echo 'nft-offload() { command nft-offload "$@" || [ "$1" = check ]; }'
		code "$1" "$2" sh "$3"
	} > "$WORK/block"
	bash -ux "$WORK/block" > "$WORK/out" 2>&1 || die "$2, $3: $(cat "$WORK/out")"
	! grep -E 'not found|not played|syntax error|^ovs-vsctl: ' "$WORK/out" || die "$2, $3"
	grep -qE -- "$4" "$WORK/out" || die "'$2', $3 does not show '$4': $(cat "$WORK/out")"
	DONE=$((DONE + 1))
}
talk() { # ADDRESS PORT
	ip netns exec vm1 udpflow recv "$2" --for 500 > /dev/null &
	disown
	until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :$2' | grep -q ."
	ip netns exec vm0 udpflow send "$1" "$2" 1000000 --pps 50 --warmup 3 > /dev/null 2>&1 &
	disown
}
quiet() {
	local n
	for n in 0 1; do
		vm_kill vm$n
		ip -n vm$n addr flush dev eth0
		ip addr flush dev "$(rep $n)"
	done
}

ip link set lo up
nic_up
for n in 0 1; do
	vm_netns $n
	ip link set "$(rep $n)" up
	ip -n vm$n addr add "10.0.$n.2/24" dev eth0
	ip -n vm$n route add default via "10.0.$n.1"
done
GUIDE=guide-router.md
follow $GUIDE 'Routing' 1 'nf_conntrack_acct = 1'
code $GUIDE 'The ruleset' '' 1 > /etc/nftables.conf
follow $GUIDE 'The ruleset' 1 "^$(rep 0) "
until_true 60 answers 10.0.1.2 || die "vm0 does not reach vm1: $(cat "$WORK/ping")"
talk 10.0.1.2 5000
in_hw() { nft-offload flows --json | jq -se 'any(.[]; .original.state == "in_hw" and .reply.state == "in_hw")' > /dev/null; }
until_true 60 in_hw || die "not in hardware: $(nft-offload flows)"
follow $GUIDE 'What it does' 1 'HW_OFFLOAD'
follow $GUIDE 'Figures' 1 '^nft_offload_flows.* [1-9]'
quiet
pkill nft-offload-exp
pkill -x nft-offloadd
nft flush ruleset
until_true 20 rmmod nft_offload

ovsdb_start
vswitchd_start
for n in 0 1; do
	ip -n vm$n addr add "10.1.0.$((n + 1))/24" dev eth0
done
GUIDE=guide-ovs.md
follow $GUIDE 'VFs and switchdev' 1 'mode switchdev'
follow $GUIDE 'Open vSwitch' 1 'nft_offload'
until_true 60 answers 10.1.0.2 || die "vm0 does not reach vm1: $(cat "$WORK/ping")"
talk 10.1.0.2 5000
carried() { ovs-appctl nft-offload/flows ovs | sees -E 'state:in_hw.*packets:[1-9][0-9]{2}'; }
until_true 60 carried || die "not in hardware: $(ovs-appctl nft-offload/flows)"
follow $GUIDE 'Open vSwitch' 2 'offloaded:yes|state:in_hw'
follow $GUIDE 'Open vSwitch' 3 'gnv0'
until_true 30 ip link show genev_sys_6081 > "$WORK/link" || die "no tunnel: $(cat $OVS_LOG)"
follow $GUIDE 'Under OVN' 1 'iface-id=vm-a-port'
[ "$(ovs-vsctl port-to-br "$(rep 0)")" = br-int ] || die "the port is not in br-int: $(ovs-vsctl show)"

blocks=$(cat "$DOCS"/guide-*.md | grep -c '^```sh$')
[ $DONE = "$blocks" ] || die "$DONE blocks carried out, and there are $blocks"
quiet
ovs_down
rmmod eswsim
