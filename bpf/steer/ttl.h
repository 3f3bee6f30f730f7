/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of a frame from node to node. While the nodes' tables may differ, its TTL says so, and
 * how many nodes have looked for its flow in vain: so everybody is asked once, and nodes that
 * disagree cannot play ping-pong.
 */
#ifndef VIPD_BPF_STEER_TTL_H
#define VIPD_BPF_STEER_TTL_H

#include "bpf/frame.h"
#include "maps/pools.h"

/* What is left of the TTL of a frame that is in doubt; less one for each node that was asked. */
#define IN_DOUBT_TTL (RANKS + 1)

static __always_inline __u8 *ttl_of(const struct frame *frame)
{
	if (frame->ethertype == ETHERTYPE_IPV6) {
		struct ipv6hdr *ip6 = frame->network;

		return (void *)(ip6 + 1) > frame->end ? NULL : &ip6->hop_limit;
	}

	struct iphdr *ip = frame->network;

	return (void *)(ip + 1) > frame->end ? NULL : &ip->ttl;
}

/* Whether a frame may go from node to node at all. */
static __always_inline bool ttl_left(const struct frame *frame)
{
	const __u8 *ttl = ttl_of(frame);

	return ttl && *ttl > 1;
}

/* Whether the peer that sent the frame doubts that the flow is here. */
static __always_inline bool sender_doubts(const struct frame *frame)
{
	const __u8 *ttl = ttl_of(frame);

	return ttl && *ttl <= IN_DOUBT_TTL;
}

/* How many nodes were asked before this one, which a peer sent the frame to. */
static __always_inline __u32 asked_before(const struct frame *frame)
{
	const __u8 *ttl = ttl_of(frame);

	return ttl && *ttl < IN_DOUBT_TTL ? IN_DOUBT_TTL - *ttl : 0;
}

/* RFC 1624, for the TTL's byte, the upper one of its word. A checksum is never 0xffff. */
static __always_inline void adjust_checksum(struct iphdr *ip, __u8 old_ttl)
{
	__u32 sum = ip->check + ((__u32)bpf_htons((__u16)((old_ttl - ip->ttl) << 8)));

	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = sum == 0xffff ? 0 : (__u16)sum;
}

/*
 * Marks a frame that is in doubt, on its way to the next node. A TTL never grows: false when
 * nothing is left of it.
 */
static __always_inline bool spend_ttl(const struct frame *frame, __u32 asked)
{
	__u8 *ttl = ttl_of(frame), old;

	if (!ttl || *ttl <= 1 || asked >= IN_DOUBT_TTL)
		return false;
	old = *ttl;
	*ttl = old > IN_DOUBT_TTL - asked ? (__u8)(IN_DOUBT_TTL - asked) : old - 1;
	if (frame->ethertype == ETHERTYPE_IPV4)
		adjust_checksum(frame->network, old);
	return true;
}

#endif
