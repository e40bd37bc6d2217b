// SPDX-License-Identifier: Apache-2.0
/* ring: see ring.h. */
#include "ring.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A slot holds the kernel's headers, the address and the longest frame; a block is
 * 63 pages of slots, as near as can be to the 64 that the kernel takes for it.
 */
#define RING_SLOT	2304
#define RING_BLOCK	112
#define RING_SLOTS	(18 * RING_BLOCK)
/* Addresses, type, and the tag that goes between them. */
#define RING_TAG_AT	12
#define RING_TAG_LEN	4

/* Where a frame that is to be sent begins in its slot, with what virtio says of it. */
#define RING_DATA	(TPACKET2_HDRLEN - sizeof(struct sockaddr_ll))

static struct tpacket2_hdr *slot_of(const struct ring_part *part, unsigned int number)
{
	return (void *)(part->map + (size_t)number * RING_SLOT);
}

static uint32_t status_of(const struct tpacket2_hdr *slot)
{
	return __atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE);
}

static void set_status(struct tpacket2_hdr *slot, uint32_t status)
{
	__atomic_store_n(&slot->tp_status, status, __ATOMIC_RELEASE);
}

static void next_slot(struct ring_part *part)
{
	part->next = (part->next + 1) % part->slots;
}

static int set(int fd, int name, const void *value, socklen_t len)
{
	return setsockopt(fd, SOL_PACKET, name, value, len) ? -errno : 0;
}

static int set_on(int fd, int name)
{
	const int on = 1;

	return set(fd, name, &on, sizeof(on));
}

static void part_close(struct ring_part *part)
{
	if (part->map)
		munmap(part->map, (size_t)RING_SLOT * part->slots);
	close(part->fd);
}

static int part_bind(struct ring_part *part, int ifindex, int which, uint16_t protocol)
{
	const struct tpacket_req req = {
		.tp_block_size = RING_BLOCK * RING_SLOT,
		.tp_block_nr = part->slots / RING_BLOCK,
		.tp_frame_size = RING_SLOT,
		.tp_frame_nr = part->slots,
	};
	const struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = ifindex,
	};
	int err = set(part->fd, which, &req, sizeof(req));
	void *map;

	if (err)
		return err;
	map = mmap(NULL, (size_t)RING_SLOT * part->slots, PROT_READ | PROT_WRITE,
		   MAP_SHARED, part->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	part->map = map;
	return bind(part->fd, (const struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
}

/* With no protocol it receives nothing until it is bound. */
static int part_socket(struct ring_part *part)
{
	const int version = TPACKET_V2;
	int err;

	part->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (part->fd < 0)
		return -errno;
	err = set(part->fd, PACKET_VERSION, &version, sizeof(version));
	if (err)
		part_close(part);
	return err;
}

static int open_in(struct ring *ring)
{
	int err;

	ring->in.slots = RING_SLOTS;
	err = part_socket(&ring->in);
	if (err)
		return err;
	if (ring->kind == RING_RECEIVED)
		err = set_on(ring->in.fd, PACKET_IGNORE_OUTGOING);
	if (!err)
		err = part_bind(&ring->in, ring->ifindex, PACKET_RX_RING, ETH_P_ALL);
	if (err)
		part_close(&ring->in);
	return err;
}

/*
 * The kernel would take pages of the ring for all but the Ethernet header of a
 * frame; as virtio it is told how long the headers are, and copies those.
 */
static int open_out(struct ring *ring)
{
	int err;

	ring->out.slots = RING_BATCH;
	err = part_socket(&ring->out);
	if (err)
		return err;
	err = set_on(ring->out.fd, PACKET_QDISC_BYPASS);
	if (!err)
		err = set_on(ring->out.fd, PACKET_VNET_HDR);
	if (!err)
		err = part_bind(&ring->out, ring->ifindex, PACKET_TX_RING, 0);
	if (err)
		part_close(&ring->out);
	return err;
}

static int read_mtu(struct ring *ring, const char *name)
{
	struct ifreq request;

	memset(&request, 0, sizeof(request));
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(ring->in.fd, SIOCGIFMTU, &request))
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
	err = open_in(ring);
	if (err)
		return err;
	err = read_mtu(ring, name);
	if (!err && kind == RING_RECEIVED)
		err = open_out(ring);
	if (err)
		part_close(&ring->in);
	return err;
}

void ring_close(struct ring *ring)
{
	if (ring->kind == RING_RECEIVED)
		part_close(&ring->out);
	part_close(&ring->in);
}

static void fill(struct ring_part *part, const struct frame *frame)
{
	struct tpacket2_hdr *slot = slot_of(part, part->next);
	uint8_t *to = (uint8_t *)slot + RING_DATA;
	const struct virtio_net_hdr header = { .hdr_len = frame->len };

	memcpy(to, &header, sizeof(header));
	memcpy(to + sizeof(header), frame->bytes, frame->len);
	slot->tp_len = sizeof(header) + frame->len;
	set_status(slot, TP_STATUS_SEND_REQUEST);
	next_slot(part);
}

static int send_batch(struct ring *ring, const struct frame *frames, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		/* The device would take it: virtio's frames are not measured. */
		if (frames[i].len < FRAME_MIN || frames[i].len > FRAME_MIN + ring->mtu)
			return -EMSGSIZE;
		fill(&ring->out, &frames[i]);
	}
	return send(ring->out.fd, NULL, 0, 0) < 0 ? -errno : 0;
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
		struct tpacket2_hdr *slot = slot_of(&ring->in, ring->in.next);
		const struct sockaddr_ll *from =
			(const void *)((uint8_t *)slot + TPACKET_ALIGN(sizeof(*slot)));
		int wanted;

		if (!(status_of(slot) & TP_STATUS_USER))
			return 0;
		wanted = ring->kind == RING_RECEIVED ||
			 from->sll_pkttype == PACKET_OUTGOING;
		if (wanted)
			ring_copy(slot, frame);
		set_status(slot, TP_STATUS_KERNEL);
		next_slot(&ring->in);
		if (wanted)
			return 1;
	}
}

unsigned int ring_lost(struct ring *ring)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	getsockopt(ring->in.fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
	return stats.tp_drops;
}
