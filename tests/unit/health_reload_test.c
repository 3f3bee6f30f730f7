// SPDX-License-Identifier: GPL-2.0-only
/* Who shares a check, and what a reload leaves alone: two services, checked in a real event loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/base/clock.h"
#include "tests/unit/health_fixture.h"

/* The second is a copy of the first by another name. */
static struct config_service services[2];

/* Ours is found before libcurl's own, so that no more checks can be prepared when a test says so.
 */
static bool curl_fails;

CURL *curl_easy_init(void)
{
	static CURL *(*original)(void);

	if (!original)
		*(void **)&original = dlsym(RTLD_NEXT, "curl_easy_init");
	return curl_fails ? NULL : original();
}

static void have_services(struct bench *bench, size_t count)
{
	bench->service.check.port = bench->servers[0].port;
	services[0] = services[1] = bench->service;
	strcpy(services[1].name, "other");
	bench->config.services = services;
	bench->config.service_count = count;
}

static struct health_status status_of(const struct bench *bench, size_t service)
{
	struct health_status status = {};

	assert_true(health_status(bench->health, services[service].name, "n1", &status));
	return status;
}

static void run_for(struct bench *bench, uint64_t ns)
{
	uint64_t end = clock_now() + ns;

	while (clock_now() < end)
		assert_true(sd_event_run(bench->event, 1000) >= 0);
}

static void wait_for_requests(struct bench *bench, int count)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (bench->servers[0].requests < count) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	}
}

/* Who shares a check. */

/* Each with a check of its own, one had all the odd requests and was down for ever. */
static void services_that_ask_the_same_cannot_disagree(void **state)
{
	struct bench *bench = *state;

	bench->service.check.fall = bench->service.check.rise = 1;
	bench_be_patient(bench);
	bench->servers[0].answer = ANSWER_ALTERNATE;
	have_services(bench, 2);
	bench_start(bench);
	while (bench->servers[0].requests < 10) {
		struct health_status first, second;

		assert_true(sd_event_run(bench->event, 1000) >= 0);
		first = status_of(bench, 0);
		second = status_of(bench, 1);
		if (first.checked_at)
			assert_memory_equal(&first, &second, sizeof(first));
	}
	assert_true(bench->changes >= 16);
	assert_int_equal(bench->changes % 2, 0);
}

static void they_cost_one_connection(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	have_services(bench, 2);
	bench_start(bench);
	wait_for_requests(bench, 5);
	bench_wait_for_changes(bench, 2);
	assert_in_range(status_of(bench, 1).successes, bench->servers[0].requests - 1,
			bench->servers[0].requests);
	assert_int_equal(status_of(bench, 0).successes, status_of(bench, 1).successes);
}

static void another_fall_is_another_question(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	have_services(bench, 2);
	services[1].check.fall = 1000;
	bench_start(bench);
	bench_wait_for_changes(bench, 2);
	bench->servers[0].answer = MHD_HTTP_INTERNAL_SERVER_ERROR;
	bench_wait_for_changes(bench, 3);
	assert_int_equal(status_of(bench, 0).state, HEALTH_DOWN);
	assert_int_equal(status_of(bench, 1).state, HEALTH_UP);
}

/* What a reload leaves alone. */

static void a_reload_keeps_verdict_and_schedule(void **state)
{
	struct bench *bench = *state;
	struct health_status before, after;
	int requests;

	bench_be_patient(bench);
	bench->service.check.interval = 3600 * NS_PER_S;
	have_services(bench, 1);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	before = status_of(bench, 0);
	requests = bench->servers[0].requests;
	for (int i = 0; i < 10; i++) {
		bench_reload(bench);
		after = status_of(bench, 0);
		assert_memory_equal(&before, &after, sizeof(before));
		run_for(bench, 5 * NS_PER_MS);
	}
	assert_int_equal(bench->changes, 1);
	assert_int_equal(bench->servers[0].requests, requests);
}

/* Two of three failures are counted before the reload, and one after. */
static void a_reload_keeps_a_run_of_failures(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	bench->service.check.interval = 100 * NS_PER_MS;
	have_services(bench, 1);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench->servers[0].answer = MHD_HTTP_INTERNAL_SERVER_ERROR;
	while (status_of(bench, 0).failures < 2)
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	bench_reload(bench);
	assert_int_equal(status_of(bench, 0).failures, 2);
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_DOWN, "HTTP 500, expected 200-399");
	assert_int_equal(bench->last.failures, 3);
}

