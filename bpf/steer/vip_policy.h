/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whom a frame for a VIP has to be addressed to, what a VIP accepts besides the flows of its
 * services (RFC 9568 section 6.1, Accept_Mode), and whether it accepts anything where we do not own
 * it (section 6.4.2). By default all of both, and nothing here runs. Neighbour discovery is never
 * refused, and ARP does not come here.
 */
#ifndef VIPD_BPF_STEER_VIP_POLICY_H
#define VIPD_BPF_STEER_VIP_POLICY_H

#include "bpf/vip.h"
#include "origin.h"
#include "packet.h"

/* The VIP that a packet is for, or NULL. */
static __always_inline struct vip_entry *vip_of(const struct frame *frame)
{
	struct service_table *table = service_table(frame);
	struct ip_address destination;

	if (!table || !read_destination(frame, &destination))
		return NULL;
	return vip_filter_passes(table, &destination) ? find_vip(&destination) : NULL;
}

/*
 * For a frame that is not addressed to our MAC: VERDICT_NEXT, unless it is for a VIP. A switch that
 * floods gives the frames of one node to all of them, and a port that reflects gives a node its own
 * frames back; whoever took such a frame would answer for another node, or send it on for ever.
 */
static __noinline enum verdict refuse_for_other_mac(const struct frame *frame)
{
	return vip_of(frame) ? drop(DROP_vip_other_mac) : VERDICT_NEXT;
}

static __always_inline bool is_neighbour_discovery(const struct frame *frame)
{
	struct ipv6hdr *ip6 = frame->network;
	__u8 *type = (void *)(ip6 + 1);

	return frame->ethertype == ETHERTYPE_IPV6 && (void *)(type + 1) <= frame->end &&
	       ip6->nexthdr == PROTOCOL_ICMPV6 && *type >= ND_FIRST && *type <= ND_LAST;
}

/*
 * Before a packet is steered: VERDICT_NEXT, unless it is for a VIP that we do not own and that
 * wants to be served by way of its owner alone. What a peer has steered to us came by that way.
 */
static __noinline enum verdict refuse_as_backup(const struct frame *frame)
{
	struct vip_entry *vip = vip_of(frame);

	if (!vip || !(vip->flags & VIP_ACTIVE_ONLY) || own(vip, bpf_ktime_get_ns()) ||
	    is_neighbour_discovery(frame) || origin_of(frame) != NOBODY)
		return VERDICT_NEXT;
	return drop(DROP_vip_not_owner);
}

/* After that: VERDICT_NEXT, unless it is for a VIP that wants nothing besides its services. */
static __noinline enum verdict refuse_what_is_of_no_service(const struct frame *frame)
{
	struct vip_entry *vip = vip_of(frame);

	if (!vip || !(vip->flags & VIP_SERVICES_ONLY) || is_neighbour_discovery(frame))
		return VERDICT_NEXT;
	return drop(DROP_vip_not_accepted);
}

#endif
