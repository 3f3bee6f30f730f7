// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/ranking_build.h"

#include <stdlib.h>
#include <string.h>

/* Prices on an ordinary machine, ns: of a number, of a slot of a ranking, of a member of the slot.
 */
#define DRAW_PRICE   16
#define PICK_PRICE   20
#define MEMBER_PRICE 2

struct item {
	struct ranking *ranking;
	uint8_t index_of[RANKING_MEMBERS_MAX]; /* by place: index into ranking_build.sources */
};

struct ranking_build {
	struct ranking_build *next; /* in a queue */
	uint8_t key[RANKING_KEY_SIZE];
	size_t slot; /* the next one to be ranked */
	size_t source_count;
	struct ranking_source *sources[RANKING_MEMBERS_MAX]; /* references; one for each name */
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
	for (size_t i = 0; i < build->source_count; i++)
		ranking_source_unref(build->sources[i]);
	free(build);
}

void ranking_build_append(struct ranking_build **queue, struct ranking_build *build)
{
	while (*queue)
		queue = &(*queue)->next;
	*queue = build;
}

void ranking_build_drop(struct ranking_build **queue)
{
	struct ranking_build *first = *queue;

	*queue = first->next;
	ranking_build_free(first);
}

static struct ranking *find_ranking(const struct ranking_build *build,
				    const struct ranking_member *members, size_t count)
{
	for (size_t i = 0; i < build->item_count; i++)
		if (ranking_is_of(build->items[i].ranking, build->key, members, count))
			return build->items[i].ranking;
	return NULL;
}

/* Return: index into build->sources; build->source_count: no memory. */
static size_t find_source(struct ranking_build *build, const char *name)
{
	size_t i = 0;

	while (i < build->source_count && strcmp(build->sources[i]->name, name) != 0)
		i++;
	if (i < build->source_count || i == RANKING_MEMBERS_MAX)
		return i;
	build->sources[i] = ranking_source_new(build->key, name);
	if (build->sources[i])
		build->source_count++;
	return i;
}

static bool fill_item(struct ranking_build *build, const struct ranking_member *members,
		      size_t count, struct item *item)
{
	struct ranking_place places[RANKING_MEMBERS_MAX];

	for (size_t i = 0; i < count; i++) {
		size_t index = find_source(build, members[i].name);

		if (index == build->source_count)
			return false;
		item->index_of[i] = (uint8_t)index;
		places[i] = (struct ranking_place){build->sources[index], members[i].weight};
	}
	item->ranking = ranking_new(build->key, places, count);
	return item->ranking != NULL;
}

struct ranking *ranking_build_add(struct ranking_build *build, const struct ranking_member *members,
				  size_t count)
{
	struct ranking *ranking = find_ranking(build, members, count);

	if (ranking)
		return ranking_ref(ranking);
	if (!fill_item(build, members, count, &build->items[build->item_count]))
		return NULL;
	return ranking_ref(build->items[build->item_count++].ranking);
}

/* Nobody but the build holds a ranking that a reload made superfluous. */
static bool is_wanted(const struct item *item)
{
	return item->ranking->references > 1;
}

static uint64_t price_of_slot(const struct ranking_build *build)
{
	uint64_t price = build->source_count * DRAW_PRICE;

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
		for (size_t i = 0; i < build->source_count; i++)
			costs[slot - from][i] = ranking_cost(build->sources[i], slot);
	for (size_t i = 0; i < build->item_count; i++) {
		const struct item *item = &build->items[i];

		for (size_t slot = from; is_wanted(item) && slot < to; slot++)
			ranking_pick(item->ranking, slot, costs[slot - from], item->index_of);
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
