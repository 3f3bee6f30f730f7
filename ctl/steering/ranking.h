/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998; with weights, Schindelhauer and
 * Schomaker 2005): in which order each slot of a pool prefers the backends. A backend draws a
 * number for each slot from nothing but the key, its name and the slot; so when one comes or goes,
 * the others keep their order among each other.
 *
 * A ranking stores the first places of each slot; the rest of a slot's order is computed when it is
 * needed. Pools with the same members share one ranking, which never changes once it is complete.
 * Rankings that are built together share the sources that their members draw numbers from.
 */
#ifndef VIPD_STEERING_RANKING_H
#define VIPD_STEERING_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/config/config.h"
#include "maps/pools.h"

#define RANKING_KEY_SIZE    16
#define RANKING_MEMBERS_MAX 128

/*
 * How many places of each slot are stored. With four, all of the order is there in most clusters;
 * more would make large rankings slower to build than it saves later.
 */
#define RANKING_DEPTH 4

#define RANKING_ROUNDS 4

struct ranking_member {
	const char *name;
	unsigned int weight; /* 1-100: the share of the slots that it comes first in */
};

/* A member draws its numbers from this. */
struct ranking_source {
	unsigned int references;
	char name[CONFIG_NAME_MAX];
	uint64_t seed;
	uint8_t rounds[RANKING_ROUNDS][256]; /* of the Feistel network that permutes the slots */
};

struct ranking_place {
	struct ranking_source *source; /* a reference */
	unsigned int weight;
};

struct ranking {
	unsigned int references;
	bool complete; /* all slots are ranked */
	uint8_t key[RANKING_KEY_SIZE];
	size_t count;
	size_t depth;                 /* how many places a slot has in @first */
	struct ranking_place *places; /* sorted by name */
	uint64_t *reciprocals;        /* by place: of the weights, to divide by them */
	uint8_t *first; /* for each slot @depth places of members, the preferred one first */
};

/**
 * ranking_source_new() - the source that a node draws from
 * @key: the same on all nodes.
 *
 * Return: it, with one reference, or NULL: no memory.
 */
struct ranking_source *ranking_source_new(const uint8_t key[static RANKING_KEY_SIZE],
					  const char *name);

/** ranking_source_unref() - one reference less. NULL is fine. */
void ranking_source_unref(struct ranking_source *source);

/**
 * ranking_new() - a ranking whose slots are not ranked yet; see ranking_build.h
 * @key: the same on all nodes.
 * @places: sorted by name (strcmp), no name twice; 1 to RANKING_MEMBERS_MAX. Each source gets one
 *          reference more.
 *
 * Return: the ranking with one reference, which is the caller's, or NULL: no memory.
 */
struct ranking *ranking_new(const uint8_t key[static RANKING_KEY_SIZE],
			    const struct ranking_place *places, size_t count);

/** ranking_ref() - one reference more. NULL is fine. Return: @ranking. */
struct ranking *ranking_ref(struct ranking *ranking);

/** ranking_unref() - one reference less; frees with the last one. NULL is fine. */
void ranking_unref(struct ranking *ranking);

/** ranking_is_of() - whether a ranking is the one of a key and members. */
bool ranking_is_of(const struct ranking *ranking, const uint8_t key[static RANKING_KEY_SIZE],
		   const struct ranking_member *members, size_t count);

/** ranking_first() - the first places of a slot: ranking->depth of them. */
static inline const uint8_t *ranking_first(const struct ranking *ranking, size_t slot)
{
	return &ranking->first[slot * ranking->depth];
}

/**
 * ranking_cost() - the cost of a slot for a member, before it is divided by the weight
 *
 * It depends on the key, the member's name and the slot alone, and so it is the same in all pools.
 */
uint64_t ranking_cost(const struct ranking_source *source, size_t slot);

/**
 * ranking_pick() - rank a slot
 * @costs: of the slot. @index_of: for each place an index into @costs.
 */
void ranking_pick(struct ranking *ranking, size_t slot, const uint64_t *costs,
		  const uint8_t *index_of);

/**
 * ranking_order() - the order of a slot among some of the members
 * @slot: below POOL_SLOTS; it need not be ranked yet.
 * @places: of the members to choose among, @count of them.
 * @order: the result: the first @wanted of them.
 *
 * Return: how many there are in @order; fewer than @wanted when @count is smaller.
 */
size_t ranking_order(const struct ranking *ranking, size_t slot, const uint8_t *places,
		     size_t count, uint8_t *order, size_t wanted);

#endif
