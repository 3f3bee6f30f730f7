/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 5, forward: to this node's stack, or to a peer by rewriting the MACs (L2 direct server
 * return). Nothing is added to a frame and nothing but a TTL is changed in a packet.
 */
#ifndef VIPD_BPF_FORWARD_H
#define VIPD_BPF_FORWARD_H

#include "count.h"
#include "maps/backends.h"
#include "maps/pools.h"

static __always_inline void count_steered(const struct frame *frame, __u32 service, __u32 node)
{
	__u32 index = steered_index(service, node);
	struct steered_entry *steered = bpf_map_lookup_elem(&vipd_steered, &index);

	if (steered) {
		steered->packets++;
		steered->bytes += (__u64)(frame->end - (void *)frame->eth);
	}
}

static __always_inline __u8 *ttl_of(const struct frame *frame)
{
	if (frame->ethertype == ETHERTYPE_IPV6) {
		struct ipv6hdr *ip6 = frame->network;

		return (void *)(ip6 + 1) > frame->end ? NULL : &ip6->hop_limit;
	}

	struct iphdr *ip = frame->network;

	return (void *)(ip + 1) > frame->end ? NULL : &ip->ttl;
}

/*
 * Whether a peer that passed the frame on, not the one that it reached first, sent it to us: what
 * is passed on has a TTL of RANKS at the most, see spend_ttl().
 */
static __always_inline bool was_passed_on(const struct frame *frame)
{
	const __u8 *ttl = ttl_of(frame);

	return ttl && *ttl <= RANKS;
}

/* RFC 1624, for the TTL's byte, the upper one of its word. A checksum is never 0xffff. */
static __always_inline void adjust_checksum(struct iphdr *ip, __u8 old_ttl)
{
	__u32 sum = ip->check + ((__u32)bpf_htons((__u16)((old_ttl - ip->ttl) << 8)));

	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = sum == 0xffff ? 0 : (__u16)sum;
}

/*
 * From node to node the TTL counts, and is cut to what the ranks need: nodes that disagree cannot
 * play ping-pong. On the way to the primary it does not: the service is one hop away wherever it
 * is.
 */
static __always_inline bool spend_ttl(const struct frame *frame)
{
	__u8 *ttl = ttl_of(frame), old;

	if (!ttl || *ttl <= 1)
		return false;
	old = *ttl;
	*ttl = old - 1 < RANKS ? old - 1 : RANKS;
	if (frame->ethertype == ETHERTYPE_IPV4)
		adjust_checksum(frame->network, old);
	return true;
}

static __always_inline struct backend_entry *find_backend(__u32 node)
{
	struct backend_entry *backend = bpf_map_lookup_elem(&vipd_backends, &node);

	if (backend && backend->usable)
		return backend;
	count(unreachable_backend);
	return NULL;
}

static __always_inline int send_to(const struct frame *frame, const struct backend_entry *backend)
{
	mac_copy(frame->eth->h_dest, backend->mac);
	mac_copy(frame->eth->h_source, frame->settings->mac);
	return XDP_TX;
}

/* To the node that a flow belongs to by rank; a frame that cannot get there is kept. */
static __always_inline int forward_to(const struct frame *frame, __u32 node)
{
	struct backend_entry *backend = find_backend(node);

	return backend ? send_to(frame, backend) : XDP_PASS;
}

/* A frame that was for this node, to one that may know its flow. */
static __always_inline int pass_on(const struct frame *frame, __u32 node)
{
	struct backend_entry *backend = find_backend(node);

	if (!backend)
		return XDP_PASS;
	if (!spend_ttl(frame))
		return drop(DROP_steer_ttl);
	return send_to(frame, backend);
}

#endif
