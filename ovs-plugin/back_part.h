/* SPDX-License-Identifier: Apache-2.0 */

/* back_part: the parts translate_back() is made of.  Private to back*.c.
 *
 * Errors are those of translate_back(): 0, EOPNOTSUPP or ENOENT.  Nothing is
 * kept; any thread. */

#ifndef BACK_PART_H
#define BACK_PART_H 1

#include "translate.h"

struct flow;

/* A datapath port with its number. */
struct back_port {
    odp_port_t no;
    struct translate_port port;
};

/* The datapath port that is device 'ifindex'.  ENOENT if there is none. */
int back_port_find(const struct translate_env *, uint32_t ifindex,
                   struct back_port *);

/* back_match.c: what 'rule' matches in a packet, added to 'match', which has
 * the metadata already.  'in' is the port of the rule. */
int back_match(const struct nfo_rule *rule, const struct back_port *in,
               struct match *match);

/* back_tunnel.c: the outer header that 'rule' matches, added to 'match'.  Takes
 * the bits that it knows out of 'left', at first the mask of 'rule'. */
int back_match_tunnel(const struct nfo_rule *rule, const struct back_port *in,
                      struct match *match, struct nfo_key *left);

/* back_tunnel.c: appends the set(tunnel()) that 't' is. */
void back_set_tunnel(const struct nfo_tunnel *t, struct ofpbuf *actions);

/* What is known of the packet at an action. */
struct back_packet {
    ovs_be16 dl_type;           /* Behind all tags. */
    uint8_t nw_proto;           /* 0: unknown. */
    bool rewritten;             /* Only just: its checksums may be wrong. */
    bool to_host;               /* Its type is "for this host". */
};

/* back_action.c: appends the actions of 'rule', on port 'in'. */
int back_actions(const struct translate_env *, const struct nfo_rule *rule,
                 const struct back_port *in, struct ofpbuf *actions);

/* back_set.c: appends what rewrite 'a' of 'packet' is. */
int back_set(const struct nfo_action *a, const struct back_packet *packet,
             struct ofpbuf *actions);

/* back_set.c: appends the set() of one OVS_KEY_ATTR_*, 'size' bytes of 'key' under
 * 'mask'; nothing, if that is all 0. */
void back_put_set(struct ofpbuf *actions, uint16_t attr, const void *key,
                  const void *mask, size_t size);

/* back_ct.c: appends the ct() or ct_clear that 'a' is. */
int back_ct(const struct nfo_action *a, struct ofpbuf *actions);

#endif /* back_part.h */
