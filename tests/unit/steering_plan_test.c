// SPDX-License-Identifier: GPL-2.0-only
/*
 * Going over to a configuration: what a plan leaves alone, and what serves while the tables of the
 * new configuration are not whole yet.
 */
#include "tests/unit/fake_dataplane.h"

#define SERVICE(name, ports, backends)                                                             \
	"  - {name: " name ", ports: [" ports "], backends: [" backends "]}\n"

#define SERVICES(list) HEAD PEERS "services:\n" list

/* Allocations fail after so many; -1: none does. Sanitizers have allocators of their own. */
static long allocations_left = -1;

/* How many there are that were not freed. */
static long allocations_alive;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#else
extern void *__libc_malloc(size_t size);               /* NOLINT(bugprone-reserved-identifier) */
extern void *__libc_calloc(size_t count, size_t size); /* NOLINT(bugprone-reserved-identifier) */
extern void __libc_free(void *memory);                 /* NOLINT(bugprone-reserved-identifier) */

static bool allocation_fails(void)
{
	if (allocations_left == 0) {
		errno = ENOMEM;
		return true;
	}
	if (allocations_left > 0)
		allocations_left--;
	allocations_alive++;
	return false;
}

void *malloc(size_t size)
{
	return allocation_fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : __libc_calloc(count, size);
}

void free(void *memory)
{
	allocations_alive -= memory != NULL;
	__libc_free(memory);
}
#endif

/* All that the dataplane reads, idle copies too, and what of it is mapped. */

#define IMAGE_SIZE                                                                                 \
	(sizeof(struct settings_entry) + 2 * sizeof(struct service_table) +                        \
	 MAX_POOLS * sizeof(struct pool_entry) + 2 * MAX_POOLS * sizeof(struct slot_table) +       \
	 MAX_POOLS * sizeof(struct slot_table *) + MAX_PEERS * sizeof(struct backend_entry) +      \
	 MAX_PEERS * sizeof(struct fake_neighbour))

static uint8_t *append(uint8_t *image, const void *bytes, size_t size)
{
	memcpy(image, bytes, size);
	return image + size;
}

static uint8_t *image_of(const struct fake_node *node)
{
	const struct fake_dataplane *all = node->dataplane;
	const struct maps *maps = &all->maps;
	uint8_t *image = malloc(IMAGE_SIZE), *end = image;

	assert_non_null(image);
	end = append(end, maps->settings, sizeof(*maps->settings));
	end = append(end, maps->services, 2 * sizeof(*maps->services));
	end = append(end, maps->pools, MAX_POOLS * sizeof(*maps->pools));
	end = append(end, all->slots, 2 * MAX_POOLS * sizeof(*all->slots));
	end = append(end, maps->slots, sizeof(maps->slots));
	end = append(end, maps->backends, MAX_PEERS * sizeof(*maps->backends));
	end = append(end, all->neighbours, sizeof(all->neighbours));
	assert_ptr_equal(end, image + IMAGE_SIZE);
	return image;
}

static void assert_unchanged(const struct fake_node *node, const uint8_t *before)
{
	uint8_t *now = image_of(node);

	assert_int_equal(memcmp(now, before, IMAGE_SIZE), 0);
	free(now);
}

/* Plans. */

#define BEFORE SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3") SERVICE("api", "81/tcp", "n1, n2"))

/* One pool stays, one has other members, one is new; a service moves, and n4 leaves. */
#define AFTER                                                                                      \
	HEAD "peers: [" N3 ", " N1 ", " N2 "]\nservices:\n" SERVICE("new", "82/tcp", "n3")         \
		SERVICE("api", "81/tcp", "n1, n2") SERVICE("web", "80/tcp, 443/tcp", "n2, n3")

static void open_busy(struct fake_node *node)
{
	fake_node_open(node, "n1", BEFORE);
	all_up(node);
	set_mac(node, "n4", 14);
	set_drain(node, "n2", true);
	set_state(node, 1, "n1", BACKEND_DOWN);
}

static struct steering_plan *prepared(struct fake_node *node, const struct config *config)
{
	struct steering_plan *plan = NULL;

	assert_int_equal(steering_prepare(node->steering, config, &plan), 0);
	return plan;
}

