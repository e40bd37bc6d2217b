/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow_message: FLOW_NEW messages for the tests of flowtable, built as
 * nft_offload.ko builds them, with the mangles that
 * net/netfilter/nf_flow_table_offload.c writes; and what is to come of them.
 */
#ifndef FLOW_MESSAGE_H
#define FLOW_MESSAGE_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flowtable.h"

#define IIF	7
#define OIF	9

/* What a message is to be made of; zeroed is the plainest flow. */
struct recipe {
	int family;		/* AF_INET unless AF_INET6 */
	uint8_t proto;		/* TCP if 0 */
	bool snat, dnat;	/* original direction */
	int match_tags;		/* VLAN tags that the match has */
	int pop, push;
	uint32_t mtu;
	void (*extra_match)(struct nlmsghdr *nlh);
	void (*extra_action)(struct nlmsghdr *nlh);
	bool no_iif, no_redirect, no_match, no_actions, no_flags;
};

/* The message that was made last. */
extern char message[8192];

extern const uint8_t mac_src[6];
extern const uint8_t mac_dst[6];
extern const uint8_t v6_a[16];
extern const uint8_t v6_b[16];
extern const uint8_t v6_nat[16];

/* @mask and @value as in the packet: 4 bytes each. */
void put_mangle(struct nlmsghdr *nlh, uint32_t htype, uint32_t offset,
		const void *mask, const void *value);

/* Makes the message of @r. */
struct nlmsghdr *make(const struct recipe *r);

/* Makes it, parses it and translates it to @rule. */
enum nft_offload_reason translate(const struct recipe *r, uint32_t iif_mtu,
				  struct nfo_rule *rule);
/* Translates what must not translate, for @reason. */
void refused(const struct recipe *r, enum nft_offload_reason reason);
/* Translates what must translate, and checks the order of the actions. */
void accepted(const struct recipe *r, struct nfo_rule *rule,
	      const enum nfo_action_type *types, size_t n);

#define ACCEPTED(r, rule, ...) do {					\
	const enum nfo_action_type types[] = { __VA_ARGS__ };		\
	accepted(r, rule, types, sizeof(types) / sizeof(types[0]));	\
} while (0)

#endif /* FLOW_MESSAGE_H */
