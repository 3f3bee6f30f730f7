// SPDX-License-Identifier: GPL-2.0-only
/* From a ranking and what each member is good for to the slots of a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/steering/fill.h"

#define MEMBERS 5

/* One letter a member: '+' takes new flows, 'd' does not, '-' is gone. Its node is its place + 10.
 */
static void candidates_from(const char *standings, struct candidate *candidates)
{
	for (size_t i = 0; standings[i]; i++) {
		candidates[i].node = (uint8_t)(10 + i);
		candidates[i].standing = STANDING_NONE;
		if (standings[i] == '+')
			candidates[i].standing = STANDING_TAKES;
		if (standings[i] == 'd')
			candidates[i].standing = STANDING_KEEPS;
	}
}

/* Each slot in another order, all of them many times. */
static struct ranking ranking_of(size_t count)
{
	struct ranking ranking = {.count = count, .order = malloc(count * POOL_SLOTS)};

	assert_non_null(ranking.order);
	srandom(1);
	for (size_t slot = 0; slot < POOL_SLOTS; slot++) {
		uint8_t *order = &ranking.order[slot * count];

		for (size_t i = 0; i < count; i++) {
			size_t j = (size_t)random() % (i + 1);

			/* cppcheck-suppress objectIndex ; an array, not one byte */
			order[i] = order[j];
			/* cppcheck-suppress objectIndex */
			order[j] = (uint8_t)i;
		}
	}
	return ranking;
}

/* One slot that prefers member 0, then 1, and so on. */
static struct slot filled(const char *standings)
{
	struct candidate candidates[MEMBERS];
	struct slot_table *table = malloc(sizeof(*table));
	struct ranking ranking = {.count = MEMBERS, .order = calloc(MEMBERS, POOL_SLOTS)};
	struct slot slot;

	assert_non_null(table);
	assert_non_null(ranking.order);
	for (size_t i = 0; i < MEMBERS * POOL_SLOTS; i++)
		ranking.order[i] = (uint8_t)(i % MEMBERS);
	candidates_from(standings, candidates);
	fill_slots(&ranking, candidates, table);
	slot = table->slots[POOL_SLOTS - 1];
	assert_memory_equal(&table->slots[0], &slot, sizeof(slot));
	ranking_free(&ranking);
	free(table);
	return slot;
}

static void assert_filled(const char *standings, uint8_t primary, uint8_t first, uint8_t second,
			  uint8_t third)
{
	struct slot slot = filled(standings);

	assert_int_equal(slot.primary, primary);
	assert_int_equal(slot.rank[0], first);
	assert_int_equal(slot.rank[1], second);
	assert_int_equal(slot.rank[2], third);
}

static void all_up(void **state)
{
	(void)state;
	assert_filled("+++++", 10, 10, 11, 12);
}

static void first_that_takes_flows_is_the_primary(void **state)
{
	(void)state;
	assert_filled("d++++", 11, 10, 11, 12);
	assert_filled("+d+++", 10, 10, 11, 12);
	assert_filled("dd+++", 12, 10, 11, 12);
	assert_filled("ddd+d", 13, 10, 11, 12);
	assert_filled("dddd+", 14, 10, 11, 12);
}

static void who_is_gone_has_no_rank(void **state)
{
	(void)state;
	assert_filled("-++++", 11, 11, 12, 13);
	assert_filled("+-+-+", 10, 10, 12, 14);
	assert_filled("--d-+", 14, 12, 14, NOBODY);
	assert_filled("+----", 10, 10, NOBODY, NOBODY);
}

static void nobody_means_nobody(void **state)
{
	struct slot_table *table = malloc(sizeof(*table));

	(void)state;
	assert_non_null(table);
	fill_nobody(table);
	for (size_t slot = 0; slot < POOL_SLOTS; slot++) {
		assert_int_equal(table->slots[slot].primary, NOBODY);
		for (size_t i = 0; i < RANKS; i++)
			assert_int_equal(table->slots[slot].rank[i], NOBODY);
	}
	free(table);
}

struct bench {
	struct ranking ranking;
	struct slot_table before, after;
};

static struct bench *bench_open(size_t members, const char *before, const char *after)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct candidate candidates[MEMBERS];

	assert_non_null(bench);
	bench->ranking = ranking_of(members);
	candidates_from(before, candidates);
	fill_slots(&bench->ranking, candidates, &bench->before);
	candidates_from(after, candidates);
	fill_slots(&bench->ranking, candidates, &bench->after);
	return bench;
}

static void bench_close(struct bench *bench)
{
	ranking_free(&bench->ranking);
	free(bench);
}

/* Exactly the slots that it was the primary of move, each to the next; the ranks are as before. */
static void who_takes_no_flows_moves_only_its_own(void **state)
{
	struct bench *bench = bench_open(5, "+++++", "+d+++");
	size_t moved = 0;

	(void)state;
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct slot *before = &bench->before.slots[i],
				  *after = &bench->after.slots[i];

		assert_int_equal(before->primary, before->rank[0]);
		assert_int_equal(after->primary, before->rank[before->primary == 11]);
		assert_memory_equal(after->rank, before->rank, sizeof(after->rank));
		moved += before->primary == 11;
	}
	assert_in_range(moved, POOL_SLOTS / 6, POOL_SLOTS / 4);
	bench_close(bench);
}

/* And where one that is gone was none of the three ranks, nothing changes at all. */
static void who_is_gone_changes_only_its_own(void **state)
{
	struct bench *bench = bench_open(5, "+++++", "+-+++");

	(void)state;
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct slot *before = &bench->before.slots[i],
				  *after = &bench->after.slots[i];
		bool listed = memchr(before->rank, 11, RANKS) != NULL;

		assert_true(listed == (memcmp(before, after, sizeof(*before)) != 0));
		assert_int_equal(after->primary, before->rank[before->primary == 11]);
	}
	bench_close(bench);
}

static void print_fill_times(void **state)
{
	static const size_t counts[] = {3, 100};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct ranking ranking = ranking_of(counts[i]);
		struct slot_table *table = malloc(sizeof(*table));
		struct candidate candidates[100];
		uint64_t began;

		assert_non_null(table);
		for (size_t j = 0; j < 100; j++)
			candidates[j] = (struct candidate){(uint8_t)j,
							   j == 1 ? STANDING_NONE : STANDING_TAKES};
		began = clock_now();
		fill_slots(&ranking, candidates, table);
		print_message("%zu backends: filled in %.2f ms\n", counts[i],
			      (double)(clock_now() - began) / NS_PER_MS);
		free(table);
		ranking_free(&ranking);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_up),
		cmocka_unit_test(first_that_takes_flows_is_the_primary),
		cmocka_unit_test(who_is_gone_has_no_rank),
		cmocka_unit_test(nobody_means_nobody),
		cmocka_unit_test(who_takes_no_flows_moves_only_its_own),
		cmocka_unit_test(who_is_gone_changes_only_its_own),
		cmocka_unit_test(print_fill_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