/* The connection that is under way is not given up: its result counts. */
static void a_reload_keeps_a_check_that_is_under_way(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	bench->servers[0].answer = ANSWER_HANG;
	have_services(bench, 1);
	bench_start(bench);
	wait_for_requests(bench, 1);
	bench_reload(bench);
	bench->servers[0].answer = MHD_HTTP_OK;
	bench_wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_UP);
	assert_int_equal(bench->servers[0].requests, 1);
}

static void a_service_that_is_added_knows_at_once(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	bench->service.check.interval = 3600 * NS_PER_S;
	have_services(bench, 1);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	have_services(bench, 2);
	bench_reload(bench);
	assert_int_equal(status_of(bench, 1).state, HEALTH_UP);
	assert_int_equal(bench->changes, 1);
	bench_wait_for_changes(bench, 2);
	run_for(bench, 10 * NS_PER_MS);
	assert_int_equal(bench->changes, 2);
	assert_int_equal(bench->servers[0].requests, 1);
}

static void a_service_that_leaves_is_asked_nothing(void **state)
{
	struct bench *bench = *state;
	struct health_status status;
	int requests;

	bench_be_patient(bench);
	have_services(bench, 2);
	bench_start(bench);
	bench_wait_for_changes(bench, 2);
	have_services(bench, 0);
	bench_reload(bench);
	assert_false(health_status(bench->health, "web", "n1", &status));
	requests = bench->servers[0].requests;
	run_for(bench, 5 * INTERVAL);
	assert_in_range(bench->servers[0].requests, requests, requests + 1);
	assert_int_equal(bench->changes, 2);
}

/* Until the new check has a result, what the old one said holds; the same again is no news. */
static void another_check_begins_where_the_old_one_was(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	have_services(bench, 1);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	services[0].check.fall++;
	bench_reload(bench);
	assert_int_equal(status_of(bench, 0).state, HEALTH_UP);
	assert_int_equal(status_of(bench, 0).successes, 0);
	while (status_of(bench, 0).successes == 0)
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	assert_int_equal(bench->changes, 1);

	services[0].check.rise++;
	bench->servers[0].answer = MHD_HTTP_INTERNAL_SERVER_ERROR;
	bench_reload(bench);
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_DOWN, "HTTP 500, expected 200-399");
	assert_int_equal(bench->last.failures, 1);
}

/* What becomes of a plan that is not carried out. */

static void an_aborted_reload_has_asked_nothing(void **state)
{
	struct bench *bench = *state;
	struct health_plan *plan;
	struct health_status status;

	bench_be_patient(bench);
	have_services(bench, 1);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	services[0].check.fall++;
	strcpy(services[0].check.path, "/elsewhere");
	assert_int_equal(health_prepare(bench->health, &bench->config, &plan), 0);
	run_for(bench, 3 * INTERVAL);
	health_abort(bench->health, plan);
	status = status_of(bench, 0);
	assert_true(status.successes > 0);
	while (status_of(bench, 0).successes == status.successes)
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	assert_int_equal(bench->servers[0].strange, 0);
	assert_int_equal(bench->changes, 1);
}

static void a_reload_that_cannot_be_prepared_changes_nothing(void **state)
{
	struct bench *bench = *state;
	struct health_plan *plan = NULL;
	struct health_status before;

	bench_add_backends(bench, 3);
	bench_be_patient(bench);
	have_services(bench, 1);
	bench_start(bench);
	bench_wait_for_changes(bench, 3);
	services[0].check.fall++;
	curl_fails = true;
	assert_int_equal(health_prepare(bench->health, &bench->config, &plan), -ENOMEM);
	curl_fails = false;
	assert_null(plan);
	before = status_of(bench, 0);
	while (status_of(bench, 0).successes == before.successes)
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	bench_reload(bench);
	assert_int_equal(status_of(bench, 0).successes, 0);
	assert_int_equal(bench->changes, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(services_that_ask_the_same_cannot_disagree),
		BENCH_TEST(they_cost_one_connection),
		BENCH_TEST(another_fall_is_another_question),
		BENCH_TEST(a_reload_keeps_verdict_and_schedule),
		BENCH_TEST(a_reload_keeps_a_run_of_failures),
		BENCH_TEST(a_reload_keeps_a_check_that_is_under_way),
		BENCH_TEST(a_service_that_is_added_knows_at_once),
		BENCH_TEST(a_service_that_leaves_is_asked_nothing),
		BENCH_TEST(another_check_begins_where_the_old_one_was),
		BENCH_TEST(an_aborted_reload_has_asked_nothing),
		BENCH_TEST(a_reload_that_cannot_be_prepared_changes_nothing),
	};

	return cmocka_run_group_tests_name("health over a reload", tests, NULL, NULL);
}
