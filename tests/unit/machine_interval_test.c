// SPDX-License-Identifier: GPL-2.0-only
/* An interval that changes while the machine runs: who has heard what, and what rests on it. */
#include "tests/unit/machine_bench.h"

static void reconfigure(uint64_t interval)
{
	struct vrrp_parameters parameters = defaults();

	parameters.advert_interval = interval;
	actions.count = 0;
	vrrp_reconfigure(&machine, &parameters, now, &actions);
}

/* The lease that the last actions stored, after each advertisement has left. */
static uint64_t advertise(void)
{
	uint64_t duration = 0;

	for (size_t i = 0; i < actions.count; i++) {
		if (actions.list[i].type == VRRP_SEND_ADVERT)
			vrrp_sent(&machine, now);
		if (actions.list[i].type == VRRP_STORE_LEASE)
			duration = actions.list[i].duration;
	}
	return duration;
}

static void a_longer_one_is_told_three_times_at_the_old_pace(void **state)
{
	(void)state;
	begin_as_active(defaults());
	reconfigure(50 * INTERVAL);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
	assert_int_equal(advertise(), vrrp_lease_duration(INTERVAL));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(machine.advert_timer, now + INTERVAL);
		run_until(machine.advert_timer);
		assert_int_equal(advertise(), vrrp_lease_duration(INTERVAL));
	}
	run_until(machine.advert_timer);
	assert_int_equal(advertise(), vrrp_lease_duration(50 * INTERVAL));
	assert_int_equal(machine.advert_timer, now + 50 * INTERVAL);
}

static void what_has_not_left_was_not_heard(void **state)
{
	(void)state;
	begin_as_active(defaults());
	reconfigure(50 * INTERVAL);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(machine.advert_timer, now + INTERVAL);
		run_until(machine.advert_timer);
	}
}

static void a_shorter_one_counts_at_once(void **state)
{
	(void)state;
	begin_as_active(defaults());
	reconfigure(INTERVAL / 10);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
	assert_int_equal(advertise(), vrrp_lease_duration(INTERVAL / 10));
	assert_int_equal(machine.advert_timer, now + INTERVAL / 10);
}

static void back_and_forth_ends_where_it_began(void **state)
{
	(void)state;
	begin_as_active(defaults());
	reconfigure(50 * INTERVAL);
	reconfigure(INTERVAL);
	assert_int_equal(advertise(), vrrp_lease_duration(INTERVAL));
	for (int i = 0; i < 5; i++) {
		run_until(machine.advert_timer);
		assert_int_equal(advertise(), vrrp_lease_duration(INTERVAL));
		assert_int_equal(machine.advert_timer, now + INTERVAL);
	}
}

static void a_backup_keeps_what_the_active_taught_it(void **state)
{
	uint64_t deadline;

	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.13", 150, INTERVAL);
	deadline = machine.down_timer;
	reconfigure(50 * INTERVAL);
	EXPECT_NOTHING();
	assert_int_equal(machine.down_timer, deadline);
	assert_int_equal(machine.active_interval, INTERVAL);
	hear("10.77.0.13", 150, 50 * INTERVAL);
	assert_int_equal(machine.active_interval, 50 * INTERVAL);
}

static void who_has_heard_nobody_goes_by_its_own(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	reconfigure(50 * INTERVAL);
	assert_int_equal(machine.active_interval, 50 * INTERVAL);
}

/* The third node has learned the interval of the Active before. */
static void who_follows_a_faster_active_begins_at_its_pace(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.13", 150, INTERVAL / 10);
	run_until(machine.down_timer);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_int_equal(machine.advert_timer, now + INTERVAL / 10);
	for (int i = 0; i < 3; i++) {
		advertise();
		run_until(machine.advert_timer);
	}
	assert_int_equal(machine.advert_timer, now + INTERVAL);
}

static void the_priority_is_not_touched(void **state)
{
	(void)state;
	begin_as_active(defaults());
	vrrp_set_priority(&machine, 70, now, &actions);
	reconfigure(2 * INTERVAL);
	assert_int_equal(machine.parameters.priority, 70);
	assert_int_equal(actions.list[0].priority, 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_longer_one_is_told_three_times_at_the_old_pace),
		cmocka_unit_test(what_has_not_left_was_not_heard),
		cmocka_unit_test(a_shorter_one_counts_at_once),
		cmocka_unit_test(back_and_forth_ends_where_it_began),
		cmocka_unit_test(a_backup_keeps_what_the_active_taught_it),
		cmocka_unit_test(who_has_heard_nobody_goes_by_its_own),
		cmocka_unit_test(who_follows_a_faster_active_begins_at_its_pace),
		cmocka_unit_test(the_priority_is_not_touched),
	};

	return cmocka_run_group_tests_name("machine_interval", tests, NULL, NULL);
}
