// SPDX-License-Identifier: Apache-2.0
/*
 * rule_corpus: see rule_corpus.h. Values are such that no two bytes of a field
 * are alike, so that a swapped or shifted field shows. The rules themselves:
 * rule_corpus_match.c, rule_corpus_action.c.
 */
#include "rule_corpus_part.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

void must(int err)
{
	if (err)
		abort();
}

void match_bytes(void *key, void *mask, const char *value, const char *bits,
		 size_t len)
{
	memcpy(key, value, len);
	memcpy(mask, bits, len);
}

void match_type(struct nfo_rule *rule, uint16_t type)
{
	MATCH(rule, eth_type, htons(type), 0xffff);
}

void match_ipv4(struct nfo_rule *rule, uint8_t proto)
{
	match_type(rule, ETH_P_IP);
	MATCH(rule, ip_proto, proto, 0xff);
	MATCH(rule, ipv4_src, htonl(0x0a000102), 0xffffffff);
	MATCH(rule, ipv4_dst, htonl(0xc0a80300), htonl(0xffffff00));
}

void match_ipv6(struct nfo_rule *rule, uint8_t proto)
{
	match_type(rule, ETH_P_IPV6);
	MATCH(rule, ip_proto, proto, 0xff);
	inet_pton(AF_INET6, "2001:db8:1:2:3:4:5:6", &rule->key.ipv6_src);
	memset(&rule->mask.ipv6_src, 0xff, 16);
	inet_pton(AF_INET6, "2001:db8:7:8::", &rule->key.ipv6_dst);
	memset(&rule->mask.ipv6_dst, 0xff, 8);
}

void match_ports(struct nfo_rule *rule)
{
	MATCH(rule, sport, htons(4660), 0xffff);
	MATCH(rule, dport, htons(0x5600), htons(0xff00));
}

void match_flow(struct nfo_rule *rule)
{
	match_ipv4(rule, IPPROTO_UDP);
	match_ports(rule);
}

void out(struct nfo_rule *rule, uint32_t ifindex)
{
	must(nfo_rule_add_redirect(rule, ifindex));
}

void set_macs(struct nfo_rule *rule)
{
	struct nfo_set value, mask;

	memset(&value, 0, sizeof(value));
	memset(&mask, 0, sizeof(mask));
	match_bytes(value.eth_src, mask.eth_src, "\x02\xaa\xbb\xcc\xdd\xee",
		    "\xff\xff\xff\xff\xff\xff", 6);
	match_bytes(value.eth_dst, mask.eth_dst, "\x02\x01\x03\x05\x07\x09",
		    "\xff\xff\xff\xff\xff\xff", 6);
	must(nfo_rule_add_set(rule, &value, &mask));
}

#define ENTRY(make, kernel) { #make, make_##make, kernel }

const struct corpus_entry corpus[] = {
	ENTRY(any, 0), ENTRY(ethernet, 0), ENTRY(vlan_no_type, 0),
	ENTRY(vlan_ipv4, 0), ENTRY(vlan_any_id, 0), ENTRY(qinq, 0),
	ENTRY(qinq_no_type, 0), ENTRY(mpls, 0), ENTRY(mpls_tc, 0),
	ENTRY(ipv4, 0), ENTRY(ipv4_later_fragment, 0), ENTRY(ipv6, 0),
	ENTRY(tcp, 0), ENTRY(sctp, 0), ENTRY(icmp, 0), ENTRY(icmpv6, 0),
	ENTRY(arp, 0), ENTRY(conntrack, 0), ENTRY(conntrack_related, 0),
	ENTRY(tunnel_ipv4, 0), ENTRY(tunnel_ipv6_gbp, 0),
	ENTRY(tunnel_geneve, 0), ENTRY(tunnel_flags, 612),
	ENTRY(drop, 0), ENTRY(trap, 0), ENTRY(pass, 0), ENTRY(goto_chain, 0),
	ENTRY(ports, 0), ENTRY(internal_port, 0), ENTRY(vlan_actions, 0),
	ENTRY(mpls_actions, 0), ENTRY(route_ipv4, 0), ENTRY(route_ipv6, 0),
	ENTRY(nat_ipv4, 0), ENTRY(nat_ipv6, 0), ENTRY(encap_ipv4, 0),
	ENTRY(encap_ipv6, 0), ENTRY(encap_df, 603), ENTRY(ct_clear, 0),
	ENTRY(ct_commit, 0), ENTRY(ct_nat_ipv6, 0), ENTRY(ct_restore, 0),
	ENTRY(police, 0), ENTRY(sample, 0), ENTRY(csum_all, 0),
	ENTRY(check_drop, 0), ENTRY(check_join, 0), ENTRY(check_one_side, 0),
	ENTRY(check_nested, 0), ENTRY(check_open_end, 0),
	ENTRY(many_actions, 0),
};

const size_t corpus_size = sizeof(corpus) / sizeof(corpus[0]);
