// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/fill.h"

static const struct slot nobody = {.primary = NOBODY, .rank = {NOBODY, NOBODY, NOBODY}};

static struct slot fill_slot(const uint8_t *order, size_t count, const struct candidate *candidates)
{
	struct slot slot = nobody;
	size_t ranks = 0;

	for (size_t i = 0; i < count && (slot.primary == NOBODY || ranks < RANKS); i++) {
		const struct candidate *candidate = &candidates[order[i]];

		if (candidate->standing == STANDING_TAKES && slot.primary == NOBODY)
			slot.primary = candidate->node;
		if (candidate->standing != STANDING_NONE && ranks < RANKS)
			slot.rank[ranks++] = candidate->node;
	}
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
