#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# group: daemon
# timeout: 300
#
# What nft-offloadd logs, in a real journal: a line per port with its verdict at
# the start and at each change; refused flows with addresses and reason, a few of
# each; with fields by which journalctl finds them.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

# lines FIELD=VALUE: the messages that have it.
lines() {
	journalctl --sync 2> /dev/null || :
	journalctl -q --no-pager -o cat "$@"
}
has() { lines "$1" | sees -E -- "$2"; }

rm -rf /run/log/journal
mkdir -p /run/systemd/journal /run/log/journal
[ -s /etc/machine-id ] || tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id
/lib/systemd/systemd-journald > "$WORK/journald" 2>&1 &
until_true 30 test -S /run/systemd/journal/stdout || die "journald: $(cat "$WORK/journald")"

bed_up
modprobe nft_offload
# As systemd starts it.
# shellcheck disable=SC2016
systemd-cat -t nft-offloadd sh -c 'export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)
	exec nft-offloadd' & DAEMON=$!
until_true 30 nft-offload stats > /dev/null 2>&1 || die "$(lines)"
rep0=$(rep 0)
until_true 30 has "NFT_OFFLOAD_PORT=$rep0" "^port $rep0 \(pf0vf0\): takes rules$" || die "$(lines)"
ports=$(nft-offload ports --json | jq -s '[.[] | select(.switch_id != "" and .verdict == "ok")] | length')
[ "$ports" -ge 3 ] || die "$(nft-offload ports)"
[ "$(lines NFT_OFFLOAD_VERDICT=ok | wc -l)" = "$ports" ] || die "not a line per port: $(lines NFT_OFFLOAD_VERDICT=ok)"

echo "--- a verdict changes"
ethtool -K "$rep0" hw-tc-offload off
until_true 30 has NFT_OFFLOAD_VERDICT=hw_tc_offload_off "^port $rep0 \(pf0vf0\): TC offload is switched off" || die "$(lines)"
ethtool -K "$rep0" hw-tc-offload on
again() { [ "$(lines NFT_OFFLOAD_VERDICT=ok "NFT_OFFLOAD_PORT=$rep0" | wc -l)" = 2 ]; }
until_true 30 again || die "$(lines)"

echo "--- refused flows"
begun=$SECONDS
ruleset
echo 28 > /sys/kernel/debug/eswsim/eswsim0/fail_errno
echo 1000000 > /sys/kernel/debug/eswsim/eswsim0/fail_next
ip netns exec vm1 udpflow recv 5001 --for 600 > /dev/null &
until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :5001' | grep -q ."
for ((i = 0; i < 10; i++)); do
	ip netns exec vm0 udpflow send 10.0.1.2 5001 100000 --pps 10 --from $((7000 + i)) --warmup 3 > /dev/null 2>&1 &
done
until_true 60 has NFT_OFFLOAD_REASON=table_full \
	'^udp 10\.0\.0\.2:700[0-9] 10\.0\.1\.2:5001 stays in software: table_full: The NIC.s rule table is full: .* \(.*eswsim: ' || die "$(lines)"
known() { [ "$(nft-offload stats --json | jq .flows.known)" -ge 20 ]; }
until_true 60 known || die "$(nft-offload flows)"
flow=$(journalctl -q --no-pager -o json -n 1 NFT_OFFLOAD_REASON=table_full | jq -r .NFT_OFFLOAD_FLOW)
# As it is, for the command.
# shellcheck disable=SC2086
nft-offload why $flow | sees 'in software, table_full' || die "why $flow"
journalctl -q --no-pager -o json -n 1 NFT_OFFLOAD_REASON=table_full |
	jq -e '.NFT_OFFLOAD_DRIVER_TEXT | contains("eswsim: ")' > /dev/null || die "the driver's words are no field"
journalctl -q --no-pager -o json -n 1 NFT_OFFLOAD_REASON=table_full |
	jq -e '.PRIORITY == "6" and .SYSLOG_IDENTIFIER == "nft-offloadd"' > /dev/null || die "priority or identifier"
# 5 in 10 s, of 20 flows that are refused again and again.
told=$(lines NFT_OFFLOAD_REASON=table_full | wc -l)
[ "$told" -le $((5 * ((SECONDS - begun) / 10 + 2))) ] || die "$told lines in $((SECONDS - begun)) s"

echo "--- a port goes"
vm_kill vm0
echo 0 > "$NIC/sriov_numvfs"
until_true 30 has NFT_OFFLOAD_VERDICT=gone "^port $rep0 \(pf0vf0\): gone$" || die "$(lines)"
daemon_stop
lines SYSLOG_IDENTIFIER=nft-offloadd | cut -c 1-150
# shellcheck disable=SC2046
reap KILL $(jobs -p)
bed_down
