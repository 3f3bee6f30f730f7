/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 3 for IPv6: neighbour discovery (RFC 4861) for the virtual IPs. The owner answers
 * solicitations, multicast, unicast and those of duplicate address detection.
 */
#ifndef VIPD_BPF_ANSWER_ND_H
#define VIPD_BPF_ANSWER_ND_H

#include "bpf/checksum.h"
#include "bpf/vip.h"

/* More options than any sender has reason for; it bounds the loops below. */
#define ND_LENGTH_MAX  128
#define ND_OPTIONS_MAX 4

struct advertisement {
	struct ipv6hdr ip6;
	struct nd_message nd;
	struct nd_option target_link;
};

/*
 * Everything that the answer needs of the question, for the frame is resized in between. There is
 * one for each CPU, in a table: the stack has little room for it.
 */
struct solicitation {
	struct in6_addr requester;
	struct in6_addr target;
	__u32 link_length; /* Ethernet header and tag, bytes */
	__u8 requester_mac[6];
	__u8 duplicate_detection;
	__u8 padding;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct solicitation);
} vipd_solicitation SEC(".maps");

static __always_inline bool is_unspecified(const struct in6_addr *address)
{
	const __be32 *words = address->in6_u.u6_addr32;

	return !(words[0] | words[1] | words[2] | words[3]);
}

/* RFC 4291 section 2.7.1: ff02::1:ff00:0/104 and the last three bytes of the target. */
static __always_inline bool is_solicited_node_of(const struct in6_addr *group,
						 const struct in6_addr *target)
{
	const __be32 *words = group->in6_u.u6_addr32;

	return words[0] == bpf_htonl(0xff020000) && words[1] == 0 && words[2] == bpf_htonl(1) &&
	       words[3] == (bpf_htonl(0xff000000) | target->in6_u.u6_addr32[3]);
}

/* Whether the options are well-formed, and none of them speaks for a sender that has no address. */
static __always_inline bool options_valid(const struct frame *frame, const struct nd_message *nd,
					  __u32 length, bool duplicate_detection)
{
	const struct nd_option *option = (const void *)(nd + 1);
	__u32 left = length - sizeof(*nd);

	for (int i = 0; i < ND_OPTIONS_MAX && left; i++) {
		if ((void *)(option + 1) > frame->end)
			return false;
		if (option->length == 0 || option->length * 8U > left)
			return false;
		if (duplicate_detection && option->type == ND_SOURCE_LINK_ADDRESS)
			return false;
		left -= option->length * 8U;
		option += option->length;
	}
	return left == 0;
}

/* RFC 4861 section 7.1.1. */
static __always_inline bool solicitation_valid(const struct frame *frame, const struct ipv6hdr *ip6,
					       const struct nd_message *nd)
{
	__u32 length = bpf_ntohs(ip6->payload_len);
	__u32 offset = (__u32)((void *)nd - (void *)frame->eth);
	bool duplicate_detection = is_unspecified(&ip6->saddr);
	int sum;

	if (ip6->hop_limit != ON_LINK_TTL || nd->code != 0 || length < sizeof(*nd) ||
	    length > ND_LENGTH_MAX || nd->target.in6_u.u6_addr8[0] == 0xff)
		return false;
	if (duplicate_detection && !is_solicited_node_of(&ip6->daddr, &nd->target))
		return false;
	if (!options_valid(frame, nd, length, duplicate_detection))
		return false;
	sum = sum_packet(frame->ctx, offset, length);
	return sum >= 0 &&
	       fold((__u32)sum + sum_pseudo_header6(ip6, length, PROTOCOL_ICMPV6)) == 0xffff;
}

static __always_inline void write_advertisement(struct advertisement *answer,
						const struct solicitation *question,
						const struct settings_entry *settings,
						const struct mac_address *ours)
{
	*answer = (struct advertisement){};
	answer->ip6.version = 6;
	answer->ip6.payload_len = bpf_htons(sizeof(answer->nd) + sizeof(answer->target_link));
	answer->ip6.nexthdr = PROTOCOL_ICMPV6;
	answer->ip6.hop_limit = ON_LINK_TTL;
	answer->ip6.saddr = question->target;
	answer->ip6.daddr = question->requester;

	answer->nd.type = ND_ADVERTISEMENT;
	answer->nd.flags = NA_OVERRIDE | (question->duplicate_detection ? 0 : NA_SOLICITED) |
			   (settings->router_flag ? NA_ROUTER : 0);
	answer->nd.target = question->target;
	answer->target_link.type = ND_TARGET_LINK_ADDRESS;
	answer->target_link.length = 1;
	mac_copy(answer->target_link.mac, ours->bytes);

	__u32 sum = sum_pseudo_header6(
		&answer->ip6, sizeof(answer->nd) + sizeof(answer->target_link), PROTOCOL_ICMPV6);

	answer->nd.checksum =
		(__u16)~fold(sum + sum_words(&answer->nd, sizeof(answer->nd) / 2) +
			     sum_words(&answer->target_link, sizeof(answer->target_link) / 2));
}

