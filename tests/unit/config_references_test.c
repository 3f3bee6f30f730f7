// SPDX-License-Identifier: GPL-2.0-only
/*
 * A configuration lives for as long as somebody holds a reference. Each part that keeps a pointer
 * into one holds one of its own, so that it can outlive whoever started it, and a reload that fails
 * half way. Built with SANITIZE=1 this also shows uses after the end.
 */
#include "ctl/base/clock.h"
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
	assert_int_equal(steering_reload(node.steering, next), 0);
	config_unref(next);
	assert_int_equal(references(next), 1);
	set_state(&node, 0, "n2", BACKEND_UP);
	fake_node_close(&node);
}

static void ignore_health(size_t service, size_t peer, const struct health_status *status,
			  void *context)
{
	(void)service, (void)peer, (void)status, (void)context;
}

static void health_outlives_its_starter(void **state)
{
	const struct config *config = parsed("n1", HEAD PEERS WEB);
	struct health *health = NULL;
	sd_event *loop = NULL;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(health_start(config, loop, ignore_health, NULL, &health), 0);
	assert_int_equal(references(config), 2);
	config_unref(config);
	while (sd_event_run(loop, 0) > 0)
		;
	assert_int_equal(health_status(health, 0, 2)->state, HEALTH_UP);
	health_stop(health);
	sd_event_unref(loop);
}

static void ignore_tracker(size_t tracker, const struct tracker_status *status, void *context)
{
	(void)tracker, (void)status, (void)context;
}

static void trackers_outlive_their_starter(void **state)
{
	const struct config *config = parsed("n1", HEAD PEERS TRACKERS);
	struct trackers *trackers = NULL, *next = NULL;
	struct monitor *monitor = NULL;
	sd_event *loop = NULL;

	(void)state;
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(monitor_start(loop, MONITOR_LOOK_INTERVAL, &monitor), 0);
	assert_int_equal(
		trackers_start(config, NULL, loop, monitor, ignore_tracker, NULL, &trackers), 0);
	assert_int_equal(references(config), 2);
	config_unref(config);
	sd_event_run(loop, 0);
	config = parsed("n1", HEAD PEERS TRACKERS);
	assert_int_equal(
		trackers_start(config, trackers, loop, monitor, ignore_tracker, NULL, &next), 0);
	config_unref(config);
	trackers_stop(trackers);
	sd_event_run(loop, 0);
	trackers_stop(next);
	monitor_stop(monitor);
	sd_event_unref(loop);
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
