// SPDX-License-Identifier: GPL-2.0-only
/* The state machine among faults, changes of priority, late controllers and other nodes. */
#include <string.h>

#include "ctl/trackers/weights.h"
#include "ctl/vrrp/sync.h"
#include "tests/conformance/conformance.h"
#include "tests/unit/machine_bench.h"

static void fault(void)
{
	actions.count = 0;
	vrrp_fault(&machine, "test", now, &actions);
}

static void fault_ends_in_backup(void)
{
	begin_as_backup(defaults());
	fault();
	now += 10 * INTERVAL;
	startup(false);
	assert_int_equal(machine.state, VRRP_BACKUP);
	assert_int_equal(machine.down_timer, now + 3 * INTERVAL + vrrp_skew_time(100, INTERVAL));

	fault();
	hear("10.77.0.13", 150, INTERVAL);
	now += INTERVAL;
	startup(false);
	assert_int_equal(machine.down_timer, now + 2 * INTERVAL + vrrp_skew_time(100, INTERVAL));
}

static void fault_listens(void)
{
	struct ip_address peer = address("10.77.0.13");

	begin_as_active(defaults());
	fault();
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 0);
	now += INTERVAL;
	hear("10.77.0.13", 150, INTERVAL);
	EXPECT_NOTHING();
	assert_int_equal(machine.state, VRRP_FAULT);
	assert_true(address_equal(&machine.active, &peer));
	assert_int_equal(machine.active_seen_at, now);
}

/* Priorities that change. */

static void set_priority(uint8_t priority)
{
	actions.count = 0;
	vrrp_set_priority(&machine, priority, now, &actions);
}

static void deadline_moves_by_the_skew(void)
{
	uint64_t deadline;

	begin_as_backup(defaults());
	deadline = machine.down_timer;
	now += INTERVAL;
	set_priority(150);
	EXPECT_NOTHING();
	assert_int_equal(machine.down_timer,
			 deadline - vrrp_skew_time(100, INTERVAL) + vrrp_skew_time(150, INTERVAL));
	set_priority(50);
	assert_int_equal(machine.down_timer,
			 deadline - vrrp_skew_time(100, INTERVAL) + vrrp_skew_time(50, INTERVAL));
	now = machine.down_timer - 1;
	set_priority(254);
	assert_true(machine.down_timer >= now);
}

static void change_is_told_at_once(void)
{
	begin_as_active(defaults());
	now += INTERVAL / 3;
	set_priority(40);
	EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
	assert_int_equal(actions.list[0].priority, 40);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	set_priority(40);
	EXPECT_NOTHING();
}

/* An instance of this priority, which tracks one thing by this weight, which is up or down. */
static uint8_t weighed(uint8_t priority, int weight, enum tracker_state state)
{
	struct config_tracker tracker = {.kind = TRACKER_INTERFACE};
	struct config_track track = {.weight = weight};
	struct config_instance instance = {.tracks = &track, .track_count = 1};
	struct config config = {.trackers = &tracker, .tracker_count = 1};
	struct tracker_status status = {.state = state};

	instance.priority[0] = priority;
	return weights_of_instance(&config, &instance, &status).priority;
}

static void weights_have_bounds(void)
{
	assert_int_equal(weighed(100, 50, TRACKED_UP), 150);
	assert_int_equal(weighed(100, 50, TRACKED_DOWN), 100);
	assert_int_equal(weighed(100, -50, TRACKED_UP), 100);
	assert_int_equal(weighed(100, -50, TRACKED_DOWN), 50);
	assert_int_equal(weighed(100, 155, TRACKED_UP), 254);
	assert_int_equal(weighed(100, 200, TRACKED_UP), 254);
	assert_int_equal(weighed(100, -200, TRACKED_DOWN), 1);
	assert_int_equal(weighed(255, -200, TRACKED_DOWN), 255);
}

