// SPDX-License-Identifier: GPL-2.0-only
/* What becomes known of the nodes, and what the dataplane's tables say then. */
#include "tests/unit/fake_dataplane.h"

#define TEXT HEAD PEERS WEB

static void start_leaves_all_to_the_local_stack(void **state)
{
	struct flow flow = flow_to("10.77.0.101", 443);
	struct explanation explanation;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n2", TEXT);
	assert_int_equal(slots_led_by(slots_of(&node, 0), NOBODY), POOL_SLOTS);
	assert_int_equal(node.dataplane->maps.settings->self, fake_index(12));
	assert_int_equal(pool_of(&node, 0)->settling, 0);
	assert_int_equal(services_of(&node)->entries, 4);
	assert_true(steering_all_down(node.steering, "web"));
	steering_explain(node.steering, &flow, &explanation);
	assert_true(explanation.is_service);
	assert_int_equal(explanation.node, NOBODY);
	fake_node_close(&node);
}

/* States of backends. */

static void death_moves_only_its_own_slots_and_return_brings_them_back(void **state)
{
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	set_state(&node, 0, "n2", BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), 0);
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct slot *old = &before->slots[i], *new = &slots_of(&node, 0)->slots[i];

		assert_int_equal(new->primary, old->rank[old->primary == fake_index(12)]);
		assert_memory_equal(new->rank, old->rank, sizeof(new->rank));
	}
	set_state(&node, 0, "n2", BACKEND_UP);
	assert_true(same_slots(slots_of(&node, 0), before));
	free(before);
	fake_node_close(&node);
}

static void last_one_stays(void **state)
{
	struct service_view view;
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	set_state(&node, 0, "n1", BACKEND_DOWN);
	set_state(&node, 0, "n2", BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 13), POOL_SLOTS);
	set_state(&node, 0, "n3", BACKEND_DOWN);
	assert_true(same_slots(slots_of(&node, 0), before));
	view_service(&node, 0, &view);
	assert_true(view.panic);
	assert_true(steering_all_down(node.steering, "web"));
	set_state(&node, 0, "n2", BACKEND_UP);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), POOL_SLOTS);
	view_service(&node, 0, &view);
	assert_false(view.panic);
	assert_false(steering_all_down(node.steering, "web"));
	free(before);
	fake_node_close(&node);
}

#define CAREFUL                                                                                    \
	HEAD PEERS "services: [{name: web, " WEB_PORTS                                             \
		   ", backends: [n1, n2, n3], panic_threshold: 50}]\n"

static void threshold_doubts_the_checks_earlier(void **state)
{
	struct service_view view;
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", CAREFUL);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	set_state(&node, 0, "n3", BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 13), 0);
	set_state(&node, 0, "n2", BACKEND_DOWN);
	assert_true(same_slots(slots_of(&node, 0), before));
	view_service(&node, 0, &view);
	assert_true(view.panic);
	/* Who is drained works. */
	set_state(&node, 0, "n2", BACKEND_UP);
	set_drain(&node, "n2", true);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), POOL_SLOTS);
	free(before);
	fake_node_close(&node);
}

static void checks_that_all_fail_are_not_believed_from_the_start(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", CAREFUL);
	set_state(&node, 0, "n3", BACKEND_DOWN);
	set_state(&node, 0, "n2", BACKEND_DOWN);
	set_state(&node, 0, "n1", BACKEND_DOWN);
	view_service(&node, 0, &view);
	assert_true(view.panic);
	assert_int_equal(slots_led_by(slots_of(&node, 0), NOBODY), 0);
	set_state(&node, 0, "n1", BACKEND_UP);
	view_service(&node, 0, &view);
	assert_true(view.panic);
	set_state(&node, 0, "n2", BACKEND_UP);
	view_service(&node, 0, &view);
	assert_false(view.panic);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), POOL_SLOTS);
	fake_node_close(&node);
}

