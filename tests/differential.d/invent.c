// SPDX-License-Identifier: Apache-2.0
/* invent: see invent.h. Fields come from small sets, so that rules overlap. */
#include "invent.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <string.h>

static const uint16_t ports[] = { 0, 53, 80, 1000, 2000, 4789, 65535 };

static void any_address4(struct dice *d, __be32 *addr)
{
	*addr = htonl(0x0a000000 | dice_below(d, 3) << 8 | (1 + dice_below(d, 4)));
}

static void any_address6(struct dice *d, struct in6_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->s6_addr[0] = 0xfd;
	addr->s6_addr[7] = dice_below(d, 3);
	addr->s6_addr[15] = 1 + dice_below(d, 4);
}

static void any_mac(struct dice *d, uint8_t *mac)
{
	memset(mac, 0, 6);
	mac[0] = 0x02;
	mac[4] = dice_below(d, 4);
	mac[5] = dice_below(d, 16);
}

/* All ones, or a prefix, or nothing, or anything. */
static void any_mask(struct dice *d, void *mask, unsigned int size)
{
	unsigned int bits, i;
	uint8_t *m = mask;

	switch (dice_below(d, 8)) {
	case 0:
		dice_bytes(d, mask, size);
		break;
	case 1:
	case 2:
		bits = dice_below(d, 8 * size + 1);
		for (i = 0; i < size; i++, bits -= bits < 8 ? bits : 8)
			m[i] = bits >= 8 ? 0xff : 0xff00 >> bits;
		break;
	default:
		memset(mask, 0xff, size);
	}
}

static uint16_t any_tpid(struct dice *d)
{
	return dice_chance(d, 70) ? ETH_P_8021Q : ETH_P_8021AD;
}

static void match_tags(struct nfo_rule *rule, struct dice *d)
{
	static const uint16_t vids[] = { 0, 1, 2, 100, 4094 };
	unsigned int i, n = dice_below(d, 3);

	for (i = 0; i < n; i++) {
		rule->key.vlan_tpid[i] = htons(any_tpid(d));
		rule->mask.vlan_tpid[i] = 0xffff;
		rule->key.vlan_vid[i] = DICE_OF(d, vids);
		rule->mask.vlan_vid[i] = dice_chance(d, 80) ? 0xfff : 0;
		rule->key.vlan_pcp[i] = dice_below(d, 8);
		rule->mask.vlan_pcp[i] = dice_chance(d, 20) ? 7 : 0;
	}
}

static void match_addresses(struct nfo_rule *rule, struct dice *d, bool exact)
{
	bool ip4 = rule->key.eth_type == htons(ETH_P_IP);

	any_address4(d, &rule->key.ipv4_src);
	any_address4(d, &rule->key.ipv4_dst);
	any_address6(d, &rule->key.ipv6_src);
	any_address6(d, &rule->key.ipv6_dst);
	if (exact) {
		memset(ip4 ? (void *)&rule->mask.ipv4_src : &rule->mask.ipv6_src, 0xff, ip4 ? 4 : 16);
		memset(ip4 ? (void *)&rule->mask.ipv4_dst : &rule->mask.ipv6_dst, 0xff, ip4 ? 4 : 16);
		return;
	}
	if (dice_chance(d, 40))
		any_mask(d, ip4 ? (void *)&rule->mask.ipv4_src : &rule->mask.ipv6_src, ip4 ? 4 : 16);
	if (dice_chance(d, 50))
		any_mask(d, ip4 ? (void *)&rule->mask.ipv4_dst : &rule->mask.ipv6_dst, ip4 ? 4 : 16);
}

static void set_address(struct nfo_rule *rule, struct dice *d,
			struct nfo_set *value, struct nfo_set *mask, bool src)
{
	bool ip4 = rule->key.eth_type == htons(ETH_P_IP);

	if (ip4 && src) {
		any_address4(d, &value->ipv4_src);
		mask->ipv4_src = 0xffffffff;
	} else if (ip4) {
		any_address4(d, &value->ipv4_dst);
		mask->ipv4_dst = 0xffffffff;
	} else if (src) {
		any_address6(d, &value->ipv6_src);
		memset(&mask->ipv6_src, 0xff, 16);
	} else {
		any_address6(d, &value->ipv6_dst);
		memset(&mask->ipv6_dst, 0xff, 16);
	}
}

static bool has_ports(const struct nfo_rule *rule)
{
	return rule->mask.ip_proto == 0xff &&
	       (rule->key.ip_proto == IPPROTO_TCP ||
		rule->key.ip_proto == IPPROTO_UDP);
}

