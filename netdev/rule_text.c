// SPDX-License-Identifier: Apache-2.0
/*
 * rule_text: a rule and a place as one line for people; see rule.h. The words
 * are those of tc-flower(8) and of the tc actions.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "rule_field.h"

/* A string that counts on when it is full, as snprintf() does. */
struct text {
	char	*buf;
	size_t	size;
	size_t	len;
};

__attribute__((format(printf, 2, 3)))
static void say(struct text *t, const char *format, ...)
{
	size_t room = t->len < t->size ? t->size - t->len : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(room ? t->buf + t->len : NULL, room, format, args);
	va_end(args);
	if (n > 0)
		t->len += n;
}

static void say_bytes(struct text *t, const uint8_t *bytes, size_t len,
		      const char *between)
{
	size_t i;

	for (i = 0; i < len; i++)
		say(t, "%s%02x", i ? between : "", bytes[i]);
}

static void say_ip(struct text *t, int family, const void *addr)
{
	char name[INET6_ADDRSTRLEN];

	say(t, "%s", inet_ntop(family, addr, name, sizeof(name)) ? name : "?");
}

static uint32_t number(const uint8_t *bytes, size_t len)
{
	uint32_t value = 0;
	size_t i;

	for (i = 0; i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void say_eth_type(struct text *t, uint16_t type)
{
	switch (type) {
	case ETH_P_IP:
		say(t, "ipv4");
		break;
	case ETH_P_IPV6:
		say(t, "ipv6");
		break;
	case ETH_P_ARP:
		say(t, "arp");
		break;
	default:
		say(t, "0x%04x", type);
	}
}

static void say_ip_proto(struct text *t, uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		say(t, "tcp");
		break;
	case IPPROTO_UDP:
		say(t, "udp");
		break;
	case IPPROTO_SCTP:
		say(t, "sctp");
		break;
	case IPPROTO_ICMP:
		say(t, "icmp");
		break;
	case IPPROTO_ICMPV6:
		say(t, "icmpv6");
		break;
	default:
		say(t, "%u", proto);
	}
}

static void say_ct_state(struct text *t, uint32_t value, uint32_t mask)
{
	static const char *const names[] = {
		"new", "est", "rel", "trk", "inv", "rpl",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mask & 1u << i)
			say(t, "%c%s", value & 1u << i ? '+' : '-', names[i]);
}

static void say_value(struct text *t, const struct nfo_field *field,
		      const uint8_t *value)
{
	switch (field->form) {
	case NFO_FORM_DEC:
		say(t, "%u", number(value, field->size));
		break;
	case NFO_FORM_HEX:
		say(t, "0x%x", number(value, field->size));
		break;
	case NFO_FORM_MAC:
		say_bytes(t, value, 6, ":");
		break;
	case NFO_FORM_IPV4:
		say_ip(t, AF_INET, value);
		break;
	case NFO_FORM_IPV6:
		say_ip(t, AF_INET6, value);
		break;
	case NFO_FORM_ETH_TYPE:
		say_eth_type(t, number(value, 2));
		break;
	case NFO_FORM_IP_PROTO:
		say_ip_proto(t, value[0]);
		break;
	case NFO_FORM_CT_STATE:
	case NFO_FORM_BYTES:
		say_bytes(t, value, field->size, "");
		break;
	}
}

/* All the bits a field has? Some fill less than their bytes. */
static bool is_full(const struct nfo_field *field, const uint8_t *mask)
{
	static const struct {
		size_t		offset;
		uint32_t	bits;
	} narrow[] = {
		{ offsetof(struct nfo_key, vlan_vid[0]), 0x0fff },
		{ offsetof(struct nfo_key, vlan_vid[1]), 0x0fff },
		{ offsetof(struct nfo_key, vlan_pcp[0]), 0x07 },
		{ offsetof(struct nfo_key, vlan_pcp[1]), 0x07 },
		{ offsetof(struct nfo_key, tun_gbp), 0x0048ffff },
	};
	size_t i;

	for (i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
		if (narrow[i].offset == field->offset)
			return number(mask, field->size) == narrow[i].bits;
	for (i = 0; i < field->size; i++)
		if (mask[i] != 0xff)
			return false;
	return true;
}

/* "name=value/mask ", nothing if the mask is 0 everywhere. */
static void say_field(struct text *t, const struct nfo_field *field,
		      const uint8_t *value, const uint8_t *mask)
{
	static const uint8_t zero[16];

	if (!memcmp(mask, zero, field->size))
		return;
	say(t, "%s=", field->name);
	if (field->form == NFO_FORM_CT_STATE) {
		say_ct_state(t, number(value, field->size),
			     number(mask, field->size));
	} else {
		say_value(t, field, value);
		if (!is_full(field, mask)) {
			say(t, "/");
			say_value(t, field, mask);
		}
	}
	say(t, " ");
}

static void say_match(struct text *t, const struct nfo_rule *rule)
{
	uint8_t value[16], mask[16];
	size_t start = t->len, i;

	for (i = 0; i < nfo_n_fields; i++) {
		nfo_field_get(&nfo_fields[i], &rule->key, value);
		nfo_field_get(&nfo_fields[i], &rule->mask, mask);
		say_field(t, &nfo_fields[i], value, mask);
	}
	if (rule->geneve) {
		say(t, "geneve_opts=");
		say_bytes(t, rule->geneve->value, rule->geneve->len, "");
		say(t, "/");
		say_bytes(t, rule->geneve->mask, rule->geneve->len, "");
		say(t, " ");
	}
	if (t->len == start)
		say(t, "any ");
}

static void say_set(struct text *t, const struct nfo_set *value,
		    const struct nfo_set *mask)
{
#define PART(member, form_, name_)					\
	{ .size = sizeof(value->member), .form = NFO_FORM_##form_,	\
	  .offset = offsetof(struct nfo_set, member), .name = name_ }
	static const struct nfo_field parts[] = {
		PART(eth_src, MAC, "src_mac"),
		PART(eth_dst, MAC, "dst_mac"),
		PART(ipv4_src, IPV4, "src_ip"),
		PART(ipv4_dst, IPV4, "dst_ip"),
		PART(ipv6_src, IPV6, "src_ip"),
		PART(ipv6_dst, IPV6, "dst_ip"),
		PART(tos, HEX, "ip_tos"),
		PART(ttl, DEC, "ip_ttl"),
		PART(sport, DEC, "src_port"),
		PART(dport, DEC, "dst_port"),
	};
#undef PART
	uint8_t v[16], m[16];
	size_t i;

	say(t, "set( ");
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		nfo_field_get(&parts[i], value, v);
		nfo_field_get(&parts[i], mask, m);
		say_field(t, &parts[i], v, m);
	}
	say(t, ")");
}

static void say_csum(struct text *t, uint32_t flags)
{
	static const char *const names[] = {
		"ipv4", "icmp", "igmp", "tcp", "udp", "udplite", "sctp",
	};
	const char *between = "";
	size_t i;

	say(t, "csum(");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & 1u << i))
			continue;
		say(t, "%s%s", between, names[i]);
		between = ",";
	}
	say(t, ")");
}

