/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a node says that it is good for, in the place of the addresses of an advertisement. It is
 * kept for the controller, which is woken only when something is new: in a steady state nobody is.
 */
#ifndef VIPD_BPF_GUARD_STANDING_H
#define VIPD_BPF_GUARD_STANDING_H

#include "maps/backends.h"
#include "maps/standings.h"
#include "vrrp_packet.h"

/* Whether the page is the one that is kept; of another version the same words decide. */
static __always_inline bool same_page(const struct standing_entry *entry,
				      const struct standing_head *head, __u32 length)
{
	const __be32 *kept = entry->words, *heard = (const void *)head;
	__be32 difference = entry->length ^ length;

	for (__u32 i = 0; i < 4; i++)
		difference |= kept[i] ^ heard[i];
	return difference == 0;
}

static __always_inline void store_words(struct standing_entry *entry, const __be32 *words,
					const void *end, __u32 length)
{
	*(volatile __u64 *)&entry->begun = entry->begun + 1;
	asm volatile("" ::: "memory");
	for (__u32 i = 0; i < STANDING_WORDS; i++) {
		if (i * sizeof(*words) >= length || (const void *)(words + 1) > end)
			break;
		entry->words[i] = *words++;
	}
	entry->length = length;
	asm volatile("" ::: "memory"); /* `ended` vouches for what was stored before it */
	*(volatile __u64 *)&entry->ended = entry->begun;
}

/*
 * store_standing() - keep a page, if it is not the one that is kept already
 *
 * @offset and @length are of what an advertisement has for addresses. Whoever speaks another
 * version, or lists addresses indeed, is kept as page 0. Returns 1 when it is new.
 */
__noinline int store_standing(struct xdp_md *ctx, __u32 offset, __u32 length, __u32 peer)
{
	const void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	const struct standing_head *head;
	struct standing_entry *entry;
	__u32 index = standing_index(peer, 0);
	bool whole;

	/* Or they are widened once more, which the verifier refuses. */
	asm("" : "+r"(data), "+r"(end));
	head = data + (offset & OFFSET_MASK);
	whole = length >= sizeof(*head) && (const void *)(head + 1) <= end;
	if (whole && head->magic == bpf_htonl(STANDING_MAGIC | STANDING_VERSION))
		index += head->page & (STANDING_PAGES - 1);
	entry = bpf_map_lookup_elem(&vipd_standings, &index);
	if (!entry || length > sizeof(entry->words))
		return 0;
	if (whole ? same_page(entry, head, length) : entry->length == length)
		return 0;
	store_words(entry, (const void *)head, end, length);
	return 1;
}

/* Whether the controller took the node for silent so far: that it speaks is news then. */
static __always_inline bool was_silent(__u32 peer)
{
	struct backend_entry *backend = bpf_map_lookup_elem(&vipd_backends, &peer);

	return backend && backend->silent;
}

static __always_inline bool standing_is_news(const struct frame *frame,
					     const struct vrrp_packet *packet)
{
	__u32 head = sizeof(struct vrrp_header);

	return store_standing(frame->ctx, packet->offset + head, packet->message_length - head,
			      packet->peer) ||
	       was_silent(packet->peer);
}

#endif
