// SPDX-License-Identifier: GPL-2.0-only
/* The pacer: so many a second, so many at once, and who waits takes turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/attract/pacer.h"
#include "ctl/base/clock.h"

#define START (1000 * NS_PER_S)

static struct pacer pacer_of(uint64_t rate, uint64_t burst)
{
	struct pacer pacer = {};

	pacer_configure(&pacer, rate, burst);
	return pacer;
}

static void a_burst_goes_at_once(void **state)
{
	struct pacer pacer = pacer_of(200, 10);

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(pacer_book(&pacer, START), START);
	assert_int_equal(pacer_book(&pacer, START), START + 5 * NS_PER_MS);
}

static void then_each_waits_for_its_token(void **state)
{
	struct pacer pacer = pacer_of(200, 1);

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(pacer_book(&pacer, START), START + i * 5 * NS_PER_MS);
}

static void the_bucket_fills_but_not_over(void **state)
{
	struct pacer pacer = pacer_of(1000, 3);

	(void)state;
	for (int i = 0; i < 3; i++)
		pacer_book(&pacer, START);
	assert_int_equal(pacer_book(&pacer, START + 1 * NS_PER_MS), START + 1 * NS_PER_MS);
	assert_int_equal(pacer_book(&pacer, START + 1 * NS_PER_MS), START + 2 * NS_PER_MS);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pacer_book(&pacer, START + NS_PER_S), START + NS_PER_S);
	assert_true(pacer_book(&pacer, START + NS_PER_S) > START + NS_PER_S);
}

/* Whoever is late to use its token slows nobody down. */
static void the_rate_does_not_drift(void **state)
{
	struct pacer pacer = pacer_of(200, 10);
	uint64_t now = START;
	int sent = 0;

	(void)state;
	while (now < START + 10 * NS_PER_S) {
		uint64_t at = pacer_book(&pacer, now);

		sent++;
		if (at > now)
			now = at + 700 * NS_PER_US;
	}
	assert_in_range(sent, 2000, 2012);
}

static void another_pace_counts_at_once(void **state)
{
	struct pacer pacer = pacer_of(1, 1);

	(void)state;
	pacer_book(&pacer, START);
	pacer_configure(&pacer, 1000, 1);
	assert_int_equal(pacer_book(&pacer, START), START + NS_PER_S); /* it was taken */
	assert_int_equal(pacer_book(&pacer, START), START + NS_PER_S + NS_PER_MS);
}

static void just_after_boot(void **state)
{
	struct pacer pacer = pacer_of(1, 1000);

	(void)state;
	assert_int_equal(pacer_book(&pacer, NS_PER_S), NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_goes_at_once),
		cmocka_unit_test(then_each_waits_for_its_token),
		cmocka_unit_test(the_bucket_fills_but_not_over),
		cmocka_unit_test(the_rate_does_not_drift),
		cmocka_unit_test(another_pace_counts_at_once),
		cmocka_unit_test(just_after_boot),
	};

	return cmocka_run_group_tests_name("pacer", tests, NULL, NULL);
}
