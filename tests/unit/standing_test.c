// SPDX-License-Identifier: GPL-2.0-only
/* What this node is good for in each election: faults and their order, reluctance, priorities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctl/config/load.h"
#include "ctl/node/standing.h"

/* The node takes part in all elections but that of red. Blue and teal are a sync group. */
static const char text[] =
	"node: n1\n"
	"interface: eth0\n"
	"gateway: [10.77.0.1, \"fd77::1\"]\n"
	"peers:\n"
	"  - {name: n1, address: 10.77.0.11, address6: \"fd77::11\"}\n"
	"  - {name: n2, address: 10.77.0.12, address6: \"fd77::12\"}\n"
	"trackers:\n"
	"  - {name: own, interface: eth1}\n"
	"  - {name: of_group, interface: eth2}\n"
	"  - {name: weighed, interface: eth3}\n"
	"instances:\n"
	"  - {name: red, vrid: 50, priority: {n2: 100}, vips: [10.77.0.100]}\n"
	"  - {name: blue, vrid: 51, priority: {n1: 150, n2: 100}, vips: [10.77.0.101], track: "
	"[own]}\n"
	"  - {name: green, vrid: 52, priority: {n1: 140, n2: 100}, vips: [\"fd77::102\"],\n"
	"     track: [{tracker: weighed, weight: -60}]}\n"
	"  - {name: teal, vrid: 54, priority: {n1: 150, n2: 100}, vips: [10.77.0.104]}\n"
	"sync_groups:\n"
	"  - {name: g, instances: [blue, teal], track: [of_group]}\n"
	"services:\n"
	"  - {name: web, vips: [10.77.0.101], ports: [80/tcp], backends: [n1]}\n"
	"  - {name: mail, vips: [\"fd77::102\"], ports: [25/tcp], backends: [n1]}\n";

enum { BLUE, GREEN, TEAL, INSTANCES };
enum { WEB, MAIL };
enum { OWN, OF_GROUP, WEIGHED, TRACKERS };

static const struct config *config;
static struct tracker_status trackers[TRACKERS];
static struct net_link device;
static struct standing_facts facts;
static struct instance_standing standings[INSTANCES];

/* All is well, and this node is in no election yet. */
static int set_up(void **state)
{
	(void)state;
	assert_int_equal(config_parse("test", text, strlen(text), "n1", stderr, &config), 0);
	device = (struct net_link){.has_address4 = true, .has_address6 = true};
	for (size_t i = 0; i < TRACKERS; i++)
		trackers[i] = (struct tracker_status){.state = TRACKED_UP};
	facts = (struct standing_facts){.config = config, .link = &device, .trackers = trackers};
	facts.services[WEB].judged = facts.services[MAIL].judged = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	config_unref(config);
	return 0;
}

static void decide(void)
{
	assert_int_equal(standing_decide(&facts, standings), INSTANCES);
}

/* NULL: no fault. */
static void expect_faults(const char *blue, const char *green, const char *teal)
{
	const char *expected[] = {blue, green, teal};

	decide();
	for (size_t i = 0; i < INSTANCES; i++)
		if (expected[i])
			assert_string_equal(standings[i].fault, expected[i]);
		else
			assert_null(standings[i].fault);
}

static void expect_reluctance(bool blue, bool green, bool teal)
{
	decide();
	assert_int_equal(standings[BLUE].reluctant, blue);
	assert_int_equal(standings[GREEN].reluctant, green);
	assert_int_equal(standings[TEAL].reluctant, teal);
}

static void only_elections_with_a_priority_count(void **state)
{
	static const uint8_t vrids[] = {51, 52, 54}, priorities[] = {150, 140, 150};

	(void)state;
	decide();
	for (size_t i = 0; i < INSTANCES; i++) {
		assert_int_equal(standings[i].vrid, vrids[i]);
		assert_int_equal(standings[i].priority, priorities[i]);
		assert_false(standings[i].reluctant);
		assert_null(standings[i].fault);
	}
}

static void a_drained_node_lets_others_go_first(void **state)
{
	(void)state;
	facts.drained = true;
	expect_reluctance(true, true, true);
	expect_faults(NULL, NULL, NULL);
}

/* Only what a service of its VIPs needs concerns an instance, or another one of its sync group. */
static void without_backends_others_go_first(void **state)
{
	(void)state;
	facts.services[WEB].all_down = true;
	expect_reluctance(true, false, true);
	facts.services[WEB].all_down = false;
	facts.services[MAIL].all_down = true;
	expect_reluctance(false, true, false);
	expect_faults(NULL, NULL, NULL);
}

static void an_unjudged_service_says_nothing_of_its_backends(void **state)
{
	(void)state;
	facts.services[WEB] = (struct service_facts){.judged = false, .all_down = true};
	expect_reluctance(false, false, false);
}

