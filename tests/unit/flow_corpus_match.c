/* SPDX-License-Identifier: Apache-2.0 */

/* flow_corpus_match: what a flow matches, without tunnels.
 * See flow_corpus.h. */

#include <config.h>

#include "flow_corpus.h"

#include "util.h"

const struct flow_case flow_corpus_match[] = {
    { "any frame of a type",
      "in_port(1),eth(),eth_type(0x88cc)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=0x88cc -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "addresses",
      "in_port(1),eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),"
      "eth_type(0x88cc)",
      "2",
      "dev 1 ingress chain 0",
      "src_mac=02:00:00:00:00:01 dst_mac=02:00:00:00:00:02 eth_type=0x88cc "
      "-> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "addresses masked",
      "in_port(1),eth(dst=01:00:00:00:00:00/01:00:00:00:00:00),"
      "eth_type(0x88cc)",
      "2",
      "dev 1 ingress chain 0",
      "dst_mac=01:00:00:00:00:00/01:00:00:00:00:00 eth_type=0x88cc -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "in shared block",
      "in_port(25),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "block 25 chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "from internal port",
      "in_port(20),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 20 egress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vlan",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=100,pcp=0/0x0),"
      "encap(eth_type(0x0800),ipv4(frag=no))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 vlan_id=100 eth_type=ipv4 ip_frag=0x0/0x1 -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vlan vid 0",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=0,pcp=0/0x0),"
      "encap(eth_type(0x0800),ipv4(frag=no))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 vlan_id=0 eth_type=ipv4 ip_frag=0x0/0x1 -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vlan with pcp",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=100,pcp=5),"
      "encap(eth_type(0x0800),ipv4(frag=no))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 vlan_id=100 vlan_prio=5 eth_type=ipv4 "
      "ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vlan pcp only",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=0/0x0,pcp=5),"
      "encap(eth_type(0x0800),ipv4(frag=no))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 vlan_prio=5 eth_type=ipv4 ip_frag=0x0/0x1 -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vlan any",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=1/0x0,pcp=0/0x0),"
      "encap(eth_type(0x0800),ipv4(frag=no))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vlan 802.1ad",
      "in_port(1),eth(),eth_type(0x88a8),vlan(vid=100,pcp=0/0x0),"
      "encap(eth_type(0x88cc))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x88a8 vlan_id=100 eth_type=0x88cc -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "qinq",
      "in_port(1),eth(),eth_type(0x88a8),vlan(vid=100,pcp=1),"
      "encap(eth_type(0x8100),vlan(vid=200,pcp=2),encap(eth_type(0x0800),"
      "ipv4(dst=10.0.0.1,frag=no)))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x88a8 vlan_id=100 vlan_prio=1 cvlan_tpid=0x8100 "
      "cvlan_id=200 cvlan_prio=2 eth_type=ipv4 dst_ip=10.0.0.1 "
      "ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "qinq outer only",
      "in_port(1),eth(),eth_type(0x88a8),vlan(vid=100,pcp=0/0x0),"
      "encap(eth_type(0x8100),vlan(vid=200/0x0,pcp=0/0x0),"
      "encap(eth_type(0x0800),ipv4(frag=no)))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x88a8 vlan_id=100 cvlan_tpid=0x8100 eth_type=ipv4 "
      "ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vlan of any content",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=100,pcp=0/0x0),"
      "encap(eth_type(0x88cc/0x0))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 vlan_id=100 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "mpls label",
      "in_port(1),eth(),eth_type(0x8847),mpls(label=100,tc=0/0,ttl=64/0,"
      "bos=1)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=0x8847 mpls_lse=0x64100/0xfffff100 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "mpls all",
      "in_port(1),eth(),eth_type(0x8848),mpls(label=100,tc=3,ttl=64,bos=1)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=0x8848 mpls_lse=0x64740 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "mpls in vlan",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=7,pcp=0/0x0),"
      "encap(eth_type(0x8847),mpls(label=100,tc=0/0,ttl=64/0,bos=1))",
      "2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 vlan_id=7 eth_type=0x8847 "
      "mpls_lse=0x64100/0xfffff100 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "arp",
      "in_port(1),eth(),eth_type(0x0806),arp(sip=10.0.0.1,tip=10.0.0.2,op=1,"
      "sha=02:00:00:00:00:01,tha=00:00:00:00:00:00)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=arp arp_op=1 arp_sip=10.0.0.1 arp_tip=10.0.0.2 "
      "arp_sha=02:00:00:00:00:01 arp_tha=00:00:00:00:00:00 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "arp masked",
      "in_port(1),eth(),eth_type(0x0806),arp(sip=10.0.0.0/255.255.255.0,"
      "sha=02:00:00:00:00:00/ff:ff:ff:00:00:00)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=arp arp_sip=10.0.0.0/255.255.255.0 "
      "arp_sha=02:00:00:00:00:00/ff:ff:ff:00:00:00 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "rarp",
      "in_port(1),eth(),eth_type(0x8035),arp()",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=0x8035 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ipv4 addresses",
      "in_port(1),eth(),eth_type(0x0800),ipv4(src=10.0.0.1,"
      "dst=10.1.0.0/255.255.0.0,frag=no)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 src_ip=10.0.0.1 dst_ip=10.1.0.0/255.255.0.0 "
      "ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ipv4 header",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=47,tos=0x10/0xfc,ttl=64,"
      "frag=no)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=47 ip_tos=0x10/0xfc ip_ttl=64 ip_frag=0x0/0x1 "
      "-> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ipv4 protocol 0",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=0,frag=no)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=0 ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ipv4 no fragment",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ipv4 first fragment",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=first)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x3/0x3 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ipv4 later fragment",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=later)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp ip_frag=0x1/0x3 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ipv4 fragment or not",
      "in_port(1),eth(),eth_type(0x0800),ipv4(dst=10.0.0.1)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 dst_ip=10.0.0.1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ipv6 addresses",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(src=2001:db8::1,"
      "dst=2001:db8:1::/ffff:ffff:ffff::,frag=no)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 src_ip=2001:db8::1 dst_ip=2001:db8:1::/ffff:ffff:ffff:: "
      "ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ipv6 header",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(proto=17,tclass=0x20/0xfc,"
      "hlimit=255,frag=no),udp()",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_proto=udp ip_tos=0x20/0xfc ip_ttl=255 "
      "ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tcp ports",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=no),tcp(src=1000,"
      "dst=80)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp src_port=1000 dst_port=80 -> redirect(dev "
      "2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tcp port masked",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=no),"
      "tcp(dst=1024/0xfc00)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp dst_port=1024/64512 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tcp low ports",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=no),"
      "tcp(dst=0/0xfc00)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp ip_frag=0x0/0x1 dst_port=0/64512 -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tcp flags",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=no),tcp(dst=80),"
      "tcp_flags(+syn-ack)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp dst_port=80 tcp_flags=0x2/0x12 -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tcp flags only",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(proto=6,frag=no),tcp(),"
      "tcp_flags(-syn-rst-fin)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_proto=tcp ip_frag=0x0/0x1 tcp_flags=0x0/0x7 -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "udp ports",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(proto=17,frag=no),udp(src=53,"
      "dst=0/0)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_proto=udp src_port=53 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "sctp ports",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=132,frag=no),sctp(src=1,"
      "dst=2)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=sctp src_port=1 dst_port=2 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "icmp",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=1,frag=no),icmp(type=8,"
      "code=0)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=icmp icmp_type=8 icmp_code=0 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "icmp reply",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=1,frag=no),icmp(type=0,"
      "code=0)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=icmp ip_frag=0x0/0x1 icmp_type=0 icmp_code=0 "
      "-> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "icmpv6",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(proto=58,frag=no),"
      "icmpv6(type=128,code=0/0)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_proto=icmpv6 icmp_type=128 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct established",
      "recirc_id(2),in_port(1),ct_state(+est+trk-new),ct_zone(5),eth(),"
      "eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 2",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+est+trk ct_zone=5 -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct established alone",
      "recirc_id(2),in_port(1),ct_state(+est),eth(),eth_type(0x0800),"
      "ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 2",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+est+trk -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct new",
      "recirc_id(2),in_port(1),ct_state(+new-est-rel-rpl-inv+trk),eth(),"
      "eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 2",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+new-est-rel+trk-inv-rpl -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct related reply",
      "recirc_id(2),in_port(1),ct_state(+rel+rpl+trk),eth(),eth_type(0x0800),"
      "ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 2",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+rel+trk+rpl -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct invalid",
      "recirc_id(2),in_port(1),ct_state(+inv+trk),eth(),eth_type(0x0800),"
      "ipv4(frag=no)",
      "drop",
      "dev 1 ingress chain 2",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+trk+inv -> drop",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct untracked",
      "in_port(1),ct_state(-trk),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=-trk -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct mark and label",
      "recirc_id(2),in_port(1),ct_state(+trk),ct_mark(0x1/0xff),"
      "ct_label(0x1234567890abcdef1234567890abcdef/0xffffffffffffffff00000000"
      "00000000),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 2",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+trk ct_mark=0x1/0xff "
      "ct_label=0000000000000000efcdab9078563412/0000000000000000ffffffffffff"
      "ffff -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "recirculated",
      "recirc_id(5),in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 5",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "mark 0",
      "in_port(1),skb_mark(0),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "packet type Ethernet",
      "in_port(1),packet_type(ns=0,id=0),eth(src=02:00:00:00:00:01),"
      "eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 0",
      "src_mac=02:00:00:00:00:01 eth_type=ipv4 ip_frag=0x0/0x1 -> "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
};

const size_t flow_corpus_match_size =
    ARRAY_SIZE(flow_corpus_match);
