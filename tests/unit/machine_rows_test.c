// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statements about VRRP that implementations are known to differ in, one test for each, against the
 * state machine.
 */
#include "tests/unit/machine_bench.h"

static struct vrrp_parameters with_priority(uint8_t priority)
{
	struct vrrp_parameters parameters = defaults();

	parameters.priority = priority;
	return parameters;
}

/* An advertisement of the address owner is obeyed; two owners are a mistake, and elect as ever. */
static void another_address_owner_is_obeyed(void **state)
{
	(void)state;
	begin_as_backup(with_priority(254));
	now += INTERVAL;
	hear("10.77.0.1", 255, INTERVAL);
	assert_int_equal(machine.down_timer, now + 3 * INTERVAL + vrrp_skew_time(254, INTERVAL));
	begin_as_active(with_priority(254));
	hear("10.77.0.1", 255, INTERVAL);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void of_two_address_owners_the_greater_address_wins(void **state)
{
	(void)state;
	begin(with_priority(255));
	startup(false);
	hear("10.77.0.11", 255, INTERVAL);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	hear("10.77.0.13", 255, INTERVAL);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

/* Whether who is Backup, and has a better priority, takes over from a living Active. */
static bool preempts_with(uint8_t priority)
{
	struct vrrp_parameters patient = defaults();

	patient.preempt = false;
	begin_as_backup(patient);
	vrrp_set_priority(&machine, priority, now, &actions);
	for (int i = 0; i < 5; i++) {
		hear("10.77.0.13", 50, INTERVAL);
		run_until(now + INTERVAL);
	}
	return machine.state == VRRP_ACTIVE;
}

/* RFC 9568 section 6.1: the address owner does, whatever Preempt_Mode is. Nobody else does. */
static void an_address_owner_preempts_whatever_preempt_says(void **state)
{
	(void)state;
	assert_true(preempts_with(255));
	assert_false(preempts_with(254));
}

static uint64_t preempted_at(uint64_t delay)
{
	while (machine.state == VRRP_BACKUP && now < START + 10 * delay) {
		hear("10.77.0.13", 50, INTERVAL);
		run_until(now + INTERVAL / 4);
	}
	assert_int_equal(machine.state, VRRP_ACTIVE);
	return now;
}

/* Not before the delay, counted from the first word of the lower one; not much later either. */
static void preempt_delay_has_bounds(void **state)
{
	struct vrrp_parameters delayed = defaults();
	uint64_t delay = 10 * INTERVAL, down = 4 * INTERVAL, first, at;

	(void)state;
	delayed.preempt_delay = delay;
	begin_as_backup(delayed);
	first = now;
	at = preempted_at(delay);
	assert_in_range(at - first, delay, delay + down);
}

static void preempt_delay_begins_anew_after_a_better_one(void **state)
{
	struct vrrp_parameters delayed = defaults();
	uint64_t delay = 10 * INTERVAL, first;

	(void)state;
	delayed.preempt_delay = delay;
	begin_as_backup(delayed);
	hear("10.77.0.13", 50, INTERVAL);
	now += 9 * INTERVAL;
	hear("10.77.0.11", 100, INTERVAL);
	now += INTERVAL;
	first = now;
	assert_true(preempted_at(delay) - first >= delay);
}

static void preempt_delay_does_not_delay_after_a_death(void **state)
{
	struct vrrp_parameters delayed = defaults();

	(void)state;
	delayed.preempt_delay = 100 * INTERVAL;
	begin_as_backup(delayed);
	hear("10.77.0.13", 50, INTERVAL);
	run_until(now + 4 * INTERVAL);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

static void an_equal_with_a_lower_address_is_told_at_once(void **state)
{
	(void)state;
	begin_as_active(defaults());
	now += INTERVAL / 3;
	hear("10.77.0.11", 100, INTERVAL);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
}

static void our_own_address_from_elsewhere_changes_nothing(void **state)
{
	(void)state;
	begin_as_active(defaults());
	hear("10.77.0.12", 100, INTERVAL);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_true(machine.owning);
}

static void out_of_fault_the_down_interval_is_whole(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	vrrp_fault(&machine, "test", now, &actions);
	now += 100 * INTERVAL;
	startup(false);
	assert_int_equal(machine.state, VRRP_BACKUP);
	assert_int_equal(machine.down_timer, now + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
}

static void out_of_fault_an_active_leaves_the_rest_of_it(void **state)
{
	uint64_t heard;

	(void)state;
	begin_as_backup(defaults());
	vrrp_fault(&machine, "test", now, &actions);
	now += 100 * INTERVAL;
	hear("10.77.0.11", 150, INTERVAL);
	heard = now;
	now += 2 * INTERVAL;
	startup(false);
	assert_int_equal(machine.down_timer, heard + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
}

static void who_takes_no_part_knows_the_active_all_the_same(void **state)
{
	struct ip_address active = address("10.77.0.11");

	(void)state;
	begin(defaults());
	hear("10.77.0.11", 150, INTERVAL);
	EXPECT_NOTHING();
	assert_int_equal(machine.state, VRRP_INITIALIZE);
	assert_true(address_equal(&machine.active, &active));
	vrrp_fault(&machine, "test", now, &actions);
	hear("10.77.0.11", 140, INTERVAL);
	assert_int_equal(machine.state, VRRP_FAULT);
	assert_int_equal(machine.active_priority, 140);
}

/* Whatever the clock's origin: nothing but differences of one monotonic clock counts. */
static void only_differences_of_time_count(void **state)
{
	const uint64_t origins[] = {0, 3600 * NS_PER_S, UINT64_MAX / 4};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		begin(defaults());
		now = START + origins[i];
		startup(false);
		hear("10.77.0.11", 150, INTERVAL);
		run_until(now + 3 * INTERVAL);
		EXPECT_NOTHING();
		run_until(START + origins[i] + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
		assert_int_equal(machine.state, VRRP_ACTIVE);
	}
}

static void wake_after_the_lease(void)
{
	now += 100 * INTERVAL;
	actions.count = 0;
	vrrp_lose_lease(&machine, now, &actions);
	EXPECT(VRRP_DROP_LEASE, VRRP_STATE_CHANGED);
}

/* It slept too long: what it hears next decides, and it says nothing before. */
static void a_late_owner_that_does_not_preempt_stays_backup(void **state)
{
	struct vrrp_parameters patient = defaults();

	(void)state;
	patient.preempt = false;
	begin_as_active(patient);
	wake_after_the_lease();
	for (int i = 0; i < 20; i++) {
		hear("10.77.0.13", 50, INTERVAL);
		run_until(now + INTERVAL);
		EXPECT_NOTHING();
	}
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void a_late_owner_that_preempts_does_so_once(void **state)
{
	int changes = 0;

	(void)state;
	begin_as_active(defaults());
	wake_after_the_lease();
	for (int i = 0; i < 20; i++) {
		hear("10.77.0.13", 50, INTERVAL);
		run_until(now + INTERVAL / 2);
		changes += actions.count && actions.list[0].type == VRRP_STATE_CHANGED;
	}
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_int_equal(changes, 1);
}

static void a_slower_active_is_waited_for_and_succeeded_at_our_pace(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 150, 5 * INTERVAL);
	run_until(now + 15 * INTERVAL);
	EXPECT_NOTHING();
	run_until(machine.down_timer);
	assert_int_equal(machine.down_timer, NEVER);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_address_owner_is_obeyed),
		cmocka_unit_test(of_two_address_owners_the_greater_address_wins),
		cmocka_unit_test(an_address_owner_preempts_whatever_preempt_says),
		cmocka_unit_test(preempt_delay_has_bounds),
		cmocka_unit_test(preempt_delay_begins_anew_after_a_better_one),
		cmocka_unit_test(preempt_delay_does_not_delay_after_a_death),
		cmocka_unit_test(an_equal_with_a_lower_address_is_told_at_once),
		cmocka_unit_test(our_own_address_from_elsewhere_changes_nothing),
		cmocka_unit_test(out_of_fault_the_down_interval_is_whole),
		cmocka_unit_test(out_of_fault_an_active_leaves_the_rest_of_it),
		cmocka_unit_test(who_takes_no_part_knows_the_active_all_the_same),
		cmocka_unit_test(only_differences_of_time_count),
		cmocka_unit_test(a_late_owner_that_does_not_preempt_stays_backup),
		cmocka_unit_test(a_late_owner_that_preempts_does_so_once),
		cmocka_unit_test(a_slower_active_is_waited_for_and_succeeded_at_our_pace),
	};

	return cmocka_run_group_tests_name("machine, rows", tests, NULL, NULL);
}
