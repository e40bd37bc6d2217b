/* SPDX-License-Identifier: Apache-2.0 */

/* flow_corpus_action: outputs, tags, labels and rewrites.
 * See flow_corpus.h. */

#include <config.h>

#include "flow_corpus.h"

#include "util.h"

const struct flow_case flow_corpus_action[] = {
    { "output",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "mirror",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2,3,4",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> mirror(dev 2), mirror(dev 3), "
      "redirect(dev 4)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "output to bond",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "25",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 25)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "output to internal port",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "20",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ptype(0), redirect(ingress dev 20)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "mirror to internal port",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "20,2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ptype(0), mirror(ingress dev 20), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "from internal to internal",
      "in_port(20),eth(),eth_type(0x0800),ipv4(frag=no)",
      "21",
      "dev 20 egress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ptype(0), redirect(ingress dev 21)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "drop",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "drop",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> drop",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "explicit drop",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "explicit_drop",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> drop",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "mirror then drop",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2,pop_vlan",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> mirror(dev 2), vlan_pop, drop",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "push vlan",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "push_vlan(vid=100,pcp=5),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> vlan_push(id 100 protocol 0x8100 "
      "priority 5), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "push 802.1ad",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=7,pcp=0/0x0),"
      "encap(eth_type(0x0800),ipv4(frag=no))",
      "push_vlan(tpid=0x88a8,vid=100,pcp=0),2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 vlan_id=7 eth_type=ipv4 ip_frag=0x0/0x1 -> "
      "vlan_push(id 100 protocol 0x88a8 priority 0), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "pop vlan",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=7,pcp=0/0x0),"
      "encap(eth_type(0x0800),ipv4(frag=no))",
      "pop_vlan,2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 vlan_id=7 eth_type=ipv4 ip_frag=0x0/0x1 -> vlan_pop, "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "swap vlan",
      "in_port(1),eth(),eth_type(0x8100),vlan(vid=7,pcp=0/0x0),"
      "encap(eth_type(0x0800),ipv4(frag=no))",
      "pop_vlan,push_vlan(vid=8,pcp=0),2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x8100 vlan_id=7 eth_type=ipv4 ip_frag=0x0/0x1 -> vlan_pop, "
      "vlan_push(id 8 protocol 0x8100 priority 0), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "pop two",
      "in_port(1),eth(),eth_type(0x88a8),vlan(vid=100,pcp=0/0x0),"
      "encap(eth_type(0x8100),vlan(vid=200,pcp=0/0x0),encap(eth_type(0x0800),"
      "ipv4(frag=no)))",
      "pop_vlan,pop_vlan,2",
      "dev 1 ingress chain 0",
      "vlan_tpid=0x88a8 vlan_id=100 cvlan_tpid=0x8100 cvlan_id=200 "
      "eth_type=ipv4 ip_frag=0x0/0x1 -> vlan_pop, vlan_pop, redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "push mpls",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "push_mpls(label=100,tc=3,ttl=64,bos=1,eth_type=0x8847),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> mpls_push(lse 0x00064740/0xffffffff "
      "protocol 0x8847), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "push two labels",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "push_mpls(label=100,tc=0,ttl=64,bos=1,eth_type=0x8847),"
      "push_mpls(label=200,tc=0,ttl=64,bos=0,eth_type=0x8847),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> mpls_push(lse 0x00064140/0xffffffff "
      "protocol 0x8847), mpls_push(lse 0x000c8040/0xffffffff protocol "
      "0x8847), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "pop mpls",
      "in_port(1),eth(),eth_type(0x8847),mpls(label=100,tc=0/0,ttl=0/0,bos=1)",
      "pop_mpls(eth_type=0x800),2",
      "dev 1 ingress chain 0",
      "eth_type=0x8847 mpls_lse=0x64100/0xfffff100 -> mpls_pop(protocol "
      "0x0800), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set mpls",
      "in_port(1),eth(),eth_type(0x8847),mpls(label=100,tc=0,ttl=64,bos=1)",
      "set(mpls(label=200,tc=1,ttl=63,bos=1)),2",
      "dev 1 ingress chain 0",
      "eth_type=0x8847 mpls_lse=0x64140 -> mpls_modify(lse "
      "0x000c833f/0xffffffff), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set eth",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> set( src_mac=02:00:00:00:00:01 "
      "dst_mac=02:00:00:00:00:02 ), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set eth dst",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(eth(dst=02:00:00:00:00:02)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> set( dst_mac=02:00:00:00:00:02 ), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set eth bits",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(eth(dst=01:00:00:00:00:00/01:00:00:00:00:00)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> set( "
      "dst_mac=01:00:00:00:00:00/01:00:00:00:00:00 ), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ipv4 address of tcp",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=no),tcp()",
      "set(ipv4(src=10.0.0.9)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp ip_frag=0x0/0x1 -> set( src_ip=10.0.0.9 ), "
      "csum(ipv4,tcp), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ipv4 addresses of udp",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=17,frag=no),udp(dst=53)",
      "set(ipv4(src=10.0.0.9,dst=10.0.0.8)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=udp dst_port=53 -> set( src_ip=10.0.0.9 "
      "dst_ip=10.0.0.8 ), csum(ipv4,udp), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ipv4 of icmp",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=1,frag=no),icmp()",
      "set(ipv4(dst=10.0.0.9)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=icmp ip_frag=0x0/0x1 -> set( dst_ip=10.0.0.9 ),"
      " csum(ipv4), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ipv4 of gre",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=47,frag=no)",
      "set(ipv4(dst=10.0.0.9)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=47 ip_frag=0x0/0x1 -> set( dst_ip=10.0.0.9 ), "
      "csum(ipv4), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ipv4 of fragments of icmp",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=1,frag=later)",
      "set(ipv4(dst=10.0.0.9)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=icmp ip_frag=0x1/0x3 -> set( dst_ip=10.0.0.9 ),"
      " csum(ipv4), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ipv4 without protocol",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6/0,frag=no),tcp()",
      "set(ipv4(dst=10.0.0.9)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp ip_frag=0x0/0x1 -> set( dst_ip=10.0.0.9 ), "
      "csum(ipv4,tcp), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ipv4 part",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=no),tcp()",
      "set(ipv4(dst=10.0.0.0/255.255.0.0)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp ip_frag=0x0/0x1 -> set( "
      "dst_ip=10.0.0.0/255.255.0.0 ), csum(ipv4,tcp), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ttl",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6/0,ttl=64,frag=no),tcp()",
      "set(eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)),"
      "set(ipv4(ttl=63)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_ttl=64 ip_frag=0x0/0x1 -> set( "
      "src_mac=02:00:00:00:00:01 dst_mac=02:00:00:00:00:02 ), set( ip_ttl=63 "
      "), csum(ipv4), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set tos",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6/0,tos=0/0xfc,frag=no),"
      "tcp()",
      "set(ipv4(tos=0x4/0xfc)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_tos=0x0/0xfc ip_frag=0x0/0x1 -> set( ip_tos=0x4/0xfc "
      "), csum(ipv4), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ttl of fragment",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,ttl=64,frag=first),"
      "tcp()",
      "set(ipv4(ttl=63)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp ip_ttl=64 ip_frag=0x3/0x3 -> set( "
      "ip_ttl=63 ), csum(ipv4), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ipv6 address",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(proto=6,frag=no),tcp()",
      "set(ipv6(src=2001:db8::9)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_proto=tcp ip_frag=0x0/0x1 -> set( src_ip=2001:db8::9 "
      "), csum(tcp), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set ipv6 of icmpv6",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(proto=58,frag=no),icmpv6()",
      "set(ipv6(dst=2001:db8::9)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_proto=icmpv6 ip_frag=0x0/0x1 -> set( "
      "dst_ip=2001:db8::9 ), csum(icmp), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set hop limit",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(hlimit=64,frag=no)",
      "set(ipv6(hlimit=63)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_ttl=64 ip_frag=0x0/0x1 -> set( ip_ttl=63 ), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set traffic class",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(frag=no)",
      "set(ipv6(tclass=0x10/0xfc)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_frag=0x0/0x1 -> set( ip_tos=0x10/0xfc ), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set tcp ports",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=no),tcp(src=1,"
      "dst=2)",
      "set(tcp(src=3,dst=4)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp src_port=1 dst_port=2 -> set( src_port=3 "
      "dst_port=4 ), csum(tcp), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set tcp port",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(proto=6,frag=no),tcp()",
      "set(tcp(dst=4)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_proto=tcp ip_frag=0x0/0x1 -> set( dst_port=4 ), "
      "csum(tcp), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set udp port",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=17,frag=no),udp()",
      "set(udp(src=4)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=udp ip_frag=0x0/0x1 -> set( src_port=4 ), "
      "csum(udp), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set all",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,ttl=64,frag=no),"
      "tcp(dst=80)",
      "set(eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)),"
      "set(ipv4(dst=10.0.0.9,ttl=63)),set(tcp(dst=8080)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp ip_ttl=64 dst_port=80 -> set( "
      "src_mac=02:00:00:00:00:01 dst_mac=02:00:00:00:00:02 ), set( "
      "dst_ip=10.0.0.9 ip_ttl=63 ), set( dst_port=8080 ), csum(ipv4,tcp), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set between outputs",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,ttl=64,frag=no),tcp()",
      "2,set(ipv4(src=10.0.0.9)),3,set(ipv4(src=10.0.0.8)),4",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=tcp ip_ttl=64 ip_frag=0x0/0x1 -> mirror(dev 2),"
      " set( src_ip=10.0.0.9 ), csum(ipv4,tcp), mirror(dev 3), set( "
      "src_ip=10.0.0.8 ), csum(ipv4,tcp), redirect(dev 4)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "set then push vlan",
      "in_port(1),eth(),eth_type(0x0800),ipv4(ttl=64,frag=no)",
      "set(ipv4(ttl=63)),push_vlan(vid=9,pcp=0),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_ttl=64 ip_frag=0x0/0x1 -> set( ip_ttl=63 ), "
      "csum(ipv4), vlan_push(id 9 protocol 0x8100 priority 0), redirect(dev "
      "2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
};

const size_t flow_corpus_action_size =
    ARRAY_SIZE(flow_corpus_action);
