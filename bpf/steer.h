/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Step 4, steer: which node terminates a flow of a service. Any node steers what reaches it, owner
 * or not, by the same table; nothing is stored for a flow. What the table cannot know, because it
 * changed since, the sockets do: see judge().
 */
#ifndef VIPD_BPF_STEER_H
#define VIPD_BPF_STEER_H

#include "forward.h"
#include "maps/pools.h"
#include "maps/services.h"
#include "socket.h"
#include "vip.h"

/* What a packet is to its flow. */
enum segment {
	SEGMENT_NEW,       /* a SYN */
	SEGMENT_LATER,     /* TCP, but no SYN */
	SEGMENT_ABOUT,     /* an ICMP error about a TCP flow */
	SEGMENT_STATELESS, /* UDP, and ICMP errors about it */
};

/*
 * Kept small, for it is on the stack twice: Linux 5.10 rounds each function's part up to 32 bytes,
 * and vip(), steer_unusual6() and judge() come to 512 then. That is all there is.
 */
struct steering {
	struct flow flow;
	struct service_entry *service;
	struct pool_entry *pool;
	struct slot *slot;
	struct tcphdr *tcp; /* NULL but for TCP */
	__u8 segment;       /* enum segment */
	__u8 came_from;     /* the peer that sent the frame; NOBODY: the world outside */
	__u8 sent_to;       /* the peer that it was forwarded to; NOBODY: none */
	__u8 asked;         /* ... as one that may know the flow, after so many that did not */
};

static __always_inline struct service_table *service_table(const struct frame *frame)
{
	__u32 copy = frame->settings->service_copy & 1;

	return bpf_map_lookup_elem(&vipd_services, &copy);
}

/* Fills service, pool and slot; false when the flow is of no service. */
static __always_inline bool find_slot(const struct frame *frame, struct service_table *table,
				      struct steering *steering)
{
	const struct flow *flow = &steering->flow;
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
	steering->service = service;
	steering->pool = bpf_map_lookup_elem(&vipd_pools, &pool);
	if (!steering->pool)
		return false;
	index = slot_table_index(pool, steering->pool->copy);
	slots = bpf_map_lookup_elem(&vipd_slots, &index);
	if (!slots)
		return false;
	steering->slot = &slots->slots[flow_slot(key, hash, flow, service->flags)];
	return true;
}

/* The peer that sent a frame, or NOBODY for the world outside, which comes by way of the gateway.
 */
static __always_inline __u8 sender(const struct frame *frame)
{
	bool ipv4 = frame->ethertype == ETHERTYPE_IPV4;
	struct mac_address gateway =
		mac_load(ipv4 ? &frame->settings->gateway_mac4 : &frame->settings->gateway_mac6);
	struct mac_address key = {};
	__u32 *node;

	if (mac_equal(frame->eth->h_source, gateway.bytes))
		return NOBODY;
	mac_copy(key.bytes, frame->eth->h_source);
	node = bpf_map_lookup_elem(&vipd_neighbours, &key);
	return node ? (__u8)*node : NOBODY;
}

/* Chooses a node; NULL: it is out of reach. */
static __always_inline const struct backend_entry *choose(struct steering *steering, __u8 node,
							  __u32 asked)
{
	steering->sent_to = node;
	steering->asked = (__u8)asked;
	return find_backend(node);
}

/*
 * Who is asked for a flow that is not here; NULL: nobody is left, so this node keeps it. A node
 * that is out of reach counts as asked.
 */
static __always_inline const struct backend_entry *next_to_ask(const struct frame *frame,
							       struct steering *steering)
{
	const struct slot *slot = steering->slot;
	__u8 self = (__u8)frame->settings->self;
	__u32 asked = steering->came_from == NOBODY ? 0 : asked_before(frame);
	int left = ranks_besides(slot, asked ? slot->primary : self) - (int)asked;
	struct slot others = ranks_after(slot, self);
	const struct backend_entry *backend;

#pragma unroll
	for (int i = 0; i < RANKS; i++) {
		if (others.rank[i] == NOBODY)
			continue;
		if (left-- <= 0 || !ttl_left(frame))
			break;
		backend = choose(steering, others.rank[i], ++asked);
		if (backend)
			return backend;
	}
	steering->sent_to = NOBODY;
	return NULL;
}

/* The primary, where that is another by our table: we drain, and who sent it does not know. */
static __always_inline const struct backend_entry *next_for_new(const struct frame *frame,
								struct steering *steering)
{
	__u8 primary = steering->slot->primary;
	const struct backend_entry *backend = NULL;

