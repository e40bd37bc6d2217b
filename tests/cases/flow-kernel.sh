#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kernel: stock dev 6.1 7.2
# group: flow
# timeout: 600
#
# What the kernel itself keeps out of hardware: connections with a conntrack
# helper (FTP, SIP) never get into the flowtable, and a flow that leaves by
# IPsec is told of with its reason. A route by mark is not left to software: it
# is the one that hardware goes by.
set -euo pipefail
. "$(dirname "$0")/lib/testbed.sh"

flows() { nft-offload flows --json | jq -es "$1" > /dev/null; }
# placed PORT, offered PORT: is a connection to PORT in hardware; known?
placed() { flows "any(.[]; .original.dport == $1 and .original.state == \"in_hw\")"; }
offered() { flows "any(.[]; .original.dport == $1)"; }

# --- helpers ---

helpers() {
	nft -f - <<-'NFT'
		table inet helpers {
			ct helper ftp { type "ftp" protocol tcp; l3proto ip; }
			ct helper sip { type "sip" protocol udp; l3proto ip; }
			chain pre {
				type filter hook prerouting priority filter
				tcp dport 21 ct helper set "ftp"
				udp dport 5060 ct helper set "sip"
			}
		}
	NFT
	vm 1 udpflow recv 5060 --for 500 > "$WORK/sip" &
	local receivers=($!)
	vm 1 udpflow recv 5061 --for 500 > "$WORK/plain" &
	receivers+=($!)
	vm 0 udpflow send 10.0.1.2 5060 200 --pps 20 --warmup 1 > /dev/null &
	local senders=($!)
	vm 0 udpflow send 10.0.1.2 5061 400 --pps 20 --warmup 1 > /dev/null &
	senders+=($!)
	until_true 30 placed 5061 || die "the flow without a helper is not in hardware: $(nft-offload flows)"
	wait "${senders[@]}"
	wait "${receivers[@]}"
	! offered 5060 || die "a SIP flow was offered: $(nft-offload flows --json)"
	! conntrack -L -p udp --dport 5060 2> /dev/null | sees OFFLOAD || die "a SIP flow is in the flowtable"
	conntrack -L -p udp --dport 5060 2> /dev/null | sees 'helper=sip' || die "no helper: $(conntrack -L 2>&1)"
	grep -q ' lost=0 ' "$WORK/sip" || die "SIP: $(cat "$WORK/sip")"
	echo "ok: SIP in software, beside a flow that is not"
	ftp
	nft delete table inet helpers
}

# A control connection announces the port of a data connection, which is taken
# for related by the helper: the one passes in software, the other in hardware.
ftp() {
	vm 1 timeout 400 python3 - > "$WORK/ftpd" 2>&1 <<-'PY' &
		import socket, time
		control = socket.create_server(("10.0.1.2", 21)).accept()[0]
		data = socket.create_server(("10.0.1.2", 20000))
		control.sendall(b"220 Ready.\r\n")
		control.recv(100)
		control.sendall(b"227 Entering Passive Mode (10,0,1,2,78,32).\r\n")
		data = data.accept()[0]
		n = 0
		while True:
		    part = data.recv(65536)
		    if not part:
		        break
		    n += len(part)
		control.sendall(b"226 %d bytes.\r\n" % n)
		time.sleep(0.5)
	PY
	local server=$!
	# Whether there is a data connection in the ruleset's eyes is the helper's word.
	nft insert rule inet filter forward tcp dport 20000 ct state new drop
	vm 0 timeout 400 python3 - "$WORK/go" > "$WORK/ftp" 2>&1 <<-'PY' &
		import os, socket, sys, time
		for _ in range(100):
		    try:
		        control = socket.create_connection(("10.0.1.2", 21))
		        break
		    except OSError:
		        time.sleep(0.2)
		control.recv(100)
		control.sendall(b"PASV\r\n")
		print(control.recv(100).decode())
		data = socket.create_connection(("10.0.1.2", 20000))
		sent = 0
		while not os.path.exists(sys.argv[1]):
		    data.sendall(b"d" * 1000)
		    sent += 1000
		    time.sleep(0.1)
		data.close()
		print(control.recv(100).decode(), sent)
	PY
	local client=$!
	until_true 60 placed 20000 || die "FTP's data is not in hardware: $(nft-offload flows; cat "$WORK/ftp" "$WORK/ftpd")"
	! offered 21 || die "FTP's control connection was offered"
	touch "$WORK/go"
	wait $client
	wait $server
	awk '/^226/ { said = $2 } END { exit !(said > 0 && said == $NF) }' "$WORK/ftp" ||
		die "FTP's data: $(cat "$WORK/ftp" "$WORK/ftpd")"
	echo "ok: FTP's control in software, its data in hardware"
}

