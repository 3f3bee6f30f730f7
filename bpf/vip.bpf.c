// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dataplane: one frame's way through a node. Each step decides (an XDP action) or hands the
 * frame to the next one; what no step wants is the host's own business and passes untouched.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/answer_arp.h"
#include "bpf/answer_nd.h"
#include "bpf/frame.h"
#include "bpf/guard.h"
#include "bpf/steer_packet.h"

/* Step 3: only the owner of a VIP says where it is. */
static __always_inline int answer(const struct frame *frame)
{
	if (!on_our_network(frame))
		return NEXT;
	if (frame->ethertype == ETHERTYPE_ARP)
		return answer_arp(frame);
	if (frame->ethertype == ETHERTYPE_IPV6) {
		struct ipv6hdr *ip6 = frame->network;

		if ((void *)(ip6 + 1) <= frame->end && ip6->nexthdr == PROTOCOL_ICMPV6)
			return answer_nd(frame);
	}
	return NEXT;
}

SEC("xdp")
int vip(struct xdp_md *ctx)
{
	struct frame frame;
	int verdict;

	if (parse(ctx, &frame))
		return XDP_PASS;

	verdict = guard(&frame);
	if (verdict == NEXT)
		verdict = answer(&frame);
	if (verdict == NEXT)
		verdict = steer(&frame);
	return verdict == NEXT ? XDP_PASS : verdict;
}

/* For interfaces that the operator wants guarded, though they carry no virtual IP. */
SEC("xdp")
int guard_only(struct xdp_md *ctx)
{
	struct frame frame;

	return parse(ctx, &frame) ? XDP_PASS : guard_other_interface(&frame);
}

char LICENSE[] SEC("license") = "GPL";
