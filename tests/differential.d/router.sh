# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# router: a router on each side's representors, both alike, for
# tests/differential. To be sourced after topology.sh.
#
# Port N: 10.0.N.1/24 and fd00:N::1/64, MAC 02:00:00:01:00:0N; VLAN 100 of port 2:
# 10.0.10.1/24 and fd00:10::1/64. Hosts .2 to .4 have MAC 02:00:00:00:NN:HH; others
# need none, as the devices do not ask (arp off). The hardware's is the guest
# itself, the software's the namespace "soft", with the flowtable and without
# "flags offload".

# Times are long and limits high, so that nothing happens by itself.
router_settings() {
	local name
	in_side "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv4.ipfrag_time=3600 \
		net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 \
		net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 \
		net.ipv6.conf.all.forwarding=1 net.ipv6.icmp.ratelimit=0 \
		net.ipv6.auto_flowlabels=0 net.ipv6.ip6frag_time=3600
	# Of the whole machine, some before 6.13 only, and so not there in a namespace.
	in_side "$1" sysctl -qew net.ipv4.route.error_cost=0 net.ipv4.icmp_ratemask=0 net.ipv4.icmp_msgs_per_sec=1000000 \
		net.ipv4.icmp_msgs_burst=1000000
	# Fragments that lack others: a million packets leave some 200 MB of them, and
	# at the hardware's side, the guest itself, those of a run before are there, too
	# (so that an id must not come twice by chance: packet.h has 32 bits of it).
	in_side "$1" sysctl -qew net.ipv4.ipfrag_max_dist=0 net.ipv4.ipfrag_high_thresh=1073741824 \
		net.ipv6.ip6frag_high_thresh=1073741824 \
		net.netfilter.nf_conntrack_frag6_high_thresh=1073741824
	in_side "$1" sysctl -qw net.netfilter.nf_conntrack_tcp_be_liberal=1 \
		net.netfilter.nf_conntrack_frag6_timeout=3600 \
		net.netfilter.nf_flowtable_udp_timeout=3600 \
		net.netfilter.nf_flowtable_tcp_timeout=3600
	# Longer than a flowtable's, which is taken off at the end of a flow
	# (flow_offload_fixup_ct() in net/netfilter/nf_flow_table_core.c).
	for name in udp_timeout{,_stream} icmp{,v6}_timeout generic_timeout \
		tcp_timeout_{syn_sent,syn_recv,established,fin_wait,close_wait,last_ack,time_wait,close} \
		tcp_timeout_{max_retrans,unacknowledged}; do
		in_side "$1" sysctl -qw "net.netfilter.nf_conntrack_$name=9000"
	done
}

# router_network DEVICE NUMBER: the lines for ip.
router_network() {
	local dev=$1 n=$2 host mac
	echo "addr add 10.0.$n.1/24 dev $dev"
	echo "addr add fd00:$n::1/64 dev $dev nodad"
	for host in 2 3 4; do
		mac=$(printf '02:00:00:00:%02x:%02x' "$n" $host)
		echo "neigh add 10.0.$n.$host lladdr $mac dev $dev nud permanent"
		echo "neigh add fd00:$n::$host lladdr $mac dev $dev nud permanent"
	done
}

router_devices() {
	local l=$1 n dev
	for ((n = 0; n <= SIDE_VFS; n++)); do
		dev=${l}rep$n
		ip link set "$dev" down address "02:00:00:01:00:0$n"
		[ "$l" = h ] || ip link set "$dev" netns soft
		in_side "$l" sysctl -qw "net.ipv6.conf.$dev.disable_ipv6=0"
		in_side "$l" ip link set "$dev" addrgenmode none arp off up
		router_network "$dev" "$n" | in_side "$l" ip -batch -
	done
	in_side "$l" ip link add link "${l}rep2" name "${l}rep2.100" type vlan id 100
	in_side "$l" ip link set "${l}rep2.100" addrgenmode none arp off up
	router_network "${l}rep2.100" 10 | in_side "$l" ip -batch -
	ip link set "${l}port1" mtu 1500
	in_side "$l" ip link set "${l}rep1" mtu 1500
}

