/* SPDX-License-Identifier: Apache-2.0 */
/* probe_fuzz: random and broken messages to the family. */
#ifndef PROBE_FUZZ_H
#define PROBE_FUZZ_H

#include "probe_socket.h"

int probe_fuzz(struct probe_socket *sock, unsigned int seed,
	       unsigned int count);

#endif /* PROBE_FUZZ_H */
