// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/ranking.h"

#include <endian.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/steering/logarithm.h"

/* Room below a logarithm to be divided in, and below the quotient for the place of the member. */
#define QUOTIENT_BITS 3
#define PLACE_BITS    7

/* The largest logarithm, of 54 bits at most, with both below it fills a word. */
_Static_assert(6 + LOGARITHM_FRACTION_BITS + 1 + QUOTIENT_BITS + PLACE_BITS == 64, "a score fits");
_Static_assert(1 << PLACE_BITS == RANKING_MEMBERS_MAX, "a place fits");
_Static_assert(RANKING_KEY_SIZE == crypto_shorthash_KEYBYTES, "the key of SipHash-2-4");
_Static_assert(POOL_SLOTS == 1 << 16, "permute() is made for slots of sixteen bits");
_Static_assert(RANKS <= RANKING_DEPTH, "the stored places hold the ranks of the dataplane");

/* Numbers. */

/* The nth number of splitmix64 (Steele, Lea and Flood 2014) from a seed. */
static uint64_t random_number(uint64_t seed, uint64_t n)
{
	uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static uint64_t hash_name(const uint8_t key[static RANKING_KEY_SIZE], const char *name)
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)name, strlen(name), key);
	return le64toh(hash);
}

/* Each slot is mapped to another one by a Feistel network, which permutes whatever its rounds are.
 */
static uint64_t permute(const struct ranking_source *source, size_t slot)
{
	size_t left = slot >> 8, right = slot & 0xff;

	for (int i = 0; i < RANKING_ROUNDS; i++) {
		size_t next = left ^ source->rounds[i][right];

		left = right;
		right = next;
	}
	return left << 8 | right;
}

/*
 * A member's number for a slot. Over all slots the upper sixteen bits take each value once: as good
 * as random, but spread evenly (stratified, as a Latin hypercube is). With three members the shares
 * stray from the weights by 0.35 % (standard deviation); plain hashing's stray by 0.55 %.
 */
static uint64_t draw(const struct ranking_source *source, size_t slot)
{
	return permute(source, slot) << 48 | random_number(source->seed, slot) >> 16;
}

/* The table is the same for all rankings, and is computed once. Only the main loop uses it. */
static const struct logarithm *logarithm_table(void)
{
	static struct logarithm logarithm;

	if (logarithm.table[LOGARITHM_STEPS] == 0)
		logarithm_init(&logarithm);
	return &logarithm;
}

uint64_t ranking_cost(const struct ranking_source *source, size_t slot)
{
	return logarithm_negative(logarithm_table(), draw(source, slot));
}

/*
 * A member's score is -log(draw) / weight, and the smallest one comes first. Among equals the name
 * decides, by way of the place. The division is a multiplication by the reciprocal: both give the
 * same quotient, because the dividend has at most 57 bits and the weight at most seven (Granlund
 * and Montgomery 1994).
 */
static uint64_t score(const struct ranking *ranking, uint64_t cost, size_t place)
{
	unsigned __int128 dividend = cost << (QUOTIENT_BITS + 1);
	uint64_t quotient = (uint64_t)(dividend * ranking->reciprocals[place] >> 64);

	return quotient << PLACE_BITS | place;
}

static uint64_t reciprocal_of(unsigned int weight)
{
	return (1ULL << 63) / weight + 1;
}

/* Selection. */

/* @scores are sorted; the largest one falls off the end when there are @room of them already. */
static void insert_score(uint64_t *scores, size_t room, uint64_t score)
{
	size_t i = room - 1;

	while (i > 0 && scores[i - 1] > score) {
		scores[i] = scores[i - 1];
		i--;
	}
	scores[i] = score;
}

static uint8_t place_of(uint64_t score)
{
	return (uint8_t)(score & (RANKING_MEMBERS_MAX - 1));
}