	if (primary != frame->settings->self && primary != NOBODY && !asked_before(frame) &&
	    ttl_left(frame))
		backend = choose(steering, primary, 1);
	return backend ?: next_to_ask(frame, steering);
}

static __always_inline int pass_flow_on(const struct frame *frame, const struct steering *steering,
					const struct backend_entry *backend)
{
	spend_ttl(frame, steering->asked);
	return send_to(frame, backend);
}

/*
 * Nothing here takes the new connection. Its later segments will come here too, so they get a
 * second chance from now on.
 */
static __always_inline int step_over(const struct frame *frame, struct steering *steering)
{
	const struct backend_entry *backend = next_for_new(frame, steering);

	if (!backend)
		return XDP_PASS;
	if (!steering->pool->armed)
		steering->pool->armed = 1;
	count(stepped_over);
	return pass_flow_on(frame, steering, backend);
}

/* A connection that is not ours may have begun on another node, when the table was another. */
static __always_inline int give_second_chance(const struct frame *frame, struct steering *steering)
{
	const struct backend_entry *backend;

	count(second_chances);
	if (connection_here(frame, &steering->flow, steering->tcp)) {
		count(second_chances_found);
		return XDP_PASS;
	}
	backend = next_to_ask(frame, steering);
	if (!backend) {
		count(second_chances_spent);
		return XDP_PASS;
	}
	count(second_chances_passed);
	return pass_flow_on(frame, steering, backend);
}

/*
 * Whether a flow that the table gives to this node may yet be another's: things changed lately,
 * here or where the frame comes from.
 */
static __always_inline bool in_doubt(const struct frame *frame, const struct steering *steering)
{
	if (steering->segment == SEGMENT_NEW)
		return frame->settings->draining ||
		       steering->service->flags & SERVICE_LISTENER_CHECK;
	if (steering->segment == SEGMENT_STATELESS)
		return false;
	if (steering->pool->settling || steering->pool->armed)
		return true;
	return steering->came_from != NOBODY &&
	       (sender_doubts(frame) || steering->slot->primary != frame->settings->self);
}

/* The frame is for this node, by rank or because a peer says so. Is the flow? */
static __noinline int judge(const struct frame *frame, struct steering *steering)
{
	if (steering->segment != SEGMENT_NEW)
		return give_second_chance(frame, steering);
	if (accepts_here(frame, &steering->flow))
		return XDP_PASS;
	return step_over(frame, steering);
}

/* NEXT: the flow is of no service. */
static __always_inline int steer_flow(const struct frame *frame, struct service_table *table,
				      struct steering *steering)
{
	__u8 primary;

	steering->sent_to = NOBODY;
	if (!find_slot(frame, table, steering))
		return NEXT;
	steering->came_from = sender(frame);
	primary = steering->slot->primary;
	if (steering->came_from != NOBODY) {
		count(from_peers);
	} else {
		if (primary == NOBODY)
			return XDP_PASS;
		count_steered(frame, steering->service->service, primary);
		if (primary != frame->settings->self) {
			steering->sent_to = primary;
			return forward_to(frame, primary, steering->pool->settling);
		}
	}
	return in_doubt(frame, steering) ? judge(frame, steering) : XDP_PASS;
}

static __always_inline enum segment segment_of(const struct tcphdr *tcp)
{
	return (tcp->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN ? SEGMENT_NEW : SEGMENT_LATER;
}

/* Ports and kind from a TCP or UDP header; false for another protocol or a truncated one. */
static __always_inline bool read_transport(const struct frame *frame, void *header,
					   struct steering *steering)
{
	if (steering->flow.protocol == PROTOCOL_TCP) {
		struct tcphdr *tcp = header;

		if ((void *)(tcp + 1) > frame->end)
			return false;
		steering->flow.client_port = tcp->source;
		steering->flow.vip_port = tcp->dest;
		steering->segment = segment_of(tcp);
		steering->tcp = tcp;
		return true;
	}
	if (steering->flow.protocol == PROTOCOL_UDP) {
		struct udphdr *udp = header;

		if ((void *)(udp + 1) > frame->end)
			return false;
		steering->flow.client_port = udp->source;
		steering->flow.vip_port = udp->dest;
		steering->segment = SEGMENT_STATELESS;
		return true;
	}
	return false;
}

#endif
