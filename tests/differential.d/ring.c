// SPDX-License-Identifier: Apache-2.0
/* ring: see ring.h. */
#include "ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* A slot holds the kernel's header, the address and the longest frame. */
#define RING_SLOT	4096
#define RING_SLOTS	2048
#define RING_BATCH	64
/* Addresses, type, and the tag that goes between them. */
#define RING_TAG_AT	12
#define RING_TAG_LEN	4

static int ring_options(const struct ring *ring)
{
	const struct tpacket_req req = {
		.tp_block_size = RING_SLOT * 16,
		.tp_block_nr = RING_SLOTS / 16,
		.tp_frame_size = RING_SLOT,
		.tp_frame_nr = RING_SLOTS,
	};
	int version = TPACKET_V2, on = 1;

	if (setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) ||
	    setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) ||
	    setsockopt(ring->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on,
		       sizeof(on)))
		return -errno;
	if (ring->kind == RING_RECEIVED &&
	    setsockopt(ring->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
		       sizeof(on)))
		return -errno;
	return 0;
}

static int ring_bind(struct ring *ring)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ring->ifindex,
	};
	int err = ring_options(ring);

	if (err)
		return err;
	ring->map = mmap(NULL, (size_t)RING_SLOT * RING_SLOTS,
			 PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (ring->map == MAP_FAILED)
		return -errno;
	if (bind(ring->fd, (struct sockaddr *)&addr, sizeof(addr))) {
		err = -errno;
		munmap(ring->map, (size_t)RING_SLOT * RING_SLOTS);
	}
	return err;
}

static int ring_mtu(struct ring *ring, const char *name)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(ring->fd, SIOCGIFMTU, &request))
		return -errno;
	ring->mtu = request.ifr_mtu;
	return 0;
}

int ring_open(struct ring *ring, const char *name, enum ring_kind kind)
{
	int err;

	memset(ring, 0, sizeof(*ring));
	ring->kind = kind;
	ring->ifindex = if_nametoindex(name);
	if (!ring->ifindex)
		return -errno;
	/* With no protocol it receives nothing until it is bound. */
	ring->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (ring->fd < 0)
		return -errno;
	err = ring_mtu(ring, name);
	if (!err)
		err = ring_bind(ring);
	if (err)
		close(ring->fd);
	return err;
}

void ring_close(struct ring *ring)
{
	munmap(ring->map, (size_t)RING_SLOT * RING_SLOTS);
	close(ring->fd);
}

static int send_batch(struct ring *ring, const struct frame *frames, size_t n)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = ring->ifindex,
	};
	struct mmsghdr messages[RING_BATCH];
	struct iovec parts[RING_BATCH];
	size_t i;
	int sent;

	memset(messages, 0, n * sizeof(messages[0]));
	for (i = 0; i < n; i++) {
		parts[i].iov_base = (void *)frames[i].bytes;
		parts[i].iov_len = frames[i].len;
		messages[i].msg_hdr.msg_name = &to;
		messages[i].msg_hdr.msg_namelen = sizeof(to);
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (i = 0; i < n; i += sent) {
		sent = sendmmsg(ring->fd, messages + i, n - i, 0);
		if (sent < 0)
			return -errno;
	}
	return 0;
}

int ring_send(struct ring *ring, const struct frame *frames, size_t n)
{
	while (n > 0) {
		size_t batch = n < RING_BATCH ? n : RING_BATCH;
		int err = send_batch(ring, frames, batch);

		if (err)
			return err;
		frames += batch;
		n -= batch;
	}
	return 0;
}

/* Copies the frame of a slot, the tag put back that the kernel has taken out. */
static void ring_copy(const struct tpacket2_hdr *slot, struct frame *frame)
{
	const uint8_t *from = (const uint8_t *)slot + slot->tp_mac;
	size_t len = slot->tp_snaplen, at = 0;
	uint16_t tag[2];

	if (len > FRAME_MAX - RING_TAG_LEN)
		len = FRAME_MAX - RING_TAG_LEN;
	if (slot->tp_status & TP_STATUS_VLAN_VALID && len >= RING_TAG_AT) {
		tag[0] = slot->tp_status & TP_STATUS_VLAN_TPID_VALID ?
			 htons(slot->tp_vlan_tpid) : htons(ETH_P_8021Q);
		tag[1] = htons(slot->tp_vlan_tci);
		memcpy(frame->bytes, from, RING_TAG_AT);
		memcpy(frame->bytes + RING_TAG_AT, tag, RING_TAG_LEN);
		from += RING_TAG_AT;
		len -= RING_TAG_AT;
		at = RING_TAG_AT + RING_TAG_LEN;
	}
	memcpy(frame->bytes + at, from, len);
	frame->len = at + len;
}

int ring_take(struct ring *ring, struct frame *frame)
{
	for (;;) {
		struct tpacket2_hdr *slot =
			(void *)(ring->map + (size_t)ring->next * RING_SLOT);
		const struct sockaddr_ll *from =
			(const void *)((uint8_t *)slot +
				       TPACKET_ALIGN(sizeof(*slot)));
		uint32_t status = __atomic_load_n(&slot->tp_status,
						  __ATOMIC_ACQUIRE);
		int wanted;

		if (!(status & TP_STATUS_USER))
			return 0;
		wanted = ring->kind == RING_RECEIVED ||
			 from->sll_pkttype == PACKET_OUTGOING;
		if (wanted)
			ring_copy(slot, frame);
		__atomic_store_n(&slot->tp_status, TP_STATUS_KERNEL,
				 __ATOMIC_RELEASE);
		ring->next = (ring->next + 1) % RING_SLOTS;
		if (wanted)
			return 1;
	}
}

unsigned int ring_lost(struct ring *ring)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
	return stats.tp_drops;
}
