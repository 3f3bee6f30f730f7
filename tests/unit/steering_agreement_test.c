// SPDX-License-Identifier: GPL-2.0-only
/* Nodes of one cluster have the same tables, byte for byte, without talking to each other. */
#include "tests/unit/fake_dataplane.h"

#define TEXT HEAD PEERS WEB

static void assert_same_tables(const struct fake_node *a, const struct fake_node *b)
{
	assert_memory_equal(slots_of(a, 0), slots_of(b, 0), sizeof(struct slot_table));
	assert_memory_equal(services_of(a), services_of(b), sizeof(struct service_table));
	assert_int_equal(a->dataplane->maps.settings->hash_key,
			 b->dataplane->maps.settings->hash_key);
	assert_int_not_equal(a->dataplane->maps.settings->hash_key, 0);
}

static void every_node_has_the_same_tables(void **state)
{
	static const char *const names[] = {"n2", "n3", "n4"};
	struct fake_node first, other;

	(void)state;
	fake_node_open(&first, "n1", TEXT);
	all_up(&first);
	assert_int_equal(slots_with(slots_of(&first, 0), NOBODY), 0);
	for (size_t i = 0; i < 3; i++) {
		fake_node_open(&other, names[i], TEXT);
		all_up(&other);
		assert_same_tables(&first, &other);
		fake_node_close(&other);
	}
	fake_node_close(&first);
}

static void order_of_the_configuration_does_not_count(void **state)
{
	static const char shuffled[] =
		HEAD "peers: [" N3 ", " N1 ", " N4 ", " N2 "]\n"
		     "services: [{name: web, ports: [443/tcp, 80/tcp], backends: [n3, n2, n1]}]\n";
	struct fake_node one, other;

	(void)state;
	fake_node_open(&one, "n1", TEXT);
	fake_node_open(&other, "n1", shuffled);
	all_up(&one);
	all_up(&other);
	assert_same_tables(&one, &other);
	/* Among equals the name decides; that is too rare to be seen in a table. */
	assert_string_equal(other.steering->layout->pools[0]->members[0].name, "n1");
	assert_string_equal(other.steering->layout->pools[0]->members[2].name, "n3");
	fake_node_close(&one);
	fake_node_close(&other);
}

/* In whatever order the news came in. */
static void history_does_not_count(void **state)
{
	struct fake_node one, other;

	(void)state;
	fake_node_open(&one, "n1", TEXT);
	fake_node_open(&other, "n1", TEXT);
	all_up(&one);
	set_state(&other, 0, "n3", BACKEND_UP);
	set_state(&other, 0, "n1", BACKEND_UP);
	set_mac(&other, "n3", 13);
	set_drain(&other, "n3", true);
	set_state(&other, 0, "n2", BACKEND_DOWN);
	set_mac(&other, "n2", 12);
	set_state(&other, 0, "n2", BACKEND_UP);
	set_drain(&other, "n3", false);
	assert_same_tables(&one, &other);
	fake_node_close(&one);
	fake_node_close(&other);
}

static void another_network_has_another_key(void **state)
{
	static const char text[] = "interface: eth0\nvlan: 4001\ngateway: [10.77.0.1]\n"
				   "instances: [{name: blue, vrid: 51, priority: {n1: 150}, "
				   "vips: [10.77.0.101]}]\n" PEERS WEB;
	struct fake_node one, other;

	(void)state;
	fake_node_open(&one, "n1", TEXT);
	fake_node_open(&other, "n1", text);
	assert_int_not_equal(one.dataplane->maps.settings->hash_key,
			     other.dataplane->maps.settings->hash_key);
	fake_node_close(&one);
	fake_node_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_node_has_the_same_tables),
		cmocka_unit_test(order_of_the_configuration_does_not_count),
		cmocka_unit_test(history_does_not_count),
		cmocka_unit_test(another_network_has_another_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
