/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ICMP errors about a flow of a service: "fragmentation needed", "packet too big", "unreachable"
 * must reach the node that terminates the flow, or its path MTU discovery fails. The packet that is
 * quoted is one of ours, so source and destination change places; eight bytes of its payload are
 * all that RFC 792 promises, and all that is needed.
 */
#ifndef VIPD_BPF_ICMP_ERROR_H
#define VIPD_BPF_ICMP_ERROR_H

#include "steer.h"

static __always_inline bool is_ipv4_error(const struct icmp_error *error)
{
	return error->type == ICMP_UNREACHABLE || error->type == ICMP_TIME_EXCEEDED ||
	       error->type == ICMP_PARAMETER_PROBLEM;
}

/* Fills in what the quoted ports and protocol tell. */
static __always_inline bool read_quoted(const struct frame *frame, const struct ports *ports,
					__u8 protocol, struct steering *steering)
{
	if ((void *)ports + 8 > frame->end)
		return false;
	if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP)
		return false;
	steering->flow.protocol = protocol;
	steering->flow.vip_port = ports->source;
	steering->flow.client_port = ports->destination;
	steering->segment = protocol == PROTOCOL_TCP ? SEGMENT_ABOUT : SEGMENT_STATELESS;
	return true;
}

static __always_inline int steer_error(const struct frame *frame, struct service_table *table,
				       struct steering *steering)
{
	int verdict = steer_flow(frame, table, steering);

	if (steering->service)
		count(icmp_errors);
	return verdict;
}

/* @error: where the IPv4 header ends. */
static __always_inline int steer_icmp4(const struct frame *frame, struct service_table *table,
				       const struct iphdr *ip, const struct icmp_error *error,
				       struct steering *steering)
{
	const struct iphdr *quoted = (const void *)(error + 1);
	const struct ports *ports;
	__u32 header_length;

	if ((void *)(quoted + 1) > frame->end || !is_ipv4_error(error))
		return NEXT;
	header_length = quoted->ihl * 4U;
	if (header_length < sizeof(*quoted) || quoted->saddr != ip->daddr ||
	    quoted->frag_off & IPV4_OFFSET_MASK)
		return NEXT;
	ports = (const void *)quoted + (header_length & 0x3c);
	steering->flow.vip = mapped_address(quoted->saddr);
	steering->flow.client = mapped_address(quoted->daddr);
	if (!read_quoted(frame, ports, quoted->protocol, steering))
		return NEXT;
	return steer_error(frame, table, steering);
}

/* Behind the quoted header extension headers may stand; a fragment header is all that we send. */
static __always_inline int steer_icmp6(const struct frame *frame, struct service_table *table,
				       const struct ipv6hdr *ip6, const struct icmp_error *error,
				       struct steering *steering)
{
	const struct ipv6hdr *quoted = (const void *)(error + 1);
	const struct ports *ports = (const void *)(quoted + 1);
	struct ip_address vip;
	__u8 protocol;

	if ((void *)(quoted + 1) > frame->end || error->type == 0 ||
	    error->type > ICMPV6_LAST_ERROR)
		return NEXT;
	vip = plain_address(&ip6->daddr);
	steering->flow.vip = plain_address(&quoted->saddr);
	steering->flow.client = plain_address(&quoted->daddr);
	if (!same_address(&steering->flow.vip, &vip))
		return NEXT;
	protocol = quoted->nexthdr;
	if (protocol == PROTOCOL_FRAGMENT) {
		const struct ipv6_fragment *fragment = (const void *)ports;

		if ((void *)(fragment + 1) > frame->end || fragment->offset & IPV6_OFFSET_MASK)
			return NEXT;
		protocol = fragment->next_header;
		ports = (const void *)(fragment + 1);
	}
	if (!read_quoted(frame, ports, protocol, steering))
		return NEXT;
	return steer_error(frame, table, steering);
}

#endif
