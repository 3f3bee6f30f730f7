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

#include <sodium.h>
#include <stdio.h>

#include "ctl/base/clock.h"
#include "ctl/steering/ranking_build.h"
#include "ctl/steering/slots.h"

static const uint8_t key[RANKING_KEY_SIZE] = "a key of 16 byte";

#define MEMBERS 5

static enum role role_from(char letter)
{
	if (letter == '+')
		return ROLE_TAKES;
	return letter == 'd' ? ROLE_KEEPS : ROLE_NONE;
}

/* One letter a member: '+' takes new flows, 'd' does not, '-' is gone. Its node is its place + 10.
 */
static void roles_from(const char *letters, struct member_role *roles)
{
	for (size_t i = 0; letters[i]; i++)
		roles[i] = (struct member_role){(uint8_t)(10 + i), (uint8_t)role_from(letters[i])};
}

/* Members with weights from 1 to @heaviest. */
static struct ranking *ranking_of(size_t count, unsigned int heaviest)
{
	struct ranking_member members[RANKING_MEMBERS_MAX];
	static char names[RANKING_MEMBERS_MAX][8];
	struct ranking_build *build = ranking_build_new(key);
	struct ranking *ranking;

	assert_non_null(build);
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "node%02u", (unsigned int)i % 100);
		members[i] = (struct ranking_member){names[i], 1 + (unsigned int)i % heaviest};
	}
	ranking = ranking_build_add(build, members, count);
	assert_non_null(ranking);
	ranking_build_run(build, ranking_build_price(build));
	ranking_build_free(build);
	return ranking;
}

static void fill(struct ranking *ranking, const struct member_role *roles, struct slot_table *table)
{
	struct slots_filling filling = {};

	slots_begin(&filling, ranking, roles);
	slots_continue(&filling, table, UINT64_MAX);
	assert_null(filling.ranking);
}

static struct slot_table *table_new(void)
{
	struct slot_table *table = malloc(sizeof(*table));

	assert_non_null(table);
	return table;
}

/* One slot whose order is the order of the letters; the member at place i of it is node 10 + i. */
static struct slot filled(const char *letters, size_t index)
{
	static const uint8_t places[MEMBERS] = {0, 1, 2, 3, 4};
	struct ranking *ranking = ranking_of(MEMBERS, 1);
	struct slot_table *table = table_new();
	struct member_role roles[MEMBERS];
	uint8_t order[MEMBERS];
	struct slot slot;

	ranking_order(ranking, index, places, MEMBERS, order, MEMBERS);
	for (size_t i = 0; i < MEMBERS; i++)
		roles[order[i]] =
			(struct member_role){(uint8_t)(10 + i), (uint8_t)role_from(letters[i])};
	fill(ranking, roles, table);
	slot = table->slots[index];
	ranking_unref(ranking);
	free(table);
	return slot;
}

static void assert_filled(const char *letters, uint8_t primary, uint8_t first, uint8_t second,
			  uint8_t third)
{
	static const size_t indices[] = {0, 12345, POOL_SLOTS - 1};

	for (size_t i = 0; i < 3; i++) {
		struct slot slot = filled(letters, indices[i]);

		assert_int_equal(slot.primary, primary);
		assert_int_equal(slot.rank[0], first);
		assert_int_equal(slot.rank[1], second);
		assert_int_equal(slot.rank[2], third);
	}
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
	struct slot_table *table = table_new();

	(void)state;
	slots_clear(table);
	for (size_t slot = 0; slot < POOL_SLOTS; slot++) {
		assert_int_equal(table->slots[slot].primary, NOBODY);
		for (size_t i = 0; i < RANKS; i++)
			assert_int_equal(table->slots[slot].rank[i], NOBODY);
	}
	free(table);
}

struct bench {
	struct ranking *ranking;
	struct slot_table before, after;
};

static struct bench *bench_open(size_t members, const char *before, const char *after)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct member_role roles[MEMBERS];

	assert_non_null(bench);
	bench->ranking = ranking_of(members, 1);
	roles_from(before, roles);
	fill(bench->ranking, roles, &bench->before);
	roles_from(after, roles);
	fill(bench->ranking, roles, &bench->after);
	return bench;
}

static void bench_close(struct bench *bench)
{
	ranking_unref(bench->ranking);
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

/*
 * A hundred members of which every nth takes flows, and of the others every third may have some:
 * what the stored places say is not enough then. Other nodes may run other builds, so these bits
 * must never change.
 */
static void tables_are_the_same_everywhere(void **state)
{
	static const struct {
		size_t nth;
		uint8_t hash[16];
	} rows[] = {
		{1,
		 {0xee, 0xc1, 0x2b, 0x62, 0x22, 0x71, 0xbe, 0xcf, 0xb4, 0xa7, 0x04, 0x5d, 0xa1,
		  0x06, 0xe1, 0xf6}},
		{2,
		 {0x9e, 0x40, 0x5e, 0xc4, 0x32, 0x46, 0x05, 0x45, 0x81, 0xc7, 0x64, 0xe1, 0x4e,
		  0xe5, 0xec, 0x43}},
		{10,
		 {0x3c, 0xb8, 0xb5, 0xfb, 0x25, 0x6f, 0x69, 0xf0, 0xe7, 0xb8, 0x78, 0x49, 0x25,
		  0x33, 0x9e, 0x62}},
		{33,
		 {0xfd, 0x9c, 0x3c, 0x35, 0x7f, 0x44, 0x4a, 0xd4, 0xd9, 0x7a, 0xa8, 0x61, 0xa6,
		  0xe1, 0x48, 0xec}},
		{100,
		 {0x1e, 0x59, 0x15, 0x67, 0xd5, 0xcd, 0xe3, 0x99, 0x1e, 0xf7, 0x06, 0xec, 0x49,
		  0x32, 0x64, 0x0f}},
	};
	struct ranking *ranking = ranking_of(100, 7);
	struct slot_table *table = table_new();
	struct member_role roles[100];
	uint8_t hash[sizeof(rows[0].hash)];

	(void)state;
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		uint64_t began = clock_now();

		for (size_t i = 0; i < 100; i++)
			roles[i] = (struct member_role){(uint8_t)i, i % 3 ? ROLE_NONE : ROLE_KEEPS};
		for (size_t i = 0; i < 100; i += rows[row].nth)
			roles[i].role = ROLE_TAKES;
		fill(ranking, roles, table);
		print_message("100 backends, every %zu takes flows: filled in %.2f ms\n",
			      rows[row].nth, (double)(clock_now() - began) / NS_PER_MS);
		crypto_generichash(hash, sizeof(hash), (const void *)table, sizeof(*table), NULL,
				   0);
		assert_memory_equal(hash, rows[row].hash, sizeof(hash));
	}
	free(table);
	ranking_unref(ranking);
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
		cmocka_unit_test(tables_are_the_same_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
