// SPDX-License-Identifier: GPL-2.0-only
/* The backends of a service, checked over HTTP in a real event loop; each has a real server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/base/address.h"
#include "ctl/base/clock.h"
#include "tests/unit/health_fixture.h"

static void wait_for_requests(struct bench *bench, int count)
{
	uint64_t deadline = clock_now() + PATIENCE;

	while (bench->servers[0].requests < count) {
		assert_true(clock_now() < deadline);
		assert_true(sd_event_run(bench->event, 10000) >= 0);
	}
}

static void up_at_first_success(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	bench_start(bench);
	assert_int_equal(bench_status(bench, 0).state, HEALTH_UNKNOWN);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 200 in ");
	assert_int_equal(bench->last.successes, 1);
	assert_true(clock_now() - bench->last.checked_at < PATIENCE);

	assert_int_equal(bench->servers[0].strange, 0);
}

static void down_after_fall_and_up_after_rise(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);

	bench->servers[0].answer = MHD_HTTP_INTERNAL_SERVER_ERROR;
	bench_wait_for_changes(bench, 2);
	bench_expect(bench, 0, HEALTH_DOWN, "HTTP 500, expected 200-399");
	assert_int_equal(bench->last.failures, 3);

	bench->servers[0].answer = MHD_HTTP_NO_CONTENT;
	bench_wait_for_changes(bench, 3);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 204 in ");
	assert_int_equal(bench->last.successes, 2);
}

static void every_check_makes_a_new_connection(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	bench_start(bench);
	wait_for_requests(bench, 5);
	assert_true(bench->servers[0].connections >= 5);
}

static void redirect_is_an_answer_and_not_followed(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	bench->servers[0].answer = MHD_HTTP_FOUND;
	bench_start(bench);
	wait_for_requests(bench, 3);
	bench_expect(bench, 0, HEALTH_UP, "HTTP 302 in ");

	assert_int_equal(bench->servers[0].strange, 0);
}

static void proxy_of_the_environment_is_ignored(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	assert_int_equal(bench->last.state, HEALTH_UP);
}

static void refused_connection_is_down_and_a_restart_up(void **state)
{
	struct bench *bench = *state;

	bench_be_patient(bench);
	fake_server_close(&bench->servers[0]);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "connection refused");

	fake_server_open(&bench->servers[0]);
	bench_wait_for_changes(bench, 2);
	assert_int_equal(bench->last.state, HEALTH_UP);
}

static void hanging_server_is_down(void **state)
{
	struct bench *bench = *state;

	bench->servers[0].answer = ANSWER_HANG;
	bench->service.check.interval = 200 * NS_PER_MS;
	bench->service.check.timeout = 100 * NS_PER_MS;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "no answer within 0.1 s");
}

/* The timeout is as long as the interval: the next check must wait for the end of the one before.
 */
static void checks_do_not_overlap(void **state)
{
	struct bench *bench = *state;
	struct health_status status = {};

	bench->servers[0].answer = ANSWER_HANG;
	bench_start(bench);
	while (status.failures < 5) {
		assert_true(sd_event_run(bench->event, UINT64_MAX) >= 0);
		status = bench_status(bench, 0);
		if (status.failures)
			assert_string_equal(status.detail, "no answer within 0.02 s");
	}
	bench->servers[0].answer = MHD_HTTP_OK;
	bench_wait_for_changes(bench, 2);
	assert_int_equal(bench->last.state, HEALTH_UP);
}

/* A full accept queue drops SYNs: the connect itself never ends. */
static void hanging_connect_is_down(void **state)
{
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->servers[0].port, 0);
	struct sockaddr_storage where;
	socklen_t length =
		address_to_sockaddr(&bench->peers[0].address, bench->servers[0].port, &where);
	int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(filler, (struct sockaddr *)&where, length), 0);
	bench->service.check.interval = 200 * NS_PER_MS;
	bench->service.check.timeout = 100 * NS_PER_MS;
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 0, HEALTH_DOWN, "no answer within 0.1 s");

	close(filler);
	close(listener);
}