static void abort_leaves_no_trace(void **state)
{
	const struct config *config = parsed("n1", AFTER);
	struct fake_node node;
	uint8_t *before;

	(void)state;
	open_busy(&node);
	before = image_of(&node);
	steering_abort(node.steering, prepared(&node, config));
	assert_unchanged(&node, before);
	/* Nothing is left to be done, either. */
	finish_work(&node);
	assert_unchanged(&node, before);
	/* And it goes on as if nothing had been. */
	set_drain(&node, "n2", false);
	set_state(&node, 1, "n1", BACKEND_UP);
	assert_true(slots_led_by(slots_of(&node, pool_of_port(&node, 80)), 12) > 0);
	steering_commit(node.steering, prepared(&node, config));
	finish_work(&node);
	config_unref(node.config);
	node.config = config;
	assert_int_equal(slots_with(slots_of(&node, pool_of_port(&node, 443)), 14), 0);
	free(before);
	fake_node_close(&node);
}

/* Each allocation in turn. */
static void failed_prepare_leaves_no_trace(void **state)
{
	const struct config *config;
	struct steering_plan *plan = NULL;
	struct fake_node node;
	uint8_t *before;
	int error = -ENOMEM;
	long alive;

	(void)state;
#ifdef SANITIZED
	skip();
#endif
	config = parsed("n1", AFTER);
	open_busy(&node);
	before = image_of(&node);
	alive = allocations_alive;
	for (long i = 0; error; i++) {
		allocations_left = i;
		error = steering_prepare(node.steering, config, &plan);
		allocations_left = -1;
		assert_in_range(i, 0, 1000);
		assert_true(error == 0 ? i > 10 : error == -ENOMEM);
		if (error) {
			assert_unchanged(&node, before);
			assert_int_equal(allocations_alive, alive);
		}
	}
	steering_abort(node.steering, plan);
	assert_unchanged(&node, before);
	assert_int_equal(allocations_alive, alive);
	free(before);
	config_unref(config);
	fake_node_close(&node);
}

static void tables_that_cannot_be_mapped_leave_no_trace(void **state)
{
	const struct config *config = parsed("n1", AFTER);
	struct steering_plan *plan = NULL;
	struct fake_node node;
	uint8_t *before;

	(void)state;
	open_busy(&node);
	before = image_of(&node);
	node.dataplane->pools_to_open = 0;
	assert_int_equal(steering_prepare(node.steering, config, &plan), -ENOMEM);
	assert_unchanged(&node, before);
	/* One of two can be. */
	config_unref(config);
	config =
		parsed("n1", SERVICES(SERVICE("new", "82/tcp", "n3") SERVICE("next", "83/tcp", "n4")
					      SERVICE("web", "80/tcp", "n1, n2, n3")
						      SERVICE("api", "81/tcp", "n1, n2")));
	node.dataplane->pools_to_open = 1;
	assert_int_equal(steering_prepare(node.steering, config, &plan), -ENOMEM);
	assert_unchanged(&node, before);
	free(before);
	config_unref(config);
	fake_node_close(&node);
}

/* Half a megabyte each, which is locked. */
static void only_pools_in_use_are_mapped(void **state)
{
	struct fake_node node;
	struct slot_table *const *slots;

	(void)state;
	fake_node_open(&node, "n1", BEFORE);
	slots = node.dataplane->maps.slots;
	assert_true(slots[0] && slots[1] && !slots[2] && !slots[MAX_POOLS - 1]);
	fake_node_reload(&node, SERVICES(SERVICE("api", "81/tcp", "n1, n2")));
	assert_true(!slots[0] && slots[1]);
	/* A crashed run had the flows in another pool than the next one has. */
	fake_node_crash(&node);
	fake_node_start(
		&node, "n1",
		SERVICES(SERVICE("new", "82/tcp", "n3") SERVICE("api", "81/tcp", "n1, n2")));
	assert_true(slots[0] && slots[1] && !slots[2]);
	fake_node_close(&node);
}

/* The first configuration, too. */
static void first_plan_may_be_given_up(void **state)
{
	const struct config *config = parsed("n1", BEFORE);
	struct fake_node node = {.dataplane = fake_dataplane_new(), .config = config_ref(config)};
	uint8_t *before;

	(void)state;
	dataplane = node.dataplane;
	assert_true(sd_event_new(&node.event) >= 0);
	assert_int_equal(steering_open(&node.dataplane->maps, node.event, &node.steering), 0);
	before = image_of(&node);
	steering_abort(node.steering, prepared(&node, config));
	steering_tick(node.steering, clock_now() + HOUR);
	assert_unchanged(&node, before);
	free(before);
	config_unref(config);
	fake_node_close(&node);
}

/* While tables are not whole yet. */

/* A ranking takes several milliseconds; a table takes less than one. */
static void fill_tables_only(struct fake_node *node)
{
	dataplane = node->dataplane;
	for (int i = 0; i < 3; i++)
		steering_work(node->steering, NS_PER_MS);
}

