/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998; with weights, Schindelhauer and
 * Schomaker 2005): in which order each slot of a pool prefers the backends. A backend draws a
 * number for each slot from nothing but the key, its name and the slot; so when one comes or goes,
 * the others keep their order among each other.
 *
 * A ranking stores the first places of each slot. Whoever needs more of the order computes it for
 * that slot. Pools with the same members share one ranking, which never changes once it is
 * complete.
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

/* How many places of each slot are stored: one word, and more than the dataplane has ranks. */
#define RANKING_DEPTH 4

/* This stands behind the last member in rankings of fewer than RANKING_DEPTH members. */
#define RANKING_NO_PLACE 0xff

#define RANKING_ROUNDS 4

struct ranking_member {
	const char *name;
	unsigned int weight; /* 1-100: the share of the slots that it comes first in */
};

/* What a member draws its numbers from. */
struct ranking_source {
	char name[CONFIG_NAME_MAX];
	unsigned int weight;
	uint64_t seed;
	uint8_t rounds[RANKING_ROUNDS][256]; /* of the Feistel network that permutes the slots */
};

struct ranking {
	unsigned int references;
	bool complete; /* all slots are ranked */
	uint8_t key[RANKING_KEY_SIZE];
	size_t count;
	struct ranking_source *sources;  /* by place: sorted by name */
	uint64_t *reciprocals;           /* by place: of the weights, to divide by them */
	uint8_t (*first)[RANKING_DEPTH]; /* by slot: places of members, the preferred one first */
};

/**
 * ranking_new() - a ranking whose slots are not ranked yet; see ranking_build.h
 * @key: the same on all nodes.
 * @members: sorted by name (strcmp), no name twice; 1 to RANKING_MEMBERS_MAX.
 *
 * Return: the ranking with one reference, which is the caller's, or NULL: no memory.
 */
struct ranking *ranking_new(const uint8_t key[static RANKING_KEY_SIZE],
			    const struct ranking_member *members, size_t count);

/** ranking_ref() - one reference more. NULL is fine. Return: @ranking. */
struct ranking *ranking_ref(struct ranking *ranking);

/** ranking_unref() - one reference less; frees with the last one. NULL is fine. */
void ranking_unref(struct ranking *ranking);

/** ranking_is_of() - whether a ranking is the one of a key and members. */
bool ranking_is_of(const struct ranking *ranking, const uint8_t key[static RANKING_KEY_SIZE],
		   const struct ranking_member *members, size_t count);

/**
 * ranking_cost() - what a member bids for a slot; the weights are not part of it yet
 *
 * It depends on the key, the member's name and the slot alone, and so it is the same in all pools.
 */
uint64_t ranking_cost(const struct ranking_source *source, size_t slot);

/**
 * ranking_pick() - the places with the lowest scores, the lowest first
 * @costs: of the slot, by index into @sources.
 * @index_of: for each place of the ranking an index into @costs.
 * @first: the result; filled up with RANKING_NO_PLACE.
 */
void ranking_pick(const struct ranking *ranking, const uint64_t *costs, const uint8_t *index_of,
		  uint8_t first[static RANKING_DEPTH]);

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
