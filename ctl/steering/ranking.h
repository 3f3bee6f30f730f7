/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998; with weights, Schindelhauer and
 * Schomaker 2005): in which order each slot of a pool prefers the backends. A backend draws a
 * number for each slot from nothing but the key, its name and the slot; so when one comes or goes,
 * the others keep their order among each other.
 */
#ifndef VIPD_STEERING_RANKING_H
#define VIPD_STEERING_RANKING_H

#include <stddef.h>
#include <stdint.h>

#include "maps/pools.h"

#define RANKING_KEY_SIZE    16
#define RANKING_MEMBERS_MAX 128

struct ranking_member {
	const char *name;
	unsigned int weight; /* 1-100: the share of the slots that it comes first in */
};

struct ranking {
	size_t count;
	uint8_t *order; /* for each slot count bytes: places of members, the preferred one first */
};

/**
 * ranking_build() - order the members for all slots
 * @key: the same on all nodes.
 * @members: sorted by name (strcmp), no name twice; RANKING_MEMBERS_MAX at most.
 * @ranking: the result, for ranking_free(); unchanged on failure.
 *
 * Return: 0 or -ENOMEM.
 */
int ranking_build(const uint8_t key[static RANKING_KEY_SIZE], const struct ranking_member *members,
		  size_t count, struct ranking *ranking);

/** ranking_of_slot() - the members in the order of one slot: ranking->count places. */
static inline const uint8_t *ranking_of_slot(const struct ranking *ranking, size_t slot)
{
	return &ranking->order[slot * ranking->count];
}

/** ranking_free() - fine on a zeroed struct, and twice. */
void ranking_free(struct ranking *ranking);

#endif