static void predecessor_serves_until_the_table_is_whole(void **state)
{
	struct slot_table *before;
	struct fake_node node, direct;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	set_mac(&node, "n4", 14);
	before = copy_of(slots_of(&node, 0));
	assert_int_equal(fake_node_commit(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2, n4"))),
			 0);
	assert_true(same_slots(slots_of(&node, 0), before));
	assert_int_equal(pool_of(&node, 0)->settling, 1);
	/* n3 takes nothing new any more, although the ranking of before serves. */
	fill_tables_only(&node);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 13), 0);
	assert_int_equal(slots_with(slots_of(&node, 0), 13), POOL_SLOTS);
	assert_int_equal(slots_with(slots_of(&node, 0), 14), 0);
	/* And a check that fails takes effect. */
	steering_set_state(node.steering, "web", "n4", BACKEND_UP);
	steering_set_state(node.steering, "web", "n2", BACKEND_DOWN);
	fill_tables_only(&node);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), POOL_SLOTS);
	assert_true(steering_work(node.steering, 1));
	finish_work(&node);
	assert_true(slots_led_by(slots_of(&node, 0), 14) > POOL_SLOTS / 3);

	/* As it is on a node that did it all at once. */
	fake_node_open(&direct, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&direct);
	set_mac(&direct, "n4", 14);
	fake_node_reload(&direct, SERVICES(SERVICE("web", "80/tcp", "n1, n2, n4")));
	set_state(&direct, 0, "n2", BACKEND_DOWN);
	set_state(&direct, 0, "n4", BACKEND_UP);
	assert_true(same_slots(slots_of(&node, 0), slots_of(&direct, 0)));
	free(before);
	fake_node_close(&node);
	fake_node_close(&direct);
}

/* What a crashed run left cannot be changed without a ranking, but it serves. */
static void table_of_a_crashed_run_serves_until_the_table_is_whole(void **state)
{
	struct steering_plan *plan;
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	steering_stop(node.steering);
	assert_int_equal(steering_open(&node.dataplane->maps, node.event, &node.steering), 0);
	plan = prepared(&node, node.config);
	steering_commit(node.steering, plan);
	steering_set_state(node.steering, "web", "n1", BACKEND_UP);
	fill_tables_only(&node);
	assert_true(same_slots(slots_of(&node, 0), before));
	finish_work(&node);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), POOL_SLOTS);
	free(before);
	fake_node_close(&node);
}