# router_maps [6]: what is sent to the router itself goes on to a host, and
# what it was sent to decides to which, for the same reason.
router_maps() {
	local n ip=ip net=10.0. from=.1 open='' close=''
	[ -z "${1:-}" ] || ip=ip6 net=fd00: from=::1 open='[' close=]
	for n in 0 1 3 10; do
		echo "$ip daddr $net$n$from meta l4proto { tcp, udp } th dport 6000 dnat to ${open}${net}2${from%1}2$close:$((7000 + n))"
	done
	for n in 1=3,4 2=0,4 3=0,2 10=0,3; do
		echo "$ip daddr $net${n%=*}$from meta l4proto { tcp, udp } th dport 6001 dnat to $net$(sed "s/.*=//; s/,/${from%1}/" <<< $n)"
	done
	for n in 0 1 2 10; do
		echo "$ip daddr $net$n$from meta l4proto { tcp, udp } th dport 6002 dnat to ${open}${net}3${from%1}4$close:$((7100 + n))"
	done
}

# router_quiet LETTER: what it would send at any time, or once in a second at the
# most (IPv6 redirects), it keeps; and answers that tell the time of day.
router_quiet() {
	in_side "$1" nft -f - <<-NFT
	table ip quiet {
		chain output {
			type filter hook output priority filter
			icmp type timestamp-reply drop
		}
	}
	table ip6 quiet {
		chain output {
			type filter hook output priority filter
			icmpv6 type { mld-listener-report, mld-listener-reduction, mld2-listener-report, nd-router-solicit, nd-redirect } drop
		}
	}
	NFT
}

# router_rules LETTER [FLAGS]: each host has an address of its own beyond port 3, and
# no server begins a connection to a client, so that no two connections can want
# the same port, of which one would then get any.
router_rules() {
	local l=$1 flags=${2:-}
	in_side "$l" nft -f - <<-NFT
	table inet filter {
		flowtable fast {
			hook ingress priority filter
			devices = { ${l}rep0, ${l}rep1, ${l}rep2, ${l}rep3 }
			$flags
			counter
		}
		# Where conntrack finds ports that nftables does not, none.
		chain services {
			meta l4proto { tcp, udp } th dport 5000-7999 return
			drop
		}
		chain forward {
			type filter hook forward priority filter; policy accept
			ct state new ct original protocol { tcp, udp } jump services
			meta l4proto { tcp, udp } flow add @fast
		}
	}
	table ip nat {
		chain pre {
			type nat hook prerouting priority dstnat
			$(router_maps)
		}
		chain post {
			type nat hook postrouting priority srcnat
			oifname "${l}rep3" snat ip prefix to ip saddr map {
				10.0.0.0/24 : 192.0.0.0/24, 10.0.1.0/24 : 192.0.1.0/24,
				10.0.2.0/24 : 192.0.2.0/24, 10.0.10.0/24 : 192.0.10.0/24 }
		}
	}
	table ip6 nat {
		chain pre {
			type nat hook prerouting priority dstnat
			$(router_maps 6)
		}
		chain post {
			type nat hook postrouting priority srcnat
			oifname "${l}rep3" ip6 saddr fd00:0::2 snat to 2001:db8::2
			oifname "${l}rep3" ip6 saddr fd00:2::3 snat to 2001:db8::3
			oifname "${l}rep3" ip6 saddr fd00:10::4 snat to 2001:db8::4
		}
	}
	NFT
}

# router_up LETTER [FLAGS]
router_up() {
	[ "$1" = h ] || ip netns add soft
	router_settings "$1"
	router_quiet "$1"
	router_devices "$1"
	router_rules "$@"
}
