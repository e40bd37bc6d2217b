// SPDX-License-Identifier: GPL-2.0-only
/*
 * encap - outer headers put on frames: VXLAN, Geneve and GRE over IPv4 and IPv6.
 *
 * The bytes are those that the host's own tunnel netdev sends for the same key, the source port
 * and the flow label included; only the identification of an IPv4 header cannot be foreseen. What
 * the host would not send as one packet to a known neighbour by the uplink is no work for the
 * ASIC: the whole frame then goes to the host unchanged, before any step of its rule is done.
 *
 * Facts: drivers/net/vxlan/vxlan_core.c (vxlan_xmit_one()), drivers/net/geneve.c
 * (geneve_xmit_skb()), net/ipv4/ip_gre.c (gre_fb_xmit()), net/ipv6/ip6_gre.c (__gre6_xmit()),
 * net/ipv4/ip_tunnel_core.c (iptunnel_xmit()); RFC 7348, 8926, 2784, 2890, 6040.
 */
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <net/geneve.h>
#include <net/gre.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/udp.h>
#include <net/vxlan.h>

#include "compat.h"
#include "eswsim.h"
#include "tunnel.h"

static bool is_ipv6(const struct asic_encap *encap)
{
	return ip_tunnel_info_af(&encap->info) == AF_INET6;
}

static bool has_flag(const struct asic_encap *encap, unsigned int bit)
{
	return compat_tunnel_flag(&encap->info.key, bit);
}

/* Bytes of the tunnel's own header, behind the IP header. */
static unsigned int tunnel_length(const struct asic_encap *encap)
{
	switch (encap->tundev->kind) {
	case TUNDEV_VXLAN:
		return sizeof(struct udphdr) + sizeof(struct vxlanhdr);
	case TUNDEV_GENEVE:
		return sizeof(struct udphdr) + sizeof(struct genevehdr) + encap->info.options_len;
	default:
		return sizeof(struct gre_base_hdr) +
		       (has_flag(encap, IP_TUNNEL_CSUM_BIT) ? sizeof(__be32) : 0) +
		       (has_flag(encap, IP_TUNNEL_KEY_BIT) ? sizeof(__be32) : 0);
	}
}

