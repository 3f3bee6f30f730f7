/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a packet to its flow, for step 4. The common case, TCP or UDP right behind a plain IP
 * header, comes first and is all that is done in line; options, fragments and ICMP errors are a
 * function of their own. What is for no VIP of ours is not looked at: it is the host's.
 */
#ifndef VIPD_BPF_STEER_PACKET_H
#define VIPD_BPF_STEER_PACKET_H

#include "accept_mode.h"
#include "fragment.h"
#include "icmp_error.h"

/* IPv4 with options, in fragments, or neither TCP nor UDP. */
static __noinline int steer_unusual4(const struct frame *frame, struct service_table *table)
{
	struct iphdr *ip = frame->network;
	struct steering steering = {};
	void *payload;
	int verdict;

	if ((void *)(ip + 1) > frame->end || ip->version != 4 || ip->ihl < 5)
		return XDP_PASS;
	steering.flow.client = mapped_address(ip->saddr);
	steering.flow.vip = mapped_address(ip->daddr);
	steering.flow.protocol = ip->protocol;
	if (!find_vip(steering.flow.vip))
		return XDP_PASS;
	if (ip->frag_off & IPV4_OFFSET_MASK)
		return follow_fragment(frame);

	payload = (void *)ip + ((ip->ihl * 4U) & 0x3c);
	if (ip->protocol == PROTOCOL_ICMP)
		return steer_icmp4(frame, table, ip, payload, &steering);
	if (!read_transport(frame, payload, &steering))
		return NEXT;
	verdict = steer_flow(frame, table, &steering);
	if (ip->frag_off & IPV4_MORE_FRAGMENTS)
		remember_fragment(frame, &steering, verdict);
	return verdict;
}

static __always_inline int steer4(const struct frame *frame)
{
	struct service_table *table = service_table(frame);
	struct iphdr *ip = frame->network;
	struct steering steering = {};

	if ((void *)(ip + 1) > frame->end || !table)
		return NEXT;
	steering.flow.vip = mapped_address(ip->daddr);
	if (!vip_filter_passes(table, &steering.flow.vip))
		return NEXT;
	if (*(__u8 *)ip != 0x45 || ip->frag_off & IPV4_FRAGMENT_MASK)
		return steer_unusual4(frame, table);
	steering.flow.client = mapped_address(ip->saddr);
	steering.flow.protocol = ip->protocol;
	if (!read_transport(frame, ip + 1, &steering))
		return steer_unusual4(frame, table);
	return steer_flow(frame, table, &steering);
}

/* IPv6 in fragments, or neither TCP nor UDP. Behind other extension headers nothing is looked for.
 */
static __noinline int steer_unusual6(const struct frame *frame, struct service_table *table)
{
	struct ipv6hdr *ip6 = frame->network;
	struct ipv6_fragment *fragment = (void *)(ip6 + 1);
	struct steering steering = {};
	int verdict;

	if ((void *)(ip6 + 1) > frame->end || ip6->version != 6)
		return XDP_PASS;
	steering.flow.client = plain_address(&ip6->saddr);
	steering.flow.vip = plain_address(&ip6->daddr);
	if (!find_vip(steering.flow.vip))
		return XDP_PASS;
	if ((void *)(fragment + 1) > frame->end)
		return NEXT;
	if (ip6->nexthdr == PROTOCOL_ICMPV6)
		return steer_icmp6(frame, table, ip6, (void *)fragment, &steering);
	if (ip6->nexthdr != PROTOCOL_FRAGMENT)
		return NEXT;
	if (fragment->offset & IPV6_OFFSET_MASK)
		return follow_fragment(frame);
	steering.flow.protocol = fragment->next_header;
	if (!read_transport(frame, fragment + 1, &steering))
		return NEXT;
	verdict = steer_flow(frame, table, &steering);
	if (fragment->offset & IPV6_MORE_FRAGMENTS)
		remember_fragment(frame, &steering, verdict);
	return verdict;
}

static __always_inline int steer6(const struct frame *frame)
{
	struct service_table *table = service_table(frame);
	struct ipv6hdr *ip6 = frame->network;
	struct steering steering = {};

	if ((void *)(ip6 + 1) > frame->end || !table)
		return NEXT;
	steering.flow.vip = plain_address(&ip6->daddr);
	if (!vip_filter_passes(table, &steering.flow.vip))
		return NEXT;
	steering.flow.client = plain_address(&ip6->saddr);
	steering.flow.protocol = ip6->nexthdr;
	if (!read_transport(frame, ip6 + 1, &steering))
		return steer_unusual6(frame, table);
	return steer_flow(frame, table, &steering);
}

static __always_inline int steer_ip(const struct frame *frame)
{
	return frame->ethertype == ETHERTYPE_IPV4 ? steer4(frame) : steer6(frame);
}

/* What a VIP accepts is asked only where the configuration says that it is not everything. */
static __always_inline int steer(const struct frame *frame)
{
	int verdict;

	if (!on_our_network(frame) || !is_ip(frame))
		return NEXT;
	if (frame->settings->vip_flags & VIP_ACTIVE_ONLY && refuse_as_backup(frame) != NEXT)
		return XDP_DROP;
	verdict = steer_ip(frame);
	if (verdict == NEXT && frame->settings->vip_flags & VIP_SERVICES_ONLY)
		verdict = refuse_what_is_of_no_service(frame);
	return verdict;
}

#endif
