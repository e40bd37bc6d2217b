#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev
# group: check
# timeout: 600
#
# nft-offload why: the whole story of one connection, by either direction, in
# hardware and not; and of one that no flowtable has, by what conntrack knows.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

# why PROTO FROM TO PATTERN: says so, in one line.
why() {
	nft-offload why "$1" "$2" "$3" > "$WORK/why" 2>&1 || :
	grep -qE -- "$4" "$WORK/why" || die "why $1 $2 $3 does not say '$4': $(cat "$WORK/why")"
	echo "ok: $(grep -E -- "$4" "$WORK/why" | head -n 1)"
}
says() { { nft-offload why "$1" "$2" "$3" 2>&1 || :; } | grep -E -- "$4" > /dev/null; }
# talk PORT [FROM]: a flow of UDP both ways, which goes on until the test ends.
talk() {
	ip netns exec vm1 udpflow recv "$1" --for 600 > /dev/null &
	until_true 30 sh -c "ip netns exec vm1 ss -Hlun 'sport = :$1' | grep -q ."
	ip netns exec vm0 udpflow send 10.0.1.2 "$1" 100000 --pps 20 --from "$2" --warmup 3 > /dev/null 2>&1 &
}

bed_up
modprobe -a nf_conntrack_ftp
daemon_start
ruleset
why udp 10.0.0.2:7000 10.0.1.2:5000 'no such connection'

echo "--- in hardware"
talk 5001 7001
until_true 60 says udp 10.0.0.2:7001 10.0.1.2:5001 'in hardware for' || die "$(cat "$WORK/why")"
why udp 10.0.1.2:5001 10.0.0.2:7001 '^original  10\.0\.0\.2 port 7001 to 10\.0\.1\.2 port 5001'
why udp 10.0.0.2:7001 10.0.1.2:5001 'rule: .*ipv4.*redirect'
why udp 10.0.0.2:7001 10.0.1.2:5001 "tc: dev $(rep 0) ingress pref [0-9]+ handle 0x1"
# What it says is there.
eval "tc filter show $(sed -n 's/.*tc: \(dev [^ ]* ingress\).*/\1/p' "$WORK/why" | head -n 1)" |
	grep -q "handle $(sed -n 's/.*handle //p' "$WORK/why" | head -n 1) " || die "no such rule: $(cat "$WORK/why")"
until_true 30 says udp 10.0.0.2:7001 10.0.1.2:5001 'carried [1-9][0-9]* packets' || die "$(cat "$WORK/why")"
# A line of flows, as it is.
# shellcheck disable=SC2046
nft-offload why $(nft-offload flows | grep original | grep :7001) > "$WORK/why"
grep -q 'in hardware for' "$WORK/why" || die "by a line of flows: $(cat "$WORK/why")"
nft-offload why udp 10.0.0.2:7001 10.0.1.2:5001 --json | jq -e '.original.rule and .original.handle and .reply.state == "in_hw"' > /dev/null ||
	die "json: $(nft-offload why udp 10.0.0.2:7001 10.0.1.2:5001 --json)"
cat "$WORK/why"

echo "--- refused"
echo 28 > /sys/kernel/debug/eswsim/eswsim0/fail_errno
echo 1000000 > /sys/kernel/debug/eswsim/eswsim0/fail_next
talk 5002 7002
until_true 60 says udp 10.0.0.2:7002 10.0.1.2:5002 'in software, table_full: .*\(.+\)' || die "$(nft-offload why udp 10.0.0.2:7002 10.0.1.2:5002)"
why udp 10.0.0.2:7002 10.0.1.2:5002 'in software, table_full'
echo 0 > /sys/kernel/debug/eswsim/eswsim0/fail_next

echo "--- in no flowtable"
# Nobody is there, and says so by ICMP, which is no answer.
ip netns exec vm0 python3 -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 7003))
s.sendto(b"x", ("10.0.1.2", 5003))'
why udp 10.0.0.2:7003 10.0.1.2:5003 'no answer has been seen'
# Established, and no rule takes it.
nft flush chain inet filter forward
nft add rule inet filter forward ct state established,related,new accept
talk 5004 7004
until_true 60 says udp 10.0.0.2:7004 10.0.1.2:5004 'no rule with "flow add"' || die "$(nft-offload why udp 10.0.0.2:7004 10.0.1.2:5004; conntrack -L)"
# A flowtable that is not offloaded.
nft flush ruleset
sed "s/{ eth0, eth1 }/{ $(rep 0), $(rep 1) }/; /flags offload/d" "${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft" | nft -f -
talk 5006 7006
until_true 60 says udp 10.0.0.2:7006 10.0.1.2:5006 'flowtable that nft-offload does not have' || die "$(nft-offload why udp 10.0.0.2:7006 10.0.1.2:5006; conntrack -L)"
why udp 10.0.0.2:7006 10.0.1.2:5006 'flags offload'
# shellcheck disable=SC2046
reap KILL $(jobs -p | grep -vx "$DAEMON")
bed_down