static void answer_without_end_is_down(void **state)
{
	static const char begin[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello";
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->servers[0].port, 16);
	int connection = -1;

	bench->service.check.interval = NS_PER_S;
	bench->service.check.timeout = NS_PER_S;
	bench_start(bench);
	while (bench->changes < 1) {
		assert_true(sd_event_run(bench->event, 10000) >= 0);
		if (connection >= 0)
			continue;
		connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (connection >= 0)
			assert_int_equal(send(connection, begin, sizeof(begin) - 1, 0),
					 sizeof(begin) - 1);
	}
	bench_expect(bench, 0, HEALTH_DOWN, "HTTP 200, but no end of it within 1 s");

	close(connection);
	close(listener);
}

static int count_tick(sd_event_source *source, uint64_t due, void *context)
{
	int *ticks = context;

	(*ticks)++;
	assert_true(sd_event_source_set_time(source, due + 10 * NS_PER_MS / NS_PER_US) >= 0);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Counted in timers, not in time: all that fall due during a check that hangs must fire in it. */
static void loop_runs_on_while_a_check_hangs(void **state)
{
	struct bench *bench = *state;
	sd_event_source *timer = NULL;
	uint64_t longest = 0;
	int ticks = 0;

	bench->servers[0].answer = ANSWER_HANG;
	bench->service.check.interval = NS_PER_S;
	bench->service.check.timeout = NS_PER_S;
	assert_true(sd_event_add_time(bench->event, &timer, CLOCK_MONOTONIC,
				      clock_now() / NS_PER_US, 1000, count_tick, &ticks) >= 0);
	bench_start(bench);
	while (bench->changes < 1) {
		uint64_t before = clock_now();

		assert_true(sd_event_run(bench->event, UINT64_MAX) >= 0);
		if (clock_now() - before > longest)
			longest = clock_now() - before;
	}
	assert_int_equal(bench->last.state, HEALTH_DOWN);
	assert_true(ticks >= 50);
	assert_true(longest < bench->service.check.timeout / 2);
	sd_event_source_disable_unref(timer);
}

static void stop_in_mid_check(struct bench *bench)
{
	bench_start(bench);
	for (int i = 0; i < 10; i++)
		assert_true(sd_event_run(bench->event, 5000) >= 0);
	assert_int_equal(bench_status(bench, 0).state, HEALTH_UNKNOWN);
	bench_stop(bench);
}

/* Memory is for the address sanitizer to judge. The listener never accepts, so that all the sockets
 * that are counted are the check's; the first round opens what the loop keeps for good. */
static void stop_during_a_check_leaves_nothing(void **state)
{
	struct bench *bench = *state;
	int listener = listen_on_loopback(&bench->servers[0].port, 16);
	int before;

	bench_be_patient(bench);
	stop_in_mid_check(bench);
	before = count_open_files();
	stop_in_mid_check(bench);
	assert_int_equal(count_open_files(), before);
	assert_true(sd_event_run(bench->event, 0) >= 0);
	assert_int_equal(bench->changes, 0);
	close(listener);
}

static void stop_before_the_loop_ran(void **state)
{
	struct bench *bench = *state;

	bench_start(bench);
	bench_stop(bench);
	assert_true(sd_event_run(bench->event, 0) >= 0);
	assert_int_equal(bench->changes, 0);
}

static void service_without_a_check_is_up(void **state)
{
	struct bench *bench = *state;

	bench_add_backends(bench, 2);
	bench->service.check.enabled = false;
	bench_start(bench);
	assert_int_equal(bench_status(bench, 0).state, HEALTH_UP);
	assert_int_equal(bench_status(bench, 1).state, HEALTH_UP);
	assert_int_equal(bench->changes, 0);
	bench_wait_for_changes(bench, 2);
	assert_int_equal(bench->last.state, HEALTH_UP);
	assert_int_equal(bench->last.checked_at, 0);
	assert_true(sd_event_run(bench->event, 50000) >= 0);
	assert_int_equal(bench->servers[0].requests, 0);
}

/* This node is the second; it makes no difference. */
static void each_backend_is_checked_at_its_own_address(void **state)
{
	struct bench *bench = *state;

	bench_add_backends(bench, 3);
	bench->config.self = 1;
	bench_be_patient(bench);
	bench_start(bench);
	bench_wait_for_changes(bench, 3);

	bench->servers[2].answer = MHD_HTTP_SERVICE_UNAVAILABLE;
	bench_wait_for_changes(bench, 4);
	bench_expect(bench, 2, HEALTH_DOWN, "HTTP 503, expected 200-399");
	fake_server_close(&bench->servers[0]);
	bench_wait_for_changes(bench, 5);
	bench_expect(bench, 0, HEALTH_DOWN, "connection refused");
	bench->servers[2].answer = MHD_HTTP_OK;
	bench_wait_for_changes(bench, 6);
	bench_expect(bench, 2, HEALTH_UP, "HTTP 200 in ");
	assert_int_equal(bench_status(bench, 0).state, HEALTH_DOWN);
	assert_int_equal(bench_status(bench, 1).state, HEALTH_UP);
	assert_int_equal(bench_status(bench, 1).failures, 0);
}

static void nodes_that_are_no_backends_are_not_checked(void **state)
{
	struct bench *bench = *state;
	struct health_status status;

	bench_add_backends(bench, 3);
	bench->backends[0].peer = 2;
	bench->service.backend_count = 1;
	bench_be_patient(bench);
	bench_start(bench);
	assert_false(health_status(bench->health, "web", "n1", &status));
	assert_false(health_status(bench->health, "web", "n2", &status));
	bench_wait_for_changes(bench, 1);
	bench_expect(bench, 2, HEALTH_UP, "HTTP 200 in ");
	assert_int_equal(bench->servers[0].requests + bench->servers[1].requests, 0);
	assert_true(bench->servers[2].requests > 0);
}

static void node_without_ipv4_is_asked_over_ipv6(void **state)
{
	struct bench *bench = *state;
	int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT};
	bool available =
		probe >= 0 && bind(probe, (struct sockaddr *)&loopback, sizeof(loopback)) == 0;

	if (probe >= 0)
		close(probe);
	if (!available)
		skip();
	bench_be_patient(bench);
	fake_server_close(&bench->servers[0]);
	bench->peers[0].address = (struct ip_address){};
	assert_int_equal(address_parse("::1", &bench->peers[0].address6), 0);
	bench->servers[0].address = bench->peers[0].address6;
	bench->servers[0].port = 0;
	fake_server_open(&bench->servers[0]);
	bench_start(bench);
	bench_wait_for_changes(bench, 1);
	assert_int_equal(bench->last.state, HEALTH_UP);
	assert_int_equal(bench->servers[0].strange, 0);
}

