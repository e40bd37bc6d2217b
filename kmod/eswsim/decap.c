// SPDX-License-Identifier: GPL-2.0-only
/*
 * decap - outer headers taken off frames that the wire brings, for rules on tunnel netdevs.
 *
 * A tunnel netdev is no port of the NIC, so that TC offers its rules to all drivers that have asked
 * for such (flow_indr_dev_register()). They are a block of their own. A frame from the wire that
 * no rule of the uplink takes, and that the host's IP stack would deliver to that netdev, is
 * matched against them with its outer headers off and the tunnel key beside it, as it would be on
 * the netdev. What matches none goes up the uplink as it came, and so does all that the host would
 * not deliver as it is: fragments, IP options, bad checksums, unknown headers, congestion marks
 * that would change the inner packet.
 *
 * A frame that leaves the hardware in a later chain goes on in that chain on the tunnel netdev,
 * where the kernel can take that up.
 *
 * The outer headers must be untagged and addressed to the uplink's Ethernet address. Not looked
 * at: a tunnel netdev with fixed endpoints of its own that GRE would prefer, and rp_filter.
 *
 * Facts: net/core/flow_offload.c; drivers/net/vxlan/vxlan_core.c (vxlan_rcv()), drivers/net/geneve.c
 * (geneve_udp_encap_recv(), geneve_rx()), net/ipv4/gre_demux.c, ip_gre.c, ip_tunnel.c
 * (ip_tunnel_rcv()); RFC 7348, 8926, 2784, 2890, 6040.
 */
#include <linux/etherdevice.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/geneve.h>
#include <net/gre.h>
#include <net/inet_ecn.h>
#include <net/ip6_checksum.h>
#include <net/pkt_cls.h>
#include <net/route.h>
#include <net/vxlan.h>

#include "compat.h"
#include "eswsim.h"
#include "tunnel.h"

/* All our callbacks for tunnel netdevs, of all NICs; under RTNL. */
static LIST_HEAD(decap_cbs);

/* The outer headers of a frame, and what they say. */
struct outer {
	const struct net_device *uplink;
	u8 *data;		/* behind the IP header */
	unsigned int length;	/* what the IP header says is there */
	const struct udphdr *udp;	/* or NULL: GRE */
	struct ip_tunnel_key key;
	bool ipv6;
	const void *options;
	unsigned int options_len;
	unsigned int inner;	/* offset of the inner frame from @data */
};

static struct asic_block *block_of_dev(struct asic *asic, const struct net_device *dev)
{
	struct asic_block *block;

	list_for_each_entry(block, &asic->tunnels, in_tunnels)
		if (block->tunnel == dev)
			return block;
	return NULL;
}

/* The core lets go of the callback. */
static void tunnel_release(void *priv)
{
	struct asic_block *block = priv;

	mutex_lock(&block->asic->lock);
	list_del_rcu(&block->in_tunnels);
	mutex_unlock(&block->asic->lock);
	asic_block_release(block);
}

static int tunnel_bind(struct asic *asic, struct net_device *dev, struct Qdisc *sch,
		       struct flow_block_offload *offload, void *data,
		       void (*cleanup)(struct flow_block_cb *block_cb))
{
	struct asic_block *block;
	struct flow_block_cb *cb;
	bool known;

	mutex_lock(&asic->lock);
	known = block_of_dev(asic, dev);
	mutex_unlock(&asic->lock);
	if (known)
		return -EEXIST;
	block = asic_block_create(asic);
	if (!block)
		return -ENOMEM;
	block->tunnel = dev;
	cb = flow_indr_block_cb_alloc(asic_block_cb, block, block, tunnel_release, offload, dev,
				      sch, data, asic, cleanup);
	if (IS_ERR(cb)) {
		asic_block_release(block);
		return PTR_ERR(cb);
	}
	mutex_lock(&asic->lock);
	list_add_tail_rcu(&block->in_tunnels, &asic->tunnels);
	mutex_unlock(&asic->lock);
	flow_block_cb_add(cb, offload);
	list_add_tail(&cb->driver_list, &decap_cbs);
	return 0;
}

static int tunnel_unbind(struct asic *asic, const struct net_device *dev,
			 struct flow_block_offload *offload)
{
	struct flow_block_cb *cb = NULL;
	struct asic_block *block;

	mutex_lock(&asic->lock);
	block = block_of_dev(asic, dev);
	mutex_unlock(&asic->lock);
	if (block)
		cb = flow_block_cb_lookup(offload->block, asic_block_cb, block);
	if (!cb)
		return -ENOENT;
	flow_indr_block_cb_remove(cb, offload);
	list_del(&cb->driver_list);
	return 0;
}

