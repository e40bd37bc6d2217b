// SPDX-License-Identifier: Apache-2.0
/*
 * rule: life, normal form, equality and hash of a rule; see rule.h. Building
 * actions is in rule_action.c, text in rule_text.c.
 */
#include "rule.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "rule_field.h"

/* Bytes are compared and masked below, so there must be none without a name. */
_Static_assert(sizeof(struct nfo_key) == 80 + 40 + 24 + 26 + 14,
	       "padding in struct nfo_key");
_Static_assert(sizeof(struct nfo_set) == 32 + 8 + 4 + 12 + 4,
	       "padding in struct nfo_set");

/* What VXLAN's group policy extension really uses (include/net/vxlan.h). */
#define GBP_MASK	0x0048ffffu

/* Not a field's number (rule_field.c), but that of the options. */
#define HASH_ID_GENEVE	200

void nfo_rule_init(struct nfo_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
}

void nfo_rule_uninit(struct nfo_rule *rule)
{
	uint16_t i;

	if (!rule)
		return;
	for (i = 0; i < rule->n_actions; i++)
		if (rule->actions[i].type == NFO_ACT_TUNNEL_SET)
			free(rule->actions[i].tunnel.geneve);
	free(rule->actions);
	free(rule->geneve);
	nfo_rule_init(rule);
}

int nfo_rule_copy(struct nfo_rule *to, const struct nfo_rule *from)
{
	uint16_t i;
	int err;

	nfo_rule_init(to);
	to->key = from->key;
	to->mask = from->mask;
	if (from->geneve) {
		to->geneve = malloc(sizeof(*to->geneve));
		if (!to->geneve)
			return -ENOMEM;
		*to->geneve = *from->geneve;
	}
	if (from->n_actions) {
		/* Exactly as many as there are: tables keep many copies. */
		to->actions = malloc(from->n_actions * sizeof(*to->actions));
		if (!to->actions) {
			nfo_rule_uninit(to);
			return -ENOMEM;
		}
		to->room = from->n_actions;
	}
	for (i = 0; i < from->n_actions; i++) {
		err = nfo_rule_add(to, &from->actions[i]);
		if (err) {
			nfo_rule_uninit(to);
			return err;
		}
	}
	return 0;
}

static void mask_bytes(void *value, const void *mask, size_t len)
{
	const uint8_t *m = mask;
	uint8_t *v = value;
	size_t i;

	for (i = 0; i < len; i++)
		v[i] &= m[i];
}

/* Takes bits out of @mask that the fields do not have. */
static void clamp_mask(struct nfo_key *mask)
{
	int i;

	for (i = 0; i < 2; i++) {
		mask->vlan_vid[i] &= 0x0fff;
		mask->vlan_pcp[i] &= 0x07;
	}
	mask->tcp_flags &= htons(0x0fff);
	mask->ip_frag &= NFO_FRAG_ANY | NFO_FRAG_FIRST;
	mask->tun_flags &= NFO_TUN_CSUM | NFO_TUN_DF | NFO_TUN_OAM |
			   NFO_TUN_CRIT;
	mask->tun_gbp &= GBP_MASK;
	mask->ct_state &= NFO_CT_NEW | NFO_CT_EST | NFO_CT_REL | NFO_CT_TRK |
			  NFO_CT_INV | NFO_CT_RPL;
	memset(mask->reserved, 0, sizeof(mask->reserved));
}

/*
 * Lengths are exact and have no mask; the reserved bits beside them are not
 * looked at. Stops where an option does not fit, which nfo_rule_add() and
 * nfo_rule_match_geneve() have ruled out.
 */
static void normalise_geneve(struct nfo_geneve *geneve)
{
	size_t at = 0, step;

	while (at + 4 <= geneve->len) {
		step = 4 + (geneve->value[at + 3] & 0x1f) * 4u;
		if (at + step > geneve->len)
			break;
		geneve->value[at + 3] &= 0x1f;
		geneve->mask[at + 3] = 0x1f;
		mask_bytes(geneve->value + at, geneve->mask + at, step);
		at += step;
	}
	memset(geneve->value + geneve->len, 0, NFO_GENEVE_MAX - geneve->len);
	memset(geneve->mask + geneve->len, 0, NFO_GENEVE_MAX - geneve->len);
}

