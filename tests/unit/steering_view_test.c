// SPDX-License-Identifier: GPL-2.0-only
/* What an operator may see, and where a flow would go. */
#include "tests/unit/fake_dataplane.h"

#define TEXT HEAD PEERS WEB

/* The same with another port, or another way to look for sockets. */
#define WEB_AS(about)  "services: [{name: web, " about ", backends: [n1, n2, n3]}]\n"
#define TEXT_UDP       HEAD PEERS WEB_AS("ports: [443/tcp, 443/udp]")
#define TEXT_UNCHECKED HEAD PEERS WEB_AS("ports: [443/tcp], listener_check: false")

static void view_shows_shares_and_counters(void **state)
{
	struct service_view view;
	struct fake_node node;
	double total = 0;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	view_service(&node, 0, &view);
	assert_int_equal(view.backend_count, 3);
	for (size_t i = 0; i < 3; i++) {
		uint8_t index = fake_index((uint8_t)(11 + i));

		assert_int_equal(view.backends[i].peer, i);
		assert_int_equal(view.backends[i].state, BACKEND_UP);
		assert_true(view.backends[i].share > 0.32 && view.backends[i].share < 0.35);
		assert_int_equal(view.backends[i].packets, index);
		assert_int_equal(view.backends[i].bytes, index);
		total += view.backends[i].share;
	}
	assert_true(total == 1);
	assert_true(view.build_duration > 0);
	fake_node_close(&node);
}

static void explanation_is_what_the_table_says(void **state)
{
	struct fake_node node;
	size_t local = 0;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	for (uint16_t port = 1; port < 1000; port++) {
		struct flow flow = flow_to(port % 2 ? "10.77.0.101" : "fd77::101", 443);
		struct explanation explanation;
		const struct slot *slot;

		flow.client_port = htons(port);
		steering_explain(node.steering, &flow, &explanation);
		assert_true(explanation.is_service);
		assert_int_equal(explanation.service, 0);
		assert_true(explanation.settling);
		slot = &slots_of(&node, explanation.pool)->slots[explanation.slot];
		for (size_t i = 0; i < RANKS; i++)
			assert_int_equal(slot->rank[i],
					 fake_index((uint8_t)(11 + explanation.rank[i])));
		assert_int_equal(slot->primary, fake_index((uint8_t)(11 + explanation.primary)));
		assert_int_equal(explanation.node, explanation.primary);
		assert_true(explanation.local == (explanation.node == 0));
		local += explanation.local;
	}
	assert_in_range(local, 250, 420);
	fake_node_close(&node);
}

static void what_is_no_service_is_the_local_stacks(void **state)
{
	struct flow flow = flow_to("10.77.0.101", 22);
	struct explanation explanation;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	steering_explain(node.steering, &flow, &explanation);
	assert_false(explanation.is_service);
	assert_int_equal(explanation.node, NOBODY);
	flow = flow_to("10.77.0.102", 80);
	steering_explain(node.steering, &flow, &explanation);
	assert_false(explanation.is_service);
	fake_node_close(&node);
}

static void primary_without_a_mac_means_the_local_stack(void **state)
{
	struct flow flow = flow_to("10.77.0.101", 80);
	struct explanation explanation;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n4", TEXT);
	all_up(&node);
	set_mac(&node, "n1", 0);
	set_mac(&node, "n2", 0);
	set_mac(&node, "n3", 0);
	steering_explain(node.steering, &flow, &explanation);
	assert_int_equal(explanation.primary, 2);
	assert_int_equal(explanation.node, NOBODY);
	assert_false(explanation.local);
	fake_node_close(&node);
}

static struct explanation explain(const struct fake_node *node, uint16_t port, uint8_t protocol)
{
	struct flow flow = flow_to("10.77.0.101", port);
	struct explanation explanation;

	flow.protocol = protocol;
	steering_explain(node->steering, &flow, &explanation);
	assert_true(explanation.is_service);
	return explanation;
}

static void expect_all_asked(const struct explanation *explanation)
{
	assert_int_equal(explanation->node, explanation->rank[0]);
	assert_int_equal(explanation->second_chance[0], explanation->rank[1]);
	assert_int_equal(explanation->second_chance[1], explanation->rank[2]);
	assert_int_equal(explanation->second_chance[2], NOBODY);
}

