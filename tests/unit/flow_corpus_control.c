/* SPDX-License-Identifier: Apache-2.0 */

/* flow_corpus_control: what decides about the way of a packet: recirculation,
 * connection tracking, meters, lengths.
 * See flow_corpus.h. */

#include <config.h>

#include "flow_corpus.h"

#include "util.h"

const struct flow_case flow_corpus_control[] = {
    { "recirculate",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "recirc(5)",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> goto_chain(5)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "ct(zone=5),recirc(3)",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 5), goto_chain(3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct commit",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "ct(commit,zone=5),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 5 commit), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct force commit",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "ct(force_commit,zone=5),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 5 commit force), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct commit mark and label",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "ct(commit,zone=5,mark=0x1/0xff,"
      "label=0x1234567890abcdef1234567890abcdef/0xffffffffffffffff00000000000"
      "00000),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 5 commit mark 0x1/0xff label "
      "0000000000000000efcdab9078563412/0000000000000000ffffffffffffffff), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct nat restore",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "ct(zone=5,nat),recirc(3)",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 5 nat), goto_chain(3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct nat src",
      "recirc_id(3),in_port(1),ct_state(+new+trk),eth(),eth_type(0x0800),"
      "ipv4(frag=no)",
      "ct(commit,zone=5,nat(src=10.0.0.240)),2",
      "dev 1 ingress chain 3",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+new+trk -> ct(zone 5 commit "
      "nat src addr 10.0.0.240-10.0.0.240), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct nat src range",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "ct(commit,zone=5,nat(src=10.0.0.240-10.0.0.254:32768-65535)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 5 commit nat src addr "
      "10.0.0.240-10.0.0.254 port 32768-65535), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct nat dst port",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "ct(commit,zone=5,nat(dst=10.0.0.1:80)),recirc(4)",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 5 commit nat dst addr "
      "10.0.0.1-10.0.0.1 port 80-80), goto_chain(4)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct nat ipv6",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(frag=no)",
      "ct(commit,zone=5,nat(src=2001:db8::240)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_frag=0x0/0x1 -> ct(zone 5 commit nat src addr "
      "2001:db8::240-2001:db8::240), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct nat ipv6 range",
      "in_port(1),eth(),eth_type(0x86dd),ipv6(frag=no)",
      "ct(commit,zone=5,nat(dst=[2001:db8::240]-[2001:db8::250]:255-4096)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv6 ip_frag=0x0/0x1 -> ct(zone 5 commit nat dst addr "
      "2001:db8::240-2001:db8::250 port 255-4096), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct nat src without address",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "ct(commit,nat(src)),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> ct(zone 0 commit nat src), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct twice",
      "recirc_id(2),in_port(1),ct_state(+est+trk),eth(),eth_type(0x0800),"
      "ipv4(frag=no)",
      "ct_clear,ct(zone=6,nat),recirc(3)",
      "dev 1 ingress chain 2",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+est+trk -> ct(clear), ct(zone "
      "6 nat), goto_chain(3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "ct clear",
      "recirc_id(2),in_port(1),ct_state(+trk),eth(),eth_type(0x0800),"
      "ipv4(frag=no)",
      "ct_clear,2",
      "dev 1 ingress chain 2",
      "eth_type=ipv4 ip_frag=0x0/0x1 ct_state=+trk -> ct(clear), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "meter",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "meter(1),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> police(index 268435457), "
      "redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "meter and drop",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "meter(1)",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> police(index 268435457), drop",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "two meters",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "meter(1),meter(2),2",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> police(index 268435457), "
      "police(index 268435458), redirect(dev 2)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(4),le(5))",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 1 other 1), "
      "redirect(dev 4), redirect(dev 5)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check drop longer",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(drop),le(5))",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 1 other 1), "
      "drop, redirect(dev 5)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check drop other",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(5),le(drop))",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 1 other 1), "
      "redirect(dev 5), drop",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check two outputs",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(3,5),le(3,4))",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 2 other 2), "
      "mirror(dev 3), redirect(dev 5), mirror(dev 3), redirect(dev 4)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check then output",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(4),le(5)),3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 1 other 1), "
      "mirror(dev 4), mirror(dev 5), redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check internal then output",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(20),le(20)),3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 2 other 2), "
      "ptype(0), mirror(ingress dev 20), ptype(0), mirror(ingress dev 20), "
      "redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check drop then output",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(20),le(drop)),3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 2 other 0), "
      "ptype(0), mirror(ingress dev 20), redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check drop then output too",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(drop),le(4)),3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 0 other 1), "
      "mirror(dev 4), redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check nothing then output",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(drop),le(drop)),3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check changes then output",
      "in_port(1),eth(),eth_type(0x0800),ipv4(proto=1,tos=0/0xfc,frag=no),"
      "icmp()",
      "check_pkt_len(size=200,gt(set(ipv4(tos=0x4/0xfc)),4),"
      "le(set(eth(src=00:11:11:11:11:11)),5)),3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_proto=icmp ip_tos=0x0/0xfc ip_frag=0x0/0x1 -> "
      "mirror(dev 3), check_pkt_len(200 longer 3 other 2), set( "
      "ip_tos=0x4/0xfc ), csum(ipv4), redirect(dev 4), set( "
      "src_mac=00:11:11:11:11:11 ), redirect(dev 5)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check in check",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(check_pkt_len(size=400,gt(5),le(4))),le(5))",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 3 other 1), "
      "check_pkt_len(400 longer 1 other 1), redirect(dev 5), redirect(dev 4),"
      " redirect(dev 5)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check in check then output",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(check_pkt_len(size=400,gt(5),le(4))),le(5)),"
      "3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 3 other 1), "
      "check_pkt_len(400 longer 1 other 1), mirror(dev 5), mirror(dev 4), "
      "mirror(dev 5), redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check in other then output",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(5),le(check_pkt_len(size=100,gt(5),le(4)))),"
      "3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 1 other 3), "
      "mirror(dev 5), check_pkt_len(100 longer 1 other 1), mirror(dev 5), "
      "mirror(dev 4), redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check behind set",
      "in_port(1),eth(),eth_type(0x0800),ipv4(ttl=64,frag=no)",
      "set(ipv4(ttl=63)),check_pkt_len(size=1514,gt(drop),le(ct(zone=1),"
      "recirc(3)))",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_ttl=64 ip_frag=0x0/0x1 -> set( ip_ttl=63 ), "
      "csum(ipv4), check_pkt_len(1514 longer 1 other 2), drop, ct(zone 1), "
      "goto_chain(3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "check outputs then change",
      "in_port(1),eth(),eth_type(0x0800),ipv4(ttl=64,frag=no)",
      "check_pkt_len(size=200,gt(4),le(5)),set(ipv4(ttl=63)),3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_ttl=64 ip_frag=0x0/0x1 -> check_pkt_len(200 longer 1 "
      "other 1), mirror(dev 4), mirror(dev 5), set( ip_ttl=63 ), csum(ipv4), "
      "redirect(dev 3)",
      NFT_OFFLOAD_REASON_NONE, NULL },
    { "output behind check of ct",
      "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
      "check_pkt_len(size=200,gt(ct(commit),2),le(4)),3",
      "dev 1 ingress chain 0",
      "eth_type=ipv4 ip_frag=0x0/0x1 -> mirror(dev 3), check_pkt_len(200 "
      "longer 2 other 1), ct(zone 0 commit), redirect(dev 2), redirect(dev 4)",
      NFT_OFFLOAD_REASON_NONE, NULL },
};

const size_t flow_corpus_control_size =
    ARRAY_SIZE(flow_corpus_control);
