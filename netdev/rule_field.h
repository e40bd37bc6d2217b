/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rule_field: the fields of struct nfo_key as a table, for whatever treats
 * all fields alike (hash, text). Private to the library.
 */
#ifndef NFO_RULE_FIELD_H
#define NFO_RULE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How a field is written for people. */
enum nfo_field_form {
	NFO_FORM_DEC,		/* decimal */
	NFO_FORM_HEX,
	NFO_FORM_MAC,
	NFO_FORM_IPV4,
	NFO_FORM_IPV6,
	NFO_FORM_ETH_TYPE,
	NFO_FORM_IP_PROTO,
	NFO_FORM_CT_STATE,
	NFO_FORM_BYTES,		/* hexadecimal, first byte first */
};

struct nfo_field {
	/* Goes into the hash: never change one, never use one again. */
	uint8_t			id;
	uint8_t			size;	/* bytes */
	uint16_t		offset;	/* in struct nfo_key */
	uint8_t			host;	/* 1: host byte order */
	enum nfo_field_form	form;
	const char		*name;	/* as tc-flower(8) calls it */
};

/* In the order in which people want to read them. */
extern const struct nfo_field nfo_fields[];
extern const size_t nfo_n_fields;

/*
 * Copies the field, most significant byte first whatever its byte order is,
 * from @key to @out (@field->size bytes).
 */
void nfo_field_get(const struct nfo_field *field, const void *key,
		   uint8_t *out);

/*
 * Are all @len bytes zero? Inline and by words: most fields of a mask are
 * empty, and each rule's are looked at several times.
 */
static inline bool nfo_field_empty(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t word;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		if (word)
			return false;
	}
	for (; len; at++, len--)
		if (*at)
			return false;
	return true;
}

#endif /* NFO_RULE_FIELD_H */