static void say_tunnel(struct text *t, const struct nfo_tunnel *tunnel)
{
	int family = tunnel->is_ipv6 ? AF_INET6 : AF_INET;

	say(t, "tunnel_set(");
	if (tunnel->has_id)
		say(t, "id %u ", ntohl(tunnel->id));
	say(t, "src ");
	say_ip(t, family, &tunnel->src);
	say(t, " dst ");
	say_ip(t, family, &tunnel->dst);
	if (tunnel->dport)
		say(t, " dst_port %u", ntohs(tunnel->dport));
	if (tunnel->tos)
		say(t, " tos 0x%x", tunnel->tos);
	if (tunnel->ttl)
		say(t, " ttl %u", tunnel->ttl);
	if (tunnel->flags & NFO_TUN_CSUM)
		say(t, " csum");
	if (tunnel->flags & NFO_TUN_DF)
		say(t, " df");
	if (tunnel->has_gbp)
		say(t, " gbp 0x%x", tunnel->gbp);
	if (tunnel->geneve) {
		say(t, " geneve_opts ");
		say_bytes(t, tunnel->geneve->value, tunnel->geneve->len, "");
	}
	say(t, ")");
}

static void say_nat(struct text *t, uint32_t flags, const struct nfo_nat *nat)
{
	int family = nat->is_ipv6 ? AF_INET6 : AF_INET;
	static const struct in6_addr none;

	say(t, " nat");
	if (!(flags & (NFO_CT_NAT_SRC | NFO_CT_NAT_DST)))
		return;
	say(t, flags & NFO_CT_NAT_SRC ? " src" : " dst");
	if (memcmp(&nat->addr_min, &none, sizeof(none))) {
		say(t, " addr ");
		say_ip(t, family, &nat->addr_min);
		say(t, "-");
		say_ip(t, family, &nat->addr_max);
	}
	if (nat->port_min)
		say(t, " port %u-%u", ntohs(nat->port_min),
		    ntohs(nat->port_max));
}

