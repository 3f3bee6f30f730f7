// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VRRP state machine when its priority changes, when it is to start as Active, and when it
 * moves along with others.
 */
#include "tests/unit/machine_bench.h"

static void set_priority(uint8_t priority)
{
	actions.count = 0;
	vrrp_set_priority(&machine, priority, now, &actions);
}

static void take_over(void)
{
	actions.count = 0;
	vrrp_take_over(&machine, now, &actions);
}

static void hand_over(void)
{
	actions.count = 0;
	vrrp_hand_over(&machine, now, &actions);
}

/* The priority of a Backup. */

static void a_backups_deadline_moves_by_the_skew(void **state)
{
	uint64_t heard;

	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 200, INTERVAL);
	heard = now;
	now += INTERVAL;
	set_priority(50);
	EXPECT_NOTHING();
	assert_int_equal(machine.down_timer, heard + 3 * INTERVAL + vrrp_skew_time(50, INTERVAL));
	set_priority(150);
	assert_int_equal(machine.down_timer, heard + 3 * INTERVAL + vrrp_skew_time(150, INTERVAL));
	set_priority(100);
	assert_int_equal(machine.down_timer, heard + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
}

static void a_backups_deadline_never_moves_into_the_past(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 200, INTERVAL);
	now += 3 * INTERVAL + vrrp_skew_time(150, INTERVAL);
	set_priority(254);
	assert_int_equal(machine.down_timer, now);
}

static void a_deadline_after_a_resignation_moves_too(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 0, INTERVAL);
	set_priority(50);
	assert_int_equal(machine.down_timer, now + vrrp_skew_time(50, INTERVAL));
}

/* It was about to preempt, which its new priority does not allow: both would own. */
static void who_falls_behind_the_owner_waits_for_it_again(void **state)
{
	uint64_t heard;

	(void)state;
	begin_as_backup(defaults());
	now = machine.down_timer - NS_PER_MS;
	hear("10.77.0.13", 90, INTERVAL);
	heard = now;
	set_priority(80);
	assert_int_equal(machine.down_timer, heard + 3 * INTERVAL + vrrp_skew_time(80, INTERVAL));
	run_until(heard + 3 * INTERVAL);
	EXPECT_NOTHING();
}

