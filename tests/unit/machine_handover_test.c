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

static void hand_over(void)
{
	actions.count = 0;
	vrrp_hand_over_on_request(&machine, now, &actions);
}

static void expect_offer(void)
{
	EXPECT(VRRP_SEND_ADVERT);
	assert_int_equal(actions.list[0].priority, 1);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_true(machine.owning);
}

static void expect_resignation(void)
{
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 0);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void handed_over_on_request_does_not_preempt(void **state)
{
	(void)state;
	begin_as_active(defaults());
	hand_over();
	expect_offer();
	hear("10.77.0.13", 50, INTERVAL);
	EXPECT(VRRP_DROP_LEASE, VRRP_STATE_CHANGED);
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

/* Backups that know nothing of offers act by the last advertisement of the full priority. */
static void an_offer_that_nobody_takes_ends_before_the_lease(void **state)
{
	uint64_t leased_until, offered_at, bound = vrrp_hand_over_bound(INTERVAL);

	(void)state;
	for (uint64_t phase = 0; phase < INTERVAL; phase += INTERVAL / 7) {
		begin_as_active(defaults());
		run_until(machine.advert_timer);
		EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
		leased_until = now + actions.list[1].duration;
		now = offered_at = now + phase;
		hand_over();
		expect_offer();
		while (vrrp_deadline(&machine) < offered_at + bound) {
			run_until(vrrp_deadline(&machine));
			expect_offer();
		}
		run_until(vrrp_deadline(&machine));
		assert_int_equal(now, offered_at + bound);
		assert_true(now < leased_until);
		expect_resignation();
		assert_true(machine.handed_over);
	}
}

static void whoever_takes_an_offer_is_given_way_to(void **state)
{
	static const uint8_t priorities[] = {2, 50, 100, 150, 255};

	(void)state;
	for (size_t i = 0; i < sizeof(priorities); i++) {
		begin_as_active(defaults());
		hand_over();
		hear("10.77.0.11", priorities[i], INTERVAL);
		EXPECT(VRRP_DROP_LEASE, VRRP_STATE_CHANGED);
		assert_string_equal(actions.list[1].reason, "handed over on request");
		assert_true(machine.down_timer > now + 3 * INTERVAL);
		assert_int_equal(vrrp_deadline(&machine), machine.down_timer);
	}
}

static void what_cannot_be_preempted_at_once_is_not_offered(void **state)
{
	struct vrrp_parameters parameters = defaults();

	(void)state;
	parameters.preempt = false;
	begin_as_active(parameters);
	hand_over();
	expect_resignation();

	parameters = defaults();
	parameters.preempt_delay = NS_PER_S;
	begin_as_active(parameters);
	hand_over();
	expect_resignation();

	parameters = defaults();
	parameters.priority = 1;
	begin_as_active(parameters);
	hand_over();
	expect_resignation();

	begin_as_backup(defaults()); /* who does not own yet has nothing to keep */
	run_until(machine.down_timer);
	hand_over();
	expect_resignation();
}

static void an_offer_ends_with_the_majority(void **state)
{
	uint64_t majority_until;

	(void)state;
	begin_as_active(defaults());
	majority_until = now + INTERVAL / 2;
	vrrp_set_quorum(&machine, majority_until, now);
	hand_over();
	expect_offer();
	while (vrrp_deadline(&machine) < majority_until) {
		run_until(vrrp_deadline(&machine));
		expect_offer();
	}
	run_until(vrrp_deadline(&machine));
	assert_int_equal(now, majority_until);
	expect_resignation();
}

static void a_majority_renews_no_offer(void **state)
{
	(void)state;
	begin_as_active(defaults());
	hand_over();
	vrrp_set_quorum(&machine, now + 10 * INTERVAL, now);
	for (int i = 0; i < 10 && machine.state == VRRP_ACTIVE; i++) {
		run_until(vrrp_deadline(&machine));
		for (size_t j = 0; j < actions.count; j++)
			assert_int_not_equal(actions.list[j].type, VRRP_STORE_LEASE);
	}
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static uint64_t accepts_at(struct vrrp_parameters parameters)
{
	begin_as_backup(parameters);
	hear("10.77.0.11", 150, INTERVAL);
	now += INTERVAL / 2;
	hear("10.77.0.11", 1, INTERVAL);
	return machine.down_timer - now;
}

static void a_backup_accepts_an_offer_after_its_skew(void **state)
{
	struct vrrp_parameters low = defaults();

	(void)state;
	low.priority = 2;
	assert_int_equal(accepts_at(defaults()), vrrp_skew_time(100, INTERVAL));
	assert_int_equal(accepts_at(low), vrrp_skew_time(2, INTERVAL));
	assert_true(accepts_at(low) < vrrp_hand_over_bound(INTERVAL));
}

/* As if the first one had been lost, or had come before the last advertisement that was none. */
static void an_offer_is_made_time_and_again(void **state)
{
	uint64_t offered_at;

	(void)state;
	begin_as_active(defaults());
	hand_over();
	offered_at = now;
	run_until(vrrp_deadline(&machine));
	expect_offer();
	assert_int_equal(now, offered_at + INTERVAL / 4);
	assert_true(now + vrrp_skew_time(1, INTERVAL) <
		    offered_at + vrrp_hand_over_bound(INTERVAL));
}

static void an_offer_that_is_repeated_is_accepted_no_later(void **state)
{
	uint64_t at;

	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 150, INTERVAL);
	hear("10.77.0.11", 1, INTERVAL);
	at = machine.down_timer;
	now += INTERVAL / 4;
	hear("10.77.0.11", 1, INTERVAL);
	assert_int_equal(machine.down_timer, at);
}

static void who_does_not_preempt_accepts_no_offer(void **state)
{
	struct vrrp_parameters parameters = defaults();

	(void)state;
	parameters.preempt = false;
	assert_true(accepts_at(parameters) > 3 * INTERVAL);
	parameters = defaults();
	parameters.preempt_delay = NS_PER_S;
	assert_true(accepts_at(parameters) > 2 * INTERVAL);
	parameters = defaults();
	parameters.priority = 1;
	assert_true(accepts_at(parameters) > 3 * INTERVAL);
}

static void begin_as_handed_over(uint8_t priority_of_the_next)
{
	begin_as_active(defaults());
	hand_over();
	run_until(now + vrrp_hand_over_bound(INTERVAL));
	assert_int_equal(machine.state, VRRP_BACKUP);
	hear("10.77.0.11", priority_of_the_next, INTERVAL);
	now += INTERVAL;
	hear("10.77.0.11", priority_of_the_next, INTERVAL);
}

static void who_has_handed_over_accepts_an_offer_back(void **state)
{
	(void)state;
	begin_as_handed_over(50);
	assert_true(machine.down_timer > now + 3 * INTERVAL);
	hear("10.77.0.11", 1, INTERVAL);
	assert_int_equal(machine.down_timer, now + vrrp_skew_time(100, INTERVAL));
}

static void the_least_priority_of_all_is_no_offer_back(void **state)
{
	(void)state;
	begin_as_handed_over(1);
	assert_true(machine.down_timer > now + 3 * INTERVAL);
	assert_true(machine.handed_over);
}

/* Two machines, and what each hears of the other: the time without an owner is the delay's. */
static void only_the_handover_delay_is_without_an_owner(void **state)
{
	uint64_t accepted_at, lost_at;

	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 150, INTERVAL);
	hear("10.77.0.11", 1, INTERVAL);
	run_until(machine.down_timer);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	accepted_at = lost_at = now; /* the giver's dataplane hears it */
	vrrp_sent(&machine, now);
	run_until(machine.take_timer);
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_int_equal(now - lost_at, defaults().handover_delay);
	assert_true(accepted_at - START < INTERVAL);
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
	expect_offer();
	set_reluctant(true);
	EXPECT_NOTHING();
	run_until(now + vrrp_hand_over_bound(INTERVAL));
	expect_resignation();
	assert_false(machine.handed_over);
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
		cmocka_unit_test(an_offer_that_nobody_takes_ends_before_the_lease),
		cmocka_unit_test(whoever_takes_an_offer_is_given_way_to),
		cmocka_unit_test(what_cannot_be_preempted_at_once_is_not_offered),
		cmocka_unit_test(an_offer_ends_with_the_majority),
		cmocka_unit_test(a_majority_renews_no_offer),
		cmocka_unit_test(a_backup_accepts_an_offer_after_its_skew),
		cmocka_unit_test(an_offer_is_made_time_and_again),
		cmocka_unit_test(an_offer_that_is_repeated_is_accepted_no_later),
		cmocka_unit_test(who_does_not_preempt_accepts_no_offer),
		cmocka_unit_test(who_has_handed_over_accepts_an_offer_back),
		cmocka_unit_test(the_least_priority_of_all_is_no_offer_back),
		cmocka_unit_test(only_the_handover_delay_is_without_an_owner),
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
