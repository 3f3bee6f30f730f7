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
 * the world outside. @passed_by: the table gives it to a node that is silent.
 */
static __always_inline bool in_doubt(const struct frame *frame, const struct packet *packet,
				     const struct place *place, __u8 origin, bool passed_by)
{
	if (packet->segment == SEGMENT_STATELESS ||
	    !(place->service->flags & SERVICE_LISTENER_CHECK))
		return false;
	if (packet->segment == SEGMENT_NEW)
		return true;
	if (place->pool->settling || place->pool->armed || passed_by)
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

/* Who is silent is asked when nobody else has the flow. */
static __always_inline bool in_reach(void *context, __u8 node)
{
	struct traffic_entry *traffic = context;
	struct backend_entry *backend = find_backend(node);

	if (backend)
		return !backend->silent;
	traffic->unreachable_backend++;
	return false;
}

static __always_inline bool is_silent(void *context, __u8 node)
{
	struct backend_entry *backend = find_backend(node);

	(void)context;
	return backend && backend->silent;
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

/* Whether the frame's flow is here: its connection, or for a new one something that takes it. */
static __always_inline bool is_here(const struct frame *frame, const struct packet *packet,
				    struct traffic_entry *traffic)
{
	if (packet->segment == SEGMENT_NEW)
		return accepts_here(frame, &packet->flow);
	traffic->second_chances++;
	if (!connection_here(frame, &packet->flow, packet->tcp))
		return false;
	traffic->second_chances_found++;
	return true;
}

/*
 * The frame is for this node, by rank or because a peer says so. Is the flow? The answer, in @hop,
 * is where the frame goes. Its node is returned, too, for the verifier looks at what a function
 * returns, and a compiler leaves there what it likes if that is nothing.
 */
static __noinline __u32 find_flow(const struct frame *frame, const struct packet *packet,
				  const struct place *place, __u8 origin, struct hop *hop)
{
	struct traffic_entry *traffic = traffic_counters();
	bool is_new = packet->segment == SEGMENT_NEW;

	*hop = stay_here();
	if (!traffic || is_here(frame, packet, traffic))
		return NOBODY;
	if (ttl_left(frame)) {
		__u32 asked = origin == NOBODY ? 0 : asked_before(frame);

		*hop = next_hop(place->slot, (__u8)frame->settings->self, asked, is_new, in_reach,
				traffic);
		if (!is_new && hop->node == NOBODY && frame->settings->silent)
			*hop = silent_hop(place->slot, (__u8)frame->settings->self, is_silent,
					  NULL);
	}
	count_outcome(traffic, place->pool, is_new, hop->node == NOBODY);
	return hop->node;
}

/* Copies what find_flow() takes by its address: it is in registers on all other ways. */
static __always_inline struct hop ask_sockets(const struct frame *frame,
					      const struct packet *packet,
					      const struct place *place, __u8 origin)
{
	struct place stored = *place;
	struct hop hop;

	hop.node = (__u8)find_flow(frame, packet, &stored, origin, &hop);
	return hop;
}

#endif
