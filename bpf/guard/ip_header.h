/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IP header of a VRRP packet: it has to be a plain one, of a whole packet, and VRRP has to be
 * right behind it.
 */
#ifndef VIPD_BPF_GUARD_IP_HEADER_H
#define VIPD_BPF_GUARD_IP_HEADER_H

#include "vrrp_packet.h"

/* Where a frame has VRRP. */
enum position {
	VRRP_NOWHERE,
	VRRP_PLAIN, /* right behind the IP header */
	VRRP_BEHIND_HEADERS,
	VRRP_BEHIND_FRAGMENT, /* behind headers, and one of them is the fragment header */
};

#define EXTENSION_HEADERS_MAX 4

static __always_inline bool is_extension_header(__u8 protocol)
{
	return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
	       protocol == PROTOCOL_FRAGMENT || protocol == PROTOCOL_AH ||
	       protocol == PROTOCOL_DESTINATION;
}

/* RFC 9568 sections 5.1.1.2 and 5.1.2.2. */
static __always_inline bool is_vrrp_group(const struct ip_address *address, __u8 family)
{
	const __be32 *words = (const void *)address;

	if (family == FAMILY_IPV4)
		return words[3] == bpf_htonl(0xe0000012);
	return words[0] == bpf_htonl(0xff020000) && words[1] == 0 && words[2] == 0 &&
	       words[3] == bpf_htonl(0x12);
}

/*
 * Looks behind extension headers. A sender that hides VRRP behind more of them than are looked at
 * is given away by the address of the VRRP group.
 */
static __noinline enum position look_behind_headers(const struct frame *frame)
{
	enum position position = VRRP_BEHIND_HEADERS;
	struct ipv6hdr *ip6 = frame->network;
	void *cursor = (void *)(ip6 + 1);
	struct ip_address destination;
	__u8 protocol;

	if (cursor > frame->end)
		return VRRP_NOWHERE;
	protocol = ip6->nexthdr;
	for (int i = 0; i < EXTENSION_HEADERS_MAX && is_extension_header(protocol); i++) {
		struct ipv6_opt_hdr *header = cursor;

		if ((void *)(header + 1) > frame->end)
			break;
		if (protocol == PROTOCOL_FRAGMENT) {
			position = VRRP_BEHIND_FRAGMENT;
			cursor += 8;
		} else if (protocol == PROTOCOL_AH) {
			cursor += (header->hdrlen + 2) * 4; /* RFC 4302: in words, less two */
		} else {
			cursor += (header->hdrlen + 1) * 8;
		}
		protocol = header->nexthdr;
	}
	if (protocol == PROTOCOL_VRRP)
		return position;
	destination = plain_address(&ip6->daddr);
	return is_extension_header(protocol) && is_vrrp_group(&destination, FAMILY_IPV6)
		       ? VRRP_BEHIND_HEADERS
		       : VRRP_NOWHERE;
}

static __always_inline enum position find_vrrp(const struct frame *frame)
{
	struct ipv6hdr *ip6 = frame->network;
	struct iphdr *ip = frame->network;

	if (frame->ethertype == ETHERTYPE_IPV4)
		return (void *)(ip + 1) <= frame->end && ip->protocol == PROTOCOL_VRRP
			       ? VRRP_PLAIN
			       : VRRP_NOWHERE;
	if (frame->ethertype != ETHERTYPE_IPV6 || (void *)(ip6 + 1) > frame->end)
		return VRRP_NOWHERE;
	if (ip6->nexthdr == PROTOCOL_VRRP)
		return VRRP_PLAIN;
	return is_extension_header(ip6->nexthdr) ? look_behind_headers(frame) : VRRP_NOWHERE;
}

static __always_inline enum judgement judge_ipv4(const struct frame *frame, const struct iphdr *ip,
						 struct vrrp_packet *packet)
{
	__u32 total_length = bpf_ntohs(ip->tot_len);

	packet->length = total_length - sizeof(*ip);
	packet->offset = (__u32)((void *)(ip + 1) - (void *)frame->eth);
	packet->ttl = ip->ttl;
	packet->pseudo_header_sum = sum_pseudo_header4(ip, 0);

	if (ip->version != 4 || ip->ihl != 5 || total_length < sizeof(*ip) ||
	    total_length > bytes_from(frame, ip) || fold(sum_words(ip, sizeof(*ip) / 2)) != 0xffff)
		return refuse(packet, DROP_vrrp_ip_header);
	if (ip->frag_off & IPV4_FRAGMENT_MASK)
		return refuse(packet, DROP_vrrp_fragment);
	return ACCEPTED;
}

static __always_inline enum judgement judge_ipv6(const struct frame *frame,
						 const struct ipv6hdr *ip6,
						 struct vrrp_packet *packet, enum position position)
{
	packet->length = bpf_ntohs(ip6->payload_len);
	packet->offset = (__u32)((void *)(ip6 + 1) - (void *)frame->eth);
	packet->ttl = ip6->hop_limit;
	packet->pseudo_header_sum = sum_pseudo_header6(ip6, 0, PROTOCOL_VRRP);

	if (position == VRRP_BEHIND_FRAGMENT)
		return refuse(packet, DROP_vrrp_fragment);
	if (position != VRRP_PLAIN || ip6->version != 6 ||
	    packet->length > bytes_from(frame, ip6 + 1))
		return refuse(packet, DROP_vrrp_ip_header);
	return ACCEPTED;
}

static __always_inline enum judgement
judge_header(const struct frame *frame, struct vrrp_packet *packet, enum position position)
{
	if (packet->family == FAMILY_IPV4)
		return judge_ipv4(frame, frame->network, packet);
	return judge_ipv6(frame, frame->network, packet, position);
}

/* Says who sent the packet to whom, which the notice of any refusal tells. */
static __always_inline bool read_addresses(const struct frame *frame, struct vrrp_packet *packet)
{
	struct ipv6hdr *ip6 = frame->network;
	struct iphdr *ip = frame->network;

	if (frame->ethertype == ETHERTYPE_IPV4) {
		if ((void *)(ip + 1) > frame->end)
			return false;
		packet->family = FAMILY_IPV4;
		packet->source = mapped_address(ip->saddr);
		packet->destination = mapped_address(ip->daddr);
	} else {
		if ((void *)(ip6 + 1) > frame->end)
			return false;
		packet->family = FAMILY_IPV6;
		packet->source = plain_address(&ip6->saddr);
		packet->destination = plain_address(&ip6->daddr);
	}
	return true;
}

#endif
