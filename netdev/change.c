// SPDX-License-Identifier: Apache-2.0
/*
 * change: see change.h.
 */
#include "change.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

static bool is_set(const void *mask, size_t size)
{
	const uint8_t *byte = mask;

	while (size--)
		if (*byte++)
			return true;
	return false;
}

static void end_init(struct nfo_change_end *end, uint8_t family,
		     const void *addr)
{
	memset(end, 0, sizeof(*end));
	end->family = family;
	memcpy(&end->addr, addr, family == AF_INET ? 4 : 16);
}

static void flow_match(struct nfo_change_flow *flow,
		       const struct nfo_rule *rule)
{
	if (rule->key.eth_type == htons(ETH_P_IP))
		end_init(&flow->dst, AF_INET, &rule->key.ipv4_dst);
	else if (rule->key.eth_type == htons(ETH_P_IPV6))
		end_init(&flow->dst, AF_INET6, &rule->key.ipv6_dst);
}

static void flow_action(struct nfo_change_flow *flow,
			const struct nfo_action *action)
{
	switch (action->type) {
	case NFO_ACT_SET:
		if (is_set(action->set.mask.eth_dst, 6))
			memcpy(flow->mac, action->set.value.eth_dst, 6);
		if (action->set.mask.ipv4_dst)
			end_init(&flow->dst, AF_INET,
				 &action->set.value.ipv4_dst);
		if (is_set(&action->set.mask.ipv6_dst, 16))
			end_init(&flow->dst, AF_INET6,
				 &action->set.value.ipv6_dst);
		break;
	case NFO_ACT_TUNNEL_SET:
		end_init(&flow->tunnel,
			 action->tunnel.is_ipv6 ? AF_INET6 : AF_INET,
			 &action->tunnel.dst);
		break;
	case NFO_ACT_REDIRECT:
		flow->oif = action->port.ifindex;
		break;
	default:
		break;
	}
}

void nfo_change_flow_init(struct nfo_change_flow *flow, uint32_t iif,
			  const struct nfo_rule *rule)
{
	unsigned int i;

	memset(flow, 0, sizeof(*flow));
	flow->iif = iif;
	if (!rule)
		return;
	flow_match(flow, rule);
	for (i = 0; i < rule->n_actions; i++)
		flow_action(flow, &rule->actions[i]);
}

static bool prefix_has(const struct nfo_change *prefix,
		       const struct nfo_change_end *end)
{
	const uint8_t *a = prefix->addr.s6_addr, *b = end->addr.s6_addr;
	unsigned int bytes = prefix->len / 8, bits = prefix->len % 8;

	if (end->family != prefix->family || bytes > sizeof(prefix->addr))
		return false;
	if (memcmp(a, b, bytes))
		return false;
	return !bits || !((a[bytes] ^ b[bytes]) >> (8 - bits));
}

bool nfo_change_concerns(const struct nfo_change *change,
			 const struct nfo_change_flow *flow)
{
	switch (change->kind) {
	case NFO_CHANGE_ALL:
		return true;
	case NFO_CHANGE_DEVICE:
		return change->ifindex == flow->iif ||
		       change->ifindex == flow->oif;
	case NFO_CHANGE_MAC:
		return !memcmp(change->mac, flow->mac, sizeof(flow->mac));
	case NFO_CHANGE_PREFIX:
		return prefix_has(change, &flow->dst) ||
		       prefix_has(change, &flow->tunnel);
	}
	return true;
}

bool nfo_change_equal(const struct nfo_change *a, const struct nfo_change *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case NFO_CHANGE_ALL:
		return true;
	case NFO_CHANGE_DEVICE:
		return a->ifindex == b->ifindex;
	case NFO_CHANGE_MAC:
		return !memcmp(a->mac, b->mac, sizeof(a->mac));
	case NFO_CHANGE_PREFIX:
		return a->family == b->family && a->len == b->len &&
		       !memcmp(&a->addr, &b->addr, sizeof(a->addr));
	}
	return false;
}
