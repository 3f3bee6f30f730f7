// SPDX-License-Identifier: GPL-2.0-only
/* Targets and those who subscribe to them, in a real event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "ctl/checks/target.h"
#include "tests/unit/health_fixture.h"

static sd_event *loop;
static struct checks *checks;
static struct check_question question;
static int listener;

/* What one subscriber has heard. */
struct hearer {
	struct subscription subscription;
	int results, changes;
};

static void listen_closely(const struct health_status *status, bool changed, void *context)
{
	struct hearer *heard = context;

	(void)status;
	heard->results++;
	heard->changes += changed;
}

static int set_up(void **state)
{
	struct config_check check = {
		.enabled = true,
		.method = CHECK_TCP,
		.interval = INTERVAL,
		.timeout = PATIENCE, /* valgrind makes a connection last */
		.fall = 1,
		.rise = 1,
	};
	struct ip_address loopback;

	(void)state;
	assert_int_equal(sd_event_new(&loop), 0);
	assert_int_equal(checks_new(loop, "n1", &checks), 0);
	assert_int_equal(address_parse("127.0.0.1", &loopback), 0);
	listener = listen_on_loopback(&check.port, 1024);
	question = question_make(&check, &loopback, "web", "n1");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	checks_free(checks);
	loop = sd_event_unref(loop);
	close(listener);
	return 0;
}

static void subscribe(struct hearer *heard)
{
	assert_int_equal(
		subscription_open(&heard->subscription, checks, &question, listen_closely, heard),
		0);
}

static void wait_for_results(const struct hearer *heard, int count)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (heard->results < count) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(loop, 10000) >= 0);
	}
}

static void nothing_is_asked_before_somebody_wants_to_know(void **state)
{
	struct hearer first = {}, second = {};

	(void)state;
	subscribe(&first);
	subscribe(&second);
	assert_ptr_equal(first.subscription.target, second.subscription.target);
	assert_int_equal(sd_event_run(loop, 3 * INTERVAL / NS_PER_US), 0);
	subscription_start(&second.subscription);
	wait_for_results(&second, 3);
	assert_int_equal(second.changes, 1);
	assert_int_equal(first.results, 0);
	assert_int_equal(subscription_status(&first.subscription)->state, HEALTH_UP);
	subscription_start(&first.subscription);
	wait_for_results(&first, 2);
	assert_int_equal(first.changes, 0);
	subscription_close(&first.subscription);
	subscription_close(&second.subscription);
}

static void the_last_one_takes_the_target_along(void **state)
{
	struct hearer first = {}, second = {};
	int results;

	(void)state;
	subscribe(&first);
	subscribe(&second);
	subscription_start(&first.subscription);
	subscription_start(&second.subscription);
	wait_for_results(&second, 1);
	subscription_close(&first.subscription);
	results = first.results;
	wait_for_results(&second, 3);
	assert_int_equal(first.results, results);
	subscription_close(&second.subscription);
	subscription_close(&second.subscription); /* it is closed already */
	results = second.results;
	for (int i = 0; i < 5; i++)
		assert_true(sd_event_run(loop, INTERVAL / NS_PER_US) >= 0);
	assert_int_equal(second.results, results);
}

/* When the first checks of so many targets are due, us: the shortest time between two of them, and
 * that between the first and the last, but for what it took us to start them. */
static void spread(size_t count, uint64_t interval, uint64_t *shortest, uint64_t *all)
{
	struct hearer *heard = calloc(count, sizeof(*heard));
	uint64_t began, took, first = 0, last = 0;

	assert_non_null(heard);
	*shortest = UINT64_MAX;
	question.check.interval = interval;
	for (size_t i = 0; i < count; i++) {
		question.check.fall = (unsigned int)i + 1;
		subscribe(&heard[i]);
	}
	began = clock_now();
	for (size_t i = 0; i < count; i++) {
		uint64_t due;

		subscription_start(&heard[i].subscription);
		assert_true(sd_event_source_get_time(heard[i].subscription.target->timer, &due) >=
			    0);
		if (i == 0)
			first = due;
		else if (due - last < *shortest)
			*shortest = due - last;
		last = due;
	}
	took = (clock_now() - began) / NS_PER_US;
	*all = last - first > took ? last - first - took : 0;
	for (size_t i = 0; i < count; i++)
		subscription_close(&heard[i].subscription);
	free(heard);
}

/* A millisecond apart; or so that all have been asked once an interval has passed. */
static void first_checks_are_spread(void **state)
{
	uint64_t shortest, all;

	(void)state;
	spread(100, 2 * NS_PER_S, &shortest, &all);
	assert_in_range(shortest, 999, 1001);
	spread(1000, 100 * NS_PER_MS, &shortest, &all);
	assert_in_range(shortest, 99, 101);
	assert_true(all <= 100 * NS_PER_MS / NS_PER_US);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(nothing_is_asked_before_somebody_wants_to_know),
		test(the_last_one_takes_the_target_along),
		test(first_checks_are_spread),
	};

	return cmocka_run_group_tests_name("checks", tests, NULL, NULL);
}