/* RFC 4861 section 7.2.4: an address under test has no neighbour yet, so all nodes are told. */
static __always_inline void address_to_all_nodes(struct solicitation *question)
{
	static const __u8 all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
	__be32 *words = question->requester.in6_u.u6_addr32;

	words[0] = bpf_htonl(0xff020000);
	words[3] = bpf_htonl(1);
	mac_copy(question->requester_mac, all_nodes_mac);
}

/* The answer has another length than most questions: resize, then look at the frame anew. */
static __always_inline enum verdict send_advertisement(const struct frame *frame,
						       const struct solicitation *question)
{
	struct xdp_md *ctx = frame->ctx;
	__u32 wanted = question->link_length + sizeof(struct advertisement);
	__u32 present = (__u32)(frame->end - (void *)frame->eth);
	struct settings_entry *settings = frame->settings;
	struct mac_address ours = mac_load(&settings->mac);

	if (bpf_xdp_adjust_tail(ctx, (int)wanted - (int)present))
		return drop(DROP_answer_no_room);

	struct ethhdr *eth = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct advertisement *answer = (void *)(eth + 1);

	if (question->link_length > sizeof(*eth))
		answer = (void *)(eth + 1) + sizeof(struct vlan_hdr);
	if ((void *)(answer + 1) > end)
		return drop(DROP_answer_no_room);

	mac_copy(eth->h_dest, question->requester_mac);
	mac_copy(eth->h_source, ours.bytes);
	write_advertisement(answer, question, settings, &ours);
	count(ns_answered);
	return VERDICT_TX;
}

/* Returns NULL only for the verifier's sake. */
static __always_inline struct solicitation *
read_solicitation(const struct frame *frame, const struct ipv6hdr *ip6, const struct nd_message *nd)
{
	__u32 zero = 0;
	struct solicitation *question = bpf_map_lookup_elem(&vipd_solicitation, &zero);

	if (!question)
		return NULL;
	question->link_length = (__u32)((void *)ip6 - (void *)frame->eth);
	question->target = nd->target;
	question->requester = ip6->saddr;
	question->duplicate_detection = is_unspecified(&ip6->saddr);
	if (question->duplicate_detection)
		address_to_all_nodes(question);
	else
		mac_copy(question->requester_mac, frame->eth->h_source);
	return question;
}

static __always_inline enum verdict answer_solicitation(const struct frame *frame,
							struct ipv6hdr *ip6, struct nd_message *nd)
{
	struct vip_entry *vip = find_vip((const struct ip_address *)&nd->target);
	struct solicitation *question;

	if (!vip)
		return VERDICT_PASS;
	if (!own(vip, bpf_ktime_get_ns()))
		return drop(DROP_ns_not_owner);
	if (!solicitation_valid(frame, ip6, nd))
		return drop(DROP_ns_malformed);
	question = read_solicitation(frame, ip6, nd);
	return question ? send_advertisement(frame, question) : VERDICT_DROP;
}

/* Another host's advertisement is a claim to a VIP, or the gateway's answer to our question. */
static __always_inline void read_advertisement(const struct frame *frame, const struct ipv6hdr *ip6,
					       const struct nd_message *nd)
{
	const struct ip_address *target = (const void *)&nd->target;
	struct vip_entry *claimed;

	if (ip6->hop_limit != ON_LINK_TTL) /* RFC 4861 section 7.1.2: from another network */
		return;
	claimed = find_vip(target);
	if (claimed) {
		note_claim(frame, claimed, target);
		return;
	}
	if (same_address(target, &frame->settings->gateway6) &&
	    is_our_mac(frame, frame->eth->h_dest)) {
		struct vip_entry *asked = find_vip((const struct ip_address *)&ip6->daddr);

		if (asked)
			note_confirmation(asked);
	}
}

static __noinline enum verdict answer_nd(const struct frame *frame)
{
	struct ipv6hdr *ip6 = frame->network;
	struct nd_message *nd = (void *)(ip6 + 1);

	if ((void *)(nd + 1) > frame->end || sent_by_us(frame))
		return VERDICT_NEXT;
	if (nd->type == ND_SOLICITATION)
		return answer_solicitation(frame, ip6, nd);
	if (nd->type == ND_ADVERTISEMENT)
		read_advertisement(frame, ip6, nd);
	return VERDICT_NEXT;
}

#endif
