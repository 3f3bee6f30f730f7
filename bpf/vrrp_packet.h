/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the guard knows of a VRRP packet that it judges, and how a judgement is put.
 */
#ifndef VIPD_BPF_VRRP_PACKET_H
#define VIPD_BPF_VRRP_PACKET_H

#include "frame.h"
#include "maps/drops.h"

/* Judgements besides an enum drop_reason, which is what they are otherwise. */
#define ACCEPTED (-1)
#define IGNORED  (-2)

struct vrrp_packet {
	struct ip_address source;
	struct ip_address destination;
	__u64 sequence; /* of the trailer, host order; 0: not authenticated */
	__u32 offset;   /* of the VRRP message in the frame */
	__u32 length;   /* of the VRRP message and what follows it */
	__u32 message_length;
	__u32 pseudo_header_sum; /* without the length */
	__u32 peer;
	__u32 expected; /* for the notice of a refusal */
	__u32 received;
	__u16 max_advert_interval; /* centiseconds, also in version 2 */
	__u8 family;
	__u8 ttl;
	__u8 vrid;
	__u8 priority;
};

static __always_inline void *message_of(const struct frame *frame, const struct vrrp_packet *packet)
{
	return (void *)frame->eth + (packet->offset & OFFSET_MASK);
}

static __always_inline int refuse(struct vrrp_packet *packet, enum drop_reason reason,
				  __u32 expected, __u32 received)
{
	packet->expected = expected;
	packet->received = received;
	return reason;
}

#endif
