/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 2, guard: VRRP (RFC 9568) reaches the controller only if a configured peer on our own link
 * sent it and it is well-formed. Everything else is dropped here, before the stack, and counted.
 */
#ifndef VIPD_BPF_GUARD_H
#define VIPD_BPF_GUARD_H

#include "checksum.h"
#include "count.h"
#include "maps/instances.h"
#include "maps/peers.h"
#include "vrrp.h"

#define EXTENSION_HEADERS_MAX 4

static __always_inline bool is_extension_header(__u8 protocol)
{
	return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
	       protocol == PROTOCOL_FRAGMENT || protocol == PROTOCOL_AH ||
	       protocol == PROTOCOL_DESTINATION;
}

/* Whether VRRP hides behind extension headers: the reason to drop it, or NEXT when it does not. */
static __always_inline int find_hidden_vrrp(const struct frame *frame, __u8 protocol, void *cursor)
{
	int reason = DROP_vrrp_ip_header;

	for (int i = 0; i < EXTENSION_HEADERS_MAX; i++) {
		struct ipv6_opt_hdr *header = cursor;

		if (!is_extension_header(protocol) || (void *)(header + 1) > frame->end)
			return NEXT;
		if (protocol == PROTOCOL_FRAGMENT) {
			reason = DROP_vrrp_fragment;
			cursor += 8;
		} else if (protocol == PROTOCOL_AH) {
			cursor += (header->hdrlen + 2) * 4; /* RFC 4302: in words, less two */
		} else {
			cursor += (header->hdrlen + 1) * 8;
		}
		protocol = header->nexthdr;
		if (protocol == PROTOCOL_VRRP)
			return reason;
	}
	return NEXT;
}

static __always_inline int judge_ipv4(const struct frame *frame, const struct iphdr *ip,
				      struct vrrp_packet *packet)
{
	__u32 total_length = bpf_ntohs(ip->tot_len);

	packet->family = FAMILY_IPV4;
	packet->source = mapped_address(ip->saddr);
	packet->offset = (__u32)((void *)(ip + 1) - (void *)frame->eth);
	packet->length = total_length - sizeof(*ip);
	packet->ttl = ip->ttl;
	packet->pseudo_header_sum = sum_pseudo_header4(ip, packet->length);

	if (ip->version != 4 || ip->ihl != 5 || total_length < sizeof(*ip) ||
	    total_length > bytes_from(frame, ip) || fold(sum_words(ip, sizeof(*ip) / 2)) != 0xffff)
		return DROP_vrrp_ip_header;
	if (ip->frag_off & IPV4_FRAGMENT_MASK)
		return DROP_vrrp_fragment;
	return ACCEPTED;
}

static __always_inline int judge_ipv6(const struct frame *frame, const struct ipv6hdr *ip6,
				      struct vrrp_packet *packet)
{
	packet->family = FAMILY_IPV6;
	packet->source = plain_address(&ip6->saddr);
	packet->offset = (__u32)((void *)(ip6 + 1) - (void *)frame->eth);
	packet->length = bpf_ntohs(ip6->payload_len);
	packet->ttl = ip6->hop_limit;
	packet->pseudo_header_sum = sum_pseudo_header6(ip6, packet->length, PROTOCOL_VRRP);

	if (ip6->version != 6 || packet->length > bytes_from(frame, ip6 + 1))
		return DROP_vrrp_ip_header;
	return ACCEPTED;
}

/* Who sent it: somebody on this link, and one of the cluster. */
static __always_inline int judge_sender(const struct frame *frame, struct vrrp_packet *packet)
{
	struct peer_entry *peer;

	if (packet->ttl != ON_LINK_TTL)
		return refuse(packet, DROP_vrrp_ttl, ON_LINK_TTL, packet->ttl);
	peer = bpf_map_lookup_elem(&vipd_peers, &packet->source);
	if (!peer)
		return DROP_vrrp_unknown_source;
	if (peer->self)
		return sent_by_us(frame) ? IGNORED : DROP_vrrp_own_address;
	if (peer->mac_pinned && !mac_equal(peer->mac, frame->eth->h_source))
		return DROP_vrrp_wrong_mac;
	packet->peer = peer->index;
	return ACCEPTED;
}

static __always_inline int refuse_frame(const struct frame *frame, const struct vrrp_packet *packet,
					enum drop_reason reason)
{
	__u64 now = bpf_ktime_get_ns();
	struct notice_record notice = {
		.kind = NOTICE_DROP,
		.address = packet->source,
		.reason = reason,
		.vrid = packet->vrid,
		.expected = packet->expected,
		.received = packet->received,
	};

	if (notice_due(reason, now))
		give_notice(frame, &notice, now);
	return drop(reason);
}

static __always_inline int guard_vrrp(const struct frame *frame, struct vrrp_packet *packet,
				      int judgement)
{
	struct instance_entry *instance = NULL;

	if (!on_our_network(frame))
		judgement = DROP_vrrp_other_vlan;
	if (judgement == ACCEPTED)
		judgement = judge_sender(frame, packet);
	if (judgement == ACCEPTED)
		judgement = judge_message(frame, packet, &instance);
	if (judgement == IGNORED)
		return XDP_PASS;
	if (judgement != ACCEPTED || !instance)
		return refuse_frame(frame, packet, (enum drop_reason)judgement);

	accept_advert(frame, packet, instance);
	return XDP_PASS;
}

/* VRRP is rare: its way is not in line with that of all other frames, nor on their stack. */
static __noinline int guard_ipv4(const struct frame *frame)
{
	struct vrrp_packet packet = {};
	struct iphdr *ip = frame->network;

	if ((void *)(ip + 1) > frame->end)
		return XDP_PASS;
	return guard_vrrp(frame, &packet, judge_ipv4(frame, ip, &packet));
}

static __noinline int guard_ipv6(const struct frame *frame)
{
	struct vrrp_packet packet = {};
	struct ipv6hdr *ip6 = frame->network;
	int hidden;

	if ((void *)(ip6 + 1) > frame->end)
		return XDP_PASS;
	if (ip6->nexthdr == PROTOCOL_VRRP)
		return guard_vrrp(frame, &packet, judge_ipv6(frame, ip6, &packet));
	hidden = find_hidden_vrrp(frame, ip6->nexthdr, ip6 + 1);
	if (hidden == NEXT)
		return NEXT;
	packet.source = plain_address(&ip6->saddr);
	return guard_vrrp(frame, &packet, hidden);
}

static __always_inline int guard(const struct frame *frame)
{
	if (frame->ethertype == ETHERTYPE_IPV4) {
		struct iphdr *ip = frame->network;

		if ((void *)(ip + 1) <= frame->end && ip->protocol == PROTOCOL_VRRP)
			return guard_ipv4(frame);
	} else if (frame->ethertype == ETHERTYPE_IPV6) {
		struct ipv6hdr *ip6 = frame->network;

		if ((void *)(ip6 + 1) <= frame->end &&
		    (ip6->nexthdr == PROTOCOL_VRRP || is_extension_header(ip6->nexthdr)))
			return guard_ipv6(frame);
	}
	return NEXT;
}

#endif
