/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 3 for IPv4: ARP (RFC 826) for the virtual IPs. The owner answers, everybody else is silent,
 * and the kernel never hears the question.
 */
#ifndef VIPD_BPF_ANSWER_ARP_H
#define VIPD_BPF_ANSWER_ARP_H

#include "bpf/vip.h"

static __always_inline bool is_ipv4_over_ethernet(const struct arp_ipv4 *arp)
{
	return arp->hardware_type == ARP_ETHERNET && arp->protocol_type == ETHERTYPE_IPV4 &&
	       arp->hardware_length == 6 && arp->protocol_length == 4;
}

/* The request becomes the reply where it stands; tag and length stay as they came. */
static __always_inline enum verdict send_arp_reply(const struct frame *frame, struct arp_ipv4 *arp)
{
	struct mac_address ours = mac_load(&frame->settings->mac);
	__be32 vip = arp->target_address;

	arp->operation = ARP_REPLY;
	mac_copy(arp->target_mac, arp->sender_mac);
	arp->target_address = arp->sender_address;
	mac_copy(arp->sender_mac, ours.bytes);
	arp->sender_address = vip;

	mac_copy(frame->eth->h_dest, frame->eth->h_source);
	mac_copy(frame->eth->h_source, ours.bytes);
	count(arp_answered);
	return VERDICT_TX;
}

static __always_inline bool is_gateway_reply(const struct frame *frame, const struct arp_ipv4 *arp)
{
	struct ip_address sender = mapped_address(arp->sender_address);

	return arp->operation == ARP_REPLY && same_address(&sender, &frame->settings->gateway4) &&
	       is_our_mac(frame, frame->eth->h_dest);
}

static __noinline enum verdict answer_arp(const struct frame *frame)
{
	struct arp_ipv4 *arp = frame->network;
	struct vip_entry *claimed, *wanted;
	struct ip_address sender, target;

	if ((void *)(arp + 1) > frame->end || !is_ipv4_over_ethernet(arp) || sent_by_us(frame))
		return VERDICT_PASS;

	sender = mapped_address(arp->sender_address);
	claimed = find_vip(&sender);
	if (claimed) {
		note_claim(frame, claimed, &sender);
		if (arp->operation == ARP_REPLY || arp->sender_address == arp->target_address)
			return drop(DROP_arp_claim);
	}

	target = mapped_address(arp->target_address);
	wanted = find_vip(&target);
	if (!wanted)
		return VERDICT_PASS;
	if (arp->operation == ARP_REQUEST)
		return own(wanted, bpf_ktime_get_ns()) ? send_arp_reply(frame, arp)
						       : drop(DROP_arp_not_owner);
	if (is_gateway_reply(frame, arp))
		note_confirmation(wanted);
	return VERDICT_PASS;
}

#endif
