/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A flow, and where the table has it. Nothing is stored for a flow: its slot follows from its
 * addresses and ports, on every node alike.
 */
#ifndef VIPD_BPF_STEER_FLOW_H
#define VIPD_BPF_STEER_FLOW_H

#include "bpf/count.h"
#include "maps/backends.h"
#include "maps/steering.h"

/* What a packet is to its flow. */
enum segment {
	SEGMENT_NEW,       /* a SYN */
	SEGMENT_LATER,     /* TCP, but no SYN */
	SEGMENT_ABOUT,     /* an ICMP error about a TCP flow */
	SEGMENT_STATELESS, /* UDP, and ICMP errors about it */
};

/* Which part of a packet of the flow is in the frame. */
enum part {
	PART_NONE,           /* the frame is of no flow that a service may have */
	PART_PACKET,         /* the whole packet */
	PART_FIRST_FRAGMENT, /* its beginning, and others follow */
	PART_QUOTED,         /* its beginning, quoted by an ICMP error */
};

/* What a frame says of its flow. All of it is valid unless the part is PART_NONE. */
struct packet {
	struct flow flow;
	struct tcphdr *tcp; /* NULL but for TCP */
	__u8 segment;       /* enum segment */
	__u8 part;          /* enum part */
};

/* Where the tables have a flow. */
struct place {
	struct service_entry *service;
	struct pool_entry *pool;
	struct slot *slot;
};

static __always_inline struct service_table *service_table(const struct frame *frame)
{
	__u32 copy = frame->settings->service_copy & 1;

	return bpf_map_lookup_elem(&vipd_services, &copy);
}

/* Returns false when the flow is of no service. */
static __always_inline bool find_place(const struct frame *frame, struct service_table *table,
				       const struct flow *flow, struct place *place)
{
	__u64 key = frame->settings->hash_key;
	__u64 hash = service_hash(key, &flow->vip, flow->vip_port, flow->protocol);
	struct service_entry *service = &table->places[service_place(hash, 0)];
	struct slot_table *slots;
	__u32 pool, index;

	if (!service_matches(service, flow)) {
		service = &table->places[service_place(hash, table->shift)];
		if (!service_matches(service, flow))
			return false;
	}
	pool = service->pool;
	place->pool = bpf_map_lookup_elem(&vipd_pools, &pool);
	if (!place->pool)
		return false;
	index = slot_table_index(pool, place->pool->copy);
	slots = bpf_map_lookup_elem(&vipd_slots, &index);
	if (!slots)
		return false;
	place->service = service;
	place->slot = &slots->slots[flow_slot(key, hash, flow, service->flags)];
	return true;
}

#endif
