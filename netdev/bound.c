// SPDX-License-Identifier: Apache-2.0
/*
 * bound: see bound.h.
 */
#include "bound.h"

#include <errno.h>
#include <unistd.h>

#include "provider.h"

#define BOUND_MODULE	"/sys/module/nft_offload"

/* Nothing comes by this client: it never binds, only asks. */
static void bound_flow_new(void *aux, const struct nfo_flowtable_flow *flow)
{
}

static void bound_flow_del(void *aux, uint64_t id)
{
}

static void bound_flow_missed(void *aux, uint64_t id)
{
}

static void bound_flow_software(void *aux, uint64_t id, uint64_t packets)
{
}

static void bound_software_told(void *aux)
{
}

static void bound_synced(void *aux)
{
}

static void bound_refused(void *aux, int error)
{
}

static const struct nfo_provider_ops bound_ops = {
	.flow_new = bound_flow_new,
	.flow_del = bound_flow_del,
	.flow_missed = bound_flow_missed,
	.flow_software = bound_flow_software,
	.software_told = bound_software_told,
	.synced = bound_synced,
	.refused = bound_refused,
};

bool nfo_bound_module(void)
{
	return access(BOUND_MODULE, F_OK) == 0;
}

int nfo_bound_ask(uint32_t *portid)
{
	struct nfo_provider_status status;
	struct nfo_provider *provider;
	int err;

	*portid = 0;
	if (!nfo_bound_module())
		return 0;
	err = nfo_provider_open(&provider, &bound_ops, NULL);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = nfo_provider_status(provider, &status);
	nfo_provider_close(provider);
	if (!err)
		*portid = status.portid;
	return err;
}
