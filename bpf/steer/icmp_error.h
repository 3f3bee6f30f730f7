/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ICMP errors about a flow of a service: "fragmentation needed", "packet too big", "unreachable"
 * must reach the node that terminates the flow, or its path MTU discovery fails. The packet that is
 * quoted is one of ours, so source and destination change places; eight bytes of its payload are
 * all that RFC 792 promises, and all that is needed.
 */
#ifndef VIPD_BPF_STEER_ICMP_ERROR_H
#define VIPD_BPF_STEER_ICMP_ERROR_H

#include "flow.h"

static __always_inline bool is_ipv4_error(const struct icmp_error *error)
{
	return error->type == ICMP_UNREACHABLE || error->type == ICMP_TIME_EXCEEDED ||
	       error->type == ICMP_PARAMETER_PROBLEM;
}

static __always_inline void read_quoted(const struct frame *frame, const struct ports *ports,
					__u8 protocol, struct packet *packet)
{
	if ((void *)ports + 8 > frame->end)
		return;
	if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP)
		return;
	packet->flow.protocol = protocol;
	packet->flow.vip_port = ports->source;
	packet->flow.client_port = ports->destination;
	packet->segment = protocol == PROTOCOL_TCP ? SEGMENT_ABOUT : SEGMENT_STATELESS;
	packet->tcp = NULL;
	packet->part = PART_QUOTED;
}

/* @error: where the IPv4 header ends. */
static __always_inline void read_icmp_error4(const struct frame *frame,
					     const struct icmp_error *error, struct packet *packet)
{
	const struct iphdr *quoted = (const void *)(error + 1);
	struct ip_address source;
	__u32 header_length;

	if ((void *)(quoted + 1) > frame->end || !is_ipv4_error(error))
		return;
	source = mapped_address(quoted->saddr);
	header_length = quoted->ihl * 4U;
	if (header_length < sizeof(*quoted) || !same_address(&packet->flow.vip, &source) ||
	    quoted->frag_off & IPV4_OFFSET_MASK)
		return;
	packet->flow.client = mapped_address(quoted->daddr);
	read_quoted(frame, (const void *)quoted + (header_length & 0x3c), quoted->protocol, packet);
}

/* Extension headers may follow the quoted one; a fragment header is the only one that we send. */
static __always_inline void read_icmp_error6(const struct frame *frame,
					     const struct icmp_error *error, struct packet *packet)
{
	const struct ipv6hdr *quoted = (const void *)(error + 1);
	const struct ports *ports = (const void *)(quoted + 1);
	struct ip_address source;
	__u8 protocol;

	if ((void *)(quoted + 1) > frame->end || error->type == 0 ||
	    error->type > ICMPV6_LAST_ERROR)
		return;
	source = plain_address(&quoted->saddr);
	if (!same_address(&packet->flow.vip, &source))
		return;
	packet->flow.client = plain_address(&quoted->daddr);
	protocol = quoted->nexthdr;
	if (protocol == PROTOCOL_FRAGMENT) {
		const struct ipv6_fragment *fragment = (const void *)ports;

		if ((void *)(fragment + 1) > frame->end || fragment->offset & IPV6_OFFSET_MASK)
			return;
		protocol = fragment->next_header;
		ports = (const void *)(fragment + 1);
	}
	read_quoted(frame, ports, protocol, packet);
}

#endif
