// SPDX-License-Identifier: GPL-2.0-only
/* What nodes say of themselves, and what steering makes of it. */
#include "tests/unit/fake_dataplane.h"

#define TEXT HEAD PEERS WEB

static enum backend_standing its;

static enum backend_standing for_all(const char *node, const char *service, void *context)
{
	(void)node;
	(void)service;
	(void)context;
	return its;
}

static void says(struct fake_node *node, const char *name, enum backend_standing standing)
{
	its = standing;
	steering_set_standing(node->steering, name, for_all, NULL);
	finish_work(node);
}

static enum backend_state state_of(struct fake_node *node, size_t backend)
{
	struct service_view view;

	view_service(node, 0, &view);
	return view.backends[backend].state;
}

/* Its check passes, but it takes nothing new; what it has is asked of it. */
static void who_is_absent_gets_nothing_new(void **state)
{
	struct slot_table *before;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	before = copy_of(slots_of(&node, 0));
	says(&node, "n2", STANDING_ABSENT);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), 0);
	assert_int_equal(state_of(&node, 1), BACKEND_DOWN);
	for (size_t i = 0; i < POOL_SLOTS; i++)
		assert_memory_equal(slots_of(&node, 0)->slots[i].rank, before->slots[i].rank,
				    RANKS);
	assert_true(pool_of(&node, 0)->settling);
	says(&node, "n2", STANDING_TAKES);
	assert_true(same_slots(slots_of(&node, 0), before));
	free(before);
	fake_node_close(&node);
}

static void who_leaves_drains(void **state)
{
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	says(&node, "n3", STANDING_KEEPS);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 13), 0);
	assert_int_equal(state_of(&node, 2), BACKEND_DRAIN);
	fake_node_close(&node);
}

/* Of those who work nobody says that it serves: what is said is not believed, the checks are. */
static void standing_is_doubted_before_the_checks(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	says(&node, "n2", STANDING_ABSENT);
	says(&node, "n3", STANDING_ABSENT);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), POOL_SLOTS);
	set_state(&node, 0, "n1", BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 11), 0);
	assert_true(slots_led_by(slots_of(&node, 0), 12) > 0);
	assert_true(slots_led_by(slots_of(&node, 0), 13) > 0);
	view_service(&node, 0, &view);
	assert_false(view.panic);
	says(&node, "n3", STANDING_TAKES);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 13), POOL_SLOTS);
	fake_node_close(&node);
}

/* Not even then: it has said that it is about to go. */
static void who_leaves_is_believed_in_any_case(void **state)
{
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	says(&node, "n2", STANDING_KEEPS);
	says(&node, "n3", STANDING_ABSENT);
	set_state(&node, 0, "n1", BACKEND_DOWN);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 13), POOL_SLOTS);
	fake_node_close(&node);
}

/* Nobody works: the checks are doubted, and what is said believed. */
static void in_a_panic_who_serves_comes_first(void **state)
{
	struct service_view view;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TEXT);
	all_up(&node);
	says(&node, "n2", STANDING_ABSENT);
	set_state(&node, 0, "n1", BACKEND_DOWN);
	set_state(&node, 0, "n2", BACKEND_DOWN);
	set_state(&node, 0, "n3", BACKEND_DOWN);
	view_service(&node, 0, &view);
	assert_true(view.panic);
	assert_int_equal(slots_led_by(slots_of(&node, 0), 12), 0);
	fake_node_close(&node);
}

static enum backend_standing not_for_mail(const char *node, const char *service, void *context)
{
	(void)node;
	(void)context;
	return strcmp(service, "mail") == 0 ? STANDING_ABSENT : STANDING_TAKES;
}

#define TWO_POOLS                                                                                  \
	HEAD PEERS "services: [{name: web, vips: [10.77.0.101], ports: [443/tcp]}, "               \
		   "{name: mail, vips: [10.77.0.101], ports: [25/tcp], backends: [n1, n2]}]\n"

static void each_pool_has_its_own_standing(void **state)
{
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", TWO_POOLS);
	all_up(&node);
	set_state(&node, 1, "n1", BACKEND_UP);
	set_state(&node, 1, "n2", BACKEND_UP);
	steering_set_standing(node.steering, "n2", not_for_mail, NULL);
	finish_work(&node);
	assert_true(slots_led_by(slots_of(&node, 0), 12) > 0);
	assert_int_equal(slots_led_by(slots_of(&node, 1), 12), 0);
	fake_node_close(&node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_absent_gets_nothing_new),
		cmocka_unit_test(who_leaves_drains),
		cmocka_unit_test(standing_is_doubted_before_the_checks),
		cmocka_unit_test(who_leaves_is_believed_in_any_case),
		cmocka_unit_test(in_a_panic_who_serves_comes_first),
		cmocka_unit_test(each_pool_has_its_own_standing),
	};

	return cmocka_run_group_tests_name("standing in steering", tests, NULL, NULL);
}
