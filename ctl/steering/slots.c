// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/slots.h"

#include <string.h>

static const struct slot nobody = {.primary = NOBODY, .rank = {NOBODY, NOBODY, NOBODY}};

/* Some of the members, by place. */
struct places {
	size_t count;
	uint8_t places[RANKING_MEMBERS_MAX];
};

struct filling {
	const struct ranking *ranking;
	struct member_role roles[RANKING_NO_PLACE + 1]; /* by place */
	struct places takers, holders;                  /* who takes flows; who may have some */
};

static void prepare(const struct ranking *ranking, const struct member_role *roles,
		    struct filling *filling)
{
	*filling = (struct filling){.ranking = ranking};
	memcpy(filling->roles, roles, ranking->count * sizeof(roles[0]));
	for (size_t i = 0; i < ranking->count; i++) {
		if (roles[i].role == ROLE_TAKES)
			filling->takers.places[filling->takers.count++] = (uint8_t)i;
		if (roles[i].role != ROLE_NONE)
			filling->holders.places[filling->holders.count++] = (uint8_t)i;
	}
}

/* The stored places say too little when several of their members are down or gone. */
static void look_further(const struct filling *filling, size_t index, size_t ranks,
			 struct slot *slot)
{
	const struct places *takers = &filling->takers, *holders = &filling->holders;
	uint8_t order[RANKS];

	if (slot->primary == NOBODY &&
	    ranking_order(filling->ranking, index, takers->places, takers->count, order, 1))
		slot->primary = filling->roles[order[0]].node;
	if (ranks == RANKS || ranks == holders->count)
		return;
	ranks = ranking_order(filling->ranking, index, holders->places, holders->count, order,
			      RANKS);
	for (size_t i = 0; i < ranks; i++)
		slot->rank[i] = filling->roles[order[i]].node;
}

static struct slot fill_slot(const struct filling *filling, size_t index)
{
	const uint8_t *first = filling->ranking->first[index];
	struct slot slot = nobody;
	size_t ranks = 0;

	for (size_t i = 0; i < RANKING_DEPTH; i++) {
		struct member_role its = filling->roles[first[i]];

		if (its.role == ROLE_TAKES && slot.primary == NOBODY)
			slot.primary = its.node;
		if (its.role != ROLE_NONE && ranks < RANKS)
			slot.rank[ranks++] = its.node;
	}
	if (filling->ranking->count > RANKING_DEPTH && (slot.primary == NOBODY || ranks < RANKS))
		look_further(filling, index, ranks, &slot);
	return slot;
}

void slots_fill(const struct ranking *ranking, const struct member_role *roles,
		struct slot_table *table)
{
	struct filling filling;

	prepare(ranking, roles, &filling);
	for (size_t i = 0; i < POOL_SLOTS; i++)
		table->slots[i] = fill_slot(&filling, i);
}

void slots_clear(struct slot_table *table)
{
	for (size_t i = 0; i < POOL_SLOTS; i++)
		table->slots[i] = nobody;
}
