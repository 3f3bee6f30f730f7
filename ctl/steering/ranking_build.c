// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/ranking_build.h"

#include <stdlib.h>
#include <string.h>

/* What it takes on an ordinary machine, ns: a number, a slot of a ranking, and a member of that. */
#define DRAW_PRICE   16
#define PICK_PRICE   20
#define MEMBER_PRICE 2

struct item {
	struct ranking *ranking;
	uint8_t index_of[RANKING_MEMBERS_MAX]; /* by place: index into ranking_build.drawers */
};

struct ranking_build {
	uint8_t key[RANKING_KEY_SIZE];
	size_t slot; /* the next one to be ranked */
	size_t drawer_count;
	const struct ranking_source *drawers[RANKING_MEMBERS_MAX]; /* one for each name */
	size_t item_count;
	struct item items[MAX_POOLS];
};

struct ranking_build *ranking_build_new(const uint8_t key[static RANKING_KEY_SIZE])
{
	struct ranking_build *build = calloc(1, sizeof(*build));

	if (build)
		memcpy(build->key, key, sizeof(build->key));
	return build;
}

void ranking_build_free(struct ranking_build *build)
{
	if (!build)
		return;
	for (size_t i = 0; i < build->item_count; i++)
		ranking_unref(build->items[i].ranking);
	free(build);
}

static struct ranking *find_ranking(const struct ranking_build *build,
				    const struct ranking_member *members, size_t count)
{
	for (size_t i = 0; i < build->item_count; i++)
		if (ranking_is_of(build->items[i].ranking, build->key, members, count))
			return build->items[i].ranking;
	return NULL;
}

static size_t find_drawer(struct ranking_build *build, const struct ranking_source *source)
{
	size_t i = 0;

	while (i < build->drawer_count && strcmp(build->drawers[i]->name, source->name) != 0)
		i++;
	if (i == build->drawer_count)
		build->drawers[build->drawer_count++] = source;
	return i;
}

struct ranking *ranking_build_add(struct ranking_build *build, const struct ranking_member *members,
				  size_t count)
{
	struct ranking *ranking = find_ranking(build, members, count);
	struct item *item = &build->items[build->item_count];

	if (ranking)
		return ranking_ref(ranking);
	ranking = ranking_new(build->key, members, count);
	if (!ranking)
		return NULL;
	item->ranking = ranking_ref(ranking);
	for (size_t place = 0; place < count; place++)
		item->index_of[place] = (uint8_t)find_drawer(build, &ranking->sources[place]);
	build->item_count++;
	return ranking;
}

/* Nobody but the build holds a ranking that a reload made superfluous. */
static bool is_wanted(const struct item *item)
{
	return item->ranking->references > 1;
}

static uint64_t price_of_slot(const struct ranking_build *build)
{
	uint64_t price = build->drawer_count * DRAW_PRICE;

	for (size_t i = 0; i < build->item_count; i++)
		if (is_wanted(&build->items[i]))
			price += PICK_PRICE + build->items[i].ranking->count * MEMBER_PRICE;
	return price;
}

uint64_t ranking_build_price(const struct ranking_build *build)
{
	return build->item_count ? (POOL_SLOTS - build->slot) * price_of_slot(build) : 0;
}

/* Slots that are ranked together, so that one ranking is in the cache for all of them. */
#define BLOCK 32

static void rank_slots(const struct ranking_build *build, size_t from, size_t to)
{
	uint64_t costs[BLOCK][RANKING_MEMBERS_MAX];

	for (size_t slot = from; slot < to; slot++)
		for (size_t i = 0; i < build->drawer_count; i++)
			costs[slot - from][i] = ranking_cost(build->drawers[i], slot);
	for (size_t i = 0; i < build->item_count; i++) {
		const struct item *item = &build->items[i];

		for (size_t slot = from; is_wanted(item) && slot < to; slot++)
			ranking_pick(item->ranking, costs[slot - from], item->index_of,
				     item->ranking->first[slot]);
	}
}

bool ranking_build_run(struct ranking_build *build, uint64_t price)
{
	uint64_t slots = build->item_count ? price / price_of_slot(build) + 1 : 0;
	size_t left = POOL_SLOTS - build->slot;
	size_t end = build->slot + (slots < left ? slots : left);

	while (build->slot < end) {
		size_t to = build->slot + BLOCK < end ? build->slot + BLOCK : end;

		rank_slots(build, build->slot, to);
		build->slot = to;
	}
	if (build->item_count && build->slot < POOL_SLOTS)
		return false;
	for (size_t i = 0; i < build->item_count; i++)
		build->items[i].ranking->complete = true;
	return true;
}
