#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# group: check
# timeout: 600
#
# nft-offload top: a flow in hardware and one in software, each with the rate that
# it is sent at, in text, JSON and on a terminal; ports and sums agree.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

# talk PORT PPS: a flow of UDP, which goes on until the test ends.
talk() {
	ip netns exec vm1 udpflow recv "$1" --for 900 > /dev/null &
	until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :$1' | grep -q ."
	ip netns exec vm0 udpflow send 10.0.1.2 "$1" 1000000 --pps "$2" --warmup 3 > /dev/null 2>&1 &
}
# about VALUE WANTED: within a half of it; the guest is slow.
about() { [ "$1" -ge $(($2 / 2)) ] && [ "$1" -le $(($2 * 3 / 2)) ]; }
# rate PORT: packets per second of the flow to this port, by the last JSON.
rate() { jq -r --argjson p "$1" 'select(.type == "flow" and .dport == $p) | .packets_per_s' "$WORK/top"; }
one() { nft-offload top -n 1 --json > "$WORK/top" || die "top: $(cat "$WORK/daemon.log")"; }
as_sent() { one && about "$(rate 5001)" 100 && about "$(rate 5002)" 30; }

bed_up
daemon_start
ruleset
talk 5001 100
state() { nft-offload flows --json | jq -se --argjson p "$1" --arg s "$2" 'any(.[]; .original.dport == $p and .original.state == $s)' > /dev/null; }
until_true 60 state 5001 in_hw || die "$(nft-offload flows)"
echo 28 > /sys/kernel/debug/eswsim/eswsim0/fail_errno
echo 1000000 > /sys/kernel/debug/eswsim/eswsim0/fail_next

echo "--- conntrack does not count, and that is said"
sysctl -qw net.netfilter.nf_conntrack_acct=0
talk 5003 30
until_true 60 state 5003 known || die "$(nft-offload flows)"
not_counted() { nft-offload top -n 1 > "$WORK/text" && grep -q 'software: .* (not counted: sysctl net.netfilter.nf_conntrack_acct)' "$WORK/text"; }
until_true 60 not_counted || die "$(cat "$WORK/text")"

echo "--- JSON"
# From the next connection on.
sysctl -qw net.netfilter.nf_conntrack_acct=1
talk 5002 30
until_true 60 state 5002 known || die "$(nft-offload flows)"
until_true 120 as_sent || die "$(cat "$WORK/top"; nft-offload flows)"
cat "$WORK/top"
jq -se '.[0] | .type == "totals" and .flows.hardware >= 1 and .flows.software >= 1 and .software_counted' "$WORK/top" > /dev/null ||
	die "totals"
[ "$(jq -s '[.[] | select(.type == "flow") | .packets_per_s] | add' "$WORK/top")" = \
	"$(jq -s '.[0] | .hardware.packets_per_s + .software.packets_per_s' "$WORK/top")" ] || die "sums of flows and totals differ"
[ "$(jq -s '[.[] | select(.type == "port_rate") | .hardware.in.packets_per_s] | add' "$WORK/top")" = \
	"$(jq -s '.[0].hardware.packets_per_s' "$WORK/top")" ] || die "sums of ports and totals differ"
jq -se --arg rep "$(rep 0)" 'any(.[]; .type == "port_rate" and .name == $rep and .software.in.packets_per_s > 10 and
	.hardware.in.packets_per_s > 50)' "$WORK/top" > /dev/null || die "port"
# The hottest one first.
[ "$(jq -s '[.[] | select(.type == "flow")][0].dport' "$WORK/top")" = 5001 ] || die "order"
[ "$(nft-offload top -n 1 --json --limit 1 | jq -s '[.[] | select(.type == "flow")] | length')" = 1 ] || die "limit"

echo "--- text, again and again"
nft-offload top -b -n 3 -o bytes > "$WORK/text"
cat "$WORK/text"
[ "$(grep -c '^nft-offload top - ..:..:.., 3 connections, the hottest flows by bytes' "$WORK/text")" = 3 ] || die "not three times"
grep -qE '^udp +10\.0\.0\.2:[0-9]+ +10\.0\.1\.2:5001 +yes +[0-9]+ ' "$WORK/text" || die "no flow in hardware"
grep -qE '^udp +10\.0\.0\.2:[0-9]+ +10\.0\.1\.2:5002 +no .* table_full$' "$WORK/text" || die "no flow in software"
# Without a terminal once.
[ "$(nft-offload top < /dev/null | grep -c '^nft-offload top - ')" = 1 ] || die "without a terminal"

echo "--- on a terminal"
cat > "$WORK/terminal.py" <<'PY'
import os, pty, re, select, struct, sys, time, fcntl, termios
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "linux"
    os.execvp("nft-offload", ["nft-offload", "top"])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 120, 0, 0))
seen, sent, end = b"", False, time.time() + 60
while time.time() < end:
    if select.select([fd], [], [], 1)[0]:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    if b":5001" in seen and b"by packets" in seen and not sent:
        os.write(fd, b"b")
        sent = True
    if sent and b"bytes" in seen.split(b"by packets", 1)[1]:
        os.write(fd, b"q")
status = os.waitpid(pid, 0)[1]
sys.stdout.write(repr(seen[-3000:]))
sys.exit(0 if status == 0 and sent and time.time() < end else 1)
PY
python3 "$WORK/terminal.py" > "$WORK/screen" || die "the screen: $(cat "$WORK/screen")"
# A terminal that nobody knows: printed, once.
TERM=nonesuch script -qec 'nft-offload top' /dev/null < /dev/null | sees 'hottest flows' || die "an unknown terminal"

echo "--- wrong usage"
for option in "-d 0" "-n x" "--sort idle" "--limit 2000"; do
	status=0
	# shellcheck disable=SC2086
	nft-offload top $option > "$WORK/out" 2>&1 || status=$?
	[ $status = 2 ] || die "top $option: status $status"
done
status=0
nft-offload flows -b > "$WORK/out" 2>&1 || status=$?
[ $status = 2 ] || die "flows -b: status $status"
# shellcheck disable=SC2046
reap KILL $(jobs -p | grep -vx "$DAEMON")
bed_down
