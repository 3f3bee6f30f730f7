/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets on their way to a packet socket: collected first, then handed over by one system call.
 * What differs from receiver to receiver is copied, the rest of a message is shared.
 */
#ifndef VIPD_VRRP_BATCH_H
#define VIPD_VRRP_BATCH_H

#include <linux/if_packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "ctl/vrrp/packet.h"

/* So many are sent at once: an owner of five instances has this to say to a hundred nodes. */
#define BATCH_MAX 512

/* This tells what became of a message, over all its receivers. */
struct delivery {
	size_t sent; /* handed to the network */
	int failure; /* the last negative errno; 0: none */
};

struct batch_packet {
	struct sockaddr_ll to;
	struct iovec parts[2];
	uint8_t head[PACKET_HEADER_MAX + VRRP_HEADER_LENGTH];
	struct delivery *delivery;
};

struct batch {
	struct mmsghdr messages[BATCH_MAX];
	struct batch_packet packets[BATCH_MAX];
	size_t count;
};

/* Where a packet goes. */
struct batch_route {
	unsigned int ifindex;
	const uint8_t *mac; /* six bytes, copied */
	const struct ip_address *source, *destination;
	uint16_t identification;
};

/** batch_is_full() - whether batch_flush() has to come before the next packet. */
static inline bool batch_is_full(const struct batch *batch)
{
	return batch->count == BATCH_MAX;
}

/**
 * batch_add() - one more packet; the batch is not full
 * @message: complete, with its checksum. Its header is copied; the rest must stay until the flush.
 * @delivery: learns in batch_flush() what became of it.
 */
void batch_add(struct batch *batch, const struct batch_route *route, const uint8_t *message,
	       size_t length, struct delivery *delivery);

/** batch_flush() - hand all packets over to a packet socket; none is left then. */
void batch_flush(struct batch *batch, int fd);

#endif