static void a_node_waits_for_first_results(void **state)
{
	(void)state;
	facts.services[WEB].judged = false;
	expect_faults("waiting for the first health check", NULL, NULL);
	facts.services[WEB].judged = true;
	trackers[OWN].state = TRACKED_UNDECIDED;
	expect_faults("waiting for the first result of a tracker", NULL, NULL);
	trackers[OWN].state = TRACKED_UP;
	trackers[OF_GROUP].state = TRACKED_UNDECIDED;
	expect_faults("waiting for the first result of a tracker", NULL,
		      "waiting for the first result of a tracker");
}

/* A reload that adds a service or a tracker takes nothing from an owner. */
static void whoever_takes_part_does_not_wait(void **state)
{
	(void)state;
	facts.services[WEB].judged = false;
	trackers[OWN].state = trackers[OF_GROUP].state = TRACKED_UNDECIDED;
	facts.takes_part[51] = true;
	expect_faults(NULL, NULL, "waiting for the first result of a tracker");
	trackers[OWN].state = TRACKED_DOWN;
	expect_faults("a tracker has failed", NULL, "waiting for the first result of a tracker");
}

static void a_failed_tracker_is_a_fault_of_those_that_track_it(void **state)
{
	(void)state;
	trackers[OWN].state = TRACKED_DOWN;
	expect_faults("a tracker has failed", NULL, NULL);
	trackers[OWN].state = TRACKED_UP;
	trackers[OF_GROUP].state = TRACKED_DOWN;
	expect_faults("a tracker has failed", NULL, "a tracker has failed");
}

static void a_weight_changes_the_priority_and_is_no_fault(void **state)
{
	(void)state;
	trackers[WEIGHED].state = TRACKED_DOWN;
	expect_faults(NULL, NULL, NULL);
	assert_int_equal(standings[BLUE].priority, 150);
	assert_int_equal(standings[GREEN].priority, 80);
	assert_int_equal(standings[TEAL].priority, 150);
}

/* An election takes place over the family of its VIPs. */
static void an_address_is_missed_by_its_family(void **state)
{
	static const char missing[] = "this node's address is not on the device";

	(void)state;
	device.has_address4 = false;
	expect_faults(missing, NULL, missing);
	device = (struct net_link){.has_address4 = true};
	expect_faults(NULL, missing, NULL);
}

static void without_ears_or_a_link_no_instance_takes_part(void **state)
{
	(void)state;
	facts.deaf = "no program on eth0";
	expect_faults(facts.deaf, facts.deaf, facts.deaf);
	facts.deaf = NULL;
	facts.link_fault = "eth0 has no carrier";
	expect_faults(facts.link_fault, facts.link_fault, facts.link_fault);
}

/* Each fault hides those after it, which may be nothing but its consequences. */
static void the_fault_that_explains_most_comes_first(void **state)
{
	(void)state;
	trackers[OWN].state = TRACKED_DOWN;
	trackers[OF_GROUP].state = TRACKED_UNDECIDED;
	facts.services[WEB].judged = false;
	device.has_address4 = false;
	facts.deaf = "no program on eth0";
	facts.link_fault = "eth0 has no carrier";
	decide();
	assert_string_equal(standings[BLUE].fault, "eth0 has no carrier");
	facts.link_fault = NULL;
	decide();
	assert_string_equal(standings[BLUE].fault, "this node's address is not on the device");
	device.has_address4 = true;
	decide();
	assert_string_equal(standings[BLUE].fault, "no program on eth0");
	facts.deaf = NULL;
	decide();
	assert_string_equal(standings[BLUE].fault, "waiting for the first health check");
	facts.services[WEB].judged = true;
	decide();
	assert_string_equal(standings[BLUE].fault, "waiting for the first result of a tracker");
	trackers[OF_GROUP].state = TRACKED_UP;
	decide();
	assert_string_equal(standings[BLUE].fault, "a tracker has failed");
}

/* Reluctance and priority are told even in Fault: they hold as soon as it ends. */
static void a_fault_hides_nothing_else(void **state)
{
	(void)state;
	facts.drained = true;
	facts.link_fault = "eth0 has no carrier";
	trackers[WEIGHED].state = TRACKED_DOWN;
	expect_reluctance(true, true, true);
	assert_int_equal(standings[GREEN].priority, 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_elections_with_a_priority_count, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_drained_node_lets_others_go_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_backends_others_go_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_unjudged_service_says_nothing_of_its_backends,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_node_waits_for_first_results, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whoever_takes_part_does_not_wait, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_failed_tracker_is_a_fault_of_those_that_track_it,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_weight_changes_the_priority_and_is_no_fault,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_address_is_missed_by_its_family, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(without_ears_or_a_link_no_instance_takes_part,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_fault_that_explains_most_comes_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_fault_hides_nothing_else, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
