// SPDX-License-Identifier: GPL-2.0-only
/* What a node is good for: who waits for first results, and who goes on owning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/config/load.h"
#include "ctl/node/standing.h"

#define VRID 51

static const char text[] = "interface: eth0\n"
			   "gateway: [10.77.0.1]\n"
			   "peers: [{name: n1, address: 10.77.0.11}]\n"
			   "trackers: [{name: uplink, interface: eth1}]\n"
			   "instances: [{name: blue, vrid: 51, priority: {n1: 150}, "
			   "vips: [10.77.0.101], track: [uplink]}]\n"
			   "services: [{name: web, ports: [80/tcp], backends: [n1]}]\n";

static const struct net_link link_up = {.index = 2, .running = true, .has_address4 = true};
static struct tracker_status tracker;
static const struct config *config;

static int set_up(void **state)
{
	(void)state;
	tracker.state = TRACKED_UP;
	return config_parse("test", text, strlen(text), "n1", stderr, &config);
}

static int tear_down(void **state)
{
	(void)state;
	config_unref(config);
	return 0;
}

static struct standing_facts facts_of(bool takes_part, bool judged, bool all_down)
{
	struct standing_facts facts = {
		.config = config,
		.link = &link_up,
		.trackers = &tracker,
		.services = {{.judged = judged, .all_down = all_down}},
	};

	facts.takes_part[VRID] = takes_part;
	return facts;
}

static struct instance_standing decide(const struct standing_facts *facts)
{
	struct instance_standing standing;

	assert_int_equal(standing_decide(facts, &standing), 1);
	assert_int_equal(standing.vrid, VRID);
	return standing;
}

static void who_takes_no_part_yet_waits_for_first_results(void **state)
{
	struct standing_facts facts = facts_of(false, false, true);

	(void)state;
	assert_string_equal(decide(&facts).fault, "waiting for the first health check");
	facts.services[0].judged = true;
	tracker.state = TRACKED_UNDECIDED;
	assert_string_equal(decide(&facts).fault, "waiting for the first result of a tracker");
	tracker.state = TRACKED_UP;
	assert_null(decide(&facts).fault);
}

/* A service that a reload adds or renames has no results yet, and a tracker neither. */
static void who_takes_part_does_not_begin_to_wait(void **state)
{
	struct standing_facts facts = facts_of(true, false, true);
	struct instance_standing standing;

	(void)state;
	tracker.state = TRACKED_UNDECIDED;
	standing = decide(&facts);
	assert_null(standing.fault);
	assert_false(standing.reluctant);
}

static void what_was_found_counts_for_who_takes_part(void **state)
{
	struct standing_facts facts = facts_of(true, true, true);

	(void)state;
	assert_null(decide(&facts).fault);
	assert_true(decide(&facts).reluctant);
	tracker.state = TRACKED_DOWN;
	assert_string_equal(decide(&facts).fault, "a tracker has failed");
}

static void what_explains_most_comes_first(void **state)
{
	static const struct net_link gone;
	struct standing_facts facts = facts_of(false, false, true);

	(void)state;
	facts.deaf = "deaf";
	assert_string_equal(decide(&facts).fault, "deaf");
	facts.link = &gone;
	assert_string_equal(decide(&facts).fault, "this node's address is not on the device");
	facts.link_fault = "no link";
	assert_string_equal(decide(&facts).fault, "no link");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_takes_no_part_yet_waits_for_first_results),
		TEST(who_takes_part_does_not_begin_to_wait),
		TEST(what_was_found_counts_for_who_takes_part),
		TEST(what_explains_most_comes_first),
	};

	return cmocka_run_group_tests_name("node standing", tests, NULL, NULL);
}