static uint32_t any_port(struct dice *d, const struct invent_world *world)
{
	return 1 + dice_below(d, world->n_ports);
}

void invent_flowtable(struct nfo_rule *rule, struct dice *d,
		      const struct invent_world *world)
{
	struct nfo_set value = { 0 }, mask = { 0 };
	unsigned int pops = 0, pushes;

	nfo_rule_init(rule);
	rule->key.eth_type = htons(dice_chance(d, 50) ? ETH_P_IP : ETH_P_IPV6);
	rule->mask.eth_type = 0xffff;
	rule->key.ip_proto = dice_chance(d, 50) ? IPPROTO_TCP : IPPROTO_UDP;
	rule->mask.ip_proto = 0xff;
	rule->mask.ip_frag = NFO_FRAG_ANY;
	if (rule->key.ip_proto == IPPROTO_TCP)
		rule->mask.tcp_flags = htons(7);
	match_addresses(rule, d, true);
	rule->key.sport = htons(DICE_OF(d, ports));
	rule->key.dport = htons(DICE_OF(d, ports));
	rule->mask.sport = rule->mask.dport = 0xffff;
	if (dice_chance(d, 30)) {
		match_tags(rule, d);
		rule->mask.vlan_pcp[0] = rule->mask.vlan_pcp[1] = 0;
	}
	while (pops < 2 && rule->mask.vlan_tpid[pops])
		pops++;

	any_mac(d, value.eth_src);
	any_mac(d, value.eth_dst);
	memset(mask.eth_src, 0xff, 6);
	memset(mask.eth_dst, 0xff, 6);
	if (dice_chance(d, 30))
		set_address(rule, d, &value, &mask, true);
	if (dice_chance(d, 30))
		set_address(rule, d, &value, &mask, false);
	value.sport = htons(DICE_OF(d, ports));
	mask.sport = dice_chance(d, 25) ? 0xffff : 0;
	value.dport = htons(DICE_OF(d, ports));
	mask.dport = dice_chance(d, 25) ? 0xffff : 0;
	nfo_rule_add_set(rule, &value, &mask);
	nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL);
	nfo_rule_fix_csum(rule);
	while (pops--)
		nfo_rule_add_plain(rule, NFO_ACT_VLAN_POP);
	for (pushes = dice_chance(d, 30) ? 1 + dice_below(d, 2) : 0; pushes; pushes--)
		nfo_rule_add_vlan_push(rule, htons(any_tpid(d)), dice_below(d, 4095), 0);
	nfo_rule_add_redirect(rule, any_port(d, world));
}

static void match_transport(struct nfo_rule *rule, struct dice *d)
{
	static const uint8_t protos[] = {
		IPPROTO_TCP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDP, IPPROTO_SCTP,
		IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_GRE, IPPROTO_IPIP,
	};
	struct nfo_key *key = &rule->key, *mask = &rule->mask;

	key->ip_proto = DICE_OF(d, protos);
	mask->ip_proto = 0xff;
	if (key->ip_proto == IPPROTO_TCP || key->ip_proto == IPPROTO_UDP ||
	    key->ip_proto == IPPROTO_SCTP) {
		key->sport = htons(DICE_OF(d, ports));
		key->dport = htons(DICE_OF(d, ports));
		if (dice_chance(d, 30))
			any_mask(d, &mask->sport, 2);
		if (dice_chance(d, 40))
			any_mask(d, &mask->dport, 2);
	}
	if (key->ip_proto == IPPROTO_TCP && dice_chance(d, 30)) {
		key->tcp_flags = htons(dice_below(d, 0x40));
		mask->tcp_flags = htons(dice_below(d, 0x1000));
	}
	if ((key->ip_proto == IPPROTO_ICMP && key->eth_type == htons(ETH_P_IP)) ||
	    (key->ip_proto == IPPROTO_ICMPV6 && key->eth_type == htons(ETH_P_IPV6))) {
		key->icmp_type = key->eth_type == htons(ETH_P_IP) ? 8 : 128;
		mask->icmp_type = dice_chance(d, 40) ? 0xff : 0;
		mask->icmp_code = dice_chance(d, 20) ? 0xff : 0;
	}
}

