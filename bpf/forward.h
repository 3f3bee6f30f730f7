/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 5, forward: to this node's stack, or to a peer by rewriting the MACs (L2 direct server
 * return). Nothing is added to a frame and nothing but a TTL is changed in a packet.
 */
#ifndef VIPD_BPF_FORWARD_H
#define VIPD_BPF_FORWARD_H

#include "count.h"
#include "hops.h"
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
	struct mac_address theirs = mac_load(backend), ours = mac_load(&frame->settings->mac);

	mac_copy(frame->eth->h_dest, theirs.bytes);
	mac_copy(frame->eth->h_source, ours.bytes);
	return XDP_TX;
}

/*
 * To the primary of a flow; a frame that cannot get there is kept. From node to node the TTL does
 * not count, for the service is one hop away wherever it is, unless the flow is @in_doubt.
 */
static __always_inline int forward_to(const struct frame *frame, __u32 node, bool in_doubt)
{
	struct backend_entry *backend = find_backend(node);

	if (!backend)
		return XDP_PASS;
	if (in_doubt)
		spend_ttl(frame, 0);
	return send_to(frame, backend);
}

/* A frame whose flow is not here, to a node that may know it. @asked: nodes that did not. */
static __always_inline int pass_on(const struct frame *frame, __u32 node, __u32 asked)
{
	struct backend_entry *backend = find_backend(node);

	return backend && spend_ttl(frame, asked) ? send_to(frame, backend) : XDP_PASS;
}

#endif
