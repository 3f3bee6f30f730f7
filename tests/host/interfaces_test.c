// SPDX-License-Identifier: GPL-2.0-only
/* Tracked interfaces, against the real kernel in a namespace of our own. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "ctl/net/interfaces.h"
#include "tests/host/net_fixture.h"

#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */

static sd_event *loop;
static struct monitor *monitor;
static struct interfaces *interfaces;
static char changes[256]; /* "eth0 down, eth0 up, " */

static void on_change(const char *name, bool up, void *context)
{
	size_t length = strlen(changes);

	(void)context;
	snprintf(changes + length, sizeof(changes) - length, "%s %s, ", name, up ? "up" : "down");
}

static void stop(void)
{
	interfaces_close(interfaces);
	interfaces = NULL;
	monitor_stop(monitor);
	monitor = NULL;
	loop = sd_event_unref(loop);
}

/* The cable of the fixture has two ends, eth0 and switch, which are both up. */
static void start(const char (*names)[IF_NAMESIZE], size_t count)
{
	changes[0] = '\0';
	assert_int_equal(sd_event_new(&loop), 0);
	assert_int_equal(monitor_start(loop, NO_SLOW_LOOK, &monitor), 0);
	assert_int_equal(interfaces_open(names, count, monitor, on_change, NULL, &interfaces), 0);
}

static int leave(void **state)
{
	stop();
	return fixture_leave(state);
}

static void expect_changes(const char *expected)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (strcmp(changes, expected) != 0 && clock_now() < deadline)
		sd_event_run(loop, 20000);
	while (sd_event_run(loop, 0) > 0)
		;
	assert_string_equal(changes, expected);
	changes[0] = '\0';
}

static void expect_down(const char *expected)
{
	const char *down = interfaces_find_down(interfaces);

	assert_string_equal(down ? down : "none", expected);
}

static void what_is_up_and_what_is_not(void **state)
{
	static const char names[][IF_NAMESIZE] = {"eth0", "dummy0", "switch"};

	fixture_from(state);
	start(names, 3);
	expect_down("dummy0");
	stop();
	run("ip link set eth0 down");
	start(names, 1);
	expect_down("eth0");
}

static void an_interface_goes_down_and_up(void **state)
{
	static const char names[][IF_NAMESIZE] = {"switch", "eth0"};

	fixture_from(state);
	start(names, 2);
	expect_down("none");
	run("ip link set eth0 mtu 1400");
	expect_changes("");
	run("ip link set eth0 down"); /* and the other end loses its carrier */
	expect_changes("switch down, eth0 down, ");
	expect_down("switch");
	run("ip link set eth0 up");
	expect_changes("switch up, eth0 up, ");
	expect_down("none");
}

static void an_interface_goes_and_comes_back(void **state)
{
	static const char names[][IF_NAMESIZE] = {"maintenance"};

	fixture_from(state);
	start(names, 1);
	expect_down("maintenance");
	run("ip link add maintenance up type bridge && ip link add m1 up type veth peer m2 &&"
	    "ip link set m2 up master maintenance");
	expect_changes("maintenance up, ");
	expect_down("none");
	run("ip link del maintenance");
	expect_changes("maintenance down, ");
	expect_down("maintenance");
	run("ip link set m2 down name maintenance && ip link set maintenance up");
	expect_changes("maintenance up, ");
}

/* More than the socket has room for: what counts is how it ends. */
static void a_flood_of_changes_is_survived(void **state)
{
	static const char names[][IF_NAMESIZE] = {"eth0"};

	fixture_from(state);
	start(names, 1);
	run("for i in $(seq 500); do echo link set eth0 down; echo link set eth0 up; done |"
	    "ip -batch - && ip link set eth0 down");
	expect_changes("eth0 down, ");
}

static void others_are_tracked_from_the_commit_on(void **state)
{
	static const char eth0[][IF_NAMESIZE] = {"eth0"}, others[][IF_NAMESIZE] = {"switch", "m1"};
	struct interfaces_plan *plan = NULL;

	fixture_from(state);
	start(eth0, 1);
	assert_int_equal(interfaces_prepare(interfaces, others, 2, &plan), 0);
	interfaces_abort(interfaces, plan);
	expect_down("none");
	run("ip link set eth0 down");
	expect_changes("eth0 down, ");
	assert_int_equal(interfaces_prepare(interfaces, others, 2, &plan), 0);
	expect_down("eth0");
	interfaces_commit(interfaces, plan);
	expect_down("switch");
	run("ip link set eth0 up");
	expect_changes("switch up, ");
	expect_down("m1");
}

static void nothing_to_track_is_always_up(void **state)
{
	fixture_from(state);
	start(NULL, 0);
	run("ip link set eth0 down");
	expect_changes("");
	expect_down("none");
}

#define test(function) cmocka_unit_test_setup_teardown(function, fixture_enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_is_up_and_what_is_not),
		test(an_interface_goes_down_and_up),
		test(an_interface_goes_and_comes_back),
		test(a_flood_of_changes_is_survived),
		test(others_are_tracked_from_the_commit_on),
		test(nothing_to_track_is_always_up),
	};

	return cmocka_run_group_tests_name("interfaces", tests, NULL, NULL);
}