void nfo_rule_normalise(struct nfo_rule *rule)
{
	clamp_mask(&rule->mask);
	mask_bytes(&rule->key, &rule->mask, sizeof(rule->key));
	if (rule->geneve)
		normalise_geneve(rule->geneve);
	nfo_rule_normalise_actions(rule);
}

static bool geneve_equal(const struct nfo_geneve *a,
			 const struct nfo_geneve *b)
{
	if (!a || !b)
		return a == b;
	return a->len == b->len && !memcmp(a->value, b->value, a->len) &&
	       !memcmp(a->mask, b->mask, a->len);
}

bool nfo_rule_match_equal(const struct nfo_rule *a, const struct nfo_rule *b)
{
	return !memcmp(&a->key, &b->key, sizeof(a->key)) &&
	       !memcmp(&a->mask, &b->mask, sizeof(a->mask)) &&
	       geneve_equal(a->geneve, b->geneve);
}

bool nfo_rule_equal(const struct nfo_rule *a, const struct nfo_rule *b)
{
	return nfo_rule_match_equal(a, b) && nfo_rule_actions_equal(a, b);
}

/* FNV-1a: offset basis and prime for 64 bits as its authors give them. */
static uint64_t hash_bytes(uint64_t hash, const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull;
	return hash;
}

uint64_t nfo_rule_hash(const struct nfo_rule *rule)
{
	uint64_t hash = 0xcbf29ce484222325ull;
	uint8_t head[2] = { HASH_ID_GENEVE };
	uint8_t value[16], mask[16];
	size_t i;

	for (i = 0; i < nfo_n_fields; i++) {
		const struct nfo_field *field = &nfo_fields[i];

		if (nfo_field_empty((const uint8_t *)&rule->mask +
				    field->offset, field->size))
			continue;
		nfo_field_get(field, &rule->mask, mask);
		nfo_field_get(field, &rule->key, value);
		hash = hash_bytes(hash, &field->id, 1);
		hash = hash_bytes(hash, value, field->size);
		hash = hash_bytes(hash, mask, field->size);
	}
	if (rule->geneve) {
		head[1] = rule->geneve->len;
		hash = hash_bytes(hash, head, sizeof(head));
		hash = hash_bytes(hash, rule->geneve->value, rule->geneve->len);
		hash = hash_bytes(hash, rule->geneve->mask, rule->geneve->len);
	}
	return hash;
}

__be16 nfo_rule_protocol(const struct nfo_rule *rule)
{
	if (rule->mask.vlan_tpid[0])
		return rule->key.vlan_tpid[0];
	if (rule->mask.eth_type)
		return rule->key.eth_type;
	return htons(ETH_P_ALL);
}

int nfo_geneve_check(const uint8_t *value, size_t len)
{
	size_t at = 0;

	if (len > NFO_GENEVE_MAX)
		return -E2BIG;
	while (at + 4 <= len)
		at += 4 + (value[at + 3] & 0x1f) * 4u;
	return at == len ? 0 : -EINVAL;
}

int nfo_rule_match_geneve(struct nfo_rule *rule, const uint8_t *value,
			  const uint8_t *mask, size_t len)
{
	struct nfo_geneve *geneve;
	int err;

	err = nfo_geneve_check(value, len);
	if (err)
		return err;
	if (!len) {
		free(rule->geneve);
		rule->geneve = NULL;
		return 0;
	}
	geneve = calloc(1, sizeof(*geneve));
	if (!geneve)
		return -ENOMEM;
	geneve->len = len;
	memcpy(geneve->value, value, len);
	memcpy(geneve->mask, mask, len);
	normalise_geneve(geneve);
	free(rule->geneve);
	rule->geneve = geneve;
	return 0;
}