static void expect_none_asked(const struct explanation *explanation)
{
	assert_int_equal(explanation->second_chance[0], NOBODY);
}

static void while_a_pool_settles_the_ranks_are_asked(void **state)
{
	struct explanation explanation;
	struct fake_node node;

	(void)state;
	for (int self = 0; self < 3; self++) {
		fake_node_open(&node, (const char *const[]){"n1", "n2", "n3"}[self], TEXT);
		all_up(&node);
		explanation = explain(&node, 443, IPPROTO_TCP);
		expect_all_asked(&explanation);
		pool_of(&node, explanation.pool)->settling = 0;
		explanation = explain(&node, 443, IPPROTO_TCP);
		expect_none_asked(&explanation);
		/* What this node has stepped over is looked for by this node alone. */
		pool_of(&node, explanation.pool)->armed = 1;
		explanation = explain(&node, 443, IPPROTO_TCP);
		if (explanation.local)
			expect_all_asked(&explanation);
		else
			expect_none_asked(&explanation);
		fake_node_close(&node);
	}
}

static void a_node_out_of_reach_is_not_asked(void **state)
{
	static const char *const names[] = {"n1", "n2", "n3"};
	struct explanation explanation;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n4", TEXT);
	all_up(&node);
	explanation = explain(&node, 443, IPPROTO_TCP);
	set_mac(&node, names[explanation.rank[1]], 0);
	explanation = explain(&node, 443, IPPROTO_TCP);
	assert_int_equal(explanation.node, explanation.rank[0]);
	assert_int_equal(explanation.second_chance[0], explanation.rank[2]);
	assert_int_equal(explanation.second_chance[1], NOBODY);
	fake_node_close(&node);
}

/* The table is yet to be made anew; the dataplane knows by one store. */
static void a_silent_node_is_passed_by_and_asked_last(void **state)
{
	struct explanation before, explanation;
	struct fake_node node;
	uint8_t silent;

	(void)state;
	fake_node_open(&node, "n4", TEXT);
	all_up(&node);
	before = explain(&node, 443, IPPROTO_TCP);
	silent = fake_index((uint8_t)(11 + before.rank[0]));
	maps_set_silent(&node.dataplane->maps, silent, true);
	explanation = explain(&node, 443, IPPROTO_TCP);
	assert_int_equal(explanation.primary, before.rank[0]);
	assert_int_equal(explanation.node, before.rank[1]);
	assert_int_equal(explanation.second_chance[0], before.rank[2]);
	assert_int_equal(explanation.second_chance[1], before.rank[0]);
	assert_int_equal(explanation.second_chance[2], NOBODY);
	fake_node_close(&node);
}

static void there_are_no_second_chances_for_udp(void **state)
{
	struct explanation explanation;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT_UDP);
	all_up(&node);
	explanation = explain(&node, 443, IPPROTO_UDP);
	assert_true(explanation.settling);
	expect_none_asked(&explanation);
	explanation = explain(&node, 443, IPPROTO_TCP);
	expect_all_asked(&explanation);
	fake_node_close(&node);
}

static void nor_for_a_service_whose_sockets_are_not_seen(void **state)
{
	struct explanation explanation;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT_UNCHECKED);
	all_up(&node);
	explanation = explain(&node, 443, IPPROTO_TCP);
	assert_true(explanation.settling);
	expect_none_asked(&explanation);
	fake_node_close(&node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(view_shows_shares_and_counters),
		cmocka_unit_test(explanation_is_what_the_table_says),
		cmocka_unit_test(what_is_no_service_is_the_local_stacks),
		cmocka_unit_test(primary_without_a_mac_means_the_local_stack),
		cmocka_unit_test(while_a_pool_settles_the_ranks_are_asked),
		cmocka_unit_test(a_node_out_of_reach_is_not_asked),
		cmocka_unit_test(a_silent_node_is_passed_by_and_asked_last),
		cmocka_unit_test(there_are_no_second_chances_for_udp),
		cmocka_unit_test(nor_for_a_service_whose_sockets_are_not_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
