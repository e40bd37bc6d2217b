// SPDX-License-Identifier: Apache-2.0
/*
 * purge: see purge.h.
 */
#include "purge.h"

#include <errno.h>
#include <unistd.h>

#include "eswitch.h"
#include "provider.h"
#include "rtnl.h"
#include "table.h"

#define PURGE_MODULE	"/sys/module/nft_offload"

/* Nothing comes by this client: it never binds, only asks. */
static void purge_flow_new(void *aux, const struct nfo_flowtable_flow *flow)
{
}

static void purge_flow_del(void *aux, uint64_t id)
{
}

static void purge_synced(void *aux)
{
}

static void purge_refused(void *aux, int error)
{
}

static const struct nfo_provider_ops purge_ops = {
	.flow_new = purge_flow_new,
	.flow_del = purge_flow_del,
	.synced = purge_synced,
	.refused = purge_refused,
};

int purge_bound(uint32_t *portid)
{
	struct nfo_provider_status status;
	struct nfo_provider *provider;
	int err;

	*portid = 0;
	/* To ask for the family by name would load the module. */
	if (access(PURGE_MODULE, F_OK) < 0)
		return 0;
	err = nfo_provider_open(&provider, &purge_ops, NULL);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = nfo_provider_status(provider, &status);
	nfo_provider_close(provider);
	if (!err)
		*portid = status.portid;
	return err;
}

ssize_t purge_rules(uint32_t sources)
{
	struct nfo_eswitch *eswitch;
	struct nfo_rtnl *rtnl;
	ssize_t n;

	n = nfo_eswitch_create(&eswitch);
	if (n)
		return n;
	n = nfo_rtnl_open(&rtnl);
	if (!n) {
		n = nfo_table_purge(rtnl, eswitch, sources);
		nfo_rtnl_close(rtnl);
	}
	nfo_eswitch_destroy(eswitch);
	return n;
}
