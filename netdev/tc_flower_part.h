/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tc_flower_part: the parts tc_flower is made of. Private to the library.
 *
 * put functions write to @w and leave an error there; -EOPNOTSUPP means that
 * TC cannot say it. parse functions return 0 or a negative errno;
 * -EOPNOTSUPP means that the rule model cannot.
 */
#ifndef NFO_TC_FLOWER_PART_H
#define NFO_TC_FLOWER_PART_H

#include "rule.h"
#include "tc_attr.h"
#include "tc_flower.h"

/* tc_flower_match.c: the TCA_FLOWER_KEY_* attributes. */
void nfo_tc_match_put(struct nfo_tc_writer *w, const struct nfo_rule *rule);
/*
 * @tb: attributes of TCA_OPTIONS up to NFO_TCA_FLOWER_LAST; those that belong
 * to the match are taken out of it. @protocol: of the message.
 */
int nfo_tc_match_parse(const struct nlattr **tb, __be16 protocol,
		       struct nfo_rule *rule);

/*
 * tc_flower_enc_opts.c: options of the outer header. Of a match:
 * TCA_FLOWER_KEY_ENC_OPTS and its mask (NULL: not there).
 */
void nfo_tc_enc_opts_put(struct nfo_tc_writer *w, const struct nfo_rule *rule);
int nfo_tc_enc_opts_parse(const struct nlattr *value, const struct nlattr *mask,
			  struct nfo_rule *rule);

/*
 * Geneve options @opts (@len bytes as in struct nfo_geneve) one by one.
 * @lengths: the options whose length bytes count, for a mask has none.
 */
void nfo_tc_geneve_put(struct nfo_tc_writer *w, const uint8_t *opts,
		       const uint8_t *lengths, size_t len);
/*
 * Reads the options in @nest (..._ENC_OPTS) into @out (NFO_GENEVE_MAX bytes).
 * Returns their length in bytes or a negative errno.
 */
int nfo_tc_geneve_parse(const struct nlattr *nest, uint8_t *out);

/*
 * tc_flower_action.c: the actions, in the nest TCA_FLOWER_ACT. @cookie: as for
 * nfo_tc_flower_put().
 */
void nfo_tc_actions_put(struct nfo_tc_writer *w, const struct nfo_rule *rule,
			const uint8_t *cookie);

/* tc_flower_action_parse.c: appends the actions in TCA_FLOWER_ACT to @rule. */
int nfo_tc_actions_parse(const struct nlattr *nest, struct nfo_rule *rule);

/* tc_flower_control.c: where the packet goes after each action. */

/* After one of our actions, numbers being TC actions. */
struct nfo_tc_step {
	uint8_t	tc;		/* the TC action it is in */
	bool	merged;		/* same TC action as the one before */
	int	control;	/* TC_ACT_*: where to after it */
	int	shorter;	/* CHECK_PKT_LEN only: where not-longer ones go */
};

/*
 * Plans the @rule's actions as TC actions. @steps: one for each action.
 * Returns the number of TC actions, or -EINVAL for branches that reach past
 * the end or actions that no packet can reach, or -EOPNOTSUPP.
 */
int nfo_tc_control_plan(const struct nfo_rule *rule, struct nfo_tc_step *steps);

/*
 * The inverse: from @steps (@n_tc TC actions in all) finds the branches, sets
 * n_longer and n_other of each CHECK_PKT_LEN of @rule. 0, or -EOPNOTSUPP for
 * jumps that are no such branches.
 */
int nfo_tc_control_find(struct nfo_rule *rule, const struct nfo_tc_step *steps,
			int n_tc);

/* What is known of the packet at some action. */
struct nfo_tc_packet {
	__be16	eth_type;	/* behind all tags; 0: unknown */
	uint8_t	ip_proto;	/* 0: unknown */
};

/* tc_flower_action.c: at the first action, and after action @a. */
void nfo_tc_packet_init(struct nfo_tc_packet *packet,
			const struct nfo_rule *rule);
void nfo_tc_packet_after(struct nfo_tc_packet *packet,
			 const struct nfo_action *a);

/* tc_flower_pedit.c: SET, DEC_TTL, or SET followed by DEC_TTL in one pedit. */

/* The options of a pedit. @set: NULL for a mere decrement. */
void nfo_tc_pedit_put(struct nfo_tc_writer *w, const struct nfo_action *set,
		      bool dec_ttl, const struct nfo_tc_packet *packet,
		      int control);
/* Appends one or two actions to @rule; *@control is set. @opts: the nest. */
int nfo_tc_pedit_parse(const struct nlattr *opts,
		       const struct nfo_tc_packet *packet,
		       struct nfo_rule *rule, int *control);

/* tc_flower_stats.c: counters, times and cookie of the right action. */
int nfo_tc_stats_parse(const struct nlattr *nest, struct nfo_tc_info *info);

#endif /* NFO_TC_FLOWER_PART_H */
