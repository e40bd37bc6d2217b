#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock
# group: daemon
# timeout: 600
#
# nft-offload.conf: what it says holds from the start; SIGHUP has it read again,
# and what has changed is seen to under traffic, without a rule lost; a wrong line
# is named and changes nothing; the command line overrides.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

CONF=/etc/nft-offload/nft-offload.conf
# config LINE...: the whole file.
config() { printf '%s\n' "$@" > $CONF; }
# reload PATTERN: has it read again; the log says so.
reload() {
	: > "$WORK/daemon.log"
	kill -HUP "$DAEMON"
	until_true 30 logged "$1"
}
logged() { grep -qE -- "$1" "$WORK/daemon.log"; }
state() { nft-offload flows --json | jq -e --arg s "$1" '.original.state == $s and .reply.state == $s' > /dev/null; }
reason() { nft-offload flows --json | jq -e --arg r "$1" '.original.reason == $r or .reply.reason == $r' > /dev/null; }
handles() { tc filter show dev "$(rep 0)" ingress | grep -o 'pref.*handle.*'; }
none() { [ "$(rules "$(rep 0)" "$(rep 1)")" = 0 ]; }

[ -f $CONF ] || die "no $CONF is installed"
bed_up
config 'grace = 60' 'bypass-qdisc = yes'
daemon_start
logged "^nft-offloadd: $CONF:2: bypass-qdisc = 'yes': give false or true" || die "$(cat "$WORK/daemon.log")"
ruleset
tc qdisc add dev "$(rep 1)" root tbf rate 1gbit burst 100k latency 50ms
ip netns exec vm1 udpflow recv 5001 --for 600 > /dev/null &
until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :5001' | grep -q ."
ip netns exec vm0 udpflow send 10.0.1.2 5001 100000 --pps 20 --warmup 3 > /dev/null 2>&1 &

echo "--- a qdisc keeps it in software, until the file says otherwise"
until_true 60 reason qdisc || die "$(nft-offload flows; cat "$WORK/daemon.log")"
config 'grace = 60' 'bypass-qdisc = true'
reload 'bypass-qdisc is true now, and was false' || die "$(cat "$WORK/daemon.log")"
logged 'read again: 1 changes, 0 faults' || die "$(cat "$WORK/daemon.log")"
until_true 60 state in_hw || die "$(nft-offload flows; cat "$WORK/daemon.log")"
handles > "$WORK/before"

echo "--- a wrong line changes nothing"
config 'grace = 1h' 'bypass-qdisc = false'
chmod 666 $CONF
reload "$CONF: is not taken, for others than root can write it" || die "$(cat "$WORK/daemon.log")"
chmod 644 $CONF
config 'grace = 1h' 'bypas-qdisc = false'
reload "$CONF:1: grace = '1h': give whole seconds from 0 to 600" || die "$(cat "$WORK/daemon.log")"
until_true 10 logged "$CONF:2: unknown key 'bypas-qdisc'" || die "$(cat "$WORK/daemon.log")"
until_true 10 logged 'read again: 0 changes, 2 faults' || die "$(cat "$WORK/daemon.log")"
sleep 7		# longer than from one look at qdiscs to the next
state in_hw || die "$(nft-offload flows; cat "$WORK/daemon.log")"
handles > "$WORK/after"
cmp "$WORK/before" "$WORK/after" || die "other rules: $(diff "$WORK/before" "$WORK/after")"

echo "--- what is logged"
config 'log-level = debug' 'bypass-qdisc = true' 'grace = 60'
reload 'log-level is debug now, and was info' || die "$(cat "$WORK/daemon.log")"

echo "--- the grace of the guard process and of the module"
config 'grace = 3' 'bypass-qdisc = true'
reload 'grace is 3 now, and was 60' || die "$(cat "$WORK/daemon.log")"
daemon_stop KILL
until_true 20 logged 'its rules go in 3 s' || die "$(cat "$WORK/daemon.log")"
until_true 50 none || die "rules after the grace: $(cat "$WORK/daemon.log")"
# Before the 60 s that it was told first.
software() { ! ct 'HW_OFFLOAD'; }
until_true 20 software || die "the module's grace is still the old one"

echo "--- the command line overrides"
config 'bypass-qdisc = true' 'log-level = loud'
daemon_start --bypass-qdisc=false
logged "$CONF:2: log-level = 'loud': give err, warning, notice, info or debug" || die "$(cat "$WORK/daemon.log")"
until_true 60 reason qdisc || die "$(nft-offload flows; cat "$WORK/daemon.log")"
kill -HUP "$DAEMON"
until_true 10 logged 'read again: 0 changes, 1 faults' || die "$(cat "$WORK/daemon.log")"
reason qdisc || die "$(nft-offload flows)"
daemon_stop
nft-offloadd --config /nowhere/nft-offload.conf > "$WORK/daemon.log" 2>&1 & DAEMON=$!
until_true 10 logged '/nowhere/nft-offload.conf: cannot be opened: No such file' || die "$(cat "$WORK/daemon.log")"
# shellcheck disable=SC2046
reap KILL $(jobs -p | grep -vx "$DAEMON")
bed_down
