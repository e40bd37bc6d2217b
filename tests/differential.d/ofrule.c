// SPDX-License-Identifier: Apache-2.0
/*
 * ofrule: see ofrule.h.
 *
 * Facts: ovs-fields(7), ovs-actions(7).
 */
#include "ofrule.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Of vlan_vid: a tag is there. */
#define VID_TAG		0x1000
/* More Open vSwitch does not see, and does not push. */
#define TAGS_MAX	2

struct text {
	char	*buf;
	size_t	size;
	size_t	len;
};

__attribute__((format(printf, 2, 3)))
static void say(struct text *t, const char *format, ...)
{
	va_list args;
	bool room = t->len < t->size;
	int n;

	va_start(args, format);
	n = vsnprintf(room ? t->buf + t->len : NULL, room ? t->size - t->len : 0,
		      format, args);
	va_end(args);
	t->len += n;
}

static bool any(const void *bytes, size_t n)
{
	const uint8_t *b = bytes;

	while (n--)
		if (b[n])
			return true;
	return false;
}

static void say_mac(struct text *t, const uint8_t *mac)
{
	say(t, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
	    mac[4], mac[5]);
}

static void say_address(struct text *t, const void *addr, bool ip4)
{
	char text[INET6_ADDRSTRLEN];

	say(t, "%s", inet_ntop(ip4 ? AF_INET : AF_INET6, addr, text, sizeof(text)));
}

static void match_mac(struct text *t, const char *name, const uint8_t *mac,
		      const uint8_t *mask)
{
	if (!any(mask, 6))
		return;
	say(t, ",%s=", name);
	say_mac(t, mac);
	say(t, "/");
	say_mac(t, mask);
}

static void match_address(struct text *t, const char *name, const void *addr,
			  const void *mask, bool ip4)
{
	struct in6_addr seen;

	if (!any(mask, ip4 ? 4 : 16))
		return;
	say(t, ",%s=", name);
	say_address(t, addr, ip4);
	say(t, "/");
	memcpy(&seen, mask, ip4 ? 4 : 16);
	/* Open vSwitch takes one that begins with a digit for a number of bits. */
	if (!ip4)
		seen.s6_addr[0] |= 0xf0;
	say_address(t, &seen, ip4);
}

static void match_tag(struct text *t, const struct nfo_rule *rule)
{
	if (!rule->mask.vlan_tpid[0]) {
		if (rule->mask.eth_type)
			say(t, ",vlan_vid=0");
		return;
	}
	say(t, ",vlan_vid=0x%04x/0x%04x", VID_TAG | (rule->key.vlan_vid[0] & rule->mask.vlan_vid[0]),
	    VID_TAG | rule->mask.vlan_vid[0]);
	if (rule->mask.vlan_pcp[0])
		say(t, ",vlan_pcp=%u", rule->key.vlan_pcp[0]);
}

/* A fragment that has no transport header. */
static bool may_be_later(const struct nfo_rule *rule)
{
	return rule->mask.ip_frag & rule->key.ip_frag & NFO_FRAG_ANY;
}

static void match_l4(struct text *t, const struct nfo_rule *rule)
{
	const struct nfo_key *key = &rule->key, *mask = &rule->mask;
	const bool tcp = key->ip_proto == IPPROTO_TCP;

	if (!mask->ip_proto)
		return;
	say(t, ",nw_proto=%u", key->ip_proto);
	if (!tcp && key->ip_proto != IPPROTO_UDP && key->ip_proto != IPPROTO_SCTP)
		return;
	if (may_be_later(rule))
		return;
	if (mask->sport)
		say(t, ",tp_src=0x%x/0x%x", ntohs(key->sport & mask->sport), ntohs(mask->sport));
	if (mask->dport)
		say(t, ",tp_dst=0x%x/0x%x", ntohs(key->dport & mask->dport), ntohs(mask->dport));
	if (tcp && mask->tcp_flags)
		say(t, ",tcp_flags=0x%x/0x%x", ntohs(key->tcp_flags & mask->tcp_flags),
		    ntohs(mask->tcp_flags));
}

static void match_ip(struct text *t, const struct nfo_rule *rule, bool ip4)
{
	static const char *const frags[] = { "no", "later", "no", "first" };
	const struct nfo_key *key = &rule->key, *mask = &rule->mask;

	say(t, ip4 ? ",ip" : ",ipv6");
	if (ip4) {
		match_address(t, "nw_src", &key->ipv4_src, &mask->ipv4_src, true);
		match_address(t, "nw_dst", &key->ipv4_dst, &mask->ipv4_dst, true);
	} else {
		match_address(t, "ipv6_src", &key->ipv6_src, &mask->ipv6_src, false);
		match_address(t, "ipv6_dst", &key->ipv6_dst, &mask->ipv6_dst, false);
	}
	if (mask->tos)
		say(t, ",nw_tos=%u", key->tos & 0xfc);
	if (mask->ttl == 0xff)
		say(t, ",nw_ttl=%u", key->ttl);
	if (mask->ip_frag == NFO_FRAG_ANY)
		say(t, ",nw_frag=%s", key->ip_frag ? "yes" : "no");
	else if (mask->ip_frag)
		say(t, ",nw_frag=%s", frags[key->ip_frag & 3]);
	match_l4(t, rule);
}

