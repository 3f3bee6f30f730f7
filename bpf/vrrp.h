/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One VRRP message: is it a valid advertisement for a virtual router of ours (RFC 9568
 * section 7.1), and what follows from it here: a record of having seen it, the end of a lease that
 * it beats, and a copy for the controller. Nothing is written before the last check has passed.
 */
#ifndef VIPD_BPF_VRRP_H
#define VIPD_BPF_VRRP_H

#include "checksum.h"
#include "count.h"
#include "maps/authentication.h"
#include "maps/inbox.h"
#include "maps/instances.h"
#include "maps/peers.h"

/* Judgements besides an enum drop_reason, which is what they are otherwise. */
#define ACCEPTED (-1)
#define IGNORED  (-2)

struct vrrp_packet {
	struct ip_address source;
	__u32 offset; /* of the VRRP message in the frame */
	__u32 length; /* of the VRRP message */
	__u32 pseudo_header_sum;
	__u32 peer;
	__u32 expected; /* for the notice of a refusal */
	__u32 received;
	__u16 max_advert_interval; /* centiseconds */
	__u8 family;
	__u8 ttl;
	__u8 vrid;
	__u8 priority;
};

static __always_inline int refuse(struct vrrp_packet *packet, enum drop_reason reason,
				  __u32 expected, __u32 received)
{
	packet->expected = expected;
	packet->received = received;
	return reason;
}

static __always_inline int judge_checksum(const struct frame *frame,
					  const struct vrrp_packet *packet)
{
	int sum = sum_packet(frame->ctx, packet->offset, packet->length);

	if (sum < 0)
		return DROP_vrrp_truncated;
	if (packet->family == FAMILY_IPV4 && fold((__u32)sum) == 0xffff)
		return ACCEPTED;
	if (fold((__u32)sum + packet->pseudo_header_sum) != 0xffff)
		return DROP_vrrp_checksum;
	if (packet->family == FAMILY_IPV4)
		count(adverts_pseudo_header);
	return ACCEPTED;
}

static __always_inline int judge_fields(struct vrrp_packet *packet, const struct vrrp_header *vrrp,
					const struct instance_entry *instance)
{
	__u32 address_size = packet->family == FAMILY_IPV4 ? 4 : 16;
	__u32 expected_length = sizeof(*vrrp) + vrrp->address_count * address_size;

	packet->priority = vrrp->priority;
	packet->max_advert_interval =
		bpf_ntohs(vrrp->max_advert_interval) & VRRP_ADVERT_INTERVAL_MASK;

	if (packet->family != instance->family)
		return refuse(packet, DROP_vrrp_family, instance->family, packet->family);
	if (vrrp->version_type >> 4 != instance->version)
		return refuse(packet, DROP_vrrp_version, instance->version,
			      vrrp->version_type >> 4);
	if ((vrrp->version_type & 0xf) != VRRP_ADVERTISEMENT)
		return refuse(packet, DROP_vrrp_type, VRRP_ADVERTISEMENT, vrrp->version_type & 0xf);
	if (vrrp->address_count == 0)
		return DROP_vrrp_no_address;
	if (packet->max_advert_interval == 0)
		return DROP_vrrp_no_interval;
	if (packet->length < expected_length)
		return refuse(packet, DROP_vrrp_truncated, expected_length, packet->length);
	if (packet->length > expected_length || packet->length > ADVERT_MESSAGE_MAX)
		return refuse(packet, DROP_vrrp_length, expected_length, packet->length);
	return ACCEPTED;
}

/* Leaves the instance in *found when the message is accepted. */
static __always_inline int judge_message(const struct frame *frame, struct vrrp_packet *packet,
					 struct instance_entry **found)
{
	struct vrrp_header *vrrp = (void *)frame->eth + (packet->offset & OFFSET_MASK);
	struct instance_entry *instance;
	int judgement;
	__u32 vrid;

	if (packet->length < sizeof(*vrrp) || (void *)(vrrp + 1) > frame->end)
		return refuse(packet, DROP_vrrp_truncated, sizeof(*vrrp), packet->length);

	packet->vrid = vrrp->vrid;
	vrid = vrrp->vrid;
	instance = bpf_map_lookup_elem(&vipd_instances, &vrid);
	if (!instance || !instance->configured)
		return DROP_vrrp_unknown_vrid;
	judgement = judge_fields(packet, vrrp, instance);
	if (judgement == ACCEPTED)
		judgement = judge_checksum(frame, packet);
	if (judgement == ACCEPTED)
		*found = instance;
	return judgement;
}

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
	asm volatile("" ::: "memory"); /* seen_at vouches for what was stored before it */
	*(volatile __u64 *)&seen->seen_at = now;
}

/* Hands the message to the controller. Returns 0, or -1 when the inbox is full. */
static __always_inline int deliver(const struct frame *frame, const struct vrrp_packet *packet,
				   __u64 now)
{
	const __u32 *word = (void *)frame->eth + (packet->offset & OFFSET_MASK);
	struct inbox_record *record = bpf_ringbuf_reserve(&vipd_inbox, sizeof(*record), 0);

	if (!record)
		return -1;
	record->seen_at = now;
	record->source = packet->source;
	record->peer = packet->peer;
	record->family = packet->family;
	record->vrid = packet->vrid;
	record->length = (__u16)packet->length;
	for (__u32 i = 0; i < ADVERT_MESSAGE_MAX / sizeof(*word); i++) {
		if (i * sizeof(*word) >= packet->length || (void *)(word + 1) > frame->end)
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

static __always_inline void accept_advert(const struct frame *frame, struct vrrp_packet *packet,
					  struct instance_entry *instance)
{
	__u64 now = bpf_ktime_get_ns();

	count(adverts_accepted);
	record_sight(packet, now);

	if (beats(packet, instance))
		give_way(instance);
	if (deliver(frame, packet, now))
		count(adverts_not_delivered);
}

#endif
