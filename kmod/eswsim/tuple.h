/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tuple - the addresses and ports that a connection's frames are known by.
 */
#ifndef ESWSIM_TUPLE_H
#define ESWSIM_TUPLE_H

#include <linux/in6.h>
#include <linux/types.h>
#include <net/flow_offload.h>

struct asic_packet;
struct seq_file;

/**
 * struct asic_tuple - one direction of a connection, as its frames show it
 * @src:	source address, an IPv4 one in the first 32 bits
 * @dst:	destination address likewise
 * @sport:	source port, 0 for GRE
 * @dport:	destination port likewise
 * @type:	ETH_P_IP or ETH_P_IPV6
 * @protocol:	IPPROTO_TCP, IPPROTO_UDP or IPPROTO_GRE
 *
 * Compared byte by byte: always start from a zeroed one.
 */
struct asic_tuple {
	struct in6_addr src;
	struct in6_addr dst;
	__be16 sport;
	__be16 dport;
	__be16 type;
	u8 protocol;
	u8 zero;
};

int asic_tuple_of_rule(const struct flow_rule *rule, struct asic_tuple *tuple);
int asic_tuple_mangle(struct asic_tuple *tuple, const struct flow_action_entry *entry);
int asic_tuple_of_packet(struct asic_packet *packet, struct asic_tuple *tuple, unsigned int *bytes);
int asic_tuple_rewrite(struct asic_packet *packet, const struct asic_tuple *to);
void asic_tuple_dump(const struct asic_tuple *tuple, struct seq_file *seq);

#endif
