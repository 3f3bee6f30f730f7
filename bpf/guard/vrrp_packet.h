/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VRRP packet while it is judged: what is known of it so far, and how a judgement is put. There
 * is one for each CPU, in a table, because the stack has no room for it.
 */
#ifndef VIPD_BPF_GUARD_VRRP_PACKET_H
#define VIPD_BPF_GUARD_VRRP_PACKET_H

#include "bpf/checksum.h"
#include "bpf/frame.h"
#include "maps/drops.h"

/* What a step of the guard says of a packet. Any step can end the list; ACCEPTED goes on with it.
 */
enum judgement {
	ACCEPTED = 0,
	IGNORED = 16, /* it is harmless, and not for us to judge */
	REFUSED,      /* vrrp_packet.reason says why */
};

_Static_assert((int)XDP_REDIRECT < (int)VERDICT_NEXT && (int)VERDICT_NEXT < (int)IGNORED &&
		       (int)REFUSED < (int)DROP_REASON_FIRST,
	       "no number is of two kinds: a verdict, a judgement, a drop reason");

struct vrrp_packet {
	struct ip_address source;
	struct ip_address destination;
	__u64 sequence; /* of the trailer, host order; 0: not authenticated */
	__u32 offset;   /* of the VRRP message in the frame */
	__u32 length;   /* of the VRRP message and what follows it */
	__u32 message_length;
	__u32 pseudo_header_sum; /* without the length */
	__u32 peer;              /* index of the sender in vipd_peers */
	enum drop_reason reason; /* why it is refused */
	__u32 expected;          /* what the notice of a refusal says, where that is a number */
	__u32 received;
	__u16 max_advert_interval; /* centiseconds, also in version 2 */
	__u8 family;
	__u8 ttl;
	__u8 vrid;
	__u8 priority;
	__u8 from_peer; /* peer is known */
	__u8 padding;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vrrp_packet);
} vipd_guard SEC(".maps");

/* Always there, but the verifier wants to see it looked at. */
static __always_inline struct vrrp_packet *new_packet(void)
{
	__u32 zero = 0;
	struct vrrp_packet *packet = bpf_map_lookup_elem(&vipd_guard, &zero);

	if (packet)
		*packet = (struct vrrp_packet){};
	return packet;
}

static __always_inline void *message_of(const struct frame *frame, const struct vrrp_packet *packet)
{
	return (void *)frame->eth + (packet->offset & OFFSET_MASK);
}

static __always_inline enum judgement refuse(struct vrrp_packet *packet, enum drop_reason reason)
{
	packet->reason = reason;
	return REFUSED;
}

/* The same of a packet that has another number somewhere than it should have. */
static __always_inline enum judgement
refuse_number(struct vrrp_packet *packet, enum drop_reason reason, __u32 expected, __u32 received)
{
	packet->expected = expected;
	packet->received = received;
	return refuse(packet, reason);
}

#endif
