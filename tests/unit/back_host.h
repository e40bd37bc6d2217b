/* SPDX-License-Identifier: Apache-2.0 */

/* back_host: a datapath for what translate_back() is tried with, without I/O.
 * For the unit tests and the fuzzer. */

#ifndef BACK_HOST_H
#define BACK_HOST_H 1

#include <stdbool.h>

#include "translate.h"

struct ds;
struct match;
struct ofpbuf;

/* The port with number N is the device with ifindex N: 1 to 19 are plain, 20
 * and 21 internal, 22 is VXLAN, 23 Geneve, 24 GRE, 25 a bond, whose rules lie
 * in its block; others are not there. */
#define BACK_HOST_INTERNAL 20
#define BACK_HOST_VXLAN 22
#define BACK_HOST_GENEVE 23
#define BACK_HOST_GRE 24
#define BACK_HOST_BOND 25

/* Meter M is police index 0x10000000 + M, for M up to 9.  Chain 5 and those
 * below it are gone to. */
extern const struct translate_env back_host;

/* As a revalidator reads a flow that was dumped: 'match' as attributes 'key'
 * and 'mask', both to be initialised by the caller, as tc_match_to_dpif_flow()
 * of OVS's lib/dpif-offload-tc.c makes them, but with all labels. */
void back_host_attributes(const struct match *match, struct ofpbuf *key,
                          struct ofpbuf *mask);

/* The flow as `dpctl dump-flows` prints it: match, " actions:", actions. */
void back_host_format(const struct match *match, const struct ofpbuf *actions,
                      struct ds *);

#endif /* back_host.h */
