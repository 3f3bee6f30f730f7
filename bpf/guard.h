/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 2, guard: VRRP (RFC 9568) reaches the controller only if a configured peer on our own link
 * sent it and it is well-formed. Everything else is dropped here, before the stack, and counted.
 */
#ifndef VIPD_BPF_GUARD_H
#define VIPD_BPF_GUARD_H

#include "accept.h"
#include "authenticate.h"
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
 * Whether VRRP hides behind extension headers: the reason to drop it, or NEXT when it does not.
 * Who hides it behind more of them than we look through is given away by the group.
 */
static __always_inline int find_hidden_vrrp(const struct frame *frame, const struct ipv6hdr *ip6)
{
	struct ip_address destination = plain_address(&ip6->daddr);
	int suspicion = is_vrrp_group(&destination, FAMILY_IPV6) ? DROP_vrrp_ip_header : NEXT;
	int reason = DROP_vrrp_ip_header;
	__u8 protocol = ip6->nexthdr;
	void *cursor = (void *)(ip6 + 1);

	for (int i = 0; i < EXTENSION_HEADERS_MAX; i++) {
		struct ipv6_opt_hdr *header = cursor;

		if (!is_extension_header(protocol))
			return NEXT;
		if ((void *)(header + 1) > frame->end)
			return suspicion;
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
	return is_extension_header(protocol) ? suspicion : NEXT;
}

static __always_inline int judge_ipv4(const struct frame *frame, const struct iphdr *ip,
				      struct vrrp_packet *packet)
{
	__u32 total_length = bpf_ntohs(ip->tot_len);

	packet->family = FAMILY_IPV4;
	packet->source = mapped_address(ip->saddr);
	packet->destination = mapped_address(ip->daddr);
	packet->offset = (__u32)((void *)(ip + 1) - (void *)frame->eth);
	packet->length = total_length - sizeof(*ip);
	packet->ttl = ip->ttl;
	packet->pseudo_header_sum = sum_pseudo_header4(ip, 0);

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
	packet->destination = plain_address(&ip6->daddr);
	packet->offset = (__u32)((void *)(ip6 + 1) - (void *)frame->eth);
	packet->length = bpf_ntohs(ip6->payload_len);
	packet->ttl = ip6->hop_limit;
	packet->pseudo_header_sum = sum_pseudo_header6(ip6, 0, PROTOCOL_VRRP);

	if (ip6->version != 6 || packet->length > bytes_from(frame, ip6 + 1))
		return DROP_vrrp_ip_header;
	return ACCEPTED;
}

/* None, a group, or everybody: nobody sends from there. */
static __always_inline bool is_no_host(const struct ip_address *address, __u8 family)
{
	const __be32 *words = (const void *)address;

	if (family == FAMILY_IPV4)
		return words[3] == 0 || address->bytes[12] >= 224;
	return !(words[0] | words[1] | words[2] | words[3]) || address->bytes[0] == 0xff;
}

static __always_inline bool is_link_local(const struct ip_address *address)
{
	return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* RFC 9568 section 5.1.2.1 asks for a link-local source over IPv6; unicast is an extension. */
static __always_inline int judge_destination(const struct vrrp_packet *packet)
{
	struct peer_entry *peer;

	if (is_vrrp_group(&packet->destination, packet->family)) {
		if (packet->family == FAMILY_IPV6 && !is_link_local(&packet->source))
			return DROP_vrrp_source;
		return ACCEPTED;
	}
	peer = bpf_map_lookup_elem(&vipd_peers, &packet->destination);
	return peer && peer->self ? ACCEPTED : DROP_vrrp_destination;
}

/* RFC 9568 section 7.3: what the standard has advertisements come from, and FRR sends them from. */
static __always_inline bool is_virtual_mac(const __u8 *mac, __u8 family)
{
	return mac[0] == 0x00 && mac[1] == 0x00 && mac[2] == 0x5e && mac[3] == 0x00 &&
	       mac[4] == (family == FAMILY_IPV4 ? 0x01 : 0x02);
}

/*
 * A MAC from the neighbour table is as good as ARP and ND, which anybody on the link can forge. It
 * must not be asked for where an HMAC is: that would let such a forgery silence a peer.
 */
static __always_inline bool mac_differs(const struct frame *frame, const struct peer_entry *peer,
					__u8 family)
{
	struct authentication_entry *authentication;

	if (!(peer->mac_pinned | peer->mac_known) || mac_equal(peer->mac, frame->eth->h_source))
		return false;
	if (!peer->mac_pinned && frame->settings->virtual_mac &&
	    is_virtual_mac(frame->eth->h_source, family))
		return false;
	authentication = authentication_settings();
	return peer->mac_pinned || !authentication ||
	       authentication->mode != AUTHENTICATION_ENFORCE;
}

/* Who sent it, to whom: somebody on this link, one of the cluster, to us. */
static __always_inline int judge_sender(const struct frame *frame, struct vrrp_packet *packet)
{
	struct peer_entry *peer;
	int judgement;

	if (packet->ttl != ON_LINK_TTL)
		return refuse(packet, DROP_vrrp_ttl, ON_LINK_TTL, packet->ttl);
	if (is_no_host(&packet->source, packet->family))
		return DROP_vrrp_source;
	peer = bpf_map_lookup_elem(&vipd_peers, &packet->source);
	if (!peer)
		return DROP_vrrp_unknown_source;
	if (peer->self)
		return sent_by_us(frame) ? IGNORED : DROP_vrrp_own_address;
	judgement = judge_destination(packet);
	if (judgement == ACCEPTED && mac_differs(frame, peer, packet->family))
		return DROP_vrrp_wrong_mac;
	packet->peer = peer->index;
	return judgement;
}

static __always_inline void notify_refusal(const struct frame *frame,
					   const struct vrrp_packet *packet,
					   const struct instance_entry *instance,
					   enum drop_reason reason)
{
	struct notice_record *notice;
	__u64 now = bpf_ktime_get_ns();
	bool first;

	if (!refusal_due(instance ? packet->vrid : 0, reason, now, &first))
		return;
	notice = reserve_notice(frame, now);
	if (!notice)
		return;
	notice->kind = NOTICE_DROP;
	notice->address = packet->source;
	notice->reason = reason;
	notice->vrid = packet->vrid;
	notice->ours = instance != NULL;
	notice->first = first;
	notice->expected = packet->expected;
	notice->received = packet->received;
	bpf_ringbuf_submit(notice, 0);
}

/* A refused packet touches nothing but counters and the limits of notices. */
static __always_inline int refuse_packet(const struct frame *frame,
					 const struct vrrp_packet *packet,
					 const struct instance_entry *instance, int judgement)
{
	enum drop_reason reason = (enum drop_reason)judgement;

	notify_refusal(frame, packet, instance, reason);
	return drop(reason);
}

static __always_inline int guard_vrrp(const struct frame *frame, struct vrrp_packet *packet,
				      int judgement)
{
	struct instance_entry *instance = NULL;

	if (!on_our_network(frame))
		judgement = DROP_vrrp_other_vlan;
	else if (for_another_host(frame))
		return XDP_PASS;
	if (judgement == ACCEPTED) {
		instance = find_instance(frame, packet);
		judgement = judge_sender(frame, packet);
	}
	if (judgement == ACCEPTED)
		judgement = judge_message(frame, packet, instance);
	if (judgement == ACCEPTED && instance)
		judgement = authenticate(frame, packet, instance->version);
	if (judgement == IGNORED)
		return XDP_PASS;
	if (judgement != ACCEPTED || !instance)
		return refuse_packet(frame, packet, instance, judgement);

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
	hidden = find_hidden_vrrp(frame, ip6);
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

/* Whatever it says there, no instance of ours is meant. */
static __always_inline int guard_other_interface(const struct frame *frame)
{
	struct vrrp_packet packet = {};

	if (frame->ethertype == ETHERTYPE_IPV4) {
		struct iphdr *ip = frame->network;

		if ((void *)(ip + 1) > frame->end || ip->protocol != PROTOCOL_VRRP)
			return XDP_PASS;
		packet.source = mapped_address(ip->saddr);
	} else if (frame->ethertype == ETHERTYPE_IPV6) {
		struct ipv6hdr *ip6 = frame->network;

		if ((void *)(ip6 + 1) > frame->end ||
		    (ip6->nexthdr != PROTOCOL_VRRP && find_hidden_vrrp(frame, ip6) == NEXT))
			return XDP_PASS;
		packet.source = plain_address(&ip6->saddr);
	} else {
		return XDP_PASS;
	}
	return refuse_packet(frame, &packet, NULL, DROP_vrrp_other_interface);
}

#endif
