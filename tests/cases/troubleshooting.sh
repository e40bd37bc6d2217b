#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# group: readme
# timeout: 1200
#
# docs/troubleshooting.md: each of its faults is made here, its block of commands
# carried out as it stands, and then the fault is gone, and a connection in hardware
# where that is what was missing. systemctl and journalctl are played: the guest has
# no systemd.
# shellcheck disable=SC2016
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

DOC=${NFT_OFFLOAD_SRC:-/src}/docs/troubleshooting.md
LOG=$WORK/daemon.log
CONF=/etc/nft-offload/nft-offload.conf

mkdir -p "$WORK/bin"
PATH=$WORK/bin:$PATH
cat > "$WORK/bin/systemctl" <<SH
#!/bin/bash
case "\$*" in
"start nft-offloadd")
	pgrep -x nft-offloadd > /dev/null && exit
	nft-offloadd >> $LOG 2>&1 &
	for ((i = 0; i < 100; i++)); do
		nft-offload stats > /dev/null 2>&1 && exit
		kill -0 \$! 2> /dev/null || { echo "Job for nft-offloadd.service failed."; exit 1; }
		sleep 0.1
	done
	;;
"stop nft-offloadd")
	pkill -TERM -x nft-offloadd
	while pgrep -x nft-offloadd > /dev/null; do sleep 0.1; done
	;;
