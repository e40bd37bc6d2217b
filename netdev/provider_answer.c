// SPDX-License-Identifier: Apache-2.0
/*
 * provider_answer: what the provider says to the module: results, counters and
 * teardowns, many flows in one message. Nobody waits for an answer to these.
 */
#include "provider_part.h"

#include "clock.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the largest flow in an answer, nest and all. */
#define PROVIDER_ANSWER_SIZE	(64 + NFT_OFFLOAD_TEXT_MAX)
/* A dump that tore, or that is wanted again, waits so long, ms. */
#define PROVIDER_RESYNC_MS	1000

int nfo_provider_batch_init(struct provider_batch *batch, uint8_t cmd)
{
	batch->cmd = cmd;
	batch->nlh = calloc(1, NLMSG_SPACE(GENL_HDRLEN) + NLA_HDRLEN +
			    NFT_OFFLOAD_BATCH_MAX * PROVIDER_ANSWER_SIZE);
	return batch->nlh ? 0 : -ENOMEM;
}

int nfo_provider_batch_send(struct nfo_provider *provider,
			       struct provider_batch *batch)
{
	int err;

	if (!batch->n)
		return 0;
	mnl_attr_nest_end(batch->nlh, batch->nest);
	batch->n = 0;
	if (!provider->family)
		return -ENOENT;
	err = nfo_provider_send(provider, batch->nlh);
	/* The states of the flows will differ, so a dump tells them again. */
	if (err)
		provider->resync = true;
	return err;
}

/* Begins the nest of one more flow; provider_batch_end() ends it. */
static struct nlattr *provider_batch_begin(struct nfo_provider *provider,
					   struct provider_batch *batch,
					   uint64_t id)
{
	struct nlattr *nest;

	if (batch->n == NFT_OFFLOAD_BATCH_MAX)
		nfo_provider_batch_send(provider, batch);
	if (!batch->n) {
		batch->nlh = nfo_provider_request(provider, batch->nlh,
					      provider->family, batch->cmd, 0);
		batch->nest = mnl_attr_nest_start(batch->nlh,
						  NFT_OFFLOAD_ATTR_FLOWS);
	}
	batch->n++;
	nest = mnl_attr_nest_start(batch->nlh, NFT_OFFLOAD_ATTR_FLOW);
	mnl_attr_put_u64(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_ID, id);
	return nest;
}

void nfo_provider_result(struct nfo_provider *provider, uint64_t id,
			 enum nft_offload_state state,
			 enum nft_offload_reason reason, const char *text)
{
	struct provider_batch *batch = &provider->results;
	char cut[NFT_OFFLOAD_TEXT_MAX];
	struct nfo_provider_flow *flow;
	struct nlattr *nest;

	flow = nfo_provider_flow_find(&provider->flows, id);
	if (!flow || flow->deleted)
		return;
	flow->state = state;
	nest = provider_batch_begin(provider, batch, id);
	mnl_attr_put_u32(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_GEN, flow->gen);
	mnl_attr_put_u8(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_STATE, state);
	if (state == NFT_OFFLOAD_STATE_REFUSED) {
		mnl_attr_put_u32(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_REASON,
				 reason);
		if (text && text[0]) {
			cut[0] = 0;
			strncat(cut, text, sizeof(cut) - 1);
			mnl_attr_put_strz(batch->nlh,
					  NFT_OFFLOAD_FLOW_ATTR_TEXT, cut);
		}
	}
	mnl_attr_nest_end(batch->nlh, nest);
}

/* Adds one flow's counters to those that go out with the next message. */
static void provider_put_stats(struct nfo_provider *provider, uint64_t id,
			       uint64_t packets, uint64_t bytes,
			       uint64_t idle_ms)
{
	struct provider_batch *batch = &provider->stats;
	struct nlattr *nest = provider_batch_begin(provider, batch, id);

	mnl_attr_put_u64(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_PACKETS, packets);
	mnl_attr_put_u64(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_BYTES, bytes);
	mnl_attr_put_u64(batch->nlh, NFT_OFFLOAD_FLOW_ATTR_IDLE_MS, idle_ms);
	mnl_attr_nest_end(batch->nlh, nest);
}

void nfo_provider_last(struct nfo_provider *provider, uint64_t id,
		       uint64_t packets, uint64_t bytes)
{
	provider_put_stats(provider, id, packets, bytes, 0);
}

void nfo_provider_stats(struct nfo_provider *provider, uint64_t id,
			uint64_t packets, uint64_t bytes, uint64_t idle_ms)
{
	struct nfo_provider_flow *flow;

	flow = nfo_provider_flow_find(&provider->flows, id);
	if (!flow || flow->deleted ||
	    (packets <= flow->packets && bytes <= flow->bytes))
		return;
	if (packets > flow->packets)
		flow->packets = packets;
	if (bytes > flow->bytes)
		flow->bytes = bytes;
	provider_put_stats(provider, id, flow->packets, flow->bytes, idle_ms);
}

void nfo_provider_teardown(struct nfo_provider *provider, uint64_t id)
{
	struct provider_batch *batch = &provider->teardowns;
	struct nfo_provider_flow *flow;
	struct nlattr *nest;

	flow = nfo_provider_flow_find(&provider->flows, id);
	if (!flow || flow->deleted)
		return;
	nest = provider_batch_begin(provider, batch, id);
	mnl_attr_nest_end(batch->nlh, nest);
}

int nfo_provider_flush(struct nfo_provider *provider)
{
	int err = nfo_provider_batch_send(provider, &provider->results);
	int err2 = nfo_provider_batch_send(provider, &provider->stats);
	int err3 = nfo_provider_batch_send(provider, &provider->teardowns);

	nfo_provider_dump_unstick(provider);
	/*
	 * After an overrun the kernel drops everything until the socket is
	 * empty (NETLINK_S_CONGESTED): a dump before that would miss flows.
	 */
	if (provider->resync && provider->bound && !provider->congested &&
	    nfo_clock_ms() - provider->dump_ended >= PROVIDER_RESYNC_MS)
		nfo_provider_dump_start(provider);
	return err ? err : err2 ? err2 : err3;
}

void nfo_provider_resync(struct nfo_provider *provider)
{
	provider->resync = true;
	provider->retell = true;
}
