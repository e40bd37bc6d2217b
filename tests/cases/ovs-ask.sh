#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# ovs: yes
# group: ovs
# timeout: 600
#
# nft-offload and nft-offload-exporter ask the provider in ovs-vswitchd as they ask
# the daemon: flows of both sources, why, the hottest, figures; who may, and what
# is said when it has gone.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/ovs.sh"
OVS_SOCKET=$OVS_RUN/nft-offload.sock

getent group nft-offload > /dev/null || groupadd -r nft-offload 2> /dev/null || echo 'nft-offload:x:990:' >> /etc/group
gid=$(getent group nft-offload | cut -d: -f3)
# nobody GROUPS COMMAND...: as a user without any right.
nobody() { setpriv --reuid 65534 --regid 65534 "$1" --bounding-set=-all --no-new-privs "${@:2}"; }
rm -f /run/nft-offload/nft-offload.sock

# VMs 0 and 1 behind the router, 2 and 3 on br0, as in ovs-nft.sh.
both_bed
ovs_up hw-offload-priority=nft_offload,tc
for n in 2 3; do
	ovs-vsctl add-port br0 "$(rep $n)"
done

echo "--- nobody listens"
for word in flows stats "why ufid:00000000-0000-0000-0000-000000000001"; do
	# shellcheck disable=SC2086
	if nft-offload $word > "$WORK/out" 2>&1; then
		die "hw-offload is off and $word is answered: $(cat "$WORK/out")"
	fi
	grep -q 'nobody listens at /run/nft-offload/nft-offload.sock or /run/openvswitch/nft-offload.sock).*other_config:hw-offload=true' "$WORK/out" ||
		die "$word: $(cat "$WORK/out")"
done

echo "--- flows of both"
modprobe nft_offload
ovs-vsctl set Open_vSwitch . other_config:hw-offload=true
ruleset
ip netns exec vm1 udpflow recv 5001 --for 500 > /dev/null &
until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :5001' | grep -q ."
ip netns exec vm0 udpflow send 10.0.1.2 5001 1000000 --pps 100 --from 7001 --warmup 3 > /dev/null 2>&1 &
ip netns exec vm2 ping -q -i 0.02 -c 100000 10.1.0.2 > /dev/null &
flows_now() { nft-offload flows --json > "$WORK/flows"; }
both() {
	flows_now && jq -se 'any(.[]; .type == "connection" and .original.dport == 5001 and .original.state == "in_hw" and
			.reply.state == "in_hw" and .original.packets > 50) and
		any(.[]; .type == "datapath_flow" and .state == "in_hw" and .path == "hardware" and .packets > 50 and
			(.flow | contains("0x0800")) and (.ingress | length) > 0 and (.egress | length) > 0)' "$WORK/flows" > /dev/null
}
until_true 60 both || die "$(cat "$WORK/flows"; nft-offload flows; ovs-appctl nft-offload/flows)"
nft-offload flows > "$WORK/text"
grep -q 'udp .*10.0.0.2:7001.*10.0.1.2:5001.* yes ' "$WORK/text" && grep -q 'Open vSwitch' "$WORK/text" &&
	grep -q '  ufid:.*, recirc_id(0).*actions:' "$WORK/text" || die "$(cat "$WORK/text")"
[ "$(nft-offload flows --not-in-hw --json | jq -s '[.[] | select(.type == "datapath_flow" and .state == "in_hw")] | length')" = 0 ] ||
	die "--not-in-hw: $(nft-offload flows --not-in-hw)"

echo "--- why"
nft-offload why udp 10.0.0.2:7001 10.0.1.2:5001 > "$WORK/why" || die "$(cat "$WORK/why")"
grep -q '^original .*in by ' "$WORK/why" && grep -q 'in hardware for' "$WORK/why" || die "$(cat "$WORK/why")"
ufid=$(jq -r 'select(.type == "datapath_flow" and .state == "in_hw" and (.flow | contains("0x0800"))) | .ufid' "$WORK/flows" | head -n 1)
nft-offload why "$ufid" > "$WORK/why" || die "$(cat "$WORK/why")"
grep -q "^$ufid$" "$WORK/why" && grep -q '  packets go by: hardware$' "$WORK/why" && grep -q '  rule: .*redirect' "$WORK/why" ||
	die "$(cat "$WORK/why")"
