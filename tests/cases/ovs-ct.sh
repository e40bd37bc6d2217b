#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev
# group: ovs
# ovs: yes
# timeout: 600
#
# Open vSwitch with the provider, OpenFlow rules that track connections, between
# two VMs: a new connection begins in software, and once it is established
# hardware carries it, with and without NAT, and loses nothing on the way. What
# hardware never carries, ping, passes by TC's software and not by upcalls.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"
. "$(dirname "$0")/lib/ct.sh"

PPS=2000 PATIENCE=30
udp_tell() { flows tc; flows ovs; }

# rules_are NAT COMMIT: VM 0 may begin connections; words of ct().
rules_are() {
	ovs-ofctl -O OpenFlow13 replace-flows br0 - <<-EOF
		table=0,ip,ct_state=-trk,actions=ct(zone=$ZONE,table=1$1)
		table=1,in_port=1,ip,ct_state=+trk+new,actions=ct(commit,zone=$ZONE$2),2
		table=1,in_port=1,ip,ct_state=+trk+est,actions=2
		table=1,in_port=2,ip,ct_state=+trk+est,actions=1
	EOF
	ovs-appctl revalidator/wait
}

upcalls() { ovs-dpctl show system@ovs-system | sed -n 's/.* missed:\([0-9]*\) .*/\1/p'; }

modprobe -a nf_conntrack act_ct
# On a slow machine OVS drops flows with few packets rather than judge them anew.
# shellcheck disable=SC2086 # words
ovs_bed $OVS_OURS min-revalidate-pps=0
[ -e $DEBUG ] || mount -t debugfs debugfs /sys/kernel/debug
sysctl -qw net.netfilter.nf_conntrack_acct=1
ovs-vsctl set-fail-mode br0 secure -- set Interface "$(rep 0)" ofport_request=1 -- \
	set Interface "$(rep 1)" ofport_request=2
for n in 0 1; do
	vm $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1
	mac=$(vm $((1 - n)) cat /sys/class/net/eth0/address)
	vm $n ip neigh replace 10.1.0.$((2 - n)) lladdr "$mac" dev eth0
	[ $n = 1 ] || vm 0 ip neigh replace 10.1.0.100 lladdr "$mac" dev eth0
done

CASE=plain
rules_are "" ""
udp "$CASE" 10.1.0.2 5001 5001

CASE=ping
vm 0 ping -q -i 0.1 -c 10 10.1.0.2 > "$WORK/ping" || die "$CASE: $(cat "$WORK/ping"; flows tc; flows ovs)"
missed=$(upcalls)
pinged 0 40 -i 0.1 10.1.0.2 || die "$CASE: $(cat "$WORK/ping")"
missed=$(($(upcalls) - missed))
[ $missed -lt 20 ] || die "$CASE: $missed upcalls for 80 packets: $(flows tc; flows ovs)"

CASE=DNAT
rules_are ",nat" ",nat(dst=10.1.0.2:5001)"
udp "$CASE" 10.1.0.100 6001 5001

ovs_log_clean
ovs_down
