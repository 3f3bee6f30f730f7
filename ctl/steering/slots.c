// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/slots.h"

#include <string.h>

/* Prices on an ordinary machine, ns: of a slot, and of a member that has to be ranked for it. */
#define SLOT_PRICE   10
#define MEMBER_PRICE 16

static const struct slot nobody = {.primary = NOBODY, .rank = {NOBODY, NOBODY, NOBODY}};

static void add_place(struct slots_places *places, size_t place)
{
	places->places[places->count++] = (uint8_t)place;
}

void slots_begin(struct slots_filling *filling, struct ranking *ranking,
		 const struct member_role *roles)
{
	slots_cancel(filling);
	filling->ranking = ranking_ref(ranking);
	memcpy(filling->roles, roles, ranking->count * sizeof(roles[0]));
	for (size_t i = 0; i < ranking->count; i++) {
		if (roles[i].role == ROLE_TAKES)
			add_place(&filling->takers, i);
		if (roles[i].role != ROLE_NONE)
			add_place(&filling->holders, i);
	}
}

void slots_cancel(struct slots_filling *filling)
{
	ranking_unref(filling->ranking);
	*filling = (struct slots_filling){};
}

/*
 * The stored places say too little when several of their members are down or gone.
 *
 * Return: the price.
 */
static uint64_t look_further(const struct slots_filling *filling, size_t ranks, struct slot *slot)
{
	const struct slots_places *takers = &filling->takers, *holders = &filling->holders;
	uint8_t order[RANKS];
	uint64_t price = 0;

	if (slot->primary == NOBODY) {
		price += takers->count * MEMBER_PRICE;
		ranking_order(filling->ranking, filling->next, takers->places, takers->count, order,
			      1);
		slot->primary = filling->roles[order[0]].node;
	}
	if (ranks == RANKS || ranks == holders->count)
		return price;
	ranks = ranking_order(filling->ranking, filling->next, holders->places, holders->count,
			      order, RANKS);
	for (size_t i = 0; i < ranks; i++)
		slot->rank[i] = filling->roles[order[i]].node;
	return price + holders->count * MEMBER_PRICE;
}

static uint64_t fill_slot(const struct slots_filling *filling, struct slot *result)
{
	const uint8_t *first = ranking_first(filling->ranking, filling->next);
	struct slot slot = nobody;
	uint64_t price = SLOT_PRICE;
	size_t ranks = 0;

	for (size_t i = 0; i < filling->ranking->depth; i++) {
		struct member_role its = filling->roles[first[i]];

		if (its.role == ROLE_TAKES && slot.primary == NOBODY)
			slot.primary = its.node;
		if (its.role != ROLE_NONE && ranks < RANKS)
			slot.rank[ranks++] = its.node;
		if (ranks == RANKS && slot.primary != NOBODY)
			break;
	}
	if (slot.primary == NOBODY || ranks < RANKS)
		price += look_further(filling, ranks, &slot);
	*result = slot;
	return price;
}

uint64_t slots_continue(struct slots_filling *filling, struct slot_table *table, uint64_t price)
{
	uint64_t spent = 0;

	for (; filling->next < POOL_SLOTS && spent < price; filling->next++)
		spent += fill_slot(filling, &table->slots[filling->next]);
	if (filling->next == POOL_SLOTS)
		slots_cancel(filling);
	return spent;
}

void slots_clear(struct slot_table *table)
{
	for (size_t i = 0; i < POOL_SLOTS; i++)
		table->slots[i] = nobody;
}