# Where it says that the rule lies, it does.
read -r dev pref handle < <(sed -n 's/^ *tc: dev \([^ ]*\) ingress chain 0 pref \([0-9]*\) handle \(0x[0-9a-f]*\)$/\1 \2 \3/p' "$WORK/why")
tc filter show dev "$dev" ingress | sees "pref $pref flower.*handle $handle" || die "no such rule: $(cat "$WORK/why")"
line=$(flows | grep "^$ufid")
[ "$(nft-offload why "${line#*, }" --json | jq -r .ufid)" = "$ufid" ] || die "by the flow: $line"
status=0
nft-offload why ufid:00000000-0000-0000-0000-000000000001 > "$WORK/why" || status=$?
[ $status = 1 ] && grep -q 'no such flow is known here' "$WORK/why" || die "status $status: $(cat "$WORK/why")"

echo "--- top"
rates() {
	nft-offload top -n 1 --json > "$WORK/top" && jq -se '.[0].datapath and
		any(.[]; .type == "flow" and .dport == 5001 and .packets_per_s >= 30) and
		any(.[]; .type == "flow" and (.ufid // "" | startswith("ufid:")) and .packets_per_s >= 10)' "$WORK/top" > /dev/null
}
until_true 60 rates || die "$(cat "$WORK/top")"
jq -se '[.[] | select(.type == "port_rate") | .hardware.in.packets_per_s] | add >= 40' "$WORK/top" > /dev/null || die "$(cat "$WORK/top")"
nft-offload top -n 1 > "$WORK/text"
grep -q 'ufid:' "$WORK/text" && grep -q '10.0.0.2:7001' "$WORK/text" || die "$(cat "$WORK/text")"

echo "--- figures, by the command and by HTTP"
nft-offload metrics > "$WORK/metrics"
grep -qx 'nft_offload_flows{state="in_hw"} 2' "$WORK/metrics" && grep -qE '^nft_offload_datapath_flows\{state="in_hw"\} [1-9]' "$WORK/metrics" &&
	grep -qE '^nft_offload_module_flows\{state="known"\} 2$' "$WORK/metrics" || die "$(cat "$WORK/metrics")"
nft-offload stats > "$WORK/text"
grep -q 'flows of Open vSwitch now, by state' "$WORK/text" || die "$(cat "$WORK/text")"
nft-offload ports | sees "$(rep 2)" || die "$(nft-offload ports)"
ip link set lo up
nobody --groups="$gid" nft-offload-exporter > "$WORK/exporter" 2>&1 &
EXPORTER=$!
until_true 30 sh -c "curl -sf http://127.0.0.1:19310/metrics > $WORK/body" || die "$(cat "$WORK/exporter")"
diff <(sed 's/ [0-9]*$//' "$WORK/metrics") <(sed 's/ [0-9]*$//' "$WORK/body") || die "another text than the command has"

echo "--- who may ask"
[ "$(stat -c '%G %a' $OVS_SOCKET)" = "nft-offload 660" ] || die "$(ls -l $OVS_SOCKET)"
nobody --groups="$gid" nft-offload stats > "$WORK/out" || die "the group is not heard"
if nobody --clear-groups nft-offload stats > "$WORK/out" 2>&1; then
	die "anybody is heard"
fi
grep -q 'not permitted to ask' "$WORK/out" || die "$(cat "$WORK/out")"

echo "--- words that mean nothing, clients that do nothing"
python3 - <<'PY'
import os, socket
path = "/var/run/openvswitch/nft-offload.sock"
def ask(line):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(60)
    s.connect(path)
    s.sendall(line)
    got = b""
    while True:
        data = s.recv(65536)
        if not data:
            return got
        got += data
for line in b"flush\n", b"\n", b"why\n", b"x" * 5000, b"top bytes 99999\n", b"flows now\n":
    try:
        assert ask(line) == b"", line
    except (ConnectionResetError, BrokenPipeError):
        pass
for line in b"why \n", b"why (((\n", b"why " + b"(" * 4000 + b"\n", b"why ufid:zz\n", b"why a\0b\n", b"why " + os.urandom(500).replace(b"\n", b"") + b"\n":
    assert ask(line) in (b"", b'{"type":"end","objects":0}\n'), line
idle = [socket.socket(socket.AF_UNIX) for _ in range(12)]
for s in idle:
    s.connect(path)
assert ask(b"version\n").endswith(b'"objects":1}\n')
PY

echo "--- ovs-vswitchd is killed, comes, and goes for good"
vswitchd_stop KILL
[ "$(curl -s -o "$WORK/body" -w '%{http_code}' http://127.0.0.1:19310/metrics)" = 503 ] || die "$(cat "$WORK/body")"
vswitchd_start
until_true 30 sh -c "curl -sf http://127.0.0.1:19310/metrics > $WORK/body" || die "it does not come back: $(tail -n 5 $OVS_LOG)"
until_true 60 both || die "$(cat "$WORK/flows")"
# shellcheck disable=SC2046
reap KILL $(jobs -p)
ovs_log_clean
nft flush ruleset
ovs-appctl exit --cleanup
until_true 60 eval '! vswitchd_pid > /dev/null' || die "ovs-vswitchd does not end"
[ ! -e $OVS_SOCKET ] || die "a socket is left"
ovs_down
