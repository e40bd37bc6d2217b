// SPDX-License-Identifier: Apache-2.0
/*
 * tc_flower_enc_opts: options of the outer header as attributes, and back:
 * Geneve's for matches and encapsulations, VXLAN's group policy for matches.
 *
 * A match (TCA_FLOWER_KEY_ENC_OPTS) and an encapsulation
 * (TCA_TUNNEL_KEY_ENC_OPTS) use the same numbers. Facts: fl_set_geneve_opt()
 * and fl_dump_key_geneve_opt() of cls_flower.c, tunnel_key_copy_geneve_opt()
 * of act_tunnel_key.c: each option needs class, type and at least four bytes
 * of data; put, each has a nest of its own; dumped, all share one.
 */
#include <errno.h>
#include <string.h>

#include "tc_compat.h"
#include "tc_flower_part.h"

_Static_assert((int)TCA_FLOWER_KEY_ENC_OPTS_GENEVE ==
	       (int)TCA_TUNNEL_KEY_ENC_OPTS_GENEVE &&
	       (int)TCA_FLOWER_KEY_ENC_OPT_GENEVE_CLASS ==
	       (int)TCA_TUNNEL_KEY_ENC_OPT_GENEVE_CLASS &&
	       (int)TCA_FLOWER_KEY_ENC_OPT_GENEVE_TYPE ==
	       (int)TCA_TUNNEL_KEY_ENC_OPT_GENEVE_TYPE &&
	       (int)TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA ==
	       (int)TCA_TUNNEL_KEY_ENC_OPT_GENEVE_DATA,
	       "match and encapsulation number options differently");

/* Bytes before the data of an option, and how much data it may have. */
#define HEAD		4u
#define DATA_MAX	124u

void nfo_tc_geneve_put(struct nfo_tc_writer *w, const uint8_t *opts,
		       const uint8_t *lengths, size_t len)
{
	size_t at = 0, data, nest;

	while (at + HEAD <= len) {
		data = (lengths[at + 3] & 0x1f) * 4u;
		if (!data || at + HEAD + data > len) {
			nfo_tc_fail(w, -EOPNOTSUPP);
			return;
		}
		nest = nfo_tc_nest(w, TCA_FLOWER_KEY_ENC_OPTS_GENEVE);
		nfo_tc_put(w, TCA_FLOWER_KEY_ENC_OPT_GENEVE_CLASS, opts + at,
			   2);
		nfo_tc_put_u8(w, TCA_FLOWER_KEY_ENC_OPT_GENEVE_TYPE,
			      opts[at + 2]);
		nfo_tc_put(w, TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA,
			   opts + at + HEAD, data);
		nfo_tc_nest_end(w, nest);
		at += HEAD + data;
	}
}

/* One option being read; appended when its data is there, which comes last. */
struct option {
	uint8_t	class[2];
	uint8_t	type;
	bool	has_class;
	bool	has_type;
};

static int parse_data(const struct nlattr *attr, const struct option *option,
		      uint8_t *out, size_t *len)
{
	size_t data = nfo_tc_len(attr);

	if (!option->has_class || !option->has_type)
		return -EOPNOTSUPP;
	if (!data || data % 4 || data > DATA_MAX)
		return -EINVAL;
	if (*len + HEAD + data > NFO_GENEVE_MAX)
		return -EOPNOTSUPP;
	memcpy(out + *len, option->class, 2);
	out[*len + 2] = option->type;
	out[*len + 3] = data / 4;
	memcpy(out + *len + HEAD, nfo_tc_data(attr), data);
	*len += HEAD + data;
	return 0;
}

/* All options of one GENEVE nest, appended to @out. */
static int parse_options(const struct nlattr *nest, uint8_t *out, size_t *len)
{
	const struct nlattr *attr = NULL;
	struct option option = { .has_class = false };
	bool bad = false;
	int err = 0;

	while (!err && (attr = nfo_tc_next(nfo_tc_data(nest), nfo_tc_len(nest),
					   attr, &bad))) {
		switch (nfo_tc_type(attr)) {
		case TCA_FLOWER_KEY_ENC_OPT_GENEVE_CLASS:
			err = nfo_tc_read(attr, option.class, 2);
			option.has_class = true;
			break;
		case TCA_FLOWER_KEY_ENC_OPT_GENEVE_TYPE:
			err = nfo_tc_read(attr, &option.type, 1);
			option.has_type = true;
			break;
		case TCA_FLOWER_KEY_ENC_OPT_GENEVE_DATA:
			err = parse_data(attr, &option, out, len);
			option.has_class = false;
			option.has_type = false;
			break;
		default:
			err = -EOPNOTSUPP;
		}
	}
	if (bad)
		return -EINVAL;
	if (!err && (option.has_class || option.has_type))
		return -EOPNOTSUPP;
	return err;
}