static void states_have_names(void **state)
{
	(void)state;
	assert_string_equal(health_state_name(HEALTH_UNKNOWN), "unknown");
	assert_string_equal(health_state_name(HEALTH_UP), "up");
	assert_string_equal(health_state_name(HEALTH_DOWN), "down");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(up_at_first_success),
		BENCH_TEST(down_after_fall_and_up_after_rise),
		BENCH_TEST(every_check_makes_a_new_connection),
		BENCH_TEST(redirect_is_an_answer_and_not_followed),
		BENCH_TEST(proxy_of_the_environment_is_ignored),
		BENCH_TEST(refused_connection_is_down_and_a_restart_up),
		BENCH_TEST(hanging_server_is_down),
		BENCH_TEST(checks_do_not_overlap),
		BENCH_TEST(hanging_connect_is_down),
		BENCH_TEST(answer_without_end_is_down),
		BENCH_TEST(loop_runs_on_while_a_check_hangs),
		BENCH_TEST(stop_during_a_check_leaves_nothing),
		BENCH_TEST(stop_before_the_loop_ran),
		BENCH_TEST(service_without_a_check_is_up),
		BENCH_TEST(each_backend_is_checked_at_its_own_address),
		BENCH_TEST(nodes_that_are_no_backends_are_not_checked),
		BENCH_TEST(node_without_ipv4_is_asked_over_ipv6),
		cmocka_unit_test(states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
