/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A refused packet: it is dropped and counted, and the log may hear of it. Besides the counter and
 * the limits of notices it changes nothing.
 */
#ifndef VIPD_BPF_GUARD_REFUSAL_H
#define VIPD_BPF_GUARD_REFUSAL_H

#include "bpf/count.h"
#include "maps/instances.h"
#include "maps/senders.h"
#include "vrrp_packet.h"

/*
 * Whether a notice of a refusal is due. @vrid: 0 when the packet is for no instance of ours; such
 * packets are never heard. @first: set when it is the first of a burst.
 */
static __always_inline bool refusal_due(__u32 vrid, enum drop_reason reason, __u64 now, bool *first)
{
	__u32 slot = refusal_limit(vrid, reason), heard_slot = heard_limit(vrid);
	__u64 *last = bpf_map_lookup_elem(&vipd_limits, &slot);
	__u64 *heard = bpf_map_lookup_elem(&vipd_limits, &heard_slot);

	if (!last || !heard)
		return false;
	/* What a replay repeats was valid itself, as a rule just before. */
	*first = *last == 0 || (*heard > *last && reason != DROP_vrrp_replay);
	if (*last && now - *last < (*first ? NOTICE_INTERVAL : NOTICE_REPEAT))
		return false;
	*last = now;
	return true;
}

/* A valid advertisement ends a burst of refusals. */
static __always_inline void note_heard(__u32 vrid, __u64 now)
{
	__u32 slot = heard_limit(vrid);
	__u64 *heard = bpf_map_lookup_elem(&vipd_limits, &slot);

	if (heard)
		*heard = now;
}

/* @ours: the VRID is one of this node's. */
static __always_inline void notify_refusal(const struct frame *frame,
					   const struct vrrp_packet *packet, bool ours, __u64 now)
{
	struct notice_record *notice;
	bool first;

	if (!refusal_due(ours ? packet->vrid : 0, packet->reason, now, &first))
		return;
	notice = reserve_notice(frame, now);
	if (!notice)
		return;
	notice->kind = NOTICE_DROP;
	notice->address = packet->source;
	notice->reason = packet->reason;
	notice->vrid = packet->vrid;
	notice->ours = ours;
	notice->first = first;
	notice->expected = packet->expected;
	notice->received = packet->received;
	bpf_ringbuf_submit(notice, 0);
}

/* A stranger can forge a peer's address: that it is refused says little while the peer is heard. */
static __always_inline void note_refused(const struct vrrp_packet *packet, __u64 now)
{
	struct sender_entry *sender;

	if (!packet->from_peer)
		return;
	sender = bpf_map_lookup_elem(&vipd_senders, &packet->peer);
	if (!sender)
		return;
	sender->reason = packet->reason;
	sender->expected = packet->expected;
	sender->received = packet->received;
	sender->refused++;
	sender->refused_at = now;
}

/* What becomes of a packet that was judged, and not accepted. */
static __noinline enum verdict turn_away(const struct frame *frame,
					 const struct vrrp_packet *packet, bool ours,
					 enum judgement judgement)
{
	__u64 now;

	if (judgement == IGNORED)
		return VERDICT_PASS;
	now = bpf_ktime_get_ns();
	note_refused(packet, now);
	notify_refusal(frame, packet, ours, now);
	return drop(packet->reason);
}

#endif
