// SPDX-License-Identifier: GPL-2.0-only
/* Intervals with jitter: how far they go, how they are spread, and that they can be told again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/checks/jitter.h"

#define ROUNDS 10000

static const char *const n1[] = {"n1", "web", "n3", NULL};
static const char *const n2[] = {"n2", "web", "n3", NULL};

static void stays_within_its_bounds(void **state)
{
	static const unsigned int percents[] = {1, 10, 50};

	(void)state;
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		struct jitter jitter = jitter_new(percents[i], n1);
		uint64_t least = UINT64_MAX, most = 0, sum = 0;

		for (int round = 0; round < ROUNDS; round++) {
			uint64_t next = jitter_next(&jitter, 1000000);

			least = next < least ? next : least;
			most = next > most ? next : most;
			sum += next;
		}
		/* All of the range is used, and the middle of it is the interval. */
		assert_in_range(least, 1000000 - percents[i] * 10000, 1000000 - percents[i] * 9900);
		assert_in_range(most, 1000000 + percents[i] * 9900, 1000000 + percents[i] * 10000);
		assert_in_range(sum / ROUNDS, 1000000 - percents[i] * 200,
				1000000 + percents[i] * 200);
	}
}

static void none_leaves_the_interval(void **state)
{
	struct jitter jitter = jitter_new(0, n1);

	(void)state;
	for (int round = 0; round < ROUNDS; round++)
		assert_int_equal(jitter_next(&jitter, 2000000000), 2000000000);
}

/* An hour in ns, by half: nothing overflows. */
static void the_longest_interval(void **state)
{
	const uint64_t hour = 3600000000000ULL;
	struct jitter jitter = jitter_new(50, n1);

	(void)state;
	for (int round = 0; round < ROUNDS; round++)
		assert_in_range(jitter_next(&jitter, hour), hour / 2, hour / 2 * 3);
}

static void each_node_has_its_own_and_the_same_each_time(void **state)
{
	static const char *const split[] = {"n", "1web", "n3", NULL};
	struct jitter first = jitter_new(10, n1), again = jitter_new(10, n1);
	struct jitter other = jitter_new(10, n2), shifted = jitter_new(10, split);
	int same = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t next = jitter_next(&first, 1000000000);

		assert_int_equal(jitter_next(&again, 1000000000), next);
		same += jitter_next(&other, 1000000000) == next;
		same += jitter_next(&shifted, 1000000000) == next;
	}
	assert_true(same < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_within_its_bounds),
		cmocka_unit_test(none_leaves_the_interval),
		cmocka_unit_test(the_longest_interval),
		cmocka_unit_test(each_node_has_its_own_and_the_same_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