static void groups_move_together(void)
{
	const struct sync_member lost[] = {{VRRP_ACTIVE, VRRP_BACKUP}, {VRRP_ACTIVE, VRRP_ACTIVE}};
	const struct sync_member failed[] = {{VRRP_ACTIVE, VRRP_FAULT}, {VRRP_ACTIVE, VRRP_ACTIVE}};
	const struct sync_member won[] = {{VRRP_BACKUP, VRRP_ACTIVE}, {VRRP_BACKUP, VRRP_BACKUP}};
	const struct sync_member still[] = {{VRRP_BACKUP, VRRP_BACKUP}, {VRRP_BACKUP, VRRP_BACKUP}};

	assert_int_equal(sync_decide(lost, 2), SYNC_HAND_OVER);
	assert_int_equal(sync_decide(failed, 2), SYNC_HAND_OVER);
	assert_int_equal(sync_decide(won, 2), SYNC_TAKE_OVER);
	assert_int_equal(sync_decide(still, 2), SYNC_STAY);

	begin_as_active(defaults());
	actions.count = 0;
	vrrp_hand_over(&machine, now, &actions);
	EXPECT(VRRP_SEND_ADVERT);
	assert_int_equal(actions.list[0].priority, 1);
	run_until(now + vrrp_hand_over_bound(INTERVAL));
	EXPECT(VRRP_DROP_LEASE, VRRP_SEND_ADVERT, VRRP_STATE_CHANGED);
	assert_int_equal(actions.list[1].priority, 0);
}

/* Every node by itself, with a network that loses, and clocks that all tell one time. */

#define NODES 3

struct node {
	struct vrrp_machine machine;
	uint64_t lease;
};

static struct node nodes[NODES];

static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 16) % sides;
}

/* On their way; what is sent in one millisecond arrives in the next. */
static struct {
	size_t receiver;
	struct vrrp_advert advert;
} flying[1000];
static size_t flying_count;

static void take_off(size_t sender, uint8_t priority, uint32_t loss)
{
	for (size_t i = 0; i < NODES; i++) {
		if (i == sender || roll(100) < loss)
			continue;
		assert_true(flying_count < sizeof(flying) / sizeof(flying[0]));
		flying[flying_count].receiver = i;
		flying[flying_count++].advert = (struct vrrp_advert){
			nodes[sender].machine.parameters.address, priority, INTERVAL, now};
	}
}

static void act(size_t node, const struct vrrp_actions *done, uint32_t loss)
{
	for (size_t i = 0; i < done->count; i++) {
		if (done->list[i].type == VRRP_STORE_LEASE)
			nodes[node].lease = now + done->list[i].duration;
		if (done->list[i].type == VRRP_DROP_LEASE)
			nodes[node].lease = 0;
		if (done->list[i].type == VRRP_SEND_ADVERT)
			take_off(node, done->list[i].priority, loss);
	}
}

static void arrive(uint32_t loss)
{
	size_t arriving = flying_count;

	for (size_t i = 0; i < arriving; i++) {
		size_t receiver = flying[i].receiver;
		struct vrrp_actions done = {};

		vrrp_hear(&nodes[receiver].machine, &flying[i].advert, now, now, &done);
		act(receiver, &done, loss);
	}
	flying_count -= arriving;
	memmove(flying, flying + arriving, flying_count * sizeof(flying[0]));
}

static size_t owners(void)
{
	size_t count = 0;

	for (size_t i = 0; i < NODES; i++)
		count += now < nodes[i].lease;
	return count;
}

static void start_nodes(void)
{
	now = START;
	for (size_t i = 0; i < NODES; i++) {
		struct vrrp_parameters parameters = defaults();
		struct vrrp_actions done = {};

		parameters.address.bytes[15] = (uint8_t)(11 + i);
		parameters.priority = (uint8_t)(150 - 50 * i);
		nodes[i] = (struct node){};
		vrrp_init(&nodes[i].machine, &parameters);
		vrrp_startup(&nodes[i].machine, false, now, &done);
	}
}

static void stop_or_start(size_t index)
{
	struct vrrp_machine *one = &nodes[index].machine;
	struct vrrp_actions done = {};

	if (one->state == VRRP_INITIALIZE)
		vrrp_startup(one, false, now, &done);
	else
		vrrp_shutdown(one, now, &done);
	act(index, &done, 0);
}

static void hand_over(size_t index)
{
	struct vrrp_actions done = {};

	vrrp_hand_over_on_request(&nodes[index].machine, now, &done);
	act(index, &done, 0);
}

static void step(uint32_t loss)
{
	now += NS_PER_MS;
	arrive(loss);
	for (size_t i = 0; i < NODES; i++) {
		struct vrrp_actions done = {};

		vrrp_expire(&nodes[i].machine, now, &done);
		act(i, &done, loss);
	}
}

