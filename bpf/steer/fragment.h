/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragments of packets to a VIP: the first has the ports and decides, the others have not and
 * follow it. What comes without its first is of no service, for all that is known. These are
 * functions of their own, so that the key is on the stack only while it is needed.
 */
#ifndef VIPD_BPF_STEER_FRAGMENT_H
#define VIPD_BPF_STEER_FRAGMENT_H

#include "forward.h"

static __always_inline bool read_fragment_key4(const struct frame *frame, struct fragment_key *key)
{
	const struct iphdr *ip = frame->network;

	if ((void *)(ip + 1) > frame->end)
		return false;
	key->source = mapped_address(ip->saddr);
	key->vip = mapped_address(ip->daddr);
	key->identification = ip->id;
	key->protocol = ip->protocol;
	return true;
}

static __always_inline bool read_fragment_key6(const struct frame *frame, struct fragment_key *key)
{
	const struct ipv6hdr *ip6 = frame->network;
	const struct ipv6_fragment *fragment = (const void *)(ip6 + 1);

	if ((void *)(fragment + 1) > frame->end)
		return false;
	key->source = plain_address(&ip6->saddr);
	key->vip = plain_address(&ip6->daddr);
	key->identification = fragment->identification;
	return true;
}

static __always_inline bool read_fragment_key(const struct frame *frame, struct fragment_key *key)
{
	return frame->ethertype == ETHERTYPE_IPV4 ? read_fragment_key4(frame, key)
						  : read_fragment_key6(frame, key);
}

/* Remembers what became of the first fragment: it went to @node, after so many were @asked. */
static __noinline void remember_fragment(const struct frame *frame, __u8 node, __u8 asked,
					 enum verdict verdict)
{
	struct fragment_entry entry = {
		.seen_at = bpf_ktime_get_ns(),
		.backend = verdict == VERDICT_TX ? node : NOBODY,
		.asked = asked,
	};
	struct fragment_key key = {};

	if (verdict == VERDICT_NEXT)
		entry.backend = NO_SERVICE;
	if (read_fragment_key(frame, &key))
		bpf_map_update_elem(&vipd_fragments, &key, &entry, BPF_ANY);
}

static __noinline enum verdict follow_fragment(const struct frame *frame)
{
	struct fragment_key key = {};
	struct fragment_entry *first = NULL;
	struct hop hop;

	if (read_fragment_key(frame, &key))
		first = bpf_map_lookup_elem(&vipd_fragments, &key);
	if (!first || bpf_ktime_get_ns() - first->seen_at > FRAGMENT_LIFETIME) {
		count(fragments_orphaned);
		return VERDICT_NEXT;
	}
	count(fragments);
	if (first->backend == NO_SERVICE)
		return VERDICT_NEXT;
	hop.node = (__u8)first->backend;
	hop.asked = (__u8)first->asked;
	hop.in_doubt = hop.asked != 0;
	return forward(frame, hop);
}

#endif
