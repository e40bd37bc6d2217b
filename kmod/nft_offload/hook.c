// SPDX-License-Identifier: GPL-2.0-only
/*
 * The packet path of flowtables of family inet: finds out whether a
 * packet is IPv4 or IPv6 and calls the kernel's function for that.
 *
 * The kernel has such a function too (net/netfilter/nf_flow_table_inet.c),
 * but does not export it. The two it chooses between are exported.
 */
#include <linux/if_ether.h>
#include <linux/if_pppox.h>
#include <linux/if_vlan.h>
#include <linux/ppp_defs.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_flow_table.h>
#include "hook.h"

/*
 * At ingress the Ethernet header has been pulled: data begins with what
 * skb->protocol says, for a tagged packet with the rest of the tag.
 */
static __be16 hook_vlan_proto(const struct sk_buff *skb)
{
	const struct vlan_hdr *vlan;
	struct vlan_hdr copy;

	vlan = skb_header_pointer(skb, 0, sizeof(copy), &copy);
	return vlan ? vlan->h_vlan_encapsulated_proto : 0;
}

static __be16 hook_pppoe_proto(const struct sk_buff *skb)
{
	const __be16 *ppp;
	__be16 copy;

	ppp = skb_header_pointer(skb, sizeof(struct pppoe_hdr), sizeof(copy),
				 &copy);
	if (!ppp)
		return 0;
	switch (*ppp) {
	case htons(PPP_IP):
		return htons(ETH_P_IP);
	case htons(PPP_IPV6):
		return htons(ETH_P_IPV6);
	}
	return 0;
}

/**
 * hook_inet() - the netfilter hook of our flowtables of family inet
 * @priv: the struct nf_flowtable
 * @skb: the packet, at a device's ingress
 * @state: of the hook
 *
 * Return: a verdict; NF_ACCEPT for what is not IP.
 * Context: softirq, RCU read lock held; takes no lock.
 */
unsigned int hook_inet(void *priv, struct sk_buff *skb,
		       const struct nf_hook_state *state)
{
	__be16 proto = skb->protocol;

	if (proto == htons(ETH_P_8021Q))
		proto = hook_vlan_proto(skb);
	else if (proto == htons(ETH_P_PPP_SES))
		proto = hook_pppoe_proto(skb);

	switch (proto) {
	case htons(ETH_P_IP):
		return nf_flow_offload_ip_hook(priv, skb, state);
	case htons(ETH_P_IPV6):
		return nf_flow_offload_ipv6_hook(priv, skb, state);
	}
	return NF_ACCEPT;
}