/* TC offers something that is no port of any NIC. */
static int indr_cb(struct net_device *dev, struct Qdisc *sch, void *priv, enum tc_setup_type type,
		   void *type_data, void *data, void (*cleanup)(struct flow_block_cb *block_cb))
{
	struct flow_block_offload *offload = type_data;

	/* An action of its own comes where a netdev has its TC block. */
	if (type == TC_SETUP_ACT && !dev)
		return asic_police_act(priv, data);
	if (type != TC_SETUP_BLOCK || !dev || !tundev_is_tunnel(dev) ||
	    offload->binder_type != FLOW_BLOCK_BINDER_TYPE_CLSACT_INGRESS)
		return -EOPNOTSUPP;
	offload->unlocked_driver_cb = true;
	offload->driver_block_list = &decap_cbs;
	switch (offload->command) {
	case FLOW_BLOCK_BIND:
		return tunnel_bind(priv, dev, sch, offload, data, cleanup);
	case FLOW_BLOCK_UNBIND:
		return tunnel_unbind(priv, dev, offload);
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * asic_decap_enable() - begin to take rules of tunnel netdevs
 * @asic:	whose
 *
 * Netdevs that have a clsact qdisc already are offered too, but not the rules that they have.
 * Takes RTNL. Return: 0 or -errno.
 */
int asic_decap_enable(struct asic *asic)
{
	int err;

	rtnl_lock();
	err = flow_indr_dev_register(indr_cb, asic);
	rtnl_unlock();
	return err;
}

/**
 * asic_decap_disable() - undo asic_decap_enable(), with all that came since
 * @asic:	whose
 *
 * TC is told that the rules are in this hardware no more. Takes RTNL.
 */
void asic_decap_disable(struct asic *asic)
{
	flow_indr_dev_unregister(indr_cb, asic, tunnel_release);
}

static bool parse_ipv4(struct outer *outer, u8 *data, unsigned int room, u8 *protocol)
{
	const struct iphdr *ip = (const struct iphdr *)data;
	struct net *net = dev_net(outer->uplink);
	unsigned int length;

	if (room < sizeof(*ip) || ip->version != 4 || ip->ihl * 4 != sizeof(*ip) ||
	    ip_is_fragment(ip) || ip_fast_csum(data, ip->ihl))
		return false;
	length = ntohs(ip->tot_len);
	if (length < sizeof(*ip) || length > room)
		return false;
	if (ipv4_is_multicast(ip->saddr) || ipv4_is_lbcast(ip->saddr) ||
	    ipv4_is_zeronet(ip->saddr) || ipv4_is_loopback(ip->saddr) ||
	    inet_addr_type(net, ip->daddr) != RTN_LOCAL)
		return false;
	outer->data = data + sizeof(*ip);
	outer->length = length - sizeof(*ip);
	outer->key.u.ipv4.src = ip->saddr;
	outer->key.u.ipv4.dst = ip->daddr;
	outer->key.tos = ip->tos;
	outer->key.ttl = ip->ttl;
	*protocol = ip->protocol;
	return true;
}

#if IS_ENABLED(CONFIG_IPV6)
static bool parse_ipv6(struct outer *outer, u8 *data, unsigned int room, u8 *protocol)
{
	const struct ipv6hdr *ip = (const struct ipv6hdr *)data;

	if (room < sizeof(*ip) || ip->version != 6 ||
	    ntohs(ip->payload_len) > room - sizeof(*ip))
		return false;
	if (ipv6_addr_is_multicast(&ip->saddr) || ipv6_addr_loopback(&ip->saddr) ||
	    ipv6_addr_any(&ip->saddr) ||
	    !ipv6_chk_addr(dev_net(outer->uplink), &ip->daddr, NULL, 0))
		return false;
	outer->ipv6 = true;
	outer->data = data + sizeof(*ip);
	outer->length = ntohs(ip->payload_len);
	outer->key.u.ipv6.src = ip->saddr;
	outer->key.u.ipv6.dst = ip->daddr;
	outer->key.tos = ipv6_get_dsfield(ip);
	outer->key.ttl = ip->hop_limit;
	outer->key.label = ip6_flowlabel(ip);
	*protocol = ip->nexthdr;
	return true;
}
#else
static bool parse_ipv6(struct outer *outer, u8 *data, unsigned int room, u8 *protocol)
{
	return false;
}
#endif

static bool parse_udp(struct outer *outer)
{
	const struct udphdr *udp = (const struct udphdr *)outer->data;
	unsigned int length;
	__wsum sum;

	if (outer->length < sizeof(*udp))
		return false;
	length = ntohs(udp->len);
	if (length < sizeof(*udp) || length > outer->length)
		return false;
	outer->length = length;
	outer->udp = udp;
	outer->key.tp_src = udp->source;
	outer->key.tp_dst = udp->dest;
	if (!udp->check)
		return true;
	compat_tunnel_set_flag(&outer->key, IP_TUNNEL_CSUM_BIT);
	sum = csum_partial(udp, length, 0);
	if (outer->ipv6)
		return !csum_ipv6_magic(&outer->key.u.ipv6.src, &outer->key.u.ipv6.dst, length,
					IPPROTO_UDP, sum);
	return !csum_tcpudp_magic(outer->key.u.ipv4.src, outer->key.u.ipv4.dst, length,
				  IPPROTO_UDP, sum);
}

/* What is the same whatever the tunnel; false if it is not for one of the host's. */
static bool parse_outer(struct outer *outer, const struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	u8 *data = skb->data + ETH_HLEN;
	unsigned int room = skb->len - ETH_HLEN;
	u8 protocol;

	if (!ether_addr_equal(eth->h_dest, outer->uplink->dev_addr))
		return false;
	if (!(eth->h_proto == htons(ETH_P_IP) && parse_ipv4(outer, data, room, &protocol)) &&
	    !(eth->h_proto == htons(ETH_P_IPV6) && parse_ipv6(outer, data, room, &protocol)))
		return false;
	/* Those two would change the inner packet. */
	if (INET_ECN_is_ce(outer->key.tos) ||
	    (outer->key.tos & INET_ECN_MASK) == INET_ECN_ECT_1)
		return false;
	if (protocol == IPPROTO_UDP)
		return parse_udp(outer);
	return protocol == IPPROTO_GRE;
}

static bool parse_vxlan(struct outer *outer, const struct tundev *tundev,
			struct vxlan_metadata *md)
{
	const struct vxlanhdr *vxlan = (const struct vxlanhdr *)(outer->udp + 1);
	__be32 flags;

	outer->inner = sizeof(*outer->udp) + sizeof(*vxlan);
	if (outer->length < outer->inner || !(vxlan->vx_flags & VXLAN_HF_VNI) ||
	    vxlan->vx_vni & ~VXLAN_VNI_MASK)
		return false;
	flags = vxlan->vx_flags & ~VXLAN_HF_VNI;
	if (tundev->gbp && flags & VXLAN_HF_GBP) {
		md->gbp = ntohl(flags) & (VXLAN_GBP_DONT_LEARN | VXLAN_GBP_POLICY_APPLIED |
					  VXLAN_GBP_ID_MASK);
		outer->options = md;
		outer->options_len = sizeof(*md);
		compat_tunnel_set_flag(&outer->key, IP_TUNNEL_VXLAN_OPT_BIT);
	}
	if (tundev->gbp)
		flags &= ~VXLAN_GBP_USED_BITS;
	if (flags)
		return false;
	compat_tunnel_set_flag(&outer->key, IP_TUNNEL_KEY_BIT);
	outer->key.tun_id = key32_to_tunnel_id(vxlan_vni(vxlan->vx_vni));
	return true;
}

static bool parse_geneve(struct outer *outer)
{
	const struct genevehdr *geneve = (const struct genevehdr *)(outer->udp + 1);

	outer->inner = sizeof(*outer->udp) + sizeof(*geneve);
	if (outer->length < outer->inner || geneve->ver ||
	    geneve->proto_type != htons(ETH_P_TEB))
		return false;
	outer->options = geneve + 1;
	outer->options_len = geneve->opt_len * 4;
	outer->inner += outer->options_len;
	if (outer->length < outer->inner)
		return false;
	compat_tunnel_set_flag(&outer->key, IP_TUNNEL_KEY_BIT);
	if (geneve->oam)
		compat_tunnel_set_flag(&outer->key, IP_TUNNEL_OAM_BIT);
	if (geneve->critical)
		compat_tunnel_set_flag(&outer->key, IP_TUNNEL_CRIT_OPT_BIT);
	if (outer->options_len)
		compat_tunnel_set_flag(&outer->key, IP_TUNNEL_GENEVE_OPT_BIT);
	outer->key.tun_id = key32_to_tunnel_id(htonl(geneve->vni[0] << 16 | geneve->vni[1] << 8 |
						     geneve->vni[2]));
	return true;
}

/* With a key or without; checksums and numbers are for software. */
static bool parse_gre(struct outer *outer)
{
	const struct gre_base_hdr *gre = (const struct gre_base_hdr *)outer->data;

	outer->inner = sizeof(*gre);
	if (outer->length < outer->inner || gre->flags & ~GRE_KEY ||
	    gre->protocol != htons(ETH_P_TEB))
		return false;
	if (!(gre->flags & GRE_KEY))
		return true;
	outer->inner += sizeof(__be32);
	if (outer->length < outer->inner)
		return false;
	compat_tunnel_set_flag(&outer->key, IP_TUNNEL_KEY_BIT);
	outer->key.tun_id = key32_to_tunnel_id(*(const __be32 *)(gre + 1));
	return true;
}

/* Would the host deliver it by this netdev? */
static bool is_for(struct outer *outer, const struct tundev *tundev, struct vxlan_metadata *md)
{
	if (!READ_ONCE(tundev->up) || !tundev->external || tundev->net != dev_net(outer->uplink))
		return false;
	switch (tundev->kind) {
	case TUNDEV_VXLAN:
	case TUNDEV_GENEVE:
		if (!outer->udp || outer->udp->dest != tundev->port ||
		    (outer->ipv6 && !outer->udp->check && !tundev->zero_csum6))
			return false;
		return tundev->kind == TUNDEV_VXLAN ? parse_vxlan(outer, tundev, md) :
						      parse_geneve(outer);
	default:
		return !outer->udp && outer->ipv6 == (tundev->kind == TUNDEV_IP6GRETAP) &&
		       parse_gre(outer);
	}
}

/* An inner frame that the netdev would not take goes to software, which knows what to do. */
static bool inner_is_good(const struct outer *outer, const struct net_device *dev)
{
	const unsigned int length = outer->length - outer->inner;
	const struct ethhdr *eth = (const struct ethhdr *)(outer->data + outer->inner);

	if (length < ETH_HLEN || ether_addr_equal(eth->h_source, dev->dev_addr))
		return false;
	if (eth->h_proto == htons(ETH_P_IP))
		return length >= ETH_HLEN + sizeof(struct iphdr);
	if (eth->h_proto == htons(ETH_P_IPV6))
		return length >= ETH_HLEN + sizeof(struct ipv6hdr);
	return true;
}

/* Leaves the inner frame in the packet, with its tunnel key, and the outer one beside it. */
static bool strip(struct asic_packet *packet, const struct outer *outer)
{
	struct sk_buff *inner = skb_clone(packet->skb, GFP_ATOMIC);
	struct metadata_dst *dst;
	struct ip_tunnel_info *info;

	dst = metadata_dst_alloc(outer->options_len, METADATA_IP_TUNNEL, GFP_ATOMIC);
	if (!inner || !dst) {
		kfree_skb(inner);
		if (dst)
			dst_release(&dst->dst);
		return false;
	}
	info = &dst->u.tun_info;
	info->key = outer->key;
	info->mode = outer->ipv6 ? IP_TUNNEL_INFO_IPV6 : 0;
	info->options_len = outer->options_len;
	memcpy(ip_tunnel_info_opts(info), outer->options, outer->options_len);
	skb_pull(inner, outer->data + outer->inner - packet->skb->data);
	skb_trim(inner, outer->length - outer->inner);
	skb_reset_mac_header(inner);
	skb_dst_set(inner, &dst->dst);
	packet->pristine = packet->skb;
	packet->skb = inner;
	return true;
}

/**
 * asic_decap() - find the tunnel netdev that a frame is for, and take the outer headers off
 * @packet:	a frame as the wire brought it
 *
 * Under RCU, bottom halves off. Return: the block of the netdev, and the packet has the inner frame
 * with its tunnel key, and what came in as @pristine; or NULL, with nothing changed.
 */
struct asic_block *asic_decap(struct asic_packet *packet)
{
	struct asic *asic = &packet->in->nic->asic;
	struct outer outer = { .uplink = rcu_dereference(packet->in->rep) };
	struct vxlan_metadata md = {};
	const struct tundev *tundev;
	struct asic_block *block;

	if (!outer.uplink || list_empty(&asic->tunnels) || packet->in->kind != PORT_UPLINK ||
	    !parse_outer(&outer, packet->skb))
		return NULL;
	list_for_each_entry_rcu(block, &asic->tunnels, in_tunnels) {
		tundev = tundev_find(block->tunnel);
		if (!tundev || !is_for(&outer, tundev, &md))
			continue;
		if (!inner_is_good(&outer, tundev->dev) || !strip(packet, &outer))
			return NULL;
		packet->tunnel = tundev->dev;
		return block;
	}
	return NULL;
}

/**
 * asic_decap_to_host() - the host goes on with an inner frame, on the tunnel netdev
 * @packet:	with @tunnel; the frame is consumed, with its extensions kept
 *
 * Under RCU, bottom halves off. Return: 0, or -ENETDOWN, with the frame left.
 */
int asic_decap_to_host(struct asic_packet *packet)
{
	const struct tundev *tundev = tundev_find(packet->tunnel);
	struct sk_buff *skb = packet->skb;

	if (!tundev || !READ_ONCE(tundev->up))
		return -ENETDOWN;
	packet->skb = NULL;
	skb->ip_summed = CHECKSUM_NONE;
	skb->protocol = eth_type_trans(skb, (struct net_device *)tundev->dev);
	netif_rx(skb);
	return 0;
}