# --- IPsec ---

# xfrm_state here, there: the keys, on the router or in vm1.
xfrm_state() {
	"$1" ip xfrm state add src 10.0.1.1 dst 10.0.1.2 proto esp spi 0x100 reqid 1 mode tunnel \
		auth 'hmac(sha1)' 0x0102030405060708090a0b0c0d0e0f1011121314 \
		enc 'cbc(aes)' 0x000102030405060708090a0b0c0d0e0f
}
here() { "$@"; }
there() { vm 1 "$@"; }

ipsec() {
	local tmpl="tmpl src 10.0.1.1 dst 10.0.1.2 proto esp reqid 1 mode tunnel"
	xfrm_state here
	xfrm_state there
	# shellcheck disable=SC2086
	ip xfrm policy add dir out src 10.0.0.0/24 dst 10.0.1.0/24 $tmpl
	# shellcheck disable=SC2086
	vm 1 ip xfrm policy add dir in src 10.0.0.0/24 dst 10.0.1.0/24 $tmpl
	# The receiver comes late, so that the second packet of the sender, and no
	# answer, makes the flow: of one made by an answer the kernel does not know
	# that the other direction is to be encrypted (nf_ip_route() looks up
	# without a protocol, and so without a policy), and sends it in the clear.
	vm 0 udpflow send 10.0.1.2 5004 1000000 --pps 50 --warmup 1 --stop "$WORK/stop" > /dev/null &
	local sender=$!
	until_true 30 offered 5004 || die "IPsec: not in the flowtable: $(conntrack -L 2>&1)"
	vm 1 udpflow recv 5004 --for 500 > "$WORK/recv" &
	local receiver=$!
	until_true 30 flows 'any(.[]; .original.dport == 5004 and .original.state == "known" and .original.reason == "xfrm")' ||
		die "IPsec: no reason: $(nft-offload flows --json; conntrack -L 2>&1)"
	nft-offload flows
	sleep 2
	touch "$WORK/stop"
	wait $sender
	wait $receiver
	grep -q ' lost=0 ' "$WORK/recv" || die "IPsec: $(cat "$WORK/recv")"
	[ "$(vm 1 ip -s xfrm state | awk '/lifetime current/ { getline; split($2, p, "("); print p[1] + 0; exit }')" -ge 50 ] ||
		die "IPsec: the packets did not come encrypted: $(vm 1 ip -s xfrm state)"
	echo "ok: IPsec in software"
	ip xfrm policy flush
	ip xfrm state flush
	vm 1 ip xfrm policy flush
	vm 1 ip xfrm state flush
}

# --- a route by mark ---

# 10.9.9.9 is in both vm1 and vm2; the mark says which.
marked() {
	local hit
	vm 1 ip addr add 10.9.9.9/32 dev lo
	vm 2 ip addr add 10.9.9.9/32 dev lo
	vm 2 ip route replace default via 10.0.2.1 src 10.9.9.9
	ip route add 10.9.9.9 via 10.0.1.2
	ip route add 10.9.9.9 via 10.0.2.2 table 100
	ip rule add fwmark 7 table 100
	nft -f - <<-'NFT'
		table inet marks {
			chain pre {
				type filter hook prerouting priority mangle
				udp dport 5005 meta mark set 7
			}
		}
	NFT
	vm 2 udpflow recv 5005 --for 500 > "$WORK/recv" &
	local receiver=$!
	hit=$(hw "$(rep 0)" hw_rx_hit_packets)
	vm 0 udpflow send 10.9.9.9 5005 2000 --pps 500 --warmup 4 > /dev/null
	wait $receiver
	grep -q ' lost=0 .*ttl=63\.\.63' "$WORK/recv" || die "a marked flow: $(cat "$WORK/recv")"
	hit=$(($(hw "$(rep 0)" hw_rx_hit_packets) - hit))
	[ $hit -ge 1900 ] || die "a marked flow was not in hardware ($hit packets): $(nft-offload flows)"
	echo "ok: a route by mark, in hardware: $hit packets"
}

bed_up 3
modprobe -a nf_conntrack_ftp nf_conntrack_sip xfrm_user esp4
daemon_start
sed "s/{ eth0, eth1 }/{ $(rep 0), $(rep 1), $(rep 2) }/" "${NFT_OFFLOAD_SRC:-/src}/docs/examples/router.nft" | nft -f -
helpers
ipsec
marked
bed_down
