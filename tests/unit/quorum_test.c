// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is on the side of a majority, and what the VRRP state machine makes of it.
 */
#include "ctl/vrrp/quorum.h"
#include "tests/unit/machine_bench.h"

/* Counting. */

#define WINDOW (INTERVAL * 17 / 10)

static struct quorum count(size_t nodes, const uint64_t *heard_at)
{
	return quorum_count(heard_at, nodes, INTERVAL, START);
}

static void alone_is_no_majority(void **state)
{
	(void)state;
	for (size_t nodes = 3; nodes <= 128; nodes++) {
		const uint64_t heard_at[128] = {START};
		struct quorum quorum = count(nodes, heard_at);

		assert_int_equal(quorum.heard, 1);
		assert_int_equal(quorum.until, 0);
		assert_false(quorum_is_majority(&quorum, START));
	}
}

static void exactly_half_is_not_enough(void **state)
{
	struct quorum quorum = count(4, (uint64_t[]){START, START, 0, 0});

	(void)state;
	assert_int_equal(quorum.needed, 3);
	assert_int_equal(quorum.heard, 2);
	assert_false(quorum_is_majority(&quorum, START));
	quorum = count(4, (uint64_t[]){START, START, 0, START});
	assert_true(quorum_is_majority(&quorum, START));
	assert_int_equal(count(5, (uint64_t[]){0, START, START, 0, START}).needed, 3);
}

/* It ends with the oldest of those that are needed, however many more are heard now and then. */
static void majority_ends_with_the_last_that_is_needed(void **state)
{
	const uint64_t old = START - INTERVAL, older = START - 3 * INTERVAL / 2;

	(void)state;
	assert_int_equal(count(3, (uint64_t[]){START, old, 0}).until, old + WINDOW);
	assert_int_equal(count(3, (uint64_t[]){older, START, old}).until, old + WINDOW);
	assert_int_equal(count(5, (uint64_t[]){older, START, old, 0, START - 1}).until,
			 old + WINDOW);
	assert_int_equal(count(5, (uint64_t[]){START, 0, older, old, 0}).until, older + WINDOW);
}

static void node_counts_until_the_end_of_the_window(void **state)
{
	struct quorum quorum = count(3, (uint64_t[]){START, START - WINDOW + 1, 0});

	(void)state;
	assert_int_equal(quorum.heard, 2);
	assert_true(quorum_is_majority(&quorum, START));
	assert_false(quorum_is_majority(&quorum, START + 1));
	quorum = count(3, (uint64_t[]){START, START - WINDOW, 0});
	assert_int_equal(quorum.heard, 1);
	assert_false(quorum_is_majority(&quorum, START));
}

/* More heard, or heard later, never makes it less. */
static void hearing_more_never_shortens_it(void **state)
{
	uint64_t heard_at[7] = {START};
	uint64_t seed = 1, until = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		heard_at[1 + (seed >> 33) % 6] += (seed >> 40) % INTERVAL;
		assert_true(count(7, heard_at).until >= until);
		until = count(7, heard_at).until;
	}
}

/* The argument of docs/architecture.md in numbers, at every interval there may be. */
static void cut_off_owner_stops_before_anybody_begins(void **state)
{
	(void)state;
	for (uint64_t interval = NS_PER_CS; interval <= 40950 * NS_PER_MS; interval += NS_PER_CS) {
		uint64_t forgiven = 3 * quorum_pace(interval);
		uint64_t stops = quorum_window(interval) + quorum_margin(interval);
		uint64_t begins = 3 * interval + vrrp_skew_time(255, interval) - interval;

		assert_true(quorum_window(interval) >= forgiven + interval / 5);
		assert_true(stops <= begins - interval / 5);
	}
}

/* The machine. */

static void set_quorum(uint64_t until)
{
	vrrp_set_quorum(&machine, until, now);
}

