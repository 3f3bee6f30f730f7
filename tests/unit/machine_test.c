// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VRRP state machine, row by row of RFC 9568 section 6.4, with a clock of our own.
 */
#include "tests/unit/machine_bench.h"

/* Section 6.1. */

static void skew_time_is_not_truncated(void **state)
{
	(void)state;
	assert_int_equal(vrrp_skew_time(254, NS_PER_CS), 78125);
	assert_int_equal(vrrp_skew_time(255, NS_PER_S), NS_PER_S / 256);
	assert_int_equal(vrrp_skew_time(1, NS_PER_S), 255 * NS_PER_S / 256);
	assert_int_equal(vrrp_skew_time(1, 40950 * NS_PER_MS), 255 * 40950 * NS_PER_MS / 256);
}

static void lease_ends_before_the_earliest_takeover(void **state)
{
	(void)state;
	for (uint64_t interval = NS_PER_CS; interval <= 40950 * NS_PER_MS; interval *= 2)
		assert_true(vrrp_lease_duration(interval) <
			    3 * interval + vrrp_skew_time(255, interval));
}

/* Section 6.4.1, Initialize. */

static void address_owner_starts_as_active(void **state)
{
	struct vrrp_parameters owner = defaults();

	(void)state;
	owner.priority = 255;
	begin(owner);
	startup(false);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	assert_int_equal(actions.list[1].priority, 255);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
	run_until(vrrp_deadline(&machine));
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
}