static void match_ip(struct nfo_rule *rule, struct dice *d)
{
	struct nfo_key *key = &rule->key, *mask = &rule->mask;

	match_addresses(rule, d, false);
	if (dice_chance(d, 70))
		match_transport(rule, d);
	key->tos = dice_roll(d);
	if (dice_chance(d, 15))
		any_mask(d, &mask->tos, 1);
	key->ttl = dice_chance(d, 50) ? 64 : dice_below(d, 3);
	if (dice_chance(d, 15))
		any_mask(d, &mask->ttl, 1);
	switch (dice_below(d, 6)) {
	case 0:
		key->ip_frag = NFO_FRAG_ANY;
		mask->ip_frag = NFO_FRAG_ANY;
		break;
	case 1:
		key->ip_frag = NFO_FRAG_ANY | NFO_FRAG_FIRST;
		mask->ip_frag = NFO_FRAG_ANY | NFO_FRAG_FIRST;
		break;
	case 2:
		key->ip_frag = NFO_FRAG_ANY;
		mask->ip_frag = NFO_FRAG_ANY | NFO_FRAG_FIRST;
		break;
	case 3:
	case 4:
		mask->ip_frag = NFO_FRAG_ANY;
		break;
	}
}

static void match_arp(struct nfo_rule *rule, struct dice *d)
{
	rule->key.arp_op = 1 + dice_below(d, 2);
	rule->mask.arp_op = dice_chance(d, 50) ? 0xff : 0;
	any_address4(d, &rule->key.arp_sip);
	any_address4(d, &rule->key.arp_tip);
	any_mac(d, rule->key.arp_sha);
	if (dice_chance(d, 30))
		any_mask(d, &rule->mask.arp_sip, 4);
	if (dice_chance(d, 30))
		any_mask(d, &rule->mask.arp_tip, 4);
	if (dice_chance(d, 20))
		memset(rule->mask.arp_sha, 0xff, 6);
}

static void match_mpls(struct nfo_rule *rule, struct dice *d)
{
	static const uint32_t masks[] = {
		0xfffff000, 0xffffffff, 0x000000ff, 0x00000100, 0xfffff100, 0,
	};

	rule->key.mpls_lse = htonl((16 + dice_below(d, 4)) << 12 | 0x140);
	rule->mask.mpls_lse = htonl(DICE_OF(d, masks));
}

static void match_openflow(struct nfo_rule *rule, struct dice *d)
{
	static const uint16_t types[] = {
		ETH_P_IP, ETH_P_IP, ETH_P_IP, ETH_P_IPV6, ETH_P_IPV6, ETH_P_ARP,
		ETH_P_MPLS_UC, 0x88b6,
	};

	if (dice_chance(d, 35))
		match_tags(rule, d);
	any_mac(d, rule->key.eth_src);
	any_mac(d, rule->key.eth_dst);
	if (dice_chance(d, 15))
		any_mask(d, rule->mask.eth_src, 6);
	if (dice_chance(d, 15))
		any_mask(d, rule->mask.eth_dst, 6);
	if (dice_chance(d, 5))
		return;
	rule->key.eth_type = htons(DICE_OF(d, types));
	rule->mask.eth_type = 0xffff;
	switch (ntohs(rule->key.eth_type)) {
	case ETH_P_IP:
	case ETH_P_IPV6:
		match_ip(rule, d);
		break;
	case ETH_P_ARP:
		match_arp(rule, d);
		break;
	case ETH_P_MPLS_UC:
		match_mpls(rule, d);
		break;
	}
}

static void do_set(struct nfo_rule *rule, struct dice *d)
{
	struct nfo_set value = { 0 }, mask = { 0 };
	bool ip = rule->key.eth_type == htons(ETH_P_IP) ||
		  rule->key.eth_type == htons(ETH_P_IPV6);

	if (dice_chance(d, 30)) {
		any_mac(d, value.eth_src);
		any_mask(d, mask.eth_src, 6);
	}
	if (dice_chance(d, 30)) {
		any_mac(d, value.eth_dst);
		any_mask(d, mask.eth_dst, 6);
	}
	if (ip && dice_chance(d, 30))
		set_address(rule, d, &value, &mask, true);
	if (ip && dice_chance(d, 30))
		set_address(rule, d, &value, &mask, false);
	value.tos = dice_roll(d);
	if (ip && dice_chance(d, 20))
		any_mask(d, &mask.tos, 1);
	value.ttl = dice_roll(d);
	if (ip && dice_chance(d, 20))
		mask.ttl = 0xff;
	value.sport = htons(DICE_OF(d, ports));
	value.dport = htons(DICE_OF(d, ports));
	if (has_ports(rule) && dice_chance(d, 30))
		any_mask(d, &mask.sport, 2);
	if (has_ports(rule) && dice_chance(d, 30))
		any_mask(d, &mask.dport, 2);
	nfo_rule_add_set(rule, &value, &mask);
}