/* A node that starts does not know who is up, but flows may be anywhere. */
static void unchecked_ones_are_asked_for_flows(void **state)
{
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	set_mac(&node, "n2", 12);
	set_mac(&node, "n3", 13);
	set_state(&node, 0, "n1", BACKEND_UP);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), POOL_SLOTS);
	assert_int_equal(slots_with(slots_of(&node, 0), 12), POOL_SLOTS);
	assert_int_equal(slots_with(slots_of(&node, 0), 13), POOL_SLOTS);
	set_state(&node, 0, "n2", BACKEND_DOWN);
	assert_int_equal(slots_with(slots_of(&node, 0), 12), POOL_SLOTS);
	fake_node_close(&node);
}

/* The table is as it was, but others may have given flows to other nodes. */
static void who_was_cut_off_doubts(void **state)
{
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	pass_time(&node, HOUR);
	assert_int_equal(pool_of(&node, 0)->settling, 0);
	steering_doubt(node.steering);
	assert_int_equal(pool_of(&node, 0)->settling, 1);
	assert_true(same_slots(slots_of(&node, 0), before));
	pass_time(&node, HOUR);
	assert_int_equal(pool_of(&node, 0)->settling, 0);
	free(before);
	fake_node_close(&node);
}

/*
 * Two services of one pool ask the same question, but each asks for itself, and a server that
 * answers every other request alike gives them different answers. Whoever speaks last must not win,
 * or the pool's state is as random as the order of their checks.
 */
static void services_of_one_pool_cannot_contradict_each_other(void **state)
{
	static const char text[] =
		HEAD PEERS "services:\n  - {name: web, ports: [80/tcp], backends: [n1, n2, n3]}\n"
			   "  - {name: api, ports: [81/tcp], backends: [n1, n2, n3]}\n";
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", text);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	set_state(&node, 1, "n2", BACKEND_DOWN);
	assert_true(same_slots(slots_of(&node, 0), before));
	set_state(&node, 0, "n2", BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), 0);
	set_state(&node, 1, "n2", BACKEND_UP);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), 0);
	set_state(&node, 0, "n2", BACKEND_UP);
	assert_true(same_slots(slots_of(&node, 0), before));
	free(before);
	fake_node_close(&node);
}

static void unknown_names_do_not_count(void **state)
{
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	steering_set_state(node.steering, "none", "n1", BACKEND_DOWN);
	steering_set_state(node.steering, "web", "n9", BACKEND_DOWN);
	set_drain(&node, "n9", true);
	set_mac(&node, "n9", 0);
	assert_false(steering_judged(node.steering, "none"));
	assert_false(steering_all_down(node.steering, "none"));
	assert_true(same_slots(slots_of(&node, 0), before));
	free(before);
	fake_node_close(&node);
}

static void who_is_no_backend_does_not_count(void **state)
{
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	set_state(&node, 0, "n4", BACKEND_UP);
	assert_true(same_slots(slots_of(&node, 0), before));
	free(before);
	fake_node_close(&node);
}

/* Drains. */

static void drained_one_keeps_its_rank(void **state)
{
	struct slot_table *before;
	struct fake_node node;
	uint8_t drained = fake_index(12);

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	set_drain(&node, "n2", true);
	for (size_t i = 0; i < POOL_SLOTS; i++) {
		const struct slot *old = &before->slots[i], *new = &slots_of(&node, 0)->slots[i];

		assert_int_equal(new->primary, old->rank[old->primary == drained]);
		assert_memory_equal(new->rank, old->rank, sizeof(new->rank));
	}
	assert_int_equal(node.dataplane->maps.settings->draining, 0);
	set_drain(&node, "n2", false);
	assert_true(same_slots(slots_of(&node, 0), before));
	free(before);
	fake_node_close(&node);
}

static void drain_overrides_up_but_not_down(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	set_drain(&node, "n1", true);
	assert_int_equal(node.dataplane->maps.settings->draining, 1);
	view_service(&node, 0, &view);
	assert_int_equal(view.backends[0].state, BACKEND_DRAIN);
	set_state(&node, 0, "n1", BACKEND_DOWN);
	view_service(&node, 0, &view);
	assert_int_equal(view.backends[0].state, BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), 0);
	set_drain(&node, "n1", false);
	assert_int_equal(node.dataplane->maps.settings->draining, 0);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), 0);
	assert_int_equal(slots_with(slots_of(&node, 0), 11), POOL_SLOTS);
	fake_node_close(&node);
}

