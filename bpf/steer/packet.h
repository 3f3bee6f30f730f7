/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a packet to its flow. The common case, TCP or UDP right behind a plain IP header, is read in
 * line. Options, fragments and ICMP errors are read by functions of their own.
 */
#ifndef VIPD_BPF_STEER_PACKET_H
#define VIPD_BPF_STEER_PACKET_H

#include "bpf/vip.h"
#include "fragment.h"
#include "icmp_error.h"

static __always_inline bool read_destination(const struct frame *frame, struct ip_address *address)
{
	struct ipv6hdr *ip6 = frame->network;
	struct iphdr *ip = frame->network;

	if (frame->ethertype == ETHERTYPE_IPV4) {
		if ((void *)(ip + 1) > frame->end)
			return false;
		*address = mapped_address(ip->daddr);
	} else {
		if ((void *)(ip6 + 1) > frame->end)
			return false;
		*address = plain_address(&ip6->daddr);
	}
	return true;
}

/* Tells most frames that are for no VIP, by a single load. */
static __always_inline bool may_be_for_vip(const struct frame *frame,
					   const struct service_table *table)
{
	struct ip_address destination;

	return read_destination(frame, &destination) && vip_filter_passes(table, &destination);
}

static __always_inline enum segment segment_of(const struct tcphdr *tcp)
{
	return (tcp->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN ? SEGMENT_NEW : SEGMENT_LATER;
}

/* Returns false for a truncated header, or another protocol's. */
static __always_inline bool read_transport(const struct frame *frame, void *header, __u8 protocol,
					   struct packet *packet)
{
	struct tcphdr *tcp = header;
	struct udphdr *udp = header;

	packet->flow.protocol = protocol;
	if (protocol == PROTOCOL_TCP) {
		if ((void *)(tcp + 1) > frame->end)
			return false;
		packet->flow.client_port = tcp->source;
		packet->flow.vip_port = tcp->dest;
		packet->segment = segment_of(tcp);
		packet->tcp = tcp;
	} else if (protocol == PROTOCOL_UDP) {
		if ((void *)(udp + 1) > frame->end)
			return false;
		packet->flow.client_port = udp->source;
		packet->flow.vip_port = udp->dest;
		packet->segment = SEGMENT_STATELESS;
		packet->tcp = NULL;
	} else {
		return false;
	}
	packet->part = PART_PACKET;
	return true;
}

static __always_inline bool read_plain4(const struct frame *frame, struct packet *packet)
{
	struct iphdr *ip = frame->network;

	if ((void *)(ip + 1) > frame->end || *(__u8 *)ip != 0x45 ||
	    ip->frag_off & IPV4_FRAGMENT_MASK)
		return false;
	packet->flow.client = mapped_address(ip->saddr);
	packet->flow.vip = mapped_address(ip->daddr);
	return read_transport(frame, ip + 1, ip->protocol, packet);
}

static __always_inline bool read_plain6(const struct frame *frame, struct packet *packet)
{
	struct ipv6hdr *ip6 = frame->network;

	if ((void *)(ip6 + 1) > frame->end)
		return false;
	packet->flow.client = plain_address(&ip6->saddr);
	packet->flow.vip = plain_address(&ip6->daddr);
	return read_transport(frame, ip6 + 1, ip6->nexthdr, packet);
}

/*
 * Reads what read_plain4() cannot. When nothing of a flow is found, the part stays PART_NONE, and
 * the verdict on the packet is returned.
 */
static __noinline enum verdict read_unusual4(const struct frame *frame, struct packet *packet)
{
	struct iphdr *ip = frame->network;
	void *payload;

	if ((void *)(ip + 1) > frame->end || ip->version != 4 || ip->ihl < 5)
		return VERDICT_PASS;
	packet->flow.client = mapped_address(ip->saddr);
	packet->flow.vip = mapped_address(ip->daddr);
	if (!find_vip(&packet->flow.vip))
		return VERDICT_PASS;
	if (ip->frag_off & IPV4_OFFSET_MASK)
		return follow_fragment(frame);

	payload = (void *)ip + ((ip->ihl * 4U) & 0x3c);
	if (ip->protocol == PROTOCOL_ICMP)
		read_icmp_error4(frame, payload, packet);
	else if (read_transport(frame, payload, ip->protocol, packet) &&
		 ip->frag_off & IPV4_MORE_FRAGMENTS)
		packet->part = PART_FIRST_FRAGMENT;
	return VERDICT_NEXT;
}

/* The same of IPv6. Behind extension headers other than the fragment's nothing is looked for. */
static __noinline enum verdict read_unusual6(const struct frame *frame, struct packet *packet)
{
	struct ipv6hdr *ip6 = frame->network;
	struct ipv6_fragment *fragment = (void *)(ip6 + 1);

	if ((void *)(ip6 + 1) > frame->end || ip6->version != 6)
		return VERDICT_PASS;
	packet->flow.client = plain_address(&ip6->saddr);
	packet->flow.vip = plain_address(&ip6->daddr);
	if (!find_vip(&packet->flow.vip))
		return VERDICT_PASS;
	if ((void *)(fragment + 1) > frame->end)
		return VERDICT_NEXT;
	if (ip6->nexthdr == PROTOCOL_ICMPV6)
		read_icmp_error6(frame, (void *)fragment, packet);
	if (ip6->nexthdr != PROTOCOL_FRAGMENT)
		return VERDICT_NEXT;
	if (fragment->offset & IPV6_OFFSET_MASK)
		return follow_fragment(frame);
	if (read_transport(frame, fragment + 1, fragment->next_header, packet) &&
	    fragment->offset & IPV6_MORE_FRAGMENTS)
		packet->part = PART_FIRST_FRAGMENT;
	return VERDICT_NEXT;
}

static __always_inline enum verdict read_ipv6(const struct frame *frame, struct packet *packet)
{
	return read_plain6(frame, packet) ? VERDICT_NEXT : read_unusual6(frame, packet);
}

#endif