/* Bytes from the outer IP header on that are put before the frame. */
static unsigned int outer_length(const struct asic_encap *encap)
{
	return tunnel_length(encap) +
	       (is_ipv6(encap) ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
}

/* What is wrong with the key for this kind of tunnel, or NULL. */
static const char *key_complaint(const struct asic_encap *encap)
{
	const enum tundev_kind kind = encap->tundev->kind;

	if (!encap->tundev->external)
		return "eswsim: a tunnel device must be external, without extensions but GBP";
	if (has_flag(encap, IP_TUNNEL_SEQ_BIT))
		return "eswsim: cannot number the packets of a tunnel";
	if (encap->info.encap.type != TUNNEL_ENCAP_NONE)
		return "eswsim: cannot encapsulate a tunnel once more";
	if ((kind == TUNDEV_GRETAP && is_ipv6(encap)) ||
	    (kind == TUNDEV_IP6GRETAP && !is_ipv6(encap)))
		return "eswsim: the tunnel device is for the other version of IP";
	if (!encap->info.options_len)
		return NULL;
	if (kind == TUNDEV_GENEVE && has_flag(encap, IP_TUNNEL_GENEVE_OPT_BIT))
		return NULL;
	if (kind == TUNDEV_VXLAN && has_flag(encap, IP_TUNNEL_VXLAN_OPT_BIT) &&
	    encap->info.options_len >= sizeof(struct vxlan_metadata) && encap->tundev->gbp)
		return NULL;
	return "eswsim: tunnel options that the tunnel device does not have";
}

/* Whether frames can go that way now; the rule is refused if not. */
static int check_way(struct asic *asic, const struct asic_encap *encap,
		     struct asic_action *action, struct netlink_ext_ack *extack)
{
	const struct net_device *rep;
	struct eswsim_port *uplink;
	struct underlay_hop hop;
	int err = -ENETUNREACH;

	rcu_read_lock();
	uplink = rcu_dereference(asic->nic->uplink);
	rep = uplink ? rcu_dereference(uplink->rep) : NULL;
	if (rep && encap->tundev->net == dev_net(rep))
		err = underlay_resolve(rep, encap, NULL, &hop);
	rcu_read_unlock();
	action->port = uplink;
	if (err == -EHOSTUNREACH) {
		asic_refuse(extack,
			    "eswsim: no neighbour yet on the way to the tunnel's other end; try again");
		return err;
	}
	if (err)
		return asic_refuse(extack,
				   "eswsim: the route to the tunnel's other end does not leave by the uplink");
	return 0;
}

/**
 * asic_encap_draft() - take over that a rule sends to a tunnel netdev
 * @asic:	whose rule; its lock held, which keeps the uplink in place
 * @info:	what the last tunnel_key set of the rule said, or NULL; copied
 * @dev:	the netdev
 * @action:	its @port and @encap are set
 * @extack:	why not
 *
 * Process context. Return: 0; -EOPNOTSUPP if the ASIC cannot do it, -EHOSTUNREACH if the neighbour
 * is not known yet, or -ENOMEM.
 */
int asic_encap_draft(struct asic *asic, const struct ip_tunnel_info *info,
		     const struct net_device *dev, struct asic_action *action,
		     struct netlink_ext_ack *extack)
{
	struct asic_encap *encap;
	const char *complaint;
	int err;

	lockdep_assert_held(&asic->lock);
	if (!info)
		return asic_refuse(extack,
				   "eswsim: output to a tunnel device needs tunnel_key set before it");
	encap = kzalloc(sizeof(*encap) + info->options_len, GFP_KERNEL);
	if (!encap)
		return -ENOMEM;
	/* The route cache that comes with it is the action's own. */
	encap->info.key = info->key;
	encap->info.encap = info->encap;
	encap->info.options_len = info->options_len;
	encap->info.mode = info->mode;
	memcpy(ip_tunnel_info_opts(&encap->info), ip_tunnel_info_opts((struct ip_tunnel_info *)info),
	       info->options_len);
	encap->tundev = tundev_get(dev);
	if (!encap->tundev || !READ_ONCE(encap->tundev->up)) {
		err = asic_refuse(extack, "eswsim: the tunnel device is down");
		goto err_put;
	}
	complaint = key_complaint(encap);
	err = complaint ? asic_refuse(extack, complaint) : check_way(asic, encap, action, extack);
	if (err)
		goto err_put;
	action->encap = encap;
	return 0;

err_put:
	asic_encap_put(encap);
	return err;
}

/**
 * asic_encap_put() - give up what asic_encap_draft() made
 * @encap:	it, or NULL; frames may still look at it
 */
void asic_encap_put(struct asic_encap *encap)
{
	if (!encap)
		return;
	if (encap->tundev)
		tundev_put(encap->tundev);
	kfree_rcu(encap, rcu);
}

/* Type of service of the inner IP packet, 0 if there is none; false if it is cut short. */
static bool inner_tos(struct sk_buff *skb, u8 *tos, u8 *ttl, unsigned int *offset)
{
	__be16 type;

	*offset = asic_frame_l3(skb, &type);
	*tos = 0;
	*ttl = 0;
	if (type == htons(ETH_P_IP)) {
		if (skb->len < *offset + sizeof(struct iphdr))
			return false;
		*tos = ip_hdr(skb)->tos;
		*ttl = ip_hdr(skb)->ttl;
	} else if (type == htons(ETH_P_IPV6)) {
		if (skb->len < *offset + sizeof(struct ipv6hdr))
			return false;
		*tos = ipv6_get_dsfield(ipv6_hdr(skb));
		*ttl = ipv6_hdr(skb)->hop_limit;
	}
	return true;
}

/* Can a frame of that length be sent by the hardware? */
static bool can_send(const struct asic_packet *packet, const struct asic_action *action,
		     unsigned int length)
{
	const struct net_device *rep = rcu_dereference(action->port->rep);
	const struct asic_encap *encap = action->encap;
	struct underlay_hop hop;
	unsigned int offset;
	u8 tos, ttl;

	return rep && READ_ONCE(encap->tundev->up) && encap->tundev->net == dev_net(rep) &&
	       inner_tos(packet->skb, &tos, &ttl, &offset) &&
	       !underlay_resolve(rep, encap, NULL, &hop) &&
	       length + outer_length(encap) <= hop.mtu;
}

/**
 * asic_encap_ready() - can the hardware send all that a rule sends by tunnels?
 * @packet:	the frame
 * @rule:	the rule that it matched
 *
 * If not, the frame is for the host as it is. Under RCU, bottom halves off.
 */
bool asic_encap_ready(const struct asic_packet *packet, const struct asic_rule *rule)
{
	unsigned int length = packet->skb->len;
	unsigned int i;

	for (i = 0; i < rule->num_actions; i++) {
		const struct asic_action *action = &rule->actions[i];

		/* Growth at most: with branches, not each of them is done. */
		if (action->kind == ASIC_VLAN_PUSH || action->kind == ASIC_MPLS_PUSH)
			length += sizeof(__be32);
		if (action->encap && !can_send(packet, action, length))
			return false;
	}
	return true;
}

static void push_vxlan(struct sk_buff *skb, const struct asic_encap *encap)
{
	const struct vxlan_metadata *md = ip_tunnel_info_opts((struct ip_tunnel_info *)&encap->info);
	struct vxlanhdr *vxlan = skb_push(skb, sizeof(*vxlan));

	vxlan->vx_flags = VXLAN_HF_VNI;
	if (encap->info.options_len && md->gbp)
		vxlan->vx_flags |= VXLAN_HF_GBP |
				   htonl(md->gbp & (VXLAN_GBP_DONT_LEARN |
						    VXLAN_GBP_POLICY_APPLIED | VXLAN_GBP_ID_MASK));
	vxlan->vx_vni = vxlan_vni_field(tunnel_id_to_key32(encap->info.key.tun_id));
}

static void push_geneve(struct sk_buff *skb, const struct asic_encap *encap)
{
	const struct ip_tunnel_info *info = &encap->info;
	__be32 vni = tunnel_id_to_key32(info->key.tun_id);
	struct genevehdr *geneve;

	geneve = skb_push(skb, sizeof(*geneve) + info->options_len);
	memset(geneve, 0, sizeof(*geneve));
	geneve->opt_len = info->options_len / 4;
	geneve->oam = has_flag(encap, IP_TUNNEL_OAM_BIT);
	geneve->critical = has_flag(encap, IP_TUNNEL_CRIT_OPT_BIT);
	geneve->proto_type = htons(ETH_P_TEB);
	memcpy(geneve->vni, (u8 *)&vni + 1, sizeof(geneve->vni));
	memcpy((u8 *)(geneve + 1), ip_tunnel_info_opts((struct ip_tunnel_info *)info),
	       info->options_len);
}

static void push_gre(struct sk_buff *skb, const struct asic_encap *encap)
{
	const bool csum = has_flag(encap, IP_TUNNEL_CSUM_BIT);
	const bool key = has_flag(encap, IP_TUNNEL_KEY_BIT);
	struct gre_base_hdr *gre = skb_push(skb, tunnel_length(encap));
	__be32 *word = (__be32 *)(gre + 1);

	gre->flags = (csum ? GRE_CSUM : 0) | (key ? GRE_KEY : 0);
	gre->protocol = htons(ETH_P_TEB);
	if (key)
		word[csum] = tunnel_id_to_key32(encap->info.key.tun_id);
	if (csum) {
		*word = 0;
		*(__sum16 *)word = csum_fold(csum_partial(skb->data, skb->len, 0));
	}
}

static void push_udp(struct sk_buff *skb, const struct asic_encap *encap, __be16 source,
		     const struct underlay_hop *hop)
{
	const struct ip_tunnel_key *key = &encap->info.key;
	struct udphdr *udp = skb_push(skb, sizeof(*udp));
	__wsum sum;

	udp->source = source;
	udp->dest = encap->tundev->port;
	/* geneve sends to its own port whatever the key says. */
	if (key->tp_dst && encap->tundev->kind == TUNDEV_VXLAN)
		udp->dest = key->tp_dst;
	udp->len = htons(skb->len);
	udp->check = 0;
	if (!has_flag(encap, IP_TUNNEL_CSUM_BIT))
		return;
	sum = csum_partial(udp, skb->len, 0);
	if (is_ipv6(encap))
		udp->check = udp_v6_check(skb->len, &hop->src6, &key->u.ipv6.dst, sum);
	else
		udp->check = udp_v4_check(skb->len, hop->src4, key->u.ipv4.dst, sum);
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
}

static void push_ipv4(struct sk_buff *skb, const struct asic_encap *encap, u8 protocol,
		      u8 tos, u8 ttl, const struct net_device *uplink,
		      const struct underlay_hop *hop)
{
	struct iphdr *ip = skb_push(skb, sizeof(*ip));

	memset(ip, 0, sizeof(*ip));
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = tos;
	ip->tot_len = htons(skb->len);
	if (has_flag(encap, IP_TUNNEL_DONT_FRAGMENT_BIT) && !hop->mtu_locked)
		ip->frag_off = htons(IP_DF);
	ip->ttl = ttl;
	ip->protocol = protocol;
	ip->saddr = hop->src4;
	ip->daddr = encap->info.key.u.ipv4.dst;
	__ip_select_ident(dev_net(uplink), ip, 1);
	ip_send_check(ip);
}

static void push_ipv6(struct sk_buff *skb, const struct asic_encap *encap, u8 protocol,
		      u8 tos, u8 ttl, const struct underlay_hop *hop)
{
	const unsigned int length = skb->len;
	struct ipv6hdr *ip = skb_push(skb, sizeof(*ip));

	ip6_flow_hdr(ip, tos, hop->label);
	ip->payload_len = htons(length);
	ip->nexthdr = protocol;
	ip->hop_limit = ttl;
	ip->saddr = hop->src6;
	ip->daddr = encap->info.key.u.ipv6.dst;
}

/* Where the key gives no TTL: the kinds of netdev differ in what they take. */
static u8 outer_ttl(const struct asic_encap *encap, const struct underlay_hop *hop, u8 inner)
{
	u8 ttl = encap->info.key.ttl;

	if (ttl || encap->tundev->kind == TUNDEV_GENEVE)
		return ttl;
	if (encap->tundev->kind == TUNDEV_VXLAN || !inner)
		return hop->hoplimit;
	return inner;
}

/* Puts all outer headers on. */
static int push_outer(struct sk_buff *skb, const struct asic_encap *encap,
		      const struct net_device *uplink, const struct underlay_hop *hop)
{
	const struct tundev *tundev = encap->tundev;
	const bool gre = tundev->kind == TUNDEV_GRETAP || tundev->kind == TUNDEV_IP6GRETAP;
	u8 tos = encap->info.key.tos;
	struct ethhdr *eth;
	unsigned int l3;
	u8 inner, ttl;
	__be16 source;

	if (skb_cow(skb, ETH_HLEN + outer_length(encap)) || !inner_tos(skb, &inner, &ttl, &l3))
		return -ENOMEM;
	ttl = outer_ttl(encap, hop, ttl);
	if (tundev->kind != TUNDEV_IP6GRETAP)
		tos = INET_ECN_encapsulate(tos, inner);
	/*
	 * The hash that the source port is made of begins at the network header, which is behind
	 * the tags, with the type before them: so do the host's netdevs have it when a tag has been
	 * put back into the frame for them.
	 */
	skb->protocol = ((struct ethhdr *)skb->data)->h_proto;
	skb_clear_hash(skb);
	source = udp_flow_src_port(dev_net(uplink), skb, tundev->port_min, tundev->port_max, true);
	skb_clear_hash(skb);
	if (gre)
		push_gre(skb, encap);
	else if (tundev->kind == TUNDEV_VXLAN)
		push_vxlan(skb, encap);
	else
		push_geneve(skb, encap);
	if (!gre)
		push_udp(skb, encap, source, hop);
	if (is_ipv6(encap))
		push_ipv6(skb, encap, gre ? IPPROTO_GRE : IPPROTO_UDP, tos, ttl, hop);
	else
		push_ipv4(skb, encap, gre ? IPPROTO_GRE : IPPROTO_UDP, tos, ttl, uplink, hop);
	eth = skb_push(skb, sizeof(*eth));
	memcpy(eth->h_dest, hop->dst, ETH_ALEN);
	memcpy(eth->h_source, hop->src, ETH_ALEN);
	eth->h_proto = is_ipv6(encap) ? htons(ETH_P_IPV6) : htons(ETH_P_IP);
	skb_reset_mac_header(skb);
	return 0;
}

/**
 * asic_encap_send() - put the outer headers on a frame and send it by the uplink
 * @skb:	the frame, consumed
 * @action:	with @encap
 *
 * Under RCU, bottom halves off. Return: 0, or -errno, with the frame dropped and counted at the
 * uplink: asic_encap_ready() has seen the way, but it went away since.
 */
int asic_encap_send(struct sk_buff *skb, const struct asic_action *action)
{
	const struct net_device *rep = rcu_dereference(action->port->rep);
	struct underlay_hop hop;
	int err = -ENETUNREACH;

	/* What a tunnel said that it came by. */
	skb_dst_drop(skb);
	if (rep)
		err = underlay_resolve(rep, action->encap, skb, &hop);
	if (!err)
		err = push_outer(skb, action->encap, rep, &hop);
	if (err) {
		eswsim_port_count(action->port, ESWSIM_TX_DROP, skb->len);
		kfree_skb(skb);
		return err;
	}
	eswsim_port_deliver(action->port, skb);
	return 0;
}

/**
 * asic_encap_dump() - write the outer headers of an output, for debugging
 * @encap:	them
 * @seq:	where to
 */
void asic_encap_dump(const struct asic_encap *encap, struct seq_file *seq)
{
	const struct ip_tunnel_key *key = &encap->info.key;

	seq_printf(seq, " in tunnel kind %u key %u", encap->tundev->kind,
		   ntohl(tunnel_id_to_key32(key->tun_id)));
	if (is_ipv6(encap))
		seq_printf(seq, " to %pI6c", &key->u.ipv6.dst);
	else
		seq_printf(seq, " to %pI4", &key->u.ipv4.dst);
	seq_printf(seq, " options %*phN", encap->info.options_len,
		   ip_tunnel_info_opts((struct ip_tunnel_info *)&encap->info));
}
