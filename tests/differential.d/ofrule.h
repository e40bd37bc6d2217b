/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ofrule: a rule in the words of OpenFlow, as ovs-ofctl takes them.
 *
 * What OpenFlow does not know (a second tag, MPLS, checksums) is left out: the
 * text is what counts, for both sides get the same.
 *
 * Threads: nothing here locks or keeps state.
 */
#ifndef OFRULE_H
#define OFRULE_H

#include <stddef.h>

#include "rule.h"

/*
 * Writes match and actions of @rule for packets that come in by port @port
 * (the numbers of invent.h are those of OpenFlow, too) with @priority. Like
 * snprintf(): at most @size bytes with the NUL. Returns the whole length.
 */
size_t ofrule_write(const struct nfo_rule *rule, unsigned int port,
		    unsigned int priority, char *buf, size_t size);

#endif /* OFRULE_H */