static void begin_as_active_until(uint64_t until)
{
	begin(defaults());
	set_quorum(until);
	startup(false);
	run_until(machine.down_timer);
	run_until(machine.take_timer);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

static void without_quorum_nobody_takes_over(void **state)
{
	(void)state;
	begin(defaults());
	set_quorum(0);
	startup(false);
	run_until(machine.down_timer);
	EXPECT_NOTHING();
	assert_int_equal(machine.state, VRRP_BACKUP);
	assert_int_equal(vrrp_deadline(&machine), NEVER);
}

static void no_start_as_active_without_quorum(void **state)
{
	struct vrrp_parameters owner = defaults();

	(void)state;
	owner.priority = 255;
	begin(owner);
	set_quorum(now);
	startup(true);
	EXPECT(VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

/* The silence before meant nothing: whoever is Active on the other side could not be heard. */
static void with_the_majority_the_timer_begins_anew(void **state)
{
	(void)state;
	begin(defaults());
	set_quorum(0);
	startup(false);
	now += 2 * INTERVAL;
	set_quorum(now + WINDOW);
	assert_int_equal(machine.down_timer, now + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
	now += INTERVAL;
	set_quorum(now + WINDOW);
	hear("10.77.0.11", 150, INTERVAL);
	assert_int_equal(machine.down_timer, now + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));
	set_quorum(now + 10 * INTERVAL);
	run_until(machine.down_timer);
	assert_int_equal(machine.state, VRRP_ACTIVE);
}

static void majority_that_goes_on_leaves_the_timer_alone(void **state)
{
	uint64_t timer;

	(void)state;
	begin_as_backup(defaults());
	timer = machine.down_timer;
	set_quorum(now + WINDOW);
	now += INTERVAL;
	set_quorum(now + WINDOW);
	assert_int_equal(machine.down_timer, timer);
}

/* Also when nobody is there to end it: the lease in the map has the limit. */
static void no_lease_goes_beyond_the_majority(void **state)
{
	uint64_t until = START + 5 * INTERVAL;

	(void)state;
	begin_as_active_until(until);
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_int_equal(actions.list[0].limit, until + INTERVAL / 10);
	run_until(machine.advert_timer);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
	assert_int_equal(actions.list[1].limit, until + INTERVAL / 10);
}

static void without_a_policy_no_lease_has_a_limit(void **state)
{
	(void)state;
	begin_as_active(defaults());
	EXPECT(VRRP_STORE_LEASE, VRRP_ANNOUNCE);
	assert_true(actions.list[0].limit == NEVER);
	assert_int_equal(vrrp_deadline(&machine), machine.advert_timer);
}

static void active_without_quorum_resigns_at_once(void **state)
{
	uint64_t until = START + 4 * INTERVAL;

	(void)state;
	begin_as_active_until(until);
	assert_int_equal(vrrp_deadline(&machine), until);
	run_until(until);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 0);
	assert_string_equal(actions.list[2].reason, "no quorum: too few nodes are heard");
	assert_int_equal(machine.state, VRRP_BACKUP);
	run_until(machine.down_timer);
	EXPECT_NOTHING();
	assert_int_equal(machine.state, VRRP_BACKUP);
}

/* Between two advertisements: the lease that was stored last would end too early. */
static void lease_is_stored_again_when_the_majority_goes_on(void **state)
{
	uint64_t until = START + 4 * INTERVAL, adverts_at;

	(void)state;
	begin_as_active_until(until);
	adverts_at = machine.advert_timer;
	now = until;
	set_quorum(until + WINDOW);
	run_until(until);
	EXPECT(VRRP_STORE_LEASE);
	assert_int_equal(actions.list[0].limit, until + WINDOW + INTERVAL / 10);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_int_equal(machine.advert_timer, adverts_at);
}

static void lease_is_stored_again_long_before_its_end(void **state)
{
	uint64_t until = START + 5 * INTERVAL;

	(void)state;
	begin_as_active_until(until);
	set_quorum(until + INTERVAL / 4 - 1);
	assert_int_equal(machine.quorum_timer, until);
	set_quorum(until + INTERVAL / 4);
	run_until(vrrp_deadline(&machine));
	assert_true(now < until - INTERVAL);
	EXPECT(VRRP_STORE_LEASE);
	assert_int_equal(actions.list[0].limit, until + INTERVAL / 4 + INTERVAL / 10);
	set_quorum(NEVER); /* the policy is gone */
	run_until(now);
	EXPECT(VRRP_STORE_LEASE);
	assert_true(actions.list[0].limit == NEVER);
}

static void no_take_over_is_finished_without_quorum(void **state)
{
	uint64_t until = START + 2 * INTERVAL;

	(void)state;
	begin(defaults());
	set_quorum(until + 2 * INTERVAL);
	startup(false);
	run_until(machine.down_timer - 1);
	hear("10.77.0.11", 50, INTERVAL); /* a living Active, to be preempted */
	run_until(machine.down_timer);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_false(machine.owning);
	set_quorum(now);
	run_until(machine.take_timer);
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_BACKUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alone_is_no_majority),
		cmocka_unit_test(exactly_half_is_not_enough),
		cmocka_unit_test(majority_ends_with_the_last_that_is_needed),
		cmocka_unit_test(node_counts_until_the_end_of_the_window),
		cmocka_unit_test(hearing_more_never_shortens_it),
		cmocka_unit_test(cut_off_owner_stops_before_anybody_begins),
		cmocka_unit_test(without_quorum_nobody_takes_over),
		cmocka_unit_test(no_start_as_active_without_quorum),
		cmocka_unit_test(with_the_majority_the_timer_begins_anew),
		cmocka_unit_test(majority_that_goes_on_leaves_the_timer_alone),
		cmocka_unit_test(no_lease_goes_beyond_the_majority),
		cmocka_unit_test(without_a_policy_no_lease_has_a_limit),
		cmocka_unit_test(active_without_quorum_resigns_at_once),
		cmocka_unit_test(lease_is_stored_again_when_the_majority_goes_on),
		cmocka_unit_test(lease_is_stored_again_long_before_its_end),
		cmocka_unit_test(no_take_over_is_finished_without_quorum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
