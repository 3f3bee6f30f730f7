// SPDX-License-Identifier: GPL-2.0-only
/* The one watcher of the kernel, in a network namespace of our own. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/base/clock.h"
#include "ctl/net/monitor.h"
#include "tests/host/net_fixture.h"

#define PATIENCE (20 * NS_PER_S) /* for what should take milliseconds on a machine that is busy */

#define ALL                                                                                        \
	(MONITOR_LINK | MONITOR_ADDRESS | MONITOR_ROUTE | MONITOR_RULE | MONITOR_NEIGHBOUR |       \
	 MONITOR_SLOW_LOOK)

/* A subscriber, and what it has been told. */
struct listener {
	struct monitor_subscription *subscription;
	struct listener *victim; /* whose subscription it ends when it is told */
	struct listener *heir;   /* whom it subscribes then */
	unsigned int kinds;      /* told so far */
	unsigned int calls;
};

static sd_event *loop;
static struct monitor *monitor;
static struct listener listeners[3];

static void subscribe(struct listener *listener, unsigned int kinds);

static void on_change(unsigned int kinds, void *context)
{
	struct listener *listener = context;

	listener->calls++;
	listener->kinds |= kinds;
	if (listener->victim) {
		monitor_unsubscribe(listener->victim->subscription);
		listener->victim->subscription = NULL;
		listener->victim = NULL;
	}
	if (listener->heir) {
		subscribe(listener->heir, ALL);
		listener->heir = NULL;
	}
}

static void subscribe(struct listener *listener, unsigned int kinds)
{
	assert_int_equal(
		monitor_subscribe(monitor, kinds, on_change, listener, &listener->subscription), 0);
}

static int enter(void **state)
{
	int error = fixture_enter(state);

	for (size_t i = 0; i < 3; i++)
		listeners[i] = (struct listener){};
	return error;
}

static int leave(void **state)
{
	for (size_t i = 0; i < 3; i++)
		monitor_unsubscribe(listeners[i].subscription);
	monitor_stop(monitor);
	monitor = NULL;
	loop = sd_event_unref(loop);
	return fixture_leave(state);
}

static void start_looking(void **state, uint64_t look_interval)
{
	fixture_from(state);
	assert_int_equal(sd_event_new(&loop), 0);
	assert_int_equal(monitor_start(loop, look_interval, &monitor), 0);
}

static void start(void **state)
{
	start_looking(state, NO_SLOW_LOOK);
}

static void turn_until_told(const struct listener *listener, unsigned int kinds)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while ((listener->kinds & kinds) != kinds && clock_now() < deadline)
		sd_event_run(loop, 20000);
	while (sd_event_run(loop, 0) > 0)
		;
	assert_int_equal(listener->kinds & kinds, kinds);
}

static void each_kind_is_told_to_those_who_named_it(void **state)
{
	static const struct {
		const char *command;
		unsigned int kind;
	} changes[] = {
		{"ip link set eth0 mtu 1400", MONITOR_LINK},
		{"ip addr add 10.77.0.12/24 dev eth0", MONITOR_ADDRESS},
		{"ip addr add fd77::12/64 dev eth0 nodad", MONITOR_ADDRESS},
		{"ip route add 10.99.0.0/24 dev eth0", MONITOR_ROUTE},
		{"ip route add fd99::/64 dev eth0", MONITOR_ROUTE},
		{"ip rule add from 10.99.0.0/24 lookup 99", MONITOR_RULE},
		{"ip -6 rule add from fd99::/64 lookup 99", MONITOR_RULE},
		{"ip neigh add 10.77.0.99 lladdr 2:0:0:0:0:1 dev eth0", MONITOR_NEIGHBOUR},
		{"ip neigh add fd77::99 lladdr 2:0:0:0:0:1 dev eth0", MONITOR_NEIGHBOUR},
	};

	start(state);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		listeners[0] = listeners[1] = (struct listener){};
		subscribe(&listeners[0], changes[i].kind);
		subscribe(&listeners[1], (MONITOR_LINK | MONITOR_RULE) & ~changes[i].kind);
		run(changes[i].command);
		turn_until_told(&listeners[0], changes[i].kind);
		assert_int_equal(listeners[0].kinds, changes[i].kind);
		assert_int_equal(listeners[1].calls, 0);
		monitor_unsubscribe(listeners[0].subscription);
		monitor_unsubscribe(listeners[1].subscription);
	}
	listeners[0] = listeners[1] = (struct listener){};
}

