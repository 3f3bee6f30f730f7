// SPDX-License-Identifier: GPL-2.0-only
/* Who gives no sign of life is found out, and who was stopped along with the watcher is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/vrrp/heartbeat.h"

#define START (1000 * NS_PER_S)

static void one_that_beats_is_alive(void **state)
{
	struct heartbeat heart;

	(void)state;
	heartbeat_init(&heart, START);
	for (uint64_t now = START; now < START + 60 * NS_PER_S; now += NS_PER_S) {
		heartbeat_beat(&heart, now);
		assert_false(heartbeat_is_lost(&heart, now));
	}
}

static void one_that_does_not_is_lost_within_the_bound(void **state)
{
	struct heartbeat heart;
	uint64_t now = START;

	(void)state;
	heartbeat_init(&heart, START);
	while (!heartbeat_is_lost(&heart, now))
		now += HEARTBEAT_INTERVAL;
	assert_true(now > START + HEARTBEAT_PATIENCE);
	assert_true(now <= START + HEARTBEAT_PATIENCE + HEARTBEAT_INTERVAL);
	heartbeat_beat(&heart, now);
	assert_false(heartbeat_is_lost(&heart, now));
}

static void who_was_stopped_too_gives_another_chance(void **state)
{
	struct heartbeat heart;

	(void)state;
	heartbeat_init(&heart, START);
	assert_false(heartbeat_is_lost(&heart, START + 60 * NS_PER_S));
	assert_false(heartbeat_is_lost(&heart, START + 61 * NS_PER_S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_beats_is_alive),
		cmocka_unit_test(one_that_does_not_is_lost_within_the_bound),
		cmocka_unit_test(who_was_stopped_too_gives_another_chance),
	};

	return cmocka_run_group_tests_name("heartbeat", tests, NULL, NULL);
}
