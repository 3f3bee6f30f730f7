/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What follows from a valid advertisement, here and now: a record of having seen it, the end of a
 * lease that it beats, and a copy for the controller.
 */
#ifndef VIPD_BPF_GUARD_ADVERT_H
#define VIPD_BPF_GUARD_ADVERT_H

#include "maps/inbox.h"
#include "maps/instances.h"
#include "maps/peers.h"
#include "maps/senders.h"
#include "refusal.h"
#include "standing.h"

/* RFC 9568 section 6.4.3: a higher priority wins, and between equals the greater address. */
static __always_inline bool beats(const struct vrrp_packet *packet,
				  const struct instance_entry *instance)
{
	if (packet->priority != instance->priority)
		return packet->priority > instance->priority;
	for (int i = 0; i < 4; i++) {
		__u32 theirs = bpf_ntohl(((const __be32 *)&packet->source)[i]);
		__u32 ours = bpf_ntohl(((const __be32 *)&instance->source)[i]);

		if (theirs != ours)
			return theirs > ours;
	}
	return false;
}

static __always_inline void record_sight(const struct vrrp_packet *packet, __u64 now)
{
	__u32 index = advert_index(packet->vrid, packet->peer);
	struct advert_entry *seen = bpf_map_lookup_elem(&vipd_adverts, &index);

	if (!seen)
		return;
	seen->priority = packet->priority;
	seen->max_advert_interval = packet->max_advert_interval;
	seen->count++;
	if (packet->sequence)
		seen->sequence = packet->sequence;
	asm volatile("" ::: "memory"); /* seen_at vouches for what was stored before it */
	*(volatile __u64 *)&seen->seen_at = now;
}

/* Hands the message to the controller. Returns 0, or -1 when the inbox is full. */
static __always_inline int deliver(const struct frame *frame, const struct vrrp_packet *packet,
				   __u64 now)
{
	const __u32 *word = message_of(frame, packet);
	struct inbox_record *record = bpf_ringbuf_reserve(&vipd_inbox, sizeof(*record), 0);

	if (!record)
		return -1;
	record->seen_at = now;
	record->source = packet->source;
	record->peer = packet->peer;
	record->family = packet->family;
	record->vrid = packet->vrid;
	record->length = (__u16)packet->message_length;
	for (__u32 i = 0; i < ADVERT_MESSAGE_MAX / sizeof(*word); i++) {
		if (i * sizeof(*word) >= packet->message_length || (void *)(word + 1) > frame->end)
			break;
		((__u32 *)record->message)[i] = *word++;
	}
	bpf_ringbuf_submit(record, 0);
	return 0;
}

/* Not left to the controller: it may be late, and until then two nodes would answer. */
static __always_inline void give_way(struct instance_entry *instance)
{
	__sync_fetch_and_add(&instance->beaten, 1);
	if (*(volatile __u64 *)&instance->lease_until) {
		*(volatile __u64 *)&instance->lease_until = 0;
		count(adverts_yielded_to);
	}
}

static __always_inline void count_advert(const struct vrrp_packet *packet,
					 const struct instance_entry *instance)
{
	count(adverts_accepted);
	if (packet->sequence)
		count(adverts_authenticated);
	if (packet->max_advert_interval != instance->advert_interval)
		count(adverts_interval_differs);
}

static __always_inline void note_sender_heard(const struct vrrp_packet *packet, __u64 now)
{
	struct sender_entry *sender = bpf_map_lookup_elem(&vipd_senders, &packet->peer);

	if (sender)
		sender->heard_at = now;
}

static __always_inline void accept_advert(const struct frame *frame, struct vrrp_packet *packet,
					  struct instance_entry *instance)
{
	__u64 now = bpf_ktime_get_ns();

	count_advert(packet, instance);
	record_sight(packet, now);
	note_heard(packet->vrid, now);
	note_sender_heard(packet, now);
	if (beats(packet, instance))
		give_way(instance);
	if (instance->standing && !standing_is_news(frame, packet))
		return;
	if (deliver(frame, packet, now))
		count(adverts_not_delivered);
}

#endif