void ranking_pick(struct ranking *ranking, size_t slot, const uint64_t *costs,
		  const uint8_t *index_of)
{
	uint8_t *first = &ranking->first[slot * ranking->depth];
	uint64_t scores[RANKING_DEPTH];

	memset(scores, 0xff, sizeof(scores));
	for (size_t place = 0; place < ranking->count; place++) {
		uint64_t its = score(ranking, costs[index_of[place]], place);

		if (its < scores[ranking->depth - 1])
			insert_score(scores, ranking->depth, its);
	}
	for (size_t i = 0; i < ranking->depth; i++)
		first[i] = place_of(scores[i]);
}

size_t ranking_order(const struct ranking *ranking, size_t slot, const uint8_t *places,
		     size_t count, uint8_t *order, size_t wanted)
{
	uint64_t scores[RANKING_MEMBERS_MAX];
	size_t room = wanted < count ? wanted : count;

	memset(scores, 0xff, room * sizeof(scores[0]));
	for (size_t i = 0; i < count && room > 0; i++) {
		uint64_t cost = ranking_cost(ranking->places[places[i]].source, slot);
		uint64_t its = score(ranking, cost, places[i]);

		if (its < scores[room - 1])
			insert_score(scores, room, its);
	}
	for (size_t i = 0; i < room; i++)
		order[i] = place_of(scores[i]);
	return room;
}

/* Life. */

struct ranking_source *ranking_source_new(const uint8_t key[static RANKING_KEY_SIZE],
					  const char *name)
{
	struct ranking_source *source = calloc(1, sizeof(*source));
	uint8_t *bytes;

	if (!source)
		return NULL;
	bytes = source->rounds[0];
	source->references = 1;
	strncpy(source->name, name, sizeof(source->name) - 1);
	source->seed = hash_name(key, name);
	for (size_t i = 0; i < sizeof(source->rounds); i++)
		bytes[i] = (uint8_t)(random_number(source->seed, POOL_SLOTS + i / 8) >> i % 8 * 8);
	return source;
}

void ranking_source_unref(struct ranking_source *source)
{
	if (source && --source->references == 0)
		free(source);
}

static void ranking_free(struct ranking *ranking)
{
	for (size_t i = 0; ranking->places && i < ranking->count; i++)
		ranking_source_unref(ranking->places[i].source);
	free(ranking->places);
	free(ranking->reciprocals);
	free(ranking->first);
	free(ranking);
}

struct ranking *ranking_new(const uint8_t key[static RANKING_KEY_SIZE],
			    const struct ranking_place *places, size_t count)
{
	struct ranking *ranking = calloc(1, sizeof(*ranking));

	if (!ranking)
		return NULL;
	ranking->references = 1;
	ranking->count = count;
	ranking->depth = count < RANKING_DEPTH ? count : RANKING_DEPTH;
	memcpy(ranking->key, key, sizeof(ranking->key));
	ranking->places = calloc(count, sizeof(*ranking->places));
	ranking->reciprocals = calloc(count, sizeof(*ranking->reciprocals));
	ranking->first = malloc(POOL_SLOTS * ranking->depth);
	if (!ranking->places || !ranking->reciprocals || !ranking->first) {
		ranking_free(ranking);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		ranking->places[i] = places[i];
		ranking->places[i].source->references++;
		ranking->reciprocals[i] = reciprocal_of(places[i].weight);
	}
	return ranking;
}

struct ranking *ranking_ref(struct ranking *ranking)
{
	if (ranking)
		ranking->references++;
	return ranking;
}

void ranking_unref(struct ranking *ranking)
{
	if (ranking && --ranking->references == 0)
		ranking_free(ranking);
}

bool ranking_is_of(const struct ranking *ranking, const uint8_t key[static RANKING_KEY_SIZE],
		   const struct ranking_member *members, size_t count)
{
	if (ranking->count != count || memcmp(ranking->key, key, sizeof(ranking->key)) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (ranking->places[i].weight != members[i].weight ||
		    strcmp(ranking->places[i].source->name, members[i].name) != 0)
			return false;
	return true;
}
