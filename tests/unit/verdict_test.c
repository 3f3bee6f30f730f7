// SPDX-License-Identifier: GPL-2.0-only
/* The rise and fall counter, result by result. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/checks/verdict.h"

/* Feeds results, 's' a success and 'f' a failure, and expects the state after each: 'U' up, 'D'
 * down, 'u' and 'd' the same without a change. */
static void expect_states(struct verdict *verdict, const char *results, const char *states)
{
	for (size_t i = 0; results[i]; i++) {
		bool changed = verdict_count(verdict, results[i] == 's');
		char state = verdict->state == HEALTH_UP ? 'u' : 'd';

		if (changed)
			state = verdict->state == HEALTH_UP ? 'U' : 'D';
		assert_int_equal(state, states[i]);
	}
}

static void starts_unknown(void **state)
{
	struct verdict verdict = verdict_new(3, 2);

	(void)state;
	assert_int_equal(verdict.state, HEALTH_UNKNOWN);
	assert_int_equal(verdict.successes, 0);
	assert_int_equal(verdict.failures, 0);
}

static void first_result_decides(void **state)
{
	struct verdict up = verdict_new(3, 3), down = verdict_new(3, 3);

	(void)state;
	expect_states(&up, "s", "U");
	expect_states(&down, "f", "D");
}

static void falls_after_failures_in_a_row(void **state)
{
	struct verdict verdict = verdict_new(3, 1);

	(void)state;
	expect_states(&verdict, "sfffff", "UuuDdd");
	assert_int_equal(verdict.failures, 5);
	assert_int_equal(verdict.successes, 0);
}

static void rises_after_successes_in_a_row(void **state)
{
	struct verdict verdict = verdict_new(1, 3);

	(void)state;
	expect_states(&verdict, "fssss", "DddUu");
	assert_int_equal(verdict.successes, 4);
	assert_int_equal(verdict.failures, 0);
}

static void success_breaks_a_run_of_failures(void **state)
{
	struct verdict verdict = verdict_new(2, 2);

	(void)state;
	expect_states(&verdict, "sfsfsfsff", "UuuuuuuuD");
}

static void failure_breaks_a_run_of_successes(void **state)
{
	struct verdict verdict = verdict_new(2, 2);

	(void)state;
	expect_states(&verdict, "fsfsfsfss", "DdddddddU");
}

static void one_each_follows_every_result(void **state)
{
	struct verdict verdict = verdict_new(1, 1);

	(void)state;
	expect_states(&verdict, "sffssf", "UDdUuD");
}

static void endless_run_does_not_wrap(void **state)
{
	struct verdict verdict = verdict_new(2, 2);

	(void)state;
	expect_states(&verdict, "f", "D");
	verdict.failures = UINT_MAX;
	expect_states(&verdict, "f", "d");
	assert_int_equal(verdict.failures, UINT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_unknown),
		cmocka_unit_test(first_result_decides),
		cmocka_unit_test(falls_after_failures_in_a_row),
		cmocka_unit_test(rises_after_successes_in_a_row),
		cmocka_unit_test(success_breaks_a_run_of_failures),
		cmocka_unit_test(failure_breaks_a_run_of_successes),
		cmocka_unit_test(one_each_follows_every_result),
		cmocka_unit_test(endless_run_does_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