static void who_gets_ahead_of_the_owner_preempts(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.13", 120, INTERVAL);
	set_priority(130);
	for (int i = 0; i < 5 && machine.state == VRRP_BACKUP; i++) {
		run_until(now + INTERVAL);
		hear("10.77.0.13", 120, INTERVAL);
	}
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

/* The priority of an Active, and of one that takes no part. */

static void an_active_advertises_its_new_priority_at_once(void **state)
{
	(void)state;
	begin_as_active(defaults());
	now += INTERVAL / 3;
	set_priority(70);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
	assert_int_equal(actions.list[0].priority, 70);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
	set_priority(70);
	EXPECT_NOTHING();
}

static void while_waiting_to_own_a_change_stores_nothing(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	now = machine.down_timer - 1;
	hear("10.77.0.13", 50, INTERVAL);
	run_until(machine.down_timer);
	set_priority(120);
	EXPECT(VRRP_SEND_ADVERT);
}

static void in_fault_a_change_is_silent(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	vrrp_fault(&machine, "test", now, &actions);
	set_priority(70);
	EXPECT_NOTHING();
	assert_int_equal(vrrp_deadline(&machine), NEVER);
	startup(false);
	assert_int_equal(machine.down_timer, now + 3 * INTERVAL + vrrp_skew_time(70, INTERVAL));
}

static void an_active_that_falls_behind_yields_to_the_next(void **state)
{
	(void)state;
	begin_as_active(defaults());
	set_priority(70);
	hear("10.77.0.13", 71, INTERVAL);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

/* To start as Active. */

static struct vrrp_parameters starting_as_active(void)
{
	struct vrrp_parameters parameters = defaults();

	parameters.start_active = true;
	parameters.startup_delay = 5 * NS_PER_MS;
	return parameters;
}

static void a_start_as_active_advertises_at_once_and_owns_later(void **state)
{
	(void)state;
	begin(starting_as_active());
	startup(false);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	assert_int_equal(vrrp_deadline(&machine), now + 5 * NS_PER_MS);
	run_until(vrrp_deadline(&machine));
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
}

static void so_does_the_address_owner(void **state)
{
	struct vrrp_parameters owner = defaults();

	(void)state;
	owner.priority = 255;
	owner.startup_delay = 5 * NS_PER_MS;
	begin(owner);
	startup(false);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	run_until(now + 5 * NS_PER_MS);
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
}

static void an_owner_that_answers_meanwhile_stays(void **state)
{
	(void)state;
	begin(starting_as_active());
	startup(false);
	now += NS_PER_MS;
	hear("10.77.0.11", 150, INTERVAL);
	EXPECT(VRRP_DROP_LEASE, VRRP_STATE_CHANGED);
	run_until(now + 5 * NS_PER_MS);
	EXPECT_NOTHING();
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void a_start_as_active_waits_for_one_that_is_heard(void **state)
{
	(void)state;
	begin(starting_as_active());
	hear("10.77.0.13", 50, INTERVAL);
	now += INTERVAL;
	startup(false);
	EXPECT(VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_BACKUP);
	assert_int_equal(machine.down_timer, START + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
}

static void but_not_for_one_that_resigned_or_is_overdue(void **state)
{
	(void)state;
	begin(starting_as_active());
	hear("10.77.0.11", 0, INTERVAL);
	startup(false);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	begin(starting_as_active());
	hear("10.77.0.11", 150, INTERVAL);
	now += 5 * INTERVAL;
	startup(false);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

static void out_of_a_fault_it_comes_as_backup(void **state)
{
	(void)state;
	begin(starting_as_active());
	vrrp_fault(&machine, "not started yet", now, &actions);
	startup(false);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	vrrp_fault(&machine, "test", now, &actions);
	startup(false);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

/* Along with others. */

static void who_takes_over_along_does_it_as_ever(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	take_over();
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	take_over();
	EXPECT_NOTHING();
	run_until(machine.take_timer);
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
}

static void who_takes_over_along_waits_for_a_living_owner(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.13", 50, INTERVAL);
	take_over();
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	assert_int_equal(machine.take_timer, now + 2 * NS_PER_MS);
}

/* It would hear us and go on answering. */
static void nobody_takes_over_along_from_a_better_owner(void **state)
{
	static const struct {
		const char *source;
		uint8_t priority;
	} owners[] = {{"10.77.0.11", 150}, {"10.77.0.13", 100}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		begin_as_backup(defaults());
		hear(owners[i].source, owners[i].priority, INTERVAL);
		now += INTERVAL;
		take_over();
		EXPECT_NOTHING();
		now = START + vrrp_lease_duration(INTERVAL);
		take_over();
		assert_int_equal(machine.state, VRRP_ACTIVE);
		assert_false(machine.owning);
		run_until(machine.take_timer);
		assert_true(machine.owning);
	}
}

static void in_fault_nobody_takes_over_along(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	vrrp_fault(&machine, "test", now, &actions);
	take_over();
	EXPECT_NOTHING();
}

static void who_hands_over_along_offers_and_resigns(void **state)
{
	(void)state;
	begin_as_active(defaults());
	hand_over();
	EXPECT(VRRP_SEND_ADVERT);
	assert_int_equal(actions.list[0].priority, 1);
	run_until(now + vrrp_hand_over_bound(INTERVAL));
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 0);
	assert_int_equal(machine.state, VRRP_BACKUP);
	hand_over();
	EXPECT_NOTHING();
}

/* Learned intervals. */

static void intervals_that_are_too_long_are_counted(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 150, 10 * NS_PER_S);
	assert_int_equal(machine.intervals_clamped, 0);
	hear("10.77.0.11", 150, 10 * NS_PER_S + NS_PER_CS);
	assert_int_equal(machine.intervals_clamped, 1);
	assert_int_equal(machine.active_interval, 10 * NS_PER_S);
}

static void ten_long_intervals_of_ours_are_learned(void **state)
{
	struct vrrp_parameters slow = defaults();

	(void)state;
	slow.advert_interval = 2 * NS_PER_S;
	begin_as_backup(slow);
	hear("10.77.0.11", 150, 20 * NS_PER_S);
	assert_int_equal(machine.intervals_clamped, 0);
	hear("10.77.0.11", 150, 20 * NS_PER_S + NS_PER_CS);
	assert_int_equal(machine.intervals_clamped, 1);
	assert_int_equal(machine.active_interval, 20 * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_backups_deadline_moves_by_the_skew),
		cmocka_unit_test(a_backups_deadline_never_moves_into_the_past),
		cmocka_unit_test(a_deadline_after_a_resignation_moves_too),
		cmocka_unit_test(who_falls_behind_the_owner_waits_for_it_again),
		cmocka_unit_test(who_gets_ahead_of_the_owner_preempts),
		cmocka_unit_test(an_active_advertises_its_new_priority_at_once),
		cmocka_unit_test(while_waiting_to_own_a_change_stores_nothing),
		cmocka_unit_test(in_fault_a_change_is_silent),
		cmocka_unit_test(an_active_that_falls_behind_yields_to_the_next),
		cmocka_unit_test(a_start_as_active_advertises_at_once_and_owns_later),
		cmocka_unit_test(so_does_the_address_owner),
		cmocka_unit_test(an_owner_that_answers_meanwhile_stays),
		cmocka_unit_test(a_start_as_active_waits_for_one_that_is_heard),
		cmocka_unit_test(but_not_for_one_that_resigned_or_is_overdue),
		cmocka_unit_test(out_of_a_fault_it_comes_as_backup),
		cmocka_unit_test(who_takes_over_along_does_it_as_ever),
		cmocka_unit_test(who_takes_over_along_waits_for_a_living_owner),
		cmocka_unit_test(nobody_takes_over_along_from_a_better_owner),
		cmocka_unit_test(in_fault_nobody_takes_over_along),
		cmocka_unit_test(who_hands_over_along_offers_and_resigns),
		cmocka_unit_test(intervals_that_are_too_long_are_counted),
		cmocka_unit_test(ten_long_intervals_of_ours_are_learned),
	};

	return cmocka_run_group_tests_name("machine, priority", tests, NULL, NULL);
}