static void many_changes_are_one_call(void **state)
{
	start(state);
	subscribe(&listeners[0], MONITOR_RULE | MONITOR_ROUTE);
	run("for i in $(seq 50); do echo rule add from 10.99.$i.0/24 lookup 99;"
	    "echo route add 10.99.$i.0/24 dev eth0; done | ip -batch -");
	turn_until_told(&listeners[0], MONITOR_RULE | MONITOR_ROUTE);
	assert_int_equal(listeners[0].calls, 1);
}

/* More than the socket has room for, and the last one, which is lost, is what counts. */
static void a_lost_notification_costs_nothing(void **state)
{
	start(state);
	subscribe(&listeners[0], MONITOR_LINK);
	run("for i in $(seq 1 250); do for j in $(seq 1 40); do"
	    " echo neigh replace 10.78.$j.$i lladdr 02:00:00:00:00:02 nud permanent dev eth0;"
	    "done; done | ip -batch - && ip link set eth0 mtu 1400");
	turn_until_told(&listeners[0], MONITOR_LINK);
}

static void a_slow_look_needs_no_notification(void **state)
{
	start_looking(state, 50 * NS_PER_MS);
	subscribe(&listeners[0], MONITOR_SLOW_LOOK);
	subscribe(&listeners[1], MONITOR_SLOW_LOOK | MONITOR_RULE);
	subscribe(&listeners[2], MONITOR_RULE);
	turn_until_told(&listeners[0], MONITOR_SLOW_LOOK);
	listeners[0].kinds = 0;
	turn_until_told(&listeners[0], MONITOR_SLOW_LOOK);
	assert_int_equal(listeners[1].kinds, MONITOR_SLOW_LOOK | MONITOR_RULE);
	assert_int_equal(listeners[2].kinds, MONITOR_RULE);
}

static void a_subscriber_may_end_itself(void **state)
{
	start(state);
	subscribe(&listeners[0], MONITOR_RULE);
	subscribe(&listeners[1], MONITOR_RULE);
	listeners[0].victim = &listeners[0];
	run("ip rule add from 10.99.0.0/24 lookup 99");
	turn_until_told(&listeners[1], MONITOR_RULE);
	run("ip rule add from 10.99.1.0/24 lookup 99");
	listeners[1].kinds = 0;
	turn_until_told(&listeners[1], MONITOR_RULE);
	assert_int_equal(listeners[0].calls, 1);
}

static void who_is_ended_meanwhile_is_not_told(void **state)
{
	start(state);
	subscribe(&listeners[0], MONITOR_RULE);
	subscribe(&listeners[1], MONITOR_RULE);
	subscribe(&listeners[2], MONITOR_RULE);
	listeners[0].victim = &listeners[1];
	listeners[2].victim = &listeners[0];
	run("ip rule add from 10.99.0.0/24 lookup 99");
	turn_until_told(&listeners[2], MONITOR_RULE);
	assert_int_equal(listeners[0].calls, 1);
	assert_int_equal(listeners[1].calls, 0);
}

static void who_comes_meanwhile_is_told_of_what_follows(void **state)
{
	start(state);
	subscribe(&listeners[0], MONITOR_RULE);
	listeners[0].heir = &listeners[1];
	run("ip rule add from 10.99.0.0/24 lookup 99");
	turn_until_told(&listeners[0], MONITOR_RULE);
	assert_int_equal(listeners[1].calls, 0);
	run("ip rule add from 10.99.1.0/24 lookup 99");
	turn_until_told(&listeners[1], MONITOR_RULE);
}

static void nobody_is_told_without_a_turn_of_the_loop(void **state)
{
	start(state);
	run("ip rule add from 10.99.0.0/24 lookup 99");
	subscribe(&listeners[0], ALL);
	subscribe(&listeners[1], ALL);
	monitor_unsubscribe(listeners[1].subscription);
	listeners[1].subscription = NULL;
	assert_int_equal(listeners[0].calls + listeners[1].calls, 0);
	turn_until_told(&listeners[0], MONITOR_RULE);
	assert_int_equal(listeners[1].calls, 0);
}

#define test(function) cmocka_unit_test_setup_teardown(function, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(each_kind_is_told_to_those_who_named_it),
		test(many_changes_are_one_call),
		test(a_lost_notification_costs_nothing),
		test(a_slow_look_needs_no_notification),
		test(a_subscriber_may_end_itself),
		test(who_is_ended_meanwhile_is_not_told),
		test(who_comes_meanwhile_is_told_of_what_follows),
		test(nobody_is_told_without_a_turn_of_the_loop),
	};

	return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