static void three_nodes_have_one_owner(void)
{
	dice = 1;
	flying_count = 0;
	start_nodes();
	for (int i = 0; i < 200000; i++) {
		if (roll(2000) == 0)
			stop_or_start(roll(NODES));
		if (i < 100000 && roll(700) == 0)
			hand_over(roll(NODES));
		step(0);
		assert_true(owners() <= 1);
	}
	for (size_t i = 0; i < NODES; i++)
		if (nodes[i].machine.state == VRRP_INITIALIZE)
			stop_or_start(i);
	for (int i = 0; i < 20000; i++)
		step(30); /* of a hundred are lost, and there may be two owners */
	for (int i = 0; i < 1000; i++)
		step(0);
	assert_int_equal(owners(), 1);
	assert_int_equal(nodes[0].machine.state, VRRP_ACTIVE);
}

static void late_owner_listens_first(void)
{
	begin_as_active(defaults());
	now += 100 * INTERVAL;
	actions.count = 0;
	vrrp_lose_lease(&machine, now, &actions);
	EXPECT(VRRP_DROP_LEASE, VRRP_STATE_CHANGED);
	assert_int_equal(machine.state, VRRP_BACKUP);
	assert_true(machine.down_timer > now + INTERVAL);
	hear("10.77.0.13", 150, INTERVAL);
	EXPECT_NOTHING();
	assert_true(machine.down_timer > now + 3 * INTERVAL);
}

static void the_shortest_interval(void)
{
	struct vrrp_parameters fast = defaults();

	fast.advert_interval = NS_PER_CS;
	begin_as_active(fast);
	for (int i = 0; i < 60000; i++) { /* ten minutes */
		run_until(vrrp_deadline(&machine));
		EXPECT(VRRP_SEND_ADVERT, VRRP_STORE_LEASE);
	}
}

static void waits_by_the_actives_interval(void)
{
	begin_as_backup(defaults());
	hear("10.77.0.13", 150, 5 * INTERVAL);
	run_until(now + 15 * INTERVAL);
	assert_int_equal(machine.state, VRRP_BACKUP);
	run_until(machine.down_timer);
	assert_int_equal(machine.state, VRRP_ACTIVE);
	assert_int_equal(machine.advert_timer, now + INTERVAL);
	assert_int_equal(machine.active_interval, INTERVAL);
}

static const struct conformance_row rows[] = {
	TESTED(72, "The end of a fault leads to Backup", "keepalived", MACHINE,
	       fault_ends_in_backup,
	       .decision = "with what is left of the timer of an Active that was heard meanwhile"),
	TESTED(73, "Who is Active is known during a fault, too", "ours", MACHINE, fault_listens,
	       .decision = "keepalived does not listen then"),
	TESTED(74, "Backup: a change of priority moves the timer by the skew time's difference",
	       "keepalived", MACHINE, deadline_moves_by_the_skew),
	TESTED(75, "Active: a change of priority is advertised at once", "ours", MACHINE,
	       change_is_told_at_once,
	       .decision = "keepalived lets the others wait for the next advertisement"),
	TESTED(76, "Weights do not move the owner, do not reach 255, and leave at least 1",
	       "keepalived", MACHINE, weights_have_bounds),
	TESTED(77, "What is grouped moves together", "keepalived", MACHINE, groups_move_together,
	       .elsewhere =
		       "tests/lab/test_trackers.py::test_group_goes_with_the_member_that_fails",
	       .decision = "in one turn of the engine; who lost wins over who won"),
	TESTED(78,
	       "Three nodes that come, go and hand over: never two owners, and one again in the "
	       "end",
	       "ours", MACHINE, three_nodes_have_one_owner,
	       .decision = "all orders of events: `docs/model`, `make model`; lost advertisements, "
			   "and a segment that splits without a quorum, can make two"),
	UNTESTED(79, "The wall clock decides nothing", "ours",
		 .untestable = "the machine has no clock but its argument; to set the test "
			       "machine's would disturb all else on it"),
	TESTED(80, "An owner that was stopped and goes on listens before it says anything", "ours",
	       MACHINE, late_owner_listens_first,
	       .elsewhere = "tests/lab/test_failover.py::test_hung_owner_within_one_watch"),
	TESTED(81, "An interval of one centisecond holds", "RFC 9568 6.1", MACHINE,
	       the_shortest_interval,
	       .elsewhere = "tests/lab/"
			    "test_elections.py::test_one_node_owns_through_a_takeover_and_back",
	       .decision = "ten minutes of it on the test's own clock, and a takeover in the lab"),
	TESTED(82, "A slower Active is waited for by its interval; then our own counts",
	       "RFC 9568 6.4.2", MACHINE, waits_by_the_actives_interval),
};

THEME(cluster_theme, "State machine: faults, priorities, clusters");
