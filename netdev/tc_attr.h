/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tc_attr: writing and reading netlink attributes within bounds. Private to
 * the library.
 *
 * A writer keeps its first error and does nothing after it, so that a caller
 * writes a whole message and asks once. A reader gives attributes of other
 * programs, so it believes no length.
 */
#ifndef NFO_TC_ATTR_H
#define NFO_TC_ATTR_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nfo_tc_writer {
	uint8_t	*buf;
	size_t	size;	/* of @buf, bytes */
	size_t	len;	/* written so far, always a multiple of 4 */
	int	err;	/* 0, or the first error */
};

/* Remembers @err (negative errno) if it is the first one. */
void nfo_tc_fail(struct nfo_tc_writer *w, int err);

/* @len bytes of header, zeroed; NULL when there is no room. */
void *nfo_tc_reserve(struct nfo_tc_writer *w, size_t len);

/* One attribute with @len bytes of @data. */
void nfo_tc_put(struct nfo_tc_writer *w, uint16_t type, const void *data,
		size_t len);
void nfo_tc_put_u8(struct nfo_tc_writer *w, uint16_t type, uint8_t value);
void nfo_tc_put_u16(struct nfo_tc_writer *w, uint16_t type, uint16_t value);
void nfo_tc_put_u32(struct nfo_tc_writer *w, uint16_t type, uint32_t value);
void nfo_tc_put_str(struct nfo_tc_writer *w, uint16_t type, const char *text);

/* Begins a nest, returns what nfo_tc_nest_end() wants. */
size_t nfo_tc_nest(struct nfo_tc_writer *w, uint16_t type);
void nfo_tc_nest_end(struct nfo_tc_writer *w, size_t nest);

/* Type without flags, payload, length of the payload in bytes. */
uint16_t nfo_tc_type(const struct nlattr *attr);
const void *nfo_tc_data(const struct nlattr *attr);
size_t nfo_tc_len(const struct nlattr *attr);

/*
 * Walks the attributes in @len bytes at @data: the first one if @prev is
 * NULL, else the one behind @prev. NULL at the end, and also where what is
 * left is no whole attribute; then *@bad is set.
 */
const struct nlattr *nfo_tc_next(const void *data, size_t len,
				 const struct nlattr *prev, bool *bad);

/*
 * Sorts the attributes in @len bytes at @data into @tb (@max + 1 pointers) by
 * type; the last of each type counts, as in the kernel. 0, -EINVAL for a
 * broken one. *@unknown is set if there is a type above @max; it may be NULL.
 */
int nfo_tc_sort(const void *data, size_t len, const struct nlattr **tb,
		uint16_t max, bool *unknown);

/* The same for what is in a nest. */
int nfo_tc_sort_nest(const struct nlattr *nest, const struct nlattr **tb,
		     uint16_t max, bool *unknown);

/*
 * Copies a payload of exactly @len bytes to @out. 0, or -EINVAL where @attr
 * is NULL or has another length.
 */
int nfo_tc_read(const struct nlattr *attr, void *out, size_t len);

#endif /* NFO_TC_ATTR_H */