static void say_ct(struct text *t, const struct nfo_action *a)
{
	static const uint8_t zero[16];

	if (a->ct.flags & NFO_CT_CLEAR) {
		say(t, "ct(clear)");
		return;
	}
	say(t, "ct(zone %u", a->ct.zone);
	if (a->ct.flags & NFO_CT_COMMIT)
		say(t, " commit");
	if (a->ct.flags & NFO_CT_FORCE)
		say(t, " force");
	if (a->ct.mark_mask)
		say(t, " mark 0x%x/0x%x", a->ct.mark, a->ct.mark_mask);
	if (memcmp(a->ct.label_mask, zero, sizeof(zero))) {
		say(t, " label ");
		say_bytes(t, a->ct.label, sizeof(a->ct.label), "");
		say(t, "/");
		say_bytes(t, a->ct.label_mask, sizeof(a->ct.label_mask), "");
	}
	if (a->ct.flags & NFO_CT_NAT)
		say_nat(t, a->ct.flags, &a->ct.nat);
	say(t, ")");
}

static void say_vlan_mpls(struct text *t, const struct nfo_action *a)
{
	say(t, "%s(", nfo_action_name(a->type));
	switch (a->type) {
	case NFO_ACT_VLAN_PUSH:
	case NFO_ACT_VLAN_MODIFY:
		say(t, "id %u protocol 0x%04x", a->vlan.vid,
		    ntohs(a->vlan.tpid));
		if (!a->vlan.keep_pcp)
			say(t, " priority %u", a->vlan.pcp);
		break;
	case NFO_ACT_MPLS_POP:
		say(t, "protocol 0x%04x", ntohs(a->mpls.proto));
		break;
	default:
		say(t, "lse 0x%08x/0x%08x", ntohl(a->mpls.lse),
		    ntohl(a->mpls.mask));
		if (a->type == NFO_ACT_MPLS_PUSH)
			say(t, " protocol 0x%04x", ntohs(a->mpls.proto));
	}
	say(t, ")");
}

static void say_action(struct text *t, const struct nfo_action *a)
{
	const char *name = nfo_action_name(a->type);

	switch (a->type) {
	case NFO_ACT_REDIRECT:
	case NFO_ACT_MIRROR:
		say(t, "%s(%sdev %u)", name, a->port.ingress ? "ingress " : "",
		    a->port.ifindex);
		break;
	case NFO_ACT_GOTO:
		say(t, "%s(%u)", name, a->chain);
		break;
	case NFO_ACT_VLAN_PUSH:
	case NFO_ACT_VLAN_MODIFY:
	case NFO_ACT_MPLS_PUSH:
	case NFO_ACT_MPLS_POP:
	case NFO_ACT_MPLS_MODIFY:
		say_vlan_mpls(t, a);
		break;
	case NFO_ACT_SET:
		say_set(t, &a->set.value, &a->set.mask);
		break;
	case NFO_ACT_CSUM:
		say_csum(t, a->csum);
		break;
	case NFO_ACT_TUNNEL_SET:
		say_tunnel(t, &a->tunnel);
		break;
	case NFO_ACT_CT:
		say_ct(t, a);
		break;
	case NFO_ACT_POLICE:
		say(t, "%s(index %u)", name, a->police);
		break;
	case NFO_ACT_CHECK_PKT_LEN:
		say(t, "%s(%u longer %u other %u)", name, a->check.len,
		    a->check.n_longer, a->check.n_other);
		break;
	case NFO_ACT_SKBEDIT_PTYPE:
		say(t, "%s(%u)", name, a->ptype);
		break;
	case NFO_ACT_SAMPLE:
		say(t, "%s(group %u rate %u trunc %u)", name, a->sample.group,
		    a->sample.rate, a->sample.trunc);
		break;
	default:
		say(t, "%s", name);
	}
}

size_t nfo_rule_to_string(const struct nfo_rule *rule, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	uint16_t i;

	if (size)
		buf[0] = '\0';
	say_match(&t, rule);
	say(&t, "->");
	for (i = 0; i < rule->n_actions; i++) {
		say(&t, i ? ", " : " ");
		say_action(&t, &rule->actions[i]);
	}
	if (!rule->n_actions)
		say(&t, " nothing");
	return t.len;
}

char *nfo_rule_to_new_string(const struct nfo_rule *rule)
{
	size_t size = nfo_rule_to_string(rule, NULL, 0) + 1;
	char *text = malloc(size);

	if (text)
		nfo_rule_to_string(rule, text, size);
	return text;
}

size_t nfo_place_to_string(const struct nfo_place *place, char *buf,
			   size_t size)
{
	struct text t = { .buf = buf, .size = size };

	if (size)
		buf[0] = '\0';
	if (place->shared)
		say(&t, "block %u", place->ifindex);
	else
		say(&t, "dev %u %s", place->ifindex,
		    place->egress ? "egress" : "ingress");
	say(&t, " chain %u prio %u handle 0x%x", place->chain, place->prio,
	    place->handle);
	return t.len;
}
