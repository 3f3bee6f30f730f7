// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/fill.h"

#include <stdbool.h>

static const struct slot nobody = {.rank = {NOBODY, NOBODY, NOBODY}};

/* Adds those of a standing, in the slot's order, until the ranks are full. Returns the next rank.
 */
static size_t add_ranks(struct slot *slot, size_t next, const uint8_t *order, size_t count,
			const struct candidate *candidates, bool last)
{
	for (size_t i = 0; i < count && next < RANKS; i++) {
		const struct candidate *candidate = &candidates[order[i]];
		bool wanted = last ? candidate->standing == STANDING_LAST
				   : candidate->standing > STANDING_LAST;

		if (wanted && candidate->node != slot->rank[0])
			slot->rank[next++] = candidate->node;
	}
	return next;
}

static struct slot fill_slot(const uint8_t *order, size_t count, const struct candidate *candidates)
{
	struct slot slot = nobody;
	size_t next;

	for (size_t i = 0; i < count && slot.rank[0] == NOBODY; i++)
		if (candidates[order[i]].standing == STANDING_TAKES)
			slot.rank[0] = candidates[order[i]].node;
	next = add_ranks(&slot, 1, order, count, candidates, false);
	add_ranks(&slot, next, order, count, candidates, true);
	return slot;
}

void fill_slots(const struct ranking *ranking, const struct candidate *candidates,
		struct slot_table *slots)
{
	for (size_t i = 0; i < POOL_SLOTS; i++)
		slots->slots[i] =
			fill_slot(ranking_of_slot(ranking, i), ranking->count, candidates);
}

void fill_nobody(struct slot_table *slots)
{
	for (size_t i = 0; i < POOL_SLOTS; i++)
		slots->slots[i] = nobody;
}
