#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# quick: yes
# group: ovs
# ovs: yes
# timeout: 600
#
# Open vSwitch with the provider, three VMs on one bridge: flows go to hardware
# and do there what OpenFlow says, they are counted, changed under traffic
# without a loss, found again by the next ovs-vswitchd after a kill -9, and
# gone when hardware offload is turned off.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"

nic_up 3
ovs_up
for n in 0 1 2; do
	ovs_vm $n
	# Nothing but what the test sends.
	vm $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1
done
ovs-vsctl set-fail-mode br0 secure -- set Interface "$(rep 0)" ofport_request=1 -- \
	set Interface "$(rep 1)" ofport_request=2 -- set Interface "$(rep 2)" ofport_request=3
for n in 0 1 2; do
	# By hand, so that no ARP needs a rule of its own.
	for other in 0 1 2; do
		mac=$(vm $other cat /sys/class/net/eth0/address)
		[ $n = $other ] || vm $n ip neigh replace 10.1.0.$((other + 1)) lladdr "$mac" dev eth0
	done
done

# rules_are FLOW...: the OpenFlow rules from now on, and nothing of before.
rules_are() {
	printf '%s\n' "$@" > "$WORK/rules"
	ovs-ofctl -O OpenFlow13 replace-flows br0 "$WORK/rules"
	ovs-appctl revalidator/wait
}

# ping_all N: N pings of which none may be lost.
ping_all() {
	pinged 0 "$1" -i 0.1 10.1.0.2 ||
		die "packets lost: $(cat "$WORK/ping"; flows tc; tail -n 20 "$OVS_LOG")"
}

# flow_of N: the offloaded IP flow from the representor of VM N.
flow_of() {
	flows | grep "in_port($(rep "$1"))" | grep 0x0800
}

echo "--- packets and counters"
rules_are in_port=1,actions=2 in_port=2,actions=1
ping_all 20
miss=$(hw "$(rep 0)" hw_rx_miss_packets)
hit=$(hw "$(rep 0)" hw_rx_hit_packets)
flow_of 0 > "$WORK/flow" || die "no flow in hardware: $(flows tc; flows ovs)"
grep -q 'offloaded:yes, dp:tc' "$WORK/flow" || die "not told as offloaded: $(cat "$WORK/flow")"
ping_all 20
[ "$(hw "$(rep 0)" hw_rx_miss_packets)" = "$miss" ] || die "packets passed software"
[ "$(hw "$(rep 0)" hw_rx_hit_packets)" -ge $((hit + 20)) ] || die "hardware counts no packets"
n=$(flow_of 0 | sed 's/.*packets:\([0-9]*\), bytes:\([0-9]*\),.*/\1 \2/')
# An echo request is 98 bytes with its Ethernet header.
[ "${n#* }" = $((${n% *} * 98)) ] || die "bytes are not those of layer 2: $n"
[ "${n% *}" -ge 20 ] || die "the flow counts $n of 40 packets"
until_true 20 eval '[ "$(ovs-ofctl -O OpenFlow13 dump-flows br0 in_port=1 | sed -n "s/.*n_packets=\([0-9]*\).*/\1/p")" -ge 40 ]' ||
	die "OpenFlow counts: $(ovs-ofctl -O OpenFlow13 dump-flows br0)"

echo "--- TTL"
rules_are ip,in_port=1,actions=dec_ttl,2 in_port=2,actions=1
ping_all 3
vm 1 tcpdump -Z root -nnv -c 5 -i eth0 icmp[0]==8 > "$WORK/dump" 2> "$WORK/dump.err" &
capture=$!
until_true 60 grep -q listening "$WORK/dump.err"
hit=$(hw "$(rep 0)" hw_rx_hit_packets)
ping_all 5
until_true 10 eval '! kill -0 $capture 2>/dev/null' || die "nothing captured"
[ "$(grep -c 'ttl 63' "$WORK/dump")" = 5 ] || die "TTL: $(cat "$WORK/dump")"
[ "$(hw "$(rep 0)" hw_rx_hit_packets)" -ge $((hit + 5)) ] || die "TTL: not in hardware: $(flows tc; flows ovs)"

echo "--- VLAN pushed and popped"
vm 1 ip link add link eth0 name eth0.7 type vlan id 7
vm 1 ip link set eth0.7 up
vm 1 ip addr add 10.7.0.2/24 dev eth0.7
vm 0 ip addr add 10.7.0.1/24 dev eth0
vm 0 ip neigh replace 10.7.0.2 lladdr "$(vm 1 cat /sys/class/net/eth0/address)" dev eth0
vm 1 ip neigh replace 10.7.0.1 lladdr "$(vm 0 cat /sys/class/net/eth0/address)" dev eth0.7
rules_are "in_port=1,actions=push_vlan:0x8100,set_field:4103->vlan_vid,2" in_port=2,dl_vlan=7,actions=strip_vlan,1
vm 0 ping -q -i 0.1 -c 5 10.7.0.2 > "$WORK/ping" || die "VLAN: $(cat "$WORK/ping"; flows tc; flows ovs)"
hit=$(hw "$(rep 0)" hw_rx_hit_packets) back=$(hw "$(rep 1)" hw_rx_hit_packets)
vm 0 ping -q -i 0.1 -c 10 10.7.0.2 > "$WORK/ping" || die "VLAN: $(cat "$WORK/ping")"
[ "$(hw "$(rep 0)" hw_rx_hit_packets)" -ge $((hit + 10)) ] || die "push_vlan: not in hardware: $(flows ovs)"
[ "$(hw "$(rep 1)" hw_rx_hit_packets)" -ge $((back + 10)) ] || die "pop_vlan: not in hardware: $(flows ovs)"

