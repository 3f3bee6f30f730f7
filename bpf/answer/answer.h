/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 3, answer: only the owner of a VIP says where it is.
 */
#ifndef VIPD_BPF_ANSWER_ANSWER_H
#define VIPD_BPF_ANSWER_ANSWER_H

#include "arp.h"
#include "nd.h"

static __always_inline enum verdict answer(const struct frame *frame)
{
	if (!on_our_network(frame))
		return VERDICT_NEXT;
	if (frame->ethertype == ETHERTYPE_ARP)
		return answer_arp(frame);
	if (frame->ethertype == ETHERTYPE_IPV6) {
		struct ipv6hdr *ip6 = frame->network;

		if ((void *)(ip6 + 1) <= frame->end && ip6->nexthdr == PROTOCOL_ICMPV6)
			return answer_nd(frame);
	}
	return VERDICT_NEXT;
}

#endif
