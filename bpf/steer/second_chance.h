/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the table cannot know, because it changed since, the sockets do: a flow that the table gives
 * to this node may have begun on another, and a new connection may find nothing here that listens.
 * The frame then goes from node to node, by the ranks of its slot.
 */
#ifndef VIPD_BPF_STEER_SECOND_CHANCE_H
#define VIPD_BPF_STEER_SECOND_CHANCE_H

#include "flow.h"
#include "forward.h"
#include "socket.h"

/*
 * Whether a flow that the table gives to this node may yet be another's: things changed lately,
 * here or where the frame comes from. Where sockets cannot be seen from here, as of a server in
 * another network namespace, nothing follows from there being none. @origin: a peer, or NOBODY for
 * the world outside.
 */
static __always_inline bool in_doubt(const struct frame *frame, const struct packet *packet,
				     const struct place *place, __u8 origin)
{
	if (packet->segment == SEGMENT_STATELESS ||
	    !(place->service->flags & SERVICE_LISTENER_CHECK))
		return false;
	if (packet->segment == SEGMENT_NEW)
		return true;
	if (place->pool->settling || place->pool->armed)
		return true;
	return origin != NOBODY &&
	       (sender_doubts(frame) || place->slot->primary != frame->settings->self);
}

/*
 * Nothing here takes the new connection. Its later segments will come here too, so they get a
 * second chance from now on.
 */
static __always_inline void note_stepped_over(struct traffic_entry *traffic,
					      struct pool_entry *pool)
{
	if (!pool->armed)
		pool->armed = 1;
	traffic->stepped_over++;
}

static __always_inline bool in_reach(void *context, __u8 node)
{
	struct traffic_entry *traffic = context;

	if (find_backend(node))
		return true;
	traffic->unreachable_backend++;
	return false;
}

static __always_inline void count_outcome(struct traffic_entry *traffic, struct pool_entry *pool,
					  bool is_new, bool stays)
{
	if (!is_new && stays)
		traffic->second_chances_spent++;
	else if (!is_new)
		traffic->second_chances_passed++;
	else if (!stays)
		note_stepped_over(traffic, pool);
}

/*
 * The frame is for this node, by rank or because a peer says so. Is the flow? The answer, in @hop,
 * is where the frame goes.
 */
static __noinline void find_flow(const struct frame *frame, const struct packet *packet,
				 const struct place *place, __u8 origin, struct hop *hop)
{
	struct traffic_entry *traffic = traffic_counters();
	bool is_new = packet->segment == SEGMENT_NEW;

	*hop = stay_here();
	if (!traffic)
		return;
	if (is_new) {
		if (accepts_here(frame, &packet->flow))
			return;
	} else {
		traffic->second_chances++;
		if (connection_here(frame, &packet->flow, packet->tcp)) {
			traffic->second_chances_found++;
			return;
		}
	}
	if (ttl_left(frame)) {
		__u32 asked = origin == NOBODY ? 0 : asked_before(frame);

		*hop = next_hop(place->slot, (__u8)frame->settings->self, asked, is_new, in_reach,
				traffic);
	}
	count_outcome(traffic, place->pool, is_new, hop->node == NOBODY);
}

/* Copies what find_flow() takes by its address: it is in registers on all other ways. */
static __always_inline struct hop ask_sockets(const struct frame *frame,
					      const struct packet *packet,
					      const struct place *place, __u8 origin)
{
	struct place stored = *place;
	struct hop hop;

	find_flow(frame, packet, &stored, origin, &hop);
	return hop;
}

#endif
