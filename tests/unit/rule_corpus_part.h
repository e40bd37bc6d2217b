/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_corpus_part: what the files that make up the corpus share. Private to
 * them; the interface is rule_corpus.h.
 */
#ifndef RULE_CORPUS_PART_H
#define RULE_CORPUS_PART_H

#include "rule_corpus.h"

/* Both value and mask of a field; the value may have more bits. */
#define MATCH(rule, field, value_, mask_)		\
	do {						\
		(rule)->key.field = (value_);		\
		(rule)->mask.field = (mask_);		\
	} while (0)

/* rule_corpus.c: aborts unless 0; a rule of the corpus cannot fail. */
void must(int err);

/* Sets @len bytes of @key and @mask. */
void match_bytes(void *key, void *mask, const char *value, const char *bits,
		 size_t len);
void match_type(struct nfo_rule *rule, uint16_t type);
void match_ipv4(struct nfo_rule *rule, uint8_t proto);
void match_ipv6(struct nfo_rule *rule, uint8_t proto);
void match_ports(struct nfo_rule *rule);
/* UDP over IPv4. */
void match_flow(struct nfo_rule *rule);

/* To port @ifindex, the usual end. */
void out(struct nfo_rule *rule, uint32_t ifindex);
void set_macs(struct nfo_rule *rule);

/* Two options: class 0x0102 type 3, 4 bytes; class 0xfff0 type 0x80, 8. */
#define GENEVE_LEN	20
extern const uint8_t geneve_value[GENEVE_LEN];

/* As in struct corpus_entry; each entry has its own, of its name. */
typedef void corpus_make(struct nfo_rule *rule, uint32_t ifindex);

/* rule_corpus_match.c */
corpus_make make_any, make_ethernet, make_vlan_no_type, make_vlan_ipv4,
	make_vlan_any_id, make_qinq, make_qinq_no_type, make_mpls,
	make_mpls_tc, make_ipv4, make_ipv4_later_fragment, make_ipv6, make_tcp,
	make_sctp, make_icmp, make_icmpv6, make_arp, make_conntrack,
	make_conntrack_related, make_tunnel_ipv4, make_tunnel_ipv6_gbp,
	make_tunnel_geneve, make_tunnel_flags;

/* rule_corpus_action.c */
corpus_make make_drop, make_trap, make_pass, make_goto_chain, make_ports,
	make_internal_port, make_vlan_actions, make_mpls_actions,
	make_route_ipv4, make_route_ipv6, make_nat_ipv4, make_nat_ipv6,
	make_encap_ipv4, make_encap_ipv6, make_encap_df, make_ct_clear,
	make_ct_commit, make_ct_nat_ipv6, make_ct_restore, make_police,
	make_sample, make_csum_all, make_check_drop, make_check_join,
	make_check_one_side, make_check_nested, make_check_open_end,
	make_many_actions;

#endif /* RULE_CORPUS_PART_H */