/* Where nodes are. */

static void node_out_of_reach_is_not_used_but_by_itself(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	for (size_t i = 0; i < 3; i++)
		set_state(&node, 0, node.config->peers[i].name, BACKEND_UP);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), POOL_SLOTS);
	view_service(&node, 0, &view);
	assert_true(view.backends[0].reachable);
	assert_false(view.backends[1].reachable);
	set_mac(&node, "n2", 12);
	assert_true(slots_led_by(slots_of(&node, 0), 12) > POOL_SLOTS / 3);
	set_mac(&node, "n2", 0);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), 0);
	fake_node_close(&node);
}

static const struct backend_entry *backend_of(const struct fake_node *node, uint8_t last_byte)
{
	return &node->dataplane->maps.backends[fake_index(last_byte)];
}

static void assert_neighbour(uint8_t mac, uint32_t node)
{
	const struct fake_neighbour *neighbour =
		find_neighbour((const uint8_t[6]){2, 0, 0, 0, 0, mac});

	if (node == NOBODY) {
		assert_null(neighbour);
		return;
	}
	assert_non_null(neighbour);
	assert_int_equal(neighbour->node, node);
}

static void dataplane_learns_where_nodes_are(void **state)
{
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	assert_int_equal(backend_of(&node, 12)->usable, 1);
	assert_int_equal(backend_of(&node, 12)->mac[5], 12);
	assert_neighbour(12, fake_index(12));
	assert_int_equal(backend_of(&node, 11)->usable, 0);
	assert_neighbour(11, NOBODY);
	/* Another NIC. */
	set_mac(&node, "n2", 99);
	assert_int_equal(backend_of(&node, 12)->mac[5], 99);
	assert_neighbour(12, NOBODY);
	assert_neighbour(99, fake_index(12));
	set_mac(&node, "n2", 0);
	assert_int_equal(backend_of(&node, 12)->usable, 0);
	assert_neighbour(99, NOBODY);
	fake_node_close(&node);
}

/* The one that has it now is known before the other one is known to have lost it. */
static void mac_may_change_hands(void **state)
{
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	set_mac(&node, "n3", 12);
	set_mac(&node, "n2", 77);
	assert_neighbour(12, fake_index(13));
	assert_neighbour(77, fake_index(12));
	assert_neighbour(13, NOBODY);
	assert_int_equal(backend_of(&node, 13)->mac[5], 12);
	assert_int_equal(backend_of(&node, 12)->mac[5], 77);
	fake_node_close(&node);
}

/* Settling and arming. */

static void change_settles_until_its_time_is_over(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	assert_int_equal(pool_of(&node, 0)->settling, 1);
	view_service(&node, 0, &view);
	assert_true(view.settling);
	assert_in_range(view.settled_in, HOUR - 60 * NS_PER_S, HOUR);
	pass_time(&node, HOUR - 60 * NS_PER_S);
	assert_int_equal(pool_of(&node, 0)->settling, 1);
	pass_time(&node, HOUR);
	assert_int_equal(pool_of(&node, 0)->settling, 0);
	view_service(&node, 0, &view);
	assert_false(view.settling);
	assert_int_equal(view.settled_in, 0);
	/* What changes nothing does not settle. */
	set_state(&node, 0, "n2", BACKEND_UP);
	set_drain(&node, "n4", true);
	assert_int_equal(pool_of(&node, 0)->settling, 0);
	set_state(&node, 0, "n2", BACKEND_DOWN);
	assert_int_equal(pool_of(&node, 0)->settling, 1);
	fake_node_close(&node);
}

static void drain_settles_for_as_long_as_it_lasts(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	set_drain(&node, "n2", true);
	set_state(&node, 0, "n3", BACKEND_DOWN);
	pass_time(&node, 100 * HOUR);
	assert_int_equal(pool_of(&node, 0)->settling, 1);
	view_service(&node, 0, &view);
	assert_true(view.settled_in == NEVER);
	set_drain(&node, "n2", false);
	assert_int_equal(pool_of(&node, 0)->settling, 1);
	pass_time(&node, HOUR);
	assert_int_equal(pool_of(&node, 0)->settling, 0);
	fake_node_close(&node);
}

