// SPDX-License-Identifier: Apache-2.0
/*
 * tc_attr: netlink attributes within bounds; see tc_attr.h.
 */
#include "tc_attr.h"

#include <errno.h>
#include <string.h>

void nfo_tc_fail(struct nfo_tc_writer *w, int err)
{
	if (!w->err)
		w->err = err;
}

/* The next @room bytes, as they are; NULL if there are no more. */
static uint8_t *advance(struct nfo_tc_writer *w, size_t room)
{
	uint8_t *at = (uint8_t *)w->buf + w->len;

	if (w->err)
		return NULL;
	if (room > w->size - w->len) {
		nfo_tc_fail(w, -EMSGSIZE);
		return NULL;
	}
	w->len += room;
	return at;
}

void *nfo_tc_reserve(struct nfo_tc_writer *w, size_t len)
{
	void *at = advance(w, NLA_ALIGN(len));

	if (at)
		memset(at, 0, NLA_ALIGN(len));
	return at;
}

void nfo_tc_put(struct nfo_tc_writer *w, uint16_t type, const void *data,
		size_t len)
{
	size_t room = NLA_ALIGN(NLA_HDRLEN + len);
	uint8_t *at = advance(w, room);
	struct nlattr attr = { .nla_len = NLA_HDRLEN + len, .nla_type = type };
	static const uint8_t pad[NLA_ALIGNTO];

	if (!at)
		return;
	/* The last bytes, which the data need not fill. */
	memcpy(at + room - sizeof(pad), pad, sizeof(pad));
	memcpy(at, &attr, sizeof(attr));
	if (len)
		memcpy(at + NLA_HDRLEN, data, len);
}

void nfo_tc_put_u8(struct nfo_tc_writer *w, uint16_t type, uint8_t value)
{
	nfo_tc_put(w, type, &value, sizeof(value));
}

void nfo_tc_put_u16(struct nfo_tc_writer *w, uint16_t type, uint16_t value)
{
	nfo_tc_put(w, type, &value, sizeof(value));
}

void nfo_tc_put_u32(struct nfo_tc_writer *w, uint16_t type, uint32_t value)
{
	nfo_tc_put(w, type, &value, sizeof(value));
}

void nfo_tc_put_str(struct nfo_tc_writer *w, uint16_t type, const char *text)
{
	nfo_tc_put(w, type, text, strlen(text) + 1);
}

size_t nfo_tc_nest(struct nfo_tc_writer *w, uint16_t type)
{
	size_t nest = w->len;

	/* Some parsers (act_mpls, VXLAN options) insist on the flag. */
	nfo_tc_put(w, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void nfo_tc_nest_end(struct nfo_tc_writer *w, size_t nest)
{
	struct nlattr *attr;

	if (w->err)
		return;
	if (w->len - nest > UINT16_MAX) {
		nfo_tc_fail(w, -EMSGSIZE);
		return;
	}
	attr = (struct nlattr *)(w->buf + nest);
	attr->nla_len = w->len - nest;
}

uint16_t nfo_tc_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

const void *nfo_tc_data(const struct nlattr *attr)
{
	return (const uint8_t *)attr + NLA_HDRLEN;
}

size_t nfo_tc_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

const struct nlattr *nfo_tc_next(const void *data, size_t len,
				 const struct nlattr *prev, bool *bad)
{
	const struct nlattr *attr = data;
	size_t at = 0;

	if (prev) {
		at = (const uint8_t *)prev - (const uint8_t *)data;
		at += NLA_ALIGN(prev->nla_len);
		attr = (const void *)((const uint8_t *)data + at);
	}
	/* The last attribute need not be padded. */
	if (at >= len)
		return NULL;
	if (len - at < NLA_HDRLEN || attr->nla_len < NLA_HDRLEN ||
	    attr->nla_len > len - at) {
		*bad = true;
		return NULL;
	}
	return attr;
}

int nfo_tc_sort(const void *data, size_t len, const struct nlattr **tb,
		uint16_t max, bool *unknown)
{
	const struct nlattr *attr = NULL;
	bool bad = false;

	memset(tb, 0, (max + 1u) * sizeof(*tb));
	while ((attr = nfo_tc_next(data, len, attr, &bad))) {
		if (nfo_tc_type(attr) <= max)
			tb[nfo_tc_type(attr)] = attr;
		else if (unknown)
			*unknown = true;
	}
	return bad ? -EINVAL : 0;
}

int nfo_tc_sort_nest(const struct nlattr *nest, const struct nlattr **tb,
		     uint16_t max, bool *unknown)
{
	return nfo_tc_sort(nfo_tc_data(nest), nfo_tc_len(nest), tb, max,
			   unknown);
}

int nfo_tc_read(const struct nlattr *attr, void *out, size_t len)
{
	if (!attr || nfo_tc_len(attr) != len)
		return -EINVAL;
	memcpy(out, nfo_tc_data(attr), len);
	return 0;
}