static void do_vlan_modify(struct nfo_rule *rule, struct dice *d)
{
	struct nfo_action action = { .type = NFO_ACT_VLAN_MODIFY };

	action.vlan.tpid = htons(any_tpid(d));
	action.vlan.vid = dice_below(d, 4095);
	action.vlan.keep_pcp = dice_chance(d, 50);
	/* The simulator cannot tell a given priority 0 from none: action.c. */
	action.vlan.pcp = action.vlan.keep_pcp ? 0 : 1 + dice_below(d, 7);
	nfo_rule_add(rule, &action);
}

static void do_mpls(struct nfo_rule *rule, struct dice *d)
{
	struct nfo_action action = { .type = NFO_ACT_MPLS_PUSH };

	action.mpls.proto = htons(ETH_P_MPLS_UC);
	action.mpls.lse = htonl((16 + dice_below(d, 4)) << 12 | dice_below(d, 8) << 9 | 0x120);
	action.mpls.mask = 0xffffffff;
	if (rule->key.eth_type == htons(ETH_P_MPLS_UC) && dice_chance(d, 70)) {
		action.type = dice_chance(d, 50) ? NFO_ACT_MPLS_POP : NFO_ACT_MPLS_MODIFY;
		if (action.type == NFO_ACT_MPLS_POP)
			action.mpls.proto = htons(dice_chance(d, 60) ? ETH_P_IP : ETH_P_IPV6);
		else
			action.mpls.mask = htonl(dice_chance(d, 50) ? 0xfffff000 : 0xffffffff);
	}
	nfo_rule_add(rule, &action);
}

static void do_police(struct nfo_rule *rule, struct dice *d,
		      const struct invent_world *world)
{
	struct nfo_action action = { .type = NFO_ACT_POLICE };

	if (!world->policers)
		return;
	action.police = 1 + dice_below(d, world->policers);
	nfo_rule_add(rule, &action);
}

static void do_one(struct nfo_rule *rule, struct dice *d,
		   const struct invent_world *world)
{
	static const uint32_t sums[] = {
		NFO_CSUM_IPV4, NFO_CSUM_IPV4 | NFO_CSUM_TCP | NFO_CSUM_UDP,
		NFO_CSUM_UDP, NFO_CSUM_TCP, NFO_CSUM_ICMP,
	};

	switch (dice_below(d, 11)) {
	case 0:
		nfo_rule_add_mirror(rule, any_port(d, world));
		break;
	case 1:
		nfo_rule_add_vlan_push(rule, htons(any_tpid(d)), dice_below(d, 4095),
				       dice_below(d, 8));
		break;
	case 2:
		nfo_rule_add_plain(rule, NFO_ACT_VLAN_POP);
		break;
	case 3:
		do_vlan_modify(rule, d);
		break;
	case 4:
		do_mpls(rule, d);
		break;
	case 5:
		nfo_rule_add_csum(rule, DICE_OF(d, sums));
		break;
	case 6:
		if (rule->key.eth_type == htons(ETH_P_IP) ||
		    rule->key.eth_type == htons(ETH_P_IPV6))
			nfo_rule_add_plain(rule, NFO_ACT_DEC_TTL);
		break;
	case 7:
		do_police(rule, d, world);
		break;
	default:
		do_set(rule, d);
	}
}

void invent_openflow(struct nfo_rule *rule, struct dice *d,
		     const struct invent_world *world)
{
	unsigned int n = dice_below(d, 4);

	nfo_rule_init(rule);
	match_openflow(rule, d);
	/* Nothing else may be done to what goes to software. */
	if (dice_chance(d, 6)) {
		nfo_rule_add_plain(rule, dice_chance(d, 50) ? NFO_ACT_TRAP : NFO_ACT_PASS);
		return;
	}
	while (n--)
		do_one(rule, d, world);
	if (dice_chance(d, 80))
		nfo_rule_fix_csum(rule);
	if (world->next_chain && dice_chance(d, 25))
		nfo_rule_add_goto(rule, world->next_chain);
	else if (dice_chance(d, 15))
		nfo_rule_add_plain(rule, NFO_ACT_DROP);
	else
		nfo_rule_add_redirect(rule, any_port(d, world));
}