static void match(struct text *t, const struct nfo_rule *rule)
{
	const struct nfo_key *key = &rule->key, *mask = &rule->mask;

	match_mac(t, "dl_src", key->eth_src, mask->eth_src);
	match_mac(t, "dl_dst", key->eth_dst, mask->eth_dst);
	match_tag(t, rule);
	if (!mask->eth_type)
		return;
	switch (ntohs(key->eth_type)) {
	case ETH_P_IP:
	case ETH_P_IPV6:
		match_ip(t, rule, key->eth_type == htons(ETH_P_IP));
		break;
	case ETH_P_ARP:
		say(t, ",arp");
		if (mask->arp_op)
			say(t, ",arp_op=%u", key->arp_op);
		match_address(t, "arp_spa", &key->arp_sip, &mask->arp_sip, true);
		match_address(t, "arp_tpa", &key->arp_tip, &mask->arp_tip, true);
		match_mac(t, "arp_sha", key->arp_sha, mask->arp_sha);
		break;
	default:
		say(t, ",dl_type=0x%04x", ntohs(key->eth_type));
	}
}

static void set_mac(struct text *t, const char *name, const uint8_t *mac,
		    const uint8_t *mask)
{
	if (!any(mask, 6))
		return;
	say(t, "set_field:");
	say_mac(t, mac);
	say(t, "/");
	say_mac(t, mask);
	say(t, "->%s,", name);
}

static void set_address(struct text *t, const char *name, const void *addr,
			const void *mask, bool ip4)
{
	if (!any(mask, ip4 ? 4 : 16))
		return;
	say(t, "set_field:");
	say_address(t, addr, ip4);
	say(t, "->%s,", name);
}

static void set(struct text *t, const struct nfo_rule *rule,
		const struct nfo_set *value, const struct nfo_set *mask)
{
	const char *proto = rule->key.ip_proto == IPPROTO_TCP ? "tcp" : "udp";

	set_mac(t, "eth_src", value->eth_src, mask->eth_src);
	set_mac(t, "eth_dst", value->eth_dst, mask->eth_dst);
	set_address(t, "ip_src", &value->ipv4_src, &mask->ipv4_src, true);
	set_address(t, "ip_dst", &value->ipv4_dst, &mask->ipv4_dst, true);
	set_address(t, "ipv6_src", &value->ipv6_src, &mask->ipv6_src, false);
	set_address(t, "ipv6_dst", &value->ipv6_dst, &mask->ipv6_dst, false);
	if (mask->tos)
		say(t, "mod_nw_tos:%u,", value->tos & 0xfc);
	if (mask->ttl)
		say(t, "mod_nw_ttl:%u,", value->ttl);
	if (may_be_later(rule))
		return;
	if (mask->sport)
		say(t, "set_field:%u->%s_src,", ntohs(value->sport), proto);
	if (mask->dport)
		say(t, "set_field:%u->%s_dst,", ntohs(value->dport), proto);
}

/* @tags: so many are on the packet, which pop_vlan has to know. */
static void act(struct text *t, const struct nfo_rule *rule,
		const struct nfo_action *a, unsigned int *tags)
{
	switch (a->type) {
	case NFO_ACT_REDIRECT:
	case NFO_ACT_MIRROR:
		say(t, "output:%u,", a->port.ifindex);
		break;
	case NFO_ACT_SET:
		set(t, rule, &a->set.value, &a->set.mask);
		break;
	case NFO_ACT_DEC_TTL:
		say(t, "dec_ttl,");
		break;
	case NFO_ACT_VLAN_PUSH:
		if (*tags == TAGS_MAX)
			break;
		say(t, "push_vlan:0x8100,set_field:%u->vlan_vid,set_field:%u->vlan_pcp,",
		    VID_TAG | a->vlan.vid, a->vlan.pcp);
		(*tags)++;
		break;
	case NFO_ACT_VLAN_POP:
		if (!*tags)
			break;
		say(t, "pop_vlan,");
		(*tags)--;
		break;
	default:
		break;
	}
}

size_t ofrule_write(const struct nfo_rule *rule, unsigned int port,
		    unsigned int priority, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	bool drops = nfo_rule_has(rule, NFO_ACT_DROP);
	unsigned int tags = rule->mask.vlan_tpid[0] ? 1 : 0, i;

	say(&t, "priority=%u,in_port=%u", priority, port);
	match(&t, rule);
	say(&t, ",actions=");
	for (i = 0; i < rule->n_actions; i++)
		act(&t, rule, &rule->actions[i], &tags);
	/* Nothing further is what OpenFlow calls to drop. */
	if (drops || !nfo_rule_has(rule, NFO_ACT_REDIRECT))
		say(&t, "note:00");
	else
		t.len--;
	if (t.len < t.size)
		t.buf[t.len] = '\0';
	return t.len;
}