"reload nft-offloadd") pkill -HUP -x nft-offloadd; sleep 1 ;;
*) echo "systemctl \$*: not played"; exit 1 ;;
esac
SH
printf '#!/bin/bash\n[ "$1 $2 $3" = "-u nft-offloadd -n" ] && tail -n "$4" %s\n' "$LOG" > "$WORK/bin/journalctl"
chmod +x "$WORK"/bin/*
: > "$LOG"
cp $CONF "$WORK/conf"

DONE=0
# block SYMPTOM PATTERN: the commands under the heading that begins so are carried
# out, and what they print has the pattern.
block() {
	echo "--- $1"
	awk -v heading="## $1" '/^## / { on = index($0, heading) == 1 } on && /^```$/ { code = 0 }
		on && code { print } on && /^```sh$/ { code = 1 }' "$DOC" |
		sed "s,pci/0000:03:00.0,eswsim/eswsim0," > "$WORK/block"
	[ -s "$WORK/block" ] || die "no block under '$1'"
	bash "$WORK/block" > "$WORK/out" 2>&1 || :
	grep -qE -- "$2" "$WORK/out" || die "'$1' does not show '$2': $(cat "$WORK/out")"
	! grep -E 'command not found|not played|syntax error' "$WORK/out" || die "$1"
	DONE=$((DONE + 1))
}

PORT=5000
# flow PPS: a new one; STATE [REASON] of it with state_of.
flow() {
	PORT=$((PORT + 1))
	ip netns exec vm1 udpflow recv $PORT --for 1100 > /dev/null &
	until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :$PORT' | grep -q ."
	ip netns exec vm0 udpflow send 10.0.1.2 $PORT 1000000 --pps "$1" --warmup 3 > /dev/null 2>&1 &
}
is() { nft-offload flows --json 2> /dev/null | jq -se --argjson p $PORT "any(.[]; .original.dport == \$p and ($1))" > /dev/null; }
in_hw() { is '.original.state == "in_hw" and .reply.state == "in_hw"'; }
reason() { is ".original.reason == \"$1\" or .reply.reason == \"$1\""; }
hardware() { until_true 90 in_hw || die "not in hardware: $(nft-offload flows; cat "$LOG")"; }
# check's own status says of all findings together.
checked() { { nft-offload check --json || :; } | jq -se --arg c "$1" 'any(.[]; .check == $c and .verdict != "ok")' > /dev/null; }
no_flows() {
	# shellcheck disable=SC2046
	reap KILL $(jobs -p)
	vm_kill vm0
	vm_kill vm1
}

# --- the NIC ---
ip link set lo up
nic_up 2 legacy
block 'No representors' 'devlink dev eswitch set eswsim/eswsim0 mode switchdev'
until_true 30 rep 0 > /dev/null || die "no representor"
! checked eswitch_mode || die "$(nft-offload check)"
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
vm_up 0
vm_up 1
for n in 0 1; do
	dev=$(rep $n)
	ip link set "$dev" down
	ip link set "$dev" name rep$n
	ip link set rep$n up
	ip addr replace "10.0.$n.1/24" dev rep$n
done
sed 's/{ eth0, eth1 }/{ rep0, rep1 }/' "${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft" > /etc/nftables.conf

# --- daemon, module, ruleset ---
modprobe -r nft_offload 2> /dev/null || :
loader=$(sysctl -n kernel.modprobe)
sysctl -qw kernel.modprobe=/bin/false
block 'The daemon does not start' 'the kernel module nft_offload is not loaded: modprobe nft_offload'
sysctl -qw kernel.modprobe="$loader"
nft-offload stats > /dev/null || die "the daemon does not run: $(cat "$LOG")"
systemctl stop nft-offloadd
rmmod nft_offload
modprobe --ignore-install nf_flow_table
insmod "$(modinfo -n nf_flow_table_inet)"
! nft -f /etc/nftables.conf 2> "$WORK/nft" || die "the ruleset loads"
grep -q 'Operation not supported' "$WORK/nft" || die "$(cat "$WORK/nft")"
block 'The ruleset does not load' 'nf_flow_table_inet is'
flow 20
hardware
no_flows
nft -f <(sed '/flow add/d' /etc/nftables.conf)
flow 20
until_true 30 ct "dport=$PORT" || die "no flow"
block '`nft-offload flows` shows nothing' 'flow add'
hardware

# --- not in hardware ---
systemctl stop nft-offloadd
until_true 60 checked provider || die "$(nft-offload check)"
block '`conntrack -L` shows `[OFFLOAD]`' 'nobody in this network namespace takes its flows'
hardware
no_flows
# Not while there are rules.
systemctl stop nft-offloadd
ethtool -K rep0 hw-tc-offload off
systemctl start nft-offloadd
flow 20
until_true 60 reason hw_tc_offload_off || die "$(nft-offload flows)"
block 'Reason `hw_tc_offload_off`' 'hw_tc_offload_off'
hardware
tc qdisc add dev rep1 root tbf rate 1gbit burst 100k latency 50ms
until_true 60 reason qdisc || die "$(nft-offload flows)"
block 'Reason `qdisc`' 'qdisc tbf'
hardware
tc qdisc del dev rep1 root
ip link set rep1 mtu 1400
until_true 60 reason mtu || die "$(nft-offload flows)"
block 'Reason `mtu`' 'mtu 1400'
hardware
echo 28 > /sys/kernel/debug/eswsim/eswsim0/fail_errno
echo 1000000 > /sys/kernel/debug/eswsim/eswsim0/fail_next
flow 20
until_true 60 reason table_full || die "$(nft-offload flows)"
block 'Reason `table_full`' 'table_full +[1-9]'
grep -qE "10\.0\.1\.2:$PORT +no .* table_full$" "$WORK/out" || die "top does not show it: $(cat "$WORK/out")"
echo 0 > /sys/kernel/debug/eswsim/eswsim0/fail_next
hardware

# --- in hardware, but ---
nft add set inet filter seen '{ type ipv4_addr; }'
(for ((i = 1; i < 250; i++)); do nft add element inet filter seen "{ 192.0.2.$i }"; sleep 0.2; done) &
sleep 3
block 'Connections leave hardware all the time' 'teardowns +[1-9]'
grep -q 'add element inet filter seen' "$WORK/out" || die "what changes is not shown: $(cat "$WORK/out")"
kill $! || :
hardware
tc filter add dev rep0 ingress pref 3 protocol ip flower skip_hw dst_ip 192.0.2.1 action drop
checked foreign_rules || die "$(nft-offload check)"
block 'Packets take another way' '192.0.2.1'
! checked foreign_rules || die "$(nft-offload check)"
block 'A capture on the representor' 'hw_rx_hit_packets: [1-9]'

# --- the rest ---
sysctl -qw net.netfilter.nf_conntrack_acct=0
block '`nft-offload top` shows nothing' $'^\t+counter'
[ "$(sysctl -n net.netfilter.nf_conntrack_acct)" = 1 ] || die "not set"
echo 'grace = long' >> $CONF
block 'A change in `nft-offload.conf`' "nft-offload.conf:[0-9]+: grace = 'long': give whole seconds from 0 to 600"
cp "$WORK/conf" $CONF
nft-offload-exporter > "$WORK/exporter" 2>&1 &
until_true 30 grep -q 'answers at' "$WORK/exporter" || die "$(cat "$WORK/exporter")"
systemctl stop nft-offloadd
block 'Prometheus gets no figures' 'does not answer: No such file or directory'
grep -qx '# EOF' "$WORK/out" || die "no figures: $(cat "$WORK/out")"
flow 20
hardware
pkill -KILL -x nft-offload-grd
pkill -KILL -x nft-offloadd
left() { [ "$(rules rep0 rep1)" != 0 ] && checked orphans; }
until_true 60 left || die "no rule is left: $(nft-offload check; tc filter show dev rep0 ingress)"
block 'Rules stay though no daemon runs' 'rules removed'
[ "$(rules rep0 rep1)" = 0 ] || die "rules are left"

[ $DONE = "$(grep -c '^```sh$' "$DOC")" ] || die "$DONE blocks carried out, and there are $(grep -c '^```sh$' "$DOC")"
echo "$DONE blocks"
no_flows
bed_down