int nfo_tc_geneve_parse(const struct nlattr *nest, uint8_t *out)
{
	const struct nlattr *attr = NULL;
	bool bad = false;
	size_t len = 0;
	int err;

	while ((attr = nfo_tc_next(nfo_tc_data(nest), nfo_tc_len(nest), attr,
				   &bad))) {
		if (nfo_tc_type(attr) != TCA_FLOWER_KEY_ENC_OPTS_GENEVE)
			return -EOPNOTSUPP;
		err = parse_options(attr, out, &len);
		if (err)
			return err;
	}
	return bad ? -EINVAL : (int)len;
}

void nfo_tc_enc_opts_put(struct nfo_tc_writer *w, const struct nfo_rule *rule)
{
	const struct nfo_geneve *geneve = rule->geneve;
	uint32_t gbp[2] = { rule->key.tun_gbp, rule->mask.tun_gbp };
	size_t nest, inner;
	int i;

	if (geneve && gbp[1]) {
		nfo_tc_fail(w, -EINVAL);
		return;
	}
	/* ENC_OPTS and ENC_OPTS_MASK are neighbours too. */
	for (i = 0; i < 2 && (geneve || gbp[1]); i++) {
		nest = nfo_tc_nest(w, TCA_FLOWER_KEY_ENC_OPTS + i);
		if (geneve) {
			nfo_tc_geneve_put(w, i ? geneve->mask : geneve->value,
					  geneve->value, geneve->len);
		} else {
			inner = nfo_tc_nest(w, TCA_FLOWER_KEY_ENC_OPTS_VXLAN);
			nfo_tc_put_u32(w, TCA_FLOWER_KEY_ENC_OPT_VXLAN_GBP,
				       gbp[i]);
			nfo_tc_nest_end(w, inner);
		}
		nfo_tc_nest_end(w, nest);
	}
}

static int parse_gbp(const struct nlattr *nest, uint32_t *gbp)
{
	const struct nlattr *tb[TCA_FLOWER_KEY_ENC_OPT_VXLAN_GBP + 1];

	if (nfo_tc_sort_nest(nest, tb, TCA_FLOWER_KEY_ENC_OPT_VXLAN_GBP, NULL))
		return -EINVAL;
	return nfo_tc_read(tb[TCA_FLOWER_KEY_ENC_OPT_VXLAN_GBP], gbp, 4);
}

static int parse_vxlan(const struct nlattr *value, const struct nlattr *mask,
		       struct nfo_rule *rule)
{
	const struct nlattr *tb[TCA_FLOWER_KEY_ENC_OPTS_VXLAN + 1];
	bool unknown = false;

	if (nfo_tc_sort_nest(value, tb, TCA_FLOWER_KEY_ENC_OPTS_VXLAN,
			     &unknown))
		return -EINVAL;
	if (unknown || tb[TCA_FLOWER_KEY_ENC_OPTS_GENEVE] ||
	    !tb[TCA_FLOWER_KEY_ENC_OPTS_VXLAN])
		return -EOPNOTSUPP;
	if (parse_gbp(tb[TCA_FLOWER_KEY_ENC_OPTS_VXLAN], &rule->key.tun_gbp))
		return -EINVAL;
	rule->mask.tun_gbp = UINT32_MAX;
	if (!mask)
		return 0;
	if (nfo_tc_sort_nest(mask, tb, TCA_FLOWER_KEY_ENC_OPTS_VXLAN, NULL) ||
	    !tb[TCA_FLOWER_KEY_ENC_OPTS_VXLAN])
		return -EINVAL;
	return parse_gbp(tb[TCA_FLOWER_KEY_ENC_OPTS_VXLAN],
			 &rule->mask.tun_gbp);
}

/* Are the options in @mask as long as those in @value, one by one? */
static bool same_lengths(const uint8_t *value, const uint8_t *mask, size_t len)
{
	size_t at;

	for (at = 0; at + HEAD <= len; at += HEAD + value[at + 3] * 4u)
		if (value[at + 3] != mask[at + 3])
			return false;
	return true;
}

int nfo_tc_enc_opts_parse(const struct nlattr *value, const struct nlattr *mask,
			  struct nfo_rule *rule)
{
	uint8_t opts[NFO_GENEVE_MAX], opts_mask[NFO_GENEVE_MAX];
	const struct nlattr *first;
	bool bad = false;
	int len;

	if (!value)
		return mask ? -EOPNOTSUPP : 0;
	first = nfo_tc_next(nfo_tc_data(value), nfo_tc_len(value), NULL, &bad);
	if (!first)
		return bad ? -EINVAL : -EOPNOTSUPP;
	if (nfo_tc_type(first) != TCA_FLOWER_KEY_ENC_OPTS_GENEVE)
		return parse_vxlan(value, mask, rule);
	len = nfo_tc_geneve_parse(value, opts);
	if (len < 0)
		return len;
	memset(opts_mask, 0xff, sizeof(opts_mask));
	if (mask && (nfo_tc_geneve_parse(mask, opts_mask) != len ||
		     !same_lengths(opts, opts_mask, len)))
		return -EOPNOTSUPP;
	return nfo_rule_match_geneve(rule, opts, opts_mask, len);
}
