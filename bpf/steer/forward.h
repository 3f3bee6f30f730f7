/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 5, forward: to this node's stack, or to a peer by rewriting the MACs (L2 direct server
 * return). Nothing is added to a frame and nothing but a TTL is changed in a packet.
 */
#ifndef VIPD_BPF_STEER_FORWARD_H
#define VIPD_BPF_STEER_FORWARD_H

#include "bpf/count.h"
#include "maps/backends.h"
#include "maps/route.h"
#include "ttl.h"

/* Returns NULL for a node that cannot be reached. */
static __always_inline struct backend_entry *find_backend(__u32 node)
{
	struct backend_entry *backend = bpf_map_lookup_elem(&vipd_backends, &node);

	return backend && backend->usable ? backend : NULL;
}

/*
 * Takes a hop. A frame that cannot get there stays here. From node to node the TTL does not count,
 * for the service is one hop away wherever it is, unless the flow is in doubt; and then only a node
 * that is asked in vain so far needs some of it left.
 */
static __always_inline enum verdict forward(const struct frame *frame, struct hop hop)
{
	struct mac_address theirs, ours;
	struct backend_entry *backend;

	if (hop.node == NOBODY)
		return VERDICT_PASS;
	backend = find_backend(hop.node);
	if (!backend) {
		count(unreachable_backend);
		return VERDICT_PASS;
	}
	if (hop.in_doubt && !spend_ttl(frame, hop.asked) && hop.asked)
		return VERDICT_PASS;
	theirs = mac_load(backend);
	ours = mac_load(&frame->settings->mac);
	mac_copy(frame->eth->h_dest, theirs.bytes);
	mac_copy(frame->eth->h_source, ours.bytes);
	return VERDICT_TX;
}

#endif
