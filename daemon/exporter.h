/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exporter: the figures of nft-offloadd by HTTP, for Prometheus: what the control
 * socket says to "metrics", at /metrics (libmicrohttpd, one thread of its own).
 *
 * The daemon is asked at most once a second, whoever asks how often; where it
 * does not answer, the answer is 503 and says why.
 */
#ifndef NFT_OFFLOAD_EXPORTER_H
#define NFT_OFFLOAD_EXPORTER_H

#include <stdint.h>

#include "endpoint.h"

/* Ports of exporters: the list of Prometheus' wiki has nobody there. */
#define EXPORTER_LISTEN		"127.0.0.1:19310"

struct exporter;

/*
 * exporter_start: listens at @endpoint and answers what who listens at @socket (as client_ask())
 * (must outlive it) says, until exporter_stop(). 0 or negative errno.
 */
int exporter_start(struct exporter **exporterp, const struct endpoint *endpoint,
		   const char *socket);

/* exporter_port: where it listens, should the endpoint have said 0. */
uint16_t exporter_port(const struct exporter *exporter);

/* exporter_stop: answers nobody any more, and frees it. */
void exporter_stop(struct exporter *exporter);

#endif
