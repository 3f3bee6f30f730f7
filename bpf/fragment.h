/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragments of packets to a VIP: the first has the ports and decides, the others have not and
 * follow it. What comes without its first is of no service, for all that is known. Functions of
 * their own, so that the key is on the stack only while it is needed.
 */
#ifndef VIPD_BPF_FRAGMENT_H
#define VIPD_BPF_FRAGMENT_H

#include "steer.h"

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

/* Who has the first: a node, NOBODY for this node's stack, or NO_SERVICE. */
static __always_inline __u32 decided(const struct steering *steering, int verdict)
{
	if (verdict == NEXT)
		return NO_SERVICE;
	return verdict == XDP_TX ? steering->sent_to : NOBODY;
}

/* Remembers what was decided for the first fragment; returns the verdict unchanged. */
static __noinline int remember_fragment(const struct frame *frame, const struct steering *steering,
					int verdict)
{
	struct fragment_key key = {};
	struct fragment_entry entry = {
		.seen_at = bpf_ktime_get_ns(),
		.backend = decided(steering, verdict),
		.asked = steering->asked,
	};

	if (read_fragment_key(frame, &key))
		bpf_map_update_elem(&vipd_fragments, &key, &entry, BPF_ANY);
	return verdict;
}

static __noinline int follow_fragment(const struct frame *frame)
{
	struct fragment_key key = {};
	struct fragment_entry *first = NULL;

	if (read_fragment_key(frame, &key))
		first = bpf_map_lookup_elem(&vipd_fragments, &key);
	if (!first || bpf_ktime_get_ns() - first->seen_at > FRAGMENT_LIFETIME) {
		count(fragments_orphaned);
		return NEXT;
	}
	count(fragments);
	if (first->backend == NO_SERVICE)
		return NEXT;
	if (first->backend == NOBODY)
		return XDP_PASS;
	return first->asked ? pass_on(frame, first->backend, first->asked)
			    : forward_to(frame, first->backend, false);
}

#endif
