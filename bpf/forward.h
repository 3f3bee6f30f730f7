/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 5, forward: to this node's stack, or to a peer by rewriting the MACs (L2 direct server
 * return). Nothing is added to a frame and nothing but a TTL is changed in a packet.
 */
#ifndef VIPD_BPF_FORWARD_H
#define VIPD_BPF_FORWARD_H

#include "count.h"
#include "maps/backends.h"

static __always_inline void count_steered(const struct frame *frame, __u32 service, __u32 node)
{
	__u32 index = steered_index(service, node);
	struct steered_entry *steered = bpf_map_lookup_elem(&vipd_steered, &index);

	if (steered) {
		steered->packets++;
		steered->bytes += (__u64)(frame->end - (void *)frame->eth);
	}
}

/*
 * From node to node the TTL counts, so that nodes that disagree cannot play ping-pong for ever. On
 * the first hop it does not: the service is one hop away wherever it is.
 */
static __always_inline bool decrement_ttl(const struct frame *frame)
{
	if (frame->ethertype == ETHERTYPE_IPV6) {
		struct ipv6hdr *ip6 = frame->network;

		if ((void *)(ip6 + 1) > frame->end || ip6->hop_limit <= 1)
			return false;
		ip6->hop_limit--;
		return true;
	}

	struct iphdr *ip = frame->network;
	__u32 check;

	if ((void *)(ip + 1) > frame->end || ip->ttl <= 1)
		return false;
	ip->ttl--;
	check = ip->check + (__u32)bpf_htons(0x0100); /* RFC 1624, for the TTL's byte */
	ip->check = (__u16)(check + (check >= 0xffff)); /* a checksum is never 0xffff */
	return true;
}

static __always_inline int forward_to(const struct frame *frame, __u32 node)
{
	struct backend_entry *backend = bpf_map_lookup_elem(&vipd_backends, &node);

	if (!backend || !backend->usable) {
		count(unreachable_backend);
		return XDP_PASS;
	}
	mac_copy(frame->eth->h_dest, backend->mac);
	mac_copy(frame->eth->h_source, frame->settings->mac);
	return XDP_TX;
}

#endif