static void others_start_as_backup(void **state)
{
	(void)state;
	begin(defaults());
	startup(false);
	EXPECT(VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_BACKUP);
	assert_int_equal(machine.down_timer, now + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
	assert_int_equal(vrrp_deadline(&machine), machine.down_timer);
}

static void active_heard_before_startup_is_waited_for(void **state)
{
	(void)state;
	begin(defaults());
	hear("10.77.0.11", 150, INTERVAL);
	EXPECT_NOTHING();
	now += INTERVAL;
	startup(false);
	assert_int_equal(machine.down_timer, START + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
}

static void active_heard_long_before_startup_is_not(void **state)
{
	(void)state;
	begin(defaults());
	hear("10.77.0.11", 150, INTERVAL);
	now += 100 * INTERVAL;
	startup(false);
	assert_int_equal(machine.down_timer, now + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
}

static void living_lease_goes_on_as_active(void **state)
{
	(void)state;
	begin(defaults());
	startup(true);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT, VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_true(actions.list[2].renews);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

/* Section 6.4.2, Backup. */

static void silence_makes_active(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	run_until(machine.down_timer - 1);
	EXPECT_NOTHING();
	run_until(machine.down_timer);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	assert_int_equal(actions.list[1].priority, 100);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
	run_until(vrrp_deadline(&machine));
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_int_equal(actions.list[0].duration, vrrp_lease_duration(INTERVAL));
	assert_false(actions.list[0].renews);
}

static void shutdown_of_a_backup_says_nothing(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	actions.count = 0;
	vrrp_shutdown(&machine, now, &actions);
	EXPECT(VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_INITIALIZE);
	assert_int_equal(vrrp_deadline(&machine), NEVER);
}

static void resignation_leaves_the_skew_time(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 150, INTERVAL);
	now += INTERVAL;
	hear("10.77.0.11", 0, INTERVAL);
	assert_int_equal(machine.down_timer, now + vrrp_skew_time(100, INTERVAL));
	run_until(machine.down_timer);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
}

static void higher_priority_resets_the_timer(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	now += 2 * INTERVAL;
	hear("10.77.0.11", 150, 2 * INTERVAL);
	EXPECT_NOTHING();
	assert_int_equal(machine.active_interval, 2 * INTERVAL);
	assert_int_equal(machine.down_timer,
			 now + 6 * INTERVAL + vrrp_skew_time(100, 2 * INTERVAL));
}

static void equal_priority_resets_the_timer_whatever_the_address(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	now += INTERVAL;
	hear("10.77.0.1", 100, INTERVAL);
	assert_int_equal(machine.down_timer, now + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
}

static void lower_priority_is_discarded_when_preempting(void **state)
{
	uint64_t deadline;

	(void)state;
	begin_as_backup(defaults());
	deadline = machine.down_timer;
	now += INTERVAL;
	hear("10.77.0.13", 50, 5 * INTERVAL);
	EXPECT_NOTHING();
	assert_int_equal(machine.down_timer, deadline);
	assert_int_equal(machine.active_interval, INTERVAL);
}

static void preemption_waits_for_the_former_owner(void **state)
{
	uint64_t takes_over_at;

	(void)state;
	begin_as_backup(defaults());
	takes_over_at = machine.down_timer;
	now = takes_over_at - INTERVAL / 2;
	hear("10.77.0.13", 50, INTERVAL);
	run_until(takes_over_at);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	assert_false(machine.owning);
	assert_int_equal(vrrp_deadline(&machine), now + 2 * NS_PER_MS);
	run_until(vrrp_deadline(&machine));
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_true(machine.owning);
}

/* Both saw the same silence, and one looked late: their first words cross on the way. */
static void of_two_that_take_over_at_once_one_gives_up(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	run_until(machine.down_timer);
	EXPECT(VRRP_STATE_CHANGED, VRRP_SEND_ADVERT);
	hear("10.77.0.11", 150, INTERVAL);
	run_until(now + 2 * NS_PER_MS);
	EXPECT_NOTHING();
	assert_int_equal(machine.state, VRRP_BACKUP);
}

/* Who was stopped before it could send has been heard by nobody, however long ago it decided. */
static void the_wait_begins_when_the_advert_has_left(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	run_until(machine.down_timer);
	now += INTERVAL / 2;
	vrrp_sent(&machine, now);
	run_until(now);
	EXPECT_NOTHING();
	run_until(now + 2 * NS_PER_MS);
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	vrrp_sent(&machine, now);
	assert_int_equal(machine.take_timer, NEVER);
}

static void without_preemption_lower_priority_is_accepted(void **state)
{
	struct vrrp_parameters patient = defaults();

	(void)state;
	patient.preempt = false;
	begin_as_backup(patient);
	for (int i = 0; i < 20; i++) {
		run_until(now + INTERVAL);
		EXPECT_NOTHING();
		hear("10.77.0.13", 50, INTERVAL);
	}
	assert_int_equal(machine.state, VRRP_BACKUP);
	run_until(machine.down_timer);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

static void preemption_is_delayed(void **state)
{
	struct vrrp_parameters delayed = defaults();
	uint64_t first;

	(void)state;
	delayed.preempt_delay = 10 * INTERVAL;
	begin_as_backup(delayed);
	now += INTERVAL;
	first = now;
	while (machine.state == VRRP_BACKUP) {
		hear("10.77.0.13", 50, INTERVAL);
		run_until(now + INTERVAL);
	}
	assert_true(now >= first + 10 * INTERVAL);
	assert_true(now <= first + 10 * INTERVAL + 5 * INTERVAL);
}

static void higher_priority_cancels_the_preemption_delay(void **state)
{
	struct vrrp_parameters delayed = defaults();

	(void)state;
	delayed.preempt_delay = 10 * INTERVAL;
	begin_as_backup(delayed);
	hear("10.77.0.13", 50, INTERVAL);
	assert_true(machine.preempt_timer != 0);
	now += INTERVAL;
	hear("10.77.0.11", 150, INTERVAL);
	assert_int_equal(machine.preempt_timer, 0);
}

static void learned_interval_is_clamped(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	hear("10.77.0.11", 254, 40950 * NS_PER_MS);
	assert_int_equal(machine.active_interval, 10 * NS_PER_S);
	assert_true(machine.down_timer <= now + 40 * NS_PER_S);
}

static void adverts_out_of_order_are_ignored(void **state)
{
	struct vrrp_advert old = {.priority = 0, .max_advert_interval = INTERVAL};
	uint64_t deadline;

	(void)state;
	begin_as_backup(defaults());
	now += INTERVAL;
	hear("10.77.0.11", 150, INTERVAL);
	deadline = machine.down_timer;
	old.source = address("10.77.0.11");
	vrrp_hear(&machine, &old, now - INTERVAL / 2, now, &actions);
	assert_int_equal(machine.down_timer, deadline);
}

/* Section 6.4.3, Active. */

static void active_advertises_and_renews(void **state)
{
	(void)state;
	begin_as_active(defaults());
	for (int i = 0; i < 5; i++) {
		run_until(vrrp_deadline(&machine));
		EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
		assert_int_equal(actions.list[0].priority, 100);
		assert_true(actions.list[1].renews);
		assert_int_equal(vrrp_deadline(&machine), now + INTERVAL);
	}
}

static void shutdown_of_the_active_fences_itself_before_it_resigns(void **state)
{
	(void)state;
	begin_as_active(defaults());
	actions.count = 0;
	vrrp_shutdown(&machine, now, &actions);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 0);
	assert_int_equal(vrrp_deadline(&machine), NEVER);
}

static void resignation_of_another_is_answered(void **state)
{
	(void)state;
	begin_as_active(defaults());
	now += INTERVAL / 2;
	hear("10.77.0.11", 0, INTERVAL);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

static void higher_priority_takes_over(void **state)
{
	(void)state;
	begin_as_active(defaults());
	hear("10.77.0.13", 101, 2 * INTERVAL);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 100); /* the winner announces when it hears it */
	assert_int_equal(machine.state, VRRP_BACKUP);
	assert_false(machine.owning);
	assert_int_equal(machine.down_timer,
			 now + 6 * INTERVAL + vrrp_skew_time(100, 2 * INTERVAL));
}

static void active_yields_even_when_it_does_not_preempt(void **state)
{
	struct vrrp_parameters patient = defaults();

	(void)state;
	patient.preempt = false;
	begin_as_active(patient);
	hear("10.77.0.13", 101, INTERVAL);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

static void between_equals_the_greater_address_wins(void **state)
{
	static const struct {
		const char *ours, *theirs;
		enum vrrp_state expected;
	} rows[] = {
		{"10.77.0.12", "10.77.0.13", VRRP_BACKUP},
		{"10.77.0.12", "10.77.0.11", VRRP_ACTIVE},
		{"127.0.0.1", "128.0.0.1", VRRP_BACKUP}, /* unsigned */
		{"128.0.0.1", "127.0.0.1", VRRP_ACTIVE},
		{"10.77.0.12", "10.77.0.12", VRRP_ACTIVE}, /* a clone: no state change */
		{"fe80::1:0:0:1", "fe80::ff:0:0:2", VRRP_BACKUP},
		{"fe80::ff:0:0:2", "fe80::1:0:0:1", VRRP_ACTIVE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp_parameters parameters = defaults();

		parameters.address = address(rows[i].ours);
		begin_as_active(parameters);
		hear(rows[i].theirs, 100, INTERVAL);
		assert_int_equal(machine.state, rows[i].expected);
	}
}

static void a_loser_is_told_at_once(void **state)
{
	(void)state;
	begin_as_active(defaults());
	now += INTERVAL / 3;
	hear("10.77.0.13", 50, INTERVAL);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
}

static void while_waiting_to_own_nothing_is_stored(void **state)
{
	(void)state;
	begin_as_backup(defaults());
	now = machine.down_timer - 1;
	hear("10.77.0.13", 50, INTERVAL);
	run_until(machine.down_timer);
	hear("10.77.0.13", 50, INTERVAL);
	EXPECT(VRRP_SEND_ADVERT);
	hear("10.77.0.11", 150, INTERVAL);
	EXPECT(VRRP_DROP_LEASE, VRRP_STATE_CHANGED);
	assert_int_equal(machine.take_timer, NEVER);
}

static void a_rival_is_remembered_since_when_it_goes_on(void **state)
{
	uint64_t since;

	(void)state;
	begin_as_active(defaults());
	hear("10.77.0.13", 50, INTERVAL);
	since = now;
	for (int i = 0; i < 5; i++) {
		now += INTERVAL;
		hear("10.77.0.13", 60, INTERVAL);
	}
	assert_int_equal(machine.rival.since, since);
	assert_int_equal(machine.rival.seen_at, now);
	assert_int_equal(machine.rival.priority, 60);
	now += 5 * INTERVAL;
	hear("10.77.0.13", 60, INTERVAL);
	assert_int_equal(machine.rival.since, now);
	hear("10.77.0.11", 0, INTERVAL); /* who resigns is none */
	assert_int_equal(machine.rival.since, now);
	hear("10.77.0.14", 150, INTERVAL);
	assert_int_equal(machine.rival.seen_at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rival_is_remembered_since_when_it_goes_on),
		cmocka_unit_test(skew_time_is_not_truncated),
		cmocka_unit_test(lease_ends_before_the_earliest_takeover),
		cmocka_unit_test(address_owner_starts_as_active),
		cmocka_unit_test(others_start_as_backup),
		cmocka_unit_test(active_heard_before_startup_is_waited_for),
		cmocka_unit_test(active_heard_long_before_startup_is_not),
		cmocka_unit_test(living_lease_goes_on_as_active),
		cmocka_unit_test(silence_makes_active),
		cmocka_unit_test(shutdown_of_a_backup_says_nothing),
		cmocka_unit_test(resignation_leaves_the_skew_time),
		cmocka_unit_test(higher_priority_resets_the_timer),
		cmocka_unit_test(equal_priority_resets_the_timer_whatever_the_address),
		cmocka_unit_test(lower_priority_is_discarded_when_preempting),
		cmocka_unit_test(preemption_waits_for_the_former_owner),
		cmocka_unit_test(of_two_that_take_over_at_once_one_gives_up),
		cmocka_unit_test(the_wait_begins_when_the_advert_has_left),
		cmocka_unit_test(without_preemption_lower_priority_is_accepted),
		cmocka_unit_test(preemption_is_delayed),
		cmocka_unit_test(higher_priority_cancels_the_preemption_delay),
		cmocka_unit_test(learned_interval_is_clamped),
		cmocka_unit_test(adverts_out_of_order_are_ignored),
		cmocka_unit_test(active_advertises_and_renews),
		cmocka_unit_test(shutdown_of_the_active_fences_itself_before_it_resigns),
		cmocka_unit_test(resignation_of_another_is_answered),
		cmocka_unit_test(higher_priority_takes_over),
		cmocka_unit_test(active_yields_even_when_it_does_not_preempt),
		cmocka_unit_test(between_equals_the_greater_address_wins),
		cmocka_unit_test(a_loser_is_told_at_once),
		cmocka_unit_test(while_waiting_to_own_nothing_is_stored),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
