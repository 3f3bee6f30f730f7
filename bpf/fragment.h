/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragments of packets to a VIP: the first has the ports and decides, the others have not and
 * follow it. What comes without its first is the local stack's business.
 */
#ifndef VIPD_BPF_FRAGMENT_H
#define VIPD_BPF_FRAGMENT_H

#include "steer.h"

/* Remembers what was decided for the first fragment; returns the verdict unchanged. */
static __always_inline int remember_fragment(const struct fragment_key *key,
					     const struct steering *steering, int verdict)
{
	struct fragment_entry entry = {
		.seen_at = bpf_ktime_get_ns(),
		.backend = verdict == XDP_TX ? steering->sent_to : NOBODY,
		.asked = steering->asked,
	};

	bpf_map_update_elem(&vipd_fragments, key, &entry, BPF_ANY);
	return verdict;
}

static __always_inline int follow_fragment(const struct frame *frame,
					   const struct fragment_key *key)
{
	struct fragment_entry *first = bpf_map_lookup_elem(&vipd_fragments, key);

	if (!first || bpf_ktime_get_ns() - first->seen_at > FRAGMENT_LIFETIME) {
		count(fragments_orphaned);
		return XDP_PASS;
	}
	count(fragments);
	if (first->backend == NOBODY)
		return XDP_PASS;
	return first->asked ? pass_on(frame, first->backend, first->asked)
			    : forward_to(frame, first->backend, false);
}

#endif
