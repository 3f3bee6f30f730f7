// SPDX-License-Identifier: GPL-2.0-only
#include "ctl/steering/ranking.h"

#include <endian.h>
#include <errno.h>
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

#define ROUNDS 4

/* What a member draws its numbers from. */
struct source {
	uint64_t seed;
	uint64_t weight;
	uint8_t rounds[ROUNDS][256];
};

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

static void source_init(struct source *source, const uint8_t key[static RANKING_KEY_SIZE],
			const struct ranking_member *member)
{
	uint8_t *bytes = source->rounds[0];

	source->seed = hash_name(key, member->name);
	source->weight = member->weight;
	for (size_t i = 0; i < sizeof(source->rounds); i++)
		bytes[i] = (uint8_t)(random_number(source->seed, POOL_SLOTS + i / 8) >> i % 8 * 8);
}

/* Each slot to another one: a Feistel network, which is a permutation whatever its rounds are. */
static uint64_t permute(const struct source *source, size_t slot)
{
	size_t left = slot >> 8, right = slot & 0xff;

	for (int i = 0; i < ROUNDS; i++) {
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
static uint64_t draw(const struct source *source, size_t slot)
{
	return permute(source, slot) << 48 | random_number(source->seed, slot) >> 16;
}

/* -log(draw) / weight, the smallest first; among equals the name decides, by way of the place. */
static uint64_t score(const struct logarithm *logarithm, const struct source *source, size_t slot,
		      size_t place)
{
	uint64_t cost = logarithm_negative(logarithm, draw(source, slot));

	return (cost << QUOTIENT_BITS) / source->weight << PLACE_BITS | place;
}

static void insert_score(uint64_t *scores, size_t count, uint64_t score)
{
	while (count > 0 && scores[count - 1] > score) {
		scores[count] = scores[count - 1];
		count--;
	}
	scores[count] = score;
}

static void order_slot(const struct logarithm *logarithm, const struct source *sources,
		       size_t count, size_t slot, uint8_t *order)
{
	uint64_t scores[RANKING_MEMBERS_MAX];

	for (size_t i = 0; i < count; i++)
		insert_score(scores, i, score(logarithm, &sources[i], slot, i));
	for (size_t i = 0; i < count; i++)
		order[i] = scores[i] & (RANKING_MEMBERS_MAX - 1);
}

int ranking_build(const uint8_t key[static RANKING_KEY_SIZE], const struct ranking_member *members,
		  size_t count, struct ranking *ranking)
{
	struct source *sources = calloc(count, sizeof(*sources));
	uint8_t *order = malloc(count * POOL_SLOTS);
	struct logarithm logarithm;

	if (!sources || !order) {
		free(sources);
		free(order);
		return -ENOMEM;
	}
	logarithm_init(&logarithm);
	for (size_t i = 0; i < count; i++)
		source_init(&sources[i], key, &members[i]);
	for (size_t slot = 0; slot < POOL_SLOTS; slot++)
		order_slot(&logarithm, sources, count, slot, &order[slot * count]);
	free(sources);
	*ranking = (struct ranking){.count = count, .order = order};
	return 0;
}

void ranking_free(struct ranking *ranking)
{
	free(ranking->order);
	*ranking = (struct ranking){};
}
