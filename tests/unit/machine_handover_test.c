// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VRRP state machine beyond the RFC: faults, leases that were lost, and who hands over when.
 */
#include <errno.h>

#include "tests/unit/machine_bench.h"

/* Faults, leases, requests. */

static void fault_resigns_and_listens(void **state)
{
	(void)state;
	begin_as_active(defaults());
	actions.count = 0;
	vrrp_fault(&machine, "test", now, &actions);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 0);
	assert_int_equal(machine.state, VRRP_FAULT);
	assert_int_equal(vrrp_deadline(&machine), NEVER);

	hear("10.77.0.13", 50, INTERVAL);
	EXPECT_NOTHING();
	assert_int_equal(machine.active_seen_at, now);
	startup(false);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void lost_lease_listens_for_one_interval(void **state)
{
	(void)state;
	begin_as_active(defaults());
	now += 10 * INTERVAL;
	actions.count = 0;
	vrrp_lose_lease(&machine, now, &actions);
	EXPECT(VRRP_DROP_LEASE, VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_BACKUP);
	assert_true(machine.down_timer > now + INTERVAL);
	assert_true(machine.down_timer < now + 2 * INTERVAL);
}

static void handed_over_on_request_does_not_preempt(void **state)
{
	(void)state;
	begin_as_active(defaults());
	actions.count = 0;
	vrrp_hand_over_on_request(&machine, now, &actions);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	for (int i = 0; i < 20; i++) {
		run_until(now + INTERVAL);
		EXPECT_NOTHING();
		hear("10.77.0.13", 50, INTERVAL);
	}
	assert_int_equal(machine.state, VRRP_BACKUP);
	run_until(machine.down_timer); /* but it is there when nobody else is */
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_false(machine.handed_over);
}

static void only_the_active_can_hand_over(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	actions.count = 0;
	vrrp_hand_over_on_request(&machine, now, &actions);
	EXPECT_NOTHING();
}

static void two_backups_do_not_both_take_over(void **state)
{
	struct vrrp_parameters low = defaults();
	uint64_t high_takes_at, low_takes_at;

	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 0, INTERVAL);
	high_takes_at = machine.down_timer;
	low.priority = 50;
	begin_as_backup(low);
	hear("10.77.0.11", 0, INTERVAL);
	low_takes_at = machine.down_timer;
	assert_true(high_takes_at < low_takes_at);
	now = high_takes_at;
	hear("10.77.0.12", 100, INTERVAL);
	run_until(low_takes_at);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

/* Reluctance. */

static void begin_as_reluctant_backup(struct vrrp_parameters parameters)
{
	begin(parameters);
	actions.count = 0;
	vrrp_set_reluctant(&machine, true, now, &actions);
	EXPECT_NOTHING();
	startup(false);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void set_reluctant(bool reluctant)
{
	actions.count = 0;
	vrrp_set_reluctant(&machine, reluctant, now, &actions);
}

static void a_reluctant_active_hands_over(void **state)
{
	(void)state;
	begin_as_active(defaults());
	set_reluctant(true);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 0);
	assert_int_equal(machine.state, VRRP_BACKUP);
	set_reluctant(true);
	EXPECT_NOTHING();
}

static void a_reluctant_backup_does_not_preempt(void **state)
{
	(void)state;
	begin_as_reluctant_backup(defaults());
	for (int i = 0; i < 20; i++) {
		run_until(now + INTERVAL);
		EXPECT_NOTHING();
		hear("10.77.0.13", 50, INTERVAL);
	}
	assert_int_equal(machine.state, VRRP_BACKUP);
}

/* Unlike one that handed over on request, which is itself again once it is Active. */
static void a_reluctant_one_is_the_last_resort_and_stays_reluctant(void **state)
{
	(void)state;
	begin_as_reluctant_backup(defaults());
	run_until(machine.down_timer);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	run_until(machine.take_timer);
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_true(machine.reluctant);
	set_reluctant(true);
	EXPECT_NOTHING();
	assert_int_equal(machine.state, VRRP_ACTIVE);

	hear("10.77.0.14", 150, INTERVAL);
	assert_int_equal(machine.state, VRRP_BACKUP);
	for (int i = 0; i < 20; i++) {
		run_until(now + INTERVAL);
		hear("10.77.0.13", 50, INTERVAL);
	}
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static uint64_t takes_over_at(uint8_t priority, bool reluctant, bool resigned)
{
	struct vrrp_parameters parameters = defaults();

	parameters.priority = priority;
	begin_as_backup(parameters);
	set_reluctant(reluctant);
	hear("10.77.0.11", 200, INTERVAL);
	if (resigned)
		hear("10.77.0.11", 0, INTERVAL);
	return machine.down_timer;
}

static void all_others_go_before_a_reluctant_one(void **state)
{
	(void)state;
	for (int resigned = 0; resigned < 2; resigned++)
		assert_true(takes_over_at(1, false, resigned) + INTERVAL / 256 <=
			    takes_over_at(254, true, resigned));
}

static void reluctance_outlasts_a_fault(void **state)
{
	(void)state;
	begin_as_active(defaults());
	set_reluctant(true);
	vrrp_fault(&machine, "test", now, &actions);
	startup(false);
	for (int i = 0; i < 20; i++) {
		run_until(now + INTERVAL);
		hear("10.77.0.13", 50, INTERVAL);
	}
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void once_willing_again_it_preempts(void **state)
{
	(void)state;
	begin_as_active(defaults());
	set_reluctant(true);
	hear("10.77.0.13", 50, INTERVAL);
	set_reluctant(false);
	EXPECT_NOTHING();
	for (int i = 0; i < 5 && machine.state == VRRP_BACKUP; i++) {
		run_until(now + INTERVAL);
		hear("10.77.0.13", 50, INTERVAL);
	}
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

static void a_reluctant_address_owner_starts_as_backup(void **state)
{
	struct vrrp_parameters owner = defaults();

	(void)state;
	owner.priority = 255;
	begin_as_reluctant_backup(owner);
	run_until(machine.down_timer);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fault_resigns_and_listens),
		cmocka_unit_test(lost_lease_listens_for_one_interval),
		cmocka_unit_test(handed_over_on_request_does_not_preempt),
		cmocka_unit_test(only_the_active_can_hand_over),
		cmocka_unit_test(two_backups_do_not_both_take_over),
		cmocka_unit_test(a_reluctant_active_hands_over),
		cmocka_unit_test(a_reluctant_backup_does_not_preempt),
		cmocka_unit_test(a_reluctant_one_is_the_last_resort_and_stays_reluctant),
		cmocka_unit_test(all_others_go_before_a_reluctant_one),
		cmocka_unit_test(reluctance_outlasts_a_fault),
		cmocka_unit_test(once_willing_again_it_preempts),
		cmocka_unit_test(a_reluctant_address_owner_starts_as_backup),
	};

	return cmocka_run_group_tests_name("machine, handover", tests, NULL, NULL);
}