static void reload_may_come_during_a_build(void **state)
{
	struct fake_node node, direct;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	set_mac(&node, "n4", 14);
	assert_int_equal(
		fake_node_commit(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3, n4"))), 0);
	fill_tables_only(&node);
	assert_int_equal(fake_node_commit(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n4"))), 0);
	fill_tables_only(&node);
	assert_int_equal(
		fake_node_commit(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n3, n4")
							 SERVICE("api", "81/tcp", "n2, n4"))),
		0);
	steering_set_state(node.steering, "web", "n4", BACKEND_UP);
	steering_set_state(node.steering, "api", "n4", BACKEND_UP);
	finish_work(&node);

	fake_node_open(&direct, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&direct);
	set_mac(&direct, "n4", 14);
	fake_node_reload(&direct, SERVICES(SERVICE("web", "80/tcp", "n1, n3, n4")
						   SERVICE("api", "81/tcp", "n2, n4")));
	set_state(&direct, 0, "n4", BACKEND_UP);
	set_state(&direct, 1, "n4", BACKEND_UP);
	assert_true(same_slots(slots_of(&node, pool_of_port(&node, 80)),
			       slots_of(&direct, pool_of_port(&direct, 80))));
	assert_true(same_slots(slots_of(&node, pool_of_port(&node, 81)),
			       slots_of(&direct, pool_of_port(&direct, 81))));
	fake_node_close(&node);
	fake_node_close(&direct);
}

/* There and back before anything was built: the ranking of before is there still. */
static void reload_may_be_taken_back_during_a_build(void **state)
{
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	assert_int_equal(fake_node_commit(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2"))), 0);
	fill_tables_only(&node);
	assert_int_equal(fake_node_commit(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3"))),
			 0);
	fill_tables_only(&node);
	assert_true(same_slots(slots_of(&node, 0), before));
	finish_work(&node);
	assert_true(same_slots(slots_of(&node, 0), before));
	free(before);
	fake_node_close(&node);
}

static void unchanged_pool_follows_its_checks_during_a_build(void **state)
{
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2")));
	all_up(&node);
	set_mac(&node, "n3", 13);
	assert_int_equal(
		fake_node_commit(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2")
							 SERVICE("api", "81/tcp", "n1, n3"))),
		0);
	steering_set_state(node.steering, "web", "n1", BACKEND_DOWN);
	fill_tables_only(&node);
	assert_int_equal(slots_led_by(slots_of(&node, pool_of_port(&node, 80)), 12), POOL_SLOTS);
	assert_true(steering_work(node.steering, 1));
	fake_node_close(&node);
}

/* Everything is freed, and the tables stay. */
static void stop_may_come_during_a_build(void **state)
{
	struct fake_node node;
	uint8_t *before;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	assert_int_equal(fake_node_commit(&node, SERVICES(SERVICE("web", "80/tcp", "n1, n2"))), 0);
	steering_work(node.steering, 1000);
	before = image_of(&node);
	steering_stop(node.steering);
	node.steering = NULL;
	assert_unchanged(&node, before);
	free(before);
	fake_node_close(&node);
}

/* Otherwise flows would be sent to nobody in the meantime. */
static void node_is_withdrawn_when_no_table_has_it(void **state)
{
	struct fake_node node;
	const struct backend_entry *backend;

	(void)state;
	fake_node_open(&node, "n1", SERVICES(SERVICE("web", "80/tcp", "n1, n2, n3")));
	all_up(&node);
	backend = &node.dataplane->maps.backends[fake_index(12)];
	steering_set_mac(node.steering, "n2", NULL);
	assert_true(steering_work(node.steering, 1));
	assert_int_equal(backend->usable, 1);
	assert_true(slots_led_by(slots_of(&node, 0), 12) > 0);
	finish_work(&node);
	assert_int_equal(backend->usable, 0);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), 0);
	/* It is back before it was withdrawn, or with another MAC. */
	set_mac(&node, "n2", 12);
	steering_set_mac(node.steering, "n2", NULL);
	set_mac(&node, "n2", 12);
	assert_int_equal(backend->usable, 1);
	assert_non_null(find_neighbour((const uint8_t[6]){2, 0, 0, 0, 0, 12}));
	steering_set_mac(node.steering, "n2", NULL);
	set_mac(&node, "n2", 99);
	assert_int_equal(backend->mac[5], 99);
	assert_null(find_neighbour((const uint8_t[6]){2, 0, 0, 0, 0, 12}));
	assert_non_null(find_neighbour((const uint8_t[6]){2, 0, 0, 0, 0, 99}));
	fake_node_close(&node);
}

/* In slices of whatever size, the tables are the same. */
static void slices_do_not_count(void **state)
{
	struct fake_node whole, sliced;
	size_t slices = 0;

	(void)state;
	fake_node_open(&whole, "n1", BEFORE);
	all_up(&whole);
	fake_node_open(&sliced, "n1", BEFORE);
	fake_node_crash(&sliced);
	dataplane = sliced.dataplane;
	memset(sliced.dataplane->maps.pools, 0, MAX_POOLS * sizeof(struct pool_entry));
	memset(sliced.dataplane->maps.services, 0, 2 * sizeof(struct service_table));
	sliced.config = parsed("n1", BEFORE);
	assert_int_equal(steering_open(&sliced.dataplane->maps, sliced.event, &sliced.steering), 0);
	steering_commit(sliced.steering, prepared(&sliced, sliced.config));
	for (uint8_t i = 1; i <= 3; i++) {
		const char *name = sliced.config->peers[i - 1].name;
		const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(10 + i)};

		steering_set_mac(sliced.steering, name, mac);
		steering_set_state(sliced.steering, "web", name, BACKEND_UP);
		steering_set_state(sliced.steering, "api", name, BACKEND_UP);
	}
	while (steering_work(sliced.steering, 12345))
		slices++;
	assert_in_range(slices, 100, 10000);
	for (uint16_t port = 80; port <= 81; port++)
		assert_true(same_slots(slots_of(&whole, pool_of_port(&whole, port)),
				       slots_of(&sliced, pool_of_port(&sliced, port))));
	fake_node_close(&whole);
	fake_node_close(&sliced);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(abort_leaves_no_trace),
		cmocka_unit_test(failed_prepare_leaves_no_trace),
		cmocka_unit_test(tables_that_cannot_be_mapped_leave_no_trace),
		cmocka_unit_test(only_pools_in_use_are_mapped),
		cmocka_unit_test(first_plan_may_be_given_up),
		cmocka_unit_test(predecessor_serves_until_the_table_is_whole),
		cmocka_unit_test(table_of_a_crashed_run_serves_until_the_table_is_whole),
		cmocka_unit_test(reload_may_come_during_a_build),
		cmocka_unit_test(reload_may_be_taken_back_during_a_build),
		cmocka_unit_test(unchanged_pool_follows_its_checks_during_a_build),
		cmocka_unit_test(stop_may_come_during_a_build),
		cmocka_unit_test(node_is_withdrawn_when_no_table_has_it),
		cmocka_unit_test(slices_do_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
