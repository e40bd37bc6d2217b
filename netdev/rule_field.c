// SPDX-License-Identifier: Apache-2.0
/*
 * rule_field: the table of fields; see rule_field.h.
 */
#include "rule_field.h"

#include <endian.h>

#include "rule.h"

#define FIELD(id_, member, host_, form_, name_)				\
	{ .id = id_, .size = sizeof(((struct nfo_key *)0)->member),	\
	  .offset = offsetof(struct nfo_key, member), .host = host_,	\
	  .form = NFO_FORM_##form_, .name = name_ }

const struct nfo_field nfo_fields[] = {
	FIELD(1, tun_id, 0, DEC, "enc_key_id"),
	FIELD(2, tun_ipv4_src, 0, IPV4, "enc_src_ip"),
	FIELD(3, tun_ipv4_dst, 0, IPV4, "enc_dst_ip"),
	FIELD(4, tun_ipv6_src, 0, IPV6, "enc_src_ip"),
	FIELD(5, tun_ipv6_dst, 0, IPV6, "enc_dst_ip"),
	FIELD(6, tun_sport, 0, DEC, "enc_src_port"),
	FIELD(7, tun_dport, 0, DEC, "enc_dst_port"),
	FIELD(8, tun_tos, 0, HEX, "enc_tos"),
	FIELD(9, tun_ttl, 0, DEC, "enc_ttl"),
	FIELD(10, tun_flags, 1, HEX, "enc_flags"),
	FIELD(11, tun_gbp, 1, HEX, "vxlan_gbp"),
	FIELD(12, eth_src, 0, MAC, "src_mac"),
	FIELD(13, eth_dst, 0, MAC, "dst_mac"),
	FIELD(14, vlan_tpid[0], 0, HEX, "vlan_tpid"),
	FIELD(15, vlan_vid[0], 1, DEC, "vlan_id"),
	FIELD(16, vlan_pcp[0], 0, DEC, "vlan_prio"),
	FIELD(17, vlan_tpid[1], 0, HEX, "cvlan_tpid"),
	FIELD(18, vlan_vid[1], 1, DEC, "cvlan_id"),
	FIELD(19, vlan_pcp[1], 0, DEC, "cvlan_prio"),
	FIELD(20, eth_type, 0, ETH_TYPE, "eth_type"),
	FIELD(21, mpls_lse, 0, HEX, "mpls_lse"),
	FIELD(22, arp_op, 0, DEC, "arp_op"),
	FIELD(23, arp_sip, 0, IPV4, "arp_sip"),
	FIELD(24, arp_tip, 0, IPV4, "arp_tip"),
	FIELD(25, arp_sha, 0, MAC, "arp_sha"),
	FIELD(26, arp_tha, 0, MAC, "arp_tha"),
	FIELD(27, ip_proto, 0, IP_PROTO, "ip_proto"),
	FIELD(28, ipv4_src, 0, IPV4, "src_ip"),
	FIELD(29, ipv4_dst, 0, IPV4, "dst_ip"),
	FIELD(30, ipv6_src, 0, IPV6, "src_ip"),
	FIELD(31, ipv6_dst, 0, IPV6, "dst_ip"),
	FIELD(32, tos, 0, HEX, "ip_tos"),
	FIELD(33, ttl, 0, DEC, "ip_ttl"),
	FIELD(34, ip_frag, 0, HEX, "ip_frag"),
	FIELD(35, sport, 0, DEC, "src_port"),
	FIELD(36, dport, 0, DEC, "dst_port"),
	FIELD(37, tcp_flags, 0, HEX, "tcp_flags"),
	FIELD(38, icmp_type, 0, DEC, "icmp_type"),
	FIELD(39, icmp_code, 0, DEC, "icmp_code"),
	FIELD(40, ct_state, 1, CT_STATE, "ct_state"),
	FIELD(41, ct_zone, 1, DEC, "ct_zone"),
	FIELD(42, ct_mark, 1, HEX, "ct_mark"),
	FIELD(43, ct_label, 0, BYTES, "ct_label"),
};

const size_t nfo_n_fields = sizeof(nfo_fields) / sizeof(nfo_fields[0]);

void nfo_field_get(const struct nfo_field *field, const void *key,
		   uint8_t *out)
{
	const uint8_t *from = (const uint8_t *)key + field->offset;
	size_t i;

	for (i = 0; i < field->size; i++)
		if (field->host && __BYTE_ORDER == __LITTLE_ENDIAN)
			out[i] = from[field->size - 1 - i];
		else
			out[i] = from[i];
}
