/* SPDX-License-Identifier: Apache-2.0 */

/* flow_corpus_tunnel: outer headers, matched, taken off and put on.
 * See flow_corpus.h. */

#include <config.h>

#include "flow_corpus.h"

#include "util.h"

const struct flow_case flow_corpus_tunnel[] = {
    { "vxlan",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,tos=0/0,ttl=64/0,"
      "tp_dst=4789/0,flags(+key)),in_port(22),eth(),eth_type(0x0800),"
      "ipv4(frag=no)",
      "2",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=4789 eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_release, "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vxlan ipv6",
      "tunnel(tun_id=0x2a,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,tos=0,"
      "ttl=64,tp_dst=4789,flags(+key)),in_port(22),eth(),eth_type(0x0800),"
      "ipv4(frag=no)",
      "2",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_src_ip=2001:db8::1 enc_dst_ip=2001:db8::2 "
      "enc_dst_port=4789 enc_tos=0x0 enc_ttl=64 eth_type=ipv4 "
      "ip_frag=0x0/0x1 -> tunnel_release, redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vxlan any sender",
      "tunnel(tun_id=0x2a,src=192.0.2.0/255.255.255.0,dst=192.0.2.2,"
      "tos=0x10/0xfc,ttl=64/0,tp_src=1000,tp_dst=4789,flags(+key)),"
      "in_port(22),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.0/255.255.255.0 enc_dst_ip=192.0.2.2 "
      "enc_src_port=1000 enc_dst_port=4789 enc_tos=0x10/0xfc eth_type=ipv4 "
      "ip_frag=0x0/0x1 -> tunnel_release, redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vxlan part of id",
      "tunnel(tun_id=0x2a/0xff,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "flags(key)),in_port(22),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_dst_ip=192.0.2.2 enc_dst_port=4789 "
      "enc_flags=0x0/0x7 eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_release, "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vxlan group",
      "tunnel(tun_id=0x2a,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "vxlan(gbp(id=100,flags=0x8)),flags(+key)),in_port(22),eth(),"
      "eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_dst_ip=192.0.2.2 enc_dst_port=4789 "
      "vxlan_gbp=0x80064 eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_release, "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vxlan group without flags",
      "tunnel(tun_id=0x2a,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "vxlan(gbp(id=100/0xffff,flags=0/0)),flags(+key)),in_port(22),eth(),"
      "eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_dst_ip=192.0.2.2 enc_dst_port=4789 "
      "vxlan_gbp=0x64/0xffff eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_release,"
      " redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "vxlan flags",
      "tunnel(tun_id=0x2a,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "flags(+df-csum+key)),in_port(22),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_dst_ip=192.0.2.2 enc_dst_port=4789 "
      "enc_flags=0x2/0x3 eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_release, "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "geneve",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,tp_dst=6081,"
      "flags(+key)),in_port(23),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 23 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=6081 eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_release, "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "geneve control",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,tp_dst=6081,"
      "flags(+oam+key)),in_port(23),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 23 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=6081 enc_flags=0x4/0x4 eth_type=ipv4 ip_frag=0x0/0x1 -> "
      "tunnel_release, redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "geneve option",
      "tunnel(tun_id=0x2a,dst=192.0.2.2,ttl=64/0,tp_dst=6081,"
      "geneve({class=0x102,type=0x80,len=4,0xa/0xff}),flags(+key)),"
      "in_port(23),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 23 ingress chain 0",
      "enc_key_id=42 enc_dst_ip=192.0.2.2 enc_dst_port=6081 eth_type=ipv4 "
      "ip_frag=0x0/0x1 geneve_opts=010280010000000a/ffffff1f000000ff -> "
      "tunnel_release, redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "geneve options",
      "tunnel(tun_id=0x2a,dst=192.0.2.2,ttl=64/0,tp_dst=6081,"
      "geneve({class=0x102,type=0x80,len=4,0x10002}{class=0x103/0,type=1/0,"
      "len=8,0x1122334455667788/0xffffffff00000000}),flags(+key)),"
      "in_port(23),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 23 ingress chain 0",
      "enc_key_id=42 enc_dst_ip=192.0.2.2 enc_dst_port=6081 eth_type=ipv4 "
      "ip_frag=0x0/0x1 geneve_opts=0102800100010002000000021122334400000000/f"
      "fffff1fffffffff0000001fffffffff00000000 -> tunnel_release, "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "gre key",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,flags(+key)),"
      "in_port(24),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 24 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 eth_type=ipv4 "
      "ip_frag=0x0/0x1 -> tunnel_release, redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "gre any key",
      "tunnel(src=192.0.2.1,dst=192.0.2.2,ttl=64/0,flags(-key)),in_port(24),"
      "eth(),eth_type(0x0800),ipv4(frag=no)",
      "2",
      "dev 24 ingress chain 0",
      "enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 eth_type=ipv4 "
      "ip_frag=0x0/0x1 -> tunnel_release, redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "gre ipv6",
      "tunnel(tun_id=0x7,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,ttl=64/0,"
      "flags(+key)),in_port(24),eth(),eth_type(0x86dd),ipv6(frag=no)",
      "2",
      "dev 24 ingress chain 0",
      "enc_key_id=7 enc_src_ip=2001:db8::1 enc_dst_ip=2001:db8::2 "
      "eth_type=ipv6 ip_frag=0x0/0x1 -> tunnel_release, redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tunnel to two",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "flags(+key)),in_port(22),eth(),eth_type(0x0800),ipv4(frag=no)",
      "2,3",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=4789 eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_release, "
      "mirror(dev 2), redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tunnel to tunnel",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "flags(+key)),in_port(22),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(tunnel(tun_id=0x7,dst=192.0.2.9,ttl=64,tp_dst=6081,flags(key))),23",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=4789 eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_release, "
      "tunnel_set(id 7 src 0.0.0.0 dst 192.0.2.9 dst_port 6081 ttl 64), "
      "redirect(dev 23)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tunnel drop",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "flags(+key)),in_port(22),eth(),eth_type(0x0800),ipv4(frag=no)",
      "drop",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=4789 eth_type=ipv4 ip_frag=0x0/0x1 -> drop",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tunnel recirculates",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "flags(+key)),in_port(22),eth(),eth_type(0x0800),ipv4(frag=no)",
      "ct(zone=1),recirc(3)",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=4789 eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 1), "
      "goto_chain(3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tunnel recirculated",
      "recirc_id(3),tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,"
      "tp_dst=4789,flags(+key)),in_port(22),ct_state(+est+trk),eth(),"
      "eth_type(0x0800),ipv4(frag=no)",
      "20",
      "dev 22 ingress chain 3",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=4789 eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+est+trk -> "
      "tunnel_release, ptype(0), redirect(ingress dev 20)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tunnel checked recirculates",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "flags(+key)),in_port(22),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=1500,gt(2),le(recirc(3)))",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=4789 eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(1500 "
      "longer 2 other 1), tunnel_release, redirect(dev 2), goto_chain(3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "tunnel checked outputs",
      "tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,ttl=64/0,tp_dst=4789,"
      "flags(+key)),in_port(22),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=1500,gt(drop),le(2)),3",
      "dev 22 ingress chain 0",
      "enc_key_id=42 enc_src_ip=192.0.2.1 enc_dst_ip=192.0.2.2 "
      "enc_dst_port=4789 eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_release, "
      "check_pkt_len(1500 longer 0 other 1), mirror(dev 2), redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "encap vxlan",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(tunnel(tun_id=0x2a,src=192.0.2.1,dst=192.0.2.2,tos=0x10,ttl=64,"
      "tp_dst=4789,flags(df|csum|key))),22",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_set(id 42 src 192.0.2.1 dst "
      "192.0.2.2 dst_port 4789 tos 0x10 ttl 64 csum df), redirect(dev 22)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "encap vxlan ipv6",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(tunnel(tun_id=0x2a,ipv6_src=2001:db8::1,ipv6_dst=2001:db8::2,"
      "ttl=64,tp_dst=4789,flags(key))),22",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_set(id 42 src 2001:db8::1 dst "
      "2001:db8::2 dst_port 4789 ttl 64), redirect(dev 22)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "encap vxlan group",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(tunnel(tun_id=0x2a,dst=192.0.2.2,ttl=64,tp_dst=4789,"
      "vxlan(gbp(id=100,flags=0x48)),flags(key))),22",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_set(id 42 src 0.0.0.0 dst "
      "192.0.2.2 dst_port 4789 ttl 64 gbp 0x480064), redirect(dev 22)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "encap geneve options",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(tunnel(tun_id=0x2a,dst=192.0.2.2,ttl=64,tp_dst=6081,"
      "geneve({class=0x102,type=0x80,len=4,0x10002}{class=0x103,type=0x1,"
      "len=8,0x1122334455667788}),flags(df|key))),23",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_set(id 42 src 0.0.0.0 dst "
      "192.0.2.2 dst_port 6081 ttl 64 df geneve_opts "
      "0102800100010002010301021122334455667788), redirect(dev 23)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "encap gre",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(tunnel(tun_id=0x7,dst=192.0.2.2,ttl=64,flags(csum|key))),24",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_set(id 7 src 0.0.0.0 dst "
      "192.0.2.2 ttl 64 csum), redirect(dev 24)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "encap gre any key",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(tunnel(dst=192.0.2.2,ttl=64,flags(df))),24",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_set(src 0.0.0.0 dst 192.0.2.2 "
      "ttl 64 df), redirect(dev 24)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "encap gre ipv6",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(tunnel(tun_id=0x7,ipv6_dst=2001:db8::2,ttl=64,flags(key))),24",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_set(id 7 src :: dst "
      "2001:db8::2 ttl 64), redirect(dev 24)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "encap to several",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "set(tunnel(tun_id=0x2a,dst=192.0.2.2,ttl=64,tp_dst=4789,flags(key))),"
      "22,set(tunnel(tun_id=0x2b,dst=192.0.2.3,ttl=64,tp_dst=4789,"
      "flags(key))),22,set(tunnel(tun_id=0x2c,ipv6_dst=2001:db8::2,ttl=64,"
      "tp_dst=6081,flags(key))),23,2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> tunnel_set(id 42 src 0.0.0.0 dst "
      "192.0.2.2 dst_port 4789 ttl 64), mirror(dev 22), tunnel_set(id 43 src "
      "0.0.0.0 dst 192.0.2.3 dst_port 4789 ttl 64), mirror(dev 22), "
      "tunnel_set(id 44 src :: dst 2001:db8::2 dst_port 6081 ttl 64), "
      "mirror(dev 23), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
};

const size_t flow_corpus_tunnel_size =
    ARRAY_SIZE(flow_corpus_tunnel);
