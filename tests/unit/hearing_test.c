// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/base/clock.h"
#include "ctl/hearing/hearing.h"
#include "maps/drops.h"

#define NOW      (1000 * NS_PER_S)
#define PATIENCE (3 * NS_PER_S)
#define WINDOW   5

static const struct sender_entry silent;
static const struct sender_entry heard = {.heard_at = NOW - NS_PER_S};

/* @ahead: s, what our clock is ahead of the sender's. */
static struct sender_entry stale(int64_t ahead)
{
	return (struct sender_entry){
		.refused_at = NOW - NS_PER_S,
		.refused = 1,
		.reason = DROP_vrrp_trailer_stale,
		.expected = 1800000000U,
		.received = (uint32_t)(1800000000 - ahead),
	};
}

static void what_comes_from_a_peer(void **state)
{
	struct sender_entry sender = heard;

	(void)state;
	assert_int_equal(hearing_of(&silent, NOW, PATIENCE), HEARING_SILENT);
	assert_int_equal(hearing_of(&heard, NOW, PATIENCE), HEARING_WELL);
	sender.refused_at = NOW; /* a stranger forges its address */
	assert_int_equal(hearing_of(&sender, NOW, PATIENCE), HEARING_WELL);
	sender.heard_at = NOW - PATIENCE;
	assert_int_equal(hearing_of(&sender, NOW, PATIENCE), HEARING_REFUSED);
	sender.refused_at = NOW - PATIENCE;
	assert_int_equal(hearing_of(&sender, NOW, PATIENCE), HEARING_SILENT);
}

static void expect_clock(const struct sender_entry *senders, size_t count, size_t nodes,
			 enum clock_verdict verdict, int64_t ahead)
{
	struct clock_opinion opinion = hearing_clock(senders, count, nodes, NOW, PATIENCE, WINDOW);

	assert_int_equal(opinion.verdict, verdict);
	if (verdict != CLOCK_RIGHT)
		assert_int_equal(opinion.ahead, ahead);
}

static void most_of_the_nodes_are_right(void **state)
{
	const struct sender_entry ahead[] = {stale(3600), stale(3603)};
	const struct sender_entry behind[] = {stale(-3600), stale(-3598), silent};

	(void)state;
	expect_clock(ahead, 2, 3, CLOCK_CONTRADICTED, 3600);
	expect_clock(behind, 2, 3, CLOCK_CONTRADICTED, -3600);
	expect_clock(behind, 3, 4, CLOCK_DOUBTED, -3600); /* two of four */
}

static void whoever_agrees_with_us_is_enough(void **state)
{
	const struct sender_entry senders[] = {stale(3600), stale(3600), heard};

	(void)state;
	expect_clock(senders, 3, 4, CLOCK_RIGHT, 0);
}

/* A cluster in which all doubt their own clock would have no owner. */
static void nobody_is_right(void **state)
{
	const struct sender_entry two[] = {stale(3600)};
	const struct sender_entry three[] = {stale(3600), stale(60)};

	(void)state;
	expect_clock(two, 1, 2, CLOCK_DOUBTED, 3600);
	expect_clock(three, 2, 3, CLOCK_DOUBTED, 3600);
}

static void other_refusals_say_nothing_of_the_clock(void **state)
{
	struct sender_entry senders[] = {stale(3600), stale(3600)};

	(void)state;
	expect_clock((const struct sender_entry[]){silent, silent}, 2, 3, CLOCK_RIGHT, 0);
	senders[0].reason = senders[1].reason = DROP_vrrp_hmac;
	expect_clock(senders, 2, 3, CLOCK_RIGHT, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_from_a_peer),
		cmocka_unit_test(most_of_the_nodes_are_right),
		cmocka_unit_test(whoever_agrees_with_us_is_enough),
		cmocka_unit_test(nobody_is_right),
		cmocka_unit_test(other_refusals_say_nothing_of_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