echo "--- drop"
rules_are in_port=1,actions=drop in_port=2,actions=1
vm 0 ping -q -i 0.1 -c 3 -W 1 10.1.0.2 > "$WORK/ping" || true
dropped=$(hw "$(rep 0)" hw_rx_drop_packets)
vm 0 ping -q -i 0.1 -c 10 -W 1 10.1.0.2 > "$WORK/ping" || true
grep -q ' 0 received' "$WORK/ping" || die "not dropped: $(cat "$WORK/ping")"
[ "$(hw "$(rep 0)" hw_rx_drop_packets)" -ge $((dropped + 10)) ] || die "not dropped in hardware: $(flows tc; flows ovs)"

echo "--- mirror to two ports"
rules_are in_port=1,actions=3,2 in_port=2,actions=1
ping_all 3
vm 2 tcpdump -Z root -nn -c 10 -i eth0 icmp[0]==8 > "$WORK/dump" 2> "$WORK/dump.err" &
capture=$!
until_true 60 grep -q listening "$WORK/dump.err"
hit=$(hw "$(rep 0)" hw_rx_hit_packets)
ping_all 10
until_true 10 eval '! kill -0 $capture 2>/dev/null' || die "no copies: $(cat "$WORK/dump" "$WORK/dump.err")"
[ "$(hw "$(rep 0)" hw_rx_hit_packets)" -ge $((hit + 10)) ] || die "mirror: not in hardware"

echo "--- modified under traffic"
replaced=$(stat_of 'Rules replaced')
pinged 0 400 -i 0.02 10.1.0.2 &
pinger=$!
while kill -0 $pinger 2>/dev/null; do
	rules_are in_port=1,actions=2 in_port=2,actions=1
	rules_are in_port=1,actions=3,2 in_port=2,actions=1
done
wait $pinger || die "lost while modified: $(cat "$WORK/ping")"
[ "$(stat_of 'Rules replaced')" -gt "$replaced" ] || die "nothing was replaced: $(ovs-appctl dpctl/offload-stats-show)"

echo "--- a refused flow is the datapath's, and told of with its reason"
refused=$(stat_of 'Refused: action_unsupported')
rules_are "in_port=1,actions=output(port=2,max_len=1500)" in_port=2,actions=1
ping_all 5
if flow_of 0 > "$WORK/flow"; then
	die "it is in hardware: $(cat "$WORK/flow")"
fi
[ "$(stat_of 'Refused: action_unsupported')" -gt "${refused:-0}" ] || die "no reason: $(ovs-appctl dpctl/offload-stats-show)"
rules_are in_port=1,actions=2 in_port=2,actions=1
ping_all 5
flow_of 0 > "$WORK/flow" || die "it does not come back: $(flows tc; flows ovs)"

echo "--- kill -9 and adoption"
pinged 0 300 -i 0.05 10.1.0.2 &
pinger=$!
sleep 1
miss=$(hw "$(rep 0)" hw_rx_miss_packets)
before=$(rules "$(rep 0)" "$(rep 1)")
vswitchd_stop KILL
[ "$(rules "$(rep 0)" "$(rep 1)")" = "$before" ] || die "rules went with the process"
# As OVS's scripts do: no flow is judged before the rules are there.
ovs-vsctl --no-wait set Open_vSwitch . other_config:flow-restore-wait=true
vswitchd_start
until_true 20 ovs-ofctl -O OpenFlow13 replace-flows br0 "$WORK/rules" || die "no bridge: $(tail -n 20 "$OVS_LOG")"
ovs-vsctl --no-wait remove Open_vSwitch . other_config flow-restore-wait
until_true 20 eval '[ "$(stat_of "Rules adopted")" -ge 2 ]' ||
	die "nothing adopted: $(ovs-appctl dpctl/offload-stats-show; tail -n 20 "$OVS_LOG")"
wait $pinger || die "lost at the restart: $(cat "$WORK/ping")"
[ "$(hw "$(rep 0)" hw_rx_miss_packets)" = "$miss" ] || die "packets passed software at the restart"
sleep 12	# the grace
ping_all 5
[ "$(stat_of 'Rules of an earlier process')" = 0 ] || die "orphans: $(ovs-appctl dpctl/offload-stats-show)"
flow_of 0 | sees 'offloaded:yes' || die "the flow is gone: $(flows tc; flows ovs)"

echo "--- idle flows go"
until_true 40 eval '[ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ]' || die "they stay: $(flows tc)"

echo "--- hardware offload off"
ping_all 5
[ "$(rules "$(rep 0)")" -ge 1 ] || die "no rule to begin with"
vswitchd_stop KILL
ovs-vsctl --no-wait set Open_vSwitch . other_config:hw-offload=false
vswitchd_start
until_true 20 eval '[ "$(rules "$(rep 0)" "$(rep 1)" "$(rep 2)")" = 0 ]' ||
	die "rules of the former process stay: $(tc filter show dev "$(rep 0)" ingress)"
until_true 20 ovs-ofctl -O OpenFlow13 replace-flows br0 "$WORK/rules"
ping_all 5

ovs_down