static void without_a_time_nothing_settles(void **state)
{
	static const char text[] = HEAD PEERS "services: [{name: web, " WEB_PORTS
					      ", backends: [n1, n2], settle: 0s}]\n";
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", text);
	all_up(&node);
	set_drain(&node, "n2", true);
	assert_int_equal(pool_of(&node, 0)->settling, 0);
	fake_node_close(&node);
}

static void arming_ends_when_nothing_is_stepped_over_any_more(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	pool_of(&node, 0)->armed = 1; /* as the dataplane does */
	node.dataplane->stepped_over = 1;
	pass_time(&node, 0);
	view_service(&node, 0, &view);
	assert_true(view.armed);
	node.dataplane->stepped_over = 2;
	pass_time(&node, HOUR);
	assert_int_equal(pool_of(&node, 0)->armed, 1);
	pass_time(&node, HOUR + HOUR / 2);
	assert_int_equal(pool_of(&node, 0)->armed, 1);
	pass_time(&node, 2 * HOUR + NS_PER_S);
	assert_int_equal(pool_of(&node, 0)->armed, 0);
	/* And once more. */
	pool_of(&node, 0)->armed = 1;
	pass_time(&node, 3 * HOUR);
	assert_int_equal(pool_of(&node, 0)->armed, 1);
	pass_time(&node, 4 * HOUR + NS_PER_S);
	assert_int_equal(pool_of(&node, 0)->armed, 0);
	fake_node_close(&node);
}

static void event_loop_ticks(void **state)
{
	static const char text[] = HEAD PEERS "services: [{name: web, " WEB_PORTS
					      ", backends: [n1, n2], settle: 1ms}]\n";
	struct fake_node node;
	uint64_t began = clock_now();

	(void)state;
	fake_node_open(&node, "n1", text);
	for (int i = 0; i < 2; i++) {
		set_state(&node, 0, "n1", i ? BACKEND_DOWN : BACKEND_UP);
		set_state(&node, 0, "n2", BACKEND_UP);
		set_mac(&node, "n2", 12);
		assert_int_equal(pool_of(&node, 0)->settling, 1);
		while (pool_of(&node, 0)->settling && clock_now() < began + 20 * NS_PER_S)
			assert_true(sd_event_run(node.event, NS_PER_S / NS_PER_US) >= 0);
		assert_int_equal(pool_of(&node, 0)->settling, 0);
	}
	fake_node_close(&node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_leaves_all_to_the_local_stack),
		cmocka_unit_test(death_moves_only_its_own_slots_and_return_brings_them_back),
		cmocka_unit_test(last_one_stays),
		cmocka_unit_test(threshold_doubts_the_checks_earlier),
		cmocka_unit_test(checks_that_all_fail_are_not_believed_from_the_start),
		cmocka_unit_test(unchecked_ones_are_asked_for_flows),
		cmocka_unit_test(who_was_cut_off_doubts),
		cmocka_unit_test(services_of_one_pool_cannot_contradict_each_other),
		cmocka_unit_test(unknown_names_do_not_count),
		cmocka_unit_test(who_is_no_backend_does_not_count),
		cmocka_unit_test(drained_one_keeps_its_rank),
		cmocka_unit_test(drain_overrides_up_but_not_down),
		cmocka_unit_test(node_out_of_reach_is_not_used_but_by_itself),
		cmocka_unit_test(dataplane_learns_where_nodes_are),
		cmocka_unit_test(mac_may_change_hands),
		cmocka_unit_test(change_settles_until_its_time_is_over),
		cmocka_unit_test(drain_settles_for_as_long_as_it_lasts),
		cmocka_unit_test(without_a_time_nothing_settles),
		cmocka_unit_test(arming_ends_when_nothing_is_stepped_over_any_more),
		cmocka_unit_test(event_loop_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
