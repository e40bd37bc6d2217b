/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialect_corpus: rules as Open vSwitch and flowtables have them, and such as
 * drivers are known to get wrong. For the unit tests of dialect, with those of
 * rule_corpus.h.
 */
#ifndef DIALECT_CORPUS_H
#define DIALECT_CORPUS_H

#include "rule_corpus_part.h"

extern const struct corpus_entry dialect_corpus[];
extern const size_t dialect_corpus_size;

corpus_make make_ovs_ip, make_ovs_udp, make_ovs_udp6, make_ovs_port_low,
	make_ovs_hole, make_ovs_first_fragment, make_ovs_exact_macs, make_ovs_route,
	make_ovs_route_other, make_ovs_route_ipv6, make_nft_udp, make_nft_tcp,
	make_nft_snat, make_nft_pinned, make_nft_half_pinned, make_ovs_snat,
	make_ovs_dnat, make_ovs_dnat_port, make_ovs_two_ports, make_ovs_push_pcp,
	make_ovs_vxlan;

#endif /* DIALECT_CORPUS_H */
