// SPDX-License-Identifier: GPL-2.0-only
/*
 * A configuration lives for as long as somebody holds a reference. Each part that keeps a pointer
 * into one holds one of its own, so that it can outlive whoever started it, and a reload that fails
 * half way. Built with SANITIZE=1 this also shows uses after the end.
 */
#include "ctl/health/health.h"
#include "ctl/trackers/trackers.h"
#include "tests/unit/fake_dataplane.h"

#define TRACKERS "trackers: [{name: flag, file: /nonexistent/flag}, {name: lo, interface: lo}]\n"

static unsigned int references(const struct config *config)
{
	return config->further_references + 1;
}

static void references_are_counted(void **state)
{
	const struct config *config = parsed("n1", HEAD PEERS WEB);

	(void)state;
	assert_int_equal(references(config), 1);
	assert_ptr_equal(config_ref(config), config);
	assert_int_equal(references(config), 2);
	config_unref(config);
	assert_int_equal(references(config), 1);
	assert_string_equal(config->node, "n1");
	config_unref(config);
	assert_null(config_ref(NULL));
	config_unref(NULL);
}

static void steering_holds_what_it_follows(void **state)
{
	const struct config *first, *second;
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", HEAD PEERS WEB);
	first = config_ref(node.config);
	assert_int_equal(references(first), 3);
	fake_node_reload(&node, HEAD PEERS WEB);
	assert_int_equal(references(first), 1);
	config_unref(first);
	second = node.config;
	assert_int_equal(references(second), 2);
	fake_node_close(&node);
}

/* A configuration that was taken over in part, and which its loader gave up on. */
static void steering_outlives_a_loader_that_gives_up(void **state)
{
	const struct config *next = parsed("n1", HEAD PEERS WEB);
	struct fake_node node;

	(void)state;
	fake_node_open(&node, "n1", HEAD PEERS WEB);
	assert_int_equal(fake_node_follow(&node, next), 0);
	config_unref(next);
	assert_int_equal(references(next), 1);
	set_state(&node, 0, "n2", BACKEND_UP);
	fake_node_close(&node);
}

static void ignore_health(const char *service, const char *node, const struct health_status *status,
			  const char *check, void *context)
{
	(void)check;
	(void)service, (void)node, (void)status, (void)context;
}

/* It copies what it needs, and holds no reference at all. */
static void health_outlives_its_starter(void **state)
{
	const struct config *config = parsed("n1", HEAD PEERS WEB);
	struct health_setup setup = {.changed = ignore_health};
	struct health_status status = {};
	struct health_plan *plan;
	struct health *health;

	(void)state;
	assert_true(sd_event_new(&setup.event) >= 0);
	assert_int_equal(checks_new(setup.event, "n1", &setup.checks), 0);
	assert_int_equal(health_new(&setup, &health), 0);
	assert_int_equal(health_prepare(health, config, &plan), 0);
	health_commit(health, plan);
	assert_int_equal(references(config), 1);
	config_unref(config);
	while (sd_event_run(setup.event, 0) > 0)
		;
	assert_true(health_status(health, "web", "n3", &status));
	assert_int_equal(status.state, HEALTH_UP);
	health_free(health);
	checks_free(setup.checks);
	sd_event_unref(setup.event);
}

static void ignore_tracker(const char *tracker, const struct tracker_status *status, void *context)
{
	(void)tracker, (void)status, (void)context;
}

static void go_over(struct trackers *trackers, const char *text)
{
	const struct config *config = parsed("n1", text);
	struct trackers_plan *plan;

	assert_int_equal(trackers_prepare(trackers, config, &plan), 0);
	trackers_commit(trackers, plan);
	assert_int_equal(references(config), 1);
	config_unref(config);
}

static void trackers_outlive_their_starter(void **state)
{
	struct trackers_setup setup = {.changed = ignore_tracker};
	struct trackers *trackers;

	(void)state;
	assert_true(sd_event_new(&setup.event) >= 0);
	assert_int_equal(checks_new(setup.event, "n1", &setup.checks), 0);
	assert_int_equal(monitor_start(setup.event, MONITOR_LOOK_INTERVAL, &setup.monitor), 0);
	assert_int_equal(trackers_new(&setup, &trackers), 0);
	go_over(trackers, HEAD PEERS TRACKERS);
	sd_event_run(setup.event, 0);
	go_over(trackers, HEAD PEERS TRACKERS);
	sd_event_run(setup.event, 0);
	go_over(trackers, HEAD PEERS);
	sd_event_run(setup.event, 0);
	trackers_free(trackers);
	monitor_stop(setup.monitor);
	checks_free(setup.checks);
	sd_event_unref(setup.event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_are_counted),
		cmocka_unit_test(steering_holds_what_it_follows),
		cmocka_unit_test(steering_outlives_a_loader_that_gives_up),
		cmocka_unit_test(health_outlives_its_starter),
		cmocka_unit_test(trackers_outlive_their_starter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
