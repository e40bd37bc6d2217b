#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: dev kasan 6.1 7.2
# full: yes
# group: fault
# timeout: 600
#
# Every netlink socket of the daemon becomes so small that it loses messages: what
# the module tells, link events, and TC's answers. The kernel's own count says that
# each has. No connection is hurt, and hardware is as it should be in time when the
# sockets are as large as before.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"
. "$(dirname "$0")/lib/fault.sh"
LIB=$(dirname "$0")/lib

# drops PROTOCOL GROUPS: messages that the daemon's sockets of that kind did not
# take; GROUPS as in /proc/net/netlink, a pattern.
drops() {
	local inodes
	inodes=$(find "/proc/$DAEMON/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n')
	awk -v protocol="$1" -v groups="$2" -v inodes="$inodes" '
		BEGIN { split(inodes, a); for (i in a) ours[a[i]] = 1 }
		NR > 1 && $2 == protocol && $4 ~ groups && $10 in ours { n += $9 }
		END { print n + 0 }' /proc/net/netlink
}
lost() { # WHAT PROTOCOL GROUPS
	local n
	n=$(drops "$2" "$3")
	echo "$1: $n messages lost"
	[ "$n" -ge 1 ] || die "$1: nothing was lost, so nothing is shown: $(cat /proc/net/netlink)"
}
small() {
	python3 "$LIB/rcvbuf.py" "$DAEMON" 4096 generic
	python3 "$LIB/rcvbuf.py" "$DAEMON" 4096 route
}
large() {
	python3 "$LIB/rcvbuf.py" "$DAEMON" 8388608 generic
	python3 "$LIB/rcvbuf.py" "$DAEMON" 2097152 route
}
stopped() { # COMMAND...: while the daemon is, its sockets small
	small
	kill -STOP "$DAEMON"
	"$@"
	large
	kill -CONT "$DAEMON"
}

bed_up
daemon_start
ruleset
hold_start old 6000 20
settled 20

# What the module tells.
stopped hold_start new 7000 40
converges 'provider' 122
lost provider 16 .

# Link events: twenty of others, and one that matters.
links() {
	local i
	for i in $(seq 20); do
		echo "link add overrun$i type dummy"
	done | ip -batch -
	ip link set "$(rep 1)" mtu 1280
}
stopped links
# From VM 0 to VM 1 a packet may be too long now; back none is.
converges 'link events' 61
has_reason mtu || die "no reason: $(nft-offload flows)"
lost 'link events' 0 0000000[1-9a-f]
ip link set "$(rep 1)" mtu 1500
converges 'link events, back' 122

# TC's answers: eighty rules go at once.
small
hold_end new
sleep 5
large
converges "TC's answers" 42
lost "TC's answers" 0 '^00000000$'
hold_end old
for i in $(seq 20); do
	echo "link del overrun$i"
done | ip -batch -
until_true 60 agree 0 || die "rules are left: $(cat $DEBUG/rules)"
bed_down
