/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a frame goes from one node, by the slot of its flow. These are pure functions, compiled for
 * the dataplane and for user space alike, so that what vipctl explain says is what the dataplane
 * does.
 */
#ifndef VIPD_MAPS_ROUTE_H
#define VIPD_MAPS_ROUTE_H

#ifndef __bpf__
#include <stdbool.h>
#endif

#include "pools.h"

#define ROUTE_INLINE static inline __attribute__((always_inline))

/* One step of a frame from node to node. */
struct hop {
	__u8 node;  /* index into vipd_peers; NOBODY: the frame stays on this node */
	__u8 asked; /* how many nodes were asked for the flow before @node; 0: it is the primary */
	__u8 in_doubt; /* the flow may live elsewhere; the TTL of the frame tells @node so */
};

ROUTE_INLINE struct hop stay_here(void)
{
	return (struct hop){.node = NOBODY};
}

/**
 * first_hop() - where a frame from outside goes
 * @self: index of this node.
 * @settling: as pool_entry.settling.
 *
 * Return: the primary, or NOBODY when that is this node, or when there is none.
 */
ROUTE_INLINE struct hop first_hop(const struct slot *slot, __u8 self, __u32 settling)
{
	if (slot->primary == self || slot->primary == NOBODY)
		return stay_here();
	return (struct hop){.node = slot->primary, .in_doubt = settling != 0};
}

/*
 * A node that does not have a flow asks the others round the circle of the ranks, from its own
 * place on. A node that is not among them begins with the first.
 */
ROUTE_INLINE struct slot ranks_after(const struct slot *slot, __u8 node)
{
	const __u8 *rank = slot->rank;

	if (node == rank[0])
		return (struct slot){.rank = {rank[1], rank[2], NOBODY}};
	if (node == rank[1])
		return (struct slot){.rank = {rank[2], rank[0], NOBODY}};
	if (node == rank[2])
		return (struct slot){.rank = {rank[0], rank[1], NOBODY}};
	return *slot;
}

/*
 * 1 when two nodes differ, 0 when they are the same. The result of a comparison would be one way
 * more for the verifier to follow, and each of them doubles the ways behind it.
 */
ROUTE_INLINE __u32 differs(__u8 a, __u8 b)
{
	return ((__u32)(a ^ b) + 0xff) >> 8;
}

/* How many nodes there are to ask after the one that was asked first. */
ROUTE_INLINE int ranks_besides(const struct slot *slot, __u8 first)
{
	__u32 others = 0;

	for (int i = 0; i < RANKS; i++)
		others += differs(slot->rank[i], NOBODY) & differs(slot->rank[i], first);
	return (int)others;
}

/**
 * next_hop() - whom a node asks for a flow that it was asked for, and does not have
 * @self: index of this node.
 * @asked: how many nodes were asked before this one; 0 also when the frame comes from outside.
 * @is_new: it is a new connection. When another node is the primary by our table, the sender has
 *          not heard yet that we drain, and the primary comes first.
 * @in_reach: whether frames can be sent to a node. A node out of reach counts as asked.
 * @context: for @in_reach.
 *
 * Return: NOBODY when all have been asked: this node keeps the frame.
 */
ROUTE_INLINE struct hop next_hop(const struct slot *slot, __u8 self, __u32 asked, bool is_new,
				 bool (*in_reach)(void *context, __u8 node), void *context)
{
	int left = ranks_besides(slot, asked ? slot->primary : self) - (int)asked;
	struct slot others = ranks_after(slot, self);

	if (is_new && !asked && slot->primary != self && slot->primary != NOBODY &&
	    in_reach(context, slot->primary))
		return (struct hop){.node = slot->primary, .asked = 1, .in_doubt = 1};
#pragma GCC unroll 3
	for (int i = 0; i < RANKS; i++) {
		if (others.rank[i] == NOBODY)
			continue;
		if (left-- <= 0)
			break;
		asked++;
		if (in_reach(context, others.rank[i]))
			return (struct hop){
				.node = others.rank[i], .asked = (__u8)asked, .in_doubt = 1};
	}
	return stay_here();
}

/**
 * heard_after() - who gets a flow that the table gives to a silent node
 * @self: index of this node.
 * @hop: to the silent node.
 * @is_heard: whether frames can be sent to a node that is not silent.
 * @context: for @is_heard.
 *
 * It is the next in rank that is heard, as if the silent node had been asked in vain: new flows
 * begin there, as the table will have it when it is made anew.
 *
 * Return: NOBODY when that is this node, and @hop when nobody is heard: then the table is all there
 * is to go by. Otherwise asked is not 0.
 */
ROUTE_INLINE struct hop heard_after(const struct slot *slot, __u8 self, struct hop hop,
				    bool (*is_heard)(void *context, __u8 node), void *context)
{
	struct slot others = ranks_after(slot, hop.node);
	__u8 asked = 0;

#pragma GCC unroll 3
	for (int i = 0; i < RANKS; i++) {
		__u8 node = others.rank[i];

		if (node == NOBODY)
			continue;
		asked++;
		if (node == self)
			return (struct hop){.node = NOBODY, .asked = asked, .in_doubt = 1};
		if (is_heard(context, node))
			return (struct hop){.node = node, .asked = asked, .in_doubt = 1};
	}
	return hop;
}

/**
 * silent_hop() - whom a node asks last for a connection that nobody has who is heard
 * @self: index of this node.
 * @is_silent: whether a node is silent, but frames can be sent to it.
 * @context: for @is_silent.
 *
 * If the silent node is cut off for a moment, the segment is lost, and sent again; a reset would be
 * the end of the connection.
 *
 * Return: NOBODY when no other node is silent. The node that is asked is the last.
 */
ROUTE_INLINE struct hop silent_hop(const struct slot *slot, __u8 self,
				   bool (*is_silent)(void *context, __u8 node), void *context)
{
#pragma GCC unroll 3
	for (int i = 0; i < RANKS; i++) {
		__u8 node = slot->rank[i];

		if (node != NOBODY && node != self && is_silent(context, node))
			return (struct hop){.node = node, .asked = RANKS, .in_doubt = 1};
	}
	return stay_here();
}

#endif
